"""The user's code beside the graph: the lines to show, and which part of them made which node.

A node made inside `record_source()` knows its line. Of the others the code that called `explore` is asked, see
`matching.py`; only what agrees with the graph is told.

Entry point: `make_listing`.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from types import FrameType
from typing import NamedTuple

from ...graph import Graph
from ...interop.names import frame_of_variables, frames, variables
from ...value import Value
from ..labels import visible
from .contract import Listing
from .matching import Matcher, Place

MOST_FILES = 3
MOST_LINES = 200
LONGEST_LINE = 200
LONGEST_FILE = 20_000  # lines; a longer one was not written by hand
GAP = 3  # lines without a node between two with one are shown, too, and not more
_SOURCE = re.compile(r"(.+?):(\d+)(?:: |$)")

Made = Mapping[Value, Place]


class FileFound(NamedTuple):
    """What one file made: the place of each node, and other lines to show."""

    path: str
    made: Made
    others: Collection[int] = ()


def make_listing(graph: Graph) -> Listing | None:
    """Lines and places in them, None where no code is known.

    >>> from autograd import Value, record_source
    >>> with record_source():
    ...     y = Value(2.0) * 3
    >>> [line[1] for line in make_listing(Graph(y))["lines"]]
    ['y = Value(2.0) * 3']
    """
    recorded = defaultdict(list)
    for node in graph.nodes:
        found = _SOURCE.match(node.source) if node.source else None
        if found:
            recorded[found[1]].append((node, int(found[2])))
    if recorded:
        most = sorted(recorded, key=lambda path: -len(recorded[path]))[:MOST_FILES]
        files = [FileFound(path, _recorded_in(path, recorded[path])) for path in most]
    else:
        files = _found_by_calls(graph)
    return _written(graph, [file for file in files if file.made])


# --- recorded lines ---------------------------------------------------------------------------------------------------


def _recorded_in(path: str, nodes: Sequence[tuple[Value, int]]) -> Made:
    lines = linecache.getlines(path)
    return {
        node: getattr(node.source, "place", None) or _whole(lines[line - 1], line)
        for node, line in nodes
        if line <= len(lines)
    }


def _whole(text: str, line: int) -> Place:
    written = text.rstrip().encode()
    return line, len(written) - len(written.lstrip()), line, len(written)


# --- code that was not recorded ---------------------------------------------------------------------------------------


def _found_by_calls(graph: Graph) -> list[FileFound]:
    """From the innermost function that called and whose code agrees with the graph."""
    for frame in frames(frame_of_variables()):
        found = _made_in(frame, graph)
        if found:
            return [found]
    return []


def _made_in(frame: FrameType, graph: Graph) -> FileFound | None:
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    tree = _parsed(lines)
    body = _body_of(frame, tree) if tree else None
    if not body:
        return None
    known = graph.reading.known
    nodes = {id(node) for node in graph.nodes}
    read = ((name, known(thing)) for name, thing in variables(frame, with_globals=False))
    holds = {name: node for name, node in read if id(node) in nodes and node is not None}
    matcher = Matcher(graph.nodes, graph.names, holds)
    done, now = _before(body, frame.f_lineno)
    try:
        if now is not None:
            matcher.result(now, graph.roots)
        matcher.backwards(done)
    except RecursionError:  # an expression of hundreds of terms
        return None
    matcher.spread()
    if all(node.op is None for node in matcher.made):
        return None
    return FileFound(frame.f_code.co_filename, matcher.made, matcher.loops)


def _body_of(frame: FrameType, tree: ast.Module) -> Sequence[ast.stmt] | None:
    """The statements that this frame runs: those of a function, or of the file."""
    if frame.f_code.co_name == "<module>":
        return tree.body
    for x in ast.walk(tree):
        if isinstance(x, (ast.FunctionDef, ast.AsyncFunctionDef)) and x.name == frame.f_code.co_name:
            first = min([x.lineno, *(each.lineno for each in x.decorator_list)])
            if frame.f_code.co_firstlineno in (first, x.lineno):
                return x.body
    return None


def _before(body: Sequence[ast.stmt], line: int) -> tuple[list[ast.stmt], ast.stmt | None]:
    """The statements that are done on this line, and the one that runs; of what it holds only what is done."""
    done = [x for x in body if (x.end_lineno or x.lineno) < line]
    now = next((x for x in body if x.lineno <= line <= (x.end_lineno or x.lineno)), None)
    inner = getattr(now, "body", None)
    if not isinstance(inner, list):
        return done, now
    more, now = _before(inner, line)
    return [*done, *more], now


def _parsed(lines: Sequence[str]) -> ast.Module | None:
    if not lines or len(lines) > LONGEST_FILE:
        return None
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):  # a cell with magic commands, a file that has changed since
        return None


# --- what travels -----------------------------------------------------------------------------------------------------


def _written(graph: Graph, files: Sequence[FileFound]) -> Listing | None:
    result: Listing = {"files": [], "lines": [], "spans": [], "of": {}}
    spans: dict[tuple[int, int, int], int] = {}
    for path, made, others in files:
        source = linecache.getlines(path)
        shown = _shown_lines(made, others, source)
        result["files"].append([_name(path), len(result["lines"])])
        texts = [source[n - 1] for n in shown if source[n - 1].strip()]
        margin = min((len(text) - len(text.lstrip()) for text in texts), default=0)
        row_of = {}
        for n in shown:
            row_of[n] = len(result["lines"])
            result["lines"].append([n, visible(source[n - 1].rstrip()[margin:])[:LONGEST_LINE]])
        for node, place in made.items():
            if place[0] in row_of:
                start, end = _columns(source[place[0] - 1], place)
                span = (row_of[place[0]], max(0, start - margin), max(0, end - margin))
                result["of"][str(graph.number[node])] = spans.setdefault(span, len(spans))
    result["spans"] = [list(span) for span in spans]
    return result if result["of"] else None


def _shown_lines(made: Made, others: Collection[int], source: Sequence[str]) -> list[int]:
    """Lines that made nodes, those with the most if they are too many, and the few lines between them."""
    uses = Counter(line for first, _, last, _ in made.values() for line in range(first, last + 1))
    uses.update(others)
    most = sorted(line for line, _ in uses.most_common(MOST_LINES) if line <= len(source))
    shown: list[int] = most[:1]
    for before, line in pairwise(most):
        shown += range(before + 1 if line - before <= GAP + 1 else line, line + 1)
    return shown


def _columns(text: str, place: Place) -> tuple[int, int]:
    """The part of a line, counted as JavaScript counts; of an expression of several lines what stands on the first."""
    first, start, last, end = place
    encoded = text.rstrip().encode()
    return _units(encoded[:start]), _units(encoded[: end if last == first else len(encoded)])


def _units(text: bytes) -> int:
    return len(text.decode("utf-8", "replace").encode("utf-16-le")) // 2


def _name(path: str) -> str:
    if re.search(r"ipykernel_\d+|^<ipython-input", path):
        return "this notebook"
    return visible(os.path.basename(path))[:80]
