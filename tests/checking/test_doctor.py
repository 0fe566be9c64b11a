"""The doctor: each illness is found, named and explained; healthy graphs get a clean bill; nothing is changed."""

import math
import random

import pytest

from autograd import Value, compile, doctor, mean, operation, record_source, relu, topological_order
from autograd import operations as ops
from nn import MLP, SGD, binary_cross_entropy, cross_entropy, max_margin, mean_squared_error, quadratic_cost


def data(n=12, seed=0):
    generator = random.Random(seed)
    X = [[generator.gauss(0, 1), generator.gauss(0, 1)] for _ in range(n)]
    return X, [1.0 if x[0] * x[1] > 0 else 0.0 for x in X]


def cost_of(model, loss=quadratic_cost):
    X, Y = data()
    return loss([model(x) for x in X], Y)


# --- the healthy: every finding here would be a false alarm --------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "linear", "sin"])
def test_a_healthy_network(activation, seed):
    model = MLP(2, [5, 4, 1], activation=activation, initialization="xavier", seed=seed)
    cost = cost_of(model)
    assert doctor(cost, model).ok
    cost.backward()
    diagnosis = doctor(cost, model.parameters())
    assert diagnosis.ok, str(diagnosis)
    assert str(diagnosis).startswith("Nothing found in ")


def test_a_training_loop_that_does_everything_right():
    model = MLP(2, [8, 1], activation="tanh", output_activation="sigmoid", seed=1)
    optimizer = SGD(model.parameters(), lr=0.5)
    for _ in range(20):
        cost = cost_of(model, binary_cross_entropy)
        optimizer.zero_grad()
        cost.backward()
        diagnosis = doctor(cost, model)
        assert diagnosis.ok, str(diagnosis)
        optimizer.step()


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


# --- the ill ----------------------------------------------------------------------------------------------------------


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


# What a training loop does, one letter for each line of it; the doctor comes at the end.
LINES = {
    "build": lambda it: it.update(loss=cost_of(it["model"])),
    "zero": lambda it: it["optimizer"].zero_grad(),
    "backward": lambda it: it["loss"].backward(),
    "step": lambda it: it["optimizer"].step(),
    "seed": lambda it: it["loss"].backward(5.0),
    "graph": lambda it: it["loss"].backward(create_graph=True),
    "by hand": lambda it: setattr(it["model"].parameters()[0], "data", it["model"].parameters()[0].data + 0.1),
    "compile": lambda it: it.update(program=compile(it["loss"], backend="python")),
    "run": lambda it: it["program"](),
    "train": lambda it: it["program"].train(it["optimizer"], steps=3),
}


def after(lines):
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    it = {"model": model, "optimizer": SGD(model.parameters(), lr=0.1)}
    for line in lines.split(", "):
        LINES[line](it)
    return doctor(it["loss"], model)


@pytest.mark.parametrize(
    "lines",
    [
        "build",
        "build, backward",
        "build, backward, step",
        "zero, build, backward, step, zero",
        "build, zero, backward, step, build",  # the gradients of the last step are still there: zero comes in time
        "build, zero, backward, step, build, zero, backward, step",
        "build, seed, step",
        "build, graph, step",
        "build, backward, by hand",
        "build, backward, zero, backward, step",  # the same gradient, asked for twice
        "build, compile, run",
        "build, compile, run, step, run, step",
        "build, compile, train",
        "build, backward, step, compile, train",
    ],
)
def test_what_does_no_harm_is_no_finding(lines):
    assert after(lines).ok


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ("build, by hand", ["data changed"]),  # before the backward pass that will come
        ("build, by hand, backward", ["data changed"]),
        ("build, backward, step, zero, backward", ["data changed"]),  # the graph is not built anew
        ("build, backward, step, zero, backward, step", ["data changed"]),
        ("build, backward, step, backward", ["data changed", "stale gradient"]),
        ("build, backward, backward", ["stale gradient"]),
        ("build, backward, step, build, backward", ["stale gradient"]),  # zero is missing
        ("build, backward, step, build, backward, step", ["stale gradient"]),
        ("build, compile, train, zero, backward", ["data changed"]),  # of the numbers before the training
    ],
)
def test_what_does_harm_is_a_finding(lines, kinds):
    assert after(lines).kinds == kinds


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


def test_after_a_compiled_training_the_present_numbers_are_looked_at():
    w = Value(0.5, "w")
    loss = (w * 3.0).tanh() * 0.5 + w
    step = compile(loss, backend="python")
    w.data = -0.5
    step()
    assert doctor(loss).ok
    w.data = math.nan
    step()
    assert "infinite or nan" in doctor(loss).kinds


def test_frozen_leaves_are_said_but_are_no_finding():
    w, x, b = Value(3.0, "w"), Value(2.0, "x", requires_grad=False), Value(1.0, "b", requires_grad=False)
    loss = w * x + b
    loss.backward()
    x.grad = 7.0  # nobody's business
    diagnosis = doctor(loss)
    assert diagnosis.ok
    assert "(x and b are frozen: they get no gradient" in str(diagnosis).replace("\n", " ")
    assert "<p>(x and b are frozen" in diagnosis._repr_html_()
    assert "frozen" not in str(doctor(w * 2))
    unused = Value(1.0, "unused", requires_grad=False)
    assert doctor(loss, [w, x, unused]).ok


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


def dead_network():
    model = MLP(2, [4, 1], activation="relu", seed=0)
    for neuron in model.layers[0].neurons[:2]:
        neuron.bias.data = -10.0
    for neuron in model.layers[0].neurons[2:]:
        neuron.bias.data = 10.0
    return model


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


def test_the_users_line_is_named():
    w = Value(0.0, "w")
    with record_source():
        loss = w.log()
    assert "test_doctor.py" in doctor(loss)[0].sentence
    assert "loss = w.log()" in doctor(loss)[0].sentence
    assert "record_source" not in str(doctor(loss))
    assert "record_source" in str(doctor(w.log()))


# --- manners --------------------------------------------------------------------------------------------------------


def test_nothing_is_changed():
    model = dead_network()
    cost = cost_of(model)
    cost.backward()
    cost.backward()
    nodes = topological_order(cost)
    before = [(n.data, n.grad, n.local_derivatives, n.label) for n in nodes]
    str(doctor(cost, model))
    assert before == [(n.data, n.grad, n.local_derivatives, n.label) for n in nodes]


def test_a_diagnosis_is_a_sequence_without_a_truth_value():
    w = Value(0.0, "w")
    diagnosis = doctor(w.log())
    assert [finding.kind for finding in diagnosis] == diagnosis.kinds == ["infinite or nan"]
    assert len(diagnosis) == 1
    assert repr(diagnosis) == "<diagnosis: 1 finding: infinite or nan>"
    with pytest.raises(TypeError, match=r"ask doctor\(…\)\.ok"):
        bool(diagnosis)


def test_in_a_notebook():
    x = Value(0.0, "<x>")
    page = doctor(x.log())._repr_html_()
    assert page.startswith("<p>1 finding.</p><ol><li><b>infinite or nan</b>: ")
    assert "&lt;x&gt; = 0.0" in page
    assert doctor(x * 2)._repr_html_().startswith("<p>Nothing found in ")


def test_errors_say_what_to_give():
    with pytest.raises(TypeError, match=r"doctor takes a Value or a Graph, .*; got float"):
        doctor(1.0)
    with pytest.raises(TypeError, match=r"parameters are Values.* got float 2\.0"):
        doctor(Value(1.0) * 2, [2.0])


def test_wide_and_deep_graphs_take_no_long_time():
    x = Value(0.5, "x")
    deep = x
    for _ in range(20_000):
        deep = deep * 0.999 + 0.001
    assert doctor(mean([x * 2 for _ in range(5_000)]) + deep).ok


def test_losses_with_logits():
    model = MLP(2, [6, 3], activation="tanh", initialization="xavier", seed=2)
    X, _ = data()
    cost = cross_entropy([model(x) for x in X], [i % 3 for i in range(12)])
    cost.backward()
    assert doctor(cost, model).ok
    model.zero_grad()
    assert doctor(mean_squared_error([model(x)[0] for x in X], [0.0] * 12), model).kinds == ["not connected"]
