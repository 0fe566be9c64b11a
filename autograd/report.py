r"""Reports: what is found is told once, in blocks, and written here as text, as Markdown and as HTML.

>>> class Total(Report):
...     noun, summary = "total", "2 apples cost 3"
...     def story(self):
...         yield [Sentence("A ", Strong("price"), " is a number, ", Math("π", r"\pi"), " too.")]
...         yield [Table(["fruit", "price"], [["apples", "3"], ["a pear", "12"]], right=[1])]
>>> print(Total())
A price is a number, π too.
<BLANKLINE>
fruit   price
apples      3
a pear     12
>>> print(Total().markdown())
A **price** is a number, $\pi$ too.
<BLANKLINE>
| fruit | price |
| :--- | ---: |
| apples | 3 |
| a pear | 12 |
>>> Total()
<total: 2 apples cost 3>

Entry points: `Report`, the base of everything that `explain`, `gradcheck`, `doctor` and the like return. Parts of a
sentence: plain strings, in which `backticks` mark code, `Math`, `Code`, `Strong`. Blocks: `Heading`, `Sentence`,
`Items`, `Table`, `Equalities`, `Formula`, `Rule`. Below these, for other writers: `aligned` columns, `elided` lists.
"""

from __future__ import annotations

import html
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import ClassVar, NamedTuple, TypeVar

WIDTH = 118  # of a line of text
ROWS = 24  # of longer tables the beginning and the end are written

T = TypeVar("T")


# --- parts of a sentence ----------------------------------------------------------------------------------


class Math(NamedTuple):
    """A formula in both notations; pieces are joined by `+` and `join`."""

    text: str
    latex: str

    def __add__(self, other: Math) -> Math:  # type: ignore[override]  # no joining of tuples
        return Math(self.text + other.text, self.latex + other.latex)

    def join(self, pieces: Iterable[Math]) -> Math:
        """The pieces with this one between them, as `str.join`."""
        pieces = list(pieces)
        return Math(self.text.join(p.text for p in pieces), self.latex.join(p.latex for p in pieces))


class Code(NamedTuple):
    """Code, as it would be typed. Plain in text."""

    text: str


class Strong(NamedTuple):
    """What the eye should find first. Plain in text."""

    text: str


Part = str | Math | Code | Strong


def in_text(parts: Iterable[Part]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def _in_markdown(parts: Iterable[Part]) -> str:
    return "".join(map(_part_in_markdown, parts))


def _part_in_markdown(part: Part) -> str:
    if isinstance(part, Math):
        return f"${part.latex}$"
    if isinstance(part, Code):
        return f"`{part.text}`"
    if isinstance(part, Strong):
        return f"**{_escaped(part.text)}**"
    # Every other piece stands between backticks, and is code already.
    return "`".join(piece if i % 2 else _escaped(piece) for i, piece in enumerate(part.split("`")))


def _escaped(prose: str) -> str:
    # An underscore inside a word is none of emphasis.
    return re.sub(r"[\\*<$]|(?<!\w)_|_(?!\w)", r"\\\g<0>", prose)


def _in_html(parts: Iterable[Part]) -> str:
    return "".join(map(_part_in_html, parts))


def _part_in_html(part: Part) -> str:
    if isinstance(part, Math):
        return f"<i>{html.escape(part.text)}</i>" if part.text else ""
    if isinstance(part, Code):
        return f"<code>{html.escape(part.text)}</code>"
    if isinstance(part, Strong):
        return f"<b>{html.escape(part.text)}</b>"
    return re.sub("`(.*?)`", r"<code>\1</code>", html.escape(part))


# --- blocks -----------------------------------------------------------------------------------------------


class Block(ABC):
    """A piece of a report. It knows how it is written in each form."""

    @abstractmethod
    def lines(self) -> list[str]:
        """Lines of plain text."""

    @abstractmethod
    def markdown(self) -> str:
        """Markdown, with formulas between dollar signs."""

    @abstractmethod
    def html(self) -> str:
        """HTML that needs no script; formulas are written as in text."""


class Sentence(Block):
    """A paragraph, wrapped; in text with `indent` before each line."""

    def __init__(self, *parts: Part, indent: str = "") -> None:
        self._parts, self._indent = parts, indent

    def lines(self) -> list[str]:
        return _wrapped(in_text(self._parts), self._indent, self._indent)

    def markdown(self) -> str:
        return _in_markdown(self._parts)

    def html(self) -> str:
        return f"<p>{_in_html(self._parts)}</p>"


class Heading(Sentence):
    """The first line, which is not wrapped."""

    def lines(self) -> list[str]:
        return [in_text(self._parts)]

    def markdown(self) -> str:
        return f"**{_in_markdown(self._parts)}**"

    def html(self) -> str:
        return f"<p><b>{_in_html(self._parts)}</b></p>"


class Items(Block):
    """A numbered list; each item is a sequence of parts."""

    def __init__(self, items: Iterable[Sequence[Part]]) -> None:
        self._items = list(items)

    def lines(self) -> list[str]:
        written: list[str] = []
        for i, item in enumerate(self._items, 1):
            written += [""] * (i > 1) + _wrapped(in_text(item), f"{i}. ", "   ")
        return written

    def markdown(self) -> str:
        return "\n".join(f"{i}. {_in_markdown(item)}" for i, item in enumerate(self._items, 1))

    def html(self) -> str:
        return f"<ol>{''.join(f'<li>{_in_html(item)}</li>' for item in self._items)}</ol>"


class Table(Block):
    """A head and rows of cells, each cell one part; the columns in `right` are flush right.

    Of more than `shown` rows the first and the last are written.
    """

    def __init__(
        self, head: Sequence[str], rows: Iterable[Sequence[Part]], right: Collection[int] = (), shown: int = ROWS
    ) -> None:
        self._head, self._right = head, right
        gap = ["…"] * len(head)
        self._rows = [gap if row is None else row for row in elided(list(rows), shown)]

    def lines(self) -> list[str]:
        return aligned([self._head, *([in_text([cell]) for cell in row] for row in self._rows)], self._right)

    def markdown(self) -> str:
        rules = ["---:" if i in self._right else ":---" for i in range(len(self._head))]
        rows = [[_cell(cell) for cell in row] for row in [self._head, *self._rows]]
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rules, *rows[1:]])

    def html(self) -> str:
        head = self._html_row("th", self._head)
        body = "".join(self._html_row("td", row) for row in self._rows)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"

    def _html_row(self, tag: str, row: Sequence[Part]) -> str:
        sides = ["right" if i in self._right else "left" for i in range(len(row))]
        cells = [
            f"<{tag} style='text-align:{side}'>{_in_html([x])}</{tag}>" for side, x in zip(sides, row, strict=True)
        ]
        return f"<tr>{''.join(cells)}</tr>"


def _cell(part: Part) -> str:
    """A cell in Markdown, where a bar would end it, even inside a formula or code."""
    if isinstance(part, Math):
        return f"${part.latex.replace('|', chr(92) + 'vert ')}$" if part.latex else ""
    return _in_markdown([part]).replace("|", r"\|")


class Equalities(Table):
    """Rows of what is equal: in text `a = b = c`, under each other; else a table."""

    def lines(self) -> list[str]:
        written = [[in_text([cell]) for cell in row] for row in self._rows]
        used = [i for i in range(len(self._head)) if any(row[i] for row in written)]
        rows = [[row[0], *(f"= {row[i]}" if row[i] and row[0] != "…" else "" for i in used[1:])] for row in written]
        return [f"  {line}" for line in aligned(rows, gap=" ")]


class Formula(Block):
    r"""A formula in several rows: lines of text, and rows of LaTeX's `aligned`, where `&` precedes the sign `=`."""

    def __init__(self, text: Iterable[str], latex: Iterable[str]) -> None:
        self.text, self.latex = list(text), list(latex)

    def lines(self) -> list[str]:
        return self.text

    def markdown(self) -> str:
        return f"$$\n{_in_one_environment(self.latex)}\n$$"

    def html(self) -> str:
        return f"<pre>{html.escape(chr(10).join(self.text))}</pre>" if self.text else ""


class Rule(Block):
    """A line between two parts of a report, in text an empty one."""

    def lines(self) -> list[str]:
        return [""]

    def markdown(self) -> str:
        return "---"

    def html(self) -> str:
        return "<hr>"


def _in_one_environment(rows: Iterable[str]) -> str:
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


# --- reports ----------------------------------------------------------------------------------------------


class Report(ABC):
    """Something found, that can tell its story: `print` it, or show it as the last line of a notebook's cell."""

    noun: ClassVar[str]

    @property
    @abstractmethod
    def summary(self) -> str:
        """What was found, in one line."""

    @abstractmethod
    def story(self) -> Iterable[Sequence[Block]]:
        """The blocks, in paragraphs: in text an empty line stands between two of them."""

    def text(self) -> str:
        """The report in plain text; what `print` writes."""
        return "\n\n".join("\n".join(line for block in blocks for line in block.lines()) for blocks in self.story())

    def markdown(self) -> str:
        """The report in Markdown, with formulas in LaTeX between dollar signs."""
        written: list[str] = []
        # Formulas that follow each other are one, so that their signs stand under each other.
        for is_formula, group in groupby(self._blocks(), lambda block: isinstance(block, Formula)):
            if is_formula:
                written.append(Formula([], _rows_of(group)).markdown())
            else:
                written += [block.markdown() for block in group]
        return "\n\n".join(written)

    def html(self) -> str:
        """The report in HTML that needs no script; formulas are written as in text."""
        return "".join(block.html() for block in self._blocks())

    def _blocks(self) -> list[Block]:
        return [block for blocks in self.story() for block in blocks]

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{self.noun}: {self.summary}>"

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str | None:
        return self.html()


class Derivation(Report):
    """A report that holds formulas."""

    def latex(self) -> str:
        """The formulas alone, as one in LaTeX (an `aligned` environment, no dollar signs)."""
        return _in_one_environment(_rows_of(self._blocks()))

    def _repr_html_(self) -> None:
        """None: notebooks prefer HTML where there is some, and typeset formulas in Markdown only."""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def _rows_of(blocks: Iterable[Block]) -> list[str]:
    return [row for block in blocks if isinstance(block, Formula) for row in block.latex]


# --- columns, lines and lists -----------------------------------------------------------------------------


def aligned(rows: Iterable[Sequence[str]], right: Collection[int] = (), gap: str = "  ") -> list[str]:
    """Rows of cells as lines, the cells of a column under each other; those of the columns in `right` flush right.

    >>> aligned([["a", "10"], ["漢字", "5"]], right=[1])
    ['a     10', '漢字   5']
    """
    rows = list(rows)
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - _width(cell))
            cells.append(space + cell if i in right else cell + space)
        lines.append(gap.join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """How many columns of a terminal `text` takes: none for an accent, two for a Chinese character or an emoji."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def elided(items: Sequence[T], shown: int) -> list[T | None]:
    """All items; of more than `shown`, only that many: two thirds from the start, a third from the end, None between.

    >>> elided([1, 2, 3, 4, 5, 6, 7, 8], 3)
    [1, 2, None, 8]
    """
    if len(items) <= shown:
        return list(items)
    head = shown * 2 // 3
    return [*items[:head], None, *items[head - shown :]]


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )
