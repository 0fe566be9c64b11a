"""Each check finds its illness and names it, and raises no false alarm where all is well."""

import math

import pytest
from support.losses import cost_of, data, dead_network

from autograd import Value, doctor, operation, relu, topological_order
from autograd import operations as ops
from nn import MLP, SGD, binary_cross_entropy, cross_entropy, max_margin, mean_squared_error, quadratic_cost


def test_single_samples_leave_relus_off():
    model = MLP(2, [8, 8, 1], initialization="he", seed=0)
    loss = quadratic_cost([model([0.5, -1.0])], [1.0])
    off = [n for n in topological_order(loss) if n.op is ops.relu and n.data == 0]
    assert off
    assert doctor(loss, model).ok


def test_a_single_sample_may_saturate_a_tanh():
    model = MLP(2, [4, 1], activation="tanh", initialization="xavier", seed=0)
    model.layers[0].neurons[1].bias.data = -20.0
    loss = quadratic_cost([model([0.5, -1.0])], [1.0])
    assert doctor(loss, model).ok
    for neuron in model.layers[0].neurons:
        neuron.bias.data = 20.0
    assert doctor(quadratic_cost([model([0.5, -1.0])], [5.0]), model).kinds == ["saturated"]


def test_the_hinge_loss_is_no_neuron():
    w = Value(5.0, "w")
    assert doctor(max_margin([w * 1.0, w * 2.0], [1, 1])).ok  # all margins kept: relu is off, and that is the aim


def test_a_saturated_output_that_is_right_or_whose_loss_makes_up_for_it():
    w = Value(2.0, "w")
    assert doctor(quadratic_cost([(10 * w).sigmoid()], [1.0])).ok
    assert doctor(binary_cross_entropy([(10 * w).sigmoid()], [0.0])).ok


@pytest.mark.parametrize(
    "kink", [lambda x: relu(x - 1), lambda x: abs(x - 1), lambda x: ops.maximum(x, 1.0), lambda x: ops.less(x, 1.0)]
)
def test_at_a_kink_no_rule_is_blamed(kink):
    x, w = Value(1.0, "x"), Value(1.0, "w")
    assert "wrong rule" not in doctor(kink(x) + w).kinds


@pytest.mark.parametrize("x", [1e-9, 1e-3, 0.7, 3.0, 40.0, 1e5])
@pytest.mark.parametrize("name", sorted(ops.BUILT_IN))
def test_no_built_in_rule_is_blamed_anywhere(name, x):
    each = ops.find(name)
    inputs = [Value(x), Value(0.3), Value(-2.0)][: each.arity or 3]
    if name == "power_of_constant":
        inputs[1] = 3.0
    assert "wrong rule" not in doctor(each(*inputs)).kinds
    if each.arity == 1:
        assert "wrong rule" not in doctor(each(Value(-x))).kinds


def only(diagnosis, kind):
    assert diagnosis.kinds == [kind], str(diagnosis)
    assert not diagnosis.ok
    return diagnosis[0]


def test_backward_called_twice_and_three_times():
    w, b = Value(3.0, "w"), Value(1.0, "b")
    loss = w * w + b
    for times in (1, 2, 3):
        loss.backward()
        if times == 1:
            assert doctor(loss).ok
        else:
            finding = only(doctor(loss), "stale gradient")
            assert finding.nodes == (w, b)
            assert f"{times} times the gradient of this loss, as after {times} calls of backward()" in finding.sentence
            assert f"w.grad is {6 * times}, the gradient is 6" in finding.sentence
            assert "zero_grad()" in finding.sentence


def test_gradients_that_are_themselves_nodes():
    w = Value(3.0, "w")
    loss = w * w
    loss.backward(create_graph=True)
    assert doctor(loss).ok
    loss.backward(create_graph=True)
    assert "2 times" in only(doctor(loss), "stale gradient").sentence


def test_a_loop_that_forgets_to_zero():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        cost = cost_of(model)
        cost.backward()
        last = doctor(cost, model)
        optimizer.step()
    finding = only(last, "stale gradient")
    assert "an earlier gradient is still in it" in finding.sentence
    assert "layers[0].neurons[0].weights[0]" in finding.sentence


def test_data_changed_after_the_forward_pass():
    w, x = Value(3.0, "w"), Value(2.0, "x")
    v = w * x
    v.label = "v"
    loss = (v + 1).exp()
    w.data = 5.0
    finding = only(doctor(loss), "data changed")
    assert finding.nodes == (w,)
    assert "the number was changed of w: v was computed as 6 and would be 10 now" in finding.sentence
    w.data = 3.0
    assert doctor(loss).ok
    v.data = 1.0  # a node in between
    assert only(doctor(loss), "data changed").nodes == (v,)


def test_data_changed_without_a_change_of_the_result():
    w, x = Value(3.0, "w"), Value(0.0, "x")
    loss = w * x
    w.data = 5.0  # the product is 0 all the same, but not its derivative
    assert "would have another slope now" in only(doctor(loss), "data changed").sentence


def test_a_graph_that_is_not_built_anew_is_told_from_one_that_was_used_up():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    optimizer, cost = SGD(model.parameters(), lr=0.1), cost_of(model)
    for _ in range(3):
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
    finding = only(doctor(cost, model), "data changed")
    assert set(finding.nodes) == set(model.parameters())
    assert "after the forward pass and before backward() the numbers were changed of " in finding.sentence
    assert (
        "backward() used the old local derivatives: compute the loss anew before each backward()." in finding.sentence
    )


def test_a_loss_of_frozen_leaves_only_is_a_finding():
    model = MLP(2, [3, 1], activation="tanh", seed=0).freeze()
    finding = only(doctor(cost_of(model), model), "frozen")
    assert "every leaf below the loss is frozen" in finding.sentence
    assert set(finding.nodes) == set(model.parameters())


def test_a_parameter_that_is_not_connected():
    w, forgotten = Value(1.0, "w"), Value(2.0, "forgotten")
    finding = only(doctor(w * 2 + forgotten.data, [w, forgotten]), "not connected")
    assert finding.node is forgotten
    assert "no path leads from forgotten to the loss" in finding.sentence


def test_a_parameter_that_became_a_result():
    w = Value(1.0, "w")
    w = w - 0.1 * 3.0
    finding = only(doctor(w * w, [w]), "not connected")
    assert "w.data -= lr * w.grad" in finding.sentence


def test_a_loss_of_nothing():
    assert "nothing to differentiate" in only(doctor(Value(3.0, "loss")), "not connected").sentence


def test_dead_relus():
    model = dead_network()
    finding = only(doctor(cost_of(model), model), "dead relu")
    assert finding.sentence.startswith(
        "2 of the 4 relus of layer 1 gave 0 for each of the 12 samples, in the neurons with layers[0].neurons[0].bias "
        "and layers[0].neurons[1].bias"
    )
    assert all(node.op is ops.relu for node in finding.nodes)
    assert doctor(cost_of(model)).kinds == ["dead relu"]  # without the model too
    w = Value(-1.0, "w")
    assert doctor((w * 2).relu()).kinds == ["dead relu"]


def test_saturated():
    model = MLP(2, [4, 1], activation="tanh", initialization="xavier", seed=0)
    model.layers[0].neurons[1].bias.data = -20.0
    finding = only(doctor(cost_of(model), model), "saturated")
    assert finding.sentence.startswith("1 tanh is saturated in the neuron with layers[0].neurons[1].bias: tanh(-")
    w = Value(2.0, "w")
    finding = only(doctor(quadratic_cost([(10 * w).sigmoid()], [0.0])), "saturated")
    assert "sigmoid(20) = 1 is so flat that its slope, 2.1e-09" in finding.sentence


def test_vanishing():
    model = MLP(2, [6] * 10 + [1], activation="sigmoid", initialization="xavier", seed=0)
    finding = only(doctor(cost_of(model), model), "vanishing gradient")
    assert "10: " in finding.sentence
    assert all(node.op is ops.sigmoid for node in finding.nodes)


def test_exploding():
    model = MLP(2, [6] * 6 + [1], activation="softplus", seed=0)
    for parameter in model.parameters():
        parameter.data = 3.0
    assert doctor(cost_of(model), model).kinds == ["exploding gradient"]
    x = Value(10.0, "x")
    finding = only(doctor(x**20), "exploding gradient")
    assert "the gradient of x is huge, 2e+20" in finding.sentence


def test_the_first_number_that_is_not_finite():
    x = Value(2.0, "x")
    y = (x - 2).log()
    loss = y * 0 + 1
    finding = only(doctor(loss), "infinite or nan")
    assert finding.node is y
    assert "-inf: log gave it from 0.0" in finding.sentence
    assert "log needs a number above 0" in finding.sentence


def test_a_leaf_that_is_nan():
    x = Value(math.nan, "x")
    assert only(doctor(x * 2), "infinite or nan").sentence.startswith("x is nan and enters")


def test_a_gradient_that_is_infinite_while_all_numbers_are_finite():
    x = Value(0.0, "x")
    root = x.sqrt()
    finding = only(doctor(root + 1), "infinite or nan")
    assert finding.node is root
    assert "sqrt sends inf to x = 0.0" in finding.sentence


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (lambda x: x**3, lambda y, x: (3 * x,)),
        (lambda x: x**3, lambda y, x: (-3 * x * x,)),
        (math.sin, lambda y, x: (0.0,)),
        (math.sin, lambda y, x: (math.nan,)),
        (lambda x: 1e-9 * x, lambda y, x: (2e-9,)),
        (lambda x: 1e9 * x, lambda y, x: (1.01e9,)),
    ],
)
def test_a_wrong_rule(right, wrong):
    planted = operation("planted", "planted", right, wrong)
    x = Value(0.8, "x")
    node = planted(x)
    diagnosis = doctor((node * 2).tanh() + planted(node))
    findings = [finding for finding in diagnosis if finding.kind == "wrong rule"]
    assert len(findings) == 1
    assert findings[0].node is node
    assert "the derivative rule of planted gives" in findings[0].sentence


def test_a_rule_that_is_wrong_by_one_input_only():
    planted = operation("planted2", "planted2", lambda a, b: a * b, lambda y, a, b: (b, b))
    finding = only(doctor(planted(Value(2.0, "a"), Value(3.0, "b"))), "wrong rule")
    assert "gives 3 by input number 2 at 2, 3, but nudging that input shows a slope of 2" in finding.sentence


def test_losses_with_logits():
    model = MLP(2, [6, 3], activation="tanh", initialization="xavier", seed=2)
    X, _ = data()
    cost = cross_entropy([model(x) for x in X], [i % 3 for i in range(12)])
    cost.backward()
    assert doctor(cost, model).ok
    model.zero_grad()
    assert doctor(mean_squared_error([model(x)[0] for x in X], [0.0] * 12), model).kinds == ["not connected"]
