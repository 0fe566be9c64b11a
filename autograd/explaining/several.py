"""One node explained by several others, as the loss by all parameters: `explain(loss)` without `wrt`.

Entry point, called by `explain`: `Explanations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..graph import Graph
from ..report import Block, Derivation, Rule, Sentence
from ..value import Value
from .chain_rule import Explanation

SHOWN = 8  # that many are written; of more a reader takes nothing along


class Explanations(Derivation, Sequence[Explanation]):
    """What `explain` found for several nodes: a sequence of one `Explanation` for each, made when it is asked for.

    Attributes: `graph`; `loss`, its root; `wrt`, the nodes. An explanation is found by its number or by its node.

    >>> from autograd import explain
    >>> w, b = Value(2.0, "w"), Value(1.0, "b")
    >>> both = explain(w * 3 + b)
    >>> [explanation.total for explanation in both], both[w].number_of_paths
    ([3.0, 1.0], 1)
    """

    noun = "explanations"

    def __init__(
        self, graph: Graph, wrt: Sequence[Value], *, paths: int, digits: int, names: Mapping[Value, str]
    ) -> None:
        self.graph, self.loss, self.wrt = graph, graph.root, list(wrt)
        self._options: dict[str, Any] = {"paths": paths, "digits": digits, "names": names}
        self._made: dict[Value, Explanation] = {}

    def __len__(self) -> int:
        return len(self.wrt)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return [self[node] for node in self.wrt[key]]
        node = key if isinstance(key, Value) else self.wrt[key]
        if node not in self._made:
            if node not in self.wrt:
                raise KeyError(f"{node!r} is not among the {len(self)} nodes that are explained by; see .wrt")
            self._made[node] = Explanation(self.graph, node, **self._options)
        return self._made[node]

    def __iter__(self) -> Iterator[Explanation]:
        return (self[node] for node in self.wrt)

    @property
    def summary(self) -> str:
        """The derivatives and their numbers."""
        more = f", … and {len(self) - SHOWN:,} more" if len(self) > SHOWN else ""
        return f"{', '.join(each.derivative for each in self[:SHOWN])}{more}"

    def story(self) -> Iterator[Sequence[Block]]:
        """The explanations one after the other."""
        for i, each in enumerate(self[:SHOWN]):
            first, *others = each.story()
            yield [Rule(), *first] if i else first
            yield from others
        if len(self) > SHOWN:
            more = f"… and {len(self) - SHOWN:,} more: explain(loss, wrt=…) explains it by one of them."
            yield [Rule(), Sentence(more)]

    def __bool__(self) -> bool:
        raise TypeError(
            "explanations are neither true nor false: ask for the .total of one, or how many there are, len(…)"
        )

    def draw(self, **options: Any) -> Any:
        """The graph as a drawing; options go to `autograd.drawing.draw`."""
        from ..drawing import draw

        names = {name: node for node, name in self._options["names"].items()}
        return draw(self.graph, **{"names": names, **options})
