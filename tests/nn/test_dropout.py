"""Dropout leaves out and scales in training only, draws by its seed, and trains compiled as node by node."""

from __future__ import annotations

import copy
import pickle
import random
from dataclasses import dataclass

import pytest

from autograd import Value, compile
from nn import MLP, SGD, Dropout, Linear, Module, Sequential, fit
from nn.batches import can_compile
from nn.losses import mean_squared_error

X = [[0.1 * i, (-0.3) ** i] for i in range(10)]
Y = [0.5 * a - b for a, b in X]


def network(p=0.4):
    return Sequential(Linear(2, 6, seed=0), "tanh", Dropout(p, seed=5), Linear(6, 1, seed=1), Dropout(0.1, seed=6))


def trained(compiled, model, **options):
    history = fit(
        model,
        X,
        Y,
        loss=mean_squared_error,
        optimizer=SGD(model.parameters(), lr=0.05),
        epochs=5,
        batch_size=4,
        progress=False,
        compiled=compiled,
        **options,
    )
    return history, model.state_dict()


def test_in_training_a_number_is_left_out_or_scaled():
    found = [x.data for x in Dropout(0.25, seed=0)([3.0] * 4000)]
    assert set(found) == {0.0, 4.0}
    assert found.count(0.0) == pytest.approx(1000, abs=100)


def test_a_number_left_out_receives_no_gradient():
    xs = [Value(1.0) for _ in range(20)]
    ys = Dropout(0.5, seed=1)(xs)
    sum(ys).backward()
    assert [x.grad for x in xs] == [y.data for y in ys]


def test_eval_passes_on_what_it_gets_and_train_ends_that():
    model = Sequential(Dropout(0.9, seed=0), Sequential(Dropout(0.9, seed=1)))
    xs = [1.0, 2.0]
    assert model.eval() is model
    assert model(xs) == xs
    assert not model[1].layers[0].training
    assert [y.data for y in model.train()(xs)] == [0.0, 0.0]
    assert Dropout(0)(xs) is xs


def test_the_seed_decides_and_without_one_pythons_random_does():
    assert [x.data for x in Dropout(seed=3)([1.0] * 50)] == [x.data for x in Dropout(seed=3)([1.0] * 50)]
    draws = []
    for _ in range(2):
        random.seed(7)
        draws.append([x.data for x in Dropout()([1.0] * 50)])
    assert draws[0] == draws[1]


def test_compiled_training_draws_the_same_as_node_by_node():
    pytest.importorskip("numpy")
    assert can_compile(network(), mean_squared_error)
    (compiled, state), (eager, expected) = trained("auto", network()), trained(False, network())
    assert compiled.loss == pytest.approx(eager.loss, rel=1e-11)
    assert state == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert trained(False, network(p=0.0))[0].loss != pytest.approx(eager.loss, rel=1e-3)


def test_dropouts_that_share_a_generator_draw_in_turn_in_both():
    pytest.importorskip("numpy")
    losses = []
    for compiled in (True, False):
        generator = random.Random(9)
        first, second = (Dropout(p, seed=generator) for p in (0.3, 0.6))
        model = Sequential(first, Linear(2, 4, seed=0), second, Linear(4, 1, seed=1))
        losses.append(trained(compiled, model)[0].loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-11)


@pytest.mark.parametrize("compiled", [True, False])
def test_validation_leaves_nothing_out(compiled):
    pytest.importorskip("numpy")
    model = network()
    history, _ = trained(compiled, model, validation=(X, Y))
    model.eval()
    expected = sum((model(x) - y) ** 2 for x, y in zip(X, Y, strict=True))
    assert history.validation_loss[-1] == pytest.approx(expected.data / len(X), rel=1e-12)


def test_fit_trains_in_training_mode_and_gives_each_module_its_mode_back():
    model, seen = network(), []
    model[2].eval()
    trained(False, model, callbacks=lambda epoch, history: seen.append([part.training for part in model.modules()]))
    assert all(map(all, seen))
    assert [part.training for part in model] == [True, True, False, True, True]


def test_an_error_gives_the_mode_back():
    model = network().eval()
    with pytest.raises(ZeroDivisionError):
        trained(False, model, callbacks=lambda epoch, history: 1 / 0)
    assert not any(part.training for part in model.modules())


def test_predict_leaves_nothing_out_and_keeps_the_mode():
    pytest.importorskip("numpy")
    model = network()
    assert (model.predict(X) == model.predict(X)).all()
    assert model.training


@pytest.mark.parametrize("compiled", [True, False])
def test_a_module_of_the_users_is_not_in_training_while_it_is_validated(compiled):
    pytest.importorskip("numpy")

    class Noisy(Module):
        def __init__(self):
            self.layer, self.dropout = Linear(2, 1, seed=0), Dropout(0.5, seed=0)

        def forward(self, x):
            y = self.dropout(self.layer(x))
            return y + 1000.0 if self.training else y

    history, _ = trained(compiled, Noisy(), validation=(X, Y))
    assert history.loss[0] > 1e5
    assert history.validation_loss[0] != pytest.approx(history.loss[0], rel=1e-2)
    model = Noisy().eval()
    history = fit(
        model, X, Y, loss=mean_squared_error, optimizer=SGD(model.parameters(), lr=0.0), epochs=1, progress=False,
        compiled=compiled, validation=(X, Y),
    )  # fmt: skip
    expected = sum((model(x) - y) ** 2 for x, y in zip(X, Y, strict=True)).data / len(X)
    assert history.validation_loss[0] == pytest.approx(expected, rel=1e-12)


def test_a_function_with_dropout_is_compiled_only_in_eval_mode():
    model = network()
    with pytest.raises(TypeError, match=r"Dropout draws anew for every sample.* call model\.eval\(\) before"):
        compile(lambda x: model([x, x]))(1.0)
    assert compile(lambda x: model.eval()([x, x]))(1.0) == pytest.approx(model([1.0, 1.0]).data)


def test_it_is_copied_and_pickled_with_its_generator():
    dropout = Dropout(seed=2)
    others = copy.deepcopy(dropout), pickle.loads(pickle.dumps(dropout)), pickle.loads(pickle.dumps(Dropout()))
    expected = [x.data for x in dropout([1.0] * 30)]
    assert [[x.data for x in other([1.0] * 30)] for other in others[:2]] == [expected, expected]


@pytest.mark.parametrize("p", [-0.1, 1.0, 1, True, "half", None, float("nan")])
def test_what_is_no_probability_below_one_is_refused(p):
    with pytest.raises(ValueError, match=r"p is the probability to leave a number out, at least 0 and below 1, got "):
        Dropout(p)


def test_a_frozen_data_class_has_modes_and_is_trained():
    @dataclass(frozen=True)
    class Line(Module):
        slope: Value
        dropout: Dropout

        def forward(self, x):
            return self.slope * sum(self.dropout(x))

    model = Line(Value(1.0), Dropout(0.5, seed=0))
    assert not model.eval().dropout.training
    trained(False, model)
    assert not model.training
    assert model.slope.data != 1.0


def test_a_module_of_the_users_has_modes_without_init():
    class Plain(Module):
        def __init__(self):
            self.part = MLP(2, [1])

        def forward(self, x):
            return self.part(x)

    model = Plain()
    assert model.training
    assert not model.eval().part.layers[0].neurons[0].training
    assert len(model.parameters()) == 3
