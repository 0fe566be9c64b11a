"""Exercises of notebook 11, *Build your own engine*: a class `Value`, built method by method.

Each step puts functions into one class, and the class is the answer, as far as it has grown. The solution of a step
is run on top of the steps before it; `use_solution` runs it on the learner's own class.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from .exercise import Exercise, StillEmpty, Test

BARE = """
class Value:
    pass
"""

STEPS = [
    """
def init(self, data):
    self.data = data
    self.grad = 0.0


Value.__init__ = init
""",
    """
def show(self):
    return f"Value(data={self.data})"


Value.__repr__ = show
""",
    """
def add(self, other):
    return Value(self.data + other.data)


Value.__add__ = add
""",
    """
def multiply(self, other):
    return Value(self.data * other.data)


Value.__mul__ = multiply
""",
    """
def init(self, data, parents=(), op=""):
    self.data = data
    self.grad = 0.0
    self.parents = parents
    self.op = op


def add(self, other):
    return Value(self.data + other.data, (self, other), "+")


def multiply(self, other):
    return Value(self.data * other.data, (self, other), "*")


Value.__init__, Value.__add__, Value.__mul__ = init, add, multiply
""",
    """
def init(self, data, parents=(), op="", local_derivatives=()):
    self.data = data
    self.grad = 0.0
    self.parents = parents
    self.op = op
    self.local_derivatives = local_derivatives


def add(self, other):
    return Value(self.data + other.data, (self, other), "+", (1.0, 1.0))


def multiply(self, other):
    return Value(self.data * other.data, (self, other), "*", (other.data, self.data))


Value.__init__, Value.__add__, Value.__mul__ = init, add, multiply
""",
    """
def send(self):
    for parent, local_derivative in zip(self.parents, self.local_derivatives):
        parent.grad = local_derivative * self.grad


Value.send = send
""",
    """
def topological_order(self):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(self)
    return order


Value.topological_order = topological_order
""",
    """
def send(self):
    for parent, local_derivative in zip(self.parents, self.local_derivatives):
        parent.grad += local_derivative * self.grad


Value.send = send
""",
    """
import math


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def add(self, other):
    other = as_value(other)
    return Value(self.data + other.data, (self, other), "+", (1.0, 1.0))


def multiply(self, other):
    other = as_value(other)
    return Value(self.data * other.data, (self, other), "*", (other.data, self.data))


def power(self, n):
    return Value(self.data**n, (self,), f"**{n}", (n * self.data ** (n - 1),))


def tanh(self):
    y = math.tanh(self.data)
    return Value(y, (self,), "tanh", (1 - y * y,))


Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply
Value.__pow__ = power
Value.__neg__ = lambda self: self * -1
Value.__sub__ = lambda self, other: self + -other
Value.__rsub__ = lambda self, other: -self + other
Value.tanh = tanh
""",
]

# What the notebook gives after step 8.
BACKWARD = """
def backward(self):
    order = self.topological_order()
    for node in order:
        node.grad = 0.0
    self.grad = 1.0
    for node in reversed(order):
        node.send()


Value.backward = backward
"""


def _near(x: Any, right: float) -> bool:
    return isinstance(x, (int, float)) and math.isclose(x, right, rel_tol=1e-6, abs_tol=1e-9)


def _on_class(test: Callable[[Any], str | None]) -> Test:
    def complaint(answer: Any) -> str | None:
        if not isinstance(answer, type):
            return f"the answer is the class itself: check(…, Value), got {type(answer).__name__}"
        return test(answer)

    return complaint


def _holds_data(cls: Any) -> str | None:
    v = cls(2.5)
    if not vars(v):
        raise StillEmpty
    if getattr(v, "data", None) != 2.5:
        return "Value(2.5).data should be 2.5: write self.data = data"
    if getattr(v, "grad", None) != 0:
        return "Value(2.5).grad should be 0.0 in the beginning: write self.grad = 0.0"
    if cls(1.0).data == v.data:
        return "all Values hold the same number; it belongs to self"
    return None


def _shows(cls: Any) -> str | None:
    shown = cls.__repr__(cls(2.5))
    if shown is None:
        raise StillEmpty
    if not isinstance(shown, str):
        return f"__repr__ returns a string, yours returned {type(shown).__name__}; print is not needed"
    if "2.5" not in shown:
        return f"Value(2.5) is shown as {shown!r}; its number should be seen, as in Value(data=2.5)"
    return None


def _computes(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Any], str | None]:
    def test(cls: Any) -> str | None:
        a, b = cls(2.0), cls(-3.0)
        result, right = function(a, b), function(2.0, -3.0)
        if result is None:
            raise StillEmpty
        if not isinstance(result, cls):
            return f"a {symbol} b should be a Value again, so that one can go on computing, got {type(result).__name__}"
        if result is a or result is b or (a.data, b.data) != (2.0, -3.0):
            return "a and b should stay as they are: make a new Value"
        if not _near(result.data, right):
            return f"Value(2.0) {symbol} Value(-3.0) should hold {right:g}, yours holds {result.data}"
        return None

    return test


def _add_and_multiply(cls: Any) -> str | None:
    if not vars(cls(2.0)):
        raise StillEmpty
    sums, products = _computes("+", operator.add), _computes("·", operator.mul)
    return _holds_data(cls) or sums(cls) or products(cls)


def _remembers(cls: Any) -> str | None:
    problem = _add_and_multiply(cls)
    if problem:
        return problem
    a, b = cls(2.0), cls(-3.0)
    if tuple(getattr(a, "parents", (None,))) != ():
        return "a Value that you put in has no parents: Value(2.0).parents should be ()"
    for symbol, result in (("+", a + b), ("*", a * b)):
        parents = tuple(result.parents)
        if not parents:
            return f"a {symbol} b does not know its parents: give (self, other) to the new Value"
        if len(parents) != 2 or parents[0] is not a or parents[1] is not b:
            return f"the parents of a {symbol} b are a and b themselves, in this order; yours are {parents}"
        if getattr(result, "op", "") != symbol:
            return f"a {symbol} b should have the op {symbol!r}, yours has {getattr(result, 'op', None)!r}"
    if len((a * a).parents) != 2:
        return "a * a has the parent a twice: a tuple or a list, not a set"
    return None


def _knows_local_derivatives(cls: Any) -> str | None:
    problem = _remembers(cls)
    if problem:
        return problem
    a, b = cls(2.0), cls(-3.0)
    if not hasattr(a, "local_derivatives"):
        return "a Value needs the attribute local_derivatives: () for one that you put in"
    for symbol, result, right in (("+", a + b, (1.0, 1.0)), ("·", a * b, (-3.0, 2.0))):
        local = tuple(result.local_derivatives)
        if local == right:
            continue
        if len(local) != 2:
            return f"a {symbol} b has two parents, so two local derivatives; yours: {local}"
        if symbol == "·" and local == (2.0, -3.0):
            return (
                "of a · b the local derivatives are the wrong way round: turn a, and the product moves b times as far"
            )
        if not all(isinstance(x, (int, float)) for x in local):
            return f"local derivatives are plain numbers, .data of a Value, yours are {local}"
        return f"for a = 2 and b = -3 the local derivatives of a {symbol} b are {right}, yours are {local}"
    return None


def _sends(cls: Any) -> str | None:
    a, b = cls(2.0), cls(-3.0)
    product = a * b
    product.grad = 10.0
    if not hasattr(product, "send"):
        return "Value has no method send yet: end the cell with Value.send = send"
    product.send()
    if a.grad == 0 and b.grad == 0 and product.grad == 10.0:
        raise StillEmpty
    if product.grad != 10.0:
        return "send changes the gradients of the parents, not the node's own"
    if _near(a.grad, -3.0) and _near(b.grad, 2.0):
        return "these are the local derivatives alone; multiply each by self.grad"
    if not (_near(a.grad, -30.0) and _near(b.grad, 20.0)):
        return (
            "for a = 2, b = -3 and a product with the gradient 10, a should get -3 · 10 and b 2 · 10, "
            f"yours got {a.grad} and {b.grad}"
        )
    cls(1.0).send()  # a node without parents has nobody to send to
    return None


def _orders(cls: Any) -> str | None:
    a, b = cls(2.0), cls(3.0)
    s = a + b
    t = s * a
    u = t * s
    if not hasattr(u, "topological_order"):
        return "Value has no method topological_order yet: Value.topological_order = topological_order"
    order = u.topological_order()
    if order is None:
        raise StillEmpty
    if not isinstance(order, (list, tuple)):
        return f"the order is a list of nodes, got {type(order).__name__}"
    names = {id(a): "a", id(b): "b", id(s): "s", id(t): "t", id(u): "u"}
    yours = [names.get(id(node), "?") for node in order]
    where = f"for s = a + b, t = s · a, u = t · s your order is {', '.join(yours) or 'empty'}: "
    if len(set(yours)) < len(yours):
        return where + "a node that is used twice is still one node, and stands in the list once"
    if set(yours) != {"a", "b", "s", "t", "u"}:
        return where + "all nodes below u belong in it, and u itself"
    for node in (s, t, u):
        late = [names[id(p)] for p in node.parents if yours.index(names[id(p)]) > yours.index(names[id(node)])]
        if late and yours[0] == "u":
            return where + "this starts with the result; each node should come after its parents"
        if late:
            return where + f"{names[id(node)]} comes before its parent {late[0]}; append a node when its parents are in"
    return None


def _adds_up(cls: Any) -> str | None:
    if not hasattr(cls, "backward"):
        return "Value has no method backward yet: run the cell above that gives it one"
    x = cls(3.0)
    (x * x).backward()
    if x.grad == 0:
        raise StillEmpty
    if _near(x.grad, 3.0):
        return "d(x·x)/dx is 6 at x = 3, yours is 3: the second share has overwritten the first"
    if not _near(x.grad, 6.0):
        return f"d(x·x)/dx is 6 at x = 3, yours is {x.grad}"
    a, b = cls(2.0), cls(3.0)
    s = a + b
    u = s * a * s  # (a + b)²·a
    for time in ("", " when backward is called again"):
        u.backward()
        for name, node, right in (("a", a, 45.0), ("b", b, 20.0)):
            if not _near(node.grad, right):
                return f"d/d{name} of (a + b)·a·(a + b) is {right:g} at a = 2, b = 3, yours is {node.grad}{time}"
    return None


FORMULAS: list[tuple[str, Callable[[Any], Any]]] = [
    ("v + v * v", lambda v: v + v * v),
    ("v + 1", lambda v: v + 1),
    ("1 + v", lambda v: 1 + v),
    ("v * 2", lambda v: v * 2),
    ("2 * v", lambda v: 2 * v),
    ("-v", lambda v: -v),
    ("v - 1", lambda v: v - 1),
    ("v - v * v", lambda v: v - v * v),
    ("1 - v", lambda v: 1 - v),
    ("v ** 2", lambda v: v**2),
    ("v ** 3", lambda v: v**3),
    ("v.tanh()", lambda v: v.tanh() if hasattr(v, "tanh") else math.tanh(v)),
    ("(2 * v - 1).tanh()", lambda v: (2 * v - 1).tanh() if hasattr(v, "tanh") else math.tanh(2 * v - 1)),
]


def _has_operators(cls: Any) -> str | None:
    x, h = 0.6, 1e-5
    for text, f in FORMULAS:
        v = cls(x)
        if "tanh" in text and not hasattr(v, "tanh"):
            return "v.tanh() is missing: Value.tanh = tanh"
        try:
            y = f(v)
        except Exception as error:
            return f"{text} raised {type(error).__name__}: {error}"
        if y is None and text == FORMULAS[0][0]:
            raise StillEmpty
        if y is None:
            return f"{text} gave None: this operator is still empty"
        if not isinstance(y, cls):
            return f"{text} should be a Value, got {type(y).__name__}"
        if not _near(y.data, f(x)):
            return f"{text} at v = {x} should be {f(x):.6g}, yours is {y.data}"
        y.backward()
        slope = (f(x + h) - f(x - h)) / (2 * h)
        if not (isinstance(v.grad, (int, float)) and math.isclose(v.grad, slope, rel_tol=1e-4, abs_tol=1e-6)):
            return (
                f"{text} at v = {x} is right, but nudging v says the derivative is {slope:.4g}, and yours is {v.grad}"
            )
    return None


def _step(
    number: int, test: Callable[[Any], str | None], hints: list[str], wrong: dict[str, str], praise: str
) -> Exercise:
    before = BARE + "".join(STEPS[: number - 1]) + (BACKWARD if number > 8 else "")
    return Exercise(
        f"11.{number}", _on_class(test), hints, STEPS[number - 1], wrong, praise, variable="Value", before=before
    )


EXERCISES = [
    _step(
        1,
        _holds_data,
        ["A method gets its object as self. What belongs to it is kept in attributes: self.data = …"],
        {
            "def init(self, data):\n    self.data = data\nValue.__init__ = init": (
                "Value(2.5).grad should be 0.0 in the beginning: write"
            ),
            "def init(self, data):\n    Value.data = data\n    self.grad = 0.0\nValue.__init__ = init": (
                "all Values hold the same number; it belongs to self"
            ),
            "Value = 3": "the answer is the class itself: check(…, Value), got int",
            "def init(self, number):\n    self.number = number\n    self.grad = 0.0\nValue.__init__ = init": (
                "Value(2.5).data should be 2.5: write self.data = data"
            ),
            "def init(self, data):\n    self.data = data\n    self.grad = None\nValue.__init__ = init": (
                "Value(2.5).grad should be 0.0 in the beginning: write"
            ),
        },
        "A Value holds a number, and a place for its gradient.",
    ),
    _step(
        2,
        _shows,
        ['An f-string puts numbers into text: f"Value(data={self.data})".'],
        {
            "Value.__repr__ = lambda self: self.data": "__repr__ returns a string, yours returned float; print",
            "Value.__repr__ = lambda self: 'a Value'": "Value(2.5) is shown as 'a Value'; its number should be",
            "Value.__repr__ = lambda self: 'Value(data=data)'": "Value(2.5) is shown as 'Value(data=data)'; its number",
            "Value.__repr__ = lambda self: f'Value(data={self})'": (
                "your answer raised RecursionError: maximum recursion"
            ),
            "Value.__repr__ = 2.5": "your answer raised TypeError: 'float' object is not",
        },
        "Python calls __repr__ when a Value stands at the end of a cell.",
    ),
    _step(
        3,
        _computes("+", operator.add),
        ["The number of the sum is self.data + other.data.", "Put it into a new Value, and return that."],
        {
            "Value.__add__ = lambda self, other: self.data + other.data": (
                "a + b should be a Value again, so that one can go on"
            ),
            "Value.__add__ = lambda self, other: Value(self.data - other.data)": (
                "Value(2.0) + Value(-3.0) should hold -1, yours holds 5.0"
            ),
            "def add(self, other):\n    self.data += other.data\n    return self\nValue.__add__ = add": (
                "a and b should stay as they are: make a new Value"
            ),
            "Value.__add__ = lambda self, other: Value(self.data + other)": (
                "your answer raised TypeError: unsupported operand"
            ),
            "Value.__add__ = lambda self, other: Value(self.data)": (
                "Value(2.0) + Value(-3.0) should hold -1, yours holds 2.0"
            ),
        },
        "a + b now means a.__add__(b).",
    ),
    _step(
        4,
        _computes("·", operator.mul),
        ["As in step 3, with a product."],
        {
            "Value.__mul__ = lambda self, other: self + other": "Value(2.0) · Value(-3.0) should hold -6, yours holds",
            "Value.__mul__ = lambda self, other: self.data * other.data": (
                "a · b should be a Value again, so that one can go on"
            ),
            "Value.__mul__ = lambda self, other: Value(self.data)": (
                "Value(2.0) · Value(-3.0) should hold -6, yours holds 2.0"
            ),
            "Value.__mul__ = lambda self, other: Value(self.data * other)": (
                "your answer raised TypeError: unsupported operand"
            ),
            "def multiply(self, other):\n    self.data *= other.data\n    return self\nValue.__mul__ = multiply": (
                "a and b should stay as they are: make a new Value"
            ),
        },
        "",
    ),
    _step(
        5,
        _remembers,
        [
            "self.parents = parents and self.op = op keep what a Value was made from.",
            'In add: Value(self.data + other.data, (self, other), "+").',
        ],
        {
            STEPS[4].replace('(self, other), "*"', '(), ""'): "a * b does not know its parents: give (self, other) to",
            STEPS[4].replace(
                ' (self, other), "', ' tuple({self: 1, other: 1}), "'
            ): "a * a has the parent a twice: a tuple or a list, not a",
            STEPS[4].replace('(self, other), "*"', '(self, other), "x"'): "a * b should have the op '*', yours has 'x'",
            STEPS[4].replace("    self.parents = parents\n", ""): "a Value that you put in has no parents:",
            STEPS[4].replace(
                '(self, other), "*"', '(other, self), "*"'
            ): "the parents of a * b are a and b themselves, in this order",
        },
        "A node now knows where it came from.",
    ),
    _step(
        6,
        _knows_local_derivatives,
        [
            "Turn a by a little: a + b moves just as far. Turn b: the same.",
            "Turn a by a little: a · b moves b times as far. Turn b: a times as far.",
            "(1.0, 1.0) for the sum, (other.data, self.data) for the product.",
        ],
        {
            STEPS[5].replace(
                "(other.data, self.data)", "(self.data, other.data)"
            ): "of a · b the local derivatives are the wrong way round:",
            STEPS[5].replace(
                "(other.data, self.data)", "(other, self)"
            ): "local derivatives are plain numbers, .data of a Value,",
            STEPS[5].replace("(1.0, 1.0)", "(1.0,)"): "a + b has two parents, so two local derivatives; yours:",
            STEPS[5].replace("(1.0, 1.0)", "(0.0, 1.0)"): "for a = 2 and b = -3 the local derivatives of a + b are",
            STEPS[5].replace(
                "    self.local_derivatives = local_derivatives\n", ""
            ): "a Value needs the attribute local_derivatives: () for",
        },
        "One number for each edge, found while computing forward.",
    ),
    _step(
        7,
        _sends,
        [
            "Each parent gets: local derivative times the node's own gradient.",
            "zip(self.parents, self.local_derivatives) goes through both at once.",
        ],
        {
            STEPS[6].replace(" * self.grad", ""): "these are the local derivatives alone; multiply each by",
            STEPS[6].replace(
                "local_derivative * self.grad", "self.grad"
            ): "for a = 2, b = -3 and a product with the gradient 10, a",
            STEPS[6].replace(
                "parent.grad = local_derivative", "self.grad = local_derivative"
            ): "send changes the gradients of the parents, not the",
            "def send(self):\n    self.parents[0].grad = self.local_derivatives[0] * self.grad\nValue.send = send": (
                "yours got -30.0 and 0.0"
            ),
            STEPS[6].replace(
                "parent.grad = local_derivative * self.grad", "parent.grad = local_derivative + self.grad"
            ): "for a = 2, b = -3 and a product with the gradient 10, a",
        },
        "This one line is the chain rule.",
    ),
    _step(
        8,
        _orders,
        [
            "A function that visits a node first visits its parents, then appends the node.",
            "Keep a set of nodes that were visited, and do nothing when a node is in it.",
        ],
        {
            (
                STEPS[7]
                .replace("            order.append(node)\n", "")
                .replace("seen.add(node)", "seen.add(node); order.append(node)")
            ): "for s = a + b, t = s · a, u = t · s your order is u, t,",
            STEPS[7].replace(
                "if node not in seen:", "if True:"
            ): "for s = a + b, t = s · a, u = t · s your order is a, b,",
            STEPS[7].replace(
                "return order", "return order[:-1]"
            ): "for s = a + b, t = s · a, u = t · s your order is a, b,",
            STEPS[7].replace("return order", "return set(order)"): "the order is a list of nodes, got set",
            "Value.topological_order = lambda self: [*self.parents[0].parents[0].parents, *self.parents, self]": (
                "for s = a + b, t = s · a, u = t · s your order is a, b,"
            ),
        },
        "Backwards through this list, a node is reached when all its children have sent.",
    ),
    _step(
        9,
        _adds_up,
        ["Shares add up: a single character is missing in send.", "parent.grad += local_derivative * self.grad"],
        {
            STEPS[6]: "d(x·x)/dx is 6 at x = 3, yours is 3: the second share",
            STEPS[8].replace(
                "local_derivative * self.grad", "2 * local_derivative * self.grad"
            ): "d(x·x)/dx is 6 at x = 3, yours is 12.0",
            STEPS[8].replace("+=", "-="): "d(x·x)/dx is 6 at x = 3, yours is -6.0",
            STEPS[8].replace("local_derivative * self.grad", "self.grad"): "d(x·x)/dx is 6 at x = 3, yours is 2.0",
            STEPS[8].replace(
                "local_derivative * self.grad", "local_derivative"
            ): "d/da of (a + b)·a·(a + b) is 45 at a = 2, b = 3, yours",
        },
        "Multiply along the paths, add over the paths.",
    ),
    _step(
        10,
        _has_operators,
        [
            "as_value(other) at the beginning of add and multiply turns 1 into Value(1).",
            "1 + v asks v.__radd__(1), which is the same as v + 1. So Value.__radd__ = add.",
            "The local derivative of v ** n is n · v ** (n - 1), that of tanh is 1 - tanh².",
            "-v is v * -1, v - w is v + (-w), 1 - v is (-v) + 1: no new derivatives.",
        ],
        {
            STEPS[9].replace(
                "Value.__add__ = Value.__radd__ = add", "Value.__add__ = add"
            ): "1 + v raised TypeError: unsupported operand type(s) for",
            STEPS[9].replace(
                "n * self.data ** (n - 1)", "self.data ** (n - 1)"
            ): "v ** 2 at v = 0.6 is right, but nudging v says the",
            STEPS[9].replace("1 - y * y", "1 - y"): "v.tanh() at v = 0.6 is right, but nudging v says the",
            STEPS[9].replace("-self + other", "self + -other"): "1 - v at v = 0.6 should be 0.4, yours is -0.4",
            STEPS[9].replace("Value.tanh = tanh\n", ""): "v.tanh() is missing: Value.tanh = tanh",
            STEPS[9].replace(
                "return Value(self.data**n", "return self.data**n\n    return Value(self.data**n"
            ): "v ** 2 should be a Value, got float",
            STEPS[9].replace(
                "Value.__neg__ = lambda self: self * -1", "Value.__neg__ = lambda self: ..."
            ): "-v should be a Value, got ellipsis",
        },
        "Every formula of these operators now has its derivative.",
    ),
]
