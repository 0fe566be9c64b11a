"""The doctor's checks of a graph: numbers, parameters and their gradients, neurons, rules.

Each check is one function from the `Case` to its findings. Entry point: `CHECKS`, which lists them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from .. import operations as ops
from ..interop import UNKNOWN
from ..operations import Operation
from ..sweeps import recorded_gradient
from ..value import Value
from ..weighted_sums import SQUASHING, Activations
from .case import Case, Finding, close, multiple
from .differences import Difference, moving

# --- numbers that are not finite ---------------------------------------------------------------------------

_ADVICE = {
    "log": "log needs a number above 0: keep its input away from 0, or take a loss that works on logits.",
    "log1p": "log1p needs a number above -1.",
    "divide": "A division by 0: keep the denominator away from 0.",
    "sqrt": "sqrt needs a number above 0, and its slope at 0 is infinite: add a small number inside.",
    "exp": "exp overflows above 709: use logsumexp, softplus or sigmoid, which do not.",
    "power": "A power of 0 or of a negative number may have no value or no slope.",
    "power_of_constant": "A power of 0 or of a negative number may have no value or no slope.",
    "multiply": "0 times inf is nan, and a product of large numbers overflows.",
}


def not_finite(case: Case) -> Iterator[Finding]:
    """The first inf or nan, in the forward pass or else in the backward pass."""
    node = next((n for n in case.graph if not n.is_constant and not math.isfinite(n.data)), None)
    if node is not None and node.op is None:
        yield Finding(
            "infinite or nan",
            f"{case.name(node)} is {node.data} and enters the computation so: look where this number comes from.",
            (node,),
        )
    elif node is not None and node.op is not None:
        inputs = ", ".join(f"{case.name(p)} = {p.data!r}" if p.label else repr(p.data) for p in node.parents[:4])
        yield Finding(
            "infinite or nan",
            f"the first number that is not finite is {node.data}: {node.op.name} gave it from {inputs}"
            f"{case.at(node)}. {_ADVICE.get(node.op.name, 'Everything computed from it is spoilt too.')}",
            (node,),
        )
    else:
        yield from _gradient_not_finite(case)


def _gradient_not_finite(case: Case) -> Iterator[Finding]:
    for node in reversed(case.graph.nodes):
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            up = case.upstream[node]
            lost = math.isfinite(up) and not math.isfinite(local * up)
            if lost and local is not UNKNOWN and not parent.is_constant:
                assert node.op is not None
                yield Finding(
                    "infinite or nan",
                    f"all numbers are finite, but in the backward pass {node.op.name} sends {local * up} to "
                    f"{case.name(parent)} = {parent.data!r}: its local derivative there is {local}"
                    f"{case.at(node)}. {_ADVICE.get(node.op.name, '')}".rstrip(),
                    (node,),
                )
                return


# --- parameters and their gradients ---------------------------------------------------------------------------


def not_connected(case: Case) -> Iterator[Finding]:
    """Parameters from which no path leads to the loss, and losses computed from no Value at all."""
    if all(node.is_constant or node is case.loss for node in case.graph):
        yield Finding(
            "not connected",
            f"{case.name(case.loss)} was not computed from any Value, so there is nothing to differentiate: look "
            "for .data, float() or no_grad() on the way to it.",
            (case.loss,),
        )
    computed = [p for p in case.parameters or () if p.op is not None]
    if computed:
        yield Finding(
            "not connected",
            f"{case.listed(computed)} should be a parameter but was itself computed{case.at(computed[0])}. An "
            "update such as `w = w - lr * w.grad` makes a new node; write `w.data -= lr * w.grad`.",
            tuple(computed),
        )
    missing = [p for p in case.missing if p.op is None and p.requires_grad]
    if missing:
        yield Finding(
            "not connected",
            f"no path leads from {case.listed(missing)} to the loss: it was not used, or its .data was used in its "
            "place. It gets no gradient and will not learn.",
            tuple(missing),
        )


def all_frozen(case: Case) -> Iterator[Finding]:
    """A loss that nothing can be trained by."""
    leaves = [node for node in case.graph if node.op is None and not node.is_constant]
    if leaves and not any(leaf.requires_grad for leaf in leaves):
        yield Finding(
            "frozen",
            f"every leaf below the loss is frozen, {case.listed(leaves)}: backward() has no gradient to compute. "
            "Set `requires_grad = True` on those to train, or call unfreeze() of the model.",
            tuple(leaves),
        )


def stale_gradient(case: Case) -> Iterator[Finding]:
    """Leaves whose .grad is not the gradient of this loss, though a backward pass came from it.

    Before that, what an earlier pass has left does no harm, as zero_grad() may come yet.
    """
    if not case.after_backward:
        return
    seed = recorded_gradient(case.loss) or 1.0
    right = {leaf: seed * case.upstream[leaf] for leaf in case.leaves if leaf.requires_grad}
    grads = {leaf: recorded_gradient(leaf) or 0.0 for leaf in right}
    wrong = [leaf for leaf, grad in grads.items() if grad and not close(grad, right[leaf])]
    if not wrong:
        return
    leaf = wrong[0]
    times = {multiple(grads[each], right[each]) for each in wrong}
    numbers = f"{case.name(leaf)}.grad is {grads[leaf]:.6g}, the gradient is {right[leaf]:.6g}"
    who = f"{case.listed(wrong)}{'.grad' if len(wrong) == 1 else ' hold in .grad'}"
    holds = " holds" if len(wrong) == 1 else ""
    k = times.pop() if len(times) == 1 else None
    if k is not None:
        what = f"{k} times the gradient of this loss, as after {k} calls of backward()"
    else:
        what = "something else than the gradient of this loss: an earlier gradient is still in it, or another loss's"
    yield Finding(
        "stale gradient",
        f"{who}{holds} {what} ({numbers}). backward() adds to what is there: call zero_grad() before it, unless you "
        "add up on purpose.",
        tuple(wrong),
    )


def data_changed(case: Case) -> Iterator[Finding]:
    """Nodes whose number does not follow from their parents' numbers, or did not when backward() came."""
    changed = {node for node in case.graph if node.op is not None and not _up_to_date(node, case)}
    if not changed:
        return
    suspects: dict[Value, None] = {}
    for node in reversed(case.graph.nodes):
        if node in changed and node not in suspects:
            suspects.update(dict.fromkeys(_suspects(node, changed, case)))
    first = next(node for node in case.graph if node in changed)
    assert first.op is not None
    now = first.op.forward(*[case.number(parent) for parent in first.parents])
    was = f"{case.name(first)} was computed as {first.data:.6g}"
    then = "then" if case.after_backward else "now"
    became = f"would be {now:.6g} {then}" if now != first.data else f"would have another slope {then}"
    who = [node for node in case.graph if node in suspects]
    number = "number was" if len(who) == 1 else "numbers were"
    yield Finding(
        "data changed",
        f"after the forward pass{' and before backward()' * case.after_backward} the {number} changed of "
        f"{case.listed(who)}: {was} and {became}{case.at(first)}. backward() "
        f"{'used' if case.after_backward else 'still uses'} the old local derivatives: compute the loss anew before "
        "each backward().",
        tuple(who),
    )


def _up_to_date(node: Value, case: Case) -> bool:
    assert node.op is not None
    xs = [case.number(parent) for parent in node.parents]
    y = node.op.forward(*xs)
    recomputed = (y, *node.op.derivatives(y, *xs))
    return all(_same(a, b) for a, b in zip(recomputed, (node.data, *node.local_derivatives), strict=True))


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _suspects(node: Value, changed: set[Value], case: Case) -> list[Value]:
    """Who can have been assigned to, if `node` does not fit its parents: a leaf, or else a node in between."""
    possible = []
    for i, parent in enumerate(node.parents):
        # A product remembers each factor, as the local derivative by the other one.
        innocent = node.op is ops.multiply and _same(node.local_derivatives[1 - i], case.number(parent))
        if not innocent and not parent.is_constant and all(child in changed for child, _ in case.graph.uses(parent)):
            possible.append(parent)
    leaves = [parent for parent in possible if parent.op is None]
    return leaves or [parent for parent in possible if parent in changed] or [node]


# --- neurons ---------------------------------------------------------------------------------------------------------


def dead_relu(case: Case) -> Iterator[Finding]:
    """Relus that are off for every sample. For a single sample some are always off: then only whole layers count."""
    relus = [neuron for neuron in case.neurons if neuron.operation is ops.relu]
    for layer in sorted({neuron.layer for neuron in relus}):
        row = [neuron for neuron in relus if neuron.layer == layer]
        off = [neuron for neuron in row if all(node.local_derivatives == (0.0,) for node in neuron.nodes)]
        samples = len(off[0].nodes) if off else 0
        if not off or (samples == 1 and len(off) < len(row)):
            continue
        who = "the relu" if len(row) == 1 else f"{len(off)} of the {len(row)} relus of layer {layer}"
        for_all = f"for each of the {samples} samples" if samples > 1 else "for this sample"
        yield Finding(
            "dead relu",
            f"{who} gave 0 {for_all}, {_belongs(case, off)}{case.at(off[0].nodes[0])}. There the slope is 0, so "
            "no gradient reaches the weights before it and they stop learning. A smaller learning rate, inputs of size "
            "1 and the initialization 'he' help.",
            tuple(neuron.nodes[0] for neuron in off),
        )


def _belongs(case: Case, neurons: Sequence[Activations]) -> str:
    which = "neuron" if len(neurons) == 1 else "neurons"
    return f"in the {which} with {case.listed([neuron.parameter for neuron in neurons])}"


SLOPE = 1e-3  # of a saturated sigmoid (beyond ±6.9) or tanh (beyond ±4.1)
DEMAND = 1e-2  # a gradient from above that asks for a change


def saturated(case: Case) -> Iterator[Finding]:
    """Sigmoids and tanhs at their flat ends for every sample, while a gradient from above asks for a change.

    An output that is flat because it is right is no finding, nor one whose loss makes up for the flatness, as
    the cross-entropy does. For a single sample only whole layers count, as for relus.
    """
    squashing = [neuron for neuron in case.neurons if neuron.operation in SQUASHING]
    moving = {neuron.layer for neuron in squashing if not _stuck(neuron, case)}
    stuck = [
        neuron for neuron in squashing if _stuck(neuron, case) and (len(neuron.nodes) > 1 or neuron.layer not in moving)
    ]
    if not stuck:
        return
    node = stuck[0].nodes[0]
    assert node.op is not None
    (slope,) = node.local_derivatives
    yield Finding(
        "saturated",
        f"{len(stuck)} {node.op.name}{'s are' if len(stuck) > 1 else ' is'} saturated {_belongs(case, stuck)}: "
        f"{node.op.name}({node.parents[0].data:.4g}) = {node.data:.6g} is so flat that its slope, {slope:.2g}, lets "
        f"hardly any gradient through{case.at(node)}. Start with smaller weights or scale the inputs; for an output "
        "use the cross-entropy.",
        tuple(neuron.nodes[0] for neuron in stuck),
    )


def _stuck(neuron: Activations, case: Case) -> bool:
    n = len(neuron.nodes)  # an average divides the gradient of each sample by their number
    slopes = [node.local_derivatives[0] for node in neuron.nodes]
    demands = [abs(case.upstream[node]) * n for node in neuron.nodes]
    passed = [slope * demand for slope, demand in zip(slopes, demands, strict=True)]
    return max(slopes) < SLOPE and max(demands) > DEMAND and max(passed) < DEMAND


RATIO = 1e-3  # between the first layer and the last
HUGE = 1e6


def vanishing_or_exploding(case: Case) -> Iterator[Finding]:
    """Gradients of the pre-activations that shrink or grow from the last layer to the first."""
    sizes: dict[int, list[float]] = {}
    for neuron in case.neurons:
        sizes.setdefault(neuron.layer, []).extend(case.upstream[node.parents[0]] for node in neuron.nodes)
    layers = sorted(sizes)
    typical = [_root_mean_square(sizes[layer]) for layer in layers]
    if len(layers) > 1 and all(math.isfinite(x) and x > 0 for x in typical):
        ratio = typical[0] / typical[-1]
        nodes = tuple(neuron.nodes[0] for neuron in case.neurons if neuron.layer == layers[0])
        numbers = ", ".join(f"{layer}: {x:.2g}" for layer, x in zip(layers, typical, strict=True))
        if ratio < RATIO:
            yield Finding(
                "vanishing gradient",
                f"from the last layer to the first the gradient shrinks to {ratio:.1g} of its size (typical size by "
                f"layer, {numbers}): the first layers hardly learn. Every layer multiplies by its slopes and weights; "
                "use relu or tanh with the initialization 'he' or 'xavier', or fewer layers.",
                nodes,
            )
            return
        if ratio > 1 / RATIO:
            yield Finding(
                "exploding gradient",
                f"from the last layer to the first the gradient grows {ratio:.1g}-fold (typical size by layer, "
                f"{numbers}): one step throws the first weights far off. Start with smaller weights, or clip the "
                "gradient.",
                nodes,
            )
            return
    huge = [leaf for leaf in case.leaves if HUGE < abs(case.upstream[leaf]) < math.inf]
    if huge:
        yield Finding(
            "exploding gradient",
            f"the gradient of {case.listed(huge)} is huge, {case.upstream[huge[0]]:.2g}: one step throws it far "
            "off. Scale inputs and targets to size 1, start with smaller weights, or clip the gradient.",
            tuple(huge),
        )


def _root_mean_square(xs: Sequence[float]) -> float:
    return math.hypot(*xs) / math.sqrt(len(xs))


# --- wrong rules ----------------------------------------------------------------------------------------------


TOLERANCE = 1e-3  # relative, of a slope


def wrong_rule(case: Case) -> Iterator[Finding]:
    """Operations whose derivative rule does not agree with the slope measured at a node."""
    reported: set[Operation] = set()
    for node in case.graph:
        if node.op is None or node.op in reported:
            continue
        for i in _positions(node):
            xs = [parent.data for parent in node.parents]
            center = node.op.forward(*xs)
            claimed = node.op.derivatives(center, *xs)[i]
            try:
                difference = Difference(moving(node.op, xs, i), xs[i], center)
                slope, verdict, _ = difference.judge(claimed, None, "central", TOLERANCE)
            except (ArithmeticError, ValueError):  # of an operation that raises at the end of its domain
                continue
            if verdict != "wrong":
                continue
            reported.add(node.op)
            which = "" if len(xs) == 1 else f" by input number {i + 1}"
            yield Finding(
                "wrong rule",
                f"the derivative rule of {node.op.name} gives {claimed:.6g}{which} at "
                f"{', '.join(f'{x:.6g}' for x in xs[:4])}, but nudging that input shows a slope of {slope:.6g}"
                f"{case.at(node)}: correct the rule that was given to autograd.operation({node.op.name!r}, …).",
                (node,),
            )
            break


def _positions(node: Value) -> list[int]:
    # A number that stands in the expression is no variable. Of many inputs, some: each costs a forward pass.
    free = [i for i, parent in enumerate(node.parents) if not parent.is_constant and math.isfinite(parent.data)]
    return free if len(free) <= 8 else [*free[:4], free[-1]]


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    not_finite,
    not_connected,
    all_frozen,
    data_changed,
    stale_gradient,
    dead_relu,
    saturated,
    vanishing_or_exploding,
    wrong_rule,
)
