"""Instructions of the vector machine that are not kernels: what happens around statements, tile by tile.

Each is a function of a descriptor and a context, as a kernel is, and stands on tapes between kernels:

    walk      run a tape: pairs (function, descriptor) up to a null pointer
    region    run a tape for all tiles of a region, chunk by chunk; `chunk` and `collect` are its parts

The context is an array of 64-bit words. `context[space]` and `context[N_SPACES + space]` are the addresses of the
spaces and of their adjoints; the places of the others have names here.

**Chunks.** The tiles of a region are divided into chunks, whose number depends on the number of lanes only. A chunk
has its own copies of SHARED and of the adjoints that all lanes share, and they are added up in the order of the chunks:
so the sums are the same for any number of threads.

Entry points: `built_in`, the lines of these functions, and their `NAMES`; `n_chunks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .emitter import Emitter
from .ir import ARGUMENTS, PARAMETERS, SHARED
from .kinds import LIMIT, N_SPACES, TILE, WIDTH

TAKES = "ptr %d, ptr %context"

ROW = LIMIT + 1  # the first lane of the tile
FIRST, END = LIMIT + 2, LIMIT + 3  # lanes of the chunk
N = LIMIT + 4  # how many rows were given
SEEDS = LIMIT + 5
CHUNK = LIMIT + 6  # its number
MASTER = LIMIT + 7  # of a chunk's context: the one that it adds to
PRIVATE = LIMIT + 8  # the context of chunks
SIZES = LIMIT + 9  # of PARAMETERS and SHARED
EXTRA = LIMIT + 11  # from here on: arguments and outputs

LEAST_TILES = 7  # of a chunk, when there are several
MOST_CHUNKS = 16


def n_chunks(n: int) -> int:
    """Into how many chunks n lanes are divided: a power of two."""
    tiles, chunks = -(-n // TILE), 1
    while chunks < MOST_CHUNKS and tiles >= 2 * chunks * LEAST_TILES:
        chunks *= 2
    return chunks


class _Code(Emitter):
    """Pieces that these functions share. What a context holds is read once, unless a function changes it."""

    def __init__(self) -> None:
        super().__init__(WIDTH)

    def field(self, k: int, kind: str = "i64") -> str:
        return self.entry("%d", k, kind)

    def known(self, k: int, kind: str = "i64") -> str:
        return self.entry("%context", k, kind)

    def space(self, number: str) -> str:
        """The address of a space, or of an adjoint, that a descriptor names."""
        return self.load("ptr", self.compute(f"getelementptr ptr, ptr %context, i64 {number}"))

    def set(self, base: str, k: int, x: str, kind: str = "i64") -> None:
        self.line(f"store {kind} {x}, ptr {self.compute(f'getelementptr i64, ptr {base}, i64 {k}')}, align 8")

    def clear(self, address: str, n: str) -> None:
        """n zeros; the C library's function takes longer for a few thousand."""
        block = f"<{4 * WIDTH} x double>"
        rest = self.compute(f"and i64 {n}, {4 * WIDTH - 1}")
        whole = self.compute(f"sub i64 {n}, {rest}")
        with self.each(whole, 4 * WIDTH) as i:
            self.write(block, "zeroinitializer", self.at(address, i))
        end = self.at(address, whole)
        with self.each(rest) as i:
            self.write("double", "0.0", self.at(end, i))

    def copy(self, to: str, source: str, n: str) -> None:
        size = self.compute(f"shl i64 {n}, 3")
        call = self.called_intrinsic(
            "void", "llvm.memcpy.p0.p0.i64", ("ptr", to), ("ptr", source), ("i64", size), ("i1", "false")
        )
        self.line(call)

    def add(self, to: str, source: str, n: str) -> None:
        """Add n numbers to others."""
        with self.each(n) as i:
            self.accumulate(self.at(to, i), self.load("double", self.at(source, i)))

    @contextmanager
    def each(self, n: str, step: int = 1) -> Iterator[str]:
        """A loop that may run not even once."""
        with self.when(self.compute(f"icmp ne i64 {n}, 0")), self.loop(n, step) as i:
            yield i

    @contextmanager
    def ranges(self) -> Iterator[tuple[str, str]]:
        """For d[3] ranges in the table d[2]: their first address, and how many follow."""
        table = self.field(2, "ptr")
        with self.each(self.field(3)) as i:
            pair = self.compute(f"getelementptr [2 x i64], ptr {table}, i64 {i}")
            yield self.load("i64", pair), self.load("i64", self.compute(f"getelementptr i64, ptr {pair}, i64 1"))

    def accumulate(self, address: str, x: str) -> None:
        self.write("double", self.compute(f"fadd double {self.load('double', address)}, {x}"), address)

    def lane(self, i: str) -> str:
        """The number of a lane of this tile, the last one for those beyond."""
        last = self.once(f"sub i64 {self.known(END)}, 1")
        lane = self.compute(f"add i64 {self.known(ROW)}, {i}")
        return self.compute(self.called_intrinsic("i64", "llvm.umin.i64", ("i64", lane), ("i64", last)))

    def call(self, function: str, descriptor: str, context: str) -> None:
        self.line(f"call void {function}(ptr {descriptor}, ptr {context})")


def _walk() -> list[str]:
    return [
        f"define void @walk({TAKES}) nounwind #0 {{",
        "entry:",
        "br label %next",
        "next:",
        "%at = phi ptr [ %d, %entry ], [ %following, %run ]",
        "%function = load ptr, ptr %at",
        "%ends = icmp eq ptr %function, null",
        "br i1 %ends, label %end, label %run",
        "run:",
        "%place = getelementptr ptr, ptr %at, i64 1",
        "%descriptor = load ptr, ptr %place",
        "%following = getelementptr ptr, ptr %at, i64 2",
        "call void %function(ptr %descriptor, ptr %context)",
        "br label %next",
        "end:",
        "ret void",
        "}",
    ]


def _tiles(code: _Code) -> None:
    """d = tape, …: run it for each tile of the chunk."""
    first, end = code.known(FIRST), code.known(END)
    n = code.compute(f"sub i64 {end}, {first}")
    with code.each(n, TILE) as i:
        row = code.compute(f"add i64 {first}, {i}")
        left = code.compute(f"sub i64 {end}, {row}")
        limit = code.compute(code.called_intrinsic("i64", "llvm.umin.i64", ("i64", left), ("i64", str(TILE))))
        code.set("%context", ROW, row)
        code.set("%context", LIMIT, limit)
        code.call("@walk", code.field(0, "ptr"), "%context")


def _lanes_of(code: _Code, context: str) -> str:
    """d = tape, number of lanes (negative: rows), …"""
    fixed = code.field(1)
    is_fixed = code.once(f"icmp sge i64 {fixed}, 0")
    return code.once(f"select i1 {is_fixed}, i64 {fixed}, i64 {code.entry(context, N)}")


def _region(code: _Code) -> None:
    """d = tape, number of lanes, …: all tiles, on this thread."""
    n = _lanes_of(code, "%context")
    chunks = _number_of_chunks(code, n)
    one = code.compute(f"icmp eq i64 {chunks}, 1")
    with code.when(one):
        code.set("%context", FIRST, "0")
        code.set("%context", END, n)
        code.call("@tiles", "%d", "%context")
    with code.when(code.compute(f"xor i1 {one}, true")):
        private = code.known(PRIVATE, "ptr")
        with code.loop(chunks) as i:
            code.set(private, CHUNK, i)
            code.call("@chunk", "%d", private)
            code.call("@collect", "%d", private)


def _number_of_chunks(code: _Code, n: str) -> str:
    """As `n_chunks`."""
    tiles = code.once(f"udiv i64 {code.once(f'add i64 {n}, {TILE - 1}')}, {TILE}")
    chunks, size = "1", 2 * LEAST_TILES
    for k in range(MOST_CHUNKS.bit_length() - 1):
        enough = code.once(f"icmp uge i64 {tiles}, {size << k}")
        chunks = code.once(f"select i1 {enough}, i64 {2 << k}, i64 {chunks}")
    return chunks


def _chunk(code: _Code) -> None:
    """d = tape, number of lanes, ranges of sums, how many: run the chunk whose private context this is."""
    master = code.known(MASTER, "ptr")
    n = _lanes_of(code, master)
    chunks = _number_of_chunks(code, n)
    tiles = code.once(f"udiv i64 {code.once(f'add i64 {n}, {TILE - 1}')}, {TILE}")
    number = code.known(CHUNK)
    ends = []
    for c in (number, code.compute(f"add i64 {number}, 1")):
        tile = code.compute(f"udiv i64 {code.compute(f'mul i64 {tiles}, {c}')}, {chunks}")
        lane = code.compute(f"mul i64 {tile}, {TILE}")
        ends.append(code.compute(code.called_intrinsic("i64", "llvm.umin.i64", ("i64", lane), ("i64", n))))
    code.set("%context", FIRST, ends[0])
    code.set("%context", END, ends[1])
    values, adjoints = code.known(SHARED, "ptr"), code.known(N_SPACES + SHARED, "ptr")
    code.copy(values, code.entry(master, SHARED, "ptr"), code.known(SIZES + 1))
    code.clear(adjoints, code.known(SIZES + 1))
    code.clear(code.known(N_SPACES + PARAMETERS, "ptr"), code.known(SIZES))
    from_adjoints = code.entry(master, N_SPACES + SHARED, "ptr")
    with code.ranges() as (base, count):
        code.clear(code.at(values, base), count)
        code.copy(code.at(adjoints, base), code.at(from_adjoints, base), count)
    code.call("@tiles", "%d", "%context")


def _collect(code: _Code) -> None:
    """d as `chunk`: add what it found to the master's sums and adjoints."""
    master = code.known(MASTER, "ptr")
    values, adjoints = code.known(SHARED, "ptr"), code.known(N_SPACES + SHARED, "ptr")
    with code.ranges() as (base, count):
        code.add(code.at(code.entry(master, SHARED, "ptr"), base), code.at(values, base), count)
        code.clear(code.at(adjoints, base), count)  # they came from the master
    code.add(code.entry(master, N_SPACES + SHARED, "ptr"), adjoints, code.known(SIZES + 1))
    of_parameters = code.known(N_SPACES + PARAMETERS, "ptr")
    code.add(code.entry(master, N_SPACES + PARAMETERS, "ptr"), of_parameters, code.known(SIZES))


# --- in a tile -----------------------------------------------------------------------------------------


def _zero(code: _Code) -> None:
    """d = space, address, how many."""
    code.clear(code.at(code.space(code.field(0)), code.field(1)), code.field(2))


def _fill(code: _Code) -> None:
    """d = space, address, how many (at least one), number."""
    start = code.at(code.space(code.field(0)), code.field(1))
    with code.loop(code.field(2)) as i:
        code.write("double", code.field(3, "double"), code.at(start, i))


def _numbers(code: _Code) -> None:
    """d = address, numbers of the lanes: constants of a column."""
    to = code.at(code.known(ARGUMENTS, "ptr"), code.field(0))
    code.copy(to, code.at(code.field(1, "ptr"), code.known(ROW)), str(TILE))


def _gather(code: _Code) -> None:
    """d = address, slots of the lanes: parameters of a column."""
    to, slots = code.at(code.known(ARGUMENTS, "ptr"), code.field(0)), code.field(1, "ptr")
    with code.loop(str(TILE)) as i:
        slot = code.load("i64", code.compute(f"getelementptr i64, ptr {slots}, i64 {code.lane(i)}"))
        code.write("double", code.load("double", code.at(code.known(PARAMETERS, "ptr"), slot)), code.at(to, i))


def _scatter(code: _Code) -> None:
    """d = address, slots of the lanes: add the gradients of a column to those of its parameters."""
    source = code.at(code.known(N_SPACES + ARGUMENTS, "ptr"), code.field(0))
    slots, to = code.field(1, "ptr"), code.known(N_SPACES + PARAMETERS, "ptr")
    with code.loop(code.known(LIMIT)) as i:
        slot = code.load("i64", code.compute(f"getelementptr i64, ptr {slots}, i64 {code.lane(i)}"))
        code.accumulate(code.at(to, slot), code.load("double", code.at(source, i)))


def _put(code: _Code) -> None:
    """d = space, address, place in the context: add the numbers of the lanes to those of an array."""
    source = code.at(code.space(code.field(0)), code.field(1))
    to = code.at(code.space(code.field(2)), code.known(ROW))
    with code.loop(code.known(LIMIT)) as i:
        code.accumulate(code.at(to, i), code.load("double", code.at(source, i)))


def _seed(code: _Code) -> None:
    """d = space of an adjoint, address, number of the output."""
    seed = code.load("double", code.at(code.known(SEEDS, "ptr"), code.field(2)))
    code.accumulate(code.at(code.space(code.field(0)), code.field(1)), seed)


def _seed_lanes(code: _Code) -> None:
    """d as `_seed`; lanes that are none get nothing."""
    seed = code.load("double", code.at(code.known(SEEDS, "ptr"), code.field(2)))
    start = code.at(code.space(code.field(0)), code.field(1))
    with code.loop(code.known(LIMIT)) as i:
        code.accumulate(code.at(start, i), seed)


_WRITERS: dict[str, Callable[[_Code], None]] = {
    "tiles": _tiles,
    "region": _region,
    "chunk": _chunk,
    "collect": _collect,
    "zero": _zero,
    "fill": _fill,
    "numbers": _numbers,
    "gather": _gather,
    "scatter": _scatter,
    "put": _put,
    "seed": _seed,
    "seed_lanes": _seed_lanes,
}
NAMES = ("walk", *_WRITERS)


def built_in() -> tuple[list[str], set[str]]:
    """The lines of all these functions, and what they declare."""
    lines, declared = _walk(), set[str]()
    for name, write in _WRITERS.items():
        code = _Code()
        code.type = "double"
        write(code)
        lines += code.function(name, TAKES)
        declared |= code.declared
    return lines, declared
