"""Explanations: the paths, the factors, their products, and a sum that equals the engine's gradient."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.formulas import balanced

from autograd import (
    Value,
    explain,
    mean,
    no_grad,
    operation,
    softmax,
    tanh,
    topological_order,
)
from autograd.explaining.paths import MANY
from nn import MLP, quadratic_cost


def neuron():
    w, x, b, y = Value(0.5, "w"), Value(2.0, "x"), Value(-0.3, "b"), Value(1.0, "y")
    z = w * x + b
    z.label = "z"
    a = z.sigmoid()
    a.label = "ŷ"
    loss = 0.5 * (y - a) ** 2
    loss.label = "L"
    return loss, w


def test_a_neuron_as_text():
    loss, w = neuron()
    assert str(explain(loss, w)) == (
        "How L changes with w: ∂L/∂w = -0.14713408485276722\n"
        "\n"
        "  w               = 0.5\n"
        "  v1 = w × x      = 1\n"
        "  z  = v1 + b     = 0.7\n"
        "  ŷ  = sigmoid(z) = 0.668188\n"
        "  v2 = y − ŷ      = 0.331812\n"
        "  v3 = v2²        = 0.110099\n"
        "  L  = 0.5 × v3   = 0.0550497\n"
        "  with x = 2, b = -0.3, y = 1\n"
        "\n"
        "One path leads from w to L. Its factors, from the end:\n"
        "  ∂L/∂v3                = 0.5\n"
        "  ∂v3/∂v2 = 2 × v2      = 0.663624\n"
        "  ∂v2/∂ŷ                = -1\n"
        "  ∂ŷ/∂z   = ŷ × (1 − ŷ) = 0.221713\n"
        "  ∂z/∂v1                = 1\n"
        "  ∂v1/∂w  = x           = 2\n"
        "  product: 0.5 × 0.663624 × (-1) × 0.221713 × 1 × 2 = -0.147134\n"
        "\n"
        "L.backward() will add -0.14713408485276722 to w.grad, which is empty now."
    )


def test_the_last_line_looks_at_the_gradient_that_is_there():
    loss, w = neuron()
    loss.backward()
    assert str(explain(loss, w)).endswith("w.grad holds the same number: -0.14713408485276722")
    loss.backward()
    assert "w.grad holds -0.29426816970553443, another number" in str(explain(loss, w))


def test_a_gradient_that_is_itself_a_node():
    x = Value(3.0, "x")
    y = x * x
    y.backward(create_graph=True)
    assert str(explain(y, x)).endswith("x.grad holds the same number: 6")


def test_a_square_has_two_paths():
    x = Value(3.0, "x")
    explanation = explain(x * x, x)
    assert explanation.number_of_paths == len(explanation.paths) == 2
    assert [path.product for path in explanation.paths] == [3.0, 3.0]
    assert explanation.total == 6.0
    assert "∂loss/∂x (1st place) = x = 3" in str(explanation)
    assert "The sum over the paths: 3 + 3 = 6" in str(explanation)
    assert repr(explanation) == "<explanation: ∂loss/∂x = 6.0, 2 paths>"


def test_edges_carry_local_derivative_upstream_and_contribution():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = a * b
    explanation = explain(c.tanh() + c, a)
    assert [(edge.child.op.name, edge.position) for edge in explanation.edges] == [
        ("add", 0),
        ("add", 1),
        ("tanh", 0),
        ("multiply", 0),
    ]
    last = explanation.edges[-1]
    assert (last.child, last.parent, last.local_derivative) == (c, a, -3.0)
    assert last.upstream == pytest.approx(2 - tanh(-6.0) ** 2)
    assert last.contribution == last.local_derivative * last.upstream == explanation.total


def test_nothing_is_changed():
    loss, w = neuron()
    explanation = explain(loss, w)
    str(explanation), explanation.markdown(), explanation.latex()
    assert not any(node.has_grad for node in topological_order(loss))
    w.data = 7.0
    assert "w               = 0.5" in str(explanation)  # a copy of the moment


OPERATIONS = [
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a - 2 * b,
    lambda a, b: a.tanh(),
    lambda a, b: a.sin() / (b * b + 1),
    lambda a, b: a**2,
    lambda a, b: mean([a, b, a]),
    lambda a, b: softmax([a, b])[0],
]

programs = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=12
)


def run(program):
    nodes = [Value(0.7, "x"), Value(-1.3, "y")]
    for apply, i, j in program:
        nodes.append(apply(nodes[-1 - i % 3 if len(nodes) > 2 else i % 2], nodes[j % len(nodes)]))
    return nodes[-1], nodes[0]


@given(programs)
@settings(max_examples=200, deadline=None)
def test_the_total_is_the_engines_gradient_to_the_last_bit(program):
    loss, x = run(program)
    explanation = explain(loss, x, paths=500)
    loss.backward()
    assert explanation.total == (x.grad if x.has_grad else 0.0)
    assert explanation.upstream.get(x, 0.0) == explanation.total
    contributions = 0.0
    for edge in explanation.edges:
        if edge.parent is x:
            contributions += edge.contribution
    assert contributions == explanation.total
    if not explanation.merged:
        size = sum(abs(path.product) for path in explanation.paths)
        assert sum(path.product for path in explanation.paths) == pytest.approx(explanation.total, abs=1e-12 * size)
        assert len(explanation.paths) == explanation.number_of_paths


def test_a_single_path_is_exact():
    loss, w = neuron()
    (path,) = explain(loss, w).paths
    loss.backward()
    assert path.product == w.grad


def test_many_paths_are_merged_and_counted():
    x = Value(1.01, "x")
    y = x
    for _ in range(20):
        y = y * y * 0.5 + y
    explanation = explain(y, x)
    assert explanation.number_of_paths == 3**20
    assert explanation.merged
    assert explanation.paths == []
    y.backward()
    assert explanation.total == x.grad
    assert "3,486,784,401 paths lead from x to y" in str(explanation)
    assert f"δ(x) = {x.data}"[:4] in str(explanation)
    assert str(explanation).count("δ(y)") >= 2
    assert r"\delta_{x}" in explanation.latex()


def test_merged_steps_by_hand():
    x = Value(3.0, "x")
    explanation = explain(x * x + x, x, paths=1)
    assert "  δ(x) = 1 × δ(loss) + x × δ(v1) + x × δ(v1) = 1 × 1 + 3 × 1 + 3 × 1 = 7" in str(explanation)


def test_a_deep_graph_with_more_paths_than_can_be_counted():
    x = Value(0.5, "x")
    y = x
    for _ in range(3000):
        y = 0.5 * (y + y)
    explanation = explain(y, x)
    assert explanation.number_of_paths == MANY
    assert "More than 10^18 paths" in str(explanation)
    assert len(str(explanation).splitlines()) < 70
    assert len(explanation.latex().splitlines()) < 40
    assert explanation.total == 1.0


def test_a_deep_path_is_followed_without_recursion():
    x = Value(0.5, "x")
    y = x
    for _ in range(20_000):
        y = y + 1
    explanation = explain(y, x)
    assert len(explanation.paths[0].edges) == 20_000
    assert len(str(explanation).splitlines()) < 70


def test_where_there_is_no_path():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    assert explain(x * 2, y).total == 0.0
    assert explain(x * 2, y).number_of_paths == 0
    assert "No path leads from y to loss" in str(explain(x * 2, y))
    assert "other way round" not in str(explain(x * 2, y))
    assert "No path leads from w to loss" not in str(explain(x * 2, x))
    doubled = x * 2
    doubled.label = "d"
    assert "It is the other way\nround: d was computed from x." in str(explain(x, doubled))
    assert "No path" in explain(x * 2, y).markdown()
    with no_grad():
        assert explain(x * 2, x).number_of_paths == 0


def test_a_node_and_itself():
    x = Value(1.0, "x")
    explanation = explain(x, x)
    assert (explanation.total, explanation.number_of_paths) == (1.0, 1)
    assert "one to one" in str(explanation)
    explanation.markdown()


def test_names_are_unique_and_stable():
    x, other, v1 = Value(1.0, "x"), Value(2.0, "x"), Value(3.0, "v1")
    loss = (x * other * v1).tanh()
    written = str(explain(loss, x))
    assert "v2   = x × x#2" in written
    assert "v3   = v2 × v1" in written
    assert "loss = tanh(v3)" in written
    named = Value(1.0, "loss")
    assert "v1   = loss × 2" in str(explain((named * 2), named))


def test_names_may_come_from_a_model():
    model = MLP(2, [2, 1], activation="tanh", seed=0)
    loss = quadratic_cost([model([0.5, -1.0])], [1.0])
    w = model.layers[0].neurons[1].weights[0]
    written = str(explain(loss, w, names=model.named_parameters()))
    assert written.startswith("How loss changes with layers[0].neurons[1].weights[0]: ")
    assert "layers[1].neurons[0].weights[1] × v" in written
    w.label = "w"
    assert str(explain(loss, w, names=dict(model.named_parameters()))).startswith("How loss changes with w: ")


def test_digits():
    x = Value(1 / 3, "x")
    explanation = explain(x * 0.123456789, x, digits=2)
    assert "loss = x × 0.12 = 0.041" in str(explanation)
    assert "∂loss/∂x = 0.123456789" in str(explanation).splitlines()[0]  # the total is exact
    assert explain(x * 0.5, x, digits=3).total == 0.5


def test_a_rule_without_a_formula_keeps_its_symbol():
    step = operation("kinked", "kinked", lambda x: abs(x), lambda y, x: (1.0 if x > 0 else -1.0,))
    x = Value(-2.0, "x")
    explanation = explain(step(x) * 3, x)
    assert "  ∂v1/∂x    = -1" in str(explanation)
    assert explanation.edges[-1].formula is None
    assert explanation.total == -3.0


def test_latex():
    loss, w = neuron()
    formula = explain(loss, w).latex()
    assert formula.splitlines()[1:-1] == [
        r"\frac{\partial L}{\partial w} &= \frac{\partial L}{\partial v_{3}} \cdot "
        r"\frac{\partial v_{3}}{\partial v_{2}} \cdot \frac{\partial v_{2}}{\partial \hat{y}} \cdot "
        r"\frac{\partial \hat{y}}{\partial z} \cdot \frac{\partial z}{\partial v_{1}} \cdot "
        r"\frac{\partial v_{1}}{\partial w} \\",
        r"&= 0.5 \cdot 2 \cdot v_{2} \cdot (-1) \cdot \hat{y} \cdot (1 - \hat{y}) \cdot 1 \cdot x \\",
        r"&= 0.5 \cdot 0.663624 \cdot (-1) \cdot 0.221713 \cdot 1 \cdot 2 \\",
        r"&= -0.147134",
    ]
    balanced(formula)
    assert explain(loss, w)._repr_latex_() == f"$\\displaystyle {formula}$"


def test_markdown_is_a_table_and_a_formula():
    x = Value(-3.0, "x|y")
    explanation = explain(abs(x) * x, x)
    page = explanation.markdown()
    balanced(page)
    assert page == explanation._repr_markdown_()
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert all(row.count("|") == 4 for row in rows), rows  # a bar inside a formula would break the table
    assert page.count("$$") == 4  # the product of the first path; that of the second with the sum of the two
    assert "**Path 1:** $" in page
    assert page.endswith("`loss.backward()` will add 6 to `x|y.grad`, which is empty now.")


def test_the_drawing_shows_the_paths_and_what_flows_on_their_edges():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    dot = explain(x * y, x).draw(format="dot")
    on_the_path, beside_it = (line for line in dot.splitlines() if "->" in line)
    assert "2 × 1 = 2" in on_the_path
    assert "penwidth" in on_the_path
    assert "penwidth" not in beside_it


@pytest.mark.parametrize(
    ("loss", "wrt", "message"),
    [
        (1.0, Value(1.0), "explain takes a Value or a Graph, .*; got float 1.0"),
        (Value(1.0), "w", "wrt is a node of the graph, a Value, got str"),
    ],
)
def test_errors_say_which_argument(loss, wrt, message):
    with pytest.raises(TypeError, match=message):
        explain(loss, wrt)


def test_an_explanation_has_no_truth_value():
    x = Value(3.0, "x")
    with pytest.raises(TypeError, match=r"neither true nor false: ask for \.total, the derivative"):
        bool(explain(x * x, x))


def test_of_a_frozen_leaf_no_gradient_is_promised():
    x = Value(3.0, "x", requires_grad=False)
    assert str(explain(x * x * Value(2.0), x)).endswith("No backward pass writes x.grad, as x is frozen.")
