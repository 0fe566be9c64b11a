"""Modules in modules: `Sequential`, `forward`, containers of modules, and how nested models show themselves."""

from __future__ import annotations

import pickle

import pytest

from autograd import Value, explain_layers, tanh
from nn import MLP, SGD, Activation, Layer, Linear, Module, Neuron, Sequential, fit, mean_squared_error
from nn.batches import can_compile


class Affine(Module):
    """A model that says what it computes as in PyTorch."""

    def __init__(self):
        super().__init__()
        self.slope, self.offset = Value(2.0), Value(1.0)

    def forward(self, x, twice=False):
        y = self.slope * x + self.offset
        return 2 * y if twice else y


class Holder(Module):
    """A module with the attributes it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def test_a_module_that_defines_forward_can_be_called():
    model = Affine()
    assert model(3.0).data == 7.0
    assert model(3.0, twice=True).data == 14.0


def test_a_module_that_defines_call_has_forward():
    model = Linear(2, 1, seed=0)
    assert model.forward([1.0, 2.0]).data == model([1.0, 2.0]).data


@pytest.mark.parametrize("call", [lambda model: model([1.0]), lambda model: model.forward([1.0])])
def test_a_module_that_defines_neither_says_so(call):
    with pytest.raises(NotImplementedError, match="Holder does not say what it computes: define __call__"):
        call(Holder())


def test_modules_in_a_row_compute_one_after_the_other():
    model = Sequential(Linear(2, 3, seed=0), "tanh", MLP(3, [4, 1], seed=1), Linear(1, 2, seed=2), tanh)
    a, _, b, c, _ = model
    expected = [tanh(z) for z in c([b([z.tanh() for z in a([0.5, -1.0])])])]
    assert [y.data for y in model([0.5, -1.0])] == [y.data for y in expected]
    assert len(model) == 5
    assert model[0] is a


def test_a_list_of_layers_will_do():
    layers = [Linear(2, 3), Activation("relu")]
    assert list(Sequential(layers)) == list(Sequential(iter(layers))) == layers


def test_a_slice_is_a_sequential_of_the_same_modules():
    model = Sequential(Linear(2, 3, seed=0), "tanh", Linear(3, 1, seed=1))
    body = model[:-1]
    assert isinstance(body, Sequential)
    assert list(body) == list(model)[:2]
    assert model[-1](body([0.5, 1.0])).data == model([0.5, 1.0]).data
    with pytest.raises(ValueError, match="Sequential takes modules, got none"):
        model[3:]
    with pytest.raises(IndexError):
        model[3]


def test_an_mlp_is_a_sequential_of_its_layers():
    mlp = MLP(2, [3, 1], activation="tanh", seed=0)
    model = Sequential(*mlp.layers)
    assert model([0.5, 1.0]).data == mlp([0.5, 1.0]).data
    assert model.state_dict() == mlp.state_dict()
    assert explain_layers((model([0.5, 1.0]) - 1) ** 2, model).error < 1e-12


@pytest.mark.parametrize("layer", [3, None, {"a": 1}])
def test_what_is_no_module_in_a_sequential_is_refused(layer):
    with pytest.raises(TypeError, match=r"layers\[1\] of a Sequential is a Module, or an activation such as"):
        Sequential(Linear(1, 1), layer)


def test_a_class_in_a_sequential_is_answered_with_the_call_to_write():
    with pytest.raises(TypeError, match=r"layers\[0\] is the class Linear: make a module of it, Linear\(…\)"):
        Sequential(Linear)


def test_an_empty_sequential_is_refused():
    with pytest.raises(ValueError, match="Sequential takes modules, got none: write"):
        Sequential()


def test_a_sequential_trains_compiled_as_node_by_node():
    pytest.importorskip("numpy")
    curves, states = [], []
    for compiled in ("auto", False):
        model = Sequential(Linear(1, 4, seed=0), "tanh", Linear(4, 1, seed=1))
        assert can_compile(model, mean_squared_error)
        history = fit(
            model,
            [0.0, 0.5, 1.0],
            [0.0, 1.0, 0.5],
            loss=mean_squared_error,
            optimizer=SGD(model.parameters(), lr=0.1),
            epochs=5,
            progress=False,
            compiled=compiled,
        )
        curves.append(history.loss)
        states.append(model.state_dict())
    assert curves[0] == pytest.approx(curves[1], rel=1e-12)
    assert states[0] == pytest.approx(states[1], rel=1e-12)


def test_attributes_may_be_called_as_methods_of_module_are():
    pytest.importorskip("numpy")

    class Named(Module):
        def __init__(self):
            self.modules, self.children, self.summary = [Linear(1, 1, seed=0)], 3, "of the data"

        def forward(self, x):
            return self.modules[0](x)

    model = Named()
    history = fit(model, [1.0, 2.0], [2.0, 4.0], loss="mean_squared_error", optimizer="sgd", epochs=2, progress=False)
    assert len(history) == 2
    assert repr(model) == "Named(\n  (modules[0]): Linear(1 → 1)\n): 2 parameters"


def test_a_module_or_activation_of_the_users_is_not_compiled_unasked():
    pytest.importorskip("numpy")
    assert not can_compile(Sequential(Linear(1, 1), Affine()), mean_squared_error)
    assert not can_compile(Sequential(Linear(1, 1), lambda z: z * z), mean_squared_error)
    assert can_compile(Sequential(Layer(1, 1, activation=tanh), Activation(tanh)), mean_squared_error)


def test_modules_in_containers_of_every_kind_are_children():
    np = pytest.importorskip("numpy")
    a, b, c, d, inner = (Neuron(1) for _ in range(5))
    model = Holder(
        table={"a": a, "more": [b]},
        pair=(c,),
        array=np.array([d, None]),
        part=Holder(inner=inner),
        again=a,
        x=Value(1.0),
    )
    assert [name for name, _ in model.named_children()] == [
        "table['a']",
        "table['more'][0]",
        "pair[0]",
        "array[0]",
        "part",
    ]
    assert model.children()[:4] == [a, b, c, d]
    assert [name for name, _ in model.named_modules()][-2:] == ["part", "part.inner"]
    assert model.modules()[0] is model
    for name, child in model.named_modules():
        assert name == "" or eval(f"model.{name}") is child


def test_nested_modules_show_themselves_as_they_are_nested():
    model = Holder(body=Sequential(Linear(2, 3), "relu"), heads={"a": Layer(3, 1)}, scale=Value(1.0))
    assert repr(model) == (
        "Holder(\n"
        "  (body): Sequential(\n"
        "    (layers[0]): Linear(2 → 3)\n"
        "    (layers[1]): Activation(relu)\n"
        "  ): 9 parameters\n"
        "  (heads['a']): Layer(3 → 1 relu)\n"
        "): 14 parameters"
    )


def test_a_module_that_holds_itself_can_be_shown_and_walked():
    model = Holder(w=Value(1.0))
    model.part = Holder(above=model)
    assert repr(model) == "Holder(\n  (part): Holder(\n    (above): …\n  ): 1 parameter\n): 1 parameter"
    assert len(model.modules()) == 2


def test_messages_name_a_nested_model_in_one_line():
    with pytest.raises(ValueError, match=r"this state is not of Sequential\(9 parameters\): it lacks"):
        Sequential(Linear(2, 3), "relu").load_state_dict({})


def test_nested_models_are_saved_loaded_and_pickled(tmp_path):
    model = Sequential(Linear(2, 3, seed=0), "relu", Sequential(Linear(3, 1, seed=1)))
    model.save(tmp_path / "model.json")
    other = Sequential(Linear(2, 3, seed=8), "relu", Sequential(Linear(3, 1, seed=9)))
    other.load(tmp_path / "model.json")
    y = model([1.0, 2.0]).data
    assert other([1.0, 2.0]).data == y
    assert pickle.loads(pickle.dumps(model))([1.0, 2.0]).data == y
