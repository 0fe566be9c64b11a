"""The course for two readers: students, who get no solutions, and lecturers, who get answers that run.

Entry points: `student`, `solutions`.
"""

from __future__ import annotations

import ast
import copy

from .parts import Notebook, explained, parts_of, solution_of


def student(notebook: Notebook) -> Notebook:
    """A copy without solutions. Everything else is the same, cell for cell."""
    result = copy.deepcopy(notebook)
    result["cells"] = [part.cell for part in parts_of(result) if part.kind != "solution"]
    return result


def solutions(notebook: Notebook) -> Notebook:
    """A copy in which each answer is written, so that every check is passed, and each solution is unfolded."""
    result = copy.deepcopy(notebook)
    for part in parts_of(result):
        if part.kind == "answer":
            part.cell["source"] = as_lines(answered(part.source, part.exercise))
        elif part.kind == "solution":
            part.cell["source"] = as_lines(f"**Solution.**\n\n{explained(part)}")
    return result


def answered(source: str, exercise: str) -> str:
    """The code of an answer's cell with the solution in place of what waits for one.

    What the exercise gives stays: imports, and names that hold something. Functions without a body, `...` and calls of
    them go.
    """
    code, variable = solution_of(exercise)
    if variable == "Value":  # a step of the class that is built in notebook 11
        return code
    given = [
        ast.get_source_segment(source, statement) or ""
        for statement in ast.parse(source).body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        or (isinstance(statement, ast.Assign) and not _is_stub(statement.value))
    ]
    return "\n\n".join([*given, code, f"answer_{exercise.replace('.', '_')} = {variable}"])


def _is_stub(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is ...


def as_lines(source: str) -> list[str]:
    """The text of a cell as a notebook keeps it."""
    return source.splitlines(keepends=True)
