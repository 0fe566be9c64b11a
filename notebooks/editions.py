"""The course for two readers: students, who get no solutions, and lecturers, who get answers that run.

Entry points: `student`, `solutions`; `with_numbers` gives either numbers of its own.
"""

from __future__ import annotations

import ast
import copy
import re

from .parts import Notebook, explained, parts_of, solution_of


def student(notebook: Notebook) -> Notebook:
    """A copy without solutions. Everything else is the same, cell for cell."""
    result = copy.deepcopy(notebook)
    result["cells"] = [part.cell for part in parts_of(result) if part.kind != "solution"]
    return result


def with_numbers(notebook: Notebook, seed: int) -> Notebook:
    """A copy whose questions have numbers drawn with `seed`, where there are variants, and whose checks know them."""
    from autograd.course.exercise import exercise_of
    from autograd.course.variants import variant_of

    result = copy.deepcopy(notebook)
    for part in parts_of(result):
        variant = variant_of(exercise_of(part.exercise), seed) if part.exercise else None
        if variant is None:
            continue
        question, exercise = variant
        if part.kind == "question":
            title = re.search(rf"\*\*{re.escape(part.exercise)} [^*]+\*\*", part.source)
            assert title is not None, part.source
            part.cell["source"] = as_lines(f"{part.source[: title.end()]} {question}")
        elif part.kind == "check":
            part.cell["source"] = as_lines(part.source.replace(")", f", seed={seed})", 1))
        elif part.kind == "solution":
            code = f"```python\n{exercise.solution}\n```"
            part.cell["source"] = as_lines(f"<details>\n<summary>Solution</summary>\n\n{code}\n\n</details>")
    return result


def solutions(notebook: Notebook, seed: int | None = None) -> Notebook:
    """A copy in which each answer is written, so that every check is passed, and each solution is unfolded.

    `seed` is that of `with_numbers`, if the notebook was made by it.
    """
    result = copy.deepcopy(notebook)
    for part in parts_of(result):
        if part.kind == "answer":
            part.cell["source"] = as_lines(answered(part.source, part.exercise, seed))
        elif part.kind == "solution":
            part.cell["source"] = as_lines(f"**Solution.**\n\n{explained(part)}")
    return result


def answered(source: str, exercise: str, seed: int | None = None) -> str:
    """The code of an answer's cell with the solution in place of what waits for one.

    What the exercise gives stays: imports, and names that hold something. Functions without a body, `...` and calls of
    them go.
    """
    code, variable = solution_of(exercise, seed)
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
