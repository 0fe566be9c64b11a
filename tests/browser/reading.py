"""Reading numbers off the explorer's page, and the numbers of the engine to compare them with."""

from __future__ import annotations

import math

from autograd import Value, topological_order


def numbers_on(page) -> dict[int, tuple[float | None, float | None]]:
    """The value and the gradient of every visible node, None where there is none yet."""
    rows = page.eval_on_selector_all(
        "[data-node]", "boxes => boxes.map(b => [b.dataset.node, b.dataset.value, b.dataset.gradient])"
    )
    return {int(node): (_number(value), _number(gradient)) for node, value, gradient in rows}


def contributions_on(page) -> dict[tuple[int, int], list[float]]:
    """What has gone over the edges so far, by (parent, child)."""
    rows = page.eval_on_selector_all(
        "[data-contribution]", "edges => edges.map(e => [e.dataset.from, e.dataset.to, e.dataset.contribution])"
    )
    found: dict[tuple[int, int], list[float]] = {}
    for parent, child, contribution in rows:
        if contribution and parent.isdigit() and child.isdigit():
            found.setdefault((int(parent), int(child)), []).append(float(contribution))
    return found


def _number(text: str) -> float | None:
    return float(text.replace("Infinity", "inf")) if text else None


def close(a: float | None, b: float | None, relative: float = 1e-13) -> bool:
    if a is None or b is None:
        return a is b
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=relative, abs_tol=1e-300)


class Engine:
    """The two passes of the engine, stopped after any step of the player."""

    def __init__(self, output: Value) -> None:
        self.order = topological_order(output)
        self.index = {node: i for i, node in enumerate(self.order)}
        output.zero_grad()
        output.backward()
        self.operations = [i for i, node in enumerate(self.order) if node.op]
        self.seed = len(self.operations) + 1
        self.last = self.seed + len(self.operations)

    def after(
        self, step: int
    ) -> tuple[dict[int, tuple[float | None, float | None]], dict[tuple[int, int], list[float]]]:
        """The numbers of all nodes after a step, and what has gone over the edges."""
        computed = set(self.operations[:step])
        values = [node.data if node.op is None or i in computed else None for i, node in enumerate(self.order)]
        gradients: list[float | None] = [None] * len(self.order)
        sent: dict[tuple[int, int], list[float]] = {}
        if step >= self.seed:
            gradients[-1] = 1.0
        for i in reversed(self.operations[self.last - step :] if step > self.seed else []):
            node = self.order[i]
            for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
                p, share = self.index[parent], derivative * node.grad
                gradients[p] = share + (gradients[p] or 0.0)
                sent.setdefault((p, i), []).append(share)
        return dict(enumerate(zip(values, gradients, strict=True))), sent


def assert_page_is(page, engine: Engine, step: int) -> None:
    """The page after this step shows the numbers of the engine, on boxes and on edges."""
    numbers, sent = engine.after(step)
    for node, (value, gradient) in numbers_on(page).items():
        expected_value, expected_gradient = numbers[node]
        assert close(value, expected_value), (step, node, value, expected_value)
        if not engine.order[node].is_constant:
            assert close(gradient, expected_gradient), (step, node, gradient, expected_gradient)
    for edge, shares in contributions_on(page).items():
        if not engine.order[edge[0]].is_constant:
            assert all(close(a, b) for a, b in zip(sorted(shares), sorted(sent[edge]), strict=True)), (step, edge)
