"""The arrays of array source: which addresses share an array, what it is called, how a run's accesses read it.

Addresses that are read together stand in one array, which mostly is the block of one family.

Entry point: `ArrayMemory`.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .array_operations import CALLED
from .array_views import LANE, Footprint, GridPart, view
from .ir import ARGUMENTS, CONSTANTS, LANES, PARAMETERS, SHARED, LoopProgram
from .patterns import family_names, identifier, in_regions, pattern

Key = tuple[int, int]  # a space and, of ARGUMENTS and LANES, the number of the region
RESERVED = {"np", "n", "parameters", "constants", "arguments", "seeds", "gradient", "outputs", "run", "found", "rows"}
RESERVED |= {"add_at", *CALLED, *dir(builtins)}


@dataclass
class Place:
    """An array: addresses `base` to `base + size` of a space.

    Attributes: `lanes`, how their number is written, "" where they are the same for all; `single`: it stands for one
    address and has no axis for it.
    """

    name: str
    base: int
    size: int
    lanes: str
    single: bool

    @property
    def axes(self) -> tuple[int, ...]:
        """Of the array: that of the addresses, and that of the lanes."""
        return (*(() if self.single else (0,)), *((LANE,) if self.lanes else ()))

    @property
    def shape(self) -> str:
        """Of the array, as source."""
        lengths = ([] if self.single else [str(self.size)]) + ([self.lanes] if self.lanes else [])
        return lengths[0] if len(lengths) == 1 else f"({', '.join(lengths)})"


class ArrayMemory:
    """The arrays of a program.

    Attributes: `tables`, the tables of addresses that the source reads, by name; `views`, what is read of the
    parameters, by name, and where their gradients go. `slots`: what the parameters are called.
    """

    def __init__(self, program: LoopProgram, slots: Sequence[str] = ()) -> None:
        self.tables: dict[str, Any] = {}
        self.views: dict[str, str] = {}
        self._slots = slots
        self._named_views: dict[str, str] = {}
        self._names: set[str] = set(RESERVED)
        self._known_tables: dict[bytes, str] = {}
        self._places: dict[Key, list[Place]] = {
            (PARAMETERS, 0): [Place("parameters", 0, program.n_slots, "", False)],
            (CONSTANTS, 0): [Place("constants", 0, len(program.constants), "", False)],
        }
        self.lanes: list[str] = []
        for r in range(len(program.regions)):
            self.lanes.append(f"n_{r + 1}" if r else "n")
            self._names.add(self.lanes[-1])
        blocks: dict[Key, list[tuple[int, int, str]]] = {}
        names = family_names(program)
        for r, statement in in_regions(program):
            key = (statement.space, r if statement.space == LANES else 0)
            name = names.pop((*key, statement.base), "")
            blocks.setdefault(key, []).append((statement.base, statement.base + statement.n, name))
            for run in statement.runs:
                for access in run.accesses:
                    if access.space not in (PARAMETERS, CONSTANTS):
                        key = (access.space, r if access.space in (ARGUMENTS, LANES) else 0)
                        interval = (int(access.index.min()), int(access.index.max()) + 1, "")
                        blocks.setdefault(key, []).append(interval)
        for space, address in program.outputs:
            if space not in (PARAMETERS, CONSTANTS):
                blocks.setdefault((space, 0), []).append((address, address + 1, ""))
        for (space, r), intervals in sorted(blocks.items()):
            lanes = self.lanes[r] if space != SHARED else ""
            self._places[space, r] = [self._place(space, lanes, *merged) for merged in _merged(intervals)]

    def _place(self, space: int, lanes: str, start: int, stop: int, nouns: list[str]) -> Place:
        name = "x" if space == ARGUMENTS else nouns[0] if len(nouns) == 1 else "memory"
        return Place(self.name(name), start, stop - start, lanes, stop - start == 1)

    def name(self, hint: str) -> str:
        """A name that is not used yet."""
        hint = re.sub(r"\W+", "_", hint).strip("_") or "values"
        if hint[0].isdigit() or keyword.iskeyword(hint):
            hint = f"v_{hint}"
        name, k = hint, 2 if hint not in RESERVED else 1
        while name in self._names or f"d_{name}" in self._names:
            name = f"{hint}_{k}"
            k += 1
        self._names.add(name)
        return name

    def table(self, addresses: Any) -> str:
        """The name of a table of addresses."""
        key = repr(addresses.shape).encode() + addresses.tobytes()
        if key not in self._known_tables:
            self._known_tables[key] = name = f"table_{len(self._known_tables) + 1}"
            self.tables[name] = np.ascontiguousarray(addresses)
        return self._known_tables[key]

    def places(self, space: int, region: int = 0) -> list[Place]:
        """The arrays of a space."""
        return self._places.get((space, region), [])

    def _view(self, text: str, found: Footprint) -> str:
        """The name of parameters that are read together."""
        if text not in self._named_views:
            shape = found.table.shape
            names = [self._slots[slot] for slot in found.table.ravel()] if self._slots else []
            places = np.indices(shape).reshape(len(shape), found.table.size).T
            called = pattern(names, places, list("jklmoq"[: len(shape)])) if names else None
            name = self.name(identifier(called) if called else "p" if len(shape) < 2 else "w")
            self._named_views[text] = name
            self.views[name] = f"{text}  # {called}" if called else text
        return self._named_views[text]

    def place(self, space: int, address: int, region: int) -> Place:
        """The array in which an address stands."""
        places = self.places(space, region if space in (ARGUMENTS, LANES) else 0)
        return places[bisect_right(places, address, key=lambda place: place.base) - 1]

    def read(self, place: Place, found: Footprint, prefix: str = "") -> GridPart:
        """What stands at the addresses of a footprint; `prefix` "d_": their adjoints."""
        axes = found.axes + ((LANE,) if place.lanes else ())
        name = prefix + place.name
        if place.single:
            return GridPart(name, axes)
        shape = found.table.shape
        if found.strides is None:
            text = f"{name}[{self.table(found.table - place.base)}]"
            if place.name == "parameters" and not prefix:
                text = self._view(text, found)
            return GridPart(text, axes)
        if place.name == "parameters" and axes:
            return GridPart(
                prefix + self._view(view("parameters", place.size, found.offset, shape, found.strides), found), axes
            )
        return GridPart(view(name, place.size, found.offset - place.base, shape, found.strides, place.lanes), axes)


def _merged(intervals: list[tuple[int, int, str]]) -> list[tuple[int, int, list[str]]]:
    """Intervals that overlap, put together; with the nouns of those that have one."""
    merged: list[tuple[int, int, list[str]]] = []
    for start, stop, word in sorted(intervals):
        if merged and start < merged[-1][1]:
            before, end, nouns = merged.pop()
        else:
            before, end, nouns = start, stop, []
        merged.append((before, max(end, stop), [*nouns, *([word] if word else [])]))
    return merged
