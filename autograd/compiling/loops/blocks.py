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

from .assembly import Function, attributes, indices

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
TILE = 64  # lanes side by side
LIMIT = 10  # the place in the context that says how many lanes of a tile there are, see `kernels.py`


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
        *[line for function in functions for line in function.text()],
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


def _block(width: int, rows: int, vectors: int) -> Function:
    """The sums of `rows` rows, `vectors` registers each, over n ≥ 1 terms.

    end: ADD, START (extra + rows[r].start has the start of row r), CUT (only `left` numbers of a row are there) or
    SCATTER (number s of a row stands at c + rows[r].c + extra[s], of which there are `left`).
    """
    f = Function(f"block_{rows}x{vectors}", BLOCK, "internal")
    vector = f"<{width} x double>"
    zero = "zeroinitializer"
    cells = [(r, v) for r in range(rows) for v in range(vectors)]
    row = [f.pointer("%a", f.load("i64", "%rows", 3 * r + 1)) for r in range(rows)]
    with f.loop("%n", [(vector, zero)] * len(cells)) as loop:
        term = f.pointer("%terms", loop.index, TERM)
        to_a, to_b = f.load("i64", term), f.load("i64", term, 1)
        b = f.pointer("%b", to_b)
        xs = [f.load(vector, b, width * v) for v in range(vectors)]
        ys = [f.splat(width, f.load("double", row[r], to_a)) for r in range(rows)]
        for k, (r, v) in enumerate(cells):
            loop.next[k] = _multiply_add(f, width, ys[r], xs[v], loop.values[k])
    sums = dict(zip(cells, loop.next, strict=True))

    starting, adding, cutting, last, scattering, done = f.blocks("start", "add", "cut", "last", "scatter", "done")
    f.line(f"switch i64 %end, label %{adding} [ i64 {START}, label %{starting} i64 {SCATTER}, label %{scattering} ]")
    f.label(starting)
    for r in range(rows):
        start = f.splat(width, f.load("double", "%extra", f.load("i64", "%rows", 3 * r + 2)))
        c = f.pointer("%c", f.load("i64", "%rows", 3 * r))
        for v in range(vectors):
            f.store(vector, f.compute(f"fadd {vector} {start}, {sums[r, v]}"), c, width * v)
    f.line(f"br label %{done}")
    f.label(adding)
    places = [f.pointer("%c", f.load("i64", "%rows", 3 * r)) for r in range(rows)]
    for r, v in cells:
        if v < vectors - 1:
            c = f.pointer(places[r], width * v)
            f.store(vector, f.compute(f"fadd {vector} {f.load(vector, c)}, {sums[r, v]}"), c)
    lasts = [f.pointer(place, width * (vectors - 1)) for place in places]
    f.line(f"br i1 {f.compute(f'icmp eq i64 %end, {CUT}')}, label %{cutting}, label %{last}")
    f.label(last)
    for r, c in enumerate(lasts):
        f.store(vector, f.compute(f"fadd {vector} {f.load(vector, c)}, {sums[r, vectors - 1]}"), c)
    f.line(f"br label %{done}")
    f.label(cutting)
    numbers = f"<{', '.join(f'i64 {width * (vectors - 1) + k}' for k in range(width))}>"
    mask = f"<{width} x i1> {f.compute(f'icmp ult <{width} x i64> {numbers}, ' + f.splat(width, '%left', 'i64'))}"
    suffix = f"v{width}f64.p0"
    for r, c in enumerate(lasts):
        old = f.compute(f"call {vector} @llvm.masked.load.{suffix}(ptr {c}, i32 8, {mask}, {vector} {zero})")
        new = f.compute(f"fadd {vector} {old}, {sums[r, vectors - 1]}")
        f.line(f"call void @llvm.masked.store.{suffix}({vector} {new}, ptr {c}, i32 8, {mask})")
    f.line(f"br label %{done}")
    f.label(scattering)
    n_columns = least(f, "%left", str(width * vectors))
    kept = f.reserve(f"[{rows * vectors} x {vector}]")
    for k, cell in enumerate(cells):
        f.store(vector, sums[cell], kept, width * k)
    with f.loop(rows) as each:
        c = f.pointer("%c", f.load("i64", f.pointer("%rows", each.index, ROW)))
        sums_of_row = f.pointer(kept, each.index, f"[{vectors} x {vector}]")
        with f.loop(n_columns) as s:
            to = f.pointer(c, f.load("i64", "%extra", s.index))
            x = f.load("double", sums_of_row, s.index)
            f.store("double", f.compute(f"fadd double {f.load('double', to)}, {x}"), to)
    f.line(f"br label %{done}")
    f.label(done)
    return f


def _multiply_add(f: Function, width: int, x: str, y: str, z: str) -> str:
    """x·y + z, with one rounding where the machine can."""
    vector = f"<{width} x double>"
    return f.compute(f"call {vector} @llvm.fmuladd.v{width}f64({vector} {x}, {vector} {y}, {vector} {z})")


def _panel(width: int) -> Function:
    """All rows of a panel, block by block; two blocks of nearly equal size end it, as a block of one row is slow."""
    f = Function("panel", f"{BLOCK}, i64 %n_rows, ptr %blocks, i64 %most", "internal")
    before = f.block
    loop, several, go, end = f.blocks("rows", "several", "go", "end")
    f.line(f"br label %{loop}")
    f.label(loop)
    f.line(f"%done = phi i64 [ 0, %{before} ], [ %after, %{go} ]")
    rest = f.compute("sub i64 %n_rows, %done")
    fits = f.compute(f"icmp ule i64 {rest}, %most")
    f.line(f"br i1 {fits}, label %{go}, label %{several}")
    f.label(several)
    last = f.compute(f"icmp ult i64 {rest}, {f.compute('shl i64 %most, 1')}")
    half = f.compute(f"lshr i64 {f.compute(f'add i64 {rest}, 1')}, 1")
    part = f.compute(f"select i1 {last}, i64 {half}, i64 %most")
    f.line(f"br label %{go}")
    f.label(go)
    f.line(f"%size = phi i64 [ {rest}, %{loop} ], [ {part}, %{several} ]")
    block = f.load("ptr", f.pointer("%blocks", f.compute("sub i64 %size, 1"), "ptr"))
    rows = f.pointer("%rows", "%done", ROW)
    f.line(f"call void {block}({BLOCK.replace('%rows', rows)})")
    f.line("%after = add i64 %done, %size")
    more = f.compute("icmp ult i64 %after, %n_rows")
    f.line(f"br i1 {more}, label %{loop}, label %{end}")
    f.label(end)
    return f


def _panels(f: Function, width: int, n: str, write: Callable[[str, str, str], None]) -> None:
    """n ≥ 1 registers, cut into panels; `write` gets the name of the first, the table of its blocks, its `most`."""
    before = f.block
    loop, end = f.blocks("panels", "end")
    f.line(f"br label %{loop}")
    f.label(loop)
    at, after = f.new(), f.new()
    place = len(f.lines)
    rest = f.compute(f"sub i64 {n}, {at}")
    wide = max(_panels_of(width))
    fits = f.compute(f"icmp uge i64 {rest}, {wide}")
    size = f.compute(f"select i1 {fits}, i64 {wide}, i64 1")
    blocks = f.compute(f"select i1 {fits}, ptr @blocks_{wide}, ptr @blocks_1")
    most = f.compute(f"select i1 {fits}, i64 {_panels_of(width)[wide]}, i64 {_panels_of(width)[1]}")
    write(at, blocks, most)
    f.line(f"{after} = add i64 {at}, {size}")
    more = f.compute(f"icmp ult i64 {after}, {n}")
    f.line(f"br i1 {more}, label %{loop}, label %{end}")
    f.lines.insert(place, f"{at} = phi i64 [ 0, %{before} ], [ {after}, %{f.block} ]")
    f.label(end)


def _contract(width: int) -> Function:
    """C[r] += Σ_t A[r, t] · B[t], once for each entry of `outer`, over the lanes of a tile."""
    f = Function("contract", "ptr %d, ptr %context")
    d = _descriptor(f)
    n = _vectors(f, width, f.load("i64", "%context", LIMIT))
    with f.loop(d["n_outer"]) as o:
        entry = f.pointer(d["outer"], o.index, OUTER)
        c, a, b, start = (
            f.pointer(d[name], f.load("i64", entry, k)) for k, name in enumerate(("c", "a", "b", "start"))
        )

        def panel(first: str, blocks: str, most: str) -> None:
            lane = f.compute(f"mul i64 {first}, {width}")
            f.line(
                f"call void @panel(ptr {f.pointer(c, lane)}, ptr {a}, ptr {f.pointer(b, lane)}, ptr {d['rows']}, "
                f"ptr {d['terms']}, i64 {d['n_terms']}, i64 {d['end']}, ptr {start}, i64 0, i64 {d['n_rows']}, "
                f"ptr {blocks}, i64 {most})"
            )

        _panels(f, width, n, panel)
    return f


def _contract_lanes(width: int) -> Function:
    """C[r, s] += Σ_l A[r][l] · Q[s][l], once for each entry of `outer`; Q is b, the `terms` are its rows s."""
    f = Function("contract_lanes", "ptr %d, ptr %context")
    d = _descriptor(f)
    lanes, scratch = f.load("i64", "%context", LIMIT), f.reserve(f"[{TILE * COLUMNS} x double]")
    n_lanes = _vectors(f, width, lanes)
    scattered = f.compute(f"icmp eq i64 {d['end']}, {SCATTER}")
    with f.loop(d["n_outer"]) as o:
        entry = f.pointer(d["outer"], o.index, OUTER)
        c, a, b = (f.pointer(d[name], f.load("i64", entry, k)) for k, name in enumerate("cab"))
        with f.loop(d["n_terms"], step=COLUMNS) as s:
            left = least(f, f.compute(f"sub i64 {d['n_terms']}, {s.index}"), str(COLUMNS))
            n = _vectors(f, width, left)
            offsets = f.pointer(d["terms"], s.index, "i64")
            with f.loop(n) as v:
                k = f.compute(f"mul i64 {v.index}, {width}")
                last = least(f, f.compute(f"sub i64 {f.compute(f'sub i64 {left}, {k}')}, 1"), str(width - 1))
                with f.loop(n_lanes) as u:
                    lane = f.compute(f"mul i64 {u.index}, {width}")
                    to = f.pointer(scratch, f.compute(f"add i64 {f.compute(f'mul i64 {lane}, {COLUMNS}')}, {k}"))
                    f.line(
                        f"call void @transpose(ptr {to}, ptr {f.pointer(b, lane)}, "
                        f"ptr {f.pointer(offsets, k, 'i64')}, i64 {last})"
                    )

            def panel(first: str, blocks: str, most: str, s: str = s.index, left: str = left) -> None:
                k = f.compute(f"mul i64 {first}, {width}")
                column = f.compute(f"add i64 {s}, {k}")
                place = f.compute(f"select i1 {scattered}, i64 0, i64 {column}")
                rest = f.compute(f"sub i64 {left}, {k}")
                f.line(
                    f"call void @panel(ptr {f.pointer(c, place)}, ptr {a}, ptr {f.pointer(scratch, k)}, "
                    f"ptr {d['rows']}, ptr @lanes, i64 {lanes}, i64 {d['end']}, "
                    f"ptr {f.pointer(d['columns'], column, 'i64')}, i64 {rest}, i64 {d['n_rows']}, "
                    f"ptr {blocks}, i64 {most})"
                )

            _panels(f, width, n, panel)
    return f


def _transpose(width: int) -> Function:
    """width × width numbers: to[l·pitch + k] = from[offsets[min(k, last)] + l]."""
    f = Function("transpose", "ptr %to, ptr %from, ptr %offsets, i64 %last", "internal")
    vector = f"<{width} x double>"
    rows = []
    for k in range(width):
        number = least(f, str(k), "%last") if k else "0"
        rows.append(f.load(vector, f.pointer("%from", f.load("i64", f.pointer("%offsets", number, "i64")))))
    for lane, row in enumerate(transposed(f, width, rows)):
        f.store(vector, row, "%to", lane * COLUMNS)
    return f


def transposed(f: Function, width: int, rows: list[str]) -> list[str]:
    """The columns of a square of numbers: halves of ever larger squares change places."""
    vector = f"<{width} x double>"
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


def _descriptor(f: Function) -> dict[str, str]:
    """What the descriptor holds; for c, a, b and start the addresses that the context has."""
    found = {
        name: f.load("ptr" if name in TABLES else "i64", f.pointer("%d", k, "i64")) for k, name in enumerate(DESCRIPTOR)
    }
    none = f.compute(f"icmp eq i64 {found['start']}, {NO_START}")
    place = f.compute(f"select i1 {none}, i64 0, i64 {found['start']}")
    start = f.load("ptr", f.pointer("%context", place, "ptr"))
    found["start"] = f.compute(f"select i1 {none}, ptr @zero, ptr {start}")
    for name in "cab":
        found[name] = f.load("ptr", f.pointer("%context", found[name], "ptr"))
    return found


def _vectors(f: Function, width: int, n: str) -> str:
    """How many registers n numbers fill."""
    return f.compute(f"lshr i64 {f.compute(f'add i64 {n}, {width - 1}')}, {width.bit_length() - 1}")


def least(f: Function, a: str, b: str) -> str:
    """The smaller one of two whole numbers."""
    return f.compute(f"select i1 {f.compute(f'icmp ult i64 {a}, {b}')}, i64 {a}, i64 {b}")
