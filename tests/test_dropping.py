"""A graph is freed without recursion, and only the part of it that nobody holds."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest

import autograd
from autograd import Value
from autograd.dropping import let_go


@pytest.fixture(autouse=True)
def in_the_browser(monkeypatch):
    """Nodes let go as they do there."""
    gc.collect()  # not those that other tests have left, some of which were never whole
    monkeypatch.setattr(Value, "__del__", let_go, raising=False)


@pytest.fixture(autouse=True)
def no_collector():
    """What is freed is freed by its references, not by the collector of cycles."""
    gc.disable()
    yield
    gc.enable()


def chain(x, n=10):
    nodes = [x]
    for _ in range(n):
        nodes.append(nodes[-1] * 2.0 + x)
    return nodes


def test_all_that_nobody_holds_is_freed():
    x = Value(1.0)
    nodes = chain(x)
    alive = [weakref.ref(node) for node in nodes[1:]]
    y = autograd.sum([*nodes, x, nodes[3]])
    del nodes
    assert all(node() is not None for node in alive)
    del y
    assert [node() for node in alive] == [None] * 10
    assert x.data == 1.0


def test_what_somebody_holds_stays_whole():
    x = Value(2.0)
    nodes = chain(x)
    held, above = nodes[4], autograd.sum([nodes[2], nodes[10], x])
    parents = above.parents  # a tuple that somebody holds holds its nodes
    expected = [node.data for node in nodes]
    del nodes, above
    assert [node.data for node in parents] == [expected[2], expected[10], 2.0]
    parents[1].backward()
    assert x.grad == 2.0**11 - 1
    x.grad = 0
    del parents
    held.backward()
    assert (held.data, x.grad) == (expected[4], 2.0**5 - 1)


def test_gradients_with_a_graph_go_with_their_nodes():
    x = Value(3.0)
    y = x * x * x
    y.backward(create_graph=True)
    first = x.grad
    first.backward(create_graph=True)
    alive = weakref.ref(first)
    del first
    x.grad = 0
    del y
    gc.collect()
    assert alive() is None
    assert (x * x).data == 9.0


def test_a_node_of_one_parent_and_a_leaf_are_dropped():
    alive = weakref.ref(Value(1.0).exp().log())
    leaf = weakref.ref(Value(1.0))
    assert (alive(), leaf()) == (None, None)


DEEP = """
import sys, threading
from autograd import Value
from autograd.dropping import let_go
Value.__del__ = let_go
def drop():
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    del y
    print("dropped")
threading.stack_size(256 * 1024)
thread = threading.Thread(target=drop)
thread.start()
thread.join()
"""


def test_a_deep_graph_needs_no_deep_stack():
    root = Path(autograd.__file__).parents[1]  # from Python 3.13 on, the interpreter itself would end here
    done = subprocess.run([sys.executable, "-c", DEEP], cwd=root, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "dropped\n")
