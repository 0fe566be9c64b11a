r"""How wrong a model is: one Value to make small.

Predictions are a list with one entry for each of n samples: a Value, or a list of K Values for a model with
K outputs. Targets have the same shape, or give the number of the class. The *loss* of one sample and the
*cost*, the average over the samples, come from the same function: give it one sample or all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any

from autograd import Value, log, logsumexp, mean, relu, softplus, sum, where
from autograd.functions import Scalar
from autograd.transforms.pytree import is_array

Loss = Callable[[list[Any], list[Any]], Value]
Metric = Callable[[list[Any], list[Any]], float]


def mean_squared_error(predictions: Sequence[Any], targets: Sequence[Any]) -> Value:
    """1/(n·K) Σ (a - y)², the mean over all samples and outputs, as in PyTorch.

    >>> mean_squared_error([Value(1.0), Value(3.0)], [0.0, 0.0]).data
    5.0
    """
    return _average([(a - y) ** 2 for pairs in _samples(predictions, targets) for a, y in pairs])


def quadratic_cost(predictions: Sequence[Any], targets: Sequence[Any]) -> Value:
    """1/(2n) Σ ‖a - y‖², the cost of the textbooks: its derivative is a - y. The sum runs over the outputs.

    >>> quadratic_cost([Value(1.0), Value(3.0)], [0.0, 0.0]).data
    2.5
    """
    return _average([0.5 * _total([(a - y) ** 2 for a, y in pairs]) for pairs in _samples(predictions, targets)])


def binary_cross_entropy(
    predictions: Sequence[Any], targets: Sequence[Any], *, from_logits: bool = False, label_smoothing: float = 0.0
) -> Value:
    """-1/n Σ [y·ln a + (1 - y)·ln(1 - a)], summed over the outputs, averaged over the samples.

    Args:
        predictions: probabilities a between 0 and 1; with `from_logits` the pre-activations z of a sigmoid,
            which cannot overflow: then each term is softplus(z) - y·z. (`accuracy` of logits needs threshold=0.)
        targets: y between 0 and 1.
        label_smoothing: ε moves y to (1-ε)·y + ε/2, so that no output has to be driven to 0 or 1.

    >>> f"{binary_cross_entropy([Value(0.8)], [1]):.4f}"
    '0.2231'
    """
    term = _cross_entropy_of_logit if from_logits else _cross_entropy_of_probability
    _check_smoothing(label_smoothing)
    samples = _samples(predictions, targets)
    if label_smoothing:
        samples = [[(a, _smoothed(y, label_smoothing, 2)) for a, y in pairs] for pairs in samples]
    return _average([_total([term(a, y) for a, y in pairs]) for pairs in samples])


def cross_entropy(logits: Sequence[Any], targets: Any, *, label_smoothing: float = 0.0) -> Value:
    """-ln softmax(z)[t], from the logits z: logsumexp(z) - z[t], averaged over the samples.

    Args:
        logits: the K outputs of one sample, or a list of those.
        targets: the number of the class, 0 … K-1 (for several samples a list of numbers), or the K
            probabilities of the classes.
        label_smoothing: ε moves the probabilities p of the target to (1-ε)·p + ε/K, as in PyTorch (Szegedy et al.
            2016). `fit` takes it as loss=functools.partial(cross_entropy, label_smoothing=0.1).

    >>> z = [Value(1.0), Value(2.0)]
    >>> f"{cross_entropy(z, 1):.4f}", f"{cross_entropy(z, 1, label_smoothing=0.1):.4f}"
    ('0.3133', '0.3633')
    """
    _check_smoothing(label_smoothing)
    if _is_class(targets) or (len(logits) > 0 and not hasattr(logits[0], "__len__")):
        return _smoothed_cross_entropy(logits, targets, label_smoothing)
    _check_lengths(logits, targets)
    return _average([_smoothed_cross_entropy(z, t, label_smoothing) for z, t in zip(logits, targets, strict=True)])


def max_margin(scores: Sequence[Value], targets: Sequence[float]) -> Value:
    """1/n Σ max(0, 1 - y·score) for targets y of -1 or 1: the hinge loss of support vector machines.

    >>> max_margin([Value(0.5), Value(-3.0)], [1, -1]).data
    0.25
    """
    terms = []
    for pairs in _samples(scores, targets):
        for score, y in pairs:
            if not isinstance(y, Value) and y not in (-1, 1):
                raise ValueError(f"max_margin takes targets -1 and 1, got {y!r}; from 0 and 1 make them 2·y - 1")
            terms.append(relu(1 - y * score))
    return _average(terms)


def l2_penalty(parameters: Iterable[Value], strength: float = 1e-4) -> Value:
    """strength · Σ p²: keeps weights small.

    >>> l2_penalty([Value(3.0), Value(4.0)], strength=0.1).data
    2.5
    """
    return strength * _total([p * p for p in parameters])


def accuracy(predictions: Sequence[Any], targets: Sequence[Any], *, threshold: float | None = None) -> float:
    """The share of samples classified right, between 0 and 1.

    A list of outputs votes for its largest. A single output votes for the upper class where it exceeds the
    `threshold`: by default 0 where a target is -1, else ½. Logits of the classes 0 and 1 need threshold=0.
    Outputs and targets that are arrays are compared all at once.

    >>> accuracy([[Value(0.1), Value(0.9)], [Value(2.0), Value(1.0)]], [1, 1])
    0.5
    """
    _check_lengths(predictions, targets)
    if is_array(predictions) and is_array(targets):
        found = _right_in_arrays(predictions, targets, threshold)
        if found is not None:
            return found / len(predictions)
    if threshold is None:
        threshold = 0.0 if any(t == -1 for t in targets if _is_class(t)) else 0.5
    right = [_votes_for(outputs, t, threshold) for outputs, t in zip(predictions, targets, strict=True)]
    return right.count(True) / len(right)


def _right_in_arrays(outputs: Any, targets: Any, threshold: float | None) -> int | None:
    """How many are right; None where there is something to complain about, or a nan, that is looked at one by one."""
    import numpy

    if outputs.dtype.kind != "f" or targets.dtype.kind not in "biuf":
        return None
    classes = targets.ndim == 1
    if outputs.ndim == 1 or outputs.shape[1] == 1:
        outputs, targets = outputs.ravel(), targets.ravel()
        below = targets == -1
        if len(outputs) != len(targets) or not (below | (targets == 0) | (targets == 1)).all():
            return None
        if threshold is None:
            threshold = 0.0 if classes and below.any() else 0.5
        return int(numpy.count_nonzero((outputs > threshold) == (targets > threshold)))
    if not classes:
        if targets.shape[1] != outputs.shape[1] or numpy.isnan(targets).any():
            return None
        targets = targets.argmax(1)
    if targets.min() < 0 or targets.max() >= outputs.shape[1] or numpy.isnan(outputs).any():
        return None
    return int(numpy.count_nonzero(outputs.argmax(1) == targets))


def _votes_for(outputs: Any, target: Any, threshold: float) -> bool:
    outputs = list(outputs) if hasattr(outputs, "__len__") else [outputs]
    if len(outputs) == 1:
        if hasattr(target, "__len__") and len(target) == 1:
            target = target[0]
        if target not in (-1, 0, 1):
            raise ValueError(f"a single output votes for one of two classes, -1 or 0 and 1, got the target {target!r}")
        return bool((outputs[0] > threshold) == (target > threshold))
    if hasattr(target, "__len__") and len(target) != len(outputs):
        raise ValueError(f"{len(outputs)} outputs but {len(target)} target probabilities")
    if hasattr(target, "__len__"):
        target = max(range(len(target)), key=lambda k: target[k])
    if not 0 <= target < len(outputs):
        raise ValueError(
            f"with {len(outputs)} outputs the classes are 0 to {len(outputs) - 1}, got the target {target!r}"
        )
    return bool(max(range(len(outputs)), key=lambda k: outputs[k]) == target)


def _cross_entropy_of_probability(a: Scalar, y: Scalar) -> Any:
    if isinstance(y, Value):  # 0·ln(0) is avoided as below, by a choice that a compiled program can make
        one: Scalar = 1.0
        return -(y * log(where(y, a, one)) + (1 - y) * log(where(1 - y, 1 - a, one)))
    if not 0 <= a <= 1:
        raise ValueError(
            f"a probability lies between 0 and 1, got {a!r}; for logits write from_logits=True, in fit "
            "loss=functools.partial(binary_cross_entropy, from_logits=True), or let the model end in a sigmoid"
        )
    _check_probability(y)
    # 0·ln(…) is left out: it would be nan where a is exactly 0 or 1
    if y == 1:
        return -log(a)
    return -log(1 - a) if y == 0 else -(y * log(a) + (1 - y) * log(1 - a))


def _cross_entropy_of_logit(z: Value, y: Scalar) -> Value:
    if not isinstance(y, Value):
        _check_probability(y)
    return softplus(z) - y * z


def _check_smoothing(smoothing: float) -> None:
    if isinstance(smoothing, bool) or not isinstance(smoothing, Real) or not 0 <= smoothing <= 1:
        raise ValueError(f"label_smoothing lies between 0 and 1, such as 0.1, got {smoothing!r}")


def _smoothed(y: Any, smoothing: float, n_classes: int) -> Any:
    if not isinstance(y, Value):
        _check_probability(y)
    return (1 - smoothing) * y + smoothing / n_classes


def _smoothed_cross_entropy(logits: Sequence[Value], target: Any, smoothing: float) -> Value:
    cost = _cross_entropy_of_sample(logits, target)
    if not smoothing:
        return cost
    n = len(logits)
    return (1 - smoothing) * cost + smoothing * _cross_entropy_of_sample(logits, [1 / n] * n)


def _cross_entropy_of_sample(logits: Sequence[Value], target: Any) -> Value:
    if not _is_class(target):
        if len(target) != len(logits):
            raise ValueError(f"cross_entropy got {len(logits)} logits and {len(target)} target probabilities")
        plain = [p for p in target if not isinstance(p, Value)]
        if len(plain) == len(target) and not (all(p >= 0 for p in plain) and abs(math.fsum(plain) - 1) < 1e-6):
            raise ValueError(
                f"the target {list(target)!r:.60} is not the probabilities of {len(logits)} classes, which sum to 1; "
                "for a model with one output use binary_cross_entropy"
            )
        _check_classes(logits)
        normalizer = logsumexp(logits)
        return _total([p * (normalizer - z) for p, z in zip(target, logits, strict=True)])
    _check_classes(logits)
    if not 0 <= target < len(logits) or target != int(target):  # nan fails the first
        raise ValueError(
            f"with {len(logits)} logits the classes are 0 to {len(logits) - 1}, got the target {target!r}: number them "
            "from 0, as numpy.unique(y, return_inverse=True) does, and give the model an output for each"
        )
    return logsumexp(logits) - logits[int(target)]


def _check_classes(logits: Sequence[Value]) -> None:
    if len(logits) == 1:
        raise ValueError(
            "cross_entropy compares the logits of at least 2 classes, got 1, whose probability is always 1; for the "
            "classes 0 and 1 from one output take binary_cross_entropy"
        )


def _check_probability(y: float) -> None:
    if not 0 <= y <= 1:
        raise ValueError(
            f"a target of binary_cross_entropy lies between 0 and 1, got {y!r}; from -1 and 1 make it (y+1)/2, and "
            "for more than two classes take cross_entropy with an output for each"
        )


def _is_class(target: Any) -> bool:
    return isinstance(target, (Integral, float))


def _samples(predictions: Sequence[Any], targets: Sequence[Any]) -> list[list[tuple[Value, Any]]]:
    """For each sample its pairs (output, target)."""
    _check_lengths(predictions, targets)
    samples = []
    for i, (outputs, ys) in enumerate(zip(predictions, targets, strict=True)):
        outputs = list(outputs) if hasattr(outputs, "__len__") else [outputs]
        ys = list(ys) if hasattr(ys, "__len__") else [ys]
        if len(outputs) != len(ys):
            hint = "; for the number of a class take cross_entropy" if len(ys) == 1 else ""
            raise ValueError(f"sample {i} has {len(outputs)} outputs but {len(ys)} targets{hint}")
        samples.append(list(zip(outputs, ys, strict=True)))
    return samples


def _total(terms: list[Value]) -> Value:
    return terms[0] if len(terms) == 1 else sum(terms)


def _average(terms: list[Value]) -> Value:
    return terms[0] if len(terms) == 1 else mean(terms)


def _check_lengths(predictions: Sequence[Any], targets: Sequence[Any]) -> None:
    for name, values in (("predictions", predictions), ("targets", targets)):
        if not hasattr(values, "__len__"):
            raise TypeError(
                f"{name} are a list with one entry for each sample, got one {type(values).__name__}; "
                f"write [{name[:-1]}]"
            )
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions but {len(targets)} targets")
    if len(predictions) == 0:
        raise ValueError("no samples: a loss needs at least one")


# What `fit` takes by name. The losses are averages over the samples, so one sample's loss can be compiled for all.
LOSSES: dict[str, Loss] = {
    f.__name__: f for f in (binary_cross_entropy, cross_entropy, max_margin, mean_squared_error, quadratic_cost)
}
METRICS: dict[str, Any] = {accuracy.__name__: accuracy, **LOSSES}


def function_of(loss: Any) -> Any:
    """The function that a `functools.partial` only gives options to."""
    return loss.func if type(loss) is partial and not loss.args else loss
