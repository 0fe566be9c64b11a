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

from .ir import ARGUMENTS, CONSTANTS, LANES, SHARED, Access, LoopProgram, Statement
from .listing_families import ListedFamilies, ListedFamily, Recurrence, Section, find, number, sections
from .patterns import affine, fit, in_regions, pattern

DATA = ("x", "y")  # of the lanes, where they come in no more than two groups
MOST_CONSTANTS = 200_000  # that are compared with one another
NOWHERE = np.zeros((1, 0), np.int64)


class Now(NamedTuple):
    """Where a listing is: the region, the recurrence and which of its steps; the statement of each step."""

    region: int
    recurrence: Recurrence | None
    step: int
    every: Sequence[Statement]


class Names:
    """What everything is called.

    Args:
        slots, arguments, outputs: see `listing.listing`.

    Attributes: `sections`, the statements in periods.
    """

    def __init__(
        self, program: LoopProgram, slots: Sequence[str], arguments: Sequence[str], outputs: Sequence[str]
    ) -> None:
        self.program = program
        self.slots, self.arguments = _without_first_word(slots), arguments
        self.sections: list[Section] = sections(program)
        self._region_of = {id(statement): region for region, statement in in_regions(program)}
        self._hidden: set[int] = set()
        self._readers: Counter[tuple[int, int, int]] | None = None
        self._aliases: dict[int, ListedFamily] = {}
        self._constants: dict[bytes, str] = {}
        results = {
            (output.space, output.address): outputs[i] if i < len(outputs) else "loss"
            for i, output in enumerate(program.outputs)
            if i < len(outputs) or len(program.outputs) == 1
        }
        heads = {name.partition("[")[0] for name in [*self.slots, *arguments]}
        taken = {head.partition(".")[0] for head in heads}
        self.families: ListedFamilies = find(self.sections, self.slots)
        number(self.families, results, taken, hidden=self._find_hidden(results))
        self._groups = {r: _starts(program, r) for r in range(len(program.regions))}
        self._data = {r: self._data_names(r) for r in self._groups}

    def lane(self, region: int) -> str:
        """The letter of the loop over lanes."""
        return "row" if self.program.regions[region].n is None else "sample"

    def hidden(self, statement: Statement) -> bool:
        """Whether a statement is told by another one: the parts of a logsumexp, copies."""
        return id(statement) in self._hidden

    def family(self, statement: Statement) -> ListedFamily:
        """The array that a statement writes."""
        return self._family(statement.space, statement.base, self._region_of[id(statement)])

    def output(self, i: int) -> str:
        """The name of a result."""
        space, address = self.program.outputs[i]
        if space in (SHARED, LANES):
            return self._members(space, np.array([address]), [], NOWHERE, None)
        return self._cells(space, np.array([address]), [], NOWHERE, 0)

    def members(self, statement: Statement, out: Any, letters: Sequence[str], places: Any, now: Now) -> str:
        """The members to which terms go."""
        return self._members(statement.space, out, letters, places, now)

    def access(self, run: int, k: int, access: Access, letters: Sequence[str], places: Any, now: Now) -> str:
        """What access k of a run reads."""
        if access.space in (SHARED, LANES):
            every = [access]
            if now.recurrence is not None:
                every = [now.every[i].runs[run].accesses[k] for i in (-1, now.step)]
            return self._members(access.space, access.index, letters, places, now, every)
        if now.recurrence is not None and len(now.every) > 1:
            every_index = [statement.runs[run].accesses[k].index for statement in now.every]
            steps = np.repeat(np.arange(len(every_index)) + now.recurrence.first, len(places))
            all_places = np.concatenate([steps[:, None], np.tile(places, (len(every_index), 1))], axis=1)
            return self._cells(access.space, np.concatenate(every_index), ["t", *letters], all_places, now.region)
        return self._cells(access.space, access.index, letters, places, now.region)

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
                            for place in {int(read.index[0]), int(read.index[-1])}:
                                self._readers[self._key(read.space, place, r)] += 1
        family = self._family(access.space, int(access.index[0]), region)
        key = self._key(access.space, int(access.index[0]), region)
        once = 1 if access.index[0] == access.index[-1] else 2
        return self._readers[key] == once and len(np.unique(access.index)) == family.n

    def _key(self, space: int, address: int, region: int) -> tuple[int, int, int]:
        return (space, region if space == LANES else 0, self._family(space, address, region).base)

    # --- leaves and constants -----------------------------------------------------------------------------

    def _cells(self, space: int, index: Any, letters: Sequence[str], places: Any, region: int) -> str:
        if space == CONSTANTS:
            return self._numbers(self.program.constants[index], letters, places)
        if space == ARGUMENTS:
            return self._columns(index, letters, places, region)
        if not self.slots:
            return "p" + _index(index, letters, places)
        found = pattern([self.slots[slot] for slot in index.tolist()], places, letters)
        if found:
            return found
        words = {re.sub(r"[\[.].*", "", self.slots[slot]) for slot in index[:100].tolist()}
        return f"{words.pop() if len(words) == 1 and all(words) else 'p'}[…]"

    def _columns(self, index: Any, letters: Sequence[str], places: Any, region: int) -> str:
        """The data of a lane."""
        sources = self.program.regions[region].columns
        groups = self._groups[region]
        low = int(index.min())
        k = max(bisect_right(groups, low) - 1, 0)
        start = groups[k] if groups else 0
        if self.arguments and len(index) < MOST_CONSTANTS:
            numbers = [sources[i].argument for i in index.tolist()]
            if None not in numbers:
                found = pattern([self.arguments[number or 0] for number in numbers], places, letters)
                if found:
                    return found
        name = self._data[region][k] if groups else DATA[0]
        end = groups[k + 1] if k + 1 < len(groups) else len(sources)
        return name if end - start == 1 else name + _index(index - start, letters, places)

    def _data_names(self, region: int) -> list[str]:
        """What the groups of columns are called, in the order in which they are read."""
        starts = self._groups[region]
        read = [
            max(bisect_right(starts, int(access.index[0])) - 1, 0)
            for statement in self.program.regions[region].statements
            for run in statement.runs
            for access in run.accesses
            if access.space == ARGUMENTS
        ]
        order = list(dict.fromkeys(read))
        names = DATA if len(starts) <= 2 else [f"x{k + 1}" for k in range(len(starts))]
        return [names[order.index(k)] if k in order else names[-1] for k in range(len(starts))]

    def _numbers(self, values: Any, letters: Sequence[str], places: Any) -> str:
        """Constants: a number, or an array with the loops on which they depend.

        Each use of a number made a constant of its own, so they are compared by what they are.
        """
        if (values == values[0]).all():
            return f"{values[0]:.4g}"
        sizes = tuple((places.max(axis=0) + 1 - places.min(axis=0)).tolist())
        if len(values) > MOST_CONSTANTS or int(np.prod(sizes)) != len(values):
            return "c[…]"
        table = np.empty(sizes)
        table[tuple((places - places.min(axis=0)).T)] = values
        chosen: list[str] = []
        for d in range(len(sizes)):
            first = table.take([0], axis=len(chosen))
            if (table == first).all():
                table = first.squeeze(axis=len(chosen))
            else:
                chosen.append(letters[d])
        key = repr(table.shape).encode() + table.tobytes()
        name = self._constants.setdefault(key, f"c{len(self._constants) + 1}")
        return name + "".join(f"[{letter}]" for letter in chosen)

    # --- members ------------------------------------------------------------------------------------------

    def _family(self, space: int, address: int, region: int) -> ListedFamily:
        found = self.families.at(space, address, region)
        return self._aliases.get(id(found), found)

    def _members(
        self,
        space: int,
        index: Any,
        letters: Sequence[str],
        places: Any,
        now: Now | None,
        every: Sequence[Access] = (),
    ) -> str:
        """`every`: the same access in the last step, and in the step that is listed."""
        region = now.region if now else 0
        low, high = int(index.min()), int(index.max())
        family = self._family(space, low, region)
        step = self._step(space, family, now, every)
        last = self._family(space, high, region)
        if family is not last:
            return f"{family.name}[…]" if family.name == last.name else f"{family.name}…{last.name}[…]"
        if family.n == 1:
            return family.name + step
        base = self.families.at(space, low, region).base
        written = []
        for coordinate in np.unravel_index(index - base, family.shape):
            found = fit(coordinate, places)
            written.append(affine(*found, letters) if found else "…")
        if "…" in written and not any(set(letters) & set(re.findall(r"\w+", x)) for x in written):
            written = ["…"]
        return family.name + step + "".join(f"[{x}]" for x in written)

    def _step(self, space: int, family: ListedFamily, now: Now | None, every: Sequence[Access]) -> str:
        recurrence = family.recurrence
        if recurrence is None:
            return ""
        if now is None or now.recurrence is not recurrence:
            return f"[{family.step + recurrence.first}]"
        relative = family.step - now.step
        if len(every) == 2 and now.step != len(now.every) - 1:
            last = self._family(space, int(every[0].index[0]), now.region)
            if last.recurrence is not recurrence or last.step - (len(now.every) - 1) != relative:
                return f"[{family.step + recurrence.first}]" if last is family else "[…]"
        return f"[{affine(relative, [1], ['t'])}]"

    def _find_hidden(self, results: dict[tuple[int, int], str]) -> set[int]:
        """Which statements others tell; the ids of the families that therefore nobody sees."""
        unseen: set[int] = set()
        every = list(in_regions(self.program))
        by_place = {(s.space, r if s.space == LANES else 0, s.base): s for r, s in every if s.forward}
        for region, statement in every:
            if statement.softmax:
                key = region if statement.space == LANES else 0
                finished = by_place.get((statement.space, key, statement.base))
                if finished is not None:
                    self._hidden.add(id(finished))
                    for access in finished.runs[0].accesses:
                        part = by_place.get((access.space, key, int(access.index[0])))
                        if part is not None:
                            self._hidden.add(id(part))
                            unseen.add(id(self.families.at(part.space, part.base, region)))
            if statement.n == 1 and statement.space == SHARED and len(statement.runs) == 1:
                run = statement.runs[0]
                if run.body == ("access", 0) and len(run) == 1 and run.accesses[0].space == SHARED:
                    self._take_over(statement, int(run.accesses[0].index[0]), region, results)
        return unseen | set(self._aliases)

    def _take_over(self, statement: Statement, source: int, region: int, results: dict[tuple[int, int], str]) -> None:
        """A sum that only takes over one number is told with the name of that number, or that number with its own."""
        read, own = self._family(SHARED, source, region), self._family(SHARED, statement.base, region)
        if read.n > 1 or own.n > 1 or own.recurrence is not None or (SHARED, read.base) in results:
            return
        self._hidden.add(id(statement))
        if (SHARED, own.base) in results:
            self._aliases[id(read)] = own
        else:
            self._aliases[id(own)] = read


def _index(index: Any, letters: Sequence[str], places: Any) -> str:
    found = fit(index, places)
    return f"[{affine(*found, letters)}]" if found else "[…]"


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
    first = next((name for name in names if name), "").partition(".")[0] + "."
    if not first[:-1].isidentifier() or not all(not name or name.startswith(first) for name in names):
        return names
    return [name[len(first) :] for name in names]
