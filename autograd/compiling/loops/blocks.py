r"""Contractions of two arrays, C[r] += Σ_t A[r, t] · B[t], as machine code that keeps blocks of C in registers.

A row C[r], and with it B[t], is a vector of N numbers that lie side by side; A[r, t] is one number. Where they stand
in memory is told by tables of offsets, so that any nest of loops can be such a contraction, and one piece of code
serves all sizes and strides:

    C[r]    at c + rows[r].c
    A[r, t] at a + rows[r].a + terms[t].a
    B[t]    at b + terms[t].b

The vectors are cut into panels of several registers or of one, and the rows into blocks, so that a block of C stays in
registers during all terms: that is 4 + 6 loads for 24 multiplications, where one by one they would be 72.

`contract` has its vectors along the lanes of a tile, which lie side by side. `contract_lanes` sums over the lanes,

    C[r, s] += Σ_l A[r][l] · Q[s][l],

and first transposes Q, 8 × 8 numbers at a time, so that this is a contraction with terms l and vectors along s.

Entry point: `definitions(width)`, the assembly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .emitter import Emitter, attributes, indices
from .kinds import LIMIT, TILE

# How a block of C ends: its sums are added to what is there, or to a start (one number for each row) that replaces
# it; or they are added with the last vector cut off at `left` numbers, or number by number to scattered places.
ADD, START, CUT, SCATTER = range(4)

COLUMNS = 32  # of Q that are transposed together

ROW, TERM, OUTER = "{ i64, i64, i64 }", "{ i64, i64 }", "{ i64, i64, i64, i64 }"

# What the descriptor of a contraction holds, 64 bits each, in this order: how a block ends; where in the context the
# addresses of C, A, B and of the starts are (NO_START: they are 0); and tables, their lengths before their addresses.
#   outer    (c, a, b, start) for each contraction
#   rows     (c, a, start) for each row
#   terms    (a, b) for each term; in `contract_lanes` b alone, for each column
#   columns  c for each column, where the end is SCATTER
DESCRIPTOR = ("end", "c", "a", "b", "start", "n_outer", "outer", "n_rows", "rows", "n_terms", "terms", "columns")
TABLES = ("outer", "rows", "terms", "columns")
NO_START = -1

NAMES = ("contract", "contract_lanes")


def _panels_of(width: int) -> dict[int, int]:
    """Widths of panels in registers, and how many rows of them stay in registers: there are 32 or 16."""
    return {4: 6, 1: 8} if width == 8 else {2: 6, 1: 8}


def definitions(width: int) -> list[str]:
    """The assembly of `contract`, `contract_lanes` and what they call, for vectors of `width` numbers."""
    functions = [
        *[_block(width, n, vectors) for vectors, most in _panels_of(width).items() for n in range(1, most + 1)],
        _panel(width),
        _contract(width),
        _transpose(width),
        _contract_lanes(width),
    ]
    vector = f"<{width} x double>"
    bits = f"<{width} x i1>"
    return [
        *_tables_of_blocks(width),
        *[line for function in functions for line in function],
        f"declare {vector} @llvm.fmuladd.v{width}f64({vector}, {vector}, {vector})",
        f"declare {vector} @llvm.masked.load.v{width}f64.p0(ptr, i32, {bits}, {vector})",
        f"declare void @llvm.masked.store.v{width}f64.p0({vector}, ptr, i32, {bits})",
        attributes(width),
    ]


def _tables_of_blocks(width: int) -> list[str]:
    """For each panel the functions of its blocks, by their rows."""
    lines = []
    for vectors, most in _panels_of(width).items():
        names = [f"ptr @block_{rows}x{vectors}" for rows in range(1, most + 1)]
        lines.append(f"@blocks_{vectors} = private constant [{len(names)} x ptr] [{', '.join(names)}]")
    terms = ", ".join(f"i64 {lane}, i64 {COLUMNS * lane}" for lane in range(TILE))
    return [*lines, f"@lanes = private constant [{2 * TILE} x i64] [{terms}]", "@zero = private constant double 0.0"]


BLOCK = "ptr %c, ptr %a, ptr %b, ptr %rows, ptr %terms, i64 %n, i64 %end, ptr %extra, i64 %left"


def _block(width: int, rows: int, vectors: int) -> list[str]:
    """The sums of `rows` rows, `vectors` registers each, over n ≥ 1 terms.

    end: ADD, START (extra + rows[r].start has the start of row r), CUT (only `left` numbers of a row are there) or
    SCATTER (number s of a row stands at c + rows[r].c + extra[s], of which there are `left`).
    """
    # Long: the instructions of one loop nest, in the order in which they run.
    f = Emitter(width)
    vector = f"<{width} x double>"
    zero = "zeroinitializer"
    cells = [(r, v) for r in range(rows) for v in range(vectors)]
    row = [f.at("%a", f.read("i64", "%rows", 3 * r + 1)) for r in range(rows)]
    carried: dict[Any, tuple[str, str]] = dict.fromkeys(cells, (vector, zero))
    with f.loop("%n", carried=carried) as t:
        term = f.at("%terms", t, TERM)
        to_a, to_b = f.read("i64", term), f.read("i64", term, 1)
        b = f.at("%b", to_b)
        xs = [f.read(vector, b, width * v) for v in range(vectors)]
        ys = [f.splat("double", f.read("double", row[r], to_a)) for r in range(rows)]
        for r, v in cells:
            carried[r, v] = (vector, _multiply_add(f, ys[r], xs[v], carried[r, v][1]))
    sums = {cell: name for cell, (_, name) in carried.items()}

    starting, adding, cutting, last, scattering, done = f.labels("start", "add", "cut", "last", "scatter", "done")
    f.line(f"switch i64 %end, label %{adding} [ i64 {START}, label %{starting} i64 {SCATTER}, label %{scattering} ]")
    f.begin(starting)
    for r in range(rows):
        start = f.splat("double", f.read("double", "%extra", f.read("i64", "%rows", 3 * r + 2)))
        c = f.at("%c", f.read("i64", "%rows", 3 * r))
        for v in range(vectors):
            f.write(vector, f.compute(f"fadd {vector} {start}, {sums[r, v]}"), c, width * v)
    f.line(f"br label %{done}")
    f.begin(adding)
    places = [f.at("%c", f.read("i64", "%rows", 3 * r)) for r in range(rows)]
    for r, v in cells:
        if v < vectors - 1:
            c = f.at(places[r], width * v)
            f.write(vector, f.compute(f"fadd {vector} {f.read(vector, c)}, {sums[r, v]}"), c)
    lasts = [f.at(place, width * (vectors - 1)) for place in places]
    f.line(f"br i1 {f.compute(f'icmp eq i64 %end, {CUT}')}, label %{cutting}, label %{last}")
    f.begin(last)
    for r, c in enumerate(lasts):
        f.write(vector, f.compute(f"fadd {vector} {f.read(vector, c)}, {sums[r, vectors - 1]}"), c)
    f.line(f"br label %{done}")
    f.begin(cutting)
    numbers = f"<{', '.join(f'i64 {width * (vectors - 1) + k}' for k in range(width))}>"
    mask = f"<{width} x i1> {f.compute(f'icmp ult <{width} x i64> {numbers}, ' + f.splat('i64', '%left'))}"
    suffix = f"v{width}f64.p0"
    for r, c in enumerate(lasts):
        old = f.compute(f"call {vector} @llvm.masked.load.{suffix}(ptr {c}, i32 8, {mask}, {vector} {zero})")
        new = f.compute(f"fadd {vector} {old}, {sums[r, vectors - 1]}")
        f.line(f"call void @llvm.masked.store.{suffix}({vector} {new}, ptr {c}, i32 8, {mask})")
    f.line(f"br label %{done}")
    f.begin(scattering)
    n_columns = f.least("%left", str(width * vectors))
    kept = f.reserve(f"[{rows * vectors} x {vector}]")
    for k, cell in enumerate(cells):
        f.write(vector, sums[cell], kept, width * k)
    with f.loop(rows) as each:
        c = f.at("%c", f.read("i64", f.at("%rows", each, ROW)))
        sums_of_row = f.at(kept, each, f"[{vectors} x {vector}]")
        with f.loop(n_columns) as s:
            to = f.at(c, f.read("i64", "%extra", s))
            x = f.read("double", sums_of_row, s)
            f.write("double", f.compute(f"fadd double {f.read('double', to)}, {x}"), to)
    f.line(f"br label %{done}")
    f.begin(done)
    return f.function(f"block_{rows}x{vectors}", BLOCK, "internal")


def _multiply_add(f: Emitter, x: str, y: str, z: str) -> str:
    """x·y + z, with one rounding where the machine can."""
    vector = f.vector
    return f.compute(f"call {vector} @llvm.fmuladd.v{f.width}f64({vector} {x}, {vector} {y}, {vector} {z})")


def _panel(width: int) -> list[str]:
    """All rows of a panel, block by block; two blocks of nearly equal size end it, as a block of one row is slow."""
    f = Emitter(width)
    carried: dict[Any, tuple[str, str]] = {"done": ("i64", "0")}
    with f.repeat(carried) as again:
        done = carried["done"][1]
        rest = f.compute(f"sub i64 %n_rows, {done}")
        last = f.compute(f"icmp ult i64 {rest}, {f.compute('shl i64 %most, 1')}")
        half = f.compute(f"lshr i64 {f.compute(f'add i64 {rest}, 1')}, 1")
        part = f.compute(f"select i1 {last}, i64 {half}, i64 %most")
        size = f.compute(f"select i1 {f.compute(f'icmp ule i64 {rest}, %most')}, i64 {rest}, i64 {part}")
        block = f.load("ptr", f.at("%blocks", f.compute(f"sub i64 {size}, 1"), "ptr"))
        f.line(f"call void {block}({BLOCK.replace('%rows', f.at('%rows', done, ROW))})")
        after = f.compute(f"add i64 {done}, {size}")
        carried["done"] = ("i64", after)
        again.condition = f.compute(f"icmp ult i64 {after}, %n_rows")
    return f.function("panel", f"{BLOCK}, i64 %n_rows, ptr %blocks, i64 %most", "internal")


def _panels(f: Emitter, n: str, write: Callable[[str, str, str], None]) -> None:
    """n ≥ 1 registers, cut into panels; `write` gets the name of the first, the table of its blocks, its `most`."""
    panels = _panels_of(f.width)
    wide = max(panels)
    carried: dict[Any, tuple[str, str]] = {"first": ("i64", "0")}
    with f.repeat(carried) as again:
        first = carried["first"][1]
        fits = f.compute(f"icmp uge i64 {f.compute(f'sub i64 {n}, {first}')}, {wide}")
        size = f.compute(f"select i1 {fits}, i64 {wide}, i64 1")
        blocks = f.compute(f"select i1 {fits}, ptr @blocks_{wide}, ptr @blocks_1")
        write(first, blocks, f.compute(f"select i1 {fits}, i64 {panels[wide]}, i64 {panels[1]}"))
        after = f.compute(f"add i64 {first}, {size}")
        carried["first"] = ("i64", after)
        again.condition = f.compute(f"icmp ult i64 {after}, {n}")


def _contract(width: int) -> list[str]:
    """C[r] += Σ_t A[r, t] · B[t], once for each entry of `outer`, over the lanes of a tile."""
    f = Emitter(width)
    d = _descriptor(f)
    n = _vectors(f, f.read("i64", "%context", LIMIT))
    with f.loop(d["n_outer"]) as o:
        entry = f.at(d["outer"], o, OUTER)
        c, a, b, start = (f.at(d[name], f.read("i64", entry, k)) for k, name in enumerate(("c", "a", "b", "start")))

        def panel(first: str, blocks: str, most: str) -> None:
            lane = f.compute(f"mul i64 {first}, {width}")
            f.line(
                f"call void @panel(ptr {f.at(c, lane)}, ptr {a}, ptr {f.at(b, lane)}, ptr {d['rows']}, "
                f"ptr {d['terms']}, i64 {d['n_terms']}, i64 {d['end']}, ptr {start}, i64 0, i64 {d['n_rows']}, "
                f"ptr {blocks}, i64 {most})"
            )

        _panels(f, n, panel)
    return f.function("contract", "ptr %d, ptr %context")


def _contract_lanes(width: int) -> list[str]:
    """C[r, s] += Σ_l A[r][l] · Q[s][l], once for each entry of `outer`; Q is b, the `terms` are its rows s."""
    f = Emitter(width)
    d = _descriptor(f)
    lanes, scratch = f.read("i64", "%context", LIMIT), f.reserve(f"[{TILE * COLUMNS} x double]")
    n_lanes = _vectors(f, lanes)
    scattered = f.compute(f"icmp eq i64 {d['end']}, {SCATTER}")
    with f.loop(d["n_outer"]) as o:
        entry = f.at(d["outer"], o, OUTER)
        c, a, b = (f.at(d[name], f.read("i64", entry, k)) for k, name in enumerate("cab"))
        with f.loop(d["n_terms"], step=COLUMNS) as s:
            left = f.least(f.compute(f"sub i64 {d['n_terms']}, {s}"), str(COLUMNS))
            n = _vectors(f, left)
            offsets = f.at(d["terms"], s, "i64")
            with f.loop(n) as v:
                k = f.compute(f"mul i64 {v}, {width}")
                last = f.least(f.compute(f"sub i64 {f.compute(f'sub i64 {left}, {k}')}, 1"), str(width - 1))
                with f.loop(n_lanes) as u:
                    lane = f.compute(f"mul i64 {u}, {width}")
                    to = f.at(scratch, f.compute(f"add i64 {f.compute(f'mul i64 {lane}, {COLUMNS}')}, {k}"))
                    f.line(
                        f"call void @transpose(ptr {to}, ptr {f.at(b, lane)}, "
                        f"ptr {f.at(offsets, k, 'i64')}, i64 {last})"
                    )

            def panel(first: str, blocks: str, most: str, s: str = s, left: str = left) -> None:
                k = f.compute(f"mul i64 {first}, {width}")
                column = f.compute(f"add i64 {s}, {k}")
                place = f.compute(f"select i1 {scattered}, i64 0, i64 {column}")
                rest = f.compute(f"sub i64 {left}, {k}")
                f.line(
                    f"call void @panel(ptr {f.at(c, place)}, ptr {a}, ptr {f.at(scratch, k)}, "
                    f"ptr {d['rows']}, ptr @lanes, i64 {lanes}, i64 {d['end']}, "
                    f"ptr {f.at(d['columns'], column, 'i64')}, i64 {rest}, i64 {d['n_rows']}, "
                    f"ptr {blocks}, i64 {most})"
                )

            _panels(f, n, panel)
    return f.function("contract_lanes", "ptr %d, ptr %context")


def _transpose(width: int) -> list[str]:
    """width × width numbers: to[l·pitch + k] = from[offsets[min(k, last)] + l]."""
    f = Emitter(width)
    vector = f"<{width} x double>"
    rows = []
    for k in range(width):
        number = f.least(str(k), "%last") if k else "0"
        rows.append(f.read(vector, f.at("%from", f.read("i64", f.at("%offsets", number, "i64")))))
    for lane, row in enumerate(transposed(f, rows)):
        f.write(vector, row, "%to", lane * COLUMNS)
    return f.function("transpose", "ptr %to, ptr %from, ptr %offsets, i64 %last", "internal")


def transposed(f: Emitter, rows: list[str]) -> list[str]:
    """The columns of a square of numbers: halves of ever larger squares change places."""
    vector, width = f.vector, f.width
    half = 1
    while half < width:
        upper = [i if not i & half else width + (i ^ half) for i in range(width)]
        lower = [i | half if not i & half else width + i for i in range(width)]
        new = list(rows)
        for k in range(width):
            if not k & half:
                pair = f"{vector} {rows[k]}, {vector} {rows[k | half]}"
                new[k] = f.compute(f"shufflevector {pair}, {indices(upper)}")
                new[k | half] = f.compute(f"shufflevector {pair}, {indices(lower)}")
        rows = new
        half *= 2
    return rows


def _descriptor(f: Emitter) -> dict[str, str]:
    """What the descriptor holds; for c, a, b and start the addresses that the context has."""
    found = {
        name: f.read("ptr" if name in TABLES else "i64", f.at("%d", k, "i64")) for k, name in enumerate(DESCRIPTOR)
    }
    none = f.compute(f"icmp eq i64 {found['start']}, {NO_START}")
    place = f.compute(f"select i1 {none}, i64 0, i64 {found['start']}")
    start = f.read("ptr", f.at("%context", place, "ptr"))
    found["start"] = f.compute(f"select i1 {none}, ptr @zero, ptr {start}")
    for name in "cab":
        found[name] = f.read("ptr", f.at("%context", found[name], "ptr"))
    return found


def _vectors(f: Emitter, n: str) -> str:
    """How many registers n numbers fill."""
    return f.compute(f"lshr i64 {f.compute(f'add i64 {n}, {f.width - 1}')}, {f.width.bit_length() - 1}")
