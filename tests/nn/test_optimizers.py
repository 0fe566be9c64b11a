"""Optimizers step as PyTorch's do, in float64, on a problem that is not quadratic."""

from __future__ import annotations

import json
import math

import pytest
from support.interrupts import interruptions

from autograd import Value
from nn import SGD, Adam, AdamW, Neuron, Optimizer, RMSprop

OPTIONS = [
    (SGD, {"lr": 0.01}),
    (SGD, {"lr": 0.01, "weight_decay": 0.1}),
    (SGD, {"lr": 0.003, "momentum": 0.9}),
    (SGD, {"lr": 0.003, "momentum": 0.5, "nesterov": True}),
    (SGD, {"lr": 0.003, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2}),
    (RMSprop, {}),
    (RMSprop, {"lr": 0.003, "alpha": 0.9, "eps": 1e-4}),
    (RMSprop, {"momentum": 0.8}),
    (RMSprop, {"momentum": 0.5, "weight_decay": 0.3}),
    (RMSprop, {"alpha": 0.0}),
    (Adam, {}),
    (Adam, {"lr": 0.02}),
    (Adam, {"lr": 0.01, "betas": (0.5, 0.9), "eps": 1e-3}),
    (Adam, {"lr": 0.01, "weight_decay": 0.5}),
    (Adam, {"lr": 0.01, "betas": (0.0, 0.0)}),
    (AdamW, {}),
    (AdamW, {"lr": 0.02, "weight_decay": 0.5}),
    (AdamW, {"lr": 0.01, "betas": (0.8, 0.99), "weight_decay": 0.0}),
]
START = (-3.0, 4.0, 2.0)  # a hundred steps from the bottom, round which rounding errors would grow


def hilly(x, y, z):
    """Far from quadratic; for Values and tensors alike."""
    return 0.1 * x**4 + 0.3 * x * y + y * y + (1 + (z - x).exp()).log() + 2 * z * z


@pytest.mark.parametrize(("make", "options"), OPTIONS)
def test_a_hundred_steps_are_pytorchs(make, options):
    torch = pytest.importorskip("torch")
    ours = [Value(x) for x in START]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer, reference = make(ours, **options), getattr(torch.optim, make.__name__)(theirs, **options)
    for _ in range(100):
        for xs, each in ((ours, optimizer), (theirs, reference)):
            each.zero_grad()
            hilly(*xs).backward()
            each.step()
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=1e-12, abs=1e-12)
    assert max(abs(p.data - x) for p, x in zip(ours, START, strict=True)) > 1e-2  # they did move


@pytest.mark.parametrize(("make", "options"), OPTIONS)
def test_a_parameter_reached_only_now_and_then_moves_as_in_pytorch(make, options):
    torch = pytest.importorskip("torch")
    ours = [Value(x) for x in START]
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer, reference = make(ours, **options), getattr(torch.optim, make.__name__)(theirs, **options)
    for step in range(20):
        for (x, y, z), each in ((ours, optimizer), (theirs, reference)):
            each.zero_grad()
            (hilly(x, y, z) if step % 3 == 2 else (x * y) ** 2).backward()  # z is reached first in the third step
            each.step()
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=1e-12, abs=1e-12)


# --- by hand ------------------------------------------------------------------------------------------------------


def path(make, gradients, **options):
    """Where a parameter that starts at 1 goes under these gradients."""
    x, numbers = Value(1.0), []
    optimizer = make([x], **options)
    for gradient in gradients:
        x.grad = gradient
        optimizer.step()
        numbers.append(x.data)
    return numbers


@pytest.mark.parametrize(
    ("make", "options", "expected"),
    [
        (SGD, {"lr": 0.1}, [0.8, 0.7]),
        (SGD, {"lr": 0.1, "weight_decay": 0.5}, [1 - 0.1 * 2.5, 0.75 - 0.1 * 1.375]),
        (SGD, {"lr": 0.1, "momentum": 0.5}, [0.8, 0.6]),  # v = 2, then 0.5·2 + 1
        (SGD, {"lr": 0.1, "momentum": 0.5, "nesterov": True}, [0.7, 0.5]),  # 2 + 0.5·2, then 1 + 0.5·2
        (RMSprop, {"lr": 0.1, "alpha": 0.75, "eps": 0.0}, [1 - 0.1 * 2 / 1, 0.8 - 0.1 * 1 / math.sqrt(0.75 + 0.25)]),
        (RMSprop, {"lr": 0.1, "alpha": 0.75, "eps": 0.0, "momentum": 0.5}, [0.8, 0.8 - 0.1 * (0.5 * 2 + 1)]),
        (Adam, {"lr": 0.1, "betas": (0.5, 0.5), "eps": 0.0}, [0.9, 0.9 - 0.1 * (4 / 3) / math.sqrt(2)]),
        (
            AdamW,
            {"lr": 0.1, "betas": (0.5, 0.5), "eps": 0.0, "weight_decay": 1.0},
            [0.9 * 1 - 0.1, 0.8 * 0.9 - 0.1 * (4 / 3) / math.sqrt(2)],
        ),
    ],
)
def test_two_steps_by_hand(make, options, expected):
    assert path(make, [2.0, 1.0], **options) == pytest.approx(expected, rel=1e-14)


def test_the_learning_rate_may_be_changed_at_any_time():
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1)
    x.grad = 1.0
    optimizer.step()
    optimizer.lr = 0.5
    optimizer.step()
    assert x.data == pytest.approx(0.4)
    assert optimizer.steps == 2


@pytest.mark.parametrize(("make", "options"), OPTIONS)
def test_a_parameter_that_no_backward_pass_reached_stays_put(make, options):
    reached, unreached = Value(1.0), Value(2.0)
    optimizer = make([unreached, reached], **options)
    for _ in range(3):
        optimizer.zero_grad()
        (reached * reached).backward()
        optimizer.step()
    assert unreached.data == 2.0
    assert reached.data != 1.0


def test_zero_grad_forgets_the_gradients():
    x = Value(1.0)
    (x * x).backward()
    SGD([x]).zero_grad()
    assert not x.has_grad


def test_an_optimizer_of_ones_own_says_how_one_parameter_moves():
    class Signs(Optimizer):
        def update(self, x, gradient, memory):
            return x - math.copysign(self.lr, gradient), memory

    assert path(Signs, [5.0, -0.1, -3.0], lr=0.25) == [0.75, 1.0, 1.25]


def test_an_optimizer_without_update_says_so():
    with pytest.raises(NotImplementedError, match="Optimizer does not say how a parameter moves"):
        path(Optimizer, [1.0], lr=0.1)


# --- errors -------------------------------------------------------------------------------------------------------

ALL = pytest.mark.parametrize("make", [SGD, RMSprop, Adam, AdamW])


@ALL
@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf])
def test_a_bad_learning_rate_is_refused(make, lr):
    with pytest.raises(ValueError, match=f"lr is a number of at least 0, got {lr}"):
        make([Value(1.0)], lr=lr)


@ALL
@pytest.mark.parametrize("lr", ["0.1", None])
def test_a_learning_rate_that_is_no_number_is_named(make, lr):
    with pytest.raises(TypeError, match="lr "):
        make([Value(1.0)], lr=lr)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (SGD, {"momentum": -0.1}, "momentum is a number of at least 0, got -0.1"),
        (SGD, {"weight_decay": -1}, "weight_decay is a number of at least 0, got -1"),
        (SGD, {"nesterov": True}, "nesterov=True needs a momentum, such as momentum=0.9"),
        (RMSprop, {"alpha": 1.0}, "alpha is at least 0 and below 1, got 1.0"),
        (RMSprop, {"alpha": -0.1}, "alpha is at least 0 and below 1, got -0.1"),
        (RMSprop, {"eps": -1e-8}, "eps is a number of at least 0, got -1e-08"),
        (RMSprop, {"momentum": math.nan}, "momentum is a number of at least 0, got nan"),
        (Adam, {"betas": (1.0, 0.9)}, r"betas\[0\] is at least 0 and below 1, got 1.0"),
        (Adam, {"betas": (0.9, math.nan)}, r"betas\[1\] is at least 0 and below 1, got nan"),
        (Adam, {"eps": math.inf}, "eps is a number of at least 0, got inf"),
        (AdamW, {"weight_decay": -1}, "weight_decay is a number of at least 0, got -1"),
    ],
)
def test_a_bad_option_is_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)], **options)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999)])
def test_betas_are_two_numbers(betas):
    with pytest.raises((TypeError, ValueError), match="betas"):
        Adam([Value(1.0)], betas=betas)


@ALL
def test_no_parameters_are_refused(make):
    with pytest.raises(ValueError, match=r"needs parameters, got none; write SGD\(model.parameters\(\), lr=…\)"):
        make([])


@ALL
@pytest.mark.parametrize("parameters", [[1.0], [("weight", Value(1.0))]])
def test_parameters_that_are_no_values_are_refused(make, parameters):
    with pytest.raises(TypeError, match=r"parameters are Values, got (float|tuple)"):
        make(parameters)


@pytest.mark.parametrize("kind", ["model", "method", "value"])
def test_what_is_no_list_of_parameters_is_refused_with_what_to_write(kind):
    neuron = Neuron(1)
    parameters = {"model": neuron, "method": neuron.parameters, "value": Value(1.0)}[kind]
    with pytest.raises(TypeError, match=r"model\.parameters\(\)"):
        SGD(parameters, lr=0.1)


def test_computed_nodes_and_repeated_parameters_are_refused():
    x = Value(1.0)
    with pytest.raises(ValueError, match=r"only leaves can be trained; .* is computed by multiply"):
        SGD([x, x * 2])
    with pytest.raises(ValueError, match="a parameter stands twice in the list"):
        SGD([x, x])


@pytest.mark.parametrize("make", [RMSprop, Adam, AdamW])
def test_a_zero_gradient_without_eps_is_no_crash(make):
    (x,) = path(make, [0.0], eps=0.0)  # PyTorch computes 0/0 = nan here
    assert isinstance(x, float)


# --- all or nothing, frozen parameters, what it looks like ---------------------------------------------------------


def state(optimizer):
    return [p.data for p in optimizer.parameters], [tuple(memory) for memory in optimizer.memory], optimizer.steps


@pytest.mark.parametrize("make", [SGD, RMSprop, Adam, AdamW])
def test_wherever_ctrl_c_comes_a_step_is_taken_as_a_whole_or_not_at_all(make):
    def in_training():
        parameters = [Value(1.0), Value(-2.0)]
        optimizer = make(parameters, lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            (parameters[0] * parameters[1]).backward()
            optimizer.step()
        return optimizer

    optimizer = in_training()
    before = state(optimizer)
    optimizer.step()
    after = state(optimizer)
    seen = [state(each) for each in interruptions(in_training, lambda optimizer: optimizer.step())]
    assert all(each in (before, after) for each in seen)
    assert before in seen
    assert before != after


def test_a_rule_that_fails_at_the_second_parameter_leaves_the_first_alone():
    class Odd(SGD):
        def update(self, x, gradient, memory):
            return (x - gradient if x > 0 else "nothing", memory)

    optimizer = Odd([Value(1.0), Value(-1.0)])
    for p in optimizer.parameters:
        p.grad = 1.0
    before = state(optimizer)
    with pytest.raises(TypeError, match="expected a real number, got str 'nothing'"):
        optimizer.step()
    assert state(optimizer) == before


def test_a_gradient_that_is_a_node_moves_by_its_number():
    a, b = Value(3.0), Value(3.0)
    (a * a).backward(create_graph=True)
    (b * b).backward()
    for p in (a, b):
        Adam([p], lr=0.1).step()
    assert type(a.data) is float
    assert a.data == b.data


@pytest.mark.parametrize("make", [SGD, RMSprop, Adam, AdamW])
def test_frozen_parameters_stay_and_remember_nothing(make):
    w, b = Value(1.0), Value(2.0)
    optimizer = make([w, b], lr=0.1)
    (w * b).backward()
    b.requires_grad = False
    optimizer.step()
    assert b.data == 2.0
    assert set(optimizer.memory[1]) <= {0.0}
    assert w.data != 1.0
    b.requires_grad = True
    optimizer.step()
    assert b.data != 2.0


def test_repr_says_what_it_moves_and_how():
    w, b = Value(1.0), Value(2.0)
    optimizer = SGD([w, b], lr=0.1, momentum=0.9)
    how = "lr=0.1, momentum=0.9, weight_decay=0.0, nesterov=False"
    assert repr(optimizer) == f"<SGD of 2 parameters: {how}; 0 steps taken>"
    (w * b).backward()
    optimizer.step()
    b.requires_grad = False
    assert repr(optimizer) == f"<SGD of 2 parameters, 1 of them frozen: {how}; 1 step taken>"
    assert repr(Adam([w])) == (
        "<Adam of 1 parameter: lr=0.001, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0; 0 steps taken>"
    )


def test_a_gradient_may_be_a_number_of_numpy():
    np = pytest.importorskip("numpy")
    p = Value(1.0)
    p.grad = np.float64(2.0)
    SGD([p], lr=0.25).step()
    assert p.data == 0.5


# --- states -------------------------------------------------------------------------------------------------------


def _moved(optimizer, times):
    for _ in range(times):
        for p in optimizer.parameters:
            p.grad = p.data * p.data + 0.3
        optimizer.step()
    return [p.data for p in optimizer.parameters]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        (RMSprop, {"alpha": 0.8, "momentum": 0.3}),
        (Adam, {"betas": (0.8, 0.9), "weight_decay": 0.1}),
        (AdamW, {"eps": 1e-6}),
    ],
)
def test_an_optimizer_goes_on_from_a_state_that_went_through_json(kind, options):
    optimizer = kind([Value(1.0), Value(-2.0)], lr=0.05, **options)
    _moved(optimizer, 3)
    again = kind([Value(p.data) for p in optimizer.parameters])
    again.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    assert repr(again) == repr(optimizer)
    assert _moved(again, 3) == _moved(optimizer, 3)


SETTINGS = Adam([Value(0.0)]).state_dict()["settings"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"kind": "SGD"}, ValueError, "of the optimizer SGD, not of Adam"),
        ({"settings": {"lr": 0.1}}, ValueError, "the state has the settings lr; Adam has lr, betas, eps"),
        ({"settings": SETTINGS | {"lr": -1.0}}, ValueError, "lr is a number of at least 0, got -1.0"),
        ({"settings": SETTINGS | {"betas": [0.9]}}, TypeError, "the setting betas is like"),
        ({"steps": -1}, ValueError, "steps is a whole number of at least 0, got -1"),
        ({"memory": [[0.0, 0.0, 0.0]]}, ValueError, "the state is of 1 parameters, this optimizer has 2"),
        ({"memory": [[0.0, 0.0]] * 2}, ValueError, "Adam keeps 3 numbers for each parameter"),
        ({"memory": [[0.0, 0.0, "x"]] * 2}, TypeError, "the memory of an optimizer is made of numbers, got 'x'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, error, message):
    optimizer = Adam([Value(1.0), Value(-2.0)])
    _moved(optimizer, 2)
    before = optimizer.state_dict()
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(before | change)
    assert optimizer.state_dict() == before


def test_a_state_is_a_mapping():
    with pytest.raises(TypeError, match=r"what its state_dict\(\) returned"):
        SGD([Value(1.0)]).load_state_dict([1.0])


@pytest.mark.parametrize("gradient", [2, 2.0, Value(2.0)])
def test_a_gradient_set_by_hand_moves_its_parameter(gradient):
    x = Value(1.0)
    x.grad = gradient
    SGD([x], lr=0.25).step()
    assert x.data == 0.5


def test_none_in_grad_means_that_there_is_none():
    x = Value(1.0)
    x.grad = None
    SGD([x], lr=0.25).step()
    assert (x.data, x.has_grad) == (1.0, False)
    (x * 3).backward()
    assert x.grad == 3.0
