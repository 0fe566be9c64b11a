r"""What was found in a graph, for people: its statements, their derivative, in the user's names.

    for sample in 0..1796:
      for j in 0..24:  z[j] = bias[j] + Σ k<64: weights[j][k]·x[k]     matrix product 25×64 · 41 %
      for j in 0..24:  h[j] = relu(z[j])                                              25 · 1 %

A family stands under the name of its statement, or under one by its operation; z' is the gradient with respect to z.
The statements of a recurrence are listed once, with t for the step.

Entry point: `listing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ... import formulas
from ... import operations as ops
from ...formulas import Symbol
from ...operations import Operation
from ..program import COLUMN, Program
from .array_views import Grid
from .bodies import backward_program, forward_program
from .ir import CONSTANTS, HAS_LANES, LANES, MAXIMUM, SHARED, STORE, Expression, LoopProgram, Run, Statement
from .listing_formulas import Formulas, write
from .listing_names import Names, Now
from .names import affine, fit
from .periods import Period

LETTERS = "ijklmpqrsuvw"
WIDEST = 100  # of what stands left of the notes
LONGEST = 160  # characters of a formula
MOST = 60  # lines
MANY = 6  # contributions of one statement
ROWS = 1_000  # so many are assumed where only a call knows how many, for the shares of the work
SLOW = {"divide": 4, "sqrt": 4, "power": 20, "power_of_constant": 2, "negate": 1}
CHEAP = {"add", "subtract", "multiply", "less", "less_equal", "equal", "where", "relu", "abs", "maximum", "minimum"}


def listing(
    program: LoopProgram, slots: Sequence[str] = (), arguments: Sequence[str] = (), outputs: Sequence[str] = ()
) -> str:
    """The program as text.

    Args:
        slots: what the parameters are called, "" for those without a name.
        arguments: what the arguments are called, column by column.
        outputs: what the results are called.
    """
    return _Listing(program, Names(program, slots, arguments, outputs)).text()


@dataclass
class _Line:
    """A statement or a part of its derivative: loops around it, text, note, work; what its names mean."""

    loops: str
    text: str
    note: str
    work: float
    definitions: Sequence[str] = ()


class _Group(NamedTuple):
    """A period in a list of statements; its region and how many lanes that has."""

    period: Period
    statements: Sequence[Statement]
    region: int
    n: int


class _Section(NamedTuple):
    """What stands in one loop over lanes, or in none."""

    head: str
    groups: list[_Group]


class _Loops(NamedTuple):
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


class _Listing:
    def __init__(self, program: LoopProgram, names: Names) -> None:
        self.program, self.names = program, names
        self.first = int(bool(program.regions))  # i is left to the samples
        self.total = sum(_whole_work(statement, n) for _, _, n, statements in self._lists() for statement in statements)

    def text(self) -> str:
        """The listing."""
        sections: list[_Section] = []
        for head, region, n, statements in self._lists():
            groups = [_Group(period, statements, region, n) for period in self.names.periods(statements)]
            sections.append(_Section(head, groups))
        forward = self._written(sections, backward=False)
        reverse = [_Section(section.head, section.groups[::-1]) for section in sections[::-1]]
        backward = self._written(reverse, backward=True)
        if not backward:
            return "\n".join(forward)
        result = self.names.output(0)
        head = f"The derivative, in reverse: z' is ∂{result}/∂z, so {prime(result)} = 1."
        return "\n".join([*forward, "", head, *backward])

    def _lists(self) -> Iterator[tuple[str, int, int, Sequence[Statement]]]:
        """The lists of statements, each with the loop around it, its region and how many lanes that has."""
        yield "", 0, 1, self.program.before
        for r, region in enumerate(self.program.regions):
            lane = self.names.lane(r)
            head = f"for each {lane}:" if region.n is None else f"for {lane} in 0..{region.n - 1}:"
            yield head, r, ROWS if region.n is None else region.n, region.statements
        yield "", 0, 1, self.program.after

    def _written(self, sections: Sequence[_Section], backward: bool) -> list[str]:
        """The lines, with loops around them and notes beside them."""
        rows: list[tuple[str, str]] = []
        shown = skipped = 0
        for head, groups in sections:
            inside: list[tuple[str, str]] = []
            for group in groups:
                if shown >= MOST:
                    skipped += self._length(group, backward)
                    continue
                lines = self._lines(group, backward)
                shown += sum(1 + len(line.definitions) for line in lines)
                indent = "  " * bool(head)
                if group.period.times > 1 and lines:
                    inside.append((f"{indent}for t in 0..{group.period.times - 1}:", ""))
                    indent += "  "
                for line in lines:
                    inside.append((f"{indent}{line.loops}{_shortened(line.text)}", self._noted(line)))
                    inside += [(f"{indent}    with {_shortened(definition)}", "") for definition in line.definitions]
            rows += [(head, ""), *inside] if head and inside else inside
        width = max([len(text) for text, _ in rows if len(text) <= WIDEST], default=0)
        found = [f"{text:<{width}}   {note}".rstrip() for text, note in rows]
        if skipped:
            found.append(f"… and {skipped:,} statements more")
        return found

    def _noted(self, line: _Line) -> str:
        share = 100 * line.work / self.total
        percent = f"{share:.0f} %" if share >= 0.95 else f"{share:.1f} %" if share >= 0.05 else ""
        return " · ".join([part for part in (line.note, percent) if part])

    def _length(self, group: _Group, backward: bool) -> int:
        """How many statements a group has."""
        period = group.period
        inside = group.statements[period.start : period.start + period.length * period.times]
        return sum(s.backward if backward else not self.names.hidden(s) for s in inside)

    def _lines(self, group: _Group, backward: bool) -> list[_Line]:
        """The statements of a period, from a step in the middle, or their derivative."""
        period, statements = group.period, group.statements
        middle = period.times // 2
        found: list[_Line] = []
        for k in range(period.length)[:: -1 if backward else 1]:
            statement = statements[period.start + middle * period.length + k]
            if self.names.hidden(statement) or (backward and not statement.backward):
                continue
            every = statements[period.start + k : period.start + period.length * period.times : period.length]
            now = Now(group.region, period, middle, every)
            lines = (self._derivative if backward else self._statement)(statement, now, group.n)
            for line in lines:
                line.work *= period.times
            found += lines
        return found

    # --- statements -------------------------------------------------------------------------------------

    def _loops(self, statement: Statement, run: Run) -> _Loops:
        """The loops of a run, those of members as its family has them."""
        shape = self.names.shape(statement)
        grid = Grid.of(statement, run)
        letters = LETTERS[self.first :]
        members, inverse = np.unique(run.out, return_inverse=True)
        whole = len(members) == statement.n
        outer = list(shape) if whole and len(shape) else ([] if len(members) == 1 else [len(members)])
        position = (
            np.stack(np.unravel_index(inverse, tuple(outer)), axis=1) if outer else np.zeros((len(run), 0), np.int64)
        )
        if grid.starts is not None:
            lengths = np.diff(grid.starts, append=len(run))
            inside = np.arange(len(run)) - np.repeat(grid.starts, lengths)
            places = np.concatenate([position, inside[:, None]], axis=1)
            found = fit(lengths, position[grid.starts]) if outer else None
            names = list(letters[: len(outer) + 1])
            limit = f"<{affine(*found, names[:-1])}" if found else ""
            if found and found[0] == 1:
                limit = f"≤{affine(0, found[1], names[:-1])}"
            return _Loops(names, [*outer, int(lengths.max())], places, len(outer), [limit])
        inner = [size for d, size in enumerate(grid.sizes) if d not in grid.kept]
        order = np.argsort(inverse, kind="stable")
        places = np.zeros((len(run), len(outer) + len(inner)), np.int64)
        places[:, : len(outer)] = position
        count = int(np.prod(inner, dtype=np.int64))
        if inner:
            within = np.indices(inner).reshape(len(inner), count).T
            places[order, len(outer) :] = np.tile(within, (len(run) // count, 1))
        names = list(letters[: len(outer) + len(inner)])
        return _Loops(names, [*outer, *inner], places, len(outer), [f"<{size}" for size in inner])

    def _statement(self, statement: Statement, now: Now, n: int) -> list[_Line]:
        """A line for each set of members that runs go to."""
        groups: dict[bytes, list[int]] = {}
        for number, run in enumerate(statement.runs):
            groups.setdefault(np.unique(run.out).tobytes(), []).append(number)
        lines: list[_Line] = []
        for numbers in groups.values():
            parts, notes, definitions, work = [], [], [], 0.0
            for number in numbers:
                run = statement.runs[number]
                loops = self._loops(statement, run)
                text, more = self._terms(statement, number, loops, now)
                definitions += more
                if text != "0":
                    parts.append(text)
                notes.append(self._note(statement, run, loops))
                lanes = n if statement.space == LANES or _reads_lanes(run) else 1
                work += lanes * len(run) * (_work(forward_program(run.body)) + (statement.reduce != STORE))
            run = statement.runs[numbers[0]]
            loops = self._loops(statement, run)
            target = self._target(statement, run, loops, now)
            parts = parts or ["0"]
            joined = " + ".join(parts) if statement.reduce != MAXIMUM else f"max({', '.join(parts)})"
            if statement.softmax:
                joined = f"log Σ exp({', '.join(parts)})" if len(parts) > 1 else f"log {parts[0]}"
            sums = statement.space == SHARED and any(_reads_lanes(statement.runs[k]) for k in numbers)
            sign = "+=" if sums or (lines and statement.reduce != STORE) else "="
            lines.append(
                _Line(
                    loops.over(range(loops.n_members)),
                    f"{target} {sign} {joined}",
                    max(notes, key=len),
                    work,
                    definitions,
                )
            )
        return lines

    def _target(self, statement: Statement, run: Run, loops: _Loops, now: Now) -> str:
        n = loops.n_members
        return self.names.members(statement, run.out, loops.letters[:n], loops.places[:, :n], now)

    def _terms(self, statement: Statement, number: int, loops: _Loops, now: Now) -> tuple[str, list[str]]:
        """What a run gives to its members, as text; what the names in it mean."""
        run = statement.runs[number]
        made = Formulas(self._body(run), self._reads(statement, number, loops, now))
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

    def _reads(self, statement: Statement, number: int, loops: _Loops, now: Now) -> list[Symbol]:
        """The names of what the accesses read."""
        accesses = statement.runs[number].accesses
        return [
            Symbol(self.names.access(number, k, a, loops.letters, loops.places, now)) for k, a in enumerate(accesses)
        ]

    def _note(self, statement: Statement, run: Run, loops: _Loops) -> str:
        """The shape, and what it is a case of."""
        shape = "×".join(map(str, loops.sizes))
        body = run.body
        if loops.limits and statement.reduce != MAXIMUM and _is_product(body):
            axes = [self._axes(run.accesses[part[1]], loops) for part in body[2]]
            members = set(range(loops.n_members)) | ({-1} if statement.space == LANES else set())
            return f"{_contraction(axes[0], axes[1], members)} {shape}".strip()
        return shape

    def _axes(self, access: Any, loops: _Loops) -> set[int]:
        """The loops on which an access depends; -1 are the lanes."""
        found = {-1} if access.space in HAS_LANES else set()
        result = fit(access.index, loops.places) if len(loops.sizes) else (0, [])
        if result is None:
            return found | set(range(len(loops.sizes)))
        return found | {d for d, stride in enumerate(result[1]) if stride}

    # --- the derivative -----------------------------------------------------------------------------------

    def _derivative(self, statement: Statement, now: Now, n: int) -> list[_Line]:
        """What goes to the gradients of what the statement reads."""
        lines = []
        for number, run in enumerate(statement.runs):
            wanted = [k for k, access in enumerate(run.accesses) if access.wanted and access.space != CONSTANTS]
            if not wanted:
                continue
            loops = self._loops(statement, run)
            reads = self._reads(statement, number, loops, now)
            member = self._target(statement, run, loops, now)
            body = self._body(run)
            made = Formulas(body, reads)
            y = Symbol(member) if statement.reduce == STORE and len(statement.runs) == 1 else None
            gradient: Any = Symbol(prime(member))
            if statement.softmax:
                gradient = ops.exp(made.forward() - Symbol(member)) * gradient
            lanes = n if statement.space == LANES or _reads_lanes(run) else 1
            program = backward_program(run.body, len(run.accesses), wanted, statement.softmax)
            work = lanes * len(run) * (_work(program) + len(wanted))
            sent = made.backward(wanted, y, gradient)
            for k, formula in list(sent.items())[:MANY]:
                line = self._contribution(statement, run, loops, k, formula, body)
                line.text = f"{prime(reads[k].name)} {line.text}"
                line.work = work / len(sent)
                line.definitions = made.definitions([line.text])
                lines.append(line)
            if len(sent) > MANY:
                rest = work * (1 - MANY / len(sent))
                lines.append(_Line("", f"… and {len(sent) - MANY} like these, for the other numbers read", "", rest))
        return lines

    def _contribution(
        self, statement: Statement, run: Run, loops: _Loops, k: int, formula: Any, body: Expression
    ) -> _Line:
        """What goes to the gradient of an access: `+= …`."""
        access = run.accesses[k]
        axes = self._axes(access, loops)
        every = range(len(loops.sizes))
        gone = [d for d in every if d not in axes]
        text = write(formula, formulas.PRODUCT if gone else formulas.CHOICE)
        if gone:
            text = f"Σ {', '.join(f'{loops.letters[d]}<{loops.sizes[d]}' for d in gone)}: {text}"
        note = "×".join(map(str, loops.sizes))
        others = [part[1] for part in body[2] if part[1] != k] if _is_product(body) else []
        if others and not statement.softmax:
            members = set(range(loops.n_members)) | ({-1} if statement.space == LANES else set())
            other = self._axes(run.accesses[others[0]], loops)
            note = f"{_contraction(members, other, axes)} {note}".strip()
        sign = "=" if self.names.is_only_reader(access, statement) else "+="
        return _Line(loops.over([d for d in every if d in axes]), f"{sign} {text}", note, 0.0)


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


def _is_product(body: Expression) -> bool:
    return body[0] == "apply" and body[1] is ops.multiply and all(part[0] == "access" for part in body[2])


def _contraction(a: set[int], b: set[int], kept: set[int]) -> str:
    """What Σ a·b over all loops that are not kept is called."""
    inner = (a & b) - kept
    rows, columns = (a - b) & kept, (b - a) & kept
    if not inner:
        return ""
    if rows and columns:
        return "matrix product" if not a & b & kept else "matrix products"
    if rows or columns:
        return "matrix · vector"
    return "scalar product" if not a & b & kept else "scalar products"


def _reads_lanes(run: Run) -> bool:
    return any(access.space in HAS_LANES for access in run.accesses)


def _work(program: Program) -> float:
    """Of one term, in simple operations."""
    return sum(_cost(operation) for operation in program.operations if operation is not COLUMN)


def _whole_work(statement: Statement, n: int) -> float:
    """Of a statement and its derivative, with n lanes."""
    work = 0.0
    for run in statement.runs:
        lanes = n if statement.space == LANES or _reads_lanes(run) else 1
        each = 0.0
        if statement.forward or statement.softmax:
            each += _work(forward_program(run.body)) + (statement.reduce != STORE)
        wanted = [k for k, access in enumerate(run.accesses) if access.wanted]
        if statement.backward and wanted:
            each += _work(backward_program(run.body, len(run.accesses), wanted, statement.softmax)) + len(wanted)
        work += lanes * len(run) * each
    return work or 1.0


def _cost(operation: Operation) -> float:
    return 1 if operation.name in CHEAP else SLOW.get(operation.name, 10)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
