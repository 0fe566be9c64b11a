"""A loop program as NumPy source that can be read: one or a few lines for each statement, its derivative below.

The members of a family are an array of their own, the lanes its last axis; a sum of products over a nest of loops is
a matrix product, `weights @ x`. All lanes are computed at once.

Entry points: `source`; `ArrayWriter`, which also has the tables that the source reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..program import COLUMN, Program
from .array_bodies import BodyWriter, structure
from .array_memory import ArrayMemory, Place
from .array_operations import CALLED
from .array_views import ATOM, COMPARISON, LANE, PRODUCT_OF, Footprint, Grid, GridPart, footprint, spread
from .bodies import backward_program, forward_program
from .ir import ARGUMENTS, CONSTANTS, HAS_LANES, LANES, MAXIMUM, STORE, LoopProgram, Run, Statement
from .patterns import in_regions
from .reached import Reached

HEAD = f"""import numpy as np
from autograd.compiling.loops.array_operations import {", ".join(CALLED)}

add_at = Adder()
"""


def source(program: LoopProgram, slots: Sequence[str] = ()) -> str:
    """The program as the source of a module with the function `run`; tables of addresses are not written out.

    Args:
        slots: what the parameters are called, "" for those without a name.
    """
    return ArrayWriter(program, slots).source()


class ArrayWriter:
    """Writes the lines of the function `run`, whose backward pass starts from the outputs in `active`."""

    def __init__(self, program: LoopProgram, slots: Sequence[str] = (), active: Sequence[int] = (0,)) -> None:
        self.program, self.active = program, active
        self._reached = Reached(program, active)
        self.memory = ArrayMemory(program, slots)
        self.tables: dict[str, Any] = self.memory.tables
        if len(program.constants):
            self.tables["constants"] = np.asarray(program.constants, dtype=float)
        self._lines: list[str] = []
        self._started: set[str] = set()  # adjoints that have a value
        self._known: dict[tuple[int, bool], tuple[dict[Any, int], dict[int, GridPart]]] = {}
        self._contributions: Counter[str] | None = None
        self._region = 0

    def source(self) -> str:
        """The module."""
        forward, backward = self._forward(), self._backward()
        views = [f"{name} = {text}" for name, text in self.memory.views.items()]
        gradients = [
            f"d_{name} = {text.replace('parameters', 'd_parameters', 1)}"
            for name, text in self.memory.views.items()
            if f"d_{name}" in self._started
        ]
        start = f"d_parameters = np.zeros({self.program.n_slots})"
        body = [*views, *forward, "if not gradient:", "    return (found,)", "", start, *gradients, *backward]
        tables = [f"# {name}: {_shown(table)}" for name, table in self.tables.items()]
        head = "def run(parameters, arguments, n, seeds, gradient):"
        return "\n".join(
            [HEAD, *tables, *([""] if tables else []), head, *[f"    {line}".rstrip() for line in body], ""]
        )

    def _taken(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines

    def _assign(self, hint: str, text: str) -> str:
        name = self.memory.name(hint)
        self._lines.append(f"{name} = {text}")
        return name

    # --- forward ----------------------------------------------------------------------------------------

    def _forward(self) -> list[str]:
        program = self.program
        self._statements(program.before)
        for r, region in enumerate(program.regions):
            self._region = r
            if region.n is not None:
                self._lines.append(f"{self.memory.lanes[r]} = {region.n}")
            for place in self.memory.places(ARGUMENTS, r):
                text = self._columns(place, place.name)
                if text != place.name:
                    self._lines.append(f"{place.name} = {text}")
            self._statements(region.statements)
        self._region = 0
        self._statements(program.after)
        outputs = [self._cell(space, address).text for space, address in program.outputs]
        self._lines.append(f"found = [{', '.join(outputs)}]")
        return self._taken()

    def _columns(self, place: Place, name: str = "data") -> str:
        """Where the numbers of lanes come from."""
        columns = self.program.regions[self._region].columns[place.base : place.base + place.size]
        arguments = [column.argument for column in columns if column.argument is not None]
        if len(arguments) == len(columns) and arguments == list(range(arguments[0], arguments[0] + len(columns))):
            text = f"columns(arguments, {arguments[0]}, {len(columns)})"
            return f"{text}[0]" if place.single else text
        if all(column.numbers is not None for column in columns):
            numbers = np.array([column.numbers for column in columns], dtype=float)
            name = name if name == place.name else self.memory.name(name)
            self.tables[name] = numbers[0] if place.single else numbers
            return name
        if all(column.slots is not None for column in columns):
            slots = np.array([column.slots for column in columns], dtype=np.int64)
            return f"parameters[{self.memory.table(slots[0] if place.single else slots)}]"
        rows = []
        for k in range(len(columns)):
            rows.append(self._columns(Place("", place.base + k, 1, place.lanes, True)))
        return f"np.array([{', '.join(rows)}])"

    def _statements(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            if statement.forward:
                self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        place = self.memory.place(statement.space, statement.base, self._region)
        terms = []
        for run in statement.runs:
            grid = Grid.of(statement, run)
            terms.append((self._members(run, grid), self._terms(statement, run, grid)))
        if all(out.covers(statement.base, statement.n) for out, _ in terms):
            self._complete(statement, place, [self._flat(part, out, place) for out, part in terms])
        else:
            self._partial(statement, place, terms)

    def _complete(self, statement: Statement, place: Place, parts: list[GridPart]) -> None:
        """Every run reaches every member."""
        axes = place.axes
        texts = [spread(part, axes).within(PRODUCT_OF if len(parts) > 1 else COMPARISON) for part in parts]
        if statement.reduce == MAXIMUM:
            joined = texts[0]
            for text in texts[1:]:
                joined = f"np.maximum({joined}, {text})"
        else:
            joined = " + ".join(texts)
        if not self._is_whole(statement, place):
            self._lines.append(f"{self._block(statement, place)} = {joined}")
            return
        if not {axis for part in parts for axis in part.axes}.issuperset(axes):
            joined = f"np.full({place.shape}, {joined})"
        self._lines.append(f"{place.name} = {joined}")
        if statement.reduce == STORE and len(parts) == 1:
            self._remember(statement, place)

    def _is_whole(self, statement: Statement, place: Place) -> bool:
        return (place.base, place.size) == (statement.base, statement.n)

    def _block(self, statement: Statement, place: Place) -> str:
        """The members of a statement within a larger array, which is made before the first of them is written."""
        if place.name not in self._started:
            self._started.add(place.name)
            self._lines.append(f"{place.name} = np.empty({place.shape})")
        table = np.arange(statement.base, statement.base + statement.n)
        return self.memory.read(place, footprint(table, Grid(table.shape, (0,)))).text

    def _remember(self, statement: Statement, place: Place) -> None:
        """Where there is one term for each member, what the body computes is the member: the derivative reads it."""
        run = statement.runs[0]
        interned, known = self._known[id(run), False]
        program = forward_program(run.body)
        root = program.outputs[0].operand
        if root >= 0 and program.operations[root] is not COLUMN:
            known[structure(program, interned)[root]] = self.memory.read(
                place, footprint(run.out, Grid.of(statement, run))
            )

    def _partial(self, statement: Statement, place: Place, terms: Sequence[tuple[Footprint, GridPart]]) -> None:
        """Some runs reach some of the members only."""
        reached = np.concatenate([out.table.ravel() for out, _ in terms])
        alone = len(np.unique(reached)) == len(reached)
        start = "-np.inf" if statement.reduce == MAXIMUM else "0.0"
        if self._is_whole(statement, place):
            array = f"np.empty({place.shape})" if alone else f"np.full({place.shape}, {start})"
            self._lines.append(f"{place.name} = {array}")
        elif not alone:
            self._lines.append(f"{self._block(statement, place)} = {start}")
        else:
            self._block(statement, place)
        for out, part in terms:
            into = self.memory.read(place, out)
            target = into.text if into.text.endswith("]") else f"{into.text}[...]"
            text = spread(part, into.axes).text
            if alone:
                self._lines.append(f"{target} = {text}")
            elif statement.reduce == MAXIMUM:
                self._lines.append(f"{target} = np.maximum({target}, {text})")
            else:
                self._lines.append(f"{target} += {text}")

    def _members(self, run: Run, grid: Grid) -> Footprint:
        """Which member each term goes to, once for each of them."""
        if grid.starts is not None:
            return footprint(run.out[grid.starts], Grid((len(grid.starts),), (0,)))
        return footprint(run.out, grid)

    def _terms(self, statement: Statement, run: Run, grid: Grid) -> GridPart:
        """What a run gives to its members."""
        program = forward_program(run.body)
        body = self._body(statement, run, grid, program, self._read(run, grid), forward=True)
        root = program.outputs[0].operand
        kept = (*grid.kept, LANE) if statement.space == LANES else grid.kept
        if grid.starts is not None:
            part = body.part(root)
            if LANE in part.axes and LANE not in kept:
                part = GridPart(f"{part.within(ATOM)}.sum(axis=-1)", part.axes[:-1])
            if 0 not in part.axes:
                lanes = f", {self.memory.lanes[self._region]}" if part.axes else ","
                part = GridPart(f"np.broadcast_to({part.text}, ({len(run)}{lanes}))", (0, *part.axes))
            reduce = "np.maximum" if statement.reduce == MAXIMUM else "np.add"
            return GridPart(f"{reduce}.reduceat({part.text}, {self.memory.table(grid.starts)})", part.axes)
        if statement.reduce == MAXIMUM:
            part = body.part(root)
            gone = [k for k, axis in enumerate(part.axes) if axis not in kept]
            if not gone:
                return part
            axes = f"axis={gone[0] if len(gone) == 1 else tuple(gone)}, " if len(gone) < len(part.axes) else ""
            text = f"{part.within(ATOM)}.max({axes}initial=-np.inf)"
            return GridPart(text, tuple([axis for axis in part.axes if axis in kept]))
        return body.summed(root, kept)

    def _read(self, run: Run, grid: Grid) -> dict[int, GridPart]:
        """What the accesses of a run read."""
        found = {}
        for k, access in enumerate(run.accesses):
            place = self.memory.place(access.space, int(access.index[0]), self._region)
            found[k] = self.memory.read(place, footprint(access.index, grid))
        return found

    def _body(
        self, statement: Statement, run: Run, grid: Grid, program: Program, columns: dict[int, GridPart], forward: bool
    ) -> BodyWriter:
        """What writes the program of a body; forward, what the derivative needs as well gets a name."""
        interned, known = self._known.setdefault((id(run), statement.softmax), ({}, {}))
        alike, wanted = structure(program, interned), _wanted(run)
        keep: set[int] = set()
        if forward and self._reached.by(statement) and wanted:
            keep = set(structure(backward_program(run.body, len(run.accesses), wanted), interned))
        every = tuple(range(len(grid.sizes)))
        if statement.space != LANES and not any(access.space in HAS_LANES for access in run.accesses):
            return BodyWriter(program, columns, grid, every, "", alike, known, keep, self._assign)
        lanes = self.memory.lanes[self._region]
        return BodyWriter(program, columns, grid, (*every, LANE), lanes, alike, known, keep, self._assign)

    def _flat(self, part: GridPart, out: Footprint, place: Place) -> GridPart:
        """What covers a block, with one axis for its addresses."""
        if len(out.axes) < 2:
            return part._replace(axes=tuple([axis if axis == LANE else 0 for axis in part.axes]))
        full, lanes = out.axes, []
        if place.lanes:
            full, lanes = (*out.axes, LANE), [place.lanes]
        if part.axes != full:
            lengths = [*map(str, out.table.shape), *lanes]
            part = GridPart(f"np.broadcast_to({spread(part, full).text}, ({', '.join(lengths)}))", full)
        return GridPart(f"{part.within(ATOM)}.reshape({', '.join([str(out.table.size), *lanes])})", place.axes)

    def _cell(self, space: int, address: int, prefix: str = "") -> GridPart:
        place = self.memory.place(space, address, 0)
        return self.memory.read(place, Footprint((), np.array(address), ()), prefix)

    # --- backward ---------------------------------------------------------------------------------------

    def _backward(self) -> list[str]:
        program = self.program
        self._started.add("d_parameters")
        for i in self.active:
            space, address = program.outputs[i]
            if space != CONSTANTS:
                place = self.memory.place(space, address, 0)
                self._add(place, Footprint((), np.array(address), ()), GridPart(f"seeds[{i}]", ()))
        self._derivatives(program.after)
        for r in range(len(program.regions) - 1, -1, -1):
            self._region = r
            self._derivatives(program.regions[r].statements)
            self._slots(r)
        self._region = 0
        self._derivatives(program.before)
        self._lines.append(f"return found, d_parameters, {{{', '.join(self._arguments())}}}")
        return self._taken()

    def _slots(self, r: int) -> None:
        """Parameters that differ from lane to lane."""
        for place in self.memory.places(ARGUMENTS, r):
            if f"d_{place.name}" in self._started:
                for k, column in enumerate(self.program.regions[r].columns[place.base : place.base + place.size]):
                    if column.slots is not None:
                        text = self.memory.read(place, Footprint((), np.array(place.base + k), ()), "d_").text
                        table = self.memory.table(np.asarray(column.slots, dtype=np.int64))
                        self._lines.append(f"add_at(d_parameters, {table}, {text})")

    def _arguments(self) -> list[str]:
        """The gradients of the arguments that were asked for."""
        found: dict[int, str] = {}
        for r, region in enumerate(self.program.regions):
            for address, column in enumerate(region.columns):
                if column.argument in self.program.wanted_arguments:
                    found[column.argument] = f"np.zeros({self.memory.lanes[r]})"
                    places = self.memory.places(ARGUMENTS, r)
                    for place in places:
                        if place.base <= address < place.base + place.size and f"d_{place.name}" in self._started:
                            read = self.memory.read(place, Footprint((), np.array(address), ()), "d_")
                            found[column.argument] = read.text
        return [f"{number}: {found[number]}" for number in self.program.wanted_arguments]

    def _derivatives(self, statements: Sequence[Statement]) -> None:
        for statement in reversed(statements):
            if not self._reached.by(statement) or not any(_wanted(run) for run in statement.runs):
                continue
            place = self.memory.place(statement.space, statement.base, self._region)
            self._start(place)
            for run in statement.runs:
                if _wanted(run):
                    self._derivative(statement, run, place)

    def _derivative(self, statement: Statement, run: Run, place: Place) -> None:
        grid = Grid.of(statement, run)
        wanted = _wanted(run)
        n_accesses = len(run.accesses)
        program = backward_program(run.body, n_accesses, wanted, statement.softmax)
        out = footprint(run.out, grid)
        columns = self._read(run, grid)
        columns[n_accesses] = self.memory.read(place, out)
        columns[n_accesses + 1] = self.memory.read(place, out, "d_")
        body = self._body(statement, run, grid, program, columns, forward=False)
        for k, output in zip(wanted, program.outputs, strict=True):
            access = run.accesses[k]
            found = footprint(access.index, grid)
            if output.operand < 0 and program.constants[~output.operand] == 0.0:
                continue
            into = self.memory.place(access.space, int(access.index[0]), self._region)
            kept = (*found.axes, LANE) if into.lanes else found.axes
            self._add(into, found, body.summed(output.operand, kept))

    def _start(self, place: Place) -> None:
        if f"d_{place.name}" not in self._started:
            self._started.add(f"d_{place.name}")
            self._lines.append(f"d_{place.name} = " + ("0.0" if place.shape == "()" else f"np.zeros({place.shape})"))

    def _add(self, place: Place, found: Footprint, part: GridPart) -> None:
        """Add to the adjoints at the addresses of a footprint."""
        name = f"d_{place.name}"
        axes = (*found.axes, LANE) if place.lanes else found.axes
        if name not in self._started and found.covers(place.base, place.size):
            self._started.add(name)
            part = self._flat(part, found, place)
            text = spread(part, place.axes).text
            if part.axes != place.axes:
                text = f"np.full({place.shape}, {text})"
            elif part.axes and text.isidentifier() and self._several(place):
                text = f"{text}.copy()"
            self._lines.append(f"{name} = {text}")
            return
        self._start(place)
        into = self.memory.read(place, found, "d_")
        text = spread(part, axes).text
        if place.single:
            self._lines.append(f"{name} = {name} + {part.text}")
        elif found.distinct:
            self._started.add(into.text)
            target = into.text if into.text.isidentifier() or into.text.endswith("]") else f"{into.text}[...]"
            self._lines.append(f"{target} += {text}")
        else:
            self._lines.append(f"add_at({name}, {self.memory.table(found.table - place.base)}, {text})")

    def _several(self, place: Place) -> bool:
        """Whether more than one contribution goes to the adjoints of an array."""
        if self._contributions is None:
            self._contributions = Counter()
            for space, address in [self.program.outputs[i] for i in self.active]:
                self._contributions[self.memory.place(space, address, 0).name] += 1
            for r, statement in in_regions(self.program):
                for run in statement.runs if self._reached.by(statement) else ():
                    for k in _wanted(run):
                        access = run.accesses[k]
                        self._contributions[self.memory.place(access.space, int(access.index[0]), r).name] += 1
        return self._contributions[place.name] > 1


def _wanted(run: Run) -> tuple[int, ...]:
    return tuple([k for k, access in enumerate(run.accesses) if access.wanted and access.space != CONSTANTS])


def _shown(table: Any) -> str:
    numbers = ", ".join(f"{x:.4g}" for x in table.ravel()[:8])
    return f"{numbers}{', …' if table.size > 8 else ''}" + (f" {table.shape}" if table.size > 8 else "")
