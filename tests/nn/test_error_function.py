"""`erf` is that of the C library to the last bits, in every way in which an operation is run."""

from __future__ import annotations

import math
import random
from functools import partial

import pytest

import autograd
from autograd import Graph, Value, compile, gradcheck, mean
from autograd.drawing.explorer.javascript import operation_code
from nn import MLP, gelu
from nn.error_function import erf

generator = random.Random(3)
POINTS = [generator.uniform(-7, 7) for _ in range(500)] + [10 ** generator.uniform(-300, 2) for _ in range(500)]
POINTS += [0.0, 1.0, -1.0, math.nextafter(1.0, 0.0), 6.0, 40.0, 1e300, math.inf]


def test_it_is_that_of_the_c_library():
    for x in POINTS:
        assert erf(x) == pytest.approx(math.erf(x), rel=1e-15, abs=0), x
        assert erf(-x) == -erf(x)
    assert math.isnan(erf(math.nan))
    assert math.copysign(1, erf(-0.0)) == -1


def test_its_derivatives_of_every_order():
    assert gradcheck(erf, 0.7)
    x = 0.5
    slope = 2 / math.sqrt(math.pi) * math.exp(-x * x)
    first = autograd.grad(erf)
    assert first(x) == pytest.approx(slope, rel=1e-15)
    assert autograd.grad(first)(x) == pytest.approx(-2 * x * slope, rel=1e-15)


def test_a_network_with_the_exact_gelu_is_the_same_compiled_and_written_as_json():
    model = MLP(2, [4, 1], activation=partial(gelu, approximate="none"), seed=0)
    loss = mean([model(x) ** 2 for x in ([0.5, -1.0], [3.0, 2.0], [0.0, 0.0])])
    loss.backward()
    expected = [p.grad for p in model.parameters()]
    for backend in ("python", None):
        model.zero_grad()
        assert compile(loss, backend=backend)() == pytest.approx(loss.data, rel=1e-14)
        assert [p.grad for p in model.parameters()] == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert Graph.from_json(Graph(loss).to_json()).root.data == loss.data
    assert "Math.exp" in operation_code(erf, 1), "the explorer computes it, too"


def test_it_takes_arrays_and_tensors():
    numpy = pytest.importorskip("numpy")
    assert erf(numpy.array(POINTS)).tolist() == pytest.approx([erf(x) for x in POINTS], rel=1e-15)


@pytest.mark.parametrize("x", [-3.0, -0.5, 0.0, 1.0, 2.5, 30.0])
def test_exact_gelu_and_its_derivative(x):
    value = Value(x)
    gelu(value, approximate="none").backward()
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    share = 0.5 * math.erfc(-x / math.sqrt(2))
    assert gelu(x, approximate="none") == pytest.approx(x * share, rel=1e-12)
    assert value.grad == pytest.approx(share + x * density, rel=1e-12)
    assert gelu(x, approximate="none") == pytest.approx(gelu(x), abs=5e-4)


def test_another_approximation_is_refused():
    with pytest.raises(ValueError, match='approximate is "tanh" or "none", got \'exact\''):
        gelu(1.0, approximate="exact")
