"""The house is what CONTRIBUTING says it is: arrows point one way, nothing private is taken, tests mirror the rooms."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def the_map() -> list[str]:
    """Files of the core and rooms, as CONTRIBUTING's map has them: each imports from those before it only."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text[text.index("## The map") : text.index("And around them")]
    where = "".join(re.findall(r"^\| (`autograd/.*?) \|", text, flags=re.MULTILINE))
    return re.findall(r"`(?:autograd/)?(\w+)(?:\.py|/)`", where)


ORDER = [*the_map(), "__init__", "__main__"]
# A Graph shows itself in notebooks, and what draws it stands above it.
ALLOWED = {("autograd.graph", "autograd.drawing")}


def modules() -> dict[str, Path]:
    found = {}
    for package in ("autograd", "nn"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports_of(module: str) -> list[tuple[str, str]]:
    """Pairs (module of ours, name taken from it), wherever the import stands; those for type checkers left out."""
    path = MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_checkers = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in for_checkers:
            continue
        base = package.rsplit(".", node.level - 1)[0] if node.level else ""
        source = ".".join(part for part in (base, node.module) if part)
        for alias in node.names:
            whole = f"{source}.{alias.name}"
            if whole in MODULES or source in MODULES:
                found.append((whole if whole in MODULES else source, alias.name))
    return found


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def test_this_test_sees_imports():
    assert ("autograd.operations", "Operation") in imports_of("autograd.value")
    assert ("autograd.drawing", "draw") in imports_of("autograd.graph"), "also inside functions"
    assert all(source != "autograd.value" for source, _ in imports_of("autograd.sweeps")), "but for those of types"


def test_every_room_has_its_place():
    rooms = {room_of(module) for module in MODULES if module.startswith("autograd")}
    assert sorted(rooms) == sorted(ORDER), "the map in CONTRIBUTING.md has each once"


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("autograd.")])
def test_arrows_point_down(module):
    for source, _ in imports_of(module):
        if source.startswith("nn"):
            assert module == "autograd.__main__", f"{module} imports {source}: only the application knows nn"
        elif room_of(source) != room_of(module) and (module, source) not in ALLOWED:
            assert ORDER.index(room_of(source)) < ORDER.index(room_of(module)), f"{module} imports {source}"


def test_no_circles():
    arrows = {module: {source for source, _ in imports_of(module)} - {module} for module in MODULES}
    for module, source in ALLOWED:
        arrows[module].discard(source)
    done: set[str] = set()
    while len(done) < len(arrows):
        free = [module for module, sources in arrows.items() if module not in done and sources <= done]
        assert free, f"a circle among {sorted(set(arrows) - done)}"
        done.update(free)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_private_is_taken_from_another_module(module):
    assert not [name for _, name in imports_of(module) if name.startswith("_") and not name.endswith("__")]


def test_no_two_modules_of_a_package_have_one_name():
    named = defaultdict(list)
    for module, path in MODULES.items():
        if path.name != "__init__.py":
            named[module.split(".")[0], module.rpartition(".")[2]].append(module)
    assert not [modules for modules in named.values() if len(modules) > 1]


def test_no_two_classes_have_one_name():
    named = defaultdict(list)
    for module, path in MODULES.items():
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
                named[statement.name].append(module)
    assert not [modules for modules in named.values() if len(modules) > 1]


# Files above 400 lines, and why; the exercises of the course are left out, too.
LONG = {"autograd/value.py": "the node with all its operators is read in one piece"}


def test_files_are_short():
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for module, path in MODULES.items()
        if not module.startswith("autograd.course")
    }
    assert {path for path, length in lengths.items() if length > 400} == set(LONG)


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short_or_say_why_not(module):
    """At most 60 lines without the docstring; a longer one has a comment that begins with "Long"."""
    source = MODULES[module].read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno is not None
            docstring = ast.get_docstring(node, clean=False)
            length = node.end_lineno - node.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)
            code = ast.get_source_segment(source, node) or ""
            assert length <= 60 or "# Long" in code, f"{module}.{node.name} has {length} lines"


# Folders of tests of everything together.
ACROSS = ("systems", "fuzz", "browser", "packaging")
# Files of tests that bear no module's name, and why.
BESIDE = {
    "test_documents.py": "of README, CONTRIBUTING and docs/",
    "test_import.py": "of what `import autograd` loads",
    "test_micrograd_compatibility.py": "of code that was written for other libraries",
    "test_other_libraries.py": "of the page docs/other-libraries.md",
    "test_random_graphs.py": "of the whole core",
    "test_random_kinks.py": "of the whole core",
    "test_rooms.py": "of all modules",
    "compiling/test_compiled_operations.py": "of the table, in every form that a program has",
    "compiling/test_compiled_training.py": "of training.py: nn has a test_training.py, and names of files are unique",
    "compiling/test_shared_by_threads.py": "of all runners",
    "compiling/test_work.py": "of all steps of compiling",
    "compiling/test_zoo.py": "of the programs of benchmarks/zoo",
    "course/test_exercises.py": "of all chapters",
    "course/test_forms.py": "of notebooks/, the forms of the course",
    "drawing/test_draw.py": "of `draw` in __init__.py",
    "nn/test_fit_in_arrays.py": "of training.py: `fit` where it runs compiled",
    "nn/test_fit_with_workers.py": "of training.py: `fit` where others compute",
    "nn/test_validation.py": "of training.py: `fit` by names, with a fraction held out and several callbacks",
    "nn/test_vectors.py": "of normalization.py and embedding.py",
}


def test_tests_mirror_the_modules():
    """`tests/ROOM/test_X.py` tests `autograd/ROOM/X.py`, in Python or JavaScript; or it stands in the list above."""
    tests, beside = ROOT / "tests", []
    for path in tests.rglob("test_*.py"):
        relative = path.relative_to(tests)
        house = {"nn": ROOT, "support": tests}.get(relative.parts[0], ROOT / "autograd")
        module = house / relative.with_name(relative.name[len("test_") :])
        names = (module, module.with_suffix(".js"), module.with_name(f"__{module.stem}__.py"))
        if relative.parts[0] not in ACROSS and not any(name.exists() for name in names):
            beside.append(relative.as_posix())
    assert sorted(beside) == sorted(BESIDE)


def test_every_room_has_tests():
    rooms = {path.parent.name for path in MODULES.values() if path.parent.parent == ROOT / "autograd"}
    assert rooms <= {path.name for path in (ROOT / "tests").iterdir() if list(path.glob("test_*.py"))}
