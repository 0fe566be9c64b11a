"""Where weights start: micrograd's numbers by default, a generator of its own by seed, spread as the papers say."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from nn import INITIALIZATIONS, MLP, Layer, Neuron


def numbers(model):
    return [p.data for p in model.parameters()]


def test_random_seed_gives_micrograds_very_numbers():
    micrograd = pytest.importorskip("micrograd.nn")
    random.seed(1337)
    theirs = micrograd.MLP(2, [16, 16, 1])
    random.seed(1337)
    ours = MLP(2, [16, 16, 1])
    assert len(numbers(ours)) == 337
    assert numbers(ours) == [p.data for p in theirs.parameters()]


def test_the_first_weights_are_those_of_random_uniform_in_order_and_biases_are_zero():
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(4)]
    random.seed(1337)
    assert numbers(Layer(2, 2)) == [*expected[:2], 0.0, *expected[2:], 0.0]


@pytest.mark.parametrize("make", [Neuron, lambda n, **k: Layer(n, 3, **k), lambda n, **k: MLP(n, [3, 2], **k)])
@pytest.mark.parametrize("initialization", INITIALIZATIONS)
def test_a_seed_repeats_and_leaves_the_global_generator_alone(make, initialization):
    state = random.getstate()
    first, again = (numbers(make(3, seed=7, initialization=initialization)) for _ in range(2))
    assert random.getstate() == state
    assert first == again
    if initialization != "zeros":
        assert first != numbers(make(3, seed=8, initialization=initialization))


def test_a_seed_gives_the_numbers_that_random_seed_gives():
    random.seed(5)
    expected = numbers(MLP(2, [3, 1]))
    assert numbers(MLP(2, [3, 1], seed=5)) == expected


def test_the_neurons_and_layers_of_a_seeded_model_differ():
    weights = [w.data for layer in MLP(2, [3, 3, 1], seed=0).layers for n in layer.neurons for w in n.weights]
    assert len(set(weights)) == len(weights)


def test_a_generator_is_used_as_it_is_and_goes_on():
    generator = random.Random(3)
    first, second = Neuron(2, seed=generator), Neuron(2, seed=generator)
    assert numbers(first) == numbers(Neuron(2, seed=3))
    assert numbers(second) != numbers(first)


@pytest.mark.parametrize(
    ("name", "deviation", "bound"),
    [
        ("uniform", math.sqrt(1 / 3), 1.0),
        ("xavier", math.sqrt(2 / (50 + 200)), math.sqrt(6 / (50 + 200))),
        ("he", math.sqrt(2 / 50), math.inf),
        ("lecun", math.sqrt(1 / 50), math.inf),
        ("zeros", 0.0, 0.0),
    ],
)
def test_weights_have_the_mean_spread_and_bound_of_the_scheme(name, deviation, bound):
    layer = Layer(50, 200, initialization=name, seed=0)
    weights = [w.data for neuron in layer.neurons for w in neuron.weights]
    assert statistics.pstdev(weights) == pytest.approx(deviation, rel=0.03)
    assert abs(statistics.fmean(weights)) <= 0.04 * deviation
    assert max(map(abs, weights)) <= bound


def test_an_initialization_may_be_a_function_of_generator_fan_in_and_fan_out():
    seen = []

    def tenth(generator, fan_in, fan_out):
        seen.append((fan_in, fan_out))
        return 0.1

    assert numbers(MLP(2, [3, 1], initialization=tenth)) == [0.1, 0.1, 0.0] * 3 + [0.1, 0.1, 0.1, 0.0]
    assert seen == [(2, 3)] * 6 + [(3, 1)] * 3


def test_an_own_initialization_can_be_added_to_the_table(monkeypatch):
    monkeypatch.setitem(INITIALIZATIONS, "ones", lambda generator, fan_in, fan_out: 1.0)
    assert numbers(Neuron(2, initialization="ones")) == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("make", [Neuron, lambda n, **k: Layer(n, 3, **k), lambda n, **k: MLP(n, [3], **k)])
@pytest.mark.parametrize("seed", ["7", 1.5, True])
def test_a_seed_of_a_wrong_type_is_refused(make, seed):
    with pytest.raises(TypeError, match=r"seed is an int, a random\.Random or None, got (str|float|bool)"):
        make(2, seed=seed)


def test_a_numpy_integer_is_a_seed():
    np = pytest.importorskip("numpy")
    assert numbers(Neuron(2, seed=np.int64(3))) == numbers(Neuron(2, seed=3))


@pytest.mark.parametrize("make", [Neuron, lambda n, **k: Layer(n, 3, **k), lambda n, **k: MLP(n, [3], **k)])
def test_an_unknown_initialization_lists_the_choices(make):
    with pytest.raises(
        ValueError, match="unknown initialization 'glorot'; choose one of uniform, xavier, he, lecun, z"
    ):
        make(2, initialization="glorot")
