"""Compiled losses compared with the eager engine.

Entry points: `agrees`, of any loss; `check_bits`, an operation at many points; `check_kinks`, graphs full of kinks;
`gradients_of` and `eager_operation`, what is expected; `identical`, of two numbers.
"""

from __future__ import annotations

import math
import random

from autograd import OPERATIONS, Value, compile, topological_order

from .random_kinks import eager, engine, kinked, nasty, result
from .references import points_for, same


def gradients_of(loss):
    """Eager gradients of the leaves, in order."""
    leaves = [node for node in topological_order(loss) if node.op is None and not node.is_constant]
    for leaf in leaves:
        leaf.grad = 0
    loss.backward()
    return leaves, [leaf.grad for leaf in leaves]


def agrees(loss, backend, relative=1e-12, **options):
    """Compile the loss, run it, and compare with the eager engine; the compiled graph is returned."""
    leaves, expected = gradients_of(loss)
    value = loss.data
    step = compile(loss, backend=backend, **options)
    for leaf in leaves:
        leaf.grad = 0
    assert same(step(), value, relative)
    scale = max(map(abs, expected))
    for leaf, gradient in zip(leaves, expected, strict=True):
        assert same(leaf.grad, gradient, relative, absolute=relative * scale)
    return step


def identical(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def eager_operation(name, point):
    leaves = [Value(x) for x in point]
    y = OPERATIONS[name](*leaves)
    y.backward()
    return y, leaves


def check_bits(name, compiled):
    """Number and gradients are the eager engine's, at ordinary, extreme and edge points; one program is run at all."""
    programs = {}
    for point in points_for(OPERATIONS[name]):
        y, leaves = eager_operation(name, point)
        if len(point) not in programs:
            own, inputs = eager_operation(name, point)
            programs[len(point)] = compiled(own), inputs
        step, inputs = programs[len(point)]
        for leaf, x in zip(inputs, point, strict=True):
            leaf.data = x
        assert identical(step(), y.data), (name, point)
        for ours, theirs in zip(inputs, leaves, strict=True):
            assert identical(ours.grad, theirs.grad), (name, point, ours.grad, theirs.grad)


def check_kinks(compiled, n_programs, seed, alike=identical):
    """Graphs full of kinks and infinities: each compiled once, and run on many numbers."""
    generator = random.Random(seed)
    for _ in range(n_programs):
        n, steps = kinked(generator)
        leaves = [Value(x) for x in nasty(generator, n)]
        step = compiled(result(steps, leaves, engine))
        for _ in range(8):
            numbers = nasty(generator, n)
            for leaf, x in zip(leaves, numbers, strict=True):
                leaf.data, leaf.grad = x, 0.0
            found = [step(), *(leaf.grad for leaf in leaves)]
            assert all(map(alike, found, eager(steps, numbers))), (steps, numbers, found)
