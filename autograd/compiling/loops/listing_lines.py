"""The lines of a listing: a statement, or a part of its derivative.

Entry points: `Lines.statement`, `Lines.derivative`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import operations as ops
from ...symbolic import symbols as formulas
from ...symbolic.symbols import Symbol
from .array_views import Grid
from .bodies import backward_program, forward_program
from .ir import CONSTANTS, HAS_LANES, LANES, MAXIMUM, SHARED, STORE, Access, Expression, Run, Statement
from .listing_formulas import Formulas, write
from .listing_names import Names, Now
from .listing_work import contraction, is_product, reads_lanes, term_work
from .patterns import affine, fit

LETTERS = "ijklmpqrsuvw"
MANY = 6  # contributions of one statement
TOO_LONG = 240  # characters of one contribution


@dataclass
class Line:
    """Loops around it, text, note, work; what the names in it mean."""

    loops: str
    text: str
    note: str
    work: float
    definitions: Sequence[str] = ()


class LoopHeads(NamedTuple):
    """The terms of a run for people: where each is in the loops.

    Attributes: `letters`, those of the members first, then those of the sum; `sizes`; `places`, a row for each term;
    `n_members`, how many of the loops go over members; `limits`, of each loop of the sum, as text.
    """

    letters: list[str]
    sizes: list[int]
    places: Any
    n_members: int
    limits: list[str]

    def over(self, which: Sequence[int]) -> str:
        """The head of loops."""
        heads = ", ".join(f"{self.letters[d]} in 0..{self.sizes[d] - 1}" for d in which)
        return f"for {heads}:  " if heads else ""


class Lines:
    """Writes statements in the names of the user. `first`: the number of the first letter for a loop."""

    def __init__(self, names: Names, first: int) -> None:
        self.names, self.first = names, first
        self._known: dict[int, LoopHeads] = {}
        self._read: dict[int, list[Symbol]] = {}

    def _loops(self, statement: Statement, run: Run) -> LoopHeads:
        """The loops of a run, those over members as their array has them."""
        if id(run) not in self._known:
            self._known[id(run)] = self._found(statement, run)
        return self._known[id(run)]

    def _found(self, statement: Statement, run: Run) -> LoopHeads:
        family, grid = self.names.family(statement), Grid.of(statement, run)
        members, inverse = np.unique(run.out, return_inverse=True)
        n = len(members)
        if n == family.n:
            outer, position = list(family.shape), members - family.base
        else:
            kept = [grid.sizes[d] for d in grid.kept] if grid.starts is None else []
            outer, position = kept if int(np.prod(kept)) == n else [n] * (n > 1), np.arange(n)
        whole = np.stack(np.unravel_index(position, tuple(outer)), axis=1) if outer else np.zeros((n, 0), np.int64)
        letters = LETTERS[self.first :]
        if grid.starts is not None:
            lengths = np.diff(grid.starts, append=len(run))
            inside = np.arange(len(run)) - np.repeat(grid.starts, lengths)
            names = list(letters[: len(outer) + 1])
            found = fit(lengths, whole[inverse[grid.starts]]) if outer else None
            limit = f"<{affine(*found, names[:-1])}" if found else ""
            if found and found[0] == 1:
                limit = f"≤{affine(0, found[1], names[:-1])}"
            places = np.concatenate([whole[inverse], inside[:, None]], axis=1)
            return LoopHeads(names, [*outer, int(lengths.max())], places, len(outer), [limit])
        inner = [size for d, size in enumerate(grid.sizes) if d not in grid.kept]
        names = list(letters[: len(outer) + len(inner)])
        if not inner:
            return LoopHeads(names, outer, whole[inverse], len(outer), [])
        count = int(np.prod(inner, dtype=np.int64))
        places = np.zeros((len(run), len(outer) + len(inner)), np.int64)
        places[:, : len(outer)] = whole[inverse]
        order = np.argsort(inverse, kind="stable")
        places[order, len(outer) :] = np.tile(np.indices(inner).reshape(len(inner), count).T, (n, 1))
        return LoopHeads(names, [*outer, *inner], places, len(outer), [f"<{size}" for size in inner])

    def statement(self, statement: Statement, now: Now, n: int) -> list[Line]:
        """A line for each set of members that runs go to; `n`: how many lanes there are."""
        groups: dict[bytes, list[int]] = {}
        for number, run in enumerate(statement.runs):
            members = np.unique(run.out).tobytes() if len(statement.runs) > 1 else b""
            groups.setdefault(members, []).append(number)
        lines: list[Line] = []
        for numbers in groups.values():
            parts: list[str] = []
            notes: list[str] = []
            definitions: list[str] = []
            work = 0.0
            for number in numbers:
                run = statement.runs[number]
                loops, reads = self._loops(statement, run), self._reads(statement, number, now)
                text, more = self._terms(statement, run, loops, reads)
                definitions += more
                if text != "0":
                    parts.append(text)
                notes.append(self._note(statement, run, loops, reads))
                lanes = n if statement.space == LANES or reads_lanes(run) else 1
                work += lanes * len(run) * (term_work(forward_program(run.body)) + (statement.reduce != STORE))
            target = self._target(statement, statement.runs[numbers[0]], now)
            parts = parts or ["0"]
            joined = " + ".join(parts) if statement.reduce != MAXIMUM else f"max({', '.join(parts)})"
            if statement.softmax:
                joined = f"log Σ exp({', '.join(parts)})" if len(parts) > 1 else f"log {parts[0]}"
            sums = statement.space == SHARED and any(reads_lanes(statement.runs[k]) for k in numbers)
            sign = "+=" if sums or (lines and statement.reduce != STORE) else "="
            loops = self._loops(statement, statement.runs[numbers[0]])
            head = loops.over(range(loops.n_members))
            lines.append(Line(head, f"{target} {sign} {joined}", max(notes, key=len), work, definitions))
        return lines

    def derivative(self, statement: Statement, now: Now, n: int) -> list[Line]:
        """What goes to the gradients of what the statement reads."""
        lines = []
        for number, run in enumerate(statement.runs):
            wanted = [k for k, access in enumerate(run.accesses) if access.wanted and access.space != CONSTANTS]
            if not wanted:
                continue
            reads = self._reads(statement, number, now)
            member = self._target(statement, run, now)
            made = Formulas(self._body(run), reads)
            y = Symbol(member) if statement.reduce == STORE and len(statement.runs) == 1 else None
            gradient: Any = Symbol(prime(member))
            if statement.softmax:
                gradient = ops.exp(made.forward() - Symbol(member)) * gradient
            lanes = n if statement.space == LANES or reads_lanes(run) else 1
            program = backward_program(run.body, len(run.accesses), wanted, statement.softmax)
            work = lanes * len(run) * (term_work(program) + len(wanted))
            sent = made.backward(wanted, y, gradient)
            for k, formula in list(sent.items())[:MANY]:
                line = self._contribution(statement, run, k, formula, reads)
                line.work = work / len(sent)
                line.definitions = made.definitions([line.text])
                if len(line.text) + sum(map(len, line.definitions)) > TOO_LONG:
                    line.text, line.definitions = f"{prime(reads[k].name)} += {prime(member)}·∂{member}/∂{reads[k]}", ()
                if not line.text.endswith("= 0"):
                    lines.append(line)
            if len(sent) > MANY:
                rest = work * (1 - MANY / len(sent))
                lines.append(Line("", f"… and {len(sent) - MANY} like these, for the other numbers read", "", rest))
        return lines

    def _contribution(self, statement: Statement, run: Run, k: int, formula: Any, reads: Sequence[Symbol]) -> Line:
        """What goes to the gradient of an access."""
        access, loops, body = run.accesses[k], self._loops(statement, run), run.body
        axes = self._axes(access, loops, reads[k])
        every = range(len(loops.sizes))
        gone = [d for d in every if d not in axes]
        text = write(formula, formulas.PRODUCT if gone else formulas.CHOICE)
        if gone:
            text = f"Σ {', '.join(f'{loops.letters[d]}<{loops.sizes[d]}' for d in gone)}: {text}"
        note = "×".join(map(str, loops.sizes))
        others = [part[1] for part in body[2] if part[1] != k] if is_product(body) else []
        if others and not statement.softmax:
            members = set(range(loops.n_members)) | ({-1} if statement.space == LANES else set())
            other = self._axes(run.accesses[others[0]], loops, reads[others[0]])
            note = f"{contraction(members, other, axes)} {note}".strip()
        sign = "=" if self.names.is_only_reader(access, statement) else "+="
        head = loops.over([d for d in every if d in axes])
        return Line(head, f"{prime(reads[k].name)} {sign} {text}", note, 0.0)

    # --- the parts of a line --------------------------------------------------------------------------------

    def _target(self, statement: Statement, run: Run, now: Now) -> str:
        loops = self._loops(statement, run)
        n = loops.n_members
        return self.names.members(statement, run.out, loops.letters[:n], loops.places[:, :n], now)

    def _terms(
        self, statement: Statement, run: Run, loops: LoopHeads, reads: Sequence[Symbol]
    ) -> tuple[str, Sequence[str]]:
        """What a run gives to its members, as text; what the names in it mean."""
        made = Formulas(self._body(run), reads)
        formula = made.forward()
        limits = zip(loops.letters[loops.n_members :], loops.limits, strict=True)
        summed = ", ".join(f"{letter}{limit}" for letter, limit in limits)
        place = formulas.PRODUCT if summed or len(statement.runs) > 1 else formulas.CHOICE
        if statement.softmax:
            text = f"exp({write(formula)})"
        else:
            text = write(formula, formulas.CHOICE if statement.reduce == MAXIMUM else place)
        if summed:
            text = f"{'max' if statement.reduce == MAXIMUM else 'Σ'} {summed}: {text}"
        return text, made.definitions([text])

    def _body(self, run: Run) -> Expression:
        """The body, with the number of the first of equal accesses for all of them."""
        first: list[int] = []
        for k, access in enumerate(run.accesses):
            for j in first:
                other = run.accesses[j]
                if access.space == other.space and np.array_equal(access.index, other.index):
                    first.append(j)
                    break
            else:
                first.append(k)
        return _renumbered(run.body, first)

    def _reads(self, statement: Statement, number: int, now: Now) -> list[Symbol]:
        """The names of what the accesses read."""
        run = statement.runs[number]
        if id(run) not in self._read:
            loops = self._loops(statement, run)
            self._read[id(run)] = [
                Symbol(self.names.access(number, k, access, loops.letters, loops.places, now))
                for k, access in enumerate(run.accesses)
            ]
        return self._read[id(run)]

    def _note(self, statement: Statement, run: Run, loops: LoopHeads, reads: Sequence[Symbol]) -> str:
        """The shape, and what it is a case of."""
        shape = "×".join(map(str, loops.sizes))
        if loops.limits and statement.reduce != MAXIMUM and is_product(run.body):
            axes = [self._axes(run.accesses[part[1]], loops, reads[part[1]]) for part in run.body[2]]
            members = set(range(loops.n_members)) | ({-1} if statement.space == LANES else set())
            return f"{contraction(axes[0], axes[1], members)} {shape}".strip()
        return shape

    def _axes(self, access: Access, loops: LoopHeads, read: Symbol) -> set[int]:
        """The loops on which an access depends; -1 are the lanes."""
        if access.space == CONSTANTS:  # there are as many as uses, so what stands in the name decides
            return {d for d, letter in enumerate(loops.letters) if f"[{letter}]" in read.name}
        found = {-1} if access.space in HAS_LANES else set()
        result = fit(access.index, loops.places) if len(loops.sizes) else (0, [])
        if result is None:
            return found | set(range(len(loops.sizes)))
        return found | {d for d, stride in enumerate(result[1]) if stride}


def prime(name: str) -> str:
    """The gradient with respect to a variable.

    >>> prime("layers[0].weights[j][k]"), prime("loss")
    ("layers[0].weights'[j][k]", "loss'")
    """
    depth, end = 0, len(name)
    while end and (name[end - 1] == "]" or depth):
        end -= 1
        depth += {"]": 1, "[": -1}.get(name[end], 0)
    return f"{name[:end]}'{name[end:]}"


def _renumbered(body: Expression, numbers: Sequence[int]) -> Expression:
    if body[0] == "access":
        return ("access", numbers[body[1]])
    if body[0] == "literal":
        return body
    parts = tuple([_renumbered(part, numbers) for part in body[2]])
    if body[1] is ops.multiply and parts[0] == parts[1]:
        return ("apply", ops.power_of_constant, (parts[0], ("literal", 2.0)))
    return ("apply", body[1], parts)
