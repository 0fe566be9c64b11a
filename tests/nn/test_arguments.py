"""What `fit` is given: names do what they say, and what does not fit is refused before anything is trained."""

from __future__ import annotations

import functools

import pytest

from autograd import Value
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    Module,
    RMSprop,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    fit,
    l2_penalty,
    max_margin,
    mean_squared_error,
    quadratic_cost,
    schedules,
)

X = [[0.1, 0.5], [0.9, -0.3], [-0.4, 0.8], [0.7, 0.2]]
CLASSES = [0, 1, 0, 1]


def model(*sizes, **options):
    return MLP(2, list(sizes or (3, 2)), activation="tanh", seed=0, **options)


def train(m=None, y=CLASSES, **options):
    m = m or model()
    return m, fit(m, X, y, **({"loss": cross_entropy, "optimizer": "adam", "epochs": 3, "progress": False} | options))


def refused(error, match, m=None, **options):
    m = m or model()
    before = m.state_dict() if isinstance(m, Module) else None
    with pytest.raises(error, match=match):
        train(m, **options)
    assert not isinstance(m, Module) or m.state_dict() == before


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "sizes", "output", "y"),
    [
        (cross_entropy, (3, 2), "linear", CLASSES),
        (binary_cross_entropy, (3, 1), "sigmoid", CLASSES),
        (max_margin, (3, 1), "linear", [-1, 1, -1, 1]),
        (mean_squared_error, (3, 1), "linear", CLASSES),
        (quadratic_cost, (3, 2), "linear", X),
    ],
)
def test_a_loss_goes_by_the_name_of_its_function(loss, sizes, output, y):
    by_name, _ = train(model(*sizes, output_activation=output), y, loss=loss.__name__)
    by_function, _ = train(model(*sizes, output_activation=output), y, loss=loss)
    assert by_name.state_dict() == by_function.state_dict()


@pytest.mark.parametrize(
    ("optimizer", "kind"), [("adam", Adam), ("Adam", Adam), ("sgd", SGD), ("rmsprop", RMSprop), ("AdamW", AdamW)]
)
def test_an_optimizer_goes_by_its_name_or_its_class_with_its_defaults(optimizer, kind):
    models = [model() for _ in range(3)]
    train(models[0], optimizer=optimizer)
    train(models[1], optimizer=kind)
    train(models[2], optimizer=kind(models[2].parameters()))
    assert models[0].state_dict() == models[1].state_dict() == models[2].state_dict() != model().state_dict()


def test_an_optimizer_may_be_a_function_of_the_parameters():
    ours, theirs = model(), model()
    train(ours, optimizer=functools.partial(Adam, lr=0.1))
    train(theirs, optimizer=Adam(theirs.parameters(), lr=0.1))
    assert ours.state_dict() == theirs.state_dict()


def test_a_metric_goes_by_its_name_and_a_list_gives_several():
    def confident(outputs, targets):
        return sum(max(z.data for z in output) > 0 for output in outputs) / len(outputs)

    validation = (X[:2], CLASSES[:2])
    _, one = train(metrics="accuracy", validation=validation)
    _, several = train(metrics=["accuracy", confident, "cross_entropy"], validation=validation)
    _, function = train(metrics=accuracy, validation=validation)
    assert one.metric == function.metric == several.metric
    assert list(several.metrics) == list(several.validation_metrics) == ["accuracy", "confident", "cross_entropy"]
    assert several.metrics["cross_entropy"] == pytest.approx(several.loss)
    assert several.validation_metrics["cross_entropy"] == pytest.approx(several.validation_loss)
    assert [len(numbers) for numbers in several.metrics.values()] == [3, 3, 3]
    assert several.validation_metric == one.validation_metric == one.validation_metrics["accuracy"]
    assert list(several.last())[:4] == ["loss", "accuracy", "confident", "cross_entropy"]


def test_metrics_without_a_name_are_numbered():
    _, history = train(metrics=[lambda o, t: 1.0, lambda o, t: 2.0, lambda o, t: 3])
    assert {name: numbers[-1] for name, numbers in history.metrics.items()} == {
        "metric": 1.0,
        "metric 2": 2.0,
        "metric 3": 3.0,
    }


def test_without_a_metric_there_are_none():
    _, history = train()
    assert (history.metric, history.validation_metric, history.metrics) == ([], [], {})


def test_a_plain_function_is_a_model():
    w, b = Value(0.0), Value(0.0)
    history = fit(
        lambda x: w * x[0] + b,
        [0.0, 1.0, 2.0],
        [1.0, 3.0, 5.0],
        loss="mean_squared_error",
        optimizer=SGD([w, b], lr=0.2),
        epochs=100,
        patience=100,
        progress=False,
    )
    assert history.loss[-1] < 1e-3
    assert (w.data, b.data) == pytest.approx((2.0, 1.0), abs=0.05)


# --- what is refused ------------------------------------------------------------------------------------------------


def test_unknown_names_are_answered_with_the_known_ones():
    refused(
        ValueError, "no loss is called 'crossentropy'; did you mean 'cross_entropy'. There are", loss="crossentropy"
    )
    refused(ValueError, "no metric is called 'f1'. There are accuracy, .*a list of metrics", metrics="f1")
    refused(ValueError, "no metric is called 'f1'", metrics=["accuracy", "f1"])
    refused(ValueError, "no optimizer is called 'adamm'; did you mean 'adam'", optimizer="adamm")
    refused(TypeError, r"loss is one of the names .* or a function \(outputs, targets\) -> Value; got 3", loss=3)
    refused(TypeError, "metric is one of the names accuracy, .* got 0.5", metrics=0.5)


@pytest.mark.parametrize("optimizer", [0.1, None, [Value(1.0)]])
def test_something_else_than_an_optimizer_is_refused(optimizer):
    refused(
        TypeError, r"optimizer is one such as SGD\(model\.parameters\(\), lr=0\.1\), or its name", optimizer=optimizer
    )


def test_a_metric_that_gives_no_number_is_refused():
    def pairs(outputs, targets):
        return [1]

    with pytest.raises(TypeError, match=r"a metric returns a number, pairs gave list \[1\]"):
        train(metrics=pairs)


def test_a_schedule_is_a_function_of_the_number_of_the_update():
    refused(TypeError, r"schedules\.linear\(0\.1, .*; for one rate all the time .* lr=…; got 0\.1", schedule=0.1)
    refused(TypeError, r"a schedule is a function.* linear\(start: .* does not fit: missing", schedule=schedules.linear)
    for rate, error, match in [
        ("fast", TypeError, "in update 0 it gave str 'fast'"),
        (-0.1, ValueError, r"gave the learning rate -0\.1 in update 0"),
        (float("nan"), ValueError, "gave the learning rate nan in update 0"),
    ]:
        refused(error, match, schedule=lambda step, rate=rate: rate)


def test_a_penalty_is_a_function_without_arguments():
    write = r"write penalty=lambda: l2_penalty\(model\.parameters\(\), strength=0\.01\)"
    m = model()
    refused(TypeError, write + "; got float 0.1", penalty=0.1)
    refused(TypeError, write + "; got Value", m=m, penalty=l2_penalty(m.parameters()))
    refused(TypeError, write + r"; l2_penalty\(parameters: .* does not fit: missing", penalty=l2_penalty)
    refused(TypeError, write + "; it gave float 0.5, which is no Value", penalty=lambda: 0.5)


def test_one_output_and_cross_entropy():
    # Targets that sum to 1 used to pass as the probabilities of one sample.
    for y in ([0, 1, 0, 0], CLASSES):
        for compiled in (True, False):
            refused(
                ValueError,
                r"cross_entropy compares one output for each class, but MLP\(2 → 3 tanh → 1 linear: 13 parameters\) "
                r"has one output: .* binary_cross_entropy",
                m=model(3, 1),
                y=y,
                compiled=compiled,
            )
    with pytest.raises(ValueError, match="the logits of at least 2 classes, got 1"):
        cross_entropy([[Value(1.0)], [Value(2.0)]], [0, 0])


def test_classes_and_binary_cross_entropy_of_several_outputs():
    refused(
        ValueError,
        "sample 0 has 3 outputs but 1 targets; for the number of a class take cross_entropy",
        m=model(3, output_activation="sigmoid"),
        y=[0, 1, 2, 0],
        loss=binary_cross_entropy,
    )


def test_what_is_no_model():
    with pytest.raises(TypeError, match=r"got the class MLP: make one, model = MLP\(…\)"):
        train(MLP)
    with pytest.raises(TypeError, match="something to call with the numbers of one sample, got str 'mlp'"):
        train("mlp")
    with pytest.raises(TypeError, match=r"a plain function does not say .* optimizer=Adam\(\[w, b\], lr=0\.1\)"):
        train(lambda x: [x[0] * Value(1.0), x[1] * Value(1.0)], optimizer="adam")


# --- frozen parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
def test_frozen_layers_stay_while_the_others_learn(compiled):
    if compiled:
        pytest.importorskip("numpy")
    m = model()
    m.layers[0].freeze()
    before = m.state_dict()
    train(m, optimizer=Adam(m.parameters(), lr=0.1), compiled=compiled)
    changed = {name for name, x in m.state_dict().items() if x != before[name]}
    assert changed == {name for name in before if name.startswith("layers[1]")}
    assert all(not p.has_grad for p in m.layers[0].parameters())
    m.unfreeze()
    train(m, optimizer=Adam(m.parameters(), lr=0.1), compiled=compiled)
    assert all(x != before[name] for name, x in m.state_dict().items())


def test_a_penalty_on_frozen_parameters_pulls_at_nothing():
    ours, plain = model(), model()
    for m in (ours, plain):
        m.layers[0].freeze()
    train(ours, penalty=lambda: l2_penalty(ours.layers[0].parameters(), strength=1.0), compiled=False)
    train(plain, compiled=False)
    assert ours.state_dict() == plain.state_dict()


def test_nothing_to_train_is_refused():
    refused(ValueError, r"all parameters to train are frozen: .* model\.unfreeze\(\)", m=model().freeze())
    m, other = model(), model()
    m.freeze()
    both = SGD([*m.parameters(), *other.parameters()])
    refused(ValueError, "all parameters to train are frozen", m=m, optimizer=both)
