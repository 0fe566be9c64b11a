"""Threaded code: a long graph without loops as a tape of whole numbers, which one small function walks.

Machine code for each of a million nodes would take minutes to generate, and hundreds of bytes a node. So where a
graph is long and no loops shorten it, each *shape of cluster* (`clusters.py`) gets machine code once (`pieces.py`), and
a tape says which of these pieces comes next, how often, and on which numbers it works:

    place, inputs…       a row for each cluster, and after all rows
    piece, count, row    for each run of clusters, forward and then backward

Each piece ends with a jump to the next one (J. R. Bell, "Threaded code", 1973). The processor foresees these jumps, and
those of the loops within a run, when runs are long: so clusters are sorted by level, and like ones of a level stand
side by side. On the way back the runs are walked in reverse.

Entry point: `Threaded`, which takes the place of `llvm_backend.AssemblyWriter`.
"""

from __future__ import annotations

import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from .. import operations as ops
from ..operations import Operation
from ..value import Value
from .clusters import FREQUENT, LOOPED, Clusters, Shapes, find_unreached, frequent_shapes
from .machine_code import lane_width
from .piece_code import PieceWriter
from .pieces import BLOCK, Loop, Piece
from .program import KNOWN
from .trace import Survey

TURN, END = 0, 1  # the numbers of two pieces that stand once each
SHORTEST = 3  # a run of fewer clusters is not worth vectors


def can_thread(order: Sequence[Value]) -> bool:
    """Whether there is a piece for every operation of the graph: those of the user have none."""
    return {node.op for node in order if node.op is not None} <= KNOWN


class Threaded:
    """The tape of a graph, and the function that walks it.

    Args:
        survey: the graph, and its results.
        wanted: the leaves whose gradients are computed, those of the first result.
        first: leaves that get the first slots, in this order.
        exact: round as the eager engine does: clusters are single nodes, and gradients add up in its order.
        fastmath: allow LLVM what `compile(fastmath=True)` allows.

    Attributes: `slots` of the leaves; `numbers`, one for each slot, with those of the constants filled in; `tape`;
    `n_rows`, where its runs begin.
    """

    level = 2  # below it LLVM gives the pieces one common jump, which no processor foresees
    lane_outputs = 0

    def __init__(
        self,
        survey: Survey,
        wanted: Iterable[Value],
        first: Sequence[Value] = (),
        exact: bool = False,
        fastmath: bool = False,
    ) -> None:
        self.width = lane_width()
        self.used: set[str] = set()
        self.n_results = len(survey.roots)
        self._flags = "fast " if fastmath else "" if exact else "contract "
        self._exact = exact
        number, live = self._sources(survey, set(wanted), first)
        shapes = Shapes()
        unreached = find_unreached(survey.order, survey.roots)
        frequent = set() if exact else frequent_shapes(survey.order, number, live, unreached, shapes)
        clusters = Clusters(shapes, live, frequent)
        clusters.add(survey.order, number, unreached)
        for root in survey.roots:
            clusters.used[number[root]] = 1
        self.lanes: list[int | None] = [1]
        self._pieces: dict[Any, int] = {}
        self._n_instructions = 0
        places = self._scheduled(clusters)
        self._roots = [places[number[root]] for root in survey.roots]
        self.scratch = 2 * self._n

    def __len__(self) -> int:
        return self._n_instructions

    def __str__(self) -> str:
        names = ", ".join(sorted({x.name for piece, *_ in self._pieces for x in piece.operations}))
        return f"threaded code: {len(self):,} instructions, {len(self._pieces)} pieces of machine code, for {names}"

    def _sources(
        self, survey: Survey, wanted: set[Value], first: Sequence[Value]
    ) -> tuple[dict[Value, int], list[int]]:
        """Number leaves, constants and two numbers that pad rows; for each whether its gradient is wanted."""
        inside, early = set(survey.order) if first else (), set(first)
        leaves = [x for x in first if x in inside]
        leaves += [x for x in survey.order if x.op is None and not x.is_constant and x not in early]
        self.slots = {x: i for i, x in enumerate(leaves)}
        number = dict(self.slots)
        constants: dict[bytes, int] = {}
        for x in survey.order:
            if x.is_constant:  # by its bits: 0.0 and -0.0 are two numbers
                number[x] = constants.setdefault(struct.pack("d", x._data), len(leaves) + len(constants))
        self.numbers = array("d", bytes(8 * len(leaves)))
        self.numbers.frombytes(b"".join(constants))
        self._padding = {ops.total: len(self.numbers), ops.logsumexp: len(self.numbers) + 1}
        self.numbers.extend([0.0, float("-inf")])
        self.n_slots = len(self.numbers)
        return number, [x in wanted for x in leaves] + [0] * (self.n_slots - len(leaves))

    def _scheduled(self, clusters: Clusters) -> list[int]:
        """Write the tape and the rows; returns the places of the nodes."""
        # Long: one walk writes rows, places and both halves of the tape, which count on each other.
        pieces, kinds, stored = self._kinds(clusters)
        first, inputs, nodes, expression = clusters.first, clusters.inputs, clusters.nodes, clusters.expression
        places = [*range(self.n_slots), *[-1] * (len(clusters.live) - self.n_slots)]
        at = self.n_slots
        runs: list[ThreadedRun] = []
        rows: list[int] = []  # nodes, in the stead of their places; the first of a cluster has the first place
        for kind, run in _runs(clusters.level, kinds, len(pieces)):
            piece, start = pieces[kind], len(rows)
            if isinstance(piece, Loop):
                for c in run:
                    places[first[c]] = at
                    at += 1
                    terms, n_wanted = self._blocks(piece.operation, inputs[c], clusters.live)
                    runs.append(ThreadedRun(piece, 1, len(terms) // BLOCK, len(rows), n_wanted // BLOCK))
                    rows += [first[c], *terms]
                continue
            lanes = self.width if piece.in_lanes and len(run) >= SHORTEST else 1
            size = len(piece.numbers)
            missing = -len(run) % lanes
            heads = [first[c] for c in run]
            for block in range(0, len(run), lanes):  # of a block, the first numbers of all lanes stand side by side
                for head in heads[block : block + lanes] if lanes > 1 else (heads[block],):
                    places[head] = at
                    at += 1
                at += lanes * (size - 1)
            at += missing
            for c, head in zip(run, heads, strict=True):
                rows.append(head)
                rows += inputs[c]
            if run[0] in nodes:
                for c, head in zip(run, heads, strict=True):
                    for node in nodes[c]:
                        if clusters.used[node]:
                            places[node] = places[head] + lanes * stored[kind].index(expression[node])
            for k in range(missing):  # the rest of the last vector computes what nobody reads
                rows += [len(places), *[self._padding[ops.total]] * piece.n_inputs]
                places.append(at - lanes * size + lanes - 1 - k)
            times = (len(run) + missing) // lanes
            if lanes == 1 and runs and runs[-1].piece is piece and runs[-1].lanes == 1:
                runs[-1] = runs[-1]._replace(times=runs[-1].times + times)
            else:
                runs.append(ThreadedRun(piece, lanes, times, start))
        self._n = at
        self._n_instructions = len(clusters)
        tape = array("i")
        for piece, lanes, times, start, _ in runs:
            tape.extend([self._number(piece, False, lanes), times, start])
        tape.extend([TURN, 0, 0])
        if self._exact:
            self._exact_way_back(clusters, pieces, kinds, rows, tape)
        else:
            for piece, lanes, times, start, n_wanted in reversed(runs):
                if isinstance(piece, Loop):
                    if n_wanted:
                        tape.extend([self._number(piece, True, 1), n_wanted, start])
                        self._n_instructions += 1
                elif piece.sends:
                    last = start + (times - 1) * lanes * (1 + piece.n_inputs)
                    tape.extend([self._number(piece, True, lanes), times, last])
                    self._n_instructions += times * lanes
        tape.extend([END, 0, 0])
        self.n_rows = len(rows)
        self.tape = array("i", map(places.__getitem__, rows)) + tape
        return places

    def _number(self, piece: Piece | Loop, backward: bool, lanes: int) -> int:
        return self._pieces.setdefault((piece, backward, lanes), len(self._pieces) + 2)

    def _kinds(self, clusters: Clusters) -> tuple[list[Piece | Loop], list[int], list[Sequence[int]]]:
        """The pieces, for each cluster the number of its own, and for each piece the expressions that it stores."""
        members, expression, used = clusters.shapes.members, clusters.expression, clusters.used
        of_cluster: dict[int, Any] = {
            c: (clusters.shape[c], tuple(sorted({expression[x] for x in nodes if used[x]})))
            for c, nodes in clusters.nodes.items()
        }
        counts = Counter(of_cluster.values())
        for c, key in of_cluster.items():
            if counts[key] * FREQUENT < len(of_cluster):
                of_cluster[c] = key[0], members[key[0]]  # it stores everything, like others of its shape
        number: dict[Any, int] = {}
        kinds: list[int] = []
        for c, shape in enumerate(clusters.shape):
            key = of_cluster.get(c, shape) if shape != LOOPED else clusters.looped[c]
            kinds.append(number.setdefault(key, len(number)))
        pieces: list[Piece | Loop] = []
        stored: list[Sequence[int]] = []
        for key in number:
            if isinstance(key, Operation):
                pieces.append(Loop(key))
                stored.append(())
            else:
                shape, kept = key if isinstance(key, tuple) else (key, members[key])
                pieces.append(Piece(clusters.shapes, shape, kept, self._exact))
                stored.append(kept)
        return pieces, kinds, stored

    def _blocks(self, operation: Operation, terms: Sequence[int], live: Sequence[int]) -> tuple[list[int], int]:
        """The terms of a long sum, filled up to whole blocks; and how many there are of those that want a gradient.

        These come first, unless the order of the terms is to be kept.
        """
        padding = self._padding[operation]
        if self._exact:
            return [*terms, *[padding] * (-len(terms) % BLOCK)], 0
        wanted = [x for x in terms if live[x]]
        wanted += [padding] * (-len(wanted) % BLOCK)
        others = [x for x in terms if not live[x]]
        return [*wanted, *others, *[padding] * (-len(others) % BLOCK)], len(wanted)

    def _exact_way_back(
        self, clusters: Clusters, pieces: Sequence[Any], kinds: Sequence[int], rows: list[int], tape: array[int]
    ) -> None:
        """Write the backward half of the tape, and its rows.

        Every gradient adds up in the order of the eager engine. So what adds to a gradient, or reads it, has a level
        above whatever has added to it before.
        """
        height = [0] * len(clusters.live)
        level, kind_of, sent = [], [], []
        for c in range(len(clusters) - 1, -1, -1):
            piece, own = pieces[kinds[c]], clusters.first[c]
            if not clusters.live[own] or not (isinstance(piece, Loop) or piece.sends):
                continue
            inputs = [x for x in clusters.inputs[c] if clusters.live[x]]
            now = 1 + max([height[own], *[height[x] for x in inputs]])
            height[own] = now
            for x in inputs:
                height[x] = now
            level.append(now)
            kind_of.append(kinds[c])
            sent.append(c)
        for kind, run in _runs(level, kind_of, len(pieces)):
            piece = pieces[kind]
            number = self._number(piece, True, 1)
            self._n_instructions += len(run)
            if not isinstance(piece, Loop):
                if tape[-3] == number:
                    tape[-2] += len(run)
                else:
                    tape.extend([number, len(run), len(rows)])
            for c in [sent[k] for k in run]:
                inputs = [*clusters.inputs[c]]
                if isinstance(piece, Loop):
                    inputs = [x for x in inputs if clusters.live[x]]
                    inputs += [self._padding[piece.operation]] * (-len(inputs) % BLOCK)
                    tape.extend([number, len(inputs) // BLOCK, len(rows)])
                rows += [clusters.first[c], *inputs]

    def function(self, name: str = "program") -> list[str]:
        """The lines of the function, which takes what every program takes (`llvm_backend.py`)."""
        code = PieceWriter(self.width, self._flags, self._exact, self._n)
        lines = [
            line
            for (piece, backward, lanes), number in self._pieces.items()
            for line in (
                code.loop(number, piece.operation, backward)
                if isinstance(piece, Loop)
                else code.lines_of(number, piece, backward, lanes)
            )
        ]
        self.used = code.used
        n = 2 + len(self._pieces)
        targets = ", ".join(f"ptr blockaddress(@{name}, %piece{k})" for k in range(n))
        n_sources = 8 * self.n_slots
        return [
            f"@targets = private constant [{n} x ptr] [{targets}]",
            f"define void @{name}(ptr noalias %x, ptr noalias %gradient, ptr noalias %out, ptr noalias %memory, "
            "ptr %arguments, ptr %lanes, i64 %rows, i64 %pitch) nounwind #0 {",
            "entry:",
            f"%gradients = getelementptr double, ptr %memory, i64 {self._n}",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %memory, ptr %x, i64 {n_sources}, i1 false)",
            f"call void @llvm.memset.p0.i64(ptr %gradients, i8 0, i64 {n_sources}, i1 false)",
            f"%start = getelementptr i32, ptr {_pointer(self.tape)}, i64 {self.n_rows}",
            "br label %next",
            "next:",
            f"%pc = phi ptr [ %start, %entry ], [ %pc.next, %piece{TURN} ]"
            + "".join(f", [ %pc.next, %{label} ]" for label in code.ends),
            "%pc.next = getelementptr i32, ptr %pc, i64 3",
            "%number = load i32, ptr %pc",
            "%pc.count = getelementptr i32, ptr %pc, i64 1",
            "%count = load i32, ptr %pc.count",
            "%pc.row = getelementptr i32, ptr %pc, i64 2",
            "%offset = load i32, ptr %pc.row",
            f"%row = getelementptr i32, ptr {_pointer(self.tape)}, i32 %offset",
            f"%place = getelementptr [{n} x ptr], ptr @targets, i64 0, i32 %number",
            "%target = load ptr, ptr %place",
            f"indirectbr ptr %target, [{', '.join(f'label %piece{k}' for k in range(n))}]",
            *lines,
            f"piece{TURN}:",
            *[line for k, root in enumerate(self._roots) for line in _result(k, root)],
            f"%seed = getelementptr double, ptr %gradients, i64 {self._roots[0]}",
            "store double 1.0, ptr %seed",
            "br label %next",
            f"piece{END}:",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %gradient, ptr %gradients, i64 {n_sources}, i1 false)",
            "ret void",
            "}",
        ]


class ThreadedRun(NamedTuple):
    """Rows for one piece, `times` so many as it has lanes, the first at `start`.

    A long sum has one row, with so many blocks of terms, of which the first `n_wanted` want a gradient.
    """

    piece: Any
    lanes: int
    times: int
    start: int
    n_wanted: int = 0


def _runs(level: Sequence[int], kinds: Sequence[int], n_kinds: int) -> Iterator[tuple[int, list[int]]]:
    """The clusters, by their position in these lists, level by level, and like ones of a level together."""
    bits = len(level).bit_length()
    ordered = sorted([(h * n_kinds + kind) << bits | c for c, (h, kind) in enumerate(zip(level, kinds, strict=True))])
    mask = (1 << bits) - 1
    for key, run in groupby(ordered, key=lambda x: x >> bits):
        yield key % n_kinds, [x & mask for x in run]


def _pointer(numbers: array[int]) -> str:
    return f"inttoptr (i64 {numbers.buffer_info()[0]} to ptr)"


def _result(k: int, root: int) -> list[str]:
    """The lines that hand out the k-th result."""
    return [
        f"%root{k} = getelementptr double, ptr %memory, i64 {root}",
        f"%result{k} = load double, ptr %root{k}",
        f"%out{k} = getelementptr double, ptr %out, i64 {k}",
        f"store double %result{k}, ptr %out{k}",
    ]
