"""How much each sample counts in a training: by its class, or by itself.

A sample of weight 2 counts as if it stood in its batch twice: the cost is Σ wᵢ·lossᵢ / Σ wᵢ, as in PyTorch.

>>> weights_of([0, 0, 0, 1], None, "balanced", None)  # both classes count as much
[0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0]
>>> weights_of([0, 1], ("cat", "dog"), {"dog": 3.0}, [1.0, 0.5])
[1.0, 1.5]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any


def weights_of(
    targets: Sequence[Any], labels: Sequence[Any] | None, class_weight: Any, sample_weight: Any
) -> list[float] | None:
    """The weight of each sample, the product of both; None without any.

    Args:
        targets: the numbers of classes, one for each sample.
        labels: what the classes are called, or None.
        class_weight: a mapping from classes to weights, 1 for those it leaves out; or "balanced": n / (number of
            classes · number of samples of this class).
        sample_weight: a number for each sample.
    """
    if class_weight is None and sample_weight is None:
        return None
    weights = [1.0] * len(targets)
    if sample_weight is not None:
        given = sample_weight.tolist() if hasattr(sample_weight, "tolist") else sample_weight
        if isinstance(given, (str, Mapping)) or not hasattr(given, "__iter__"):
            raise TypeError(f"sample_weight is a list of numbers, one for each sample, got {given!r:.60}")
        weights = [_weight(x, f"sample_weight[{i}]") for i, x in enumerate(given)]
        if len(weights) != len(targets):
            raise ValueError(f"X has {len(targets)} samples but sample_weight has {len(weights)} numbers")
    if class_weight is not None:
        weights = [w * x for w, x in zip(weights, _by_class(targets, labels, class_weight), strict=True)]
    if not 0 < math.fsum(weights) < math.inf:
        raise ValueError("all samples have the weight 0 together, or more than a float can be: nothing can be averaged")
    return weights


def _by_class(targets: Sequence[Any], labels: Sequence[Any] | None, class_weight: Any) -> list[float]:
    if any(hasattr(t, "__len__") for t in targets):
        raise TypeError("class_weight needs a class as the target of each sample, y has rows: write sample_weight=…")
    classes = list(targets) if labels is None else [labels[max(t, 0)] for t in targets]  # of max_margin -1 and 1
    counts = Counter(classes)
    if class_weight == "balanced":
        return [len(classes) / (len(counts) * counts[k]) for k in classes]
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            'class_weight is "balanced" or a mapping from classes to weights, such as {0: 1.0, 1: 5.0}, got '
            f"{class_weight!r:.60}"
        )
    for k in class_weight:
        if k not in counts and k not in (labels or ()):
            raise ValueError(f"class_weight has the class {k!r}, which y has not: it has {_listed(counts)}")
    by_class = {k: _weight(x, f"class_weight[{k!r}]") for k, x in class_weight.items()}
    return [by_class.get(k, 1.0) for k in classes]


def _weight(x: Any, name: str) -> float:
    if isinstance(x, bool) or not isinstance(x, Real):
        raise TypeError(f"{name} is a number of at least 0, got {type(x).__name__} {x!r:.60}")
    weight = float(x)
    if not 0 <= weight < math.inf:
        raise ValueError(f"{name} is a number of at least 0, got {x!r}")
    return weight


def _listed(classes: Counter[Any]) -> str:
    return ", ".join(map(repr, list(classes)[:8])) + ", …" * (len(classes) > 8)
