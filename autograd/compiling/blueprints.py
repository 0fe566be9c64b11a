"""What a worker makes a program of: the graph of one row, without numbers and without anything of the user's.

The function itself stays at home: a lambda, a function of a notebook or one that closes over a model cannot be pickled,
or finds another model where it arrives. Its graph travels, whatever the function was, in about ten bytes a node.

Entry point: `Blueprint`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ..operations import Operation
from ..serialization import make_node
from ..sweeps import topological_order
from ..value import Constant, Value
from . import backends
from .runners import Loops, Options, StraightLine, prepared_rows


class Blueprint(NamedTuple):
    """The arguments of `runners.prepared_rows`, as numbers of nodes.

    Attributes: `operations` that the graph uses; `nodes` in topological order: of a computed node the number of its
    operation and those of its parents, of a constant its number, None of another leaf; `leaves` in the order in which
    their numbers will be given.
    """

    operations: list[Operation]
    nodes: list[tuple[int, ...] | float | None]
    roots: list[int]
    columns: list[int]
    wanted: list[int]
    first: list[int]
    leaves: list[int]
    options: Options

    @classmethod
    def of(
        cls,
        roots: Sequence[Value],
        columns: Sequence[Value],
        wanted: Collection[Value],
        first: Sequence[Value],
        leaves: Sequence[Value],
        options: Options,
    ) -> Blueprint:
        """The blueprint of a graph."""
        order = topological_order(*roots)
        reached = set(order)
        order += [x for x in dict.fromkeys([*columns, *first]) if x not in reached]
        number = {node: i for i, node in enumerate(order)}
        operations: dict[Operation, int] = {}
        nodes: list[tuple[int, ...] | float | None] = []
        for node in order:
            if node.op is not None:
                k = operations.setdefault(node.op, len(operations))
                nodes.append((k, *[number[parent] for parent in node.parents]))
            else:
                nodes.append(node._data if node.is_constant else None)
        # Every worker runs the same code: its sums have the same last bits.
        options = options._replace(backend=backends.chosen(options.backend))
        asked = [number[x] for x in order if x in wanted]
        numbers = [[number[x] for x in given] for given in (roots, columns, first, leaves)]
        return cls(list(operations), nodes, numbers[0], numbers[1], asked, numbers[2], numbers[3], options)

    def prepared(self) -> tuple[StraightLine | Loops, list[int]]:
        """What runs, and for each of its slots which of the numbers that will be given it takes."""
        made: list[Value] = []
        for content in self.nodes:
            if isinstance(content, tuple):
                k, *parents = content
                operation, inputs = self.operations[k], tuple([made[i] for i in parents])
                made.append(make_node(Value, 0.0, 0.0, operation, inputs, (0.0,) * len(inputs)))
            else:
                made.append(Value(0.0) if content is None else Constant(content))

        def named(numbers: Sequence[int]) -> list[Value]:
            return [made[i] for i in numbers]

        roots, columns, first = named(self.roots), named(self.columns), named(self.first)
        run, order, _ = prepared_rows(roots, columns, set(named(self.wanted)), first, self.options)
        place: dict[Any, int] = {leaf: i for i, leaf in enumerate(named(self.leaves))}
        return run, [place[leaf] for leaf in order]
