"""What is checked: arguments and parameters with their names, moved and put back."""

from __future__ import annotations

import pytest

from autograd import Value, gradcheck


def test_rows_are_named_as_the_function_names_its_arguments():
    f = lambda x, p, *rest: x * p["w"][0] + p["b"] + rest[0] * rest[1]  # noqa: E731
    result = gradcheck(f, 2.0, {"w": [3.0, 1.0], "b": 0.5}, 4.0, 5.0)
    assert [row.name for row in result] == ["x", "p['w'][0]", "p['w'][1]", "p['b']", "rest[0]", "rest[1]"]
    assert [row.analytic for row in result] == [3.0, 2.0, 0.0, 1.0, 5.0, 4.0]
    assert [row.name for row in gradcheck(f, 2.0, {"w": [3.0], "b": 0.5}, 4, 5.0, argnums=(0, -1))] == ["x", "rest[1]"]
    with pytest.raises(KeyError, match="no row is called 'y'; there are x, p"):
        result["y"]


def test_numpy_arrays_are_checked_entry_by_entry():
    np = pytest.importorskip("numpy")
    result = gradcheck(lambda A, x: (A @ x).sum(), np.arange(4.0).reshape(2, 2), [1.0, 2.0])
    assert [row.name for row in result] == ["A[0, 0]", "A[0, 1]", "A[1, 0]", "A[1, 1]", "x[0]", "x[1]"]
    assert result.ok


def test_a_module_and_a_loss_of_its_outputs():
    from nn import MLP, cross_entropy, l2_penalty

    model = MLP(3, [4, 3], activation="tanh", seed=1)
    samples, classes = [[0.1, -0.4, 0.9], [1.0, 0.3, -0.7]], [2, 0]

    def loss(samples):
        return cross_entropy([model(x) for x in samples], classes) + l2_penalty(model.parameters(), 0.1)

    before = model.state_dict()
    for parameter in model.parameters():
        parameter.grad = 7.0
    result = gradcheck(loss, samples, parameters=model)
    assert [row.name for row in result] == list(before)
    assert result.ok
    assert max(row.error for row in result) < 1e-7
    assert model.state_dict() == before
    assert {parameter.grad for parameter in model.parameters()} == {7.0}


def test_numbers_are_put_back_when_the_loss_raises():
    w = Value(1.0, "w")

    def loss():
        if w.data != 1.0:
            raise RuntimeError("only at 1")
        return w * w

    with pytest.raises(RuntimeError, match="only at 1"):
        gradcheck(loss, parameters=[w])
    assert w.data == 1.0
