"""Our models become PyTorch's: the same outputs and gradients, and a file of parameters fits both."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn
from autograd import Value
from nn import (
    ACTIVATIONS,
    MLP,
    Activation,
    Conv1d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    Module,
    Neuron,
    Reshape,
    Sequential,
    clip,
    elu,
    from_torch,
    gelu,
    leaky_relu,
    to_torch,
)

torch = pytest.importorskip("torch")


def flat(x):
    return [x] if not isinstance(x, (list, tuple)) else [y for part in x for y in flat(part)]


def outputs(model, sample):
    return [y.data for y in flat(model(sample))]


def convolutional():
    return Sequential(
        Reshape(1, 4, 4),
        Conv2d(1, 2, size=3, stride=1, padding=1, activation="relu", seed=0),
        MaxPool2d(2),
        Flatten(),
        Layer(8, 3, activation="tanh", seed=1),
        LayerNorm(3),
        Dropout(0.5, seed=2),
        MLP(3, [4, 2], activation="silu", output_activation="sigmoid", seed=3),
    ).eval()


MODELS = [
    (MLP(2, [16, 16, 1], seed=0), "Linear ReLU Linear ReLU Linear", [0.5, -1.0]),
    (MLP(2, [3, 3], activation="linear", bias=False, seed=0), "Linear Linear", [0.5, -1.0]),
    (Linear(2, 3, seed=0), "Linear", [0.5, -1.0]),
    (Layer(2, 3, activation="softplus", seed=0), "Linear Softplus", [0.5, -1.0]),
    (Neuron(2, activation="gelu", seed=0), "Linear GELU", [0.5, -1.0]),
    (Conv1d(1, 2, size=2, bias=False, seed=0), "Conv1d", [[0.5, 1.0, -1.0]]),
    (
        convolutional(),
        "Unflatten Conv2d ReLU MaxPool2d Flatten Linear Tanh LayerNorm Dropout Linear SiLU Linear Sigmoid",
        [0.1 * i * (-1) ** i for i in range(16)],
    ),
]


@pytest.mark.parametrize(("model", "kinds", "sample"), MODELS, ids=[str(i) for i in range(len(MODELS))])
def test_a_model_is_the_same_there_and_comes_back_to_the_bit(model, kinds, sample):
    theirs = to_torch(model)
    assert [type(part).__name__ for part in theirs.modules() if type(part) is not torch.nn.Sequential] == kinds.split()
    y = theirs(torch.tensor([sample], dtype=torch.float64)).flatten().tolist()
    assert y == pytest.approx(outputs(model, sample), rel=1e-12, abs=1e-12)
    again = from_torch(theirs)
    assert [p.data.hex() for p in again.parameters()] == [p.data.hex() for p in model.parameters()]
    assert outputs(again, sample) == outputs(model, sample)
    assert again.training == model.training


@pytest.mark.parametrize(("model", "kinds", "sample"), MODELS, ids=[str(i) for i in range(len(MODELS))])
def test_a_file_of_parameters_fits_there(model, kinds, sample, tmp_path):
    official = pytest.importorskip("safetensors.torch")
    path, theirs = tmp_path / "model.safetensors", to_torch(model)
    expected = {name: tensor.clone() for name, tensor in theirs.state_dict().items()}
    for p in theirs.parameters():
        torch.nn.init.zeros_(p)
    model.save(path)
    theirs.load_state_dict(official.load_file(path))
    assert all(torch.equal(tensor, expected[name]) for name, tensor in theirs.state_dict().items())
    before = model.state_dict()
    official.save_file({name: -tensor for name, tensor in expected.items()}, path)
    try:
        model.load(path)
        assert model.state_dict() == {name: -x for name, x in before.items()}
    finally:
        model.load_state_dict(before)


def test_a_model_written_by_hand_in_pytorch_takes_the_same_file(tmp_path):
    official = pytest.importorskip("safetensors.torch")

    class Ours(Module):
        def __init__(self):
            self.hidden, self.out, self.scale = Linear(2, 3, seed=0), Linear(3, 1, seed=1), Value(2.0)

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = torch.nn.Linear(2, 3).double(), torch.nn.Linear(3, 1).double()
            self.scale = torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64))

    ours, theirs = Ours(), Theirs()
    ours.save(tmp_path / "m.safetensors")
    theirs.load_state_dict(official.load_file(tmp_path / "m.safetensors"))
    assert theirs.scale.item() == 2.0
    assert theirs.hidden.weight.tolist() == [[w.data for w in neuron.weights] for neuron in ours.hidden.neurons]


def test_every_activation_with_a_module_there_comes_back_by_its_name():
    for name in ACTIVATIONS.keys() - {"sin"}:
        again = from_torch(to_torch(Activation(name)))
        assert again.function is ACTIVATIONS[name], name
    assert from_torch(to_torch(Activation(autograd.tanh))).function is Value.tanh
    again = from_torch(to_torch(Activation(functools.partial(leaky_relu, slope=0.3))))
    assert again.function.keywords == {"slope": 0.3}
    again = from_torch(to_torch(Activation(functools.partial(gelu, approximate="none"))))
    assert (again.function.func, again.function.keywords) == (gelu, {"approximate": "none"})


def test_an_embedding():
    theirs = to_torch(Embedding(3, 2, seed=0))
    assert from_torch(theirs)(1)[0].data == theirs(torch.tensor(1))[0].item()


def test_frozen_parameters_and_modes():
    model = MLP(2, [3, 1], seed=0)
    model.layers[0].freeze()
    model.eval()
    theirs = to_torch(model)
    assert [p.requires_grad for p in theirs.parameters()] == [False, False, True, True]
    assert not any(part.training for part in theirs.modules())
    model = Sequential(Linear(2, 2), Dropout(0.5).eval())
    assert [part.training for part in to_torch(model).modules()] == [True, True, False]


# --- refusals ---------------------------------------------------------------------------------------------------------


class Block(Module):
    def forward(self, x):
        return x


class Shifted(Linear):
    def __call__(self, inputs):
        return super().__call__(inputs)


class Stubborn(Neuron):
    def __call__(self, inputs):
        return super().__call__(inputs) * 2


def changed(model, **attributes):
    vars(model).update(attributes)
    return model


def mixed():
    layer = Layer(2, 2)
    layer.neurons[1].activation = Value.tanh
    return layer


def stubborn():
    layer = Linear(2, 2)
    layer.neurons[1] = Stubborn(2, activation="linear")
    return layer


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [
        (lambda: Block(), TypeError, r"layers\[1\] is a Block, a class with code of its own"),
        (lambda: Shifted(2, 2), TypeError, r"layers\[1\] is a Shifted, a class with code of its own"),
        (lambda: Activation("sin"), TypeError, r"layers\[1\] has the activation sin, for which torch\.nn has no"),
        (lambda: Activation(lambda z: z * z), TypeError, r"layers\[1\] has the activation activation, for which"),
        (lambda: Activation(functools.partial(clip, low=0)), TypeError, r"layers\[1\] has the activation clip, for"),
        (lambda: Activation(functools.partial(elu, beta=2)), TypeError, r"layers\[1\] has the activation elu, for"),
        (lambda: Layer(2, 2, activation="sin"), TypeError, r"layers\[1\] has the activation sin"),
        (lambda: MLP(2, [2, 2], activation="sin"), TypeError, r"layers\[1\]\.layers\[0\] has the activation sin"),
        (mixed, TypeError, r"layers\[1\] has neurons that differ in more than their numbers"),
        (stubborn, TypeError, r"layers\[1\] has neurons that differ in more than their numbers"),
        (lambda: changed(Linear(2, 2), scale=Value(1.0)), ValueError, "a layer was given parameters of its own"),
        (lambda: changed(MLP(2, [2]), layers=[Block()]), TypeError, r"layers\[1\]\.layers\[0\] is a Block"),
        (lambda: changed(MLP(2, [2]), layers=[Flatten()]), TypeError, "is a Flatten, and those of an MLP are Layers"),
    ],
)
def test_what_has_no_counterpart_is_refused_by_its_place(part, error, message):
    with pytest.raises(error, match=message):
        to_torch(Sequential(Linear(2, 2), part()))


def test_a_tensor_is_frozen_and_shared_as_a_whole():
    model = Sequential(Linear(2, 2), Linear(2, 2))
    model[1].neurons[0].weights[1].requires_grad = False
    with pytest.raises(ValueError, match=r"^1\.weight is frozen in part, and in PyTorch a parameter is"):
        to_torch(model)
    model.unfreeze()
    model[1].neurons[0].weights[1] = model[0].neurons[0].weights[1]
    with pytest.raises(ValueError, match=r"^1\.weight shares numbers with another layer"):
        to_torch(model)


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="to_torch takes a model of nn, got Linear"):
        to_torch(torch.nn.Linear(1, 1))
    for bad in (torch.int64, "float32", float):
        with pytest.raises(TypeError, match="dtype is a type of floating-point numbers, such as"):
            to_torch(Linear(1, 1), dtype=bad)


def test_the_two_are_loaded_when_they_are_asked_for():
    code = "import sys, nn; assert {'from_torch', 'to_torch'} <= {*dir(nn)} and 'nn.to_pytorch' not in sys.modules; "
    code += "from nn import to_torch; assert 'torch' not in sys.modules; assert nn.to_torch is to_torch"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(nn.__file__).parents[1])
