"""Activations are their formulas, PyTorch's at every kink, in numbers, nodes, second derivatives and compiled code."""

from __future__ import annotations

import math
from functools import partial

import pytest

import nn
from autograd import Value, compile, grad, gradcheck, relu, softmax, tanh
from nn import ACTIVATIONS, MLP, Activation, Layer, Neuron, clip, elu, gelu, hard_tanh, leaky_relu, silu
from nn.activations import is_known, name_of

FUNCTIONS = {
    "leaky_relu": leaky_relu,
    "leaky_relu, steep": lambda x: leaky_relu(x, slope=0.3),
    "elu": elu,
    "elu, alpha": lambda x: elu(x, alpha=1.7),
    "gelu": gelu,
    "silu": silu,
    "softplus": ACTIVATIONS["softplus"],
    "hard_tanh": hard_tanh,
    "clip": lambda x: clip(x, -0.5, 2.0),
    "clip, low": lambda x: clip(x, low=0.0),
    "clip, high": lambda x: clip(x, high=1.0),
}
KINKS = [0.0, -1.0, 1.0, -0.5, 2.0]
POINTS = [*KINKS, -0.0, 0.3, -0.3, 1.5, -2.5, 7.0, -9.0, 40.0, -40.0, 800.0, -800.0]


def of_torch(name):
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    return {
        "leaky_relu": f.leaky_relu,
        "leaky_relu, steep": partial(f.leaky_relu, negative_slope=0.3),
        "elu": f.elu,
        "elu, alpha": partial(f.elu, alpha=1.7),
        "gelu": partial(f.gelu, approximate="tanh"),
        "silu": f.silu,
        "softplus": partial(f.softplus, threshold=100),
        "hard_tanh": f.hardtanh,
        "clip": partial(torch.clamp, min=-0.5, max=2.0),
        "clip, low": partial(torch.clamp, min=0.0),
        "clip, high": partial(torch.clamp, max=1.0),
    }[name]


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_derivative_are_pytorchs_at_kinks_and_far_out(name, x):
    torch = pytest.importorskip("torch")
    reference = of_torch(name)
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    reference(t).backward()
    v = Value(x)
    y = FUNCTIONS[name](v)
    y.backward()
    assert y.data == pytest.approx(reference(t).item(), rel=1e-14, abs=1e-300)
    assert v.grad == pytest.approx(t.grad.item(), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("x", [0.3, -0.3, 1.5, -2.5])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_second_derivative_is_pytorchs(name, x):
    torch = pytest.importorskip("torch")
    reference, function = of_torch(name), FUNCTIONS[name]
    t = torch.tensor(x, dtype=torch.float64)
    # times x²: the second derivative of what is straight alone is 0, which a missing one is, too
    expected = torch.func.grad(torch.func.grad(lambda t: t * t * reference(t)))(t).item()
    assert grad(grad(lambda x: x * x * function(x)))(x) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_is_the_numerical_one(name):
    for x in (0.37, -0.81, 1.9, -3.1):
        assert gradcheck(FUNCTIONS[name], x).ok


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_plain_number_gives_the_same_plain_number(name):
    if name == "softplus":
        return  # a method of Value; autograd.softplus takes both
    for x in POINTS:
        y = FUNCTIONS[name](x)
        assert isinstance(y, float)
        assert y == FUNCTIONS[name](Value(x)).data


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_they_give_value_and_gradient_as_node_by_node(name, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    np = pytest.importorskip("numpy")
    f = compile(FUNCTIONS[name], backend=backend)
    values, slopes = f.value_and_grad(np.array(POINTS))
    for x, y, slope in zip(POINTS, values, slopes, strict=True):
        v = Value(x)
        expected = FUNCTIONS[name](v)
        expected.backward()
        assert y == pytest.approx(expected.data, rel=1e-13, abs=1e-300)
        assert slope == pytest.approx(v.grad, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_name_trains_compiled_as_node_by_node(name):
    pytest.importorskip("numpy")
    losses = []
    for compiled in (True, False):
        model = MLP(2, [3, 1], activation=name, seed=1)
        optimizer = nn.SGD(model.parameters(), lr=0.05)
        X, y = [[0.0, 1.0], [1.0, -0.5], [-2.0, 0.5]], [0.0, 1.0, 0.5]
        history = nn.fit(
            model, X, y, loss="mean_squared_error", optimizer=optimizer, epochs=4, compiled=compiled, progress=False
        )
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_goes_on_as_in_pytorch(x):
    torch = pytest.importorskip("torch")
    for name, function in FUNCTIONS.items():
        expected = of_torch(name)(torch.tensor(x, dtype=torch.float64)).item()
        assert function(Value(x)).data == pytest.approx(expected, nan_ok=True), name


@pytest.mark.parametrize(("low", "high"), [(1, 0), (0.0, math.nan)])
def test_bounds_in_the_wrong_order_are_refused(low, high):
    with pytest.raises(ValueError, match=r"clip\(x, low, high\) takes the lower bound first, got "):
        clip(0.5, low, high)


def test_clip_without_a_bound_is_refused():
    with pytest.raises(TypeError, match="clip needs a bound"):
        clip(0.5)


def test_an_activation_module_maps_every_number_of_nested_lists():
    np = pytest.importorskip("numpy")
    found = Activation("relu")([Value(-1.0), [2.0, [Value(3.0)]], np.array([[-4.0, 5.0]])])
    assert [found[0].data, found[1][0].data, found[1][1][0].data] == [0.0, 2.0, 3.0]
    assert [y.data for y in found[2][0]] == [0.0, 5.0]
    assert Activation(tanh)(0.5).data == math.tanh(0.5)


def test_names_of_functions():
    names = [name_of(f) for f in (Value.relu, relu, partial(leaky_relu, slope=0.2), lambda z: z, math.tanh)]
    assert names == ["relu", "relu", "leaky_relu", "activation", "tanh"]
    assert repr(Layer(2, 1, activation=partial(clip, low=0, high=6))) == "Layer(2 → 1 clip)"


def test_what_is_known_to_depend_on_no_number():
    assert all(map(is_known, [relu, gelu, Value.tanh, partial(leaky_relu, slope=0.2)]))
    assert not any(map(is_known, [lambda z: z, math.tanh, partial(lambda a, z: z, 1)]))


def test_a_function_of_a_list_is_no_activation():
    with pytest.raises(TypeError, match="softmax takes a sequence of numbers or Values, got one Value"):
        Neuron(1, activation=softmax)([1.0])
