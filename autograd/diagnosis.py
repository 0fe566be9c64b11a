"""What is wrong with this graph? `doctor` looks at a loss and says what it finds, in sentences.

>>> from autograd import Value
>>> w = Value(3.0, "w")
>>> loss = w * w
>>> loss.backward()
>>> loss.backward()
>>> print(doctor(loss))
1 finding.
<BLANKLINE>
1. stale gradient: w.grad holds 2 times the gradient of this loss, as after 2 calls of backward() (w.grad is 12, the
   gradient is 6). backward() adds to what is there: call zero_grad() before it, unless you add up on purpose.

Only what does harm is a finding: after zero_grad(), backward() and step() all is well, although the numbers of the
parameters are no longer those of the loss. Nothing is changed by looking: no `.grad`, no `.data`.

Each check is one function from the `_Patient` to its findings; `CHECKS` lists them. Entry points: `doctor`, and
the `Diagnosis` it returns.
"""

from __future__ import annotations

import html
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from . import operations as ops
from .foreign import UNKNOWN, Reading, is_node, why_no_node
from .graph import topological_order
from .modes import recording, users_frame
from .naming import find_names
from .operations import Operation
from .passes import edges_upward, gradients, recorded_gradient
from .value import Value

Nodes = Sequence[Value]


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong: what `kind`, at which `node` (the first of `nodes`), and a `sentence` about it."""

    kind: str
    sentence: str
    nodes: tuple[Value, ...]

    @property
    def node(self) -> Value:
        return self.nodes[0]

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence}"


class Diagnosis(Sequence[Finding]):
    """The findings of `doctor`, in order; `ok` where there are none.

    It has no truth value: `assert doctor(loss)` asks "is it well?", `if doctor(loss):` "is there something?". Write
    `assert doctor(loss).ok`, and `for finding in doctor(loss):`.
    """

    def __init__(self, findings: Iterable[Finding], examined: str = "", notes: Iterable[str] = ()) -> None:
        self._findings = tuple(findings)
        self._examined = examined
        self._notes = tuple(f"({note})" for note in notes)

    @property
    def ok(self) -> bool:
        return not self._findings

    @property
    def kinds(self) -> list[str]:
        """The kind of each finding."""
        return [finding.kind for finding in self]

    def __len__(self) -> int:
        return len(self._findings)

    def __getitem__(self, i: Any) -> Any:
        return self._findings[i]

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a diagnosis is ambiguous, as it could mean that all is well or that something was found: ask "
            "doctor(…).ok, or len(doctor(…))"
        )

    def __str__(self) -> str:
        lines = [self._summary()]
        for i, finding in enumerate(self, 1):
            lines += ["", textwrap.fill(f"{i}. {finding}", 118, subsequent_indent="   ", break_long_words=False)]
        for note in self._notes:
            lines += ["", textwrap.fill(note, 118, break_long_words=False)]
        return "\n".join(lines)

    def _summary(self) -> str:
        if self.ok:
            return f"Nothing found in {self._examined}."
        return f"{len(self)} finding{'s' if len(self) > 1 else ''}."

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """In a notebook, sentences that the page wraps."""
        items = "".join(f"<li><b>{html.escape(f.kind)}</b>: {_with_code(f.sentence)}</li>" for f in self)
        found = f"<p>{html.escape(self._summary())}</p>" if self.ok else f"<ol>{items}</ol>"
        return found + "".join(f"<p>{_with_code(note)}</p>" for note in self._notes)


def _with_code(sentence: str) -> str:
    return re.sub("`(.*?)`", r"<code>\1</code>", html.escape(sentence))


def doctor(loss: Any, parameters: Any = None) -> Diagnosis:
    """Look for what commonly goes wrong in the graph of `loss`.

    It finds stale gradients, data changed after the forward pass, parameters that are not connected, dead
    relus, saturated sigmoids, vanishing and exploding gradients, the first number that is not finite, and
    derivative rules that are wrong.

    Of a class of others (see `autograd.adapt`) it looks at the rules and the gradients themselves: a `_backward` with
    `=` for `+=`, a forgotten factor, a missing case, a backward pass in the wrong order.

    Args:
        loss: the node to start from.
        parameters: what you train: a list of Values, or a model with `named_parameters()`, whose names the
            sentences then use. Without it all leaves are looked at, but what is missing can not be noticed.

    Returns a `Diagnosis`: a sequence of `Finding`s that prints well. Nothing is changed. Raises TypeError
    where an argument is no Value.

    >>> w, b = Value(0.0, "w"), Value(1.0, "b")
    >>> doctor(w.sqrt() + 1, parameters=[w, b]).kinds
    ['infinite or nan', 'not connected']
    """
    checks = CHECKS
    if not isinstance(loss, Value):
        if not is_node(loss):
            raise TypeError(
                f"doctor looks at a node, a Value, got {type(loss).__name__} {loss!r:.60}{why_no_node(loss)}"
            )
        from .foreign.diagnosis import FOREIGN_CHECKS

        checks = FOREIGN_CHECKS
    patient = _Patient(loss, parameters)
    findings = [finding for check in checks for finding in check(patient)]
    n, m = len(patient.order), len(patient.leaves)
    examined = f"{n:,} node{'s' * (n != 1)} and {m:,} {'leaf or parameter' if m == 1 else 'leaves or parameters'}"
    computed = [f.node for f in findings if f.node.op is not None and patient.reading.foreign(f.node) is None]
    notes = []
    frozen = patient.frozen
    if frozen and "frozen" not in [f.kind for f in findings]:
        are = "is frozen: it gets" if len(frozen) == 1 else "are frozen: they get"
        notes.append(f"{patient.listed(frozen)} {are} no gradient, and optimizers do not move anything frozen.")
    if computed and not any(node.source for node in computed):
        notes.append("Build the graph inside `with autograd.record_source():`, and each finding names your line.")
    return Diagnosis(findings, examined, notes)


class _Patient:
    """What the checks look at; computed once."""

    def __init__(self, loss: Any, parameters: Any) -> None:
        self.reading = Reading()
        loss = self.reading.value(loss)
        # The numbers of the leaves when backward() came, None before; a compiled program computes anew from them.
        self.by_program = loss._backward_at == ()
        self.loss = loss = _computed_anew(loss) if self.by_program else loss
        self.order = topological_order(loss)
        at_leaves = zip([node for node in self.order if node.op is None], loss._backward_at or (), strict=False)
        self.after_backward = bool(loss._backward_at)
        self._at_backward = dict(at_leaves)
        self.names, given = _named(parameters, self.reading)
        self.parameters = given
        inside = set(self.order)
        self.missing = [p for p in given or () if p not in inside]
        trained = [p for p in given if p in inside] if given is not None else self.order
        self.leaves = [node for node in trained if node.op is None and not node.is_constant]
        self.frozen = [leaf for leaf in self.leaves if not leaf.requires_grad]
        self.upstream = gradients(loss, self.order)
        self.edges_up = edges_upward(self.order)
        self.neurons = _neurons(self)
        self.variables = find_names(users_frame(), [*self.leaves, *self.missing], known=self.reading.known).names

    def number(self, node: Value) -> float:
        """The number of the node now; of a leaf, if a backward pass came, its number at that time."""
        number: float = self._at_backward.get(node, node.data)
        return number

    def name(self, node: Value) -> str:
        """The name of a parameter, a label, or the variable that holds a leaf; else what made it."""
        name = self.names.get(node) or node.label
        if name:
            return name
        if node.is_constant:
            return f"the number {node.data:.6g}"
        if node.op is None:
            return self.variables.get(node) or f"a leaf without label ({node.data:.6g})"
        return f"a {node.op.name} node"

    def at(self, node: Value) -> str:
        """Where the node was made, to be put behind its name."""
        return f" (made at {node.source})" if node.source else ""

    def listed(self, nodes: Nodes) -> str:
        names = [self.name(node) for node in nodes[:4]]
        if len(nodes) > 4:
            return f"{', '.join(names)} and {len(nodes) - 4} more"
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _computed_anew(loss: Value) -> Value:
    """The loss from the present numbers of its leaves."""
    anew: dict[Value, Value] = {}
    with recording():
        for node in topological_order(loss):
            anew[node] = node if node.op is None else node.op(*[anew[parent] for parent in node.parents])
            if node.op is not None:
                anew[node].label, anew[node].source = node.label, node.source
    return anew[loss]


def _named(parameters: Any, reading: Reading) -> tuple[dict[Value, str], list[Value] | None]:
    if parameters is None:
        return {}, None
    if hasattr(parameters, "named_parameters"):
        names = {reading.value(parameter): name for name, parameter in parameters.named_parameters()}
        return names, list(names)
    listed = [parameters] if is_node(parameters) else list(parameters)
    for parameter in listed:
        if not is_node(parameter):
            raise TypeError(
                f"parameters are Values, as model.parameters() lists them, got {type(parameter).__name__} "
                f"{parameter!r:.60}"
            )
    return {}, reading.values(listed)


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


def not_finite(patient: _Patient) -> Iterator[Finding]:
    """The first inf or nan, in the forward pass or else in the backward pass."""
    node = next((n for n in patient.order if not n.is_constant and not math.isfinite(n.data)), None)
    if node is not None and node.op is None:
        yield Finding(
            "infinite or nan",
            f"{patient.name(node)} is {node.data} and enters the computation so: look where this number comes from.",
            (node,),
        )
    elif node is not None and node.op is not None:
        inputs = ", ".join(f"{patient.name(p)} = {p.data!r}" if p.label else repr(p.data) for p in node.parents[:4])
        yield Finding(
            "infinite or nan",
            f"the first number that is not finite is {node.data}: {node.op.name} gave it from {inputs}"
            f"{patient.at(node)}. {_ADVICE.get(node.op.name, 'Everything computed from it is spoilt too.')}",
            (node,),
        )
    else:
        yield from _gradient_not_finite(patient)


def _gradient_not_finite(patient: _Patient) -> Iterator[Finding]:
    for node in reversed(patient.order):
        for parent, local in zip(node.parents, node.local_derivatives, strict=True):
            up = patient.upstream[node]
            lost = math.isfinite(up) and not math.isfinite(local * up)
            if lost and local is not UNKNOWN and not parent.is_constant:
                assert node.op is not None
                yield Finding(
                    "infinite or nan",
                    f"all numbers are finite, but in the backward pass {node.op.name} sends {local * up} to "
                    f"{patient.name(parent)} = {parent.data!r}: its local derivative there is {local}"
                    f"{patient.at(node)}. {_ADVICE.get(node.op.name, '')}".rstrip(),
                    (node,),
                )
                return


# --- parameters and their gradients ---------------------------------------------------------------------------


def not_connected(patient: _Patient) -> Iterator[Finding]:
    """Parameters from which no path leads to the loss, and losses computed from no Value at all."""
    if all(node.is_constant or node is patient.loss for node in patient.order):
        yield Finding(
            "not connected",
            f"{patient.name(patient.loss)} was not computed from any Value, so there is nothing to differentiate: look "
            "for .data, float() or no_grad() on the way to it.",
            (patient.loss,),
        )
    computed = [p for p in patient.parameters or () if p.op is not None]
    if computed:
        yield Finding(
            "not connected",
            f"{patient.listed(computed)} should be a parameter but was itself computed{patient.at(computed[0])}. An "
            "update such as `w = w - lr * w.grad` makes a new node; write `w.data -= lr * w.grad`.",
            tuple(computed),
        )
    missing = [p for p in patient.missing if p.op is None and p.requires_grad]
    if missing:
        yield Finding(
            "not connected",
            f"no path leads from {patient.listed(missing)} to the loss: it was not used, or its .data was used in its "
            "place. It gets no gradient and will not learn.",
            tuple(missing),
        )


def all_frozen(patient: _Patient) -> Iterator[Finding]:
    """A loss that nothing can be trained by."""
    leaves = [node for node in patient.order if node.op is None and not node.is_constant]
    if leaves and not any(leaf.requires_grad for leaf in leaves):
        yield Finding(
            "frozen",
            f"every leaf below the loss is frozen, {patient.listed(leaves)}: backward() has no gradient to compute. "
            "Set `requires_grad = True` on those to train, or call unfreeze() of the model.",
            tuple(leaves),
        )


def stale_gradient(patient: _Patient) -> Iterator[Finding]:
    """Leaves whose .grad is not the gradient of this loss, though a backward pass came from it.

    Before that, what an earlier pass has left does no harm, as zero_grad() may come yet.
    """
    if not patient.after_backward:
        return
    seed = recorded_gradient(patient.loss) or 1.0
    right = {leaf: seed * patient.upstream[leaf] for leaf in patient.leaves if leaf.requires_grad}
    grads = {leaf: recorded_gradient(leaf) or 0.0 for leaf in right}
    wrong = [leaf for leaf, grad in grads.items() if grad and not _close(grad, right[leaf])]
    if not wrong:
        return
    leaf = wrong[0]
    times = {_multiple(grads[each], right[each]) for each in wrong}
    numbers = f"{patient.name(leaf)}.grad is {grads[leaf]:.6g}, the gradient is {right[leaf]:.6g}"
    who = f"{patient.listed(wrong)}{'.grad' if len(wrong) == 1 else ' hold in .grad'}"
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


def _multiple(grad: float, gradient: float) -> int | None:
    if gradient == 0 or not math.isfinite(grad / gradient):
        return None
    k = round(grad / gradient)
    return k if k >= 2 and _close(grad, k * gradient) else None


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))


def data_changed(patient: _Patient) -> Iterator[Finding]:
    """Nodes whose number does not follow from their parents' numbers, or did not when backward() came."""
    changed = {node for node in patient.order if node.op is not None and not _up_to_date(node, patient)}
    if not changed:
        return
    suspects: dict[Value, None] = {}
    for node in reversed(patient.order):
        if node in changed and node not in suspects:
            suspects.update(dict.fromkeys(_suspects(node, changed, patient)))
    first = next(node for node in patient.order if node in changed)
    assert first.op is not None
    now = first.op.forward(*[patient.number(parent) for parent in first.parents])
    was = f"{patient.name(first)} was computed as {first.data:.6g}"
    then = "then" if patient.after_backward else "now"
    became = f"would be {now:.6g} {then}" if now != first.data else f"would have another slope {then}"
    who = [node for node in patient.order if node in suspects]
    number = "number was" if len(who) == 1 else "numbers were"
    yield Finding(
        "data changed",
        f"after the forward pass{' and before backward()' * patient.after_backward} the {number} changed of "
        f"{patient.listed(who)}: {was} and {became}{patient.at(first)}. backward() "
        f"{'used' if patient.after_backward else 'still uses'} the old local derivatives: compute the loss anew before "
        "each backward().",
        tuple(who),
    )


def _up_to_date(node: Value, patient: _Patient) -> bool:
    assert node.op is not None
    xs = [patient.number(parent) for parent in node.parents]
    y = node.op.forward(*xs)
    recomputed = (y, *node.op.derivatives(y, *xs))
    return all(_same(a, b) for a, b in zip(recomputed, (node.data, *node.local_derivatives), strict=True))


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _suspects(node: Value, changed: set[Value], patient: _Patient) -> list[Value]:
    """Who can have been assigned to, if `node` does not fit its parents: a leaf, or else a node in between."""
    possible = []
    for i, parent in enumerate(node.parents):
        # A product remembers each factor, as the local derivative by the other one.
        innocent = node.op is ops.multiply and _same(node.local_derivatives[1 - i], patient.number(parent))
        if not innocent and not parent.is_constant and all(child in changed for child, _ in patient.edges_up[parent]):
            possible.append(parent)
    leaves = [parent for parent in possible if parent.op is None]
    return leaves or [parent for parent in possible if parent in changed] or [node]


# --- neurons: activations and the samples that went through them ------------------------------------------------

SQUASHING = (ops.sigmoid, ops.tanh)
ACTIVATIONS = (ops.relu, ops.softplus, *SQUASHING)


@dataclass(frozen=True, eq=False)
class _Neuron:
    """The activation nodes of one neuron, one for each sample, at depth `layer`; `parameter` tells it apart."""

    parameter: Value
    operation: Operation
    layer: int
    nodes: list[Value]


def _neurons(patient: _Patient) -> list[_Neuron]:
    trained = set(patient.leaves)
    layers: dict[Value, int] = {}
    found: dict[tuple[Value, Operation], _Neuron] = {}
    for node in patient.order:
        layers[node] = max((layers[parent] for parent in node.parents), default=0)
        if node.op in ACTIVATIONS:
            layers[node] += 1
            parameter = _parameter_of(node.parents[0], trained, patient)
            if parameter is not None:
                new = _Neuron(parameter, node.op, layers[node], [])
                found.setdefault((parameter, node.op), new).nodes.append(node)
    return list(found.values())


def _parameter_of(z: Value, trained: set[Value], patient: _Patient) -> Value | None:
    """The bias in the sum z, or the weight in it that is used most often: the same one for all samples."""
    weights: list[Value] = []
    terms = [z]
    while terms:
        term = terms.pop()
        if term in trained:
            return term
        if term.op in (ops.add, ops.total):
            terms.extend(term.parents)
        elif term.op is ops.multiply:
            weights.extend(parent for parent in term.parents if parent in trained)
    return max(weights, key=lambda weight: len(patient.edges_up[weight]), default=None)


def dead_relu(patient: _Patient) -> Iterator[Finding]:
    """Relus that are off for every sample. For a single sample some are always off: then only whole layers count."""
    relus = [neuron for neuron in patient.neurons if neuron.operation is ops.relu]
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
            f"{who} gave 0 {for_all}, {_belongs(patient, off)}{patient.at(off[0].nodes[0])}. There the slope is 0, so "
            "no gradient reaches the weights before it and they stop learning. A smaller learning rate, inputs of size "
            "1 and the initialization 'he' help.",
            tuple(neuron.nodes[0] for neuron in off),
        )


def _belongs(patient: _Patient, neurons: Sequence[_Neuron]) -> str:
    which = "neuron" if len(neurons) == 1 else "neurons"
    return f"in the {which} with {patient.listed([neuron.parameter for neuron in neurons])}"


SLOPE = 1e-3  # of a saturated sigmoid (beyond ±6.9) or tanh (beyond ±4.1)
DEMAND = 1e-2  # a gradient from above that asks for a change


def saturated(patient: _Patient) -> Iterator[Finding]:
    """Sigmoids and tanhs at their flat ends for every sample, while a gradient from above asks for a change.

    An output that is flat because it is right is no finding, nor one whose loss makes up for the flatness, as
    the cross-entropy does. For a single sample only whole layers count, as for relus.
    """
    squashing = [neuron for neuron in patient.neurons if neuron.operation in SQUASHING]
    moving = {neuron.layer for neuron in squashing if not _stuck(neuron, patient)}
    stuck = [
        neuron
        for neuron in squashing
        if _stuck(neuron, patient) and (len(neuron.nodes) > 1 or neuron.layer not in moving)
    ]
    if not stuck:
        return
    node = stuck[0].nodes[0]
    assert node.op is not None
    (slope,) = node.local_derivatives
    yield Finding(
        "saturated",
        f"{len(stuck)} {node.op.name}{'s are' if len(stuck) > 1 else ' is'} saturated {_belongs(patient, stuck)}: "
        f"{node.op.name}({node.parents[0].data:.4g}) = {node.data:.6g} is so flat that its slope, {slope:.2g}, lets "
        f"hardly any gradient through{patient.at(node)}. Start with smaller weights or scale the inputs; for an output "
        "use the cross-entropy.",
        tuple(neuron.nodes[0] for neuron in stuck),
    )


def _stuck(neuron: _Neuron, patient: _Patient) -> bool:
    n = len(neuron.nodes)  # an average divides the gradient of each sample by their number
    slopes = [node.local_derivatives[0] for node in neuron.nodes]
    demands = [abs(patient.upstream[node]) * n for node in neuron.nodes]
    passed = [slope * demand for slope, demand in zip(slopes, demands, strict=True)]
    return max(slopes) < SLOPE and max(demands) > DEMAND and max(passed) < DEMAND


RATIO = 1e-3  # between the first layer and the last
HUGE = 1e6


def vanishing_or_exploding(patient: _Patient) -> Iterator[Finding]:
    """Gradients of the pre-activations that shrink or grow from the last layer to the first."""
    sizes: dict[int, list[float]] = {}
    for neuron in patient.neurons:
        sizes.setdefault(neuron.layer, []).extend(patient.upstream[node.parents[0]] for node in neuron.nodes)
    layers = sorted(sizes)
    typical = [_root_mean_square(sizes[layer]) for layer in layers]
    if len(layers) > 1 and all(math.isfinite(x) and x > 0 for x in typical):
        ratio = typical[0] / typical[-1]
        nodes = tuple(neuron.nodes[0] for neuron in patient.neurons if neuron.layer == layers[0])
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
    huge = [leaf for leaf in patient.leaves if HUGE < abs(patient.upstream[leaf]) < math.inf]
    if huge:
        yield Finding(
            "exploding gradient",
            f"the gradient of {patient.listed(huge)} is huge, {patient.upstream[huge[0]]:.2g}: one step throws it far "
            "off. Scale inputs and targets to size 1, start with smaller weights, or clip the gradient.",
            tuple(huge),
        )


def _root_mean_square(xs: Sequence[float]) -> float:
    return math.hypot(*xs) / math.sqrt(len(xs))


# --- wrong rules ----------------------------------------------------------------------------------------------


def wrong_rule(patient: _Patient) -> Iterator[Finding]:
    """Operations whose derivative rule does not agree with the slope measured at a node."""
    reported: set[Operation] = set()
    for node in patient.order:
        if node.op is None or node.op in reported:
            continue
        for i in _positions(node):
            xs = [parent.data for parent in node.parents]
            claimed = node.op.derivatives(node.op.forward(*xs), *xs)[i]
            measured = _slope(node.op, xs, i)
            if measured is None or not _differ(claimed, measured):
                continue
            reported.add(node.op)
            which = "" if len(xs) == 1 else f" by input number {i + 1}"
            yield Finding(
                "wrong rule",
                f"the derivative rule of {node.op.name} gives {claimed:.6g}{which} at "
                f"{', '.join(f'{x:.6g}' for x in xs[:4])}, but nudging that input shows a slope of {measured[0]:.6g}"
                f"{patient.at(node)}: correct the rule that was given to autograd.operation({node.op.name!r}, …).",
                (node,),
            )
            break


def _positions(node: Value) -> list[int]:
    # A number that stands in the expression is no variable. Of many inputs, some: each costs a forward pass.
    free = [i for i, parent in enumerate(node.parents) if not parent.is_constant and math.isfinite(parent.data)]
    return free if len(free) <= 8 else [*free[:4], free[-1]]


def _slope(operation: Operation, xs: list[float], i: int) -> tuple[float, float] | None:
    """The slope at input i and how far it may be off; None at a kink, a jump or the end of the domain."""

    def f(x: float) -> float:
        return operation.forward(*xs[:i], x, *xs[i + 1 :])

    x = xs[i]
    h = 1e-5 * (abs(x) if 0 < abs(x) < 1e-3 else max(1.0, abs(x)))
    try:
        below, here, above = f(x - h), f(x), f(x + h)
    except (ArithmeticError, ValueError):
        return None
    left, right, slope = (here - below) / h, (above - here) / h, (above - below) / (2 * h)
    rounding = 1e-15 * max(abs(below), abs(above)) / h
    if not math.isfinite(slope) or abs(left - right) > 1e-3 * max(abs(left), abs(right)) + 4 * rounding:
        return None
    return slope, 4 * rounding


def _differ(claimed: float, measured: tuple[float, float]) -> bool:
    slope, uncertainty = measured
    return not abs(claimed - slope) <= 1e-3 * max(abs(claimed), abs(slope)) + uncertainty


CHECKS: tuple[Callable[[_Patient], Iterator[Finding]], ...] = (
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
