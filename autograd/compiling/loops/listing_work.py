"""What a statement costs, and what it is called when it is a product of matrices.

Entry points: `term_work` and `whole_work`, in simple operations; `contraction`.
"""

from __future__ import annotations

from ... import operations as ops
from ...operations import Operation
from ..program import COLUMN, Program
from .bodies import backward_program, forward_program
from .ir import HAS_LANES, LANES, STORE, Expression, Run, Statement

SLOW = {"divide": 4, "sqrt": 4, "power": 20, "power_of_constant": 2, "negate": 1}
CHEAP = {"add", "subtract", "multiply", "less", "less_equal", "equal", "where", "relu", "abs", "maximum", "minimum"}


def reads_lanes(run: Run) -> bool:
    """Whether a run goes over all lanes."""
    return any(access.space in HAS_LANES for access in run.accesses)


def term_work(program: Program) -> float:
    """Of one term, in simple operations."""
    return sum(_cost(operation) for operation in program.operations if operation is not COLUMN)


def whole_work(statement: Statement, n: int) -> float:
    """Of a statement and its derivative, with n lanes."""
    work = 0.0
    for run in statement.runs:
        lanes = n if statement.space == LANES or reads_lanes(run) else 1
        each = 0.0
        if statement.forward or statement.softmax:
            each += term_work(forward_program(run.body)) + (statement.reduce != STORE)
        wanted = [k for k, access in enumerate(run.accesses) if access.wanted]
        if statement.backward and wanted:
            each += term_work(backward_program(run.body, len(run.accesses), wanted, statement.softmax)) + len(wanted)
        work += lanes * len(run) * each
    return work or 1.0


def is_product(body: Expression) -> bool:
    """Whether a body multiplies two numbers that it reads."""
    return body[0] == "apply" and body[1] is ops.multiply and all(part[0] == "access" for part in body[2])


def contraction(a: set[int], b: set[int], kept: set[int]) -> str:
    """What Σ a·b over all loops that are not kept is called; `a` and `b` are the loops on which the factors depend."""
    inner = (a & b) - kept
    rows, columns = (a - b) & kept, (b - a) & kept
    if not inner:
        return ""
    if rows and columns:
        return "matrix product" if not a & b & kept else "matrix products"
    if rows or columns:
        return "matrix · vector"
    return "scalar product" if not a & b & kept else "scalar products"


def _cost(operation: Operation) -> float:
    return 1 if operation.name in CHEAP else SLOW.get(operation.name, 10)
