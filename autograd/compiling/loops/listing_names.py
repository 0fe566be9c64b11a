"""Names and indices for the listing of a program: what an access reads, in the user's names.

Entry points: `Names`; `Now`, the statement that is being listed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .array_views import Grid
from .bodies import lifted
from .ir import ARGUMENTS, CONSTANTS, LANES, PARAMETERS, SHARED, Access, LoopProgram, Statement
from .names import affine, by_operation, fit, in_regions, pattern
from .periods import Period, periods


class Now(NamedTuple):
    """Where a listing is: in which region, in which period and in which of its steps; the statement of each step."""

    region: int
    period: Period
    step: int
    every: Sequence[Statement]


class Family(NamedTuple):
    """A block of members: its name, its address, its shape; `step`, in a period, and `period`, its start."""

    name: str
    base: int
    n: int
    shape: tuple[int, ...]
    period: int
    step: int


class Names:
    """What everything is called.

    Args:
        slots, arguments, outputs: see `listing.listing`.
    """

    def __init__(
        self, program: LoopProgram, slots: Sequence[str], arguments: Sequence[str], outputs: Sequence[str]
    ) -> None:
        self.program = program
        self.slots, self.arguments = _without_first_word(slots), arguments
        self._periods: dict[int, list[Period]] = {}
        self._families: dict[tuple[int, int], list[Family]] = {}
        self._hidden: set[int] = set()
        self._readers: Counter[tuple[int, int, int]] | None = None
        self._aliases: dict[tuple[int, int], Family] = {}
        self._find_hidden()
        self._name_families(outputs)

    def lane(self, region: int) -> str:
        """The letter of the loop over lanes."""
        return "row" if self.program.regions[region].n is None else "sample"

    def periods(self, statements: Sequence[Statement]) -> list[Period]:
        """The periods of one of the program's lists of statements."""
        key = id(statements)
        if key not in self._periods:
            self._periods[key] = periods([_kind(statement) for statement in statements])
        return self._periods[key]

    def hidden(self, statement: Statement) -> bool:
        """Whether a statement is told by another one: the parts of a logsumexp, copies."""
        return id(statement) in self._hidden

    def shape(self, statement: Statement) -> tuple[int, ...]:
        """The loops over the members of a family."""
        return self.family(statement.space, statement.base, self._region_of[id(statement)]).shape

    def output(self, i: int) -> str:
        """The name of a result."""
        space, address = self.program.outputs[i]
        if space in (PARAMETERS, CONSTANTS, ARGUMENTS):
            return self._cells(space, np.array([address]), [], np.zeros((1, 0), np.int64), None)
        return self._members(space, np.array([address]), [], np.zeros((1, 0), np.int64), None)

    def members(self, statement: Statement, out: Any, letters: Sequence[str], places: Any, now: Now) -> str:
        """The members to which terms go."""
        return self._members(statement.space, out, letters, places, now)

    def access(self, run: int, k: int, access: Access, letters: Sequence[str], places: Any, now: Now) -> str:
        """What access k of a run reads."""
        if access.space in (SHARED, LANES):
            return self._members(access.space, access.index, letters, places, now)
        if now.period.times > 1:
            every = [statement.runs[run].accesses[k].index for statement in now.every]
            steps = np.repeat(np.arange(len(every)), len(places))
            all_places = np.concatenate([steps[:, None], np.tile(places, (len(every), 1))], axis=1)
            text = self._cells(access.space, np.concatenate(every), ["t", *letters], all_places, now)
            if "…" not in text:
                return text
        return self._cells(access.space, access.index, letters, places, now)

    # --- cells --------------------------------------------------------------------------------------------

    def _cells(self, space: int, index: Any, letters: Sequence[str], places: Any, now: Now | None) -> str:
        """Leaves and constants."""
        if space == CONSTANTS and len(np.unique(index)) == 1:
            return f"{self.program.constants[index[0]]:.4g}"
        name, names, offset = "c" if space == CONSTANTS else "p", self.slots, 0
        if space == ARGUMENTS:
            region = self.program.regions[now.region if now else 0]
            columns = [region.columns[i] for i in index.tolist()] if len(index) < 100_000 else []
            name, offset = self._argument(now.region if now else 0, int(index.min()))
            groups = self._groups.get(now.region if now else 0, [])
            if len(columns) and (offset + 1 in groups or offset + 1 == len(region.columns)):
                return name
            names = []
            if columns and all(column.argument is not None for column in columns) and self.arguments:
                found = pattern([self.arguments[column.argument or 0] for column in columns], places, letters)
                if found:
                    return found
        elif space == PARAMETERS and names:
            found = pattern([names[slot] for slot in index.tolist()], places, letters)
            if found:
                return found
            words = {re.sub(r"\[.*", "", names[slot]) for slot in index[:100].tolist()}
            name = words.pop() if len(words) == 1 and all(words) else name
            return f"{name}[…]"
        return name + _index(index - offset, letters, places)

    def _argument(self, region: int, address: int) -> tuple[str, int]:
        """The name of a group of columns that are read together, and where it begins."""
        groups = self._groups.get(region, [])
        k = max(bisect_right(groups, address) - 1, 0)
        return (f"x{k + 1}" if len(groups) > 1 else "x"), groups[k] if groups else 0

    def is_only_reader(self, access: Access, statement: Statement) -> bool:
        """Whether all of a family's gradient comes from one access of this statement, and covers it."""
        if access.space not in (SHARED, LANES) or (access.space == SHARED and statement.reads_lanes):
            return False
        region = self._region_of[id(statement)]
        if self._readers is None:
            self._readers = Counter()
            for r, reader in in_regions(self.program):
                for run in reader.runs if reader.backward else ():
                    for read in run.accesses:
                        if read.wanted and read.space in (SHARED, LANES):
                            for place in np.unique(read.index[[0, -1]]).tolist():
                                self._readers[self._key(read.space, place, r)] += 1
        family = self.family(access.space, int(access.index[0]), region)
        key = self._key(access.space, int(access.index[0]), region)
        once = 1 if access.index[0] == access.index[-1] else 2
        return self._readers[key] == once and len(np.unique(access.index)) == family.n

    def _key(self, space: int, address: int, region: int) -> tuple[int, int, int]:
        return (space, region if space == LANES else 0, self.family(space, address, region).base)

    def family(self, space: int, address: int, region: int) -> Family:
        """The family in whose block an address stands."""
        families = self._families[space, region if space == LANES else 0]
        found = families[bisect_right(families, address, key=lambda family: family.base) - 1]
        return self._aliases.get((space, found.base), found)

    def _members(self, space: int, index: Any, letters: Sequence[str], places: Any, now: Now | None) -> str:
        region = now.region if now else 0
        first = self.family(space, int(index.min()), region)
        last = self.family(space, int(index.max()), region)
        step = ""
        if first.period >= 0:
            relative = first.step - now.step if now is not None and now.period.start == first.period else None
            step = (
                f"[{first.step}]"
                if relative is None
                else "[t]"
                if relative == 0
                else f"[t {'+' if relative > 0 else '-'} {abs(relative)}]"
            )
        if first != last:
            return f"{first.name}…{last.name}[…]" if first.name != last.name else f"{first.name}[…]"
        if first.n == 1:
            return first.name + step
        coordinates = np.unravel_index(index - first.base, first.shape)
        written = []
        for coordinate in coordinates:
            found = fit(coordinate, places)
            if found is None:
                return f"{first.name}{step}[…]"
            written.append(affine(*found, letters))
        return first.name + step + "".join(f"[{x}]" for x in written)

    # --- families -----------------------------------------------------------------------------------------

    def _find_hidden(self) -> None:
        self._region_of = {id(statement): region for region, statement in in_regions(self.program)}
        by_place = {
            (s.space, r if s.space == LANES else 0, s.base): s for r, s in in_regions(self.program) if s.forward
        }
        for region, statement in in_regions(self.program):
            if statement.softmax:
                key = region if statement.space == LANES else 0
                finished = by_place.get((statement.space, key, statement.base))
                if finished is not None:
                    self._hidden.add(id(finished))
                    for access in finished.runs[0].accesses:
                        part = by_place.get((access.space, key, int(access.index[0])))
                        if part is not None:
                            self._hidden.add(id(part))

    def _name_families(self, outputs: Sequence[str]) -> None:
        program = self.program
        named: list[tuple[int, int, Statement, str, int, int, int]] = []
        for region, statements in [
            (0, program.before),
            *[(r, region.statements) for r, region in enumerate(program.regions)],
            (0, program.after),
        ]:
            for period in self.periods(statements):
                for k in range(period.length):
                    own = statements[period.start + k]
                    for t in range(period.times):
                        statement = statements[period.start + t * period.length + k]
                        start = period.start if period.times > 1 else -1
                        name = own.name or ("logsumexp" if statement.softmax else by_operation(own))
                        named.append(
                            (statement.space, region if statement.space == LANES else 0, statement, name, start, t, k)
                        )
        results = {
            (o.space, o.address): outputs[i] if i < len(outputs) else "loss" if len(program.outputs) == 1 else ""
            for i, o in enumerate(program.outputs)
        }
        softmax = {(space, region, s.base) for space, region, s, *_ in named if s.softmax}
        labels: dict[Any, str] = {}
        often: Counter[str] = Counter()
        taken = {re.sub(r"[\[.].*", "", name) for name in [*self.slots, *self.arguments]}
        unique: dict[Any, Any] = {}
        for space, region, statement, name, start, _, k in named:
            if (space, region, statement.base) in softmax and not statement.softmax:
                continue
            if statement.n == 1 and results.get((space, statement.base)):
                name = results[space, statement.base]
            unique.setdefault((name, space, start, k if start >= 0 else statement.base), None)
        count = Counter(key[0] for key in unique)
        for key in unique:
            often[key[0]] += 1
            name = key[0]
            labels[key] = name if count[name] == 1 and name not in taken else f"{name}{often[name]}"
        for space, region, statement, name, start, t, k in named:
            if (space, region, statement.base) in softmax and not statement.softmax:
                continue
            if statement.n == 1 and results.get((space, statement.base)):
                name = results[space, statement.base]
            label = labels[name, space, start, k if start >= 0 else statement.base]
            family = Family(label, statement.base, statement.n, _shape(statement), start, t)
            self._families.setdefault((space, region), []).append(family)
        for families in self._families.values():
            families.sort(key=lambda family: family.base)
        self._groups = {r: _starts(program, r) for r in range(len(program.regions))}
        self._find_aliases()

    def _find_aliases(self) -> None:
        """A sum that only takes over one number is told with the name of that number."""
        for _, statement in in_regions(self.program):
            if statement.n == 1 and statement.space == SHARED and len(statement.runs) == 1:
                run = statement.runs[0]
                if run.body == ("access", 0) and len(run) == 1 and run.accesses[0].space == SHARED:
                    self._hidden.add(id(statement))
                    source = int(run.accesses[0].index[0])
                    own = self.family(SHARED, statement.base, 0)
                    self._aliases[SHARED, source] = own if own.name in ("loss",) else self.family(SHARED, source, 0)
                    self._aliases[SHARED, statement.base] = self._aliases[SHARED, source]


def _index(index: Any, letters: Sequence[str], places: Any) -> str:
    found = fit(index, places)
    return f"[{affine(*found, letters)}]" if found else "[…]"


def _kind(statement: Statement) -> Any:
    """What two statements have in common that are steps of a recurrence."""
    runs = tuple(
        [
            (lifted(run.body, []), len(run), tuple([(access.space, access.wanted) for access in run.accesses]))
            for run in statement.runs
        ]
    )
    flags = (statement.forward, statement.backward, statement.softmax, statement.reduce)
    return (statement.space, statement.n, flags, runs)


def _shape(statement: Statement) -> tuple[int, ...]:
    """The loops over all members, as the run has them that tells most of them."""
    best: tuple[int, ...] = (statement.n,) if statement.n > 1 else ()
    for run in statement.runs:
        grid = Grid.of(statement, run)
        if grid.starts is None:
            kept = tuple([grid.sizes[d] for d in grid.kept])
            members = np.unique(run.out)
            ordered = bool((np.diff(run.out) >= 0).all())
            if ordered and len(members) == statement.n == int(np.prod(kept, dtype=np.int64)) and len(kept) > len(best):
                best = kept
    return best


def _starts(program: LoopProgram, region: int) -> list[int]:
    """Where the groups of columns begin that are read together."""
    intervals = sorted(
        (int(access.index.min()), int(access.index.max()))
        for r, statement in in_regions(program)
        for run in statement.runs
        for access in run.accesses
        if access.space == ARGUMENTS and r == region
    )
    starts: list[int] = []
    end = -1
    for low, high in intervals:
        if low > end:
            starts.append(low)
        end = max(end, high)
    return starts


def _without_first_word(names: Sequence[str]) -> Sequence[str]:
    """Names without the variable of the model, where all begin with it."""
    found = [re.match(r"\w+\.", name) for name in names if name]
    words = {match.group() if match else "" for match in found}
    if len(words) != 1 or "" in words:
        return names
    length = len(words.pop())
    return [name[length:] for name in names]
