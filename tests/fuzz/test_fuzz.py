"""A few cases of every campaign, always the same ones; and that a campaign finds what is planted, and shrinks it."""

from __future__ import annotations

import math
import random

import pytest

pytest.importorskip("numpy")
pytest.importorskip("llvmlite")

from autograd import OPERATIONS, Value
from autograd.operations import Operation
from tests.fuzz import CAMPAIGNS
from tests.fuzz.campaign import UnclearError, found_by, run_case
from tests.fuzz.comparison import agrees, close, disturbed, eager, identical
from tests.fuzz.compiled import GRAPHS
from tests.fuzz.forms import Case, Form, together
from tests.fuzz.graphs import Graph, graph_of, lines, pruned, random_graph, simpler

CASES = {
    "graphs": 60,
    "repeats": 40,
    "code": 6,
    "zoo": 5,
    "programs": 20,
    "torch": 400,
    "derivatives": 20,
    "threads": 10,
    "saving": 3,
    "interrupts": 16,
    "files": 40,
    "labels": 5,
    "frames": 40,
    "foreign": 40,
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_few_cases_of_each_campaign(name):
    if name == "torch":
        pytest.importorskip("torch")
    unclear = 0
    for seed in range(CASES[name]):
        try:
            failure = run_case(CAMPAIGNS[name], seed)
        except UnclearError:
            unclear += 1
            continue
        assert failure is None, f"\n{failure}"
    assert unclear <= CASES[name] / 5


def test_every_campaign_has_cases_here():
    assert list(CASES) == list(CAMPAIGNS)


# --- what it is made of ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_a_graph_is_the_same_after_it_was_built_and_read(seed):
    graph = random_graph(random.Random(seed), repeats=seed % 2 == 1)
    leaves = [Value(x) for x in graph.leaves]
    again = graph_of(*graph.build(leaves))
    order = [again.leaves[i] for i in range(len(again.leaves))]
    assert sorted(map(repr, order)) == sorted(map(repr, graph.leaves))
    value, expected = eager(again, again.leaves), eager(graph, graph.leaves)
    assert identical(value.values, expected.values)
    assert pruned(graph) == graph


@pytest.mark.parametrize("seed", range(20))
def test_its_code_computes_what_it_computes(seed):
    graph = random_graph(random.Random(seed))
    names = [f"x{i}" for i in range(len(graph.leaves))]
    leaves = [Value(x) for x in graph.leaves]
    scope = {
        "OPERATIONS": OPERATIONS,
        "inf": float("inf"),
        "nan": float("nan"),
        **dict(zip(names, leaves, strict=True)),
    }
    exec("\n".join(lines(graph, names)), scope)
    expected = eager(graph, graph.leaves)
    assert identical([scope[f"y{i}"].data for i in range(len(graph.roots))], expected.values)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_simpler_is_a_graph(seed):
    graph = random_graph(random.Random(seed), repeats=seed % 2 == 1)
    for small in list(simpler(graph))[:200]:
        eager(small, small.leaves)
        assert len(small.steps) <= len(graph.steps)


def test_rounding_explains_what_rounding_does_and_nothing_else():
    cancels = Graph((0.1,), (("add", (0, 1e16)), ("subtract", (1, 1e16))), (2,))
    point = eager(cancels, (0.1,))

    def again(trial):
        return disturbed(cancels, (0.1,), trial).values

    assert agrees(point.values, point.values, again) is True
    assert agrees([2.0], point.values, again) is None
    assert agrees([1e9], point.values, again) is False
    plain = Graph((0.1,), (("tanh", (0,)),), (1,))
    expected = eager(plain, (0.1,)).values
    assert agrees([0.0996679], expected, lambda trial: disturbed(plain, (0.1,), trial).values) is False
    assert not close([float("nan")], [0.0])
    assert not close([1.0], [float("inf")])


def test_a_small_logsumexp_shows_the_rounding_of_a_sum_near_1():
    graph = Graph((6e-10, -27.0), (("logsumexp", (0, 1)),), (2,))
    point = eager(graph, graph.leaves)
    exact = 6e-10 + math.log1p(math.exp(-27.0 - 6e-10))
    assert not close([exact], point.values)
    assert agrees([exact], point.values, lambda trial: disturbed(graph, graph.leaves, trial).values) is None


def test_what_no_argument_reaches_may_be_one_node_for_all_rows():
    """In one row a gradient of 0 meets an infinite slope; together with the other row's it is 1."""
    steps = (("power_of_constant", (1, 3.0)), ("where", (0, 0, 2)))
    graph = Graph((1.0, -1e300), steps, (3,))
    points = ((1.0, -1e300), (0.0, -1e300))
    case = Case(graph, points, Form("llvm", True, "short", "rows", 1, wanted="parameters"))
    assert math.isnan(sum(eager(graph, point).gradient[1] for point in points))
    assert together(case) == [math.inf]
    assert found_by(GRAPHS, case) is None


def test_a_wrong_rule_is_found_and_shrunk(monkeypatch):
    """The compiler takes its rule from the table, the eager engine what it was when the node was made."""
    right = OPERATIONS["sinh"]
    wrong = Operation("sinh", "sinh", right.forward, lambda y, x: (y,), flat=())
    graph = Graph(
        (0.5, 2.0),
        (("multiply", (0, 1)), ("sinh", (2,)), ("tanh", (3,)), ("add", (4, 0)), ("exp", (1,)), ("add", (5, 6))),
        (7,),
    )
    case = Case(graph, ((0.5, 2.0), (1.5, -1.0)), Form("python", False, "short", "graph"))
    assert found_by(GRAPHS, case) is None

    def check(case):
        expected = eager(case.graph, case.points[0])
        with monkeypatch.context() as patch:
            patch.setitem(OPERATIONS, "sinh", wrong)
            found = eager(case.graph, case.points[0])
        assert identical(found.gradient, expected.gradient), "another gradient"

    campaign = GRAPHS._replace(make=lambda r: case, check=check)
    failure = run_case(campaign, 1)
    assert failure is not None
    assert 'v0 = OPERATIONS["sinh"](x0)' in failure.code
    assert "v1" not in failure.code
    assert "--campaign graphs --seed 1 --cases 1" in str(failure)
