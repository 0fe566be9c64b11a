"""A notebook as nbgrader takes it: answers and checks are marked, and a wrong answer costs its point.

Each exercise is worth one point. Its answer's cell holds the solution between marks, which `nbgrader
generate_assignment` cuts out; its check raises where the answer is wrong.

Entry point: `gradable`.
"""

from __future__ import annotations

import copy

from .editions import answered, as_lines
from .parts import Cell, Notebook, parts_of

SCHEMA = 3


def gradable(notebook: Notebook, seed: int | None = None) -> Notebook:
    """A copy for the folder `source/ASSIGNMENT/` of an nbgrader course; `seed` as in `editions.solutions`."""
    result = copy.deepcopy(notebook)
    cells = []
    for part in parts_of(result):
        cell, name = part.cell, part.exercise.replace(".", "-")
        if part.kind == "solution":
            continue
        if part.kind == "answer":
            code = answered(part.source, part.exercise, seed)
            cell["source"] = as_lines(f"### BEGIN SOLUTION\n{code}\n### END SOLUTION")
            _mark(cell, f"answer-{name}", solution=True)
        elif part.kind == "check":
            call = part.source.replace("check(", "grade(", 1).partition("\n")[0]
            cell["source"] = as_lines(f"from autograd.course import grade\n\n{call}")
            _mark(cell, f"check-{name}", grade=True, points=1)
        cells.append(cell)
    result["cells"] = cells
    return result


def _mark(cell: Cell, grade_id: str, **marks: object) -> None:
    none = {"grade": False, "solution": False, "task": False}
    about = {"grade_id": grade_id, "locked": "grade" in marks, "schema_version": SCHEMA}
    cell["metadata"]["nbgrader"] = none | about | marks
