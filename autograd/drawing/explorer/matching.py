"""Which expression of the user's code made which node, found from the code and the graph alone.

The statements before the call of `explore` are read backwards, with what each variable holds at that point. At first
these are the variables of the frame; `y = y.tanh()` says that the node in `y` came from a tanh, and its parent was in
`y` before. An expression is taken for the source of a node only where operations, numbers and variables all agree, so a
loop is walked backwards for as long as its body agrees with the graph. What a function computed that was called there
belongs to the call.

Entry point: `Matcher`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from ...value import Value

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
SWAPPED = frozenset("+*")  # Python asks the other operand for these, too
K = TypeVar("K")
V = TypeVar("V")
Place = tuple[int, int, int, int]  # of an expression: its first line and column, its last line and column


class _Undoable(dict[K, V]):
    """A dict that remembers what was put and taken, so that a wrong guess costs no more than itself."""

    def __init__(self, given: Mapping[K, V] | None = None) -> None:
        super().__init__(given or {})
        self.changes: list[tuple[K, V | None]] = []

    def put(self, key: K, x: V) -> V:
        """What is held under this key: x, where nothing was."""
        if key not in self:
            self.changes.append((key, None))
            self[key] = x
        return self[key]

    def take(self, key: K) -> V | None:
        if key in self:
            self.changes.append((key, self[key]))
        return self.pop(key, None)

    def undo(self, length: int) -> None:
        while len(self.changes) > length:
            key, before = self.changes.pop()
            if before is None:
                del self[key]
            else:
                self[key] = before


class Matcher:
    """Reads code backwards.

    Attributes: `made`, for each node the place of the expression that made it; `loops`, the lines where loops begin
    that made nodes.

    Args:
        nodes: of the graph.
        names: how nodes are called.
        variables: what each variable holds after the code.
    """

    def __init__(self, nodes: Sequence[Value], names: Mapping[Value, str], variables: Mapping[str, Value]) -> None:
        self.names = names
        self.holds = _Undoable(variables)
        self.made: _Undoable[Value, Place] = _Undoable()
        self.loops: set[int] = set()
        self.inside: _Undoable[Value, Place] = _Undoable()  # computed by a call; so may be what it was computed from
        self.steps = 4 * len(nodes) + 1000  # so that no loop is walked for ever

    def backwards(self, body: Sequence[ast.stmt]) -> bool:
        """Whether something in these statements made a node."""
        before = len(self.made)
        for statement in reversed(body):
            self._statement(statement)
        return len(self.made) > before

    def result(self, statement: ast.stmt, roots: Sequence[Value]) -> None:
        """The statement with the call itself, `explore(a * b)`: one of its expressions may be the result."""
        for expression in (x for x in ast.walk(statement) if isinstance(x, ast.expr)):
            found = operation_of(expression)
            for root in roots:
                if found and root.op is not None and found[0] in (root.op.symbol, root.op.name):
                    self._try(expression, root)

    def spread(self) -> None:
        """What a call computed along the way belongs to its line: the unnamed nodes down to those that are known."""
        for node, place in sorted(self.inside.items(), key=lambda item: item[1]):
            stack = [node]
            while stack:
                each = stack.pop()
                for parent in each.parents:
                    if parent.op is not None and parent not in self.made and parent not in self.names:
                        self.made[parent] = place
                        stack.append(parent)

    # --- statements ---------------------------------------------------------------------------------------------------

    def _statement(self, statement: ast.stmt) -> None:
        self.steps -= 1
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            self._assigned(statement.targets[0], statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assigned(statement.target, statement.value)
        elif isinstance(statement, ast.AugAssign):
            self._in_its_place(statement)
        elif isinstance(statement, (ast.For, ast.While)):
            self._loop(statement)
        elif isinstance(statement, ast.With):
            self.backwards(statement.body)
        elif isinstance(statement, ast.If):
            self.backwards(statement.body) or self.backwards(statement.orelse)
        elif not isinstance(statement, ast.Expr):
            self._forget(statement)

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for each, part in reversed(list(zip(target.elts, value.elts, strict=True))):
                self._assigned(each, part)
        elif isinstance(target, ast.Name):
            node = self.holds.take(target.id)
            if node is not None:
                self._claim(node, value)
            elif isinstance(value, (ast.List, ast.ListComp)):
                self._listed(target.id, value)
        else:
            self._forget(target)

    def _claim(self, node: Value, value: ast.expr) -> None:
        if node in self.made or (node.op is None and not _makes(value)):
            return
        if not self._try(value, node):
            self.made.put(node, place_of(value))
            if node.op is not None:
                self.inside.put(node, place_of(value))

    def _in_its_place(self, statement: ast.AugAssign) -> None:
        if not isinstance(statement.target, ast.Name):
            return
        node = self.holds.take(statement.target.id)
        if node is None:
            return
        before = ast.copy_location(ast.Name(statement.target.id, ast.Load()), statement)
        self._try(ast.copy_location(ast.BinOp(before, statement.op, statement.value), statement), node)

    def _loop(self, loop: ast.For | ast.While) -> None:
        """Its body for as long as it agrees with the graph."""
        while self.steps > 0:
            before, called = self._mark(), len(self.inside)
            found = self.backwards(loop.body)
            if isinstance(loop, ast.For):
                self._forget(loop.target)
            if not found:
                self._undo(before)
                break
            self.loops.add(loop.lineno)
            if len(self.inside) > called:
                break  # what a call returned may be anything, so the round before cannot be told
        self._forget(loop)

    def _listed(self, name: str, value: ast.List | ast.ListComp) -> None:
        """Nodes called `name[0]`, `name[1]`, … were made by the elements of this list."""
        for node, called in self.names.items():
            if not called.startswith(f"{name}[") or node in self.made:
                continue
            if isinstance(value, ast.ListComp):
                self._undone_if_not(partial(self._element, value, node))
            else:
                place = called[len(name) + 1 : -1]
                if place.isdecimal() and int(place) < len(value.elts):
                    self._claim(node, value.elts[int(place)])

    def _element(self, comprehension: ast.ListComp | ast.GeneratorExp, node: Value) -> bool:
        """An element of a comprehension, whose variables are its own."""
        own = {x.id for each in comprehension.generators for x in ast.walk(each.target) if isinstance(x, ast.Name)}
        outer = {name: self.holds.take(name) for name in own}
        found = self._match(comprehension.elt, node)
        for name, held in outer.items():
            self.holds.take(name)
            if held is not None:
                self.holds.put(name, held)
        return found

    def _forget(self, tree: ast.AST) -> None:
        for x in ast.walk(tree):
            if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store):
                self.holds.take(x.id)

    # --- expressions --------------------------------------------------------------------------------------------------

    def _try(self, expression: ast.expr, node: Value) -> bool:
        """Whether they match; if not, nothing has changed."""
        return self._undone_if_not(lambda: self._match(expression, node))

    def _undone_if_not(self, match: Callable[[], bool]) -> bool:
        before = self._mark()
        if match():
            return True
        self._undo(before)
        return False

    def _mark(self) -> tuple[int, int, int]:
        return len(self.holds.changes), len(self.made.changes), len(self.inside.changes)

    def _undo(self, mark: tuple[int, int, int]) -> None:
        self.holds.undo(mark[0])
        self.made.undo(mark[1])
        self.inside.undo(mark[2])

    def _match(self, expression: ast.expr, node: Value) -> bool:
        self.steps -= 1
        if isinstance(expression, ast.Name):
            return node.is_constant or self.holds.put(expression.id, node) is node
        number = number_in(expression)
        if number is not None or node.is_constant:
            return node.is_constant and number in (None, node.data)
        found = operation_of(expression)
        if found is None or node.op is None or found[0] not in (node.op.symbol, node.op.name):
            return self._added_up(expression, node) or self._otherwise(expression, node)
        self.made.put(node, place_of(expression))
        # Where none of them fits, whoever tried undoes the place, too.
        return any(self._undone_if_not(partial(self._operands, operands, node)) for operands in orders(*found))

    def _operands(self, operands: Sequence[ast.expr], node: Value) -> bool:
        if len(operands) == 1 and len(node.parents) != 1:
            return self._gathered(operands[0], node)
        return len(operands) == len(node.parents) and all(map(self._match, operands, node.parents))

    def _gathered(self, operand: ast.expr, node: Value) -> bool:
        """sum([a, b]), sum(f(x) for x in xs)"""
        if isinstance(operand, (ast.GeneratorExp, ast.ListComp)):
            return all(self._element(operand, parent) for parent in node.parents)
        if isinstance(operand, (ast.List, ast.Tuple)):
            return len(operand.elts) == len(node.parents) and all(map(self._match, operand.elts, node.parents))
        return isinstance(operand, ast.Name)

    def _added_up(self, expression: ast.expr, node: Value) -> bool:
        """sum(f(x) for x in xs), which Python may have added up one by one, after what it starts with."""
        if not (isinstance(expression, ast.Call) and ast.unparse(expression.func) == "sum" and expression.args):
            return False
        terms, *start = expression.args
        if not isinstance(terms, (ast.GeneratorExp, ast.ListComp)):
            return False
        rest = node
        while rest.op is not None and rest.op.symbol == "+":
            self.made.put(rest, place_of(expression))
            rest, term = rest.parents
            if not self._undone_if_not(partial(self._element, terms, term)):
                return False
        return rest is not node and (not start or self._match(start[0], rest) or (rest.op is None and _makes(start[0])))

    def _otherwise(self, expression: ast.expr, node: Value) -> bool:
        """w[0], self.b, model(x): by name where there is one; what a call returns may be anything."""
        name = self.names.get(node)
        if isinstance(expression, (ast.Subscript, ast.Attribute)):
            return name is None or node.op is None or _base(name) == _base(ast.unparse(expression))
        if isinstance(expression, ast.Call) and node.op is not None and name is None:
            self.made.put(node, place_of(expression))
            self.inside.put(node, place_of(expression))
            return True
        return False


def _makes(value: ast.expr) -> bool:
    """Whether a leaf may have been made here: a class was called, `Value(2.0)`."""
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2][:1].isupper()


def _base(name: str) -> str:
    return name.partition("[")[0].partition(".")[0]


def place_of(x: ast.expr | ast.stmt) -> Place:
    return x.lineno, x.col_offset, x.end_lineno or x.lineno, x.end_col_offset or x.col_offset


def number_in(expression: ast.expr) -> float | None:
    """The number that a literal is.

    >>> number_in(ast.parse("-2").body[0].value)
    -2.0
    """
    sign = 1.0
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        sign, expression = -1.0, expression.operand
    if isinstance(expression, ast.Constant) and isinstance(expression.value, (int, float)):
        return sign * expression.value
    return None


def operation_of(expression: ast.expr) -> tuple[str, list[ast.expr], list[ast.expr]] | None:
    """The operation that an expression asks for, what it is a method of, and the other operands; else None.

    >>> symbol, owner, others = operation_of(ast.parse("(a * b).tanh()").body[0].value)
    >>> symbol, [ast.unparse(x) for x in owner], others
    ('tanh', ['a * b'], [])
    """
    if isinstance(expression, ast.BinOp) and type(expression.op) in SIGNS:
        return SIGNS[type(expression.op)], [], [expression.left, expression.right]
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub) and number_in(expression) is None:
        return "-", [], [expression.operand]
    if isinstance(expression, ast.Call) and not expression.keywords:
        if isinstance(expression.func, ast.Attribute):
            return expression.func.attr, [expression.func.value], expression.args
        if isinstance(expression.func, ast.Name):
            return expression.func.id, [], expression.args
    return None


def orders(symbol: str, owner: list[ast.expr], others: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """The operands, as they may stand in the graph: x.tanh() is a method, autograd.tanh(x) is not."""
    yield [*owner, *others]
    if owner:
        yield others
    elif symbol in SWAPPED:
        yield others[::-1]
