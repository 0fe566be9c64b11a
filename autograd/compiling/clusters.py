"""Clusters: nodes of an irregular graph that are computed together, and whose derivatives are taken together.

A node joins the cluster of the parent that is known last, if its other parents are members or inputs of that cluster,
or leaves. So a chain is cut into pieces, and a softmax is one. What a cluster computes is its **shape**, a set of
expressions: clusters of one shape share their machine code. A rare shape is not worth its code, so shapes are counted
in samples of the graph first, and only frequent ones grow.

Every cluster has a *level*, one more than the highest of its inputs: clusters of one level are independent.

    expression = (kind, references)   of a node; its kind is its operation, or (operation, exponent) of a common power
    reference  = k ≥ 0, expression k; ~k, input k of the cluster; ~k - UNWANTED, the same where no gradient flows to it

Entry points: `Clusters.add`, `frequent_shapes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from .. import operations as ops
from ..operations import Operation
from ..value import Value

POWER = ops.power_of_constant
POWERS = {x: (POWER, x) for x in (1.0, 2.0, 3.0, 4.0, -1.0)}  # kinds of common powers, whose exponent is in the code
LOOPS = (ops.total, ops.logsumexp)
UNWANTED = 1 << 20
LOOPED = -2  # the shape of a long sum, or logsumexp, which is computed in a loop
LONGEST = 8  # terms of one that is not
MOST_NODES = 16  # of a cluster
INPUTS = [tuple([~k for k in range(n)]) for n in range(LONGEST + 1)]  # references to n inputs that want a gradient
SAMPLES, SAMPLE = 4, 1_500  # pieces of the graph, and their nodes, in which shapes are counted
FREQUENT = 400  # one of so many nodes, at least, must lead to a shape

Kind = Any
References = tuple[int, ...]


class Shapes:
    """The shapes that clusters have, by number.

    Attributes: `expressions`, by number; `members[s]`, the expressions of shape s, in an order of execution;
    `steps[shape, kind, references]`, what a cluster of this shape, or of none, -1, becomes when a node joins it: its
    new shape, and the node's expression.
    """

    def __init__(self) -> None:
        self.expressions: list[tuple[Kind, References]] = []
        self.members: list[tuple[int, ...]] = []
        self.steps: dict[tuple[int, Kind, References], tuple[int, int]] = {}
        self._expression: dict[tuple[Kind, References], int] = {}
        self._shape: dict[tuple[int, ...], int] = {}

    def step(self, key: tuple[int, Kind, References]) -> tuple[int, int]:
        """The entry of `steps` with this key, which is made if there is none."""
        shape, kind, references = key
        number = self._expression.setdefault((kind, references), len(self.expressions))
        if number == len(self.expressions):
            self.expressions.append((kind, references))
        # What an expression reads has a lower number. Nodes that compute the same are one member.
        members = tuple(sorted({number, *(self.members[shape] if shape >= 0 else ())}))
        new = self._shape.setdefault(members, len(self.members))
        if new == len(self.members):
            self.members.append(members)
        self.steps[key] = new, number
        return new, number


class Clusters:
    """The clusters of a graph, each after its inputs.

    Args:
        shapes: the shapes that they may have; those of single nodes are added.
        live: for each source, which are the first nodes, whether its gradient is wanted.
        frequent: the shapes of several nodes that are allowed; None: all.

    Attributes:
        live: for each node, whether a gradient comes to it, and a wanted leaf stands below it.
        used: for each node, whether it is read outside of its own cluster.
        expression: of each node.
        shape, level, inputs: of each cluster; `first`, its first node; `nodes`, all of them where there are several.
        looped: of a cluster without a shape, its operation.
    """

    def __init__(self, shapes: Shapes, live: Sequence[int], frequent: Collection[int] | None) -> None:
        self.shapes, self.live = shapes, bytearray(live)
        n = len(live)
        self.used, self.expression = bytearray(n), [-1] * n
        self.shape: list[int] = []
        self.level: list[int] = []
        self.inputs: list[Sequence[int]] = []
        self.first: list[int] = []
        self.nodes: dict[int, list[int]] = {}
        self.looped: dict[int, Operation] = {}
        self._cluster, self._height = [-1] * n, [0] * n  # of each node: its cluster, and the level of that
        self._frequent = frequent

    def __len__(self) -> int:
        return len(self.shape)

    def add_unknown(self, n: int) -> None:
        """Add nodes of which nothing is known but that they are no sources."""
        self.shape.append(LOOPED)
        self.level.append(1)
        self.inputs.append(())
        self.first.append(len(self.live))
        self.live.extend(b"\1" * n)
        self.used.extend(bytes(n))
        for of_nodes, x in ((self.expression, -1), (self._cluster, 0), (self._height, 1)):
            of_nodes += [x] * n

    def add(
        self,
        nodes: Iterable[Value],
        number: dict[Value, int],
        unreached: Collection[Value] = (),
        counts: list[int] | None = None,
    ) -> None:
        """Add operations, each after its parents.

        Args:
            nodes: sources among them are left out.
            number: of the nodes that were added before; to which these are added.
            unreached: nodes that no gradient comes to.
            counts: to which every shape is appended that a cluster has on its way.
        """
        live, height, cluster, shape = self.live, self._height, self._cluster, self.shape
        frequent, append_live, append_used = self._frequent, self.live.append, self.used.append
        # A shape that none of the frequent ones grows from need not be tried.
        grows = {before for (before, _, _), (after, _) in self.shapes.steps.items() if frequent and after in frequent}
        i = len(live)
        for node in nodes:
            kind: Any = node.op
            if kind is None:
                continue
            first, second, flat = node._first, node._second, kind.flat
            parents: Sequence[int]
            if first.__class__ is tuple:
                parents = [number[x] for x in first]
            elif second is None:
                parents = (number[first],)
            elif kind is POWER and second.is_constant and second._data in POWERS:
                parents, kind, flat = (number[first],), POWERS[second._data], ()
            else:
                parents = (number[first], number[second])
            number[node] = i
            is_reached = node not in unreached
            top, last, n_live = -1, -1, 0
            for p in parents:
                n_live += live[p]
                h = height[p]
                if h > top:
                    top, last = h, p
            if flat:
                append_live(is_reached and any(live[p] for k, p in enumerate(parents) if k not in flat))
            else:
                append_live(is_reached and n_live > 0)
            append_used(0)
            c = cluster[last]
            may_join = top > 0 and is_reached and (shape[c] in grows or (frequent is None and shape[c] != LOOPED))
            if not (may_join and self._join(i, kind, parents, c)):
                self._begin(i, kind, parents, top + 1, n_live if is_reached else 0)
                c = -1
            if counts is not None:
                counts.append(shape[c])
            i += 1

    def _join(self, i: int, kind: Kind, parents: Sequence[int], c: int) -> bool:
        """Make node i a member of cluster c, if that has room and knows its other parents, or they are sources."""
        live, height, inputs = self.live, self._height, self.inputs[c]
        references: list[int] = []
        for p in parents:
            if self._cluster[p] == c:
                references.append(self.expression[p])
                continue
            if p not in inputs:
                if height[p] > 0:
                    return False
                inputs = [*inputs, p]
            k = inputs.index(p)
            references.append(~k if live[p] else ~k - UNWANTED)
        key = (self.shape[c], kind, tuple(references))
        step = self.shapes.steps.get(key)
        if self._frequent is None:
            step = step or self.shapes.step(key)
        elif step is None or step[0] not in self._frequent:
            return False
        members = self.nodes.setdefault(c, [self.first[c]])
        if len(members) == MOST_NODES:
            return False
        members.append(i)
        self.inputs[c] = inputs
        self.shape[c], expression = step
        self.expression.append(expression)
        self._cluster.append(c)
        height.append(self.level[c])
        return True

    def _begin(self, i: int, kind: Kind, parents: Sequence[int], level: int, n_live: int) -> None:
        """Make node i a cluster of its own; to `n_live` of its parents gradients flow."""
        used = self.used
        for p in parents:
            used[p] = 1
        shape, expression = LOOPED, -1
        if len(parents) > LONGEST and kind in LOOPS:
            self.looped[len(self.first)] = kind
        else:
            n = len(parents)
            if n_live == n and (n == 1 or (parents[0] != parents[1] if n == 2 else len(set(parents)) == n)):
                key = (-1, kind, INPUTS[n])
            else:
                inputs = [*dict.fromkeys(parents)]
                own = [~k if n_live and self.live[p] else ~k - UNWANTED for k, p in enumerate(inputs)]
                key = (-1, kind, tuple([own[inputs.index(p)] for p in parents]))
                parents = inputs
            shape, expression = self.shapes.steps.get(key) or self.shapes.step(key)
        self.expression.append(expression)
        self._cluster.append(len(self.first))
        self._height.append(level)
        self.shape.append(shape)
        self.level.append(level)
        self.inputs.append(parents)
        self.first.append(i)


def frequent_shapes(
    order: Sequence[Value], number: dict[Value, int], live: Sequence[int], unreached: Collection[Value], shapes: Shapes
) -> set[int]:
    """The shapes of several nodes that are frequent in samples of a graph, whose sources have numbers."""
    counts: list[int] = []
    n_nodes = 0
    for start in range(0, len(order), max(SAMPLE, len(order) // SAMPLES)):
        nodes = order[start : start + SAMPLE]
        n_nodes += len(nodes)
        inside = set(nodes)
        near = [x for node in nodes for x in (node.parents or (node,)) if x.op is None or x not in inside]
        sources = dict.fromkeys([number[x] for x in near if x.op is None])
        place = {i: k for k, i in enumerate(sources)}
        local = {x: place[number[x]] for x in near if x.op is None}
        unknown = dict.fromkeys([x for x in near if x.op is not None])
        local |= {x: k for k, x in enumerate(unknown, len(place))}
        clusters = Clusters(shapes, [live[i] for i in sources], None)
        clusters.add_unknown(len(unknown))
        clusters.add(nodes, local, unreached, counts)
    least = max(FREQUENT // 10, n_nodes // FREQUENT)
    frequent = {shape for shape, n in Counter(counts).items() if n >= least}
    for (before, _, _), (after, _) in reversed(shapes.steps.items()):  # and what they grow from
        if after in frequent:
            frequent.add(before)
    return frequent


def find_unreached(order: Sequence[Value], roots: Sequence[Value]) -> set[Value]:
    """The operations that no gradient comes to from the first root, as only conditions or other roots need them."""
    flat = [x for x in order if x.op is not None and x.op.flat and not (x.op is POWER and x._second.is_constant)]
    if len(roots) == 1 and not flat:
        return set()
    reached = {roots[0]}
    for node in reversed(order):
        if node in reached and node.op is not None:
            reached.update([x for k, x in enumerate(node.parents) if k not in node.op.flat])
    return {node for node in order if node.op is not None and node not in reached}
