"""Gradient clipping is PyTorch's, and the same in trainings node by node and compiled."""

from __future__ import annotations

import math
import random

import pytest

from autograd import Value, compile
from nn import MLP, SGD, Adam, Optimizer, clip_grad_norm, clip_grad_value, fit, l2_penalty, mean_squared_error

GENERATOR = random.Random(3)
X = [[GENERATOR.uniform(-1, 1) for _ in range(3)] for _ in range(20)]
Y = [10.0 * x[0] - 7.0 * x[1] * x[2] for x in X]
CLIPPINGS = [{"clip_norm": 0.5}, {"clip_value": 0.05}, {"clip_norm": 1e9}, {"clip_value": 1e9}]


def values(*gradients):
    found = []
    for gradient in gradients:
        found.append(Value(1.0))
        if gradient is not None:
            (found[-1] * gradient).backward()
    return found


@pytest.mark.parametrize("bound", [0.5, 2.0, 5.0, 100.0])
def test_both_are_pytorchs(bound):
    torch = pytest.importorskip("torch")
    gradients = [3.0, -4.0, 0.25, 0.0]
    for ours, theirs in (
        (clip_grad_norm, torch.nn.utils.clip_grad_norm_),
        (clip_grad_value, torch.nn.utils.clip_grad_value_),
    ):
        mine, twin = values(*gradients), torch.zeros(4, dtype=torch.float64, requires_grad=True)
        twin.grad = torch.tensor(gradients, dtype=torch.float64)
        norms = ours(mine, bound), theirs(twin, bound)
        assert [p.grad for p in mine] == pytest.approx(twin.grad.tolist(), rel=1e-12)
        if norms[1] is not None:
            assert norms[0] == pytest.approx(norms[1].item(), rel=1e-14)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_frozen_parameters_and_those_without_a_gradient_are_left_alone(clip):
    a, b, frozen = values(3.0, None, 4.0)
    frozen.requires_grad = False
    clip([a, b, frozen], 1.0)
    assert a.grad == pytest.approx(1.0, rel=1e-6)
    assert frozen.grad == 4.0
    assert not b.has_grad


def test_a_norm_that_is_not_finite_changes_nothing():
    for bad in (math.inf, math.nan):
        parameters = values(1.0, bad)
        assert not math.isfinite(clip_grad_norm(parameters, 1.0))
        assert parameters[0].grad == 1.0


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("bound", [0, -1.0, math.nan, math.inf, "1", None, True])
def test_a_bound_that_is_no_positive_number_is_refused(clip, bound):
    parameters = values(3.0)
    with pytest.raises((TypeError, ValueError), match=r"max_(norm|value) is a positive number such as 1\.0, got "):
        clip(parameters, bound)
    assert parameters[0].grad == 3.0


def test_a_single_parameter_is_answered_with_the_list_to_write():
    with pytest.raises(TypeError, match=r"clipped for a list of parameters, got Value: write model\.parameters\(\)"):
        clip_grad_norm(Value(1.0), 1.0)


def trained(compiled, make=lambda p: SGD(p, lr=0.05, momentum=0.5), freeze=False, **options):
    model = MLP(3, [4, 1], activation="tanh", seed=1)
    if freeze:
        model.layers[0].freeze()
    optimizer = make(model.parameters())
    history = fit(
        model,
        X,
        Y,
        loss="mean_squared_error",
        optimizer=optimizer,
        epochs=4,
        batch_size=6,
        compiled=compiled,
        progress=False,
        penalty=lambda: l2_penalty(model.parameters(), 0.01),
        **options,
    )
    return history.loss, model.state_dict(), [p.grad for p in model.parameters()]


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("make", [lambda p: SGD(p, lr=0.05, momentum=0.5), lambda p: Adam(p, lr=0.1)])
@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
def test_a_training_clips_compiled_as_node_by_node(clipping, make, freeze):
    pytest.importorskip("numpy")
    compiled, eager = (trained(flag, make, freeze, **clipping) for flag in (True, False))
    assert compiled[0] == pytest.approx(eager[0], rel=1e-10)
    assert compiled[1] == pytest.approx(eager[1], rel=1e-8, abs=1e-12)
    assert compiled[2] == pytest.approx(eager[2], rel=1e-7, abs=1e-10)


@pytest.mark.parametrize("compiled", [True, False])
def test_no_step_is_longer_than_the_bounds_allow(compiled):
    pytest.importorskip("numpy")
    for clipping, longest in (({"clip_norm": 0.1}, 0.1), ({"clip_value": 0.1}, 0.1 * math.sqrt(21))):
        model = MLP(3, [4, 1], activation="tanh", seed=1)
        before = list(model.state_dict().values())
        fit(
            model, X, Y, loss="mean_squared_error", optimizer=SGD(model.parameters(), lr=1.0), epochs=1,
            compiled=compiled, progress=False, **clipping,
        )  # fmt: skip
        moved = math.dist(before, model.state_dict().values())
        assert 0.05 < moved <= longest * 1.000001
    assert trained(compiled, clip_norm=1e9)[0] == trained(compiled)[0]


def test_clipping_stays_in_arrays(monkeypatch):
    pytest.importorskip("numpy")
    monkeypatch.setattr("nn.updates.Updates.update", None)  # what is node by node
    trained(True, clip_value=0.1)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("clipping", [{"clip_norm": 1.0}, {"clip_value": 1.0}], ids=str)
def test_a_gradient_that_is_not_finite_is_not_clipped_but_named(compiled, clipping):
    pytest.importorskip("numpy")
    model = MLP(1, [1], activation="linear", seed=0)
    state = model.state_dict()
    # the loss is finite, its gradient is not
    with pytest.raises(FloatingPointError, match=r"the gradient of a parameter became -?(inf|nan) in epoch 1"):
        fit(
            model, [[1e150], [1e150]], [0.0, 0.0], loss=root_of_square, optimizer=SGD(model.parameters(), lr=0.1),
            epochs=1, compiled=compiled, progress=False, **clipping,
        )  # fmt: skip
    assert model.state_dict() == state


def root_of_square(outputs, targets):
    return sum((0.0 * a) ** 0.5 for a in outputs) / len(outputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip_norm": 0}, "clip_norm is a positive number such as 1.0, got 0"),
        ({"clip_value": "1"}, "clip_value is a positive number such as 1.0, got str '1'"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "give clip_norm or clip_value, not both"),
    ],
)
def test_bounds_of_fit_are_checked_before_anything_is_trained(options, message):
    model = MLP(3, [1], seed=0)
    state = model.state_dict()
    with pytest.raises((TypeError, ValueError), match=message):
        fit(model, X, Y, loss="mean_squared_error", optimizer="sgd", progress=False, **options)
    assert model.state_dict() == state


# --- `train` of a compiled graph ----------------------------------------------------------------------------------


class Signs(Optimizer):
    """A rule that cannot be compiled, as it looks at the numbers."""

    def update(self, x, gradient, memory):
        return x - self.lr * (1.5 if gradient > 0.04 else gradient), memory


def network(hidden):
    model = MLP(3, [hidden, 1], activation="tanh", seed=1)
    rows = X[:3] if hidden > 9 else X
    return model, lambda: mean_squared_error([model(x) for x in rows], Y[: len(rows)])


@pytest.mark.parametrize(("backend", "hidden"), [("llvm", 4), ("python", 4), ("llvm", 150)])
@pytest.mark.parametrize("kind", [SGD, Adam, Signs])
@pytest.mark.parametrize("clipping", CLIPPINGS[:3], ids=str)
def test_train_clips_as_the_eager_loop(clipping, kind, backend, hidden):
    pytest.importorskip("numpy")
    pytest.importorskip("llvmlite")
    (model, cost), (other, its_cost) = network(hidden), network(hidden)
    step = compile(cost(), backend=backend)
    assert step.run.form == ("loops" if hidden > 9 else "straight-line")
    losses = step.train(kind(model.parameters(), lr=0.01), 5, **clipping)
    optimizer, expected = kind(other.parameters(), lr=0.01), []
    for _ in range(5):
        optimizer.zero_grad()
        loss = its_cost()
        loss.backward()
        expected.append(loss.data)
        if "clip_norm" in clipping:
            clip_grad_norm(other.parameters(), clipping["clip_norm"])
        else:
            clip_grad_value(other.parameters(), clipping["clip_value"])
        optimizer.step()
    assert losses == pytest.approx(expected, rel=1e-10)
    assert model.state_dict() == pytest.approx(other.state_dict(), rel=1e-8, abs=1e-12)
    assert [p.grad for p in model.parameters()] == pytest.approx(
        [p.grad for p in other.parameters()], rel=1e-8, abs=1e-11
    )


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_a_norm_whose_square_is_infinite_is_clipped_all_the_same(backend):
    pytest.importorskip("llvmlite")
    a, b = Value(0.0), Value(0.0)
    compile(3e200 * a + 4e200 * b, backend=backend).train(SGD([a, b], lr=1.0), 2, clip_norm=5.0)
    assert (a.data, b.data) == pytest.approx((-6.0, -8.0), rel=1e-6)


def test_train_refuses_what_cannot_be_a_bound_before_it_moves_anything():
    a = Value(2.0)
    step, optimizer = compile(a * a), SGD([a], lr=0.1)
    for clipping, message in (
        ({"clip_norm": -1.0}, "clip_norm is a positive number such as 1.0, got -1.0"),
        ({"clip_value": "1"}, "clip_value is a positive number such as 1.0, got str '1'"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "give clip_norm or clip_value, not both"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            step.train(optimizer, 3, **clipping)
    assert (a.data, optimizer.steps) == (2.0, 0)
