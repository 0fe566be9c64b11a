"""A GPT in one file, as people write it (`zoo/networks.py`): one document of 12 tokens, width 16, four heads.

A step is forward, backward and update of all 4,000 parameters: compiled, eager, with the slot-optimised `Value` that
such a file brings along, and in NumPy by hand, all positions at once.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import nn
from autograd import Value, compile, topological_order

from .measure import clock, in_turn, report
from .zoo.networks import gpt_loss, gpt_parameters

WIDTH, HEADS, VOCABULARY, LENGTH, LR = 16, 4, 27, 11, 0.01
STEPS = 20


class SlotValue:
    """A node as a file of a few hundred lines has it: all in slots, local derivatives computed at once."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data: float, children: tuple[Any, ...] = (), local_grads: tuple[float, ...] = ()) -> None:
        self.data = data
        self.grad = 0
        self._children = children
        self._local_grads = local_grads

    def __add__(self, other: Any) -> SlotValue:
        other = other if isinstance(other, SlotValue) else SlotValue(other)
        return SlotValue(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> SlotValue:
        other = other if isinstance(other, SlotValue) else SlotValue(other)
        return SlotValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> SlotValue:
        return SlotValue(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self) -> SlotValue:
        return SlotValue(math.log(self.data), (self,), (1 / self.data,))

    def exp(self) -> SlotValue:
        return SlotValue(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self) -> SlotValue:
        return SlotValue(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self) -> SlotValue:
        return self * -1

    def __sub__(self, other: Any) -> SlotValue:
        return self + (-other)

    def __truediv__(self, other: Any) -> SlotValue:
        return self * other**-1

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self) -> None:
        order, visited = [], set()

        def visit(node: SlotValue) -> None:
            if node not in visited:
                visited.add(node)
                for child in node._children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for child, local_grad in zip(node._children, node._local_grads, strict=True):
                child.grad += local_grad * node.grad


def document() -> list[int]:
    generator = random.Random(1)
    return [generator.randrange(VOCABULARY) for _ in range(LENGTH + 1)]


def parameters(node: Any) -> tuple[dict[str, Any], list[Any]]:
    state = gpt_parameters(random.Random(0), WIDTH, VOCABULARY, LENGTH, node)
    return state, [p for matrix in state.values() for row in matrix for p in row]


def eager(node: Any) -> Callable[[], float]:
    """A step node by node, with any class of nodes."""
    state, leaves = parameters(node)
    tokens = document()

    def step() -> float:
        loss = gpt_loss(state, tokens, HEADS)
        loss.backward()
        for p in leaves:
            p.data -= LR * p.grad
            p.grad = 0
        return loss.data

    return step


class ByHand:
    """Forward and backward in NumPy: one flat array of numbers, one of gradients, and views of both by name."""

    def __init__(self) -> None:
        import numpy as np

        state, leaves = parameters(Value)
        self.numbers = np.array([p.data for p in leaves])
        self.gradients = np.zeros(len(leaves))
        self.p, self.g, start = {}, {}, 0
        for name, matrix in state.items():
            shape = len(matrix), len(matrix[0])
            end = start + shape[0] * shape[1]
            self.p[name], self.g[name] = (
                self.numbers[start:end].reshape(shape),
                self.gradients[start:end].reshape(shape),
            )
            start = end
        tokens = document()
        self.tokens, self.following = np.array(tokens[:-1]), np.array(tokens[1:])
        self.positions = np.arange(len(self.tokens))
        self.mask = np.triu(np.full((len(self.tokens),) * 2, -np.inf), 1)

    def __call__(self) -> float:
        loss = self.gradient()
        self.numbers -= LR * self.gradients
        return loss

    def gradient(self) -> float:
        import numpy as np

        p, g, tokens, n = self.p, self.g, self.tokens, len(self.tokens)
        root = (WIDTH // HEADS) ** -0.5

        def by_head(x: Any) -> Any:
            return x.reshape(n, HEADS, -1).transpose(1, 0, 2)

        def joined(x: Any) -> Any:
            return x.transpose(1, 0, 2).reshape(n, -1)

        def rmsnorm(x: Any) -> tuple[Any, Any]:
            scale = (np.einsum("ij,ij->i", x, x)[:, None] / WIDTH + 1e-5) ** -0.5
            return x * scale, scale

        def rmsnorm_back(d: Any, x: Any, scale: Any) -> Any:
            return scale * d - x * (scale**3 * (np.einsum("ij,ij->i", d, x)[:, None] / WIDTH))

        x0 = p["wte"][tokens] + p["wpe"]
        x1, scale1 = rmsnorm(x0)
        x2, scale2 = rmsnorm(x1)
        q, k, v = by_head(x2 @ p["wq"].T), by_head(x2 @ p["wk"].T), by_head(x2 @ p["wv"].T)
        weights = np.exp(q @ k.transpose(0, 2, 1) * root + self.mask)
        weights /= weights.sum(axis=2, keepdims=True)
        attended = joined(weights @ v)
        x3 = attended @ p["wo"].T + x1
        x4, scale4 = rmsnorm(x3)
        up = x4 @ p["up"].T
        hidden = np.maximum(up, 0.0)
        x5 = hidden @ p["down"].T + x3
        probabilities = np.exp(x5 @ p["lm_head"].T)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[self.positions, self.following]).mean()

        probabilities[self.positions, self.following] -= 1.0
        d_logits = probabilities / n
        np.matmul(d_logits.T, x5, out=g["lm_head"])
        d5 = d_logits @ p["lm_head"]
        np.matmul(d5.T, hidden, out=g["down"])
        d_up = (d5 @ p["down"]) * (up > 0)
        np.matmul(d_up.T, x4, out=g["up"])
        d3 = d5 + rmsnorm_back(d_up @ p["up"], x3, scale4)
        np.matmul(d3.T, attended, out=g["wo"])
        d_attended = by_head(d3 @ p["wo"])
        d_v = joined(weights.transpose(0, 2, 1) @ d_attended)
        d_weights = d_attended @ v.transpose(0, 2, 1)
        d_scores = weights * (d_weights - (d_weights * weights).sum(axis=2, keepdims=True)) * root
        d_q, d_k = joined(d_scores @ k), joined(d_scores.transpose(0, 2, 1) @ q)
        d2 = d_q @ p["wq"] + d_k @ p["wk"] + d_v @ p["wv"]
        for name, d in (("wq", d_q), ("wk", d_k), ("wv", d_v)):
            np.matmul(d.T, x2, out=g[name])
        g["wpe"][:] = rmsnorm_back(d3 + rmsnorm_back(d2, x1, scale2), x0, scale1)
        g["wte"].fill(0.0)
        np.add.at(g["wte"], tokens, g["wpe"])
        return float(loss)


def run() -> None:
    """Seconds to the first result, and microseconds of a step."""
    state, leaves = parameters(Value)
    loss = gpt_loss(state, document(), HEADS)
    start = clock()
    step = compile(loss)
    before = step()
    first = clock() - start
    by_hand = ByHand()
    off = abs(by_hand.gradient() - before) / before
    largest = max(abs(p.grad) for p in leaves)
    off = max(off, *(abs(p.grad - g) / largest for p, g in zip(leaves, by_hand.gradients.tolist(), strict=True)))
    if not off < 1e-12:
        raise AssertionError(f"the gradient by hand is wrong by {off} of the largest")
    optimizer = nn.SGD(leaves, lr=LR)
    step.train(optimizer, steps=1)
    fast: dict[str, Callable[[], object]] = {
        "compiled, step.train": lambda: step.train(optimizer, steps=STEPS),
        "compiled, gradient only": step,
        "NumPy by hand": by_hand,
        "NumPy by hand, gradient only": by_hand.gradient,
    }
    seconds = in_turn(fast, 15, 5)
    seconds["compiled, step.train"] /= STEPS
    seconds |= in_turn({"eager": eager(Value), "its own slot-optimised Value": eager(SlotValue)}, 5, 2)
    print(f"# {len(topological_order(loss))} nodes, {len(leaves)} parameters", flush=True)
    for name, s in seconds.items():
        more = {"seconds_to_first_result": first} if name == "compiled, step.train" else {}
        report(
            "gpt", name, microseconds_per_step=s * 1e6, ratio_to_compiled=s / seconds["compiled, step.train"],
            ratio_to_numpy=s / seconds["NumPy by hand"], ratio_to_eager=s / seconds["eager"], **more,
        )  # fmt: skip
