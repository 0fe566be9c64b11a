"""Weights of classes and samples, and smoothed labels: by hand, and against PyTorch in float64."""

from __future__ import annotations

from functools import partial

import pytest

from autograd import Value
from nn import MLP, SGD, Dropout, Linear, Sequential, binary_cross_entropy, cross_entropy, fit

X = [[0.1, 0.5], [0.9, -0.3], [-0.4, 0.8], [0.7, 0.2], [-0.6, -0.1], [0.3, -0.8]]
Y = [1, 0, 2, 1, 0, 1]
WEIGHTS = [0.5, 1.0, 3.0, 0.0, 2.0, 0.25]

both_ways = pytest.mark.parametrize("compiled", [False, True])


def train(model, y=Y, X=X, **options):
    if options.get("compiled"):
        pytest.importorskip("numpy")
    options = {"loss": "cross_entropy", "epochs": 5, "batch_size": 4, "progress": False} | options
    return fit(model, X, y, optimizer=SGD(model.parameters(), lr=0.3), **options)


def network(outputs=3):
    return MLP(2, [4, outputs], activation="tanh", seed=0)


def parameters(model):
    return [p.data for p in model.parameters()]


@both_ways
def test_a_weight_is_how_often_a_sample_stands_in_its_batch(compiled):
    one, other = network(), network()
    times = [1, 2, 3, 0, 1, 2]
    repeated = [i for i, n in enumerate(times) for _ in range(n)]
    options = {"batch_size": None, "compiled": compiled}
    found = train(one, sample_weight=times, **options).loss
    expected = train(other, [Y[i] for i in repeated], [X[i] for i in repeated], **options).loss
    assert found == pytest.approx(expected, rel=1e-12)
    assert parameters(one) == pytest.approx(parameters(other), rel=1e-11)


@both_ways
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_an_update_with_class_weights_is_pytorchs(compiled, smoothing):
    torch = pytest.importorskip("torch")
    model = Sequential(Linear(2, 3, seed=0))
    z = torch.tensor([[o.data for o in model(x)] for x in X], dtype=torch.float64, requires_grad=True)
    nll = torch.nn.functional.cross_entropy(z, torch.tensor(Y), reduction="none", label_smoothing=smoothing)
    weights = torch.tensor([1.0, 5.0, 0.5], dtype=torch.float64)[torch.tensor(Y)]
    cost = (weights * nll).sum() / weights.sum()
    if not smoothing:
        own = torch.nn.functional.cross_entropy(z, torch.tensor(Y), torch.tensor([1.0, 5.0, 0.5], dtype=torch.float64))
        assert cost.item() == pytest.approx(own.item(), rel=1e-14)
    cost.backward()
    before = parameters(model)
    history = train(
        model, loss=partial(cross_entropy, label_smoothing=smoothing), class_weight={1: 5.0, 2: 0.5},
        epochs=1, batch_size=None, compiled=compiled,
    )  # fmt: skip
    assert history.loss[0] == pytest.approx(cost.item(), rel=1e-12)
    table = torch.tensor(X, dtype=torch.float64)
    of_weights, of_biases = z.grad.T @ table, z.grad.sum(0)
    expected = [g for row, b in zip(of_weights.tolist(), of_biases.tolist(), strict=True) for g in (*row, b)]
    found = [(a - b) / 0.3 for a, b in zip(before, parameters(model), strict=True)]
    assert sorted(found) == pytest.approx(sorted(expected), rel=1e-9, abs=1e-12)


def test_compiled_and_node_by_node_are_the_same_with_dropout_and_a_share_held_out():
    pytest.importorskip("numpy")
    losses = []
    for compiled in (False, True):
        model = Sequential(Linear(2, 4, seed=1), "tanh", Dropout(0.3, seed=2), Linear(4, 3, seed=3))
        history = train(model, sample_weight=WEIGHTS, validation=0.3, metrics="accuracy", compiled=compiled)
        losses.append((history.loss, history.validation_loss, history.metric))
    for one, other in zip(*losses, strict=True):
        assert one == pytest.approx(other, rel=1e-10)


@both_ways
def test_balanced_classes_count_alike_with_labels_too(compiled):
    labels = ["a", "b", "c"]
    counts = {0: 2, 1: 3, 2: 1}
    models = [network() for _ in range(3)]
    options = {"compiled": compiled}
    expected = train(models[0], sample_weight=[6 / (3 * counts[y]) for y in Y], **options).loss
    assert train(models[1], class_weight="balanced", **options).loss == expected
    by_label = {label: 6 / (3 * counts[k]) for k, label in enumerate(labels)}
    assert train(models[2], [labels[y] for y in Y], class_weight=by_label, **options).loss == expected


def test_labels_of_max_margin_have_weights():
    models = [network(1), network(1)]
    found = train(models[0], ["no", "yes"] * 3, loss="max_margin", class_weight={"no": 2.0})
    assert found.loss == train(models[1], [-1, 1] * 3, loss="max_margin", class_weight={-1: 2.0}).loss


@both_ways
def test_a_batch_in_which_no_sample_counts_changes_nothing(compiled):
    model = network()
    history = train(model, sample_weight=[0, 0, 0, 1, 0, 0], batch_size=1, shuffle=False, epochs=1, compiled=compiled)
    other = network()
    train(other, Y[3:4], X[3:4], epochs=1, compiled=compiled)
    assert parameters(model) == pytest.approx(parameters(other), rel=1e-13)
    assert history.loss[0] > 0


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_label_smoothing_of_cross_entropy_is_pytorchs(smoothing, soft):
    torch = pytest.importorskip("torch")
    table = [[0.3, -1.2, 2.0], [1.0, 0.0, -3.0]]
    targets = [[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]] if soft else [2, 1]
    theirs = torch.tensor(table, dtype=torch.float64, requires_grad=True)
    kind = torch.float64 if soft else torch.int64
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(targets, dtype=kind), label_smoothing=smoothing)
    expected.backward()
    ours = [[Value(x) for x in row] for row in table]
    cost = cross_entropy(ours, targets, label_smoothing=smoothing)
    cost.backward()
    assert cost.data == pytest.approx(expected.item(), rel=1e-12)
    grads = [z.grad for row in ours for z in row]
    assert grads == pytest.approx(theirs.grad.flatten().tolist(), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("from_logits", [False, True])
def test_label_smoothing_of_two_classes_moves_the_targets(from_logits):
    predictions = [Value(0.3), Value(0.8)]
    found = binary_cross_entropy(predictions, [1, 0], from_logits=from_logits, label_smoothing=0.2)
    assert found.data == pytest.approx(binary_cross_entropy(predictions, [0.9, 0.1], from_logits=from_logits).data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_weight": [1.0] * 5}, "X has 6 samples but sample_weight has 5 numbers"),
        ({"sample_weight": [1.0] * 5 + [-1.0]}, r"sample_weight\[5\] is a number of at least 0, got -1.0"),
        ({"sample_weight": [1.0] * 5 + ["a"]}, r"sample_weight\[5\] is a number of at least 0, got str 'a'"),
        ({"sample_weight": [0.0] * 6}, "all samples have the weight 0"),
        ({"sample_weight": 2.0}, "sample_weight is a list of numbers, one for each sample, got 2.0"),
        ({"class_weight": {7: 1.0}}, "class_weight has the class 7, which y has not: it has 1, 0, 2"),
        ({"class_weight": {1: float("nan")}}, r"class_weight\[1\] is a number of at least 0, got nan"),
        ({"class_weight": [1.0, 2.0]}, 'class_weight is "balanced" or a mapping'),
        ({"y": [[1.0, 0.0, 0.0]] * 6, "class_weight": "balanced"}, "class_weight needs a class as the target"),
        ({"loss": partial(cross_entropy, label_smoothing=2)}, "label_smoothing lies between 0 and 1, such as 0.1, got"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_training(options, message):
    model = network()
    before = parameters(model)
    with pytest.raises((ValueError, TypeError), match=message):
        train(model, **options)
    assert parameters(model) == before
