"""What the cells of a notebook are: text, code, and the four parts of an exercise.

An exercise is a question (Markdown), cells for the answer, a cell that calls `check("2.1", …)`, and its solution folded
into `<details>`. Editions, slides, sheets and the export for graders are all made from these parts.

Entry points: `notebooks`, `read`, `parts_of`, `solution_of`; `minutes_of` and `terms_of` measure.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent
CHECK = re.compile(r'^check\("(\d+\.\d+)"', flags=re.MULTILINE)
SOLUTION = re.compile(r"<details>\s*<summary>Solution</summary>\s*(.*?)\s*</details>", flags=re.DOTALL)
PICTURE = re.compile(r"^# Picture: (.*(?:\n#   .*)*)")
FORMULA = re.compile(r"\$[^$]*\$")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")

Cell = dict[str, Any]
Notebook = dict[str, Any]


class Part(NamedTuple):
    """A cell and what it is for: "text", "code", or of an exercise "question", "answer", "check", "solution"."""

    kind: str
    cell: Cell
    exercise: str = ""

    @property
    def source(self) -> str:
        return "".join(self.cell["source"])

    @property
    def picture(self) -> str:
        """What a cell says of the picture that it shows, for those who can not see it."""
        found = PICTURE.match(self.source)
        return found[1].replace("\n#  ", "") if found else ""


def notebooks(name_contains: str = "") -> list[Path]:
    """The notebooks of the course in their order."""
    return [path for path in sorted(FOLDER.glob("*.ipynb")) if name_contains in path.stem]


def read(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def parts_of(notebook: Notebook) -> list[Part]:
    """The cells with what each is for, in their order."""
    cells = notebook["cells"]
    kinds = [("text" if cell["cell_type"] == "markdown" else "code", "") for cell in cells]
    exercise = ""
    for i, cell in enumerate(cells):
        source = "".join(cell["source"])
        found = CHECK.search(source) if cell["cell_type"] == "code" else None
        if found:
            exercise = found[1]
            kinds[i] = ("check", exercise)
            question = i - 1
            while cells[question]["cell_type"] == "code":
                kinds[question] = ("answer", exercise)
                question -= 1
            kinds[question] = ("question", exercise)
        elif SOLUTION.fullmatch(source.strip()):
            kinds[i] = ("solution", exercise)
    return [Part(kind, cell, name) for (kind, name), cell in zip(kinds, cells, strict=True)]


def title_of(notebook: Notebook) -> str:
    """The heading that a notebook begins with."""
    return "".join(notebook["cells"][0]["source"]).splitlines()[0].removeprefix("# ")


def number_of(path: Path) -> int:
    return int(path.stem.partition("-")[0])


def minutes_of(notebook: Notebook) -> float:
    """How long a reader takes who runs every cell and does the exercises.

    150 words of text a minute (a page of mathematics is read slowly), 12 lines of code, and 4 minutes for an exercise.
    """
    words = lines = exercises = 0
    for part in parts_of(notebook):
        exercises += part.kind == "check"
        if part.cell["cell_type"] == "code":
            lines += sum(1 for line in part.source.splitlines() if line.strip())
        elif part.kind != "solution":
            words += len(FORMULA.sub(" x ", part.source).split())
    return words / 150 + lines / 12 + 4 * exercises


def terms_of(notebook: Notebook) -> list[str]:
    """What stands in bold in the texts: the terms, where they are introduced."""
    return [
        term
        for part in parts_of(notebook)
        if part.cell["cell_type"] == "markdown"
        for term in BOLD.findall(part.source)
    ]


def solution_of(exercise: str, seed: int | None = None) -> tuple[str, str]:
    """The code that answers an exercise, and the variable that holds the answer afterwards."""
    from autograd.course.exercise import exercise_of
    from autograd.course.variants import variant_of

    found = exercise_of(exercise)
    variant = None if seed is None else variant_of(found, seed)
    if variant is not None:
        found = variant[1]
    return found.solution.strip(), found.variable


def explained(part: Part) -> str:
    """The text of a solution without what folds it."""
    found = SOLUTION.fullmatch(part.source.strip())
    return found[1] if found else part.source
