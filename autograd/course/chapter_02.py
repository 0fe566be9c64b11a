"""Exercises of notebook 2, *The chain rule walks backwards*: one neuron, and the walk in code."""

from __future__ import annotations

import math
from typing import Any

from .. import sweeps
from ..value import Value
from .exercise import Exercise, is_number


def _graphs() -> dict[str, Value]:
    """Graphs on which a backward pass may fail, the easy ones first."""
    x, y = Value(3.0, "x"), Value(-2.0, "y")
    a = 2 * x
    deep = x
    for _ in range(10):
        deep = 0.5 * (deep + deep)
    return {
        "x*y": x * y,
        "x*x": x * x,
        "a*a with a = 2*x": a * a,
        "a + a*a with a = 2*x": a + a * a,
        "sigmoid(x*y + y)": (x * y + y).sigmoid(),
        "x doubled and halved 10 times": deep,
    }


def _is_backward_pass(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is your function my_backward, got {type(answer).__name__}"
    for name, root in _graphs().items():
        given = answer(root)
        if not isinstance(given, dict):
            return f"my_backward returns a dict from nodes to gradients; for {name} it returned {type(given).__name__}"
        for node, right in sweeps.gradients(root).items():
            of = "the result" if node is root else node.label or f"the node {node.data:g}"
            if node not in given:
                return f"for {name} there is no gradient of {of}"
            if not math.isclose(given[node], right, rel_tol=1e-9, abs_tol=1e-12):
                return f"for {name} the gradient of {of} is {right:g}, yours is {given[node]:g}"
    return None


_WALK = """
def answer(root):
    order, visited = [], set()
    def visit(node):
        if node not in visited:
            visited.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)
    visit(root)
    gradient = dict.fromkeys(order, 0.0)
    gradient[root] = 1.0
    for node in reversed(order):
        for parent, local_derivative in zip(node.parents, node.local_derivatives):
            gradient[parent] += local_derivative * gradient[node]
    return gradient
"""

EXERCISES = [
    Exercise(
        "2.1",
        is_number(
            -0.375,
            {
                0.375: "the size is right. The answer is too small: what sign has ŷ - y?",
                -1.5: "the slope of the sigmoid is missing: ŷ·(1 - ŷ).",
                -0.125: "that is the derivative by b. Which number stands on the edge from w?",
                -0.5: "that is the first factor, ŷ - y. Two more stand on the path to w.",
                0.0: "w is 0, but its derivative does not ask for w: the number on its edge is x.",
            },
        ),
        [
            "First forward: z = 0·3 + 0. What is σ(z)?",
            "The three factors are ŷ - y, ŷ·(1 - ŷ) and x.",
        ],
        "answer = (0.5 - 1) * 0.5 * (1 - 0.5) * 3",
        {
            "answer = 0.375": "the size is right. The answer is too small: what sign",
            "answer = -1.5": "the slope of the sigmoid is missing: ŷ·(1 - ŷ).",
            "answer = -0.125": "that is the derivative by b. Which number stands on the",
            "answer = -0.5": "that is the first factor, ŷ - y. Two more stand on the",
            "answer = 0": "w is 0, but its derivative does not ask for w: the",
            "answer = [-0.375]": "the answer is one number, got list",
        },
        "(ŷ - y) · ŷ(1 - ŷ) · x = -½ · ¼ · 3.",
    ),
    Exercise(
        "2.2",
        is_number(
            4.0,
            {
                12.0: "12 is right for `+=`. With `=` each share replaces the one before.",
                8.0: "two shares are added in 8, but with `=` nothing is added at all.",
                3.0: "three shares arrive, and each is more than 1.",
                0.0: "the last share remains, so it is not nothing.",
                2.0: "2 stands on an edge. A share is that number times the gradient of the box it leads to.",
            },
        ),
        ["Three shares arrive at x. How large is each?", "Only the last share remains."],
        "answer = 4",
        {
            "answer = 12": "12 is right for `+=`. With `=` each share replaces the",
            "answer = 8": "two shares are added in 8, but with `=` nothing is",
            "answer = 2": "2 stands on an edge. A share is that number times the",
            "answer = 0": "the last share remains, so it is not nothing.",
            "answer = 3": "three shares arrive, and each is more than 1.",
        },
        "Three shares of 4 arrive, and the last one remains.",
    ),
    Exercise(
        "2.3",
        is_number(
            243,
            {
                15.0: "the steps do not add, they multiply: each path of one step goes on in all ways of the next.",
                32.0: "2 to the power 5 would be right for v·v. How many edges lead back to v in v·v·v?",
                1024.0: "4 to the power 5: how many edges lead back to v in v·v·v?",
                5.0: "5 is the number of steps. In each of them every path goes on in several ways.",
                125.0: "that is 5 to the power 3. Which number is repeated how often?",
            },
        ),
        ["How many ways lead from v to v·v·v?", "After two steps there are 3·3 ways."],
        "answer = 3**5",
        {
            "answer = 15": "the steps do not add, they multiply: each path of one",
            "answer = 32": "2 to the power 5 would be right for v·v. How many edges",
            "answer = 125": "that is 5 to the power 3. Which number is repeated how",
            "answer = 5": "5 is the number of steps. In each of them every path",
            "answer = 1024": "4 to the power 5: how many edges lead back to v in",
        },
        "3 ways in each of 5 steps: 3·3·3·3·3.",
    ),
    Exercise(
        "2.4",
        _is_backward_pass,
        [
            "Write a function visit(node) that first visits the node's parents, and then appends the node.",
            "Keep a set of the nodes already visited, and return at once for those.",
            "Then the loop of the notebook: from the back, with `+=`.",
        ],
        _WALK,
        {
            "answer = 4.0": "the answer is your function my_backward, got float",
            "answer = lambda root: None": "my_backward returns a dict from nodes to gradients; for",
            "answer = lambda root: {root: 1.0}": "for x*y there is no gradient of x",
            _WALK.replace("+=", "="): "for x*x the gradient of x is 6, yours is 3",
            _WALK.replace("reversed(order)", "order"): "for a*a with a = 2*x the gradient of the node 2 is 36,",
            "from autograd.checking.pitfalls import breadth_first as answer": (
                "for a + a*a with a = 2*x the gradient of the node 2 is"
            ),
            "from autograd.checking.pitfalls import no_visited_set as answer": (
                "for a*a with a = 2*x the gradient of the node 2 is 36,"
            ),
            "from autograd.checking.pitfalls import recursion as answer": (
                "for a*a with a = 2*x the gradient of the node 2 is 36,"
            ),
        },
        "The check tried it on graphs on which each of the wrong passes in `pitfalls` fails.",
    ),
]
