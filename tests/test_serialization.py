"""copy, deepcopy and pickle: identities kept, attributes kept, and no recursion."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import random
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

import autograd
from autograd import Constant, Value, leaves, topological_order

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def pickled(thing, protocol=pickle.DEFAULT_PROTOCOL):
    return pickle.loads(pickle.dumps(thing, protocol))


def in_pure_python(thing):
    """Through the pickler written in Python, which recurses earlier and remembers differently than the one in C."""
    file = io.BytesIO()
    pickle._Pickler(file).dump(thing)
    return pickle._Unpickler(io.BytesIO(file.getvalue())).load()


copiers = pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, *[lambda thing, p=p: pickled(thing, p) for p in PROTOCOLS], in_pure_python],
    ids=["deepcopy", *[f"pickle {protocol}" for protocol in PROTOCOLS], "pickle in Python"],
)


def example() -> tuple[Value, Value, Value]:
    """(loss, w, hidden) of a graph with every kind of node, after a backward pass."""
    w, b = Value(0.5, "w"), Value(-1.0, "b")
    hidden = (w * 3 + b).tanh()
    loss = autograd.logsumexp([hidden, w, hidden**2]) + autograd.where(hidden > 0, w, b) + autograd.sum([w])
    loss.label = "loss"
    loss.backward()
    return loss, w, hidden


def description(*roots: Value) -> list[tuple]:
    """All that there is to know of a graph, with node numbers instead of identities."""
    order = topological_order(*roots)
    number = {node: i for i, node in enumerate(order)}
    return [
        (type(n), n.data, n.grad, n.has_grad, n.label, n.op, [number[p] for p in n.parents], n.local_derivatives)
        for n in order
    ]


@copiers
def test_a_duplicate_is_the_same_graph_of_new_nodes(duplicate):
    loss, _, _ = example()
    before = description(loss)
    twin = duplicate(loss)
    assert description(twin) == before == description(loss)
    assert not set(topological_order(twin)) & set(topological_order(loss))


@copiers
def test_a_duplicate_of_several_nodes_keeps_their_identities(duplicate):
    loss, w, hidden = example()
    for order in ((loss, w, hidden), (w, hidden, loss), (hidden, loss, w)):
        twins = dict(zip(order, duplicate(order), strict=True))
        nodes = topological_order(twins[loss])
        assert twins[w] in nodes
        assert twins[hidden] in nodes
        assert leaves(twins[loss])[0] is twins[w]
        assert description(*twins.values()) == description(*order)


@copiers
def test_a_duplicate_can_be_differentiated_and_trained_apart(duplicate):
    loss, w, _ = example()
    gradient = w.grad
    twin_loss, twin_w = duplicate((loss, w))
    twin_loss.backward()
    twin_w.data = 100.0
    assert twin_w.grad == 2 * gradient
    assert (w.grad, w.data) == (gradient, 0.5)


@copiers
def test_a_parent_used_twice_stays_one_node(duplicate):
    x = Value(3.0)
    y = duplicate(x * x)
    assert y.parents[0] is y.parents[1]


@copiers
def test_constants_stay_constants(duplicate):
    y = duplicate(Value(3.0) * 2)
    assert [type(parent) for parent in y.parents] == [Value, Constant]
    assert [leaf.data for leaf in leaves(y)] == [3.0]


@copiers
def test_a_gradient_that_no_pass_has_reached_stays_unreached(duplicate):
    x = duplicate(Value(3.0))
    assert (type(x.grad), x.has_grad) == (int, False)


@copiers
def test_attributes_of_your_own_are_kept(duplicate):
    loss, w, _ = example()
    w.momentum, w.history = 0.9, [1, 2]
    twin_loss, twin_w = duplicate((loss, w))
    assert (twin_w.momentum, twin_w.history, twin_w.label) == (0.9, [1, 2], "w")
    assert twin_w.history is not w.history
    assert not hasattr(twin_loss, "momentum")


@copiers
@pytest.mark.parametrize("start", ["loss", "w", "hidden"])
def test_an_attribute_may_refer_to_a_node_of_the_graph_above_or_below(duplicate, start):
    loss, w, hidden = example()
    w.family = hidden.family = loss.family = {"loss": loss, "w": w, "hidden": hidden}
    family = duplicate(loss.family[start]).family
    assert leaves(family["loss"])[0] is family["w"]
    assert family["hidden"] in topological_order(family["loss"])
    assert all(node.family is family for node in family.values())
    assert not set(family.values()) & {loss, w, hidden}


@copiers
def test_an_attribute_may_refer_to_another_graph_that_shares_leaves(duplicate):
    w = Value(2.0, "w")
    first, second = w * 2, w * 3
    first.other, second.other = second, first
    twin = duplicate(first)
    assert twin.other.other is twin
    assert leaves(twin) == leaves(twin.other)


@copiers
def test_a_model_of_many_leaves_and_its_loss(duplicate):
    weights = [Value(i / 7, f"w{i}") for i in range(400)]
    loss = autograd.dot(weights, weights)
    twins, twin_loss = duplicate((weights, loss))
    assert leaves(twin_loss) == twins
    assert [twin.label for twin in twins] == [weight.label for weight in weights]


@copiers
def test_a_subclass_stays_a_subclass(duplicate):
    assert type(duplicate(Parameter(1.0))) is Parameter
    assert type(copy.copy(Parameter(1.0))) is Parameter
    assert type((duplicate(Parameter(1.0) * 2)).parents[0]) is Parameter


class Parameter(Value):
    """A user's own kind of node."""


# --- copy.copy ---------------------------------------------------------------------------------------------------


def test_a_shallow_copy_is_a_second_node_with_the_same_parents():
    loss, _, hidden = example()
    hidden.note = [1]
    twin = copy.copy(hidden)
    assert twin is not hidden
    assert (twin.data, twin.grad, twin.op, twin.parents) == (hidden.data, hidden.grad, hidden.op, hidden.parents)
    assert twin.note is hidden.note
    twin.note = None
    assert hidden.note == [1]
    assert description(copy.copy(loss)) == description(loss)


def test_a_shallow_copy_of_a_leaf_is_an_independent_leaf():
    w = Value(2.0, "w")
    twin = copy.copy(w)
    (twin * w).backward()
    twin.data = 7.0
    assert (w.data, w.grad, twin.grad, twin.label) == (2.0, 2.0, 2.0, "w")
    assert type(copy.copy((w * 2).parents[1])) is Constant


# --- size ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled, in_pure_python])
def test_a_chain_of_200_000_nodes_is_duplicated_without_recursion(duplicate):
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000 if duplicate is in_pure_python else 200_000):
        y = y + 1
    twin, twin_x = duplicate((y, x))
    twin.backward()
    assert twin.data == y.data
    assert twin_x.grad == 1.0
    assert not x.has_grad


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickled])
@pytest.mark.parametrize("kind", ["parameters", "nodes of one chain"])
def test_work_is_proportional_to_the_number_of_nodes_in_a_list(duplicate, kind):
    def nodes(count):
        chain = [Value(1.0)]
        for _ in range(count):
            chain.append(Value(1.0) if kind == "parameters" else -chain[-1])
        return chain

    def calls(count):
        # Counted, and not timed, so that it is the same on a busy machine.
        given, seen = nodes(count), []
        sys.setprofile(lambda frame, event, argument: seen.append(event))
        try:
            duplicate(given)
        finally:
            sys.setprofile(None)
        return len(seen)

    # Eight times the nodes take eight times the work, or 64 times where every node looks at all the others.
    assert calls(400) < 12 * calls(50)


def test_pickling_keeps_nothing_alive():
    gc.collect()
    loss, w, hidden = example()
    inner = weakref.ref(hidden)
    pickle.dumps((loss, w, hidden))
    del loss, hidden
    gc.collect()
    assert inner() is None


def test_threads_may_pickle_the_same_nodes_at_the_same_time():
    weights = [Value(float(i)) for i in range(100)]
    loss = autograd.dot(weights, weights)

    def keeps_identities(i):
        first, second = pickled((loss, weights) if i % 2 else (weights, loss))
        twin_loss, twins = (first, second) if i % 2 else (second, first)
        return leaves(twin_loss) == twins

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # the threads interrupt each other almost everywhere
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(keeps_identities, range(80)))
    finally:
        sys.setswitchinterval(interval)


def test_random_graphs_survive():
    rng = random.Random(3)
    nodes = [Value(rng.uniform(-1, 1)) for _ in range(4)]
    for _ in range(200):
        nodes.append(rng.choice([Value.__add__, Value.__mul__])(*rng.choices(nodes, k=2)))
    nodes[-1].backward()
    for duplicate in (copy.deepcopy, pickled):
        assert description(*duplicate(nodes)) == description(*nodes)
