"""The chain rule written out: for one node, for several, for the layers of a network.

Entry points: `explain` here, and `explain_layers` in `layer_equations.py`. Reading order: `paths.py` (what is
multiplied and added), `chain_rule.py`, `writing.py` (how it is told), `several.py`, this file; `matrices.py`,
`layer_equations.py`.
"""

from __future__ import annotations

from typing import Any, overload

from ..graph import Graph, as_graph
from ..interop import is_node, why_no_node
from ..interop.names import Names
from ..value import Value
from .chain_rule import Explanation
from .several import Explanations


@overload
def explain(
    loss: Value | Graph, wrt: Value, *, paths: int = ..., digits: int = ..., names: Names = ...
) -> Explanation: ...
@overload
def explain(
    loss: Value | Graph, wrt: Any = None, *, paths: int = ..., digits: int = ..., names: Names = ...
) -> Explanations: ...
def explain(loss: Value | Graph, wrt: Any = None, *, paths: int = 12, digits: int = 6, names: Names = None) -> Any:
    r"""The chain rule for d(loss)/d(wrt):  Σ over paths of Π over edges of the local derivatives.

    Args:
        loss: the node to explain, the result of a computation, or a Graph with this one root.
        wrt: "with respect to": a node that `loss` was computed from; or several, as a list or a module. Without it, all
            leaves that are trained: the parameters.
        paths: up to so many paths are written one by one; more are merged: the sum is then written node by
            node, as `backward()` computes it.
        digits: significant digits of the numbers written.
        names: names for nodes without a label, instead of those of the variables that hold them: a mapping from name
            to Value, or pairs, as `model.named_parameters()`.

    `explain_layers` explains a whole network in matrices. Nodes of other classes may stand for Values, see
    `autograd.adapt`.

    Returns an `Explanation`, or for several nodes `Explanations`, a sequence of them. Show it with `print`, or as the
    last line of a cell in Jupyter. Nothing in the graph is changed, and `backward()` need not have been called. Raises
    TypeError where an argument is no Value, ValueError where there is nothing to explain the loss by.

    >>> w, x = Value(2.0, "w"), Value(-1.0, "x")
    >>> explanation = explain((w * x).tanh(), wrt=w)
    >>> explanation.number_of_paths, round(explanation.total, 4)
    (1, -0.0707)
    """
    if isinstance(wrt, (list, tuple)) or is_node(wrt):
        asked, single = list(wrt) if isinstance(wrt, (list, tuple)) else [wrt], is_node(wrt)
    elif hasattr(wrt, "named_parameters"):
        pairs = list(wrt.named_parameters())
        names, asked, single = pairs if names is None else names, [parameter for _, parameter in pairs], False
    else:
        asked, single = [] if wrt is None else [wrt], False
    for node in asked:
        _check_node("wrt", node)
    graph = as_graph("explain", loss, names, wanted="a Value or a Graph")
    below = list(graph.parameters) if wrt is None else graph.reading.values(asked)
    if not below:
        raise ValueError(
            "there is nothing to explain this node by: it was computed from no leaf that is trained, only from "
            "constants or frozen leaves. Make the parameters Values, as w = Value(0.5), or say by which node: "
            "explain(y, wrt=x)"
        )
    called = graph.names_of([*graph.nodes, *below])
    if single:
        return Explanation(graph, below[0], paths=paths, digits=digits, names=called)
    return Explanations(graph, below, paths=paths, digits=digits, names=called)


def _check_node(name: str, node: Any) -> None:
    if not is_node(node):
        raise TypeError(
            f"{name} is a node of the graph, a Value, got {type(node).__name__} {node!r:.60}{why_no_node(node)}"
        )
