"""Comparisons: a truth for Python, a node for a graph, and a warning where a branch was taken on a compiled graph."""

from __future__ import annotations

import copy
import heapq
import json
import math
import operator
import pickle
import warnings

import pytest

import nn
from autograd import (
    BranchWarning,
    Condition,
    Value,
    compile,
    doctor,
    draw,
    explain,
    explore,
    grad,
    hessian,
    no_grad,
    topological_order,
    where,
)
from autograd import sum as total


def names(y):
    return [node.op.name for node in topological_order(y) if node.op]


# --- the truth ----------------------------------------------------------------------------------------------------


def test_a_condition_is_taken_as_the_truth_that_it_is():
    a, b = Value(3.0), Value(-1.0)
    assert a > b
    assert not a < b
    assert (repr(a > b), str(a < b), f"{a > b}", f"{a > b:d}") == ("True", "False", "True", "1")
    assert (a > 0) == (3.0 > 0)
    assert (a > 0) != (b > 0)
    assert {a > 0: "yes"}[True] == "yes"
    assert sum(s > 0 for s in (a, b, a)) == 2
    assert type(sum([a > 0, b > 0])) is int
    assert ["no", "yes"][a > 0] == "yes"
    assert json.dumps(bool(a > 0)) == "true"
    assert pickle.loads(pickle.dumps(a > 0)) is True
    assert copy.deepcopy(a > 0) is True


@pytest.mark.parametrize(
    "name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "gt", "ge", "eq", "ne"]
)
def test_with_numbers_it_computes_as_bools_do(name):
    function = getattr(operator, name)
    condition = Value(1.0) > 0
    for number in (2, 0.5, True):
        for ours, plain in ((condition, True), (number, number)):
            others = (number, number) if ours is condition else (condition, True)
            result = function(ours, others[0])
            assert result == function(plain, others[1])
            assert type(result) is type(function(plain, others[1]))


def test_of_one_it_computes_as_bools_do():
    condition = Value(1.0) > 0
    for function in (bool, int, float, round, abs, operator.neg, operator.pos, operator.index, hash):
        assert function(condition) == function(True)
        assert type(function(condition)) is type(function(True))
    assert (condition < condition, condition <= condition) == (False, True)


def test_in_arrays_it_is_a_bool():
    np = pytest.importorskip("numpy")
    scores = [Value(3.0), Value(-1.0)]
    mask = np.array([s > 0 for s in scores])
    assert mask.dtype == bool
    assert np.array([10, 20])[mask].tolist() == [10]
    assert np.mean([s > 0 for s in scores]) == 0.5
    assert ((scores[0] > 0) * np.array([1.0, 2.0])).tolist() == [1.0, 2.0]
    assert (scores[0] > 0) == np.bool_(True)
    assert scores[0] > np.float64(2.5)
    assert np.float64(2.5) < scores[0]


def test_what_a_truth_can_not_do_is_a_type_error():
    with pytest.raises(TypeError):
        (Value(1.0) > 0) & 3.5
    with pytest.raises(TypeError):
        (Value(1.0) > 0) + "1"
    assert ((Value(1.0) > 0) == "True") is False
    assert ((Value(1.0) > 0) != None) is True  # noqa: E711


# --- the node -----------------------------------------------------------------------------------------------------


def test_no_node_is_made_until_a_graph_needs_one():
    x = Value(3.0)
    condition = x > 0
    assert isinstance(condition, Condition)
    y, z = where(condition, x, -x), condition * x
    assert y.parents[0] is z.parents[0] is condition.node
    assert names(z) == ["less", "multiply"]
    assert type((x > 0) * 2.0) is float
    assert isinstance(total([x > 0, x > 5]), Value)


@pytest.mark.parametrize(
    ("compare", "name"),
    [(operator.lt, "less"), (operator.gt, "less"), (operator.le, "less_equal"), (operator.ge, "less_equal")],
)
def test_the_node_says_what_was_compared(compare, name):
    for a, b in ((1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0)):
        for x, y in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            node = compare(x, y).node
            assert (node.op.name, node.data) == (name, float(compare(a, b)))


TABLE = {
    "&": (lambda p, q: p & q, lambda p, q: p and q),
    "|": (lambda p, q: p | q, lambda p, q: p or q),
    "^": (lambda p, q: p ^ q, lambda p, q: p != q),
    "~": (lambda p, q: ~p, lambda p, q: not p),
    "==": (lambda p, q: p == q, lambda p, q: p == q),
    "!=": (lambda p, q: p != q, lambda p, q: p != q),
    "with a bool": (lambda p, q: (p & True) | (False ^ q), lambda p, q: p or q),
    "of another": (lambda p, q: (p != (q == p)) & ~(q != p), lambda p, q: not p and not q),
}


@pytest.mark.parametrize("name", TABLE)
def test_conditions_of_conditions_are_recorded(name):
    combined, right = TABLE[name]
    a, b = Value(1.0), Value(1.0)
    condition = combined(a > 0, b > 0)
    assert isinstance(condition, Condition)
    step = compile(where(condition, a + 10, b - 10), backend="python")
    f = compile(lambda a, b: where(combined(a > 0, b > 0), a + 10, b - 10), backend="python")
    for x in (1.0, -1.0):
        for y in (1.0, -1.0):
            a.data, b.data = x, y
            expected = x + 10 if right(x > 0, y > 0) else y - 10
            assert where(combined(a > 0, b > 0), a + 10, b - 10).data == expected
            assert f(x, y) == expected
            assert step() == expected


def test_the_node_is_as_it_was_compared():
    x = Value(3.0)
    condition = x > 0
    x.data = -3.0
    assert where(condition, 1.0, 2.0).data == 1.0


def test_without_recording_there_is_no_graph():
    x = Value(3.0)
    condition = x > 0
    with no_grad():
        assert where(condition, x, -x).parents == ()
    assert where(condition, x, -x).parents[0].op.name == "less"


def test_a_comparison_of_numpys_numbers_is_a_plain_condition():
    np = pytest.importorskip("numpy")
    assert where(np.float64(2.0) > 1, Value(3.0), 4.0).data == 3.0
    assert where(np.bool_(False), 3.0, 4.0) == 4.0


def test_plain_conditions_stay_plain():
    assert where(True, 1.0, 2.0) == 1.0
    assert names(where(True, Value(1.0), Value(2.0))) == ["where"]


# --- the same eager, compiled, differentiated, drawn, explained, explored -----------------------------------------

FUNCTIONS = {
    "leaky relu": lambda x: where(x < 0, 0.1 * x, x),
    "product": lambda x: (x > 0) * x * x + (x <= 0) * -x,
    "huber": lambda x: where((x > -1) & (x < 1), 0.5 * x * x, abs(x) - 0.5),
    "clipped": lambda x: where((x < -1) | (x > 1), 0.0 * x, x**3),
}
backends = pytest.mark.parametrize("backend", ["python", "llvm"])


@backends
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_condition_means_the_same_everywhere(name, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    np = pytest.importorskip("numpy")
    f = FUNCTIONS[name]
    x = Value(1.0)
    step, function = compile(f(x), backend=backend), compile(f, backend=backend)
    points = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, math.nan]
    eager = [(f(Value(p)).data, grad(f)(p)) for p in points]
    for p, (value, derivative) in zip(points, eager, strict=True):
        x.data = p
        assert [step(), x.grad] == pytest.approx([value, derivative], nan_ok=True)
        found, gradient = function.value_and_grad(p)
        assert [found, gradient] == pytest.approx([value, derivative], nan_ok=True)
    values, gradients = function.value_and_grad(np.array(points))
    assert values.tolist() == pytest.approx([value for value, _ in eager], nan_ok=True)
    assert gradients.tolist() == pytest.approx([derivative for _, derivative in eager], nan_ok=True)


@backends
def test_training_with_a_leaky_relu_follows_the_eager_loop(backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")

    def loss_of(w, b):
        zs = [w * x + b for x in (-2.0, -1.0, 0.5, 3.0)]
        return total([(where(z < 0, 0.1 * z, z) - t) ** 2 for z, t in zip(zs, (1.0, 0.5, -0.2, -0.4), strict=True)])

    w, b = Value(0.9), Value(0.1)
    optimizer = nn.SGD([w, b], lr=0.02)
    for _ in range(60):
        loss = loss_of(w, b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    trained_w, trained_b = Value(0.9), Value(0.1)
    losses = compile(loss_of(trained_w, trained_b), backend=backend).train(nn.SGD([trained_w, trained_b], lr=0.02), 60)
    assert losses[-1] == pytest.approx(loss.data)
    assert [trained_w.data, trained_b.data] == pytest.approx([w.data, b.data])


def test_a_condition_is_differentiated_drawn_explained_and_diagnosed():
    x = Value(2.0)
    y = where(x > 1, x**3, -x)
    assert hessian(lambda x: where(x > 1, x**3, -x))(2.0) == 12.0
    assert "1 < x" in draw(y, format="text")
    assert "v1 where x > 1, else v2" in str(explain(y, wrt=x))
    assert "∂y/∂x = 12" in str(explain(y, wrt=x))
    assert "x > 1" in explain(y, wrt=x).latex().replace(r"\gt", ">")
    assert len(doctor(y)) == 0
    page = explore(y)
    assert sorted(entry["name"] for entry in page.graph["operations"]) == [
        "less",
        "negate",
        "power_of_constant",
        "where",
    ]


# --- branches -------------------------------------------------------------------------------------------------------


def branch_warnings(target):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile(target, backend="python")
    return [str(w.message) for w in caught if w.category is BranchWarning]


def absolute(x):
    if x > 0:
        return x * 1.0
    return -x


def doubled(x):
    while x < 10:
        x = 2 * x
    return x


def capped(x):
    y = x * x
    if y > 100:
        return y * 0 + 100
    return y


def replaced(x):
    y = x * x
    if y > 100:
        y = Value(100.0)
    return y


def chosen(x):
    y, z = x * x, -x
    if y < 100:
        z = y
    return z


BRANCHES = {
    "if": absolute,
    "if on what was only compared": lambda x: x * 2 if abs(x - 0.5) > 0.1 else x * 3,
    "if on a variable that is not used": lambda x: (lambda d: x * 2 if d > 0.1 else x * 3)(x - 0.5),
    "and": lambda x: x * 2 if x > 0 and x < 5 else x * 3,
    "max": lambda x: max(x, Value(0.0)) * 2,
    "min": lambda x: min(x * 2, x * 3),
    "sorted": lambda x: sorted([x * 2, x * x])[0] + 1,
    "sort": lambda x: (lambda xs: xs.sort() or xs[0] + 1)([x * 2, x * x]),
    "arithmetic": lambda x: x * ((x > 0) + 1),
    "an index": lambda x: x * [2.0, 3.0][x > 0],
    "a number": lambda x: x * float(x > 0),
    "a combination": lambda x: x * 2 if (x > 0) & ~(x > 5) else x,
    "max of a leaf, the result": lambda x: max(x, Value(0.0)),
    "max with a number, the result": lambda x: max(x * 2, 1.0),
    "if that keeps the result": lambda x: (lambda y: -y if y < 0 else y)(x * 2),
    "while": lambda x: next(y for y in [x * 2, x * 3] if y > 0) + 1,
    "while that computes the result": doubled,
    "if that returns something else": capped,
    "if that replaces the result": replaced,
    "if that names it": chosen,
    "if in an expression": lambda x: (lambda y: y if y < 100 else y * 0)(x * 2),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_on_a_node_of_a_compiled_graph_gives_one_warning(name):
    (message,) = branch_warnings(BRANCHES[name](Value(1.0)))
    assert f"{__file__}:" in message
    assert "where(x > 0, a, b), maximum, minimum, relu or abs" in message


def test_the_warning_names_the_line():
    with pytest.warns(BranchWarning, match=r"test_conditions.py:\d+: if x > 0:\n") as caught:
        compile(absolute(Value(1.0)), backend="python")
    assert caught[0].filename == __file__


def test_a_branch_on_a_parameter_of_a_compiled_function_is_seen():
    w = Value(1.0)
    with pytest.warns(BranchWarning, match="if w > 0"):
        compile(lambda x: x * w if w > 0 else x, backend="python")(2.0)


def test_many_lines_are_counted():
    x = Value(1.0)
    y = x
    for line in range(5):
        exec(builtins_compile("y = y * 2 if y > 0 else y", f"<line {line}>", "exec"), scope := {"y": y})
        y = scope["y"]
    (message,) = branch_warnings(y + 1)
    assert "at 2 more lines" in message


def test_the_line_that_calls_another_library_is_named():
    np = pytest.importorskip("numpy")
    xs = [Value(1.0), Value(-2.0)]
    for smallest in (lambda: np.sort(np.array(xs))[0] * 2, lambda: heapq.nsmallest(1, xs)[0] * 2):
        (message,) = branch_warnings(smallest())
        assert f"{__file__}:" in message


def best_of_a_loop(x):
    best = math.inf
    for _ in range(3):
        loss = (x - 3) ** 2
        if loss < best:
            best = loss.data
        x.data += 0.1
    return loss


def until_small(x):
    rounds, loss = 0, (x - 3) ** 2
    while loss > 0.5 and rounds < 100:
        x.data += 0.1
        loss = (x - 3) ** 2
        rounds += 1
    assert loss < 1, "it does not converge"
    return loss


def is_small(loss):
    if loss < 1e-3:
        return True
    return loss.data < 2e-3


def with_a_question(x):
    loss = (x - 3) ** 2
    assert not is_small(loss)
    return loss


def builtins_compile(*arguments):
    import builtins

    return builtins.compile(*arguments)


def looked_at(loss, scores):
    assert (loss > 0) is not None
    assert f"{loss < 1e9}"
    return loss


QUIET = {
    "no branch": lambda x: where(x > 0, x, -x),
    "a comparison that nobody asked": lambda x: looked_at(x * 2, []),
    "the numbers": lambda x: x * 2 if x.data > 0 else -x,
    "a look at the result": best_of_a_loop,
    "a loop until the result is small": until_small,
    "a question about the result": with_a_question,
    "the functions of nn": lambda x: [x * 2, nn.accuracy([x * 2, x], [1, 0])][0],
}


@pytest.mark.parametrize("name", QUIET)
def test_no_warning_without_a_decision_of_the_users(name):
    assert branch_warnings(QUIET[name](Value(1.0))) == []


def test_a_decision_on_the_result_can_not_have_chosen_it():
    x = Value(1.0)
    y = (x * 3 - 1) ** 2
    while y > 1e9:
        pass
    assert branch_warnings(y) == []


def test_a_decision_on_a_large_graph_concerns_its_last_nodes_only():
    w = Value(0.01)
    score = sum((w * k).tanh() for k in range(20))
    assert not score > 100
    assert branch_warnings((w * 2 - 1) ** 2) == []
    assert len(branch_warnings(score * 2)) == 1


def test_copies_and_pickles_remember_the_decisions():
    x = Value(1.0)
    y = absolute(x)
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert branch_warnings(twin) == branch_warnings(y)
        assert len(branch_warnings(twin)) == 1


def test_a_loop_that_looks_remembers_its_line_once():
    x = Value(1.0)
    for _ in range(10):
        best_of_a_loop(x)
    assert len(x._branches) == 1
