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

from .assembly import Function
from .blocks import LIMIT, TILE, least, transposed
from .ir import ARGUMENTS

ROW = LIMIT + 1  # the place in the context that says which row is the tile's first

NAMES = ("rows",)
PAIR = "{ i64, i64 }"
PARAMETERS = "ptr %to, ptr %from, i64 %row, i64 %column, i64 %n_columns, i64 %lanes"


def definitions(width: int) -> list[str]:
    """The assembly of these functions, for vectors of `width` numbers."""
    return [*_read_rows(width).text(), *_rows().text()]


def _rows() -> Function:
    f = Function("rows", "ptr %d, ptr %context")
    row, lanes = f.load("i64", "%context", ROW), f.load("i64", "%context", LIMIT)
    tile = f.pointer(f.load("ptr", f.pointer("%context", ARGUMENTS, "ptr")), f.load("i64", "%d"))
    columns = f.pointer("%context", f.load("i64", "%d", 1), "i64")
    n = f.load("i64", "%d", 2)
    array, look, compare, read, end = f.blocks("array", "look", "compare", "read", "end")
    f.line(f"br label %{array}")
    f.label(array)
    f.line(f"%first = phi i64 [ 0, %entry ], [ %next, %{read} ]")
    address, pitch = _column(f, columns, "%first")
    second = least(f, f.compute("add i64 %first, 1"), f.compute(f"sub i64 {n}, 1"))
    distance = f.compute(f"sub i64 {_column(f, columns, second)[0]}, {address}")
    f.line(f"br label %{look}")
    f.label(look)
    f.line(f"%before = phi i64 [ %first, %{array} ], [ %next, %{compare} ]")
    f.line(f"%expected = phi i64 [ {address}, %{array} ], [ %further, %{compare} ]")
    f.line("%next = add i64 %before, 1")
    f.line(f"%further = add i64 %expected, {distance}")
    f.line(f"br i1 {f.compute(f'icmp ult i64 %next, {n}')}, label %{compare}, label %{read}")
    f.label(compare)
    next_address, next_pitch = _column(f, columns, "%next")
    in_line = f.compute(f"icmp eq i64 {next_address}, %further")
    alike = f.compute(f"and i1 {in_line}, {f.compute(f'icmp eq i64 {next_pitch}, {pitch}')}")
    f.line(f"br i1 {alike}, label %{look}, label %{read}")
    f.label(read)
    start = f.compute(f"add i64 {address}, {f.compute(f'mul i64 {row}, {pitch}')}")
    to = f.pointer(tile, f.compute(f"mul i64 %first, {TILE}"))
    f.line(
        f"call void @read_rows(ptr {to}, ptr {f.compute(f'inttoptr i64 {start} to ptr')}, i64 {pitch}, "
        f"i64 {distance}, i64 {f.compute('sub i64 %next, %first')}, i64 {lanes})"
    )
    f.line(f"br i1 {f.compute(f'icmp ult i64 %next, {n}')}, label %{array}, label %{end}")
    f.label(end)
    return f


def _column(f: Function, columns: str, number: str) -> tuple[str, str]:
    """The address of a column, and the bytes from row to row."""
    pair = f.pointer(columns, number, PAIR)
    return f.load("i64", pair), f.load("i64", pair, 1)


def _read_rows(width: int) -> Function:
    f = Function("read_rows", PARAMETERS)
    last = f.compute("sub i64 %lanes, 1")
    columns_touch = f.compute("icmp eq i64 %column, 8")
    enough = f.compute(f"icmp uge i64 %n_columns, {width}")
    squares = f.compute(f"and i1 {columns_touch}, {enough}")
    with f.when(squares):
        _by_squares(f, width, last)
    with f.when(f.compute(f"xor i1 {squares}, true")):
        rows_touch = f.compute("icmp eq i64 %row, 8")
        with f.loop("%n_columns") as c:
            source = f.pointer("%from", f.compute(f"mul i64 {c.index}, %column"), "i8")
            to = f.pointer("%to", f.compute(f"mul i64 {c.index}, {TILE}"))
            with f.loop("%lanes", step=width) as lane:
                end = f.compute(f"add i64 {lane.index}, {width}")
                whole = f.compute(f"and i1 {rows_touch}, {f.compute(f'icmp ule i64 {end}, %lanes')}")
                with f.when(whole):
                    vector = f"<{width} x double>"
                    f.store(vector, f.load(vector, source, lane.index), to, lane.index)
                with f.when(f.compute(f"xor i1 {whole}, true")):
                    for k in range(width):
                        each = f.compute(f"add i64 {lane.index}, {k}") if k else lane.index
                        place = f.compute(f"mul i64 {least(f, each, last)}, %row")
                        f.store("double", f.load("double", f.pointer(source, place, "i8")), to, each)
    return f


def _by_squares(f: Function, width: int, last: str) -> None:
    """Rows of at least `width` numbers side by side; the last square may overlap the one before it."""
    vector = f"<{width} x double>"
    end = f.compute(f"sub i64 %n_columns, {width}")
    with f.loop("%lanes", step=width) as lane:
        rows = []
        for k in range(width):
            each = least(f, f.compute(f"add i64 {lane.index}, {k}"), last)
            rows.append(f.pointer("%from", f.compute(f"mul i64 {each}, %row"), "i8"))
        with f.loop("%n_columns", step=width) as c:
            first = least(f, c.index, end)
            square = [f.load(vector, row, first) for row in rows]
            place = f.compute(f"add i64 {f.compute(f'mul i64 {first}, {TILE}')}, {lane.index}")
            to = f.pointer("%to", place)
            for k, column in enumerate(transposed(f, width, square)):
                f.store(vector, column, to, TILE * k)
