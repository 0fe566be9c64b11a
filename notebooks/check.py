"""Are the notebooks stored clean? `python notebooks/check.py` tells, `--fix` cleans them, `--types` asks mypy.

A notebook that was run holds outputs, counters and the names of somebody's machine. Stored, they would turn
every run into a change of the file. So notebooks are stored as if nobody had ever run them: no outputs, no
execution counts, the same metadata everywhere, and the text as Jupyter itself writes it.
"""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from autograd import files

FOLDER = Path(__file__).resolve().parent

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
METADATA = {"kernelspec": KERNEL, "language_info": LANGUAGE}
CELL_METADATA = {"tags"}  # what an author sets; the rest (times, folded, scrolled) is left by a run or an editor


def main(arguments: list[str] | None = None) -> int:
    """Check the notebooks; 1 when one of them is not clean."""
    parser = argparse.ArgumentParser(description="Check that notebooks are stored without traces of a run.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all beside this script")
    parser.add_argument("--fix", action="store_true", help="clean them instead of complaining")
    parser.add_argument("--types", action="store_true", help="check the types of their code instead")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(FOLDER.glob("*.ipynb"))
    if options.types:
        return check_types(paths)
    problems = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
            notebook = json.loads(text)
            cleaned = clean(notebook)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(f"{path.name}: cannot be read as a notebook: {error!r}")
            continue
        if written(cleaned) == text:
            continue
        if options.fix:
            files.write(path, written(cleaned))
            print(f"cleaned {path.name}")
        else:
            problems += [f"{path.name}: {what}" for what in complaints(notebook)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("python notebooks/check.py --fix cleans what can be cleaned", file=sys.stderr)
    elif not options.fix:
        print(f"{len(paths)} notebooks are clean")
    return 1 if problems else 0


# A learner's code has no annotations, and a lesson writes the same function or class again and better: so what is
# checked is names, attributes and operators, not the number and kinds of arguments. In notebook 11 the class grows from
# step to step, which no type checker follows.
TYPES = """[mypy]
check_untyped_defs = True
allow_redefinition = True
ignore_missing_imports = True
strict_optional = False
disable_error_code = no-redef, var-annotated, union-attr, call-arg, arg-type, misc
[mypy-notebook_11_build_your_own_engine]
ignore_errors = True
"""


def check_types(paths: list[Path]) -> int:
    """Run mypy over the code of the notebooks; its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = []
        for path in paths:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            scripts.append(Path(folder) / f"notebook_{path.stem.replace('-', '_')}.py")
            scripts[-1].write_text("\n\n".join(code) + "\n", encoding="utf-8")
        settings = Path(folder) / "mypy.ini"
        settings.write_text(TYPES)
        command = [sys.executable, "-m", "mypy", "--config-file", str(settings), *map(str, scripts)]
        return subprocess.run(command, check=False).returncode


def clean(notebook: dict[str, Any]) -> dict[str, Any]:
    """A copy of `notebook` as if nobody had ever run it."""
    notebook = copy.deepcopy(notebook)
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"] = {key: x for key, x in cell["metadata"].items() if key in CELL_METADATA}
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def complaints(notebook: dict[str, Any]) -> list[str]:
    """What is not clean in `notebook`, one sentence for each place."""
    found = []
    for i, cell in enumerate(notebook["cells"], start=1):
        where = f"cell {i} ({cell.get('id', 'without id')}) "
        if cell.get("outputs"):
            found.append(where + "holds outputs")
        if cell.get("execution_count") is not None:
            found.append(where + f"holds the execution count {cell['execution_count']}")
        found += [where + f"holds the metadata {key!r}" for key in cell["metadata"] if key not in CELL_METADATA]
    metadata = notebook["metadata"]
    if metadata.get("kernelspec") != KERNEL:
        found.append(f"the kernelspec is {metadata.get('kernelspec')}, should be {KERNEL}")
    if metadata.get("language_info") != LANGUAGE:
        found.append(f"language_info is {metadata.get('language_info')}, should be {LANGUAGE}")
    found += [f"holds the metadata {key!r}" for key in metadata if key not in METADATA]
    return found or ["is not written as Jupyter writes it (order of keys, indent 1, newline at the end)"]


def written(notebook: dict[str, Any]) -> str:
    """The text of the file, as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
