"""The exercises of a notebook for print: a sheet with room for answers, and the key.

Entry points: `sheet`, `key`.
"""

from __future__ import annotations

import html

from .pages import markdown
from .parts import Notebook, explained, parts_of, title_of

STYLE = """
@page { size: A4; margin: 20mm }
body { font: 11.5pt/1.45 Georgia, 'DejaVu Serif', serif; max-width: 170mm; margin: 2em auto; padding: 0 1em }
h1 { font-size: 17pt }
section { break-inside: avoid; margin: 1.2em 0 }
pre { font-size: 9.5pt; background: #f4f4f4; padding: 0.6em; white-space: pre-wrap }
.room { height: 42mm; border-bottom: 1px dotted #888 }
a { color: inherit; text-decoration: none }
@media print { body { margin: 0; max-width: none; padding: 0 } }
"""
PUT = "Put your answer in place of"  # what only a notebook asks for


def sheet(notebook: Notebook, number: int) -> str:
    """The questions as a page, each with room to write."""
    asked = []
    for part in parts_of(notebook):
        if part.kind == "question":
            asked.append(f"<section>{markdown(_question(part.source))}")
        elif part.kind == "answer":
            given = _given(part.source)
            asked.append((f"<pre>{html.escape(given)}</pre>" if given else "") + '<div class="room"></div></section>')
    name = "<p>Name: ______________________________</p>"
    return _document(f"Exercises {number}: {title_of(notebook)}", name + "".join(asked))


def key(notebook: Notebook, number: int) -> str:
    """The questions with their solutions."""
    asked = []
    for part in parts_of(notebook):
        if part.kind == "question":
            asked.append(f"<section>{markdown(_question(part.source))}")
        elif part.kind == "solution":
            asked.append(markdown("**Solution.**\n\n" + explained(part)) + "</section>")
    return _document(f"Key {number}: {title_of(notebook)}", "".join(asked))


def _question(source: str) -> str:
    """A question without what belongs to the notebook: its heading, and how to check an answer there."""
    paragraphs = source.split("\n\n")
    return "\n\n".join(text for text in paragraphs if not text.startswith(("## Exercises", PUT)))


def _given(source: str) -> str:
    """The code that an exercise begins with; nothing where the answer is one line."""
    lines = [line for line in source.splitlines() if not line.startswith("answer_")]
    return "\n".join(lines).strip()


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )
