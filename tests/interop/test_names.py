"""Names from variables: what is found, which one wins, and what is left alone."""

import sys
from collections import defaultdict

import pytest
from support import hostile

import autograd
from autograd import Value, draw, explain
from autograd.interop.names import MOST_STEPS, find_names
from nn import MLP


def names(nodes, modules=None, depth=1):
    found = find_names(sys._getframe(depth), nodes, modules).names
    return [found.get(node, "") for node in nodes]


def test_variables_lists_tuples_and_dicts():
    w = Value(1.0)
    W = [[Value(1.0), Value(2.0)], (Value(3.0),)]
    d = {"k": Value(1.0), 3: [Value(2.0)]}
    assert names([w, W[0][1], W[1][0], d["k"], d[3][0]]) == ["w", "W[0][1]", "W[1][0]", "d['k']", "d[3][0]"]


def test_a_variable_wins_over_a_container_and_a_short_expression_over_a_long_one():
    everything = [Value(1.0), Value(2.0)]
    weight = everything[0]
    short = [everything[1]]
    assert names([weight, short[0]]) == ["weight", "short[0]"]


def test_parameters_are_called_as_their_module_says():
    model = MLP(2, [3, 1], seed=1)
    parameters = model.parameters()
    last = model.layers[1]  # a part of the model that stands in a variable, too
    for p in parameters:  # leaves the last parameter in `p`
        assert p.data is not None
    assert names([parameters[0], p, last.neurons[0].weights[2]]) == [
        "model.layers[0].neurons[0].weights[0]",
        "model.layers[1].neurons[0].bias",
        "model.layers[1].neurons[0].weights[2]",
    ]


def test_any_object_with_named_parameters_is_a_module():
    class Foreign:
        def __init__(self):
            self.secret = Value(1.0)

        def named_parameters(self):
            return iter([("deep.down", self.secret)])

    foreign = Foreign()
    pair = {"first": foreign}
    assert names([foreign.secret], {"given": foreign}) == ["given.deep.down"]
    assert names([pair["first"].secret]) == ["foreign.secret"]  # nobody asked to run its code


def test_modules_as_micrograd_has_them_are_named_by_their_attributes():  # also what is no parameter
    class Neuron:
        def __init__(self):
            self.w, self.b, self.cache = [Value(1.0), Value(2.0)], Value(0.0), Value(9.0)

        def parameters(self):
            return [*self.w, self.b]

    class Layer:
        def __init__(self):
            self.neurons, self.above = [Neuron(), Neuron()], self

        def parameters(self):
            return [p for neuron in self.neurons for p in neuron.parameters()]

    Neuron.__module__ = Layer.__module__ = "elsewhere"  # as if imported
    layer = Layer()
    nodes = [*layer.parameters(), layer.neurons[0].cache]
    found = find_names(sys._getframe(), [*nodes])
    assert [name for name, _ in found.modules["layer"]] == [
        *("neurons[0].w[0]", "neurons[0].w[1]", "neurons[0].b", "neurons[0].cache"),
        *("neurons[1].w[0]", "neurons[1].w[1]", "neurons[1].b"),
    ]


def test_objects_of_the_users_own_classes_are_looked_into():
    class Line:
        def __init__(self):
            self.slope, self._hidden = Value(1.0), Value(0.0)

    line = Line()
    assert names([line.slope, line._hidden]) == ["line.slope", ""]


def test_long_names_keep_their_ends():
    classifier_of_the_moons = MLP(2, [16, 1], seed=1)
    parameter = classifier_of_the_moons.layers[0].neurons[13].weights[1]
    assert names([parameter]) == ["….layers[0].neurons[13].weights[1]"]
    assert "….layers[0].neurons[13].weights[1]" in draw(parameter * 2, format="text")


def test_private_names_and_those_of_notebooks_are_skipped():
    _private = Value(1.0)
    Out = {1: Value(2.0)}
    assert names([_private, Out[1]]) == ["", ""]


def test_only_nodes_of_the_graph_are_named():
    here, other = Value(1.0), Value(2.0)
    assert list(find_names(sys._getframe(), [here]).names) == [here]
    assert other.data == 2.0


@pytest.mark.parametrize(
    "misbehaving",
    [
        type("Raises", (), {"named_parameters": lambda self: 1 / 0})(),
        type("Wants", (), {"named_parameters": lambda self, prefix: []})(),
        type("Endless", (), {"named_parameters": lambda self: iter(lambda: ("x", None), 0)})(),
        type("Odd", (), {"named_parameters": lambda self: [1, ("a",), (2, Value(1.0))]})(),
        type("Exits", (), {"named_parameters": lambda self: sys.exit("goodbye")})(),
    ],
)
def test_foreign_objects_that_misbehave_are_passed_over(misbehaving):
    x = Value(1.0)
    assert names([x]) == ["x"]
    assert names([x], {"given": misbehaving}) == ["x"]


def test_containers_that_hold_themselves_end():
    loop = [Value(1.0)]
    loop.append(loop)
    assert names([loop[0]]) == ["loop[0]"]


def test_large_containers_are_not_walked():
    large = [Value(1.0)] + [None] * MOST_STEPS
    small = [Value(1.0)]
    assert names([large[0], small[0]]) == ["", "small[0]"]


def test_containers_of_the_users_own_kind_may_do_anything():
    class Lazy(dict):
        def items(self):
            raise RuntimeError("not loaded")

        __len__ = __iter__ = items

    lazy, weights = Lazy(w=Value(1.0)), defaultdict(list, {"w": [Value(2.0)]})
    assert names([lazy["w"], weights["w"][0]]) == ["lazy['w']", "weights['w'][0]"]


# --- variables that are none of our business --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(200))
def test_no_variable_makes_a_drawing_fail_or_has_its_code_run(seed):
    code = """if True:
    w = Value(2.0); held = [Value(3.0)]; y = w * held[0]; step = compile(y, backend="python")
    def everything():
        found = find_names(sys._getframe(), [w, held[0]]).names
        return list(found.values()), draw(y, format="text"), explore(y), explain(y, w), doctor(y), str(step)
    """
    scope = {"__name__": "users", "sys": sys, "find_names": find_names, **vars(autograd), **hostile.things(seed)}
    scope |= {"explore": autograd.explore, "doctor": autograd.doctor, "explain": explain, "compile": autograd.compile}
    exec(code, scope)
    hostile.TOUCHED.clear()
    try:
        found, text, *_ = scope["everything"]()
        failure = ""
    except BaseException as error:  # not raised further: pytest would look at the objects
        found, text, failure = [], "", type(error).__name__
    assert (failure, hostile.TOUCHED) == ("", [])
    assert found == ["w", "held[0]"]
    assert "w × held[0]" in text


def _never(*arguments):
    raise SystemExit


def test_frames_whose_variables_stand_in_something_else_are_read_as_far_as_they_are_a_dict():
    class Scope(dict):
        items = keys = __len__ = __iter__ = _never

    class Mapping:
        def __getitem__(self, name):
            return globals()[name]

        keys = __len__ = __iter__ = _never

    code = "x = Value(1.0); found = list(find_names(sys._getframe(), [x]).names.values())"
    scope = Scope()
    exec(code, globals(), scope)
    assert dict.__getitem__(scope, "found") == ["x"]
    code = "found.append(list(find_names(sys._getframe(), [VISIBLE]).names.values()))"
    found = []
    exec(code, {**globals(), "found": found}, Mapping())
    assert found == [["VISIBLE"]]


def test_many_large_modules_end_the_search_together():
    class Large:
        def __init__(self):
            self.parts = [object()] * (MOST_STEPS // 3)

        def parameters(self):
            raise AssertionError

    Large.__module__ = "elsewhere"
    looked_at = []

    def known(thing):
        looked_at.append(thing)
        return thing if type(thing) is Value else None

    x = Value(1.0)
    models = [Large() for _ in range(100)]
    assert len(models) == 100
    assert list(find_names(sys._getframe(), [x], known=known).names.values()) == ["x"]
    assert len(looked_at) < 2 * MOST_STEPS


def test_the_users_interruption_gets_through():
    class Slow:
        def named_parameters(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_names(None, [Value(1.0)], {"slow": Slow()})


def test_attributes_in_slots_are_seen():
    class Line:
        __slots__ = ("missing", "slope")

        def __init__(self):
            self.slope = Value(1.0)

    line = Line()
    assert names([line.slope]) == ["line.slope"]


def test_modules_are_checked():
    with pytest.raises(TypeError, match="named_parameters"):
        find_names(None, [], {"model": [1, 2]})
    for wrong in ([1, 2], "model", MLP(1, [1])):
        with pytest.raises(TypeError, match=r'as \{"model": model\} does; got (list|str|MLP)'):
            find_names(None, [], wrong)


def test_a_picture_and_an_explanation_use_the_names():
    weights = [Value(2.0), Value(3.0)]
    bias = Value(1.0, "β")
    z = weights[0] * weights[1] + bias
    text = draw(z, format="text")
    assert "weights[0] × weights[1]" in text
    assert "z" in text
    assert "β" in text  # an explicit label wins
    assert "bias" not in text
    assert "∂z/∂weights[0]" in str(explain(z, weights[0]))
    assert "given" in draw(z, format="text", names={"given": weights[0]})
    assert "∂z/∂given" in str(explain(z, weights[0], names={"given": weights[0]}))


def find_names_of(make):
    found = find_names(sys._getframe(), make().parents).names
    return list(found.values())


def test_names_are_found_from_a_helper_that_its_callers_call():
    def helper(nodes):
        return names(nodes)

    class Lesson:
        def shown(self, nodes):
            return next(helper([*nodes]) for _ in range(1))

    weight, bias = Value(2.0), [Value(1.0)]
    assert helper([weight, *bias]) == ["nodes[0]", "nodes[1]"]  # its own variables come first
    assert Lesson().shown(node for node in (weight, *bias)) == ["nodes[0]", "nodes[1]"]
    assert find_names_of(lambda: weight * bias[0]) == ["weight", "bias[0]"]


def test_a_name_of_the_helper_is_not_used_for_another_node_of_its_caller():
    def helper(x):
        return names([x, *x.parents])

    x, w = Value(2.0), Value(3.0)
    assert helper(x * w) == ["x", "", "w"]


def test_a_global_hidden_by_a_local_is_not_used():
    hidden = Value(2.0)
    assert names([_GLOBAL, hidden]) == ["", "hidden"]
    assert names([VISIBLE]) == ["VISIBLE"]

    def inner():
        VISIBLE_TOO = 1
        return names([globals()["VISIBLE_TOO"]]), VISIBLE_TOO

    assert inner() == ([""], 1)


_GLOBAL = Value(1.0)
VISIBLE = Value(1.0)
VISIBLE_TOO = Value(1.0)
