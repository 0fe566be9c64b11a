"""Walks over a graph: order, determinism, leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.random_nodes import random_graph

import autograd
from autograd import Value, leaves, topological_order


def labels(nodes: list[Value]) -> list[str]:
    return [node.label or node._op for node in nodes]


@pytest.mark.parametrize("seed", range(10))
def test_every_parent_comes_before_its_child_and_every_node_once(seed):
    nodes = random_graph(seed)
    order = topological_order(*nodes)
    position = {node: i for i, node in enumerate(order)}
    assert len(position) == len(order)
    assert set(nodes) <= set(order)
    assert all(position[parent] < position[node] for node in order for parent in node.parents)


@pytest.mark.parametrize("seed", range(10))
def test_order_of_one_root_holds_exactly_what_it_was_computed_from(seed):
    root = random_graph(seed)[-1]
    reachable, frontier = {root}, [root]
    while frontier:
        new = set(frontier.pop().parents) - reachable
        reachable |= new
        frontier += new
    order = topological_order(root)
    assert order[-1] is root
    assert set(order) == reachable


def test_order_is_depth_first_and_first_parent_first():
    a, b, c = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")
    assert labels(topological_order((a - b) * c + b / a)) == ["a", "b", "-", "c", "*", "/", "+"]
    assert labels(topological_order(autograd.sum([c, a, c, b * a]))) == ["c", "a", "b", "*", "sum"]


def test_several_roots_share_one_list_in_the_order_given():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    product, total = a * b, a + b
    assert labels(topological_order(total, product)) == ["a", "b", "+", "*"]
    assert labels(topological_order(product, total)) == ["a", "b", "*", "+"]
    assert topological_order(product, product, a) == [a, b, product]
    assert topological_order() == []


def test_the_order_of_a_leaf_is_itself():
    x = Value(1.0)
    assert topological_order(x) == [x]


def test_a_second_root_below_the_first_adds_nothing():
    x = Value(1.0)
    inner = x * 2
    outer = inner + 1
    assert topological_order(outer, inner) == topological_order(outer)


SCRIPT = """
import autograd, random
from support.random_nodes import random_graph
root = random_graph(7)[-1]
root.backward()
print([node.op.name if node.op else node.label for node in autograd.topological_order(root)])
print([leaf.grad.hex() for leaf in autograd.leaves(root)])
"""


def test_order_and_gradient_bits_are_the_same_in_every_process():
    def run(seed):
        paths = [str(Path(__file__).parent), str(Path(autograd.__file__).parents[1])]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(paths)}
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        ).stdout

    first, *others = [run(seed) for seed in ("0", "1", "12345")]
    assert "leaf" in first
    assert others == [first, first]


def test_leaves_are_the_nodes_without_parents_and_no_constants():
    w, x, unused = Value(2.0, "w"), Value(3.0, "x"), Value(4.0)
    assert leaves(w * x + 1 + w) == [w, x]
    assert leaves(2.0 * x, w**2, x) == [x, w]
    assert leaves(unused) == [unused]
    assert leaves(autograd.exp(Value(1.0)).detach() * 3)[0].op is None
    assert leaves() == []
