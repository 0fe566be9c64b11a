r"""Rows of an array, where they lie, as the lanes of a tile.

    void read_rows(double* to, char* from, i64 row, i64 column, i64 n_columns, i64 lanes)

copies numbers from an array with any strides, told in bytes, to a tile, where lanes lie side by side:

    to[c·TILE + l] = from[row·min(l, lanes - 1) + column·c]

for all columns c and for as many whole vectors of lanes as `lanes` ≥ 1 need: padding repeats the last row. What lies
side by side in memory is read as vectors: columns (then squares of numbers are transposed in registers) or rows.

    void rows(i64* d, ptr* context)        d = address, place in the context, number of columns

reads the columns whose addresses, and bytes from row to row, stand in the context from that place on, in pairs.
Neighbors that belong to one array are read together.

Entry point: `definitions(width)`.
"""

from __future__ import annotations

from typing import Any

from .blocks import transposed
from .emitter import Emitter
from .ir import ARGUMENTS
from .kinds import LIMIT, TILE

ROW = LIMIT + 1  # the place in the context that says which row is the tile's first

NAMES = ("rows",)
PAIR = "{ i64, i64 }"
PARAMETERS = "ptr %to, ptr %from, i64 %row, i64 %column, i64 %n_columns, i64 %lanes"


def definitions(width: int) -> list[str]:
    """The assembly of these functions, for vectors of `width` numbers."""
    return [*_read_rows(width), *_rows(width)]


def _rows(width: int) -> list[str]:
    f = Emitter(width)
    row, lanes = f.read("i64", "%context", ROW), f.read("i64", "%context", LIMIT)
    tile = f.at(f.load("ptr", f.at("%context", ARGUMENTS, "ptr")), f.read("i64", "%d"))
    columns = f.at("%context", f.read("i64", "%d", 1), "i64")
    n = f.read("i64", "%d", 2)
    last = f.compute(f"sub i64 {n}, 1")
    carried: dict[Any, tuple[str, str]] = {"first": ("i64", "0")}
    with f.repeat(carried) as again:
        first = carried["first"][1]
        address, pitch = _column(f, columns, first)
        second = f.least(f.compute(f"add i64 {first}, 1"), last)
        distance = f.compute(f"sub i64 {_column(f, columns, second)[0]}, {address}")
        together: dict[Any, tuple[str, str]] = {"place": ("i64", first), "address": ("i64", address)}
        with f.repeat(together) as further:
            place = f.compute(f"add i64 {together['place'][1]}, 1")
            expected = f.compute(f"add i64 {together['address'][1]}, {distance}")
            together.update(place=("i64", place), address=("i64", expected))
            found = _column(f, columns, f.least(place, last))
            alike = [f.compute(f"icmp eq i64 {x}, {y}") for x, y in zip(found, (expected, pitch), strict=True)]
            inside = f.compute(f"icmp ule i64 {place}, {last}")
            further.condition = f.compute(f"and i1 {inside}, {f.compute(f'and i1 {alike[0]}, {alike[1]}')}")
        start = f.compute(f"add i64 {address}, {f.compute(f'mul i64 {row}, {pitch}')}")
        to = f.at(tile, f.compute(f"mul i64 {first}, {TILE}"))
        f.line(
            f"call void @read_rows(ptr {to}, ptr {f.compute(f'inttoptr i64 {start} to ptr')}, i64 {pitch}, "
            f"i64 {distance}, i64 {f.compute(f'sub i64 {place}, {first}')}, i64 {lanes})"
        )
        carried["first"] = ("i64", place)
        again.condition = f.compute(f"icmp ult i64 {place}, {n}")
    return f.function("rows", "ptr %d, ptr %context")


def _column(f: Emitter, columns: str, number: str) -> tuple[str, str]:
    """The address of a column, and the bytes from row to row."""
    pair = f.at(columns, number, PAIR)
    return f.read("i64", pair), f.read("i64", pair, 1)


def _read_rows(width: int) -> list[str]:
    f = Emitter(width)
    last = f.compute("sub i64 %lanes, 1")
    columns_touch = f.compute("icmp eq i64 %column, 8")
    enough = f.compute(f"icmp uge i64 %n_columns, {width}")
    squares = f.compute(f"and i1 {columns_touch}, {enough}")
    with f.when(squares):
        _by_squares(f, width, last)
    with f.when(f.compute(f"xor i1 {squares}, true")):
        rows_touch = f.compute("icmp eq i64 %row, 8")
        with f.loop("%n_columns") as c:
            source = f.at("%from", f.compute(f"mul i64 {c}, %column"), "i8")
            to = f.at("%to", f.compute(f"mul i64 {c}, {TILE}"))
            with f.loop("%lanes", step=width) as lane:
                end = f.compute(f"add i64 {lane}, {width}")
                whole = f.compute(f"and i1 {rows_touch}, {f.compute(f'icmp ule i64 {end}, %lanes')}")
                with f.when(whole):
                    vector = f"<{width} x double>"
                    f.write(vector, f.read(vector, source, lane), to, lane)
                with f.when(f.compute(f"xor i1 {whole}, true")):
                    for k in range(width):
                        each = f.compute(f"add i64 {lane}, {k}") if k else lane
                        place = f.compute(f"mul i64 {f.least(each, last)}, %row")
                        f.write("double", f.read("double", f.at(source, place, "i8")), to, each)
    return f.function("read_rows", PARAMETERS)


def _by_squares(f: Emitter, width: int, last: str) -> None:
    """Rows of at least `width` numbers side by side; the last square may overlap the one before it."""
    vector = f"<{width} x double>"
    end = f.compute(f"sub i64 %n_columns, {width}")
    with f.loop("%lanes", step=width) as lane:
        rows = []
        for k in range(width):
            each = f.least(f.compute(f"add i64 {lane}, {k}"), last)
            rows.append(f.at("%from", f.compute(f"mul i64 {each}, %row"), "i8"))
        with f.loop("%n_columns", step=width) as c:
            first = f.least(c, end)
            square = [f.read(vector, row, first) for row in rows]
            place = f.compute(f"add i64 {f.compute(f'mul i64 {first}, {TILE}')}, {lane}")
            to = f.at("%to", place)
            for k, column in enumerate(transposed(f, square)):
                f.write(vector, column, to, TILE * k)
