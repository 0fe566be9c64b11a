"""The body of a run as array expressions: elementwise ones broadcast, sums of products are matrix products.

Entry points: `BodyWriter`; `structure`, which tells what two programs compute alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ... import operations as ops
from ..program import COLUMN, Program
from .array_operations import EXPRESSIONS
from .array_views import ATOM, COMPARISON, LANE, PRODUCT_OF, SUM_OF, Grid, GridPart, size_of, spread
from .patterns import noun

LONGEST = 90  # characters of an expression; what is longer gets a name
# How tightly the operations written with signs hold together, and what they demand of their operands.
INFIX = {
    ops.add: (SUM_OF, SUM_OF, PRODUCT_OF),
    ops.subtract: (SUM_OF, SUM_OF, PRODUCT_OF),
    ops.multiply: (PRODUCT_OF, PRODUCT_OF, ATOM),
    ops.divide: (PRODUCT_OF, PRODUCT_OF, ATOM),
    ops.negate: (PRODUCT_OF, ATOM),
}
COMPARISONS = {ops.less: "<", ops.less_equal: "<=", ops.equal: "=="}


def number(x: float) -> GridPart:
    """A number of the code."""
    if not math.isfinite(x):
        return GridPart("-np.inf" if x < 0 else "np.inf" if x > 0 else "np.nan", (), PRODUCT_OF if x < 0 else ATOM)
    return GridPart(repr(x), (), PRODUCT_OF if math.copysign(1.0, x) < 0 else ATOM)


def structure(program: Program, interned: dict[Any, int]) -> list[int]:
    """A number for each instruction; equal where the same is computed from the same columns."""
    found: list[int] = []
    for _, operation, inputs in program:
        if operation is COLUMN:
            key: Any = ("column", program.columns[inputs[0]].argument)
        else:
            key = (operation, *[found[i] if i >= 0 else (repr(program.constants[~i]),) for i in inputs])
        found.append(interned.setdefault(key, len(interned)))
    return found


class BodyWriter:
    """Writes what the instructions of a body's program compute.

    Args:
        columns: what its accesses read, by number.
        grid: of the run; `every`: its axes, those of the lanes among them; `lanes`: how the number of these is written.
        alike: see `structure`; `known`: parts that were computed before, by these numbers; what is in `keep` gets a
            name and goes there.
        assign: writes `name = text` and returns the name, made from a hint.
    """

    def __init__(
        self,
        program: Program,
        columns: dict[int, GridPart],
        grid: Grid,
        every: tuple[int, ...],
        lanes: str,
        alike: Sequence[int],
        known: dict[int, GridPart],
        keep: set[int],
        assign: Callable[[str, str], str],
    ) -> None:
        self.program, self.columns, self.grid, self.every, self.lanes = program, columns, grid, every, lanes
        self.alike, self.known, self.keep, self.assign = alike, known, keep, assign
        self.uses = [0] * len(program)
        for _, operation, inputs in program:
            if operation is not COLUMN:
                for i in inputs:
                    if i >= 0:
                        self.uses[i] += 1
        for output in program.outputs:
            if output.operand >= 0:
                self.uses[output.operand] += 1
        self.parts: dict[int, GridPart] = {}

    def part(self, i: int) -> GridPart:
        """What operand i is, elementwise."""
        if i < 0:
            return number(self.program.constants[~i])
        if i not in self.parts:
            self.parts[i] = self._named(i, self._written(i))
        return self.parts[i]

    def _written(self, i: int) -> GridPart:
        operation, inputs = self.program.operations[i], self.program.inputs(i)
        if operation is COLUMN:
            number = self.program.columns[inputs[0]].argument
            return self.columns[number]
        if self.alike[i] in self.known:
            return self.known[self.alike[i]]
        if operation is ops.where and inputs[0] >= 0 and self.program.operations[inputs[0]] in COMPARISONS:
            compared = self.program.inputs(inputs[0])
            sign = COMPARISONS[self.program.operations[inputs[0]]]
            return self._combined(f"np.where({{0}} {sign} {{1}}, {{2}}, {{3}})", [*compared, *inputs[1:]], ATOM)
        if operation is ops.power_of_constant and inputs[1] < 0 and self.program.constants[~inputs[1]] == 2.0:
            return self._combined("np.square({0})", inputs[:1], ATOM)
        if operation is ops.total:
            return self._combined(" + ".join(f"{{{k}}}" for k in range(len(inputs))), inputs, SUM_OF, [PRODUCT_OF])
        if operation is ops.logsumexp:
            return self._combined(f"logsumexp({', '.join(f'{{{k}}}' for k in range(len(inputs)))})", inputs, ATOM)
        if operation in INFIX:
            tightness, *demanded = INFIX[operation]
            return self._combined(EXPRESSIONS[operation], inputs, tightness, demanded)
        return self._combined(EXPRESSIONS[operation], inputs, ATOM)

    def _combined(
        self, template: str, inputs: Sequence[int], tightness: int, demanded: Sequence[int] = (COMPARISON,)
    ) -> GridPart:
        parts = [self.part(i) for i in inputs]
        axes = tuple(sorted({axis for part in parts for axis in part.axes}))
        places = [*demanded, *[demanded[-1]] * len(parts)]
        texts = [spread(part, axes).within(place) for part, place in zip(parts, places, strict=False)]
        if any(sign in template for sign in ("<", "==")):
            texts[:2] = [spread(part, axes).within(SUM_OF) for part in parts[:2]]
        return GridPart(template.format(*texts), axes, tightness)

    def _named(self, i: int, part: GridPart) -> GridPart:
        """The part under a name, if it is used more than once, kept for later or long."""
        alike, operation = self.alike[i], self.program.operations[i]
        if part.text.isidentifier() or alike in self.known:
            return part
        if operation is COLUMN:
            if self.uses[i] < 2 or not any(word in part.text for word in ("(", "None", "table")):
                return part
            return GridPart(self.assign("values", part.text), part.axes)
        if self.uses[i] < 2 and alike not in self.keep and len(part.text) <= LONGEST:
            return part
        named = GridPart(self.assign(noun(operation), part.text), part.axes)
        if alike in self.keep:
            self.known[alike] = named
        return named

    # --- sums -------------------------------------------------------------------------------------------

    def summed(self, i: int, kept: Sequence[int]) -> GridPart:
        """Σ of operand i over all axes but those that are kept."""
        if i >= 0 and i not in self.parts and self.alike[i] not in self.known and self.uses[i] == 1:
            operation, inputs = self.program.operations[i], self.program.inputs(i)
            if operation is ops.negate:
                inner = self.summed(inputs[0], kept)
                return GridPart(f"-{inner.within(ATOM)}", inner.axes, PRODUCT_OF)
            if operation is ops.multiply:
                for factor, other in (inputs, inputs[::-1]):
                    if factor < 0 and self.program.constants[~factor]:
                        inner = self.summed(other, kept)
                        text = f"{self.part(factor).within(PRODUCT_OF)} * {inner.within(ATOM)}"
                        return GridPart(text, inner.axes, PRODUCT_OF)
                product = self._product(self.part(inputs[0]), self.part(inputs[1]), kept)
                if product is not None:
                    return product
        return self.sum_of(self.part(i), kept)

    def sum_of(self, part: GridPart, kept: Sequence[int]) -> GridPart:
        """Σ of the part over all axes but those that are kept; along an axis that it does not have it is constant."""
        gone = [k for k, axis in enumerate(part.axes) if axis not in kept]
        missing = [axis for axis in self.every if axis not in kept and axis not in part.axes]
        if gone:
            axes = "" if len(gone) == len(part.axes) else f"axis={gone[0] if len(gone) == 1 else tuple(gone)}"
            part = GridPart(f"{part.within(ATOM)}.sum({axes})", tuple([axis for axis in part.axes if axis in kept]))
        times = size_of(missing, self.grid)
        if times != 1:
            part = GridPart(f"{times} * {part.within(ATOM)}", part.axes, PRODUCT_OF)
        if LANE in missing:
            part = GridPart(f"{self.lanes} * {part.within(ATOM)}", part.axes, PRODUCT_OF)
        return part

    def _product(self, a: GridPart, b: GridPart, kept: Sequence[int]) -> GridPart | None:
        """Σ a·b as a matrix product; None where it is none."""
        inner = [axis for axis in a.axes if axis in b.axes and axis not in kept]
        alone = [axis for axis in {*a.axes, *b.axes} if axis not in kept and axis not in inner]
        if not inner or alone or any(axis not in (*a.axes, *b.axes) and axis not in kept for axis in self.every):
            return None
        rows = [axis for axis in a.axes if axis not in b.axes]
        columns = [axis for axis in b.axes if axis not in a.axes]
        both = [axis for axis in a.axes if axis in b.axes and axis in kept]
        if (rows and columns and rows[0] > columns[0]) or (columns and not rows):
            a, b, rows, columns = b, a, columns, rows
        axes = tuple(sorted([*rows, *columns, *both]))
        if len(inner) == 1 and not both and len(rows) <= 1 and len(columns) <= 1:
            if not columns and rows and rows[0] > inner[0]:  # (inner) @ (inner, rows)
                return GridPart(f"{b.within(ATOM)} @ {a.within(ATOM)}", axes, PRODUCT_OF)
            left = a.within(ATOM) + (".T" if rows and rows[0] > inner[0] else "")
            right = b.within(ATOM) + (".T" if columns and columns[0] < inner[0] else "")
            return GridPart(f"{left} @ {right}", axes, PRODUCT_OF)
        if not rows:
            return None  # products of pairs, to be summed up
        letters = {axis: "n" if axis == LANE else "ijklabcdef"[axis] for axis in self.every}
        subscripts = [",".join("".join(letters[axis] for axis in part.axes) for part in (a, b))]
        subscripts.append("".join(letters[axis] for axis in axes))
        return GridPart(f'einsum("{"->".join(subscripts)}", {a.text}, {b.text})', axes)
