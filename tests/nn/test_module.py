"""Modules find, name, save and load their parameters; a bad file or state changes nothing."""

from __future__ import annotations

import copy
import itertools
import json
import math
import os
import pickle
from collections import ChainMap, UserDict, UserList, deque
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest

from autograd import Constant, Value
from nn import MLP, SGD, Layer, Module, Neuron

FIRST = "layers[0].neurons[0].weights[0]"


class Holder(Module):
    """A module with the attributes it is given."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def names(module):
    return [name for name, _ in module.named_parameters()]


@pytest.fixture
def model():
    return MLP(2, [2, 1], seed=0)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "model.json"
    model.save(path)
    return path


# --- finding and naming ---------------------------------------------------------------------------------------


def test_parameters_are_weights_then_bias_neuron_by_neuron(model):
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    expected = [p for neuron in neurons for p in (*neuron.weights, neuron.bias)]
    assert len(expected) == 9
    assert all(p is q for p, q in zip(model.parameters(), expected, strict=True))


def test_names_are_the_expressions_that_reach_the_parameters():
    model = MLP(2, [4, 1])
    assert "layers[0].neurons[3].weights[1]" in names(model)
    for name, parameter in model.named_parameters():
        assert eval(f"model.{name}") is parameter


def test_parameters_in_lists_tuples_dicts_and_modules_are_found():
    a, b, c, d = (Value(float(i)) for i in range(4))
    module = Holder(table={"a": a, 7: [b]}, pair=(c,), part=Holder(d=d))
    assert names(module) == ["table['a']", "table[7][0]", "pair[0]", "part.d"]
    assert module.parameters() == [a, b, c, d]


def test_parameters_in_arrays_are_found_under_the_expressions_that_reach_them():
    np = pytest.importorskip("numpy")
    module = Holder(
        w=np.array([Value(1.0), Value(2.0)]),
        table=np.array([[Value(3.0), Value(4.0)], [Value(5.0), Value(6.0)]]),
        alone=np.array(Value(7.0)),
        parts={"a": [np.array([Holder(v=Value(8.0))])]},
        data=np.ones((2, 2)),
        b=Value(9.0),
    )
    assert names(module) == [
        *("w[0]", "w[1]", "table[0][0]", "table[0][1]", "table[1][0]", "table[1][1]"),
        *("alone[()]", "parts['a'][0][0].v", "b"),
    ]
    for name, parameter in module.named_parameters():
        assert eval(f"module.{name}") is parameter
    module.load_state_dict(dict.fromkeys(module.state_dict(), 0.5))
    assert [w.data for w in module.w] == [0.5, 0.5]


def test_a_model_of_an_array_of_values_is_trained_as_a_whole():
    np = pytest.importorskip("numpy")

    class Line(Module):
        def __init__(self):
            self.w, self.b = np.array([Value(1.0), Value(2.0)]), Value(0.0)

        def __call__(self, x):
            return (self.w * x).sum() + self.b

    model = Line()
    (model([1.0, -1.0]) ** 2).backward()
    SGD(model.parameters(), lr=0.1).step()
    assert [p.data for p in model.parameters()] == pytest.approx([1.2, 1.8, 0.2])


def test_parameters_in_a_queue_and_in_the_values_of_a_dict_are_found():
    assert names(Holder(last=deque([Value(1.0), Value(2.0)]))) == ["last[0]", "last[1]"]
    assert names(Holder(last={"a": Value(1.0)}.values())) == ["last[0]"]


@dataclass
class Pair:
    slope: Value
    rest: list


@pytest.mark.parametrize(
    ("held", "names"),
    [
        (lambda: Pair(Value(1.0), [Value(2.0)]), ["w.slope", "w.rest[0]"]),
        (lambda: SimpleNamespace(slope=Value(1.0)), ["w.slope"]),
        (lambda: MappingProxyType({"a": Value(1.0)}), ["w['a']"]),
        (lambda: UserDict(a=Value(1.0)), ["w['a']"]),
        (lambda: ChainMap({"a": [Value(1.0)]}), ["w['a'][0]"]),
        (lambda: UserList([Value(1.0)]), ["w[0]"]),
    ],
)
def test_parameters_in_data_classes_and_other_containers_are_found(held, names):
    model = Module()
    model.w = held()
    assert [name for name, _ in model.named_parameters()] == names


class NoModule:
    def __init__(self):
        self.weights = {"w": [Value(1.0)]}

    def __call__(self, x):
        return self.weights["w"][0] * x


class WithParameters:
    def __init__(self):
        self.inner = Neuron(1)

    def parameters(self):
        return self.inner.parameters()


@pytest.mark.parametrize(("kind", "place"), [(NoModule, r"weights\['w'\]\[0\]"), (WithParameters, "inner")])
def test_a_layer_that_is_no_module_is_refused(kind, place):
    model = Module()
    model.layers = [kind()]
    message = rf"layers\[0\] is a {kind.__name__}, which is no Module, so layers\[0\]\.{place} would not be trained"
    with pytest.raises(TypeError, match=message):
        model.parameters()


def test_what_is_no_layer_or_holds_what_is_found_elsewhere_is_left_alone():
    model = Module()
    model.neuron = Neuron(1)
    model.optimizer = SGD(model.parameters(), lr=0.1)
    model.sum, model.kept = NoModule(), SimpleNamespace(last=None)
    model.sum.weights = {"w": [model.neuron.bias, Value(1.0) * 2.0]}
    assert len(model.parameters()) == 2


def test_a_file_or_a_stream_of_data_is_no_business_of_the_parameters(tmp_path):
    with open(tmp_path / "log", "w") as log:
        assert names(Holder(log=log, batches=itertools.cycle([1, 2]), w=Value(1.0))) == ["w"]


@pytest.mark.parametrize(
    "make",
    [lambda x: {x}, lambda x: frozenset([x]), lambda x: {(1, frozenset([x]))}, lambda x: [{Holder(x=x)}]],
    ids=["set", "frozenset", "nested", "module"],
)
def test_a_set_of_parameters_is_refused_as_their_names_would_not_last(make):
    module = Holder(w=make(Value(1.0)))
    with pytest.raises(TypeError, match=r"^w(\[0\])? is a set, which has no order.* make it a list, self\.w.* = \[…\]"):
        module.parameters()
    assert repr(module) == "Holder(with what cannot be named)"


def test_a_set_of_what_has_a_name_elsewhere_is_fine():
    w, layer = Value(1.0), Layer(1, 1, seed=0)
    module = Holder(decayed={w, w * 2, Constant(1.0)}, sizes={1, 2}, w=w, parts={layer}, layer=layer)
    assert names(module) == ["w", "layer.neurons[0].weights[0]", "layer.neurons[0].bias"]


def test_modules_that_hold_each_other_in_sets_do_not_hang():
    a, b = Holder(w=Value(1.0)), Holder(w=Value(2.0))
    a.others, b.others = {b}, {a}
    with pytest.raises(TypeError, match="others is a set"):
        a.parameters()


@pytest.mark.parametrize("make", [iter, lambda xs: (x for x in xs), lambda xs: map(abs, xs), lambda xs: zip(xs)])
def test_a_generator_is_refused_before_anything_is_taken_from_it(make):
    parameters = make([Value(1.0), Value(2.0)])
    module = Holder(table={"w": parameters})
    with pytest.raises(TypeError, match=r"table\['w'\] is a .*, which is used up by looking.* = list\(…\)"):
        module.parameters()
    assert len(list(parameters)) == 2


def test_a_shared_parameter_counts_once_under_its_first_name():
    shared = Value(1.0)
    module = Holder(first=shared, second=[shared], part=Holder(again=shared))
    assert names(module) == ["first"]


def test_a_shared_module_counts_once():
    layer = Layer(2, 2)
    assert len(Holder(encoder=layer, decoder=layer).parameters()) == 6


def test_modules_and_containers_that_refer_to_themselves_come_to_an_end():
    parent, child = Holder(w=Value(1.0)), Holder(v=Value(2.0))
    parent.child, child.parent = child, parent
    parent.items = [parent]
    parent.items.append(parent.items)
    assert len(parent.parameters()) == 2


def test_a_reference_to_itself_does_not_change_the_names():
    module = Holder()
    module.me = module
    module.w = Value(1.0)
    assert names(module) == ["w"]


def test_a_long_chain_of_modules_is_walked_without_recursion():
    last = Holder(w=Value(1.0))
    for _ in range(2000):
        last = Holder(next=last)
    assert len(last.parameters()) == 1


def test_only_leaves_that_are_variables_are_parameters():
    w = Value(2.0)
    module = Holder(w=w, output=w * 3, constant=Constant(1.0), number=4.0, text="w", nothing=None)
    assert names(module) == ["w"]


def test_parameters_of_an_activation_that_is_a_module_are_found():
    class Swish(Module):
        def __init__(self):
            self.beta = Value(1.0)

        def __call__(self, z):
            return z * (self.beta * z).sigmoid()

    layer = Layer(2, 3, activation=Swish())
    assert names(layer).count("neurons[0].activation.beta") == 1
    assert len(layer.parameters()) == 3 * 3 + 1


def test_zero_grad_forgets_the_gradients_of_all_parameters(model):
    model([1.0, 2.0]).backward()
    assert all(p.has_grad for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0 and not p.has_grad for p in model.parameters())


def test_freezing_stops_the_gradients_but_they_stay_parameters(model):
    before, found = model.state_dict(), names(model)
    assert model.layers[0].freeze() is model.layers[0]
    assert (names(model), model.state_dict()) == (found, before)
    assert repr(model) == "MLP(2 → 2 relu → 1 linear: 9 parameters, 6 of them frozen)"
    (model([1.0, 2.0]) ** 2).backward()
    assert [p.has_grad for p in model.parameters()] == [False] * 6 + [True] * 3
    SGD(model.parameters(), lr=0.1).step()
    assert {name for name, x in model.state_dict().items() if x != before[name]} <= set(found[6:])
    model.load_state_dict(before)
    assert model.state_dict() == before
    model.unfreeze()
    assert "frozen" not in repr(model)
    assert model.requires_grad_(False) is model
    assert not any(p.requires_grad for p in model.parameters())


def test_requires_grad_of_a_module_is_that_of_its_parameters(model):
    assert model.requires_grad
    model.layers[0].requires_grad = False
    assert [p.requires_grad for p in model.parameters()] == [False] * 6 + [True] * 3
    assert (model.requires_grad, model.layers[0].requires_grad) == (True, False)
    model.requires_grad = True
    assert all(p.requires_grad for p in model.parameters())
    with pytest.raises(TypeError, match="requires_grad is True or False, got 0"):
        model.requires_grad = 0


def test_a_copy_and_a_pickle_of_a_frozen_model_are_frozen(model):
    model.layers[0].freeze()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert repr(twin) == repr(model)


def test_a_module_without_call_says_what_to_define():
    with pytest.raises(NotImplementedError, match="Holder does not say what it computes: define __call__"):
        Holder()([1.0])


def test_a_copy_has_parameters_of_its_own(model):
    twin = copy.deepcopy(model)
    assert twin.state_dict() == model.state_dict()
    assert not set(twin.parameters()) & set(model.parameters())


def test_a_model_can_be_pickled(model):
    twin = pickle.loads(pickle.dumps(model))
    assert twin.state_dict() == model.state_dict()
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    assert repr(twin) == repr(model)


# --- state ------------------------------------------------------------------------------------------------------


def test_state_dict_is_numbers_by_name_and_a_copy(model):
    state = model.state_dict()
    assert state[FIRST] == model.layers[0].neurons[0].weights[0].data
    model.parameters()[0].data += 1
    assert state[FIRST] == model.parameters()[0].data - 1


def test_load_state_dict_sets_the_numbers_and_keeps_the_nodes(model):
    nodes, other = model.parameters(), MLP(2, [2, 1], seed=1)
    assert model.state_dict() != other.state_dict()
    model.load_state_dict(other.state_dict())
    assert model.state_dict() == other.state_dict()
    assert all(p is q for p, q in zip(model.parameters(), nodes, strict=True))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({FIRST: math.nan}, ValueError, r"the parameter layers\[0\].neurons\[0\].weights\[0\] is nan"),
        ({FIRST: math.inf}, ValueError, "is inf"),
        ({FIRST: "1.0"}, TypeError, "weights.* should be a number: .*got str '1.0'"),
        ({FIRST: True}, TypeError, "weights.* should be a number, got True"),
        ({FIRST: None}, TypeError, "weights.* should be a number: .*got NoneType"),
        ({FIRST: [1.0]}, TypeError, "weights.* should be a number: .*got list"),
        ({FIRST: 1j}, TypeError, "weights.* should be a number: .*got complex"),
        ({"gamma": 1.0}, ValueError, r"not of MLP\(2 → 2 relu → 1 linear: 9 parameters\).*unknown 'gamma'"),
        ({3: 1.0}, ValueError, "unknown '3'"),
    ],
)
def test_a_wrong_state_is_refused_and_changes_nothing(model, change, error, message):
    before = model.state_dict()
    # the good entries come first and differ, so that a half-done load would show
    state = {name: x + 1 for name, x in before.items() if name not in change} | change
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_missing_names_are_listed_in_short(model):
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"it lacks 'layers\[0\]\..* and 6 more"):
        model.load_state_dict({})
    with pytest.raises(ValueError, match=r"it lacks .* and it has the unknown 'gamma'"):
        model.load_state_dict({"gamma": 1.0})
    assert model.state_dict() == before


def test_a_state_that_is_no_mapping_is_refused(model):
    with pytest.raises(TypeError, match="a state is a mapping from parameter names to numbers, got list"):
        model.load_state_dict([1.0, 2.0])


# --- files ------------------------------------------------------------------------------------------------------


def test_parameters_come_back_from_a_file_bit_for_bit(tmp_path):
    numbers = [0.1, -0.0, 1 / 3, 5e-324, 1.7976931348623157e308, -math.pi, 1e22, 2.0**-1074 * 3]
    module = Holder(xs=[Value(x) for x in numbers])
    module.save(tmp_path / "xs.json")
    twin = Holder(xs=[Value(7.0) for _ in numbers])
    twin.load(tmp_path / "xs.json")
    assert [p.data.hex() for p in twin.parameters()] == [x.hex() for x in numbers]


def test_a_saved_file_is_json_that_names_its_format_model_and_parameters(model, saved):
    content = json.loads(saved.read_text(encoding="utf-8"))
    assert content["format"] == "scalar-autograd parameters"
    assert content["model"] == repr(model)
    assert content["parameters"] == model.state_dict()


def test_paths_may_be_strings(model, tmp_path):
    model.save(str(tmp_path / "model.json"))
    model.load(str(tmp_path / "model.json"))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_save_refuses_a_number_json_cannot_hold_and_keeps_the_old_file(model, saved, bad):
    before = saved.read_bytes()
    model.parameters()[-1].data = bad
    with pytest.raises(ValueError, match=r"the parameter layers\[1\].neurons\[0\].bias is (nan|inf|-inf)"):
        model.save(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_save_replaces_the_file_in_one_step(model, saved, monkeypatch):
    seen = []
    replace = os.replace

    def spy(source, target):
        seen.append((json.loads(Path(source).read_text(encoding="utf-8"))["parameters"], saved.read_bytes()))
        replace(source, target)

    monkeypatch.setattr(os, "replace", spy)
    before = saved.read_bytes()
    model.parameters()[0].data += 1
    model.save(saved)
    assert seen == [(model.state_dict(), before)]  # all was written elsewhere while the old file still stood
    assert list(saved.parent.iterdir()) == [saved]


def test_a_save_that_fails_keeps_the_old_file_and_leaves_no_other(model, saved, monkeypatch):
    def full(*arguments, **options):
        raise OSError("disk full")

    before = saved.read_bytes()
    monkeypatch.setattr(json, "dump", full)
    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(OSError, match="disk full"):
        model.save(saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_saving_onto_a_folder_fails_and_leaves_no_file(model, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        model.save(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def with_number(text):
    """A file whose first number is `text`."""
    state = MLP(2, [2, 1], seed=1).state_dict() | {FIRST: "HERE"}
    content = {"format": "scalar-autograd parameters", "version": 1, "model": "", "parameters": state}
    return json.dumps(content).replace('"HERE"', text)


GOOD = with_number("0.5")


def test_the_file_the_damaged_ones_are_made_from_is_good(model, tmp_path):
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    model.load(tmp_path / "good.json")
    assert model.parameters()[0].data == 0.5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not a file of parameters: Expecting value"),
        (GOOD[:200], "is not a file of parameters: (Unterminated|Expecting)"),
        (GOOD[:-1], "is not a file of parameters: Expecting"),
        (GOOD + "x", "is not a file of parameters: Extra data"),
        (b"\x80\x04\x95\xff\x00", "is not a file of parameters: .*can't decode byte 0x80"),
        (b"\x00" * 100, "is not a file of parameters: Expecting value"),
        ("[" * 100_000, "is not a file of parameters: maximum recursion depth"),
        (with_number("[" * 100_000 + "]" * 100_000), "is not a file of parameters: maximum recursion depth"),
        (GOOD.replace("{", '{"version": 1, ', 1), "is not a file of parameters: a name stands in it twice"),
        (GOOD.replace("weights[1]", "weights[0]"), "is not a file of parameters: a name stands in it twice"),
        ("[]", 'it lacks "format": "scalar-autograd parameters"'),
        ("null", 'it lacks "format"'),
        ("3", 'it lacks "format"'),
        ('"text"', 'it lacks "format"'),
        ("{}", 'it lacks "format"'),
        (GOOD.replace('"version": 1', '"version": 2'), 'its "version" is 2, this is version 1'),
        (GOOD.replace('"version": 1', '"version": true'), 'its "version" is true, this is version 1'),
        (GOOD.replace('"version": 1', '"version": 1.0'), r'its "version" is 1\.0, this is version 1'),
        (GOOD.replace('"parameters": {', '"parameters": [], "more": {'), '"parameters" is not an object'),
        (GOOD.replace('"parameters"', '"weights"'), '"parameters" is not an object of names and numbers'),
        (GOOD.replace(FIRST, "gamma"), r"lacks 'layers\[0\].neurons\[0\].weights\[0\]' and it has the unknown 'gamma'"),
        (with_number("NaN"), r"weights\[0\] is nan"),
        (with_number("Infinity"), r"weights\[0\] is inf"),
        (with_number("1e999"), r"weights\[0\] is inf"),
        (with_number("1" + "0" * 400), "too large for a float"),
        (with_number("1" + "0" * 5000), "is not a file of parameters: Exceeds the limit"),
        (with_number('"0.5"'), r"weights\[0\] should be a number.*got str '0.5'"),
        (with_number("true"), r"weights\[0\] should be a number, got True"),
        (with_number("null"), r"weights\[0\] should be a number.*got NoneType"),
        (with_number("[0.5]"), r"weights\[0\] should be a number.*got list"),
        (with_number("{}"), r"weights\[0\] should be a number.*got dict"),
    ],
    ids=lambda x: repr(x[:24]),
)
def test_a_hostile_or_damaged_file_is_refused_and_changes_nothing(model, tmp_path, content, message):
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = model.state_dict()
    with pytest.raises((ValueError, TypeError), match=message):
        model.load(path)
    assert model.state_dict() == before


@pytest.mark.parametrize("number", ['"0.5"', "true", "null"])
def test_a_wrong_type_in_a_file_is_a_value_error_that_names_the_file(model, tmp_path, number):
    (tmp_path / "bad.json").write_text(with_number(number), encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.json"):
        model.load(tmp_path / "bad.json")


def test_the_file_of_another_model_is_refused_and_changes_nothing(model, tmp_path):
    MLP(2, [3, 1]).save(tmp_path / "other.json")
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"this state is not of MLP\(2 → 2 relu → 1 linear: 9 parameters\)"):
        model.load(tmp_path / "other.json")
    assert model.state_dict() == before


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        Neuron(1).load(tmp_path / "nothing.json")
