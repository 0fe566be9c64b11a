"""What the documents point to is there: links, sections, pictures, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "notebooks" / "README.md"]
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
