"""Models of PyTorch become ours: the same outputs and gradients, or a refusal that names the place."""

from __future__ import annotations

import math
import random
import sys

import pytest

import autograd
from autograd import Value
from nn import MLP, SGD, Conv2d, Dropout, Embedding, Linear, Reshape, Sequential, fit, from_torch, to_torch
from nn.tensors import tensors_of

torch = pytest.importorskip("torch")
tnn = torch.nn

KINKS = [0.0, -0.0, 1.0, -1.0, 6.0, 20.0, -20.0, 35.0, 45.0, -800.0, 0.5, -1.7, 3.2]


@pytest.fixture(autouse=True)
def repeatable():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def flat(x):
    return [x] if not isinstance(x, (list, tuple)) else [y for part in x for y in flat(part)]


def as_values(x):
    return Value(x) if not isinstance(x, list) else [as_values(part) for part in x]


def assert_same(ours, theirs, sample):
    """Outputs, and the gradients of a sum of them with weights, by the inputs and by all parameters."""
    values, tensor = as_values(sample), torch.tensor(sample, dtype=torch.float64, requires_grad=True)
    y, z = flat(ours(values)), theirs(tensor.unsqueeze(0)).flatten()
    assert [v.data for v in y] == pytest.approx(z.tolist(), rel=1e-12, abs=1e-12)
    weights = [math.cos(3 * i) for i in range(len(y))]
    for parameter in (*ours.parameters(), *theirs.parameters()):
        parameter.grad = None
    autograd.dot(y, weights).backward()
    (z * torch.tensor(weights, dtype=torch.float64)).sum().backward()
    assert gradients(flat(values)) == pytest.approx(tensor.grad.flatten().tolist(), rel=1e-12, abs=1e-12)
    named = dict(theirs.named_parameters(remove_duplicate=False))
    for name, (_, parameters) in tensors_of(ours).items():
        grad = named[name].grad
        expected = [0.0] * len(parameters) if grad is None else grad.flatten().tolist()
        assert gradients(parameters) == pytest.approx(expected, rel=1e-12, abs=1e-12), name


def gradients(parameters):
    return [float(p.grad or 0.0) for p in parameters]


def some(*shape):
    generator = random.Random(1)
    return [some(*shape[1:]) for _ in range(shape[0])] if shape else generator.uniform(-2, 2)


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64).tolist()


def assert_round_trip(module):
    """There and back again: the same layers, numbers, flags and modes."""
    again = to_torch(from_torch(module))
    state, expected = again.state_dict(), module.state_dict()
    assert list(state) == list(expected)
    assert all(torch.equal(state[name], expected[name]) for name in state)
    for part, other in zip(again.modules(), module.modules(), strict=True):
        assert (type(part), part.training) == (type(other), other.training)
        assert options(part) == options(other)
    assert [p.requires_grad for p in again.parameters()] == [p.requires_grad for p in module.parameters()]


def options(module):
    names = getattr(module, "__constants__", ())
    return {name: getattr(module, name) for name in names if name != "inplace"}


ACTIVATIONS = [
    tnn.ReLU(),
    tnn.Tanh(),
    tnn.Sigmoid(),
    tnn.SiLU(),
    tnn.Identity(),
    tnn.LeakyReLU(),
    tnn.LeakyReLU(0.3),
    tnn.ELU(),
    tnn.ELU(alpha=0.5),
    tnn.GELU(),
    tnn.GELU(approximate="tanh"),
    tnn.Softplus(),
    tnn.Softplus(beta=2.0, threshold=10.0),
    tnn.Softplus(threshold=40.0),
    tnn.Hardtanh(),
    tnn.Hardtanh(-0.5, 3.2),
]


@pytest.mark.parametrize("activation", [*ACTIVATIONS, tnn.ReLU6(), tnn.ReLU(inplace=True)], ids=repr)
def test_activations_agree_at_kinks_and_far_out_too(activation):
    ours = from_torch(activation)
    for x in KINKS:
        value, tensor = Value(x), torch.tensor(x, dtype=torch.float64, requires_grad=True)
        y, z = ours(value), activation(tensor * 1)
        y.backward()
        z.backward()
        assert y.data == pytest.approx(z.item(), rel=1e-12, abs=1e-12)
        assert float(value.grad) == pytest.approx(tensor.grad.item(), rel=1e-12, abs=1e-12)


def networks():
    deep = tnn.Sequential(
        tnn.Sequential(tnn.Linear(3, 5), tnn.LeakyReLU(0.2), tnn.LayerNorm(5)),
        tnn.Sequential(tnn.Sequential(tnn.Linear(5, 4, bias=False)), tnn.SiLU()),
        tnn.Linear(4, 2),
    )
    images = tnn.Sequential(
        tnn.Conv2d(2, 3, 3, stride=2, padding=1),
        tnn.ReLU(),
        tnn.MaxPool2d(2, stride=1),
        tnn.Conv2d(3, 2, (2, 2), bias=False),
        tnn.Flatten(),
        tnn.Linear(2, 2),
    )
    signals = tnn.Sequential(tnn.Conv1d(2, 3, 3, padding=1), tnn.ELU(), tnn.Flatten(), tnn.Linear(12, 1), tnn.Sigmoid())
    flat_images = tnn.Sequential(tnn.Unflatten(1, (1, 4, 4)), tnn.Conv2d(1, 2, 3), tnn.Tanh(), tnn.Flatten())
    tower = [part for _ in range(4) for part in (tnn.Linear(4, 4), tnn.GELU(approximate="tanh"))]
    return [(deep, (3,)), (images, (2, 6, 6)), (signals, (2, 4)), (flat_images, (16,)), (tnn.Sequential(*tower), (4,))]


@pytest.mark.parametrize("i", range(5))
def test_networks_agree_and_come_back_to_the_bit(i):
    network, shape = networks()[i]
    network = network.double()
    ours = from_torch(network)
    for _ in range(3):
        assert_same(ours, network, numbers(*shape))
    network[0].eval().requires_grad_(False)
    assert_round_trip(network)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_activations_come_back(activation):
    assert_round_trip(activation)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_by_name(padding):
    network = tnn.Conv1d(2, 3, 3, padding=padding).double()
    assert_same(from_torch(network), network, numbers(2, 5))


def test_pooling_takes_the_first_of_equals():
    network = tnn.Sequential(tnn.MaxPool2d(2))
    assert_same(from_torch(network), network, [[[1.0, 1.0, 0.0, 2.0], [1.0, 0.5, 2.0, 2.0]]])


def test_an_embedding_takes_symbols():
    network = tnn.Sequential(tnn.Embedding(5, 3), tnn.Flatten(), tnn.Linear(6, 1)).double()
    ours = from_torch(network)
    assert ours([4, 2]).data == pytest.approx(network(torch.tensor([[4, 2]])).item(), rel=1e-12)
    assert_round_trip(network)


def test_a_single_layer_a_named_row_and_a_class_without_forward():
    class Net(tnn.Sequential):
        def __init__(self):
            super().__init__()
            self.hidden, self.act, self.out = tnn.Linear(2, 3), tnn.Tanh(), tnn.Linear(3, 1)

    assert isinstance(from_torch(tnn.Linear(2, 1)), Linear)
    network = Net().double()
    assert_round_trip(tnn.Linear(2, 3).double())
    ours = from_torch(network)
    assert [p.data for p in ours[2].neurons[0].weights] == network.out.weight.flatten().tolist()
    assert from_torch(tnn.Sequential())([1.0])[0].data == 1.0


def test_dropout_and_modes_are_carried():
    network = tnn.Sequential(tnn.Linear(2, 2), tnn.Dropout(0.25)).double()
    ours = from_torch(network)
    assert isinstance(ours[1], Dropout)
    assert (ours[1].p, ours[1].training) == (0.25, True)
    network[1].eval()
    ours = from_torch(network)
    assert (ours.training, ours[0].training, ours[0].neurons[0].training, ours[1].training) == (True, True, True, False)
    network.eval()
    assert not any(part.training for part in from_torch(network).modules())
    assert_same(from_torch(network), network, [1.0, 2.0])


def test_frozen_parameters_stay_frozen():
    network = tnn.Sequential(tnn.Linear(2, 2), tnn.Linear(2, 1)).double()
    network[0].weight.requires_grad = False
    ours = from_torch(network)
    assert [p.requires_grad for p in ours.parameters()] == [False, False, True, False, False, True, True, True, True]
    assert_round_trip(network)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_numbers_of_fewer_bits_come_back_in_their_type(dtype):
    network = tnn.Sequential(tnn.Linear(3, 4), tnn.ReLU(), tnn.Linear(4, 1)).to(dtype)
    ours = from_torch(network)
    again = to_torch(ours, dtype=dtype)
    assert all(
        torch.equal(p, q) and p.dtype == q.dtype for p, q in zip(again.parameters(), network.parameters(), strict=True)
    )
    assert {p.dtype for p in to_torch(ours).parameters()} == {torch.float64}


def test_a_layer_used_twice_is_one_layer_here():
    layer = tnn.Linear(2, 2).double()
    network = tnn.Sequential(layer, tnn.Tanh(), layer)
    ours = from_torch(network)
    assert ours[0] is ours[2]
    assert_same(ours, network, [0.5, -1.0])
    again = to_torch(ours)
    assert again[0] is again[2]
    assert_round_trip(network)


def test_what_was_trained_there_is_trained_on_here():
    network = tnn.Sequential(tnn.Linear(2, 3), tnn.Tanh(), tnn.Linear(3, 1)).double()
    ours = from_torch(network)
    X, y = [[0.0, 1.0], [1.0, 0.0]], [[1.0], [0.0]]
    fit(ours, X, y, loss="mean_squared_error", optimizer=SGD(ours.parameters(), lr=0.1), epochs=1, progress=False)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    tnn.functional.mse_loss(network(torch.tensor(X).double()), torch.tensor(y).double()).backward()
    optimizer.step()
    expected = to_torch(ours)
    assert all(
        torch.allclose(p, q, rtol=1e-12, atol=0)
        for p, q in zip(expected.parameters(), network.parameters(), strict=True)
    )


def test_the_generator_of_pytorch_is_left_alone():
    before = torch.get_rng_state()
    to_torch(Sequential(Conv2d(1, 2, size=2), Embedding(3, 2), MLP(2, [1])))
    from_torch(tnn.Flatten())
    assert torch.equal(before, torch.get_rng_state())


# --- refusals ---------------------------------------------------------------------------------------------------------


class Block(tnn.Module):
    def __init__(self):
        super().__init__()
        self.a = tnn.Linear(2, 2)

    def forward(self, x):
        return x + self.a(x)


class Shifted(tnn.Linear):
    def forward(self, x):
        return super().forward(x) + 1


def hooked(module):
    module.register_forward_hook(lambda *_: None)
    return module


def patched(module):
    module.forward = lambda x: x
    return module


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        (
            lambda: Block(),
            TypeError,
            r"Block\) has a forward of its own, and Python code cannot be converted",
        ),
        (lambda: Shifted(2, 2), TypeError, r"Shifted\) has a forward of its own"),
        (lambda: patched(tnn.Linear(2, 2)), TypeError, r"Linear\) has a forward of its own"),
        (lambda: tnn.BatchNorm1d(2), TypeError, r"BatchNorm1d\) has no counterpart in nn: it mixes the samples"),
        (
            lambda: tnn.Softmax(dim=1),
            TypeError,
            r"Softmax\) has no counterpart in nn: leave it out",
        ),
        (lambda: tnn.ModuleList([tnn.ReLU()]), TypeError, r"ModuleList\) has no counterpart in nn: it computes"),
        (lambda: tnn.DataParallel(tnn.ReLU()), TypeError, r"DataParallel\) has no counterpart in nn: convert"),
        (lambda: tnn.LSTM(2, 2), TypeError, r"LSTM\) has no counterpart in nn: write it in scalars"),
        (
            lambda: tnn.Conv2d(1, 1, (2, 3)),
            ValueError,
            r"has kernel_size=\(2, 3\), and here it is one number",
        ),
        (lambda: tnn.Conv2d(1, 1, 2, stride=(1, 2)), ValueError, r"stride=\(1, 2\)"),
        (lambda: tnn.Conv2d(1, 1, 2, padding=(1, 0)), ValueError, r"padding=\(1, 0\)"),
        (lambda: tnn.Conv2d(1, 1, 2, padding="same"), ValueError, "padding='same' and an even kernel_size=2"),
        (lambda: tnn.Conv2d(1, 1, 3, dilation=2), ValueError, r"dilation=\(2, 2\), and here there is dilation=1 only"),
        (lambda: tnn.Conv2d(2, 2, 3, groups=2), ValueError, "groups=2, and here there is groups=1 only"),
        (lambda: tnn.Conv1d(1, 1, 3, padding=1, padding_mode="circular"), ValueError, "padding_mode='circular'"),
        (lambda: tnn.MaxPool2d(2, ceil_mode=True), ValueError, "ceil_mode=True"),
        (lambda: tnn.MaxPool2d(3, padding=1), ValueError, "padding=1"),
        (lambda: tnn.MaxPool2d(2, dilation=2), ValueError, "dilation=2"),
        (lambda: tnn.MaxPool2d(2, return_indices=True), ValueError, "return_indices=True"),
        (lambda: tnn.MaxPool2d((2, 3)), ValueError, "kernel_size"),
        (lambda: tnn.Embedding(3, 2, padding_idx=0), ValueError, "padding_idx=0"),
        (lambda: tnn.Embedding(3, 2, max_norm=1.0), ValueError, "max_norm=1.0"),
        (lambda: tnn.Embedding(3, 2, sparse=True), ValueError, "sparse=True"),
        (lambda: tnn.Dropout(1.0), ValueError, "p=1, which leaves nothing over"),
        (lambda: tnn.LayerNorm(2, elementwise_affine=False), ValueError, "elementwise_affine=False"),
        (lambda: tnn.LayerNorm(2, bias=False), ValueError, "bias=False, and LayerNorm has one here"),
        (lambda: tnn.LayerNorm((2, 3)), ValueError, r"normalized_shape=\(2, 3\)"),
        (lambda: tnn.Flatten(0), ValueError, "start_dim=0"),
        (lambda: tnn.Flatten(1, 2), ValueError, "end_dim=2"),
        (lambda: tnn.Unflatten(2, (1, 1)), ValueError, "dim=2"),
        (lambda: tnn.LazyLinear(2), ValueError, "has no numbers yet: call it once, or load its state first"),
        (lambda: tnn.Linear(2, 2, device="meta"), ValueError, "has no numbers yet"),
        (lambda: tnn.Linear(2, 2, dtype=torch.complex64), ValueError, "has complex numbers"),
        (lambda: hooked(tnn.Linear(2, 2)), ValueError, "has hooks, functions that PyTorch runs with it"),
        (
            lambda: tnn.utils.parametrizations.weight_norm(tnn.Linear(2, 2)),
            ValueError,
            "has parametrizations, which no Linear",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_what_has_no_counterpart_is_refused_by_its_place(layer, error, message):
    network = tnn.Sequential()
    network.features = tnn.Sequential(tnn.ReLU(), layer())
    with pytest.raises(error, match=rf"^features\.1 \(.*{message}"):
        from_torch(network)
    with pytest.raises(error, match=r"^the module \(\w+\) "):
        from_torch(network.features[1])


def test_weights_that_two_layers_share_are_refused_by_their_names():
    network = tnn.Sequential(tnn.Embedding(4, 2), tnn.Flatten(), tnn.Linear(2, 4, bias=False))
    network[2].weight = network[0].weight
    with pytest.raises(ValueError, match=r"^0\.weight and 2\.weight are one parameter, which two layers cannot share"):
        from_torch(network)


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"from_torch takes a module of torch\.nn, got OrderedDict .* parameters alone"):
        from_torch(tnn.Linear(2, 1).state_dict())
    with pytest.raises(TypeError, match=r"from_torch takes a module of torch\.nn, got MLP"):
        from_torch(MLP(2, [1]))


def test_without_pytorch_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"^from_torch needs PyTorch: pip install torch$"):
        from_torch(None)
    with pytest.raises(ImportError, match=r"^to_torch needs PyTorch: pip install torch$"):
        to_torch(Reshape(1))
