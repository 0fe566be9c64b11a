"""Several explanations at once: a sequence, by node or by number."""

import pytest

from autograd import Constant, Value, explain
from nn import MLP


def test_without_wrt_it_explains_by_all_that_is_trained():
    w, x, b = Value(2.0, "w"), Value(3.0, "x", requires_grad=False), Value(1.0, "b")
    y = w * x + b
    explanations = explain(y)
    assert explanations.wrt == [w, b]
    assert [each.total for each in explanations] == [3.0, 1.0]
    assert (explanations[0].wrt, explanations[b].wrt, explanations[-1].wrt) == (w, b, b)
    assert len(explanations) == 2
    assert str(explanations) == f"{explain(y, w)}\n\n\n{explain(y, b)}"
    assert explanations.markdown() == f"{explain(y, w).markdown()}\n\n---\n\n{explain(y, b).markdown()}"
    assert repr(explanations) == "<explanations: ∂y/∂w = 3.0, ∂y/∂b = 1.0>"
    assert "->" in explanations.draw(format="dot")
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(explanations)
    with pytest.raises(KeyError, match="not among the 2 nodes"):
        explanations[x]


def test_by_the_parameters_of_a_model_or_a_list():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    loss = model([1.0, -1.0]) ** 2
    by_model = explain(loss, model)
    loss.backward()
    assert [each.total for each in by_model] == [p.grad for p in model.parameters()]
    assert "∂loss/∂layers[0].neurons[0].weights[0] = " in repr(by_model)
    text = str(by_model)
    assert text.count("How loss changes with") == 8
    assert text.endswith("… and 5 more: explain(loss, wrt=…) explains it by one of them.")
    neuron = model.layers[1].neurons[0]
    assert explain(loss, neuron.weights).wrt == neuron.weights


def test_nothing_to_explain_by():
    for y in (Constant(2.0) * 3, Value(2.0, requires_grad=False) * 3):
        with pytest.raises(ValueError, match=r"nothing to explain this node by: .* explain\(y, wrt=x\)"):
            explain(y)
