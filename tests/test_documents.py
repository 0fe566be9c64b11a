"""What the documents point to is there: links, sections, pictures; and the walks through the code go where they say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.md")]
every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def targets(text: str) -> list[tuple[str, str]]:
    """Pairs (address of a link, that of a picture), one of the two empty."""
    return re.findall(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"", without_code(text))


def sections(text: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.*)$", without_code(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_this_test_sees_links():
    assert targets("[a](b.md#c) and\n```\n[x](y)\n```\n<img src=\"d.png\" width='1'>") == [
        ("b.md#c", ""),
        ("", "d.png"),
    ]
    assert sections("# The explorer, `fit`\n") == {"the-explorer-fit"}


@every_document
def test_links_lead_somewhere(path):
    for link, picture in targets(path.read_text(encoding="utf-8")):
        target = link or picture
        if "://" in target:
            continue
        file, _, section = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        if section:
            assert section in sections(there.read_text(encoding="utf-8")), target


@every_document
def test_every_page_is_linked_from_the_readme(path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert path.name == "README.md" or f"({path.relative_to(ROOT).as_posix()})" in readme


def test_pictures_are_used():
    documents = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert [p.name for p in (ROOT / "docs").iterdir() if p.suffix in (".png", ".svg") and p.name not in documents] == []


# --- the walks through the code in CONTRIBUTING -----------------------------------------------------------------------


def walk(title: str) -> tuple[str, list[tuple[str, str]]]:
    """The program of a walk, and the functions it names: pairs (file, function)."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text[text.index(f"### {title}\n") :]
    section = section[: section.index("\n## ") if "\n### " not in section else section.index("\n### ")]
    (program,) = re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)
    return program, re.findall(r"^\d+\. `([\w/.]+)`: `(\w+)`", section, flags=re.MULTILINE)


def functions_run_by(program: str) -> list[tuple[str, str]]:
    run = []

    def observe(frame, event, argument):
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(ROOT):
            run.append((path.relative_to(ROOT).as_posix(), frame.f_code.co_name))

    code, earlier = compile(program, "walk", "exec"), sys.getprofile()
    sys.setprofile(observe)
    try:
        exec(code, {"__name__": "walk"})
    finally:
        sys.setprofile(earlier)
    return run


@pytest.mark.parametrize("title", ["An addition through `backward`", "A loss through `compile`"])
def test_a_walk_meets_the_functions_in_this_order(title):
    pytest.importorskip("llvmlite")  # what runs is chosen by what is installed
    program, named = walk(title)
    assert len(named) >= 6
    run = iter(functions_run_by(program))
    for function in named:
        assert function in run, f"{function} is not run after those before it"


def test_the_walk_through_the_explorer(tmp_path, monkeypatch):
    """Its Python is run; of the functions in the browser it is known that they are in these files."""
    program, named = walk("A click through the explorer")
    monkeypatch.chdir(tmp_path)
    run = iter(functions_run_by(program))
    assert [path.endswith(".py") for path, _ in named] == [True] * 5 + [False] * (len(named) - 5)
    for path, function in named:
        if path.endswith(".py"):
            assert (path, function) in run, f"{function} is not run after those before it"
        else:
            source = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^ *(?:export )?function {function}\(", source, flags=re.MULTILINE), (path, function)
