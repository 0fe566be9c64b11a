"""Names of columns get to the inputs of graphs, and columns that do not fit are refused."""

from __future__ import annotations

import pickle

import pytest

from autograd import Graph, Value, compile, draw, explain, explain_layers, explore
from nn import MLP, SGD, Layer, Linear, Module, Neuron, Sequential, fit, plot_weights

pandas = pytest.importorskip("pandas")

FRAME = pandas.DataFrame({"length": [1.0, 2.0, 3.0], "width": [0.5, 0.25, 0.0]})
Y = [0.0, 1.0, 2.0]


class Own(Module):
    def __init__(self):
        self.inner = Linear(2, 1, seed=0)

    def forward(self, x):
        return self.inner(x)


def trained(model, X=FRAME, **options):
    optimizer = SGD(model.parameters(), lr=0.01)
    fit(model, X, Y, loss="mean_squared_error", optimizer=optimizer, epochs=1, progress=False, **options)
    return model


def names_in(node):
    graph = Graph(node)
    return [graph.name_of(constant) for constant in graph.constants if graph.name_of(constant)]


MODELS = {
    "MLP": lambda: MLP(2, [2, 1], seed=0),
    "Sequential": lambda: Sequential(Linear(2, 2, seed=0), "tanh", Linear(2, 1, seed=1)),
    "Layer": lambda: Layer(2, 1, seed=0),
    "Neuron": lambda: Neuron(2, seed=0),
    "one's own": Own,
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("compiled", [True, False])
def test_a_model_trained_on_a_data_frame_names_its_inputs(kind, compiled):
    model = trained(MODELS[kind](), compiled=compiled)
    assert list(model.feature_names_in_) == ["length", "width"]
    for row in ([1.0, 2.0], (1.0, 2.0), FRAME.iloc[0], FRAME.to_numpy()[0]):
        assert names_in(model(row)) == ["length", "width"]


@pytest.mark.parametrize("kind", MODELS)
def test_a_row_of_a_data_frame_has_its_names_with_it(kind):
    model = MODELS[kind]()
    assert model.feature_names_in_ is None
    assert names_in(model(FRAME.iloc[0])) == ["length", "width"]
    assert names_in(model([1.0, 2.0])) == []


def test_the_numbers_are_the_same_and_values_stay_what_they_are():
    plain, named = MLP(2, [2, 1], seed=0), MLP(2, [2, 1], seed=0)
    named.feature_names_in_ = ["length", "width"]
    x, labelled = Value(1.0), Value(2.0, "mine")
    output = named([x, labelled])
    assert output.data == plain([1.0, 2.0]).data
    assert (x.label, labelled.label) == ("length", "mine")
    output.backward()
    assert x.has_grad
    assert compile(named)([1.0, 2.0]) == pytest.approx(output.data)
    assert named.predict(FRAME).tolist() == plain.predict(FRAME).tolist()


def test_pictures_and_explanations_show_the_names():
    model = trained(MLP(2, [2, 1], activation="tanh", seed=0))
    loss = (model(FRAME.iloc[1]) - 1.0) ** 2
    loss.backward()
    assert "length = 2" in draw(loss, format="mermaid")
    assert "× length" in draw(loss, format="text")
    assert '"length"' in explore(loss).html()
    assert "= length" in explain(loss, wrt=model.layers[0].neurons[0].weights[0]).text()
    assert "a(0) holds the inputs length, width." in explain_layers(loss, model).text()
    assert "inputs: length, width" in model.summary().text()
    assert [tick.get_text() for tick in plot_weights(model).get_xticklabels()] == ["length", "width"]


def test_without_names_nothing_is_said_of_them():
    model = MLP(2, [2, 1], seed=0)
    assert "inputs" not in model.summary().text()
    assert "a(0) holds" not in explain_layers(model([1.0, 2.0]), model).text()


def test_columns_in_another_order_are_refused():
    model = trained(MLP(2, [1]))
    swapped = FRAME[["width", "length"]]
    with pytest.raises(
        ValueError, match=r"another order than in training: 'width', 'length' in .* write X\[\['length'"
    ):
        model.predict(swapped)
    with pytest.raises(ValueError, match="the names of the sample are in another order"):
        model(swapped.iloc[0])
    with pytest.raises(ValueError, match="the columns of the validation set are in another order"):
        trained(MLP(2, [1]), validation=(swapped, Y))


def test_other_columns_are_refused():
    model = trained(MLP(2, [1]))
    with pytest.raises(ValueError, match=r"'width' missing and 'size' unknown; .* trained on 'length', 'width'"):
        model.predict(FRAME.rename(columns={"width": "size"}))
    with pytest.raises(ValueError, match="'width' missing"):
        model.predict(FRAME[["length"]])
    with pytest.raises(TypeError, match="the input 'width' should be a number, got str 'wide'"):
        model(pandas.Series({"length": 1.0, "width": "wide"}))


def test_arrays_have_no_names_and_columns_that_are_numbers_neither():
    model = trained(MLP(2, [1]))
    assert model.predict(FRAME.to_numpy()).tolist() == model.predict(FRAME).tolist()
    assert trained(MLP(2, [1]), X=FRAME.to_numpy()).feature_names_in_ is None
    assert trained(MLP(2, [1]), X=FRAME.set_axis([0, 1], axis=1)).feature_names_in_ is None


def test_training_again_on_another_frame_takes_its_names():
    model = trained(trained(MLP(2, [1])), X=FRAME.rename(columns={"width": "size"}))
    assert list(model.feature_names_in_) == ["length", "size"]
    assert list(pickle.loads(pickle.dumps(model)).feature_names_in_) == ["length", "size"]


def test_other_frames_will_do():
    class Frame:
        """What polars and others have in common with pandas."""

        columns = ("length", "width")

        def to_numpy(self):
            return FRAME.to_numpy()

    model = trained(MLP(2, [1], seed=0), X=Frame())
    assert list(model.feature_names_in_) == ["length", "width"]
    assert model.predict(Frame()).tolist() == model.predict(FRAME).tolist()


def test_the_model_of_an_estimator_has_its_names():
    pytest.importorskip("sklearn", minversion="1.6")
    from nn.sklearn import MLPRegressor

    estimator = MLPRegressor((2,), max_iter=2, random_state=0)
    with pytest.warns(Warning, match="max_iter"):
        estimator.fit(FRAME, Y)
    assert list(estimator.model_.feature_names_in_) == ["length", "width"]
    with pytest.raises(ValueError, match="feature names should match"):
        estimator.predict(FRAME[["width", "length"]])


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["red", "blue"], r"X\['colour'\] of row 0 should be a number, got str 'red'; pandas.get_dummies\(X\)"),
        ([1.0, float("nan")], r"X\['colour'\] of row 1 is nan: .*X.fillna\(X.median\(\)\)"),
        ([1.0, None, "x"], r"X\['colour'\] of row 1 should be a number, got NoneType None; .*X.dropna\(\)"),
        (pandas.array([1, pandas.NA], dtype="Int64"), r"X\['colour'\] of row 1 .*X.dropna\(\)"),
    ],
)
def test_what_is_no_number_is_found_by_its_column(column, message):
    X = pandas.DataFrame({"colour": column})
    with pytest.raises((TypeError, ValueError), match=message):
        trained(MLP(1, [1]), X=X)
