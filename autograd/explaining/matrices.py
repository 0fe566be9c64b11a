"""Small matrices in lists: the products that backpropagation takes, and how they are written.

Entry points: `hadamard`, `transposed_times`, `column`, `transposed`; `Equation`, a formula with its matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..report import Formula, Math, aligned, elided
from ..symbolic.notation import number_latex, number_text

Vector = list[float]
Matrix = list[Vector]

SIZE, LEFT = 8, 6  # of more rows or columns than 8, six are written

T = TypeVar("T")


def hadamard(xs: Vector, ys: Vector) -> Vector:
    """xs ∘ ys, element by element."""
    return [x * y for x, y in zip(xs, ys, strict=True)]


def transposed_times(W: Matrix, delta: Vector) -> Vector:
    """Wᵀ delta: entry j is Σ_i W[i][j]·delta[i], the sum over the edges that leave unit j."""
    return [sum(row[j] * d for row, d in zip(W, delta, strict=True)) for j in range(len(W[0]))]


def column(xs: Vector) -> Matrix:
    return [[x] for x in xs]


def transposed(W: Matrix) -> Matrix:
    return [list(entries) for entries in zip(*W, strict=True)]


@dataclass(frozen=True)
class Equation:
    """Two equal formulas, the numbers put into the right one, and what they give."""

    left: Math
    right: Math
    numbers: Sequence[Matrix | Math]
    result: Matrix

    def written(self, digits: int) -> Formula:
        """In text over several lines, in LaTeX in one row."""
        parts = [*self.numbers, Math("=", "="), self.result] if self.numbers else [self.result]
        blocks = [[part.text] if isinstance(part, Math) else _bracketed(part, digits) for part in parts]
        latex = [part.latex if isinstance(part, Math) else _in_latex(part, digits) for part in parts]
        first = f"{self.left.text} = {self.right.text}"
        return Formula(
            [first, *_side_by_side(blocks)], [f"{self.left.latex} = {self.right.latex} &= {' '.join(latex)}"]
        )


def _shortened(matrix: Matrix) -> list[list[float | None]]:
    """The matrix with None in the place of rows and columns left out."""
    rows = [_ends(row) for row in matrix]
    return [[None] * len(rows[0]) if row is None else row for row in _ends(rows)]


def _ends(items: Sequence[T]) -> list[T | None]:
    return elided(items, LEFT if len(items) > SIZE else SIZE)


def _bracketed(matrix: Matrix, digits: int) -> list[str]:
    """The lines of a matrix."""
    cells = [["…" if x is None else number_text(x, digits) for x in row] for row in _shortened(matrix)]
    rows = aligned(cells, right=range(len(cells[0])))
    if len(rows) == 1:
        return [f"[{rows[0]}]"]
    left = ["⎡", *"⎢" * (len(rows) - 2), "⎣"]
    right = ["⎤", *"⎥" * (len(rows) - 2), "⎦"]
    return [a + row + b for a, row, b in zip(left, rows, right, strict=True)]


def _in_latex(matrix: Matrix, digits: int) -> str:
    rows = [[r"\cdots" if x is None else number_latex(x, digits) for x in row] for row in _shortened(matrix)]
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{pmatrix}"


def _side_by_side(blocks: Sequence[list[str]]) -> list[str]:
    """Blocks of lines in a row, each centred vertically."""
    height = max(map(len, blocks))
    lines = []
    for i in range(height):
        line = ["  "]
        for block in blocks:
            j = i - (height - len(block)) // 2
            line.append((block[j] if 0 <= j < len(block) else " " * len(block[0])) + " ")
        lines.append("".join(line).rstrip())
    return lines
