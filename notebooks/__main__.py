"""The course in every form a lecturer needs: `python -m notebooks` makes its web pages, `--help` lists the rest.

    python -m notebooks                       web pages, in course-pages/
    python -m notebooks student solutions     notebooks without solutions, and with answers that run
    python -m notebooks slides sheets         slides, and exercises for print with their key
    python -m notebooks nbgrader              an nbgrader course

Run it from the folder of the project, after `pip install -e ".[all]"`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from autograd.files import write

from . import editions, grading, pages, sheets, slides
from .check import written
from .parts import FOLDER, notebooks, number_of, read

FORMS = ("pages", "student", "solutions", "slides", "sheets", "nbgrader")


def main(arguments: list[str] | None = None) -> int:
    """Make what was asked for; 1 when a notebook fails."""
    parser = argparse.ArgumentParser(
        prog="python -m notebooks",
        description=(__doc__ or "").partition("\n\nRun it")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("form", nargs="*", default=["pages"], help=f"any of {', '.join(FORMS)}; default: pages")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="default: course-FORM")
    parser.add_argument("--only", metavar="NAME", default="", help="only notebooks whose name contains it: 03, …")
    parser.add_argument("--seed", type=int, help="numbers of its own for this edition: published answers do not help")
    parser.add_argument("--reveal", type=Path, metavar="FOLDER", help="reveal.js unpacked; default: npm fetches it")
    options = parser.parse_args(arguments)
    unknown = [form for form in options.form if form not in FORMS]
    if unknown:
        print(f"there is no form {unknown[0]!r}; there are {', '.join(FORMS)}", file=sys.stderr)
        return 1
    paths = notebooks(options.only)
    if not paths:
        names = ", ".join(path.stem for path in notebooks())
        print(f"no notebook's name contains {options.only!r}; there are {names}", file=sys.stderr)
        return 1
    failed = 0
    for form in options.form:
        folder = options.to / form if options.to and len(options.form) > 1 else options.to or Path(f"course-{form}")
        try:
            failed += _make(form, paths, folder, options.reveal, options.seed)
        except (RuntimeError, ImportError) as error:
            print(f"{form}: {_remedy(error)}", file=sys.stderr)
            return 1
        print(f"{form}: written to {folder}")
    return 1 if failed else 0


def _make(form: str, paths: list[Path], folder: Path, reveal: Path | None, seed: int | None) -> int:
    """Write one form of the course; how many notebooks failed."""
    folder.mkdir(parents=True, exist_ok=True)
    if form == "slides":
        reveal = reveal or slides.reveal_js()
    if form == "pages":
        for name, text in pages.around().items():
            write(folder / name, text)
        write(folder / "course.css", (FOLDER / "course.css").read_bytes())
    if form == "nbgrader":
        write(folder / "nbgrader_config.py", 'c = get_config()\nc.CourseDirectory.course_id = "autograd"\n')
    failed = 0
    for path in paths:
        start = time.perf_counter()
        try:
            for name, text in _files(form, path, reveal, seed):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                write(folder / name, text)
        except ImportError:
            raise
        except Exception as error:  # what a notebook raises can be anything
            failed += 1
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        if form in ("pages", "slides"):  # they run the notebooks, which takes minutes
            print(f"{form}: {path.stem}  {time.perf_counter() - start:.0f} s", flush=True)
    return failed


def _files(form: str, path: Path, reveal: Path | None, seed: int | None) -> list[tuple[str, str]]:
    """The files that a form makes of a notebook: name and text."""
    if form == "pages":
        return [(f"{path.stem}.html", pages.page(path, pages.executed(path)))]
    if form == "slides":
        assert reveal is not None
        return [(f"{path.stem}.html", slides.slides(pages.executed(path), reveal))]
    notebook, number = read(path), number_of(path)
    if seed is not None:
        notebook = editions.with_numbers(notebook, seed)
    if form == "sheets":
        return [
            (f"{path.stem}.html", sheets.sheet(notebook, number)),
            (f"{path.stem}-key.html", sheets.key(notebook, number)),
        ]
    if form == "nbgrader":
        return [(f"source/{path.stem}/{path.name}", written(grading.gradable(notebook, seed)))]
    edition = editions.student(notebook) if form == "student" else editions.solutions(notebook, seed)
    return [(path.name, written(edition))]


def _remedy(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f'{error}: pip install -e ".[all]"'
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
