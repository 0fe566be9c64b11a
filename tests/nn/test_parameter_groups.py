"""Groups of parameters with settings of their own: as in PyTorch, the same in every form of training."""

from __future__ import annotations

import copy
import json
import random

import pytest

from autograd import Value, compile
from nn import MLP, SGD, Adam, AdamW, Optimizer, RMSprop, clip_grad_norm, fit, mean_squared_error, schedules

GENERATOR = random.Random(5)
X = [[GENERATOR.uniform(-1, 1) for _ in range(2)] for _ in range(12)]
Y = [3 * a * b for a, b in X]

OPTIONS = [
    (SGD, {"lr": 0.02, "momentum": 0.9}, [{"lr": 0.1}, {"weight_decay": 0.3}]),
    (SGD, {"momentum": 0.5, "nesterov": True}, [{"lr": 0.1, "momentum": 0.0}, {"lr": 0.05}]),
    (RMSprop, {"lr": 0.003}, [{"alpha": 0.5, "eps": 1e-3}, {"lr": 0.02}]),
    (Adam, {"lr": 0.02, "weight_decay": 0.1}, [{}, {"betas": (0.5, 0.7), "weight_decay": 0.0}]),
    (AdamW, {"lr": 0.01}, [{"lr": 0.1, "weight_decay": 0.0}, {}]),
]
EVERY_KIND = pytest.mark.parametrize(("kind", "options", "own"), OPTIONS)


def network():
    return MLP(2, [4, 1], activation="tanh", seed=1)


def grouped(model, kind=AdamW, options=OPTIONS[-1][1], own=OPTIONS[-1][2]):
    params = [layer.parameters() for layer in model.layers]
    return kind([{"params": group, **settings} for group, settings in zip(params, own, strict=True)], **options)


def cost(model):
    return mean_squared_error([model(x) for x in X], Y)


def trained_by_hand(model, optimizer, steps, clip=None):
    for _ in range(steps):
        optimizer.zero_grad()
        cost(model).backward()
        if clip is not None:
            clip_grad_norm(model.parameters(), clip)
        optimizer.step()


@EVERY_KIND
def test_groups_move_as_pytorchs(kind, options, own):
    torch = pytest.importorskip("torch")
    ours = [Value(-3.0), Value(4.0), Value(2.0)]
    theirs = [torch.tensor(p.data, dtype=torch.float64, requires_grad=True) for p in ours]
    make = [kind, getattr(torch.optim, kind.__name__)]
    pairs = [
        (ps, each([{"params": ps[:1], **own[0]}, {"params": ps[1:], **own[1]}], **options))
        for ps, each in zip((ours, theirs), make, strict=True)
    ]
    for step in range(40):
        for (x, y, z), optimizer in pairs:
            if step == 20:  # as people do it who write their own schedule
                for group in optimizer.param_groups:
                    group["lr"] *= 0.5
            optimizer.zero_grad()
            (0.1 * x**4 + 0.3 * x * y + y * y + 2 * (z - x) * (z - x)).backward()
            optimizer.step()
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=1e-12, abs=1e-12)


@EVERY_KIND
def test_all_settings_of_a_group_can_be_read(kind, options, own):
    model = network()
    first, second = grouped(model, kind, options, own).param_groups
    assert list(first["params"]) == model.layers[0].parameters()
    whole = kind(model.parameters(), **options)
    for group, settings in ((first, own[0]), (second, own[1])):
        assert {name: group[name] for name in group if name != "params"} == whole.settings() | settings
    assert len(whole.param_groups) == 1
    assert whole.param_groups[0]["params"] == model.parameters()


@pytest.mark.parametrize("form", [{"backend": "llvm"}, {"backend": "python"}], ids=str)
@EVERY_KIND
def test_compiled_training_moves_groups_as_the_eager_loop(kind, options, own, form):
    pytest.importorskip("llvmlite")
    model, other = network(), network()
    optimizer, eager = grouped(model, kind, options, own), grouped(other, kind, options, own)
    step = compile(cost(model), **form)
    for steps in (3, 4):
        step.train(optimizer, steps, clip_norm=0.3)
        trained_by_hand(other, eager, steps, clip=0.3)
        optimizer.lr = eager.lr = optimizer.lr / 3
        optimizer.param_groups[1]["weight_decay"] = eager.param_groups[1]["weight_decay"] = 0.25
    assert model.state_dict() == pytest.approx(other.state_dict(), rel=1e-10, abs=1e-12)
    assert optimizer.memory == [pytest.approx(memory, rel=1e-9, abs=1e-12) for memory in eager.memory]


@pytest.mark.parametrize("schedule", ["cosine", schedules.exponential(0.02, 0.9)], ids=["name", "function"])
@EVERY_KIND
def test_fit_moves_groups_compiled_as_node_by_node(kind, options, own, schedule):
    pytest.importorskip("numpy")
    found = []
    for compiled in (True, False):
        model = network()
        model.layers[0].neurons[0].freeze()
        optimizer = grouped(model, kind, options, own)
        history = fit(
            model, X, Y, loss="mean_squared_error", optimizer=optimizer, epochs=4, batch_size=5, schedule=schedule,
            compiled=compiled, clip_norm=0.5, progress=False,
        )  # fmt: skip
        found.append((history.loss, model.state_dict(), optimizer.state_dict()["groups"]))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-10)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-8, abs=1e-12)
    assert found[0][2] == found[1][2]


def test_a_schedule_scales_the_rates_of_all_groups():
    a, b, c = Value(1.0), Value(1.0), Value(1.0)
    optimizer = SGD(
        [{"params": a, "lr": 0.5}, {"params": [b], "weight_decay": 0.1}, {"params": [c], "lr": 0.0}], lr=0.1
    )
    optimizer.lr = 0.05
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.05, 0.0]
    optimizer.lr = 0.0  # the end of a cosine
    assert [group["lr"] for group in optimizer.param_groups] == [0.0, 0.0, 0.0]
    optimizer.lr = 0.1
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1, 0.0]


def test_where_all_groups_have_a_rate_that_of_the_first_is_the_optimizers():
    a, b = Value(1.0), Value(1.0)
    optimizer = Adam([{"params": [a], "lr": 0.5}, {"params": [b], "lr": 0.2}])
    assert optimizer.lr == 0.5
    optimizer.lr = 0.25
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.1]


def test_a_setting_of_the_only_group_is_the_optimizers():
    optimizer = SGD([Value(1.0)], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.param_groups[0]["momentum"] = 0.25
    assert (optimizer.lr, optimizer.momentum) == (0.5, 0.25)


@EVERY_KIND
def test_a_training_goes_on_from_a_state_to_the_bit(kind, options, own):
    model = network()
    optimizer = grouped(model, kind, options, own)
    trained_by_hand(model, optimizer, 3)
    optimizer.lr /= 7
    again = network()
    again.load_state_dict(model.state_dict())
    other = grouped(again, kind, {}, [{}, {}])
    other.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    assert repr(other) == repr(optimizer)
    trained_by_hand(again, other, 3)
    copied, its = copy.deepcopy((model, optimizer))
    for each, mover in ((model, optimizer), (copied, its)):
        trained_by_hand(each, mover, 3)
        assert each.state_dict() == again.state_dict()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_checkpoint_knows_the_groups_to_the_bit(tmp_path, compiled):
    pytest.importorskip("numpy")

    def train(name, *ends):
        for epochs in ends:
            model = network()
            fit(
                model, X, Y, loss="mean_squared_error", optimizer=grouped(model), batch_size=5, epochs=epochs,
                schedule=schedules.cosine(0.02, steps=18), patience=20, compiled=compiled, progress=False,
                checkpoint=tmp_path / name, resume=True,
            )  # fmt: skip
        return model.state_dict()

    assert train("at once", 6) == train("in parts", 2, 3, 6)


def test_repr_lists_the_groups():
    a, b, c = Value(1.0), Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [a, b]}, {"params": [c], "lr": 0.5}], lr=0.1)
    assert repr(optimizer) == (
        "<SGD of 3 parameters, in groups of 2 and 1 (lr=0.5): lr=0.1, momentum=0.0, weight_decay=0.0, nesterov=False; "
        "0 steps taken>"
    )
    assert repr(optimizer.param_groups[1]) == (
        "{'params': '<1 parameters>', 'lr': 0.5, 'momentum': 0.0, 'weight_decay': 0.0, 'nesterov': False}"
    )


def test_the_options_of_an_optimizer_of_ones_own_may_be_those_of_a_group():
    class Signs(Optimizer):
        def __init__(self, parameters, lr=0.1, *, pull=0.0):
            super().__init__(parameters, lr)
            self.pull = pull

        def update(self, x, gradient, memory):
            return x - self.lr * (1.0 if gradient > 0 else -1.0) - self.pull * x, memory

    a, b = Value(1.0), Value(1.0)
    optimizer = Signs([{"params": [a]}, {"params": [b], "lr": 0.25, "pull": 0.5}])
    compile(a + b).train(optimizer, 1)
    assert (a.data, b.data) == (0.9, 0.25)


# --- errors -------------------------------------------------------------------------------------------------------

P, Q = Value(1.0), Value(2.0)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([{"params": [P]}, {"params": [Q, P]}], r"the parameter Value\(.*\) stands in the groups 0 and 1"),
        ([{"params": [P, P]}], "a parameter stands twice"),
        ([{"params": [P], "wight_decay": 0.1}], "SGD has no setting 'wight_decay'; did you mean 'weight_decay'?"),
        ([{"params": [P], "learning_rate": 0.1}], "no setting 'learning_rate'; did you mean 'lr'?"),
        ([{"params": [P], "color": "red"}], "no setting 'color'. A group may have its own lr, momentum, weight_decay"),
        ([{"params": [P], "nesterov": True}], r"nesterov is one for all groups: write SGD\(\[…\], nesterov=True\)"),
        ([{"params": [P], "lr": -0.1}], "lr is a number of at least 0, got -0.1"),
        ([{"params": [P]}, {"params": [Q], "lr": "0.1"}], "lr is a number of at least 0, got str '0.1'"),
        (
            [{"parameters": [P], "lr": 0.1}],
            "a group names its parameters \"params\", .* this one has 'parameters', 'lr'",
        ),
        ([{"params": []}], "needs parameters, got none"),
        ([{"params": 3}], "the params of a group are a list of parameters, got a int"),
        ([{"params": [1.0]}], "parameters are Values, got float"),
        ([{"params": [P]}, Q], "takes parameters or groups of them, not both"),
        ({"params": [P]}, r"got a dict; write a list of groups"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups, message):
    with pytest.raises((TypeError, ValueError), match=message):
        SGD(groups, lr=0.1)


@pytest.mark.parametrize(("name", "x"), [("lr", -1.0), ("lr", None), ("momentun", 0.5), ("params", [P])])
def test_a_bad_setting_changes_nothing(name, x):
    optimizer = SGD([{"params": [P], "lr": 0.5}, {"params": [Q]}], lr=0.1)
    before = optimizer.state_dict()
    for group in optimizer.param_groups:
        with pytest.raises((TypeError, ValueError)):
            group[name] = x
        with pytest.raises(TypeError, match="can be changed, but not deleted"):
            del group["lr"]
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([{"size": 2, "own": {}, "of": 0.1}], "the state is of groups of 2 parameters, this optimizer has 1 and 1"),
        ([{"size": 1, "own": {"lr": -1.0}, "of": 0.1}, {"size": 1, "own": {}, "of": 0.1}], "lr is a number of at"),
        ([{"size": 1, "own": {"x": 1.0}, "of": 0.1}, {"size": 1, "own": {}, "of": 0.1}], "no setting 'x'"),
        ([{"size": 1, "own": {}, "of": "x"}, {"size": 1, "own": {}, "of": 0.1}], "the rate of a group is a number"),
    ],
)
def test_groups_of_a_state_that_do_not_fit_change_nothing(groups, message):
    optimizer = SGD([{"params": [P], "lr": 0.5}, {"params": [Q]}], lr=0.1)
    before = optimizer.state_dict()
    with pytest.raises((TypeError, ValueError), match=message):
        optimizer.load_state_dict(before | {"groups": groups})
    assert optimizer.state_dict() == before
