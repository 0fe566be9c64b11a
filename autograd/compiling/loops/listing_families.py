"""Which arrays a listing speaks of: the families of a program under the names, shapes and steps that tell most.

- Statements that come again and again are the *steps* of a recurrence: one name, and t for the step. The array that
  the first step reads in the place of the one before is step 0; what follows the last step in the same way is one more.
- Families that are read as one array are one array: the cells of a grid and those at its borders.
- A shape is found from all that write and read the array, and from the names of the parameters that go into it.

Entry points: `sections`, `find`, `number`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .array_views import Grid
from .bodies import lifted
from .ir import LANES, PARAMETERS, SHARED, LoopProgram, Run, Statement
from .patterns import by_operation, sequences
from .periods import Period, periods

MOST_NAMES = 2_000  # that are looked at for one loop
MOST_LOOPS = 4  # over the members of an array

Key = tuple[int, int]  # a space, and the number of the region where the space is LANES, else 0


@dataclass
class ListedFamily:
    """An array: members `base` to `base + n` of a space.

    Attributes: `recurrence`, the period to whose steps it belongs, and `step`, the number of the step.
    """

    name: str
    base: int
    n: int
    own: list[Statement] = field(repr=False)
    recurrence: Recurrence | None = None
    step: int = 0
    place: int = -1  # of its statement in the period
    shape: tuple[int, ...] = ()


class Recurrence:
    """A period of statements. `first`: the number of its first step, as earlier ones stand before it."""

    def __init__(self, period: Period, statements: Sequence[Statement], region: int) -> None:
        self.period, self.statements, self.region = period, statements, region
        self.first = 0

    def at(self, step: int, place: int) -> Statement:
        """The statement at a place of the period, in a step that is counted from its beginning."""
        return self.statements[self.period.start + step * self.period.length + place]


class Section(NamedTuple):
    """A list of statements, the region that it belongs to, and its periods; those of several steps as recurrences."""

    region: int
    statements: Sequence[Statement]
    periods: list[Period]
    recurrences: list[Recurrence | None]


class ListedFamilies:
    """Where the arrays are: `blocks` of each space, in order."""

    def __init__(self, blocks: dict[Key, list[ListedFamily]]) -> None:
        self.blocks = blocks

    def at(self, space: int, address: int, region: int) -> ListedFamily:
        """The family in whose block an address stands."""
        blocks = self.blocks[space, region if space == LANES else 0]
        return blocks[max(bisect_right(blocks, address, key=lambda family: family.base) - 1, 0)]

    def between(self, space: int, low: int, high: int, region: int) -> list[ListedFamily]:
        """The families of two addresses and of all between."""
        blocks = self.blocks[space, region if space == LANES else 0]
        start = bisect_right(blocks, low, key=lambda family: family.base) - 1
        return blocks[max(start, 0) : bisect_right(blocks, high, key=lambda family: family.base)]

    def all(self) -> Iterator[ListedFamily]:
        """Every family."""
        for blocks in self.blocks.values():
            yield from blocks

    def join(self, key: Key, parts: list[ListedFamily]) -> None:
        """Make families that stand side by side one, under the name of the largest."""
        largest = max(parts, key=lambda family: family.n)
        own = [statement for part in parts for statement in part.own]
        n = sum(part.n for part in parts)
        joined = ListedFamily(largest.name, parts[0].base, n, own, largest.recurrence, largest.step, largest.place)
        blocks = self.blocks[key]
        start = bisect_right(blocks, parts[0].base, key=lambda family: family.base) - 1
        blocks[start : start + len(parts)] = [joined]


def sections(program: LoopProgram) -> list[Section]:
    """The lists of statements of a program with their periods."""
    lists = [(0, program.before), *[(r, region.statements) for r, region in enumerate(program.regions)]]
    found = []
    for region, statements in [*lists, (0, program.after)]:
        parts = periods([_kind(statement) for statement in statements])
        recurrences = [Recurrence(part, statements, region) if part.times > 1 else None for part in parts]
        found.append(Section(region, statements, parts, recurrences))
    return found


def find(lists: Sequence[Section], slots: Sequence[str]) -> ListedFamilies:
    """The families of a program, from its statements (see `sections`) and the names of the parameters.

    They are called after their operations; `number` makes names of that.
    """
    softmax = {(s.space, r if s.space == LANES else 0, s.base) for r, s in _each(lists) if s.softmax}
    blocks: dict[Key, list[ListedFamily]] = {}
    for section in lists:
        for part, recurrence in zip(section.periods, section.recurrences, strict=True):
            for i in range(part.length * part.times):
                statement = section.statements[part.start + i]
                key = (statement.space, section.region if statement.space == LANES else 0)
                if (*key, statement.base) in softmax and not statement.softmax:
                    continue
                step, place = divmod(i, part.length)
                name = statement.name or ("logsumexp" if statement.softmax else by_operation(statement))
                blocks.setdefault(key, []).append(
                    ListedFamily(name, statement.base, statement.n, [statement], recurrence, step, place)
                )
    for found in blocks.values():
        found.sort(key=lambda family: family.base)
    families = ListedFamilies(blocks)
    for section in lists:
        for number, recurrence in enumerate(section.recurrences):
            if recurrence is not None:
                _extend(families, section, number, recurrence)
    _join(families, lists)
    _shape(families, lists, slots)
    return families


def _each(lists: Sequence[Section]) -> Iterator[tuple[int, Statement]]:
    for section in lists:
        for statement in section.statements:
            yield section.region, statement


def _representatives(lists: Sequence[Section]) -> Iterator[tuple[int, Statement]]:
    """Every statement, of recurrences those of a step in the middle and of the last one."""
    for section in lists:
        for part in section.periods:
            for step in {part.times // 2, part.times - 1}:
                start = part.start + step * part.length
                for statement in section.statements[start : start + part.length]:
                    yield section.region, statement


# --- steps --------------------------------------------------------------------------------------------------


def _extend(families: ListedFamilies, section: Section, number: int, recurrence: Recurrence) -> None:
    """Find the arrays that the first step reads in the place of the one before, and those that follow the last."""
    period, region = recurrence.period, section.region
    before: dict[int, ListedFamily] = {}  # place in the period -> the array that is step -1
    for place in range(period.length):
        first, second = recurrence.at(0, place), recurrence.at(1, place)
        for run, later in zip(first.runs, second.runs, strict=True):
            for access, next_access in zip(run.accesses, later.accesses, strict=True):
                if access.space not in (SHARED, LANES):
                    continue
                origin = families.at(access.space, int(access.index[0]), region)
                here = families.at(access.space, int(next_access.index[0]), region)
                same = (access.index[0] - origin.base, origin.n) == (next_access.index[0] - here.base, here.n)
                if here.recurrence is recurrence and here.step == 0 and origin.recurrence is None and same:
                    before.setdefault(here.place, origin)
    if before:
        recurrence.first = 1
        for place, family in before.items():
            family.recurrence, family.step, family.place = recurrence, -1, place
    end = period.start + period.length * period.times
    kinds = [_kind(recurrence.at(0, place)) for place in range(period.length)]
    for place, statement in enumerate(section.statements[end : end + period.length - 1]):
        family = families.at(statement.space, statement.base, region)
        if _kind(statement) != kinds[place] or family.recurrence is not None:
            break
        family.recurrence, family.step, family.place = recurrence, period.times, place


def _join(families: ListedFamilies, lists: Sequence[Section]) -> None:
    """Make one array of what is read as one."""
    for region, statement in _each(lists):
        for run in statement.runs:
            for access in run.accesses:
                if access.space not in (SHARED, LANES) or len(access.index) < 2:
                    continue
                low, high = int(access.index.min()), int(access.index.max())
                parts = families.between(access.space, low, high, region)
                if len(parts) < 2 or any((p.recurrence, p.step) != (parts[0].recurrence, parts[0].step) for p in parts):
                    continue
                is_one = parts[-1].base + parts[-1].n - parts[0].base == sum(part.n for part in parts)
                if is_one and len(np.unique(access.index)) == high - low + 1:
                    families.join((access.space, region if access.space == LANES else 0), parts)


# --- names --------------------------------------------------------------------------------------------------


def number(families: ListedFamilies, results: dict[Key, str], taken: Collection[str], hidden: Collection[int]) -> None:
    """Names that are different for different arrays; the steps of a recurrence have one.

    Args:
        families: which get names.
        results: names for some, by their space and address.
        taken: names that arrays of the user have.
        hidden: the ids of families that nobody will see.
    """
    named: list[tuple[ListedFamily, str, Hashable]] = []
    for key, blocks in families.blocks.items():
        for family in blocks:
            name, recurrence = family.name, family.recurrence
            identity: Hashable = (key, family.base)
            if recurrence is not None:
                name, identity = recurrence_name(recurrence, family), (id(recurrence), family.place)
            elif family.n == 1:
                name = results.get((key[0], family.base), name)
            named.append((family, name, identity))
    named = [entry for entry in named if id(entry[0]) not in hidden]
    often = Counter(name for name, _ in dict.fromkeys((name, identity) for _, name, identity in named))
    numbers: dict[tuple[str, Hashable], int] = {}
    seen: Counter[str] = Counter()
    for family, name, identity in named:
        if (name, identity) not in numbers:
            seen[name] += 1
            numbers[name, identity] = seen[name]
        family.name = name if often[name] == 1 and name not in taken else f"{name}{numbers[name, identity]}"


def recurrence_name(recurrence: Recurrence, family: ListedFamily) -> str:
    """What the array of each step is called."""
    return by_operation(recurrence.at(0, family.place)) if family.place < recurrence.period.length else family.name


# --- shapes -------------------------------------------------------------------------------------------------


def _shape(families: ListedFamilies, lists: Sequence[Section], slots: Sequence[str]) -> None:
    """Shapes; the arrays of all steps have the same."""
    votes: dict[Hashable, Counter[int]] = {}

    def vote(family: ListedFamily, strides: Sequence[int], weight: int) -> None:
        of_family = votes.setdefault(_identity(family), Counter())
        for stride in strides:
            if 1 < abs(stride) < family.n and family.n % abs(stride) == 0:
                of_family[abs(stride)] += weight

    for region, statement in _representatives(lists):
        for run in statement.runs:
            grid = Grid.of(statement, run)
            target = families.at(statement.space, statement.base, region)
            vote(target, _own_strides(run, grid, target, slots), 2)
            for k, access in enumerate(run.accesses):
                if access.space in (SHARED, LANES) and run.nests is not None and len(run.nests) == 1:
                    family = families.at(access.space, int(access.index[0]), region)
                    vote(family, [int(x) for x in run.nests[0].strides[:, 1 + k]], 1)
    for family in families.all():
        chain = [1, family.n]
        for stride, _ in votes.get(_identity(family), Counter()).most_common():
            if len(chain) <= MOST_LOOPS and all(stride % c == 0 or c % stride == 0 for c in chain):
                chain.append(stride)
        chain = sorted(set(chain), reverse=True)
        family.shape = tuple([a // b for a, b in pairwise(chain)])


def _identity(family: ListedFamily) -> Hashable:
    return id(family) if family.recurrence is None else (id(family.recurrence), family.place)


def _own_strides(run: Run, grid: Grid, family: ListedFamily, slots: Sequence[str]) -> list[int]:
    """At which distances in an array its loops go on, as the run that writes it tells."""
    if grid.starts is not None:
        lengths = np.diff(grid.starts, append=len(run))
        return _blocks(lengths) + [x for a in run.accesses for x in _blocks(a.index[grid.starts])]
    table = run.out.reshape(grid.sizes)
    strides = []
    for d in [d for d in grid.kept if grid.sizes[d] > 1]:
        along = (0,) * d + (slice(None),) + (0,) * (len(grid.sizes) - d - 1)
        stride = int(table[along][1] - table[along][0])
        strides.append(stride)
        for access in run.accesses:
            read = access.index.reshape(grid.sizes)[along]
            found = _blocks(read)
            if access.space == PARAMETERS and slots:
                for values in sequences([slots[slot] for slot in read[:MOST_NAMES].tolist()]):
                    found += _blocks(np.array(values))
            strides += [stride * block for block in found]
    return strides


def _blocks(values: Any) -> list[int]:
    """The lengths of the blocks in which a sequence goes on evenly, and of those in which their beginnings do."""
    steps = np.diff(values)
    if not len(steps):
        return []
    breaks = np.flatnonzero(steps != steps[0])
    n = int(breaks[0]) + 1 if len(breaks) else 0
    if n < 2 or len(values) % n or not (np.diff(values.reshape(-1, n), axis=1) == steps[0]).all():
        return []
    return [n, *[n * more for more in _blocks(values[::n])]]


def _kind(statement: Statement) -> Hashable:
    """What two statements have in common that are steps of a recurrence."""
    runs = tuple(
        [
            (lifted(run.body, []), len(run), tuple([(access.space, access.wanted) for access in run.accesses]))
            for run in statement.runs
        ]
    )
    flags = (statement.forward, statement.backward, statement.softmax, statement.reduce)
    return (statement.space, statement.n, flags, runs)
