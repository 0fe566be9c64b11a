"""Matrices side by side in text, and in one row of LaTeX."""

from autograd.explaining.matrices import Equation, column, hadamard, transposed, transposed_times
from autograd.report import Math

A = Math("A", "A")


def test_products():
    W = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert hadamard([1.0, 2.0], [3.0, -4.0]) == [3.0, -8.0]
    assert transposed_times(W, [1.0, 0.0, -1.0]) == [-4.0, -4.0]
    assert transposed(W) == [[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]
    assert column([1.0, 2.0]) == [[1.0], [2.0]]


def test_columns_are_flush_right_and_blocks_centred():
    formula = Equation(A, A, [column([1.0, -10.0, 0.5]), [[2.0, 3.0]]], [[7.0]]).written(digits=4)
    assert formula.text == ["A = A", "  ⎡  1⎤", "  ⎢-10⎥ [2  3] = [7]", "  ⎣0.5⎦"]
    assert formula.latex == [
        r"A = A &= \begin{pmatrix} 1 \\ -10 \\ 0.5 \end{pmatrix} \begin{pmatrix} 2 & 3 \end{pmatrix} = "
        r"\begin{pmatrix} 7 \end{pmatrix}"
    ]


def test_of_large_matrices_the_middle_is_left_out():
    formula = Equation(A, A, [], [[float(i) for i in range(9)]]).written(digits=4)
    assert formula.text[1] == "  [0  1  2  3  …  7  8]"
    whole = Equation(A, A, [], [[float(i) for i in range(8)]]).written(digits=4)
    assert "…" not in whole.text[1]
    rows = Equation(A, A, [], column([float(i) for i in range(9)])).written(digits=4)
    assert len(rows.text) == 1 + 7
