"""The lines of the user's code, and which part of them made which node."""

import autograd
from autograd import Graph, Value, explore, record_source
from autograd.drawing.explorer.user_code import make_listing
from nn import MLP


def told(graph):
    """For each node that was placed the code that made it; the test's own lines among others."""
    listing = make_listing(graph)
    if listing is None:
        return {}
    lines = [text for _, text in listing["lines"]]
    spans = [lines[row][start:end] for row, start, end in listing["spans"]]
    return {int(node): spans[k] for node, k in listing["of"].items()}


def of_operations(graph):
    """Symbols of operations, with the code that made each."""
    found = told(graph)
    return sorted((node.op.symbol, found.get(i)) for i, node in enumerate(graph.nodes) if node.op)


def test_each_operation_of_an_expression_has_its_part():
    w, x, b = Value(0.5), Value(1.0), Value(2.0)
    z = w * x + 2 * b
    y = (z - 1).tanh()
    assert of_operations(Graph(y)) == [
        ("*", "2 * b"), ("*", "w * x"), ("+", "w * x + 2 * b"), ("-", "z - 1"), ("tanh", "(z - 1).tanh()"),
    ]  # fmt: skip


def test_leaves_are_made_where_their_class_is_called():
    w, x = Value(0.5), Value(1.0)
    y = w * x
    assert set(told(Graph(y)).values()) == {"Value(0.5)", "Value(1.0)", "w * x"}


def test_a_variable_that_is_used_again_means_what_it_held():
    y = Value(0.5)
    y = y * 3.0
    y = y.tanh()
    y += 1.0
    assert of_operations(Graph(y)) == [("*", "y * 3.0"), ("+", "y += 1.0"), ("tanh", "y.tanh()")]


def test_a_loop_is_walked_backwards_round_by_round():
    weights = [Value(0.1 * k) for k in range(5)]
    h = Value(1.0)
    for w in weights:
        h = w * h
        h = h.sigmoid()
    found = of_operations(Graph(h))
    assert found == 5 * [("*", "w * h")] + 5 * [("sigmoid", "h.sigmoid()")]
    assert "for w in weights:" in [text for _, text in make_listing(Graph(h))["lines"]]


def test_comprehensions_and_sums():
    xs, ws = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    e = [x.exp() for x in xs]
    start = sum((w * v for w, v in zip(ws, e, strict=True)), Value(0.0))
    z = autograd.sum([start, e[0]])
    found = of_operations(Graph(z))
    assert [code for symbol, code in found if symbol == "exp"] == 2 * ["x.exp()"]
    assert [code for symbol, code in found if symbol == "*"] == 2 * ["w * v"]
    assert [code for symbol, code in found if symbol == "sum"] == ["autograd.sum([start, e[0]])"]
    assert all(code.startswith("sum((w * v") for symbol, code in found if symbol == "+")


def test_what_a_function_computed_belongs_to_its_call():
    model = MLP(2, [3, 1])
    y = model([1.0, 2.0])
    loss = (y - 1) ** 2
    found = of_operations(Graph(loss))
    assert {code for symbol, code in found if symbol == "relu"} == {"model([1.0, 2.0])"}
    assert ("-", "y - 1") in found
    assert ("**", "(y - 1) ** 2") in found


def test_code_that_does_not_agree_with_the_graph_tells_nothing_of_it():
    a, b = Value(1.0), Value(2.0)
    y = a * b
    z = y + 1.0
    y = a - b
    assert of_operations(Graph(z)) == [("*", "a * b"), ("+", "y + 1.0")]
    del z, y
    assert told(Graph(a)) == {}


def shown_by_a_helper(value):
    return told(Graph(value))


def test_a_helper_is_not_the_code_that_computed():
    a = Value(1.0)
    b = a.exp() * 2.0
    assert "a.exp()" in shown_by_a_helper(b).values()


def computed():
    x = Value(2.0)
    return (x * 3).tanh()


def test_recorded_lines_are_known_wherever_they_are():
    with record_source():
        y = computed() + 1
    graph = Graph(y)
    listing = make_listing(graph)
    assert listing["files"] == [["test_user_code.py", 0]]
    lines = [text for _, text in listing["lines"]]
    assert any("return (x * 3).tanh()" in line for line in lines)
    places = {node.op.symbol: node.source.place for node in graph.nodes if node.op}
    if places["*"] is None:  # Python 3.10
        assert len(told(graph)) == 3
    else:
        assert [code for _, code in of_operations(graph)] == ["x * 3", "computed() + 1", "(x * 3).tanh()"]


def test_the_page_shows_the_code_or_does_not():
    x = Value(2.0)
    y = x * x  # a remark: ünïcödé
    assert explore(y).graph["listing"]["of"]
    assert explore(y, code=False).graph["listing"] is None
    assert "ünïcödé" not in explore(y, code=False).html()


def test_columns_count_as_the_browser_counts():
    a, ä = Value(2.0), "🦊 and ünïcödé"
    y = {"🦊 and ünïcödé": a}[ä] * a
    listing = make_listing(Graph(y))
    row, start, end = max(listing["spans"], key=lambda span: span[2] - span[1])
    text = listing["lines"][row][1].encode("utf-16-le")
    assert text[2 * start : 2 * end].decode("utf-16-le") == '{"🦊 and ünïcödé": a}[ä] * a'


def test_a_long_loop_takes_time_proportional_to_it():
    y = Value(0.5)
    for _ in range(3000):
        y = (y * 1.0001).tanh()
    assert len(told(Graph(y))) == 6000


def test_code_that_is_nowhere():
    scope = {}
    exec("from autograd import Value, Graph\nx = Value(2.0)\ny = x * x\n", scope)
    exec("graph = Graph(y)", scope)
    assert "x * x" not in told(scope["graph"]).values()
