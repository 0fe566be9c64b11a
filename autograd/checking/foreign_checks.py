"""What `doctor` looks for in a graph of another class: its own rules, and the gradients its backward pass left.

Here the class is the patient, as much as the loss is: a student's first `Value` has other illnesses than a network.
Each check is one function from the case to its findings. Entry point: `FOREIGN_CHECKS`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from ..interop.access import UNKNOWN
from ..interop.recognition import ForeignOperation, nearly
from ..symbolic.symbols import Symbol, derivatives, text
from ..value import Value
from .case import Case, Finding, multiple
from .checks import dead_relu, not_connected, not_finite, saturated, vanishing_or_exploding


def _symbol(node: Value) -> str:
    """How the class itself calls the operation."""
    assert node.op is not None
    return node._op


def data_changed(case: Case) -> Iterator[Finding]:
    """Numbers that do not follow from those of the parents."""
    changed = [node for node in case.graph if node in case.graph.reading.doubtful]
    if not changed:
        return
    node = changed[0]
    xs = [parent.data for parent in node.parents]
    operation = case.graph.reading.doubtful[node]
    now = f"now gives {operation.forward(*xs):.6g}" if operation.arity in (None, len(xs)) else "does not give that"
    yield Finding(
        "data changed",
        f"{_symbol(node)!r} of {', '.join(f'{x:.6g}' for x in xs[:4])} is recorded as {node.data:.6g}, but "
        f"{operation.name} {now}: either a .data was changed after the forward pass (compute the loss anew first; "
        "right after an update of the parameters this is expected), or the class computes something else under "
        "this name.",
        tuple(changed),
    )


def _symbols(nodes: Iterable[Value]) -> str:
    return ", ".join(dict.fromkeys(repr(_symbol(node)) for node in nodes))


_FAULTS = {
    "assigns": "replaces the gradient of its parents where it should add to it: write `+=`, not `=`. A node that is "
    "used twice would keep only the last share.",
    "assigns, and ignores grad": "replaces the gradient of its parents where it should add to it, and leaves out the "
    "node's own gradient: write `parent.grad += local_derivative * out.grad`.",
    "ignores grad": "sends the same whatever the node's own gradient is: the factor `out.grad` of the chain rule is "
    "missing.",
}


def own_rules(case: Case) -> Iterator[Finding]:
    """Backward rules of the class that are wrong, each kind of mistake once for an operation."""
    found: dict[tuple[str, str], Value] = {}
    for node, fault in case.graph.reading.faults.items():
        found.setdefault((fault.kind, _symbol(node)), node)
    for kind in dict.fromkeys(kind for kind, _ in found):
        nodes = [node for (each, _), node in found.items() if each == kind]
        detail = case.graph.reading.faults[nodes[0]].detail
        if kind == "raises":
            sentence = f"raised {detail}. Called as a probe, it should add to the gradient of each parent."
        elif kind == "endless":
            sentence = f"does not end: it was stopped after {detail} lines. Look for a loop whose condition stays true."
        elif kind == "count":
            sentence = f"has local derivatives of another number than parents: {detail}."
        else:
            sentence = _FAULTS[kind]
        yield Finding("wrong rule", f"the backward rule of {_symbols(nodes)} {sentence}", tuple(nodes))
    seen = {symbol for _, symbol in found}
    for node in case.graph:
        if node.op is None or _symbol(node) in seen or isinstance(node.op, ForeignOperation):
            continue
        sentence = _wrong_derivative(node)
        if sentence:
            seen.add(_symbol(node))
            yield Finding("wrong rule", sentence, (node,))


def _wrong_derivative(node: Value) -> str:
    """What is wrong with the local derivatives of a node, "" where they are those of the table."""
    assert node.op is not None
    xs = [parent.data for parent in node.parents]
    letters = {1: ["x"], 2: ["a", "b"]}.get(len(xs), [f"x{i + 1}" for i in range(len(xs))])
    names = [Symbol(letter) for letter in letters]
    inputs: list[Any] = [p.data if p.is_constant else n for p, n in zip(node.parents, names, strict=True)]
    formulas = derivatives(node.op, Symbol("y"), inputs)
    for i, right in enumerate(node.op.derivatives(node.data, *xs)):
        has = node.local_derivatives[i]
        if node.parents[i].is_constant or nearly(has, right):
            continue
        at = ", ".join(f"{letter} = {x:.6g}" for letter, x in zip(letters[:4], xs, strict=False))
        expected = f"∂y/∂{letters[i]} = {text(formulas[i])} = {right:.6g}"
        if has == 0:
            what = f"sends nothing to its parent {letters[i]}"
        elif nearly(has, -right):
            what = f"has the wrong sign, {has:.6g}"
        else:
            what = f"gives {has:.6g}"
        return f"the backward rule of y = {_symbol(node)!r} {what} at {at}; it should be {expected}."
    return ""


def unknown_rule(case: Case) -> Iterator[Finding]:
    """Operations of which no local derivative could be found."""
    foreign = [node for node in case.graph if isinstance(node.op, ForeignOperation)]
    foreign = [
        node for node in foreign if node not in case.graph.reading.faults and node not in case.graph.reading.doubtful
    ]
    unknown = [node for node in foreign if any(d is UNKNOWN for d in node.local_derivatives)]
    silent = [node for node in foreign if not any(node.local_derivatives)]
    if unknown:
        yield Finding(
            "unknown rule",
            f"of {_symbols(unknown)} no local derivative is known: the class gives none and has no `_backward` to try, "
            "and the table of operations does not know it. What lies below it could not be checked.",
            tuple(unknown),
        )
    if silent:
        yield Finding(
            "unknown rule",
            f"{_symbols(silent)} sends nothing to its parents here. The table of operations does not know it, so "
            "whether that is right could not be checked; perhaps its `_backward` is still to be written.",
            tuple(silent),
        )


def _with_number(case: Case, node: Value) -> str:
    return f"{case.name(node)} = {node.data:.6g}" if node.label or node.op else case.name(node)


def own_gradients(case: Case) -> Iterator[Finding]:
    """Gradients that the class's backward pass left, where they are not those of this graph: the first of them."""
    if not case.loss.has_grad or case.graph.reading.doubtful:  # then the gradients belong to other numbers
        return
    wrong = _wrong_gradients(case)
    if not wrong:
        return
    node = wrong[0]
    what = _with_number(case, node)
    numbers = f"its .grad is {node.grad:.6g}, the gradient is {case.upstream[node]:.6g}"
    if _is_stale(case, wrong):
        yield Finding(
            "stale gradient",
            f"at {what} an earlier gradient is still in it: {numbers}. A backward pass adds to what is there: set the "
            "gradient of every node of the graph to 0 before it, also of those in between.",
            tuple(wrong),
        )
        return
    kind, why = _cause(case, node)
    first = f"the first wrong gradient, seen from the result, is that of {what}: {numbers}"
    yield Finding(kind, f"{first}; {why}", (node,))


def _wrong_gradients(case: Case) -> list[Value]:
    """The foreign nodes with a gradient that is not d(loss)/d(node), from the loss on."""
    right = case.upstream
    size = dict.fromkeys(case.graph, 0.0)  # of what adds up to a gradient: where it cancels, rounding stays
    size[case.loss] = 1.0
    for node in reversed(case.graph.nodes):
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            size[parent] += abs(local) * size[node]
    wrong = []
    for node in reversed(case.graph.nodes):
        close = nearly(node.grad, right[node]) or abs(node.grad - right[node]) <= 1e-9 * size[node]
        if case.graph.reading.foreign(node) is not None and not math.isnan(right[node]) and not close:
            wrong.append(node)
    if case.loss.grad:
        return wrong
    return [node for node in wrong if node.grad]  # no backward pass has come to this result, but to another one


def _is_stale(case: Case, wrong: list[Value]) -> bool:
    """Whether the gradients look like those of more than one pass."""
    node = wrong[0]
    if not case.loss.grad:
        return True
    if not node.grad or _is_one_share(case, node):
        return False
    # The nodes next to the result hold too much; or, where the class zeroes the nodes in between by itself, all
    # leaves hold the same multiple.
    next_to_result = node is not case.loss and all(child is case.loss for child, _ in case.graph.uses(node))
    times = {multiple(each.grad, case.upstream[each]) if each.op is None else None for each in wrong}
    return next_to_result or (len(times) == 1 and None not in times)


def _shares(case: Case, node: Value) -> list[float]:
    return [child.local_derivatives[i] * child.grad for child, i in case.graph.uses(node)]


def _is_one_share(case: Case, node: Value) -> bool:
    shares = _shares(case, node)
    return len(shares) > 1 and any(nearly(node.grad, share) for share in shares)


def _cause(case: Case, node: Value) -> tuple[str, str]:
    """What kind of mistake it is, and a clause that says why; the gradients above the node are right."""
    shares = ", ".join(f"{share:.6g}" for share in _shares(case, node)[:4])
    if node is case.loss:
        why = "a backward pass sets the gradient of the result itself to 1: it did not, or began elsewhere."
    elif _is_one_share(case, node):
        why = (
            f"it is used {len(case.graph.uses(node))} times, and only one of the shares {shares} is there: the others "
            "were overwritten. Shares add up: write `+=`, not `=`."
        )
    elif not node.grad:
        why = "nothing has come to it: the backward pass did not reach it, or came too early."
    else:
        shared = next((child for child, _ in case.graph.uses(node) if len(case.graph.uses(child)) > 1), None)
        if shared is not None:
            return (
                "wrong order",
                f"above it, {_with_number(case, shared)} is used {len(case.graph.uses(shared))} times, and "
                "sent its gradient on before all shares had come, or more than once. Go through a topological order "
                "backwards, each node once.",
            )
        why = f"its shares are {shares}."
    return "wrong gradient", why


FOREIGN_CHECKS = (
    not_finite,
    not_connected,
    data_changed,
    own_rules,
    unknown_rule,
    own_gradients,
    dead_relu,
    saturated,
    vanishing_or_exploding,
)
