"""Losses and their gradients: by hand, and against PyTorch in float64."""

from __future__ import annotations

import math

import pytest

from autograd import Value, softmax
from nn import (
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    l2_penalty,
    max_margin,
    mean_squared_error,
    quadratic_cost,
)


def values(numbers):
    return [values(x) if isinstance(x, list) else Value(x) for x in numbers]


def flat(nested):
    return [leaf for x in nested for leaf in (flat(x) if isinstance(x, list) else [x])]


# --- by hand ------------------------------------------------------------------------------------------------------

LN2 = math.log(2)

BY_HAND = [  # loss, predictions, targets, cost, gradients
    (mean_squared_error, [1.0, 3.0], [0.0, 0.0], 5.0, [1.0, 3.0]),
    (mean_squared_error, [2.0], [5.0], 9.0, [-6.0]),
    (mean_squared_error, [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [3.0, 2.0]], 2.25, [0.5, 1.0, 0.0, 1.0]),
    (quadratic_cost, [1.0, 3.0], [0.0, 0.0], 2.5, [0.5, 1.5]),
    (quadratic_cost, [2.0], [5.0], 4.5, [-3.0]),  # the textbook: the derivative is a - y
    (quadratic_cost, [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [3.0, 2.0]], 2.25, [0.5, 1.0, 0.0, 1.0]),
    (binary_cross_entropy, [0.5], [1], LN2, [-2.0]),
    (binary_cross_entropy, [0.25, 0.5], [0, 1], (math.log(4 / 3) + LN2) / 2, [2 / 3, -1.0]),
    (binary_cross_entropy, [0.25], [0.5], -0.5 * math.log(0.25 * 0.75), [-0.5 / 0.25 + 0.5 / 0.75]),
    (binary_cross_entropy, [[0.5, 0.5]], [[1, 0]], 2 * LN2, [-2.0, 2.0]),
    (cross_entropy, [[0.0, 0.0]], [1], LN2, [0.5, -0.5]),
    (cross_entropy, [[0.0, math.log(3)], [0.0, 0.0]], [0, 0], (math.log(4) + LN2) / 2, [-0.375, 0.375, -0.25, 0.25]),
    (cross_entropy, [[0.0, 0.0]], [[0.25, 0.75]], LN2, [0.25, -0.25]),
    (max_margin, [0.5, -3.0, 2.0], [1, -1, -1], 3.5 / 3, [-1 / 3, 0.0, 1 / 3]),
    (max_margin, [1.0], [1], 0.0, [0.0]),
]


@pytest.mark.parametrize(("loss", "predictions", "targets", "cost", "gradients"), BY_HAND)
def test_cost_and_gradients_by_hand(loss, predictions, targets, cost, gradients):
    predictions = values(predictions)
    result = loss(predictions, targets)
    result.backward()
    assert result.data == pytest.approx(cost, rel=1e-14)
    assert [p.grad for p in flat(predictions)] == pytest.approx(gradients, rel=1e-14)


def test_the_l2_penalty_and_its_gradients_by_hand():
    parameters = values([3.0, -4.0])
    penalty = l2_penalty(parameters, strength=0.1)
    penalty.backward()
    assert penalty.data == pytest.approx(2.5, rel=1e-15)
    assert [p.grad for p in parameters] == pytest.approx([0.6, -0.8], rel=1e-15)


@pytest.mark.parametrize("y", [0, 1, 0.25])
@pytest.mark.parametrize("from_logits", [False, True])
def test_for_sigmoid_and_binary_cross_entropy_delta_is_a_minus_y(y, from_logits):
    z = Value(0.7)
    binary_cross_entropy([z if from_logits else z.sigmoid()], [y], from_logits=from_logits).backward()
    assert z.grad == pytest.approx(1 / (1 + math.exp(-0.7)) - y, rel=1e-14)


def test_for_softmax_and_cross_entropy_delta_is_p_minus_the_one_hot_target():
    logits = values([0.3, -1.0, 2.0])
    cross_entropy(logits, 2).backward()
    p = [p.data for p in softmax(logits)]
    assert [z.grad for z in logits] == pytest.approx([p[0], p[1], p[2] - 1], rel=1e-14)


def test_one_sample_and_a_list_of_it_give_the_same_cross_entropy():
    logits = values([0.3, -1.0, 2.0])
    assert cross_entropy(logits, 1).data == cross_entropy([logits], [1]).data
    assert cross_entropy(logits, [0, 1, 0]).data == pytest.approx(cross_entropy(logits, 1).data, rel=1e-15)


# --- extremes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logits", "target", "cost", "gradients"),
    [
        ([1000.0, -1000.0], 0, 0.0, [0.0, 0.0]),
        ([1000.0, -1000.0], 1, 2000.0, [1.0, -1.0]),
        ([-1000.0, -1000.0], 0, LN2, [-0.5, 0.5]),
    ],
)
def test_cross_entropy_is_stable_at_a_thousand(logits, target, cost, gradients):
    logits = values(logits)
    result = cross_entropy(logits, target)
    result.backward()
    # 1e-13: beside 1000 a float has no finer steps
    assert result.data == pytest.approx(cost, rel=1e-13, abs=1e-13 * 1000)
    assert [z.grad for z in logits] == pytest.approx(gradients, rel=1e-12)


@pytest.mark.parametrize(("z", "y", "cost"), [(1000.0, 1, 0.0), (1000.0, 0, 1000.0), (-1000.0, 1, 1000.0)])
def test_binary_cross_entropy_from_logits_is_stable_at_a_thousand(z, y, cost):
    z = Value(z)
    result = binary_cross_entropy([z], [y], from_logits=True)
    result.backward()
    assert result.data == cost
    assert z.grad == (1.0 if z.data > 0 else 0.0) - y


@pytest.mark.parametrize(("a", "y", "cost"), [(1.0, 1, 0.0), (0.0, 0, 0.0), (0.0, 1, math.inf), (1.0, 0, math.inf)])
def test_binary_cross_entropy_at_certain_probabilities(a, y, cost):
    assert binary_cross_entropy([Value(a)], [y]).data == cost


# --- PyTorch ------------------------------------------------------------------------------------------------------

COLUMN = [0.3, -1.2, 2.5, 0.05]
TABLE = [[0.3, -1.2, 2.5], [0.0, 0.1, -0.2], [4.0, -3.0, 1.0]]
PROBABILITIES = [[0.1, 0.9], [0.5, 0.2], [1e-6, 1 - 1e-6]]
SOFT = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]

AGAINST_TORCH = {
    "mse": (mean_squared_error, COLUMN, [1.0, 2.0, -3.0, 0.0], lambda F, a, y: F.mse_loss(a, y)),
    "mse of rows": (mean_squared_error, TABLE, SOFT, lambda F, a, y: F.mse_loss(a, y)),
    "quadratic": (quadratic_cost, TABLE, SOFT, lambda F, a, y: 0.5 * F.mse_loss(a, y, reduction="sum") / 3),
    "bce": (
        binary_cross_entropy,
        [0.1, 0.7, 0.999, 0.4],
        [0.0, 1.0, 1.0, 0.3],
        lambda F, a, y: F.binary_cross_entropy(a, y),
    ),
    "bce of rows": (
        binary_cross_entropy,
        PROBABILITIES,
        [[1.0, 0.0], [0.4, 0.6], [0.0, 1.0]],
        lambda F, a, y: F.binary_cross_entropy(a, y, reduction="sum") / 3,
    ),
    "bce of logits": (
        lambda z, y: binary_cross_entropy(z, y, from_logits=True),
        [0.3, -1.2, 30.0, -30.0],
        [0.0, 1.0, 1.0, 0.3],
        lambda F, z, y: F.binary_cross_entropy_with_logits(z, y),
    ),
    "cross-entropy": (cross_entropy, TABLE, [2, 0, 1], lambda F, z, y: F.cross_entropy(z, y)),
    "soft targets": (cross_entropy, TABLE, SOFT, lambda F, z, y: F.cross_entropy(z, y)),
    "one class each": (cross_entropy, [[1000.0, 0.0], [-1000.0, 3.0]], [1, 1], lambda F, z, y: F.cross_entropy(z, y)),
    "margin": (
        max_margin,
        COLUMN,
        [1.0, 1.0, -1.0, -1.0],
        lambda F, s, y: (1 - y * s).clamp(min=0).mean(),
    ),
}


@pytest.mark.parametrize("name", AGAINST_TORCH)
def test_cost_and_gradients_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    loss, predictions, targets, reference = AGAINST_TORCH[name]
    theirs = torch.tensor(predictions, dtype=torch.float64, requires_grad=True)
    kind = torch.int64 if isinstance(targets[0], int) else torch.float64
    expected = reference(torch.nn.functional, theirs, torch.tensor(targets, dtype=kind))
    expected.backward()
    ours = values(predictions)
    cost = loss(ours, targets)
    cost.backward()
    assert cost.data == pytest.approx(expected.item(), rel=1e-12)
    assert [p.grad for p in flat(ours)] == pytest.approx(theirs.grad.flatten().tolist(), rel=1e-12, abs=1e-15)


# --- accuracy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictions", "targets", "share"),
    [
        ([[0.1, 0.9], [2.0, 1.0]], [1, 1], 0.5),
        ([[0.1, 0.9], [2.0, 1.0], [0.0, -1.0]], [[0, 1], [1, 0], [1, 0]], 1.0),
        ([0.6, 0.4, 0.9], [1, 0, 0], 2 / 3),
        ([0.2, -0.2, -3.0, 0.1], [1, -1, 1, -1], 0.5),
        ([[0.2], [-0.2]], [1, -1], 1.0),
        ([0.2, 0.3], [[1], [0]], 0.5),
    ],
)
def test_accuracy_counts_the_samples_classified_right(predictions, targets, share):
    assert accuracy(values(predictions), targets) == share
    assert accuracy(predictions, targets) == share  # plain numbers too
    numpy = pytest.importorskip("numpy")
    assert accuracy(numpy.array(predictions, dtype=float), numpy.array(targets)) == share


@pytest.mark.parametrize(
    ("predictions", "targets"),
    [
        ([2, 1, 2], [1, 2, 1]),  # numbers of classes, all wrong: no single output can vote for a third class
        ([[0.1, 0.9]], [7]),
        ([[0.1, 0.9]], [[0, 0, 1]]),
    ],
)
def test_accuracy_refuses_targets_the_outputs_can_not_vote_for(predictions, targets):
    with pytest.raises(ValueError, match="target") as said:
        accuracy(predictions, targets)
    numpy = pytest.importorskip("numpy")
    with pytest.raises(ValueError, match="target") as said_of_arrays:
        accuracy(numpy.array(predictions, dtype=float), numpy.array(targets))
    without_types = str(said_of_arrays.value).replace("np.int64(", "").replace(")", "")
    assert without_types == str(said.value).replace(")", "")


def test_accuracy_of_arrays_is_that_of_lists_also_with_ties_and_nan():
    numpy = pytest.importorskip("numpy")
    generator = numpy.random.default_rng(0)
    for width in (1, 2, 4):
        for _ in range(20):
            predictions = generator.choice([-1.0, 0.0, 0.5, 1.0, math.nan], (7, width))
            targets = generator.integers(0, max(2, width), 7)
            assert accuracy(predictions, targets) == accuracy(predictions.tolist(), targets.tolist())
            if width > 1:
                shares = generator.choice([0.0, 0.5, 1.0], (7, width))
                assert accuracy(predictions, shares) == accuracy(predictions.tolist(), shares.tolist())


# --- errors -------------------------------------------------------------------------------------------------------

LOSSES = [mean_squared_error, quadratic_cost, binary_cross_entropy, max_margin]


@pytest.mark.parametrize("loss", [*LOSSES, accuracy])
def test_different_numbers_of_predictions_and_targets_are_refused(loss):
    with pytest.raises(ValueError, match="2 predictions but 3 targets"):
        loss(values([0.5, 0.5]), [1, 1, 1])


def test_cross_entropy_refuses_different_numbers_of_samples():
    with pytest.raises(ValueError, match="2 predictions but 1 targets"):
        cross_entropy(values([[0.5, 0.5], [1.0, 2.0]]), [1])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_sample_with_another_number_of_outputs_than_targets_is_refused(loss):
    with pytest.raises(ValueError, match="sample 1 has 1 outputs but 2 targets"):
        loss(values([[0.5], [0.5]]), [1, [1, 1]])


@pytest.mark.parametrize("loss", [*LOSSES, accuracy])
def test_a_bare_prediction_is_refused_with_what_to_write(loss):
    with pytest.raises(TypeError, match=r"predictions are a list.*got one Value; write \[prediction\]"):
        loss(Value(0.5), [1])
    with pytest.raises(TypeError, match=r"targets are a list.*got one int; write \[target\]"):
        loss(values([0.5]), 1)


@pytest.mark.parametrize("loss", [*LOSSES, cross_entropy, accuracy])
def test_no_samples_are_refused(loss):
    with pytest.raises(ValueError, match="no samples: a loss needs at least one"):
        loss([], [])


@pytest.mark.parametrize("a", [-0.1, 1.2, math.nan, math.inf])
def test_a_prediction_that_is_no_probability_is_refused(a):
    with pytest.raises(ValueError, match=r"a probability lies between 0 and 1, got .*write from_logits=True"):
        binary_cross_entropy(values([0.5, a]), [1, 1])


@pytest.mark.parametrize("y", [-1, 1.5, 2, math.nan])
@pytest.mark.parametrize("from_logits", [False, True])
def test_a_target_that_is_no_probability_is_refused(y, from_logits):
    with pytest.raises(
        ValueError, match=r"a target of binary_cross_entropy lies between 0 and 1, got .*make it \(y\+1\)/2"
    ):
        binary_cross_entropy(values([0.5]), [y], from_logits=from_logits)


@pytest.mark.parametrize("target", [-1, 3, 0.5, 1e9, math.nan, math.inf])
def test_a_wrong_class_is_refused_with_the_right_ones(target):
    with pytest.raises(ValueError, match=r"with 3 logits the classes are 0 to 2, got the target "):
        cross_entropy(values([[1.0, 2.0, 3.0]]), [target])


def test_a_wrong_number_of_target_probabilities_is_refused():
    with pytest.raises(ValueError, match="cross_entropy got 2 logits and 3 target probabilities"):
        cross_entropy(values([[1.0, 2.0]]), [[0.0, 0.5, 0.5]])


@pytest.mark.parametrize("target", [[-3, 9], [0.5, 0.2], [1, 1], [math.nan, 1.0]])
def test_target_probabilities_that_are_none_are_refused(target):
    with pytest.raises(ValueError, match="probabilit"):
        cross_entropy(values([[1.0, 2.0]]), [target])


def test_cross_entropy_of_a_model_with_one_output_is_refused():
    # four samples with one output each look like one sample with four logits
    with pytest.raises(ValueError, match=r"probabilit|binary_cross_entropy"):
        cross_entropy(values([0.1, 0.2, 0.3, 0.4]), [0, 1, 1, 0])


@pytest.mark.parametrize("y", [0, 2, 0.5])
def test_max_margin_refuses_targets_other_than_minus_one_and_one(y):
    with pytest.raises(ValueError, match=r"max_margin takes targets -1 and 1, got .*make them 2·y - 1"):
        max_margin(values([0.5]), [y])


@pytest.mark.parametrize("loss", [mean_squared_error, quadratic_cost, binary_cross_entropy, max_margin, cross_entropy])
def test_targets_may_be_arrays_and_series(loss):
    np, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    predictions = values([[0.2, 0.7], [0.4, 0.1]] if loss is cross_entropy else [0.2, 0.7])
    expected = loss(predictions, [1, 1]).data
    assert loss(predictions, np.array([1, 1])).data == expected
    assert loss(predictions, np.array([[1], [1]]) if loss is not cross_entropy else np.array([1, 1])).data == expected
    assert loss(predictions, pandas.Series([1, 1], index=[8, 9])).data == expected


@pytest.mark.parametrize("target", [0, [1]])
def test_cross_entropy_of_one_class_is_refused(target):
    with pytest.raises(ValueError, match=r"at least 2 classes, got 1, .* take binary_cross_entropy"):
        cross_entropy([Value(0.3)], target)
