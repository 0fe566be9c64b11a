"""Campaigns: the eager engine against PyTorch, and its derivatives of every order against finite differences.

Entry points: `TORCH_KINKS`, `HIGHER`.
"""

from __future__ import annotations

import math
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from support.random_graphs import SMOOTH, USES, USES_ARITY
from support.references import TORCH

from autograd import OPERATIONS, Value, compile, grad, hessian, hvp, jacobian, jvp, vjp

from .campaign import Campaign, UnclearError
from .comparison import agrees, close, disturbed, eager, numbers_of
from .graphs import Graph, graph_of, lines, literal, nasty, random_graph, simpler

# --- PyTorch --------------------------------------------------------------------------------------------------------

# PyTorch divides twice where the rule here divides once: with extreme numbers one of them overflows before the other.
WITH_ORDINARY_NUMBERS_ONLY = {"divide"}


# The same holds of 1/x for a subnormal x, as in the derivative of log.
TINY = sys.float_info.min


class Kinks(NamedTuple):
    """A graph and numbers for its leaves."""

    graph: Graph
    point: tuple[float, ...]


def make_kinks(r: random.Random) -> Kinks:
    share = r.choice((0.0, 0.3, 0.7))
    while True:
        graph = random_graph(r, r.choice((3, 7)), share=share)
        if share == 0.0 or not any(name in WITH_ORDINARY_NUMBERS_ONLY for name, _ in graph.steps):
            return Kinks(graph, tuple(nasty(r, share) for _ in graph.leaves))


def in_torch(graph: Graph, point: tuple[float, ...]) -> list[float]:
    """The results of PyTorch in float64, then the gradient of the first."""
    import torch

    def tensor(x: float, **options: Any) -> Any:
        return torch.tensor(x, dtype=torch.float64, **options)

    def call(name: str, *xs: Any) -> Any:
        y = TORCH[name](torch, *[tensor(x) if isinstance(x, float) else x for x in xs])
        return y + 0.0 if name == "relu" else y  # relu(-0.0) is 0.0 here and -0.0 there

    leaves = [tensor(x, requires_grad=True) for x in point]
    y = graph.build_with(leaves, call)[0]
    if y.requires_grad:  # not of a comparison
        y.backward()
    return [y.item(), *(0.0 if leaf.grad is None else leaf.grad.item() for leaf in leaves)]


def check_kinks(case: Kinks) -> None:
    graph, point = case
    if any(0.0 < abs(x) < TINY for x in numbers_of(graph, point)):
        raise UnclearError
    theirs, ours = in_torch(graph, point), eager(graph, point)

    def again(trial: int) -> list[float]:
        value, gradient = disturbed(graph, point, trial)
        return [value[0], *gradient]

    verdict = agrees(theirs, [ours.values[0], *ours.gradient], again)
    assert verdict is not False, f"{[ours.values[0], *ours.gradient]} here, {theirs} in PyTorch"
    if verdict is None:
        raise UnclearError


def simpler_kinks(case: Kinks) -> Iterator[Kinks]:
    for small in simpler(case.graph._replace(leaves=case.point)):
        yield Kinks(small, small.leaves)


def code_of_kinks(case: Kinks) -> str:
    names = [f"x{i}" for i in range(len(case.point))]
    found = ["from math import inf, nan", "", "from autograd import OPERATIONS, Value", ""]
    found += [f"{name} = Value({literal(x)})" for name, x in zip(names, case.point, strict=True)]
    found += [*lines(case.graph, names), "y0.backward()", f"print(y0.data, [{', '.join(f'{x}.grad' for x in names)}])"]
    return "\n".join([*found, f"# PyTorch: {in_torch(*case)}"])


TORCH_KINKS = Campaign("torch", make_kinks, check_kinks, code_of_kinks, simpler_kinks)

# --- derivatives of every order -------------------------------------------------------------------------------------


class Smooth(NamedTuple):
    """A graph without kinks, a point, and a direction."""

    graph: Graph
    point: tuple[float, ...]
    direction: tuple[float, ...]
    backend: str


def make_smooth(r: random.Random) -> Smooth:
    leaves = [Value((r.randint(-20, 20) + 1 / math.pi) / 7.3) for _ in range(r.randint(1, 3))]
    nodes: list[Any] = list(leaves)
    for _ in range(r.randint(1, 5)):
        name = r.choice(SMOOTH)
        arity = USES_ARITY[name] or r.randint(1, 3)
        chosen = [nodes[max(r.randrange(len(nodes)), r.randrange(len(nodes)))] for _ in range(arity)]
        nodes.append(USES[name](lambda name, *xs: OPERATIONS[name](*xs), *chosen))
    others = [nodes[r.randrange(len(leaves), len(nodes))] for _ in range(r.randint(0, 2))]
    graph = graph_of(nodes[-1], *[x for x in others if isinstance(x, Value)])
    n = len(graph.leaves)
    return Smooth(graph, graph.leaves, tuple(r.gauss(0, 1) for _ in range(n)), r.choice(("python", "llvm")))


def check_smooth(case: Smooth) -> None:
    warnings.filterwarnings("ignore", "the result .* does not depend on the input")
    graph, point, direction, backend = case
    x, v = list(point), list(direction)

    def f(p: Any) -> Any:
        return graph.build(p)[0]

    def along(t: Any) -> Any:
        return f([a + t * b for a, b in zip(x, v, strict=True)])

    expected = eager(graph, point).gradient
    scale = max(1.0, *map(abs, expected))
    assert math.isfinite(scale)
    first = grad(f)(x)
    assert close(first, expected), f"grad {first}, backward {expected}"
    slope = sum(a * b for a, b in zip(expected, v, strict=True))
    _, tangent = jvp(f, (x,), (v,))
    assert abs(tangent - slope) <= 1e-11 * scale * len(v), f"jvp {tangent}, gradient · v {slope}"
    (pulled,) = vjp(f, x)[1](1.0)
    assert close(pulled, expected), f"vjp {pulled}, backward {expected}"

    matrix = hessian(f)(x)
    size = max(1.0, *[abs(entry) for row in matrix for entry in row])
    for i, row in enumerate(matrix):
        for j in range(i):
            assert abs(row[j] - matrix[j][i]) <= 1e-9 * size, f"hessian {matrix} is not symmetric"
    product = hvp(f, (x,), (v,))
    expected = [sum(a * b for a, b in zip(row, v, strict=True)) for row in matrix]
    assert all(abs(a - b) <= 1e-10 * size * len(v) for a, b in zip(product, expected, strict=True)), (
        f"hvp {product}, hessian · v {expected}"
    )
    orders = [along]
    for order in range(1, 4):
        orders.append(grad(orders[-1]))
        compare_with_differences(orders[order], lambda t, g=orders[order - 1]: _number(g(t)), f"order {order}")

    g = lambda p: graph.build(p)  # noqa: E731
    ours, theirs = jacobian(compile(g, backend=backend))(x), jacobian(g)(x)
    verdicts = []
    for a, b, root in zip(ours, theirs, graph.roots, strict=True):
        of_root = graph._replace(roots=(root,))
        verdicts.append(agrees(a, b, lambda trial, of_root=of_root: disturbed(of_root, point, trial).gradient))
    assert False not in verdicts, f"the compiled jacobian is {ours}, should be {theirs}"
    if None in verdicts:
        raise UnclearError


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def compare_with_differences(derivative: Any, function: Any, what: str) -> None:
    """A derivative at 0 against two central differences; where these do not agree they say nothing."""
    found = _number(derivative(0.0))
    rough, fine = (_difference(function, h) for h in (2e-3, 1e-3))
    scale = max(1.0, abs(fine), abs(function(0.0)))
    spread = abs(rough - fine)
    if not math.isfinite(fine) or spread > 1e-4 * scale:
        raise UnclearError
    assert abs(found - fine) <= 1e-6 * scale + 2 * spread, f"{what}: {found}, central difference {fine}"


def _difference(f: Any, h: float) -> float:
    result: float = (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
    return result


def simpler_smooth(case: Smooth) -> Iterator[Smooth]:
    for small in simpler(case.graph._replace(leaves=case.point)):
        yield Smooth(small, small.leaves, case.direction[: len(small.leaves)], case.backend)


def code_of_smooth(case: Smooth) -> str:
    names = [f"x{i}" for i in range(len(case.point))]
    found = ["from math import inf, nan", "", "from autograd import OPERATIONS, compile, hessian, jacobian"]
    found += ["", "", "def f(xs):", f"    {', '.join(names)}, = xs"]
    found += ["    " + line for line in lines(case.graph, names)]
    found += [f"    return [{', '.join(f'y{i}' for i in range(len(case.graph.roots)))}]", "", ""]
    found += [f"x, v = {list(case.point)}, {list(case.direction)}", "print(hessian(lambda p: f(p)[0])(x))"]
    found += [f"print(jacobian(compile(f, backend={case.backend!r}))(x), jacobian(f)(x))"]
    return "\n".join(found)


HIGHER = Campaign("derivatives", make_smooth, check_smooth, code_of_smooth, simpler_smooth)
