"""What `doctor` looks for in a graph of another class: its own rules, and the gradients its backward pass left.

Here the class is the patient, as much as the loss is: a student's first `Value` has other illnesses than a network.
Each check is one function from the patient to its findings. Entry point: `FOREIGN_CHECKS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .diagnosis import (
    Finding,
    _multiple,
    _Patient,
    dead_relu,
    not_connected,
    not_finite,
    saturated,
    vanishing_or_exploding,
)
from .foreign import UNKNOWN, ForeignOperation, nearly
from .formulas import Symbol, derivatives, text
from .value import Value


def _symbol(node: Value) -> str:
    """How the class itself calls the operation."""
    assert node.op is not None
    return node._op


def data_changed(patient: _Patient) -> Iterator[Finding]:
    """Numbers that do not follow from those of the parents."""
    changed = [node for node in patient.order if node in patient.reading.doubtful]
    if not changed:
        return
    node = changed[0]
    xs = [parent.data for parent in node.parents]
    operation = patient.reading.doubtful[node]
    now = f"now gives {operation.forward(*xs):.6g}" if operation.arity in (None, len(xs)) else "does not give that"
    yield Finding(
        "data changed",
        f"{_symbol(node)!r} of {', '.join(f'{x:.6g}' for x in xs[:4])} is recorded as {node.data:.6g}, but "
        f"{operation.name} {now}: either a .data was changed after the forward pass (compute the loss anew first; "
        "right after an update of the parameters that is as it should be), or the class computes something else under "
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


def own_rules(patient: _Patient) -> Iterator[Finding]:
    """Backward rules of the class that are wrong, each kind of mistake once for an operation."""
    found: dict[tuple[str, str], Value] = {}
    for node, fault in patient.reading.faults.items():
        found.setdefault((fault.kind, _symbol(node)), node)
    for kind in dict.fromkeys(kind for kind, _ in found):
        nodes = [node for (each, _), node in found.items() if each == kind]
        detail = patient.reading.faults[nodes[0]].detail
        if kind == "raises":
            sentence = f"raised {detail}. Called on trial, it should add to the gradient of each parent."
        elif kind == "count":
            sentence = f"has local derivatives of another number than parents: {detail}."
        else:
            sentence = _FAULTS[kind]
        yield Finding("wrong rule", f"the backward rule of {_symbols(nodes)} {sentence}", tuple(nodes))
    seen = {symbol for _, symbol in found}
    for node in patient.order:
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


def unknown_rule(patient: _Patient) -> Iterator[Finding]:
    """Operations of which no local derivative could be found."""
    foreign = [node for node in patient.order if isinstance(node.op, ForeignOperation)]
    foreign = [node for node in foreign if node not in patient.reading.faults and node not in patient.reading.doubtful]
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


def _with_number(patient: _Patient, node: Value) -> str:
    return f"{patient.name(node)} = {node.data:.6g}" if node.label or node.op else patient.name(node)


def own_gradients(patient: _Patient) -> Iterator[Finding]:
    """Gradients that the class's backward pass left, where they are not those of this graph: the first of them."""
    if not patient.loss.has_grad or patient.reading.doubtful:  # then the gradients belong to other numbers
        return
    right = patient.upstream
    own = [node for node in patient.order if patient.reading.foreign(node) is not None]
    if not patient.loss.grad:  # no backward pass has come to this result: what is there is of another one
        own = [node for node in own if node.grad]
    wrong = [node for node in reversed(own) if right[node] == right[node] and not nearly(node.grad, right[node])]
    if not wrong:
        return
    node = wrong[0]
    what = _with_number(patient, node)
    numbers = f"its .grad is {node.grad:.6g}, the gradient is {right[node]:.6g}"
    edges = patient.edges_up[node]
    shares = [child.local_derivatives[i] * child.grad for child, i in edges]
    one_share = len(edges) > 1 and any(nearly(node.grad, share) for share in shares)
    # Gradients of a pass before: those next to the result hold too much, or, where the class zeroes the nodes in
    # between by itself, all leaves hold the same multiple.
    next_to_result = bool(edges) and all(child is patient.loss for child, _ in edges)
    times = {_multiple(each.grad, right[each]) if each.op is None else None for each in wrong}
    early = not patient.loss.grad
    if early or (node.grad and not one_share and (next_to_result or (len(times) == 1 and None not in times))):
        yield Finding(
            "stale gradient",
            f"at {what} an earlier gradient is still in it: {numbers}. A backward pass adds to what is there: set the "
            "gradient of every node of the graph to 0 before it, also of those in between.",
            tuple(wrong),
        )
        return
    if node is patient.loss:
        why = "a backward pass starts by setting the gradient of the result itself to 1."
    elif one_share:
        why = (
            f"it is used {len(edges)} times, and only one of the shares {', '.join(f'{s:.6g}' for s in shares[:4])} is "
            "there: the others were overwritten. Shares add up: write `+=`, not `=`."
        )
    elif not node.grad:
        why = "nothing has come to it: the backward pass did not reach it, or reached it before there was something."
    elif any(len(patient.edges_up[child]) > 1 for child, _ in edges):
        child = next(child for child, _ in edges if len(patient.edges_up[child]) > 1)
        yield Finding(
            "wrong order",
            f"the first wrong gradient, seen from the result, is that of {what}: {numbers}. Above it, "
            f"{_with_number(patient, child)} is used {len(patient.edges_up[child])} times, and has sent its "
            "gradient on before all shares had come, or more than once. Go through a topological order backwards, each "
            "node once.",
            (node, child),
        )
        return
    else:
        why = f"from above come {' + '.join(f'{s:.6g}' for s in shares[:4])}."
    yield Finding(
        "wrong gradient",
        f"the first wrong gradient, seen from the result, is that of {what}: {numbers}; {why}",
        (node,),
    )


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
