"""Whether a branch of the user's code chooses what is computed with a node, or only looks at its number.

`if loss < best: best = loss.data` looks. `if y > 100: return 100 * one` chooses, even when it was not taken. The source
code shows which: a branch that only looks neither returns, nor assigns the node, nor assigns another node to its name.
When in doubt, a branch chooses.

Entry point: `only_looks`.
"""

from __future__ import annotations

import ast
import linecache
from collections import ChainMap
from collections.abc import Collection, Sequence
from functools import lru_cache
from types import FrameType

Statement = ast.If | ast.While | ast.Assert

EXPRESSIONS = {"<lambda>", "<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>"}
CHOOSING = (ast.IfExp, ast.Lambda, ast.GeneratorExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.NamedExpr)


def only_looks(node: object, frame: FrameType) -> bool:
    """Whether the line that this frame runs is the test of an `if`, `while` or `assert` that only looks at the node."""
    path, line = frame.f_code.co_filename, frame.f_lineno
    if frame.f_code.co_name in EXPRESSIONS:
        return False
    scope = ChainMap(frame.f_locals, frame.f_globals)
    return _only_looks(path, line, tuple([name for name in _names_tested(path, line) if scope.get(name) is node]))


@lru_cache(maxsize=256)
def _only_looks(path: str, line: int, names: Collection[str]) -> bool:
    """The same, where the node goes by these names."""
    statement = _tested_at(path, line)
    if statement is None or isinstance(statement, ast.Assert):
        return statement is not None
    is_if = isinstance(statement, ast.If)
    return not any(_chooses(x, names, is_if) for part in statement.body + statement.orelse for x in ast.walk(part))


@lru_cache(maxsize=256)
def _names_tested(path: str, line: int) -> Collection[str]:
    statement = _tested_at(path, line)
    return {x.id for x in ast.walk(statement.test) if isinstance(x, ast.Name)} if statement else ()


def _chooses(x: ast.AST, names: Collection[str], is_if: bool) -> bool:
    """Whether this piece of code in a branch passes on the node that goes by these names, or something in its place."""
    if isinstance(x, ast.Return):
        return not (
            x.value is None or (isinstance(x.value, ast.Constant) and isinstance(x.value.value, (bool, type(None))))
        )
    if isinstance(x, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)):
        targets = x.targets if isinstance(x, ast.Assign) else [x.target]
        assigned = any(isinstance(y, ast.Name) and y.id in names for target in targets for y in ast.walk(target))
        # A training loop computes the loss again: `while loss > 0.1: loss = …`.
        in_its_place = assigned and (is_if or isinstance(x, ast.AugAssign))
        return in_its_place or (x.value is not None and _mentions(x.value, names))
    return isinstance(x, (ast.Yield, ast.YieldFrom))


def _mentions(value: ast.expr, names: Collection[str]) -> bool:
    """Whether one of these names occurs in an expression, other than as in `loss.data`."""
    owners = {id(x.value) for x in ast.walk(value) if isinstance(x, ast.Attribute)}
    return any(isinstance(x, ast.Name) and x.id in names and id(x) not in owners for x in ast.walk(value))


def _tested_at(path: str, line: int) -> Statement | None:
    """The innermost statement whose test is on this line; None if another expression there may choose."""
    found = [x for x in _statements(path) if x.test.lineno <= line <= (x.test.end_lineno or line)]
    if not found or any(isinstance(x, CHOOSING) for x in ast.walk(found[-1].test)):
        return None
    return found[-1]


@lru_cache(maxsize=16)
def _statements(path: str) -> Sequence[Statement]:
    """The statements of a file that test something, in the order of their lines."""
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):  # code that is in no file, or in one that has changed since
        return []
    return sorted(
        (x for x in ast.walk(tree) if isinstance(x, (ast.If, ast.While, ast.Assert))),
        key=lambda x: (x.lineno, x.col_offset),
    )
