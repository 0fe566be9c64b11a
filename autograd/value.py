r"""The node of a computation graph, and the backward pass.

Computing with Values computes with their numbers and records how: each result remembers the operation that
made it, the nodes it was made from (its *parents*), and one *local derivative* for each parent, "how much
do I change when this parent changes a little". `backward()` then applies the chain rule from the result
back to the leaves:

    parent.grad  +=  local derivative × node.grad

which sums, for every node x, over all paths from x to the result:  x.grad = d(result)/dx.

The operations and their derivative rules are in `operations.py`; this file records and walks.
Entry points: `Value`, its operators and methods, and `Value.backward`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from math import isnan
from numbers import Real
from typing import Any

from . import modes
from . import operations as ops
from .conditions import Branch, Condition
from .elements import Element
from .linearize import linearize, pull_back
from .misuse import check_spelling, refused, stepwise, warn_of_equality
from .operations import Operation, number
from .serialization import copy_node, deep_copy, reduce_node
from .sweeps import send_gradients, send_shares, start, topological_order


class Value(Element):
    """One number in a computation graph.

    Args:
        data: the number; anything that is a real number (int, float, a NumPy scalar).
        label: the name that pictures, messages and `repr` show.
        requires_grad: False freezes the node: no backward pass writes its `.grad`, so nothing trains it.

    Attributes:
        data: the number, a float. Assigning checks it. Assigning never disturbs a graph that was computed
            from the old number: local derivatives are fixed in the forward pass.
        grad: d(result)/d(this node) after `result.backward()`. It is the *integer* 0 until a backward
            pass has reached the node (pictures show a dash), and a float from then on: a Value after
            `backward(create_graph=True)`.
        label: the name, "" when there is none.
        op: the `Operation` that made this node, None for a leaf.
        parents: the nodes it was made from, in order; `x * x` has the parent x twice.
        local_derivatives: d(this node)/d(parent), one for each parent.
        is_constant: True for a number that stood in an expression, as the 2 in `2 * x`.
        requires_grad: whether backward passes write `.grad`; assign False to freeze a leaf, True to free it again.
        source: the line of code that made it, inside `record_source()`.

    You may give a node attributes of your own, too.

    >>> a, b = Value(2.0, "a"), Value(-3.0, "b")
    >>> c = a * b + a**2
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (-2.0, 1.0, 2.0)
    """

    # A graph has millions of nodes. Python's garbage collector looks at every container again and again, so
    # a node is one object: the two parents and two local derivatives of the common operations have slots
    # of their own. An operation with any number of parents keeps two tuples in the `_first…` slots instead.
    __slots__ = (
        "__dict__",  # your own attributes, and label and source where they are set
        "__weakref__",
        "_data",
        "_first",
        "_first_derivative",
        "_second",
        "_second_derivative",
        "grad",
        "op",
    )

    _data: float
    _first: Any
    _second: Any
    _first_derivative: Any
    _second_derivative: Any
    grad: Any
    op: Operation | None
    label: str = ""
    source: str = ""
    is_constant = False
    _branches: tuple[Branch, ...] = ()  # decisions that Python took on its number, see conditions.py
    # The numbers of the leaves when a backward pass last came from this node, () when a compiled program did it: the
    # doctor asks whether they were those of the forward pass. In the `__dict__` of such a node only.
    _backward_at: Sequence[float] | None = None
    _is_frozen = False  # only a frozen leaf has True in its `__dict__`: the others pay no memory for it

    def __init__(self, data: float, label: str = "", *, requires_grad: bool = True) -> None:
        self._data = data if type(data) is float else number(data)
        self.grad = 0
        self.op = self._first = self._second = self._first_derivative = self._second_derivative = None
        if label != "":
            if not isinstance(label, str):
                raise TypeError(
                    f"the label of a Value is a string, got {type(label).__name__}; parents and operation are "
                    "recorded by computing, and autograd.operation(…) adds an operation of your own"
                )
            self.label = label
        if requires_grad is not True:
            self.requires_grad = requires_grad

    # --- what it holds ---------------------------------------------------------------------------

    @property
    def data(self) -> float:
        return self._data

    @data.setter
    def data(self, data: float) -> None:
        if modes.watching:
            modes.observe_change(self, "data")
        self._data = data if type(data) is float else number(data)

    @property
    def parents(self) -> tuple[Value, ...]:
        return _as_tuple(self._first, self._second)

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        return _as_tuple(self._first_derivative, self._second_derivative)

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has reached this node since its gradient was zeroed, or `grad` was set by hand."""
        return self.grad is not None and not (type(self.grad) is int and self.grad == 0)

    @property
    def requires_grad(self) -> bool:
        """Whether backward passes write `.grad`: a leaf says so itself, a result asks the leaves below it.

        >>> w, x = Value(2.0), Value(3.0, requires_grad=False)
        >>> (w * x).backward()
        >>> w.grad, x.grad
        (3.0, 0)
        """
        if self.op is not None:
            return any(leaf.requires_grad for leaf in topological_order(self) if leaf.op is None)
        return not (self.is_constant or self._is_frozen)

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        if not isinstance(flag, bool):
            raise TypeError(f"requires_grad is True or False, got {flag!r}")
        if self.op is not None:
            raise ValueError(
                f"only a leaf can be frozen or freed, and this node was computed by {self.op.name!r}: to stop the "
                "gradient here, go on with `v.detach()`; to freeze what it was computed from, set it on the leaves"
            )
        if self.is_constant:
            if flag:
                raise ValueError("a Constant is never trained: make a leaf, Value(2.0), and compute with that")
        elif flag:
            self.__dict__.pop("_is_frozen", None)
        else:
            self._is_frozen = True
        modes.frozen_since = object()

    def requires_grad_(self, flag: bool = True) -> Value:
        """Set `requires_grad`, and return the node."""
        self.requires_grad = flag
        return self

    def __repr__(self) -> str:
        name = f", label={self.label!r}" if self.label else ""
        grad = 0 if self.grad is None else self.grad
        return f"{type(self).__name__}(data={self._data:.6g}, grad={grad:.6g}{name})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    # --- operators: each records one node -----------------------------------------------------------
    # `+`, `-` and `*` of two nodes are written out: the operation, the number, and with each parent the local
    # derivative. All others ask the table for number and derivatives. These could, too, but most nodes of a network are
    # products and sums, and recording one would take 40 % longer. The tests compare them with the table.

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _node(ops.add, self._data + other._data, self, 1.0, other, 1.0)
        return _binary(ops.add, self, other)

    def __radd__(self, other: Value | float) -> Value:
        return _binary(ops.add, other, self)

    def __sub__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _node(ops.subtract, self._data - other._data, self, 1.0, other, -1.0)
        return _binary(ops.subtract, self, other)

    def __rsub__(self, other: Value | float) -> Value:
        return _binary(ops.subtract, other, self)

    def __mul__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return _node(ops.multiply, self._data * other._data, self, other._data, other, self._data)
        return _binary(ops.multiply, self, other)

    def __rmul__(self, other: Value | float) -> Value:
        return _binary(ops.multiply, other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return _binary(ops.divide, self, other)

    def __rtruediv__(self, other: Value | float) -> Value:
        return _binary(ops.divide, other, self)

    def __pow__(self, exponent: Value | float) -> Value:
        operation = ops.power if isinstance(exponent, Value) else ops.power_of_constant
        return _binary(operation, self, exponent)

    def __rpow__(self, base: Value | float) -> Value:
        return _binary(ops.power, base, self)

    def __neg__(self) -> Value:
        return _unary(ops.negate, self)

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return _unary(ops.absolute, self)

    # --- functions, also found in `autograd` as autograd.exp(x), … -------------------------------------

    def exp(self) -> Value:
        return _unary(ops.exp, self)

    def expm1(self) -> Value:
        return _unary(ops.expm1, self)

    def log(self) -> Value:
        return _unary(ops.log, self)

    def log1p(self) -> Value:
        return _unary(ops.log1p, self)

    def sqrt(self) -> Value:
        return _unary(ops.sqrt, self)

    def abs(self) -> Value:
        return _unary(ops.absolute, self)

    def sin(self) -> Value:
        return _unary(ops.sin, self)

    def cos(self) -> Value:
        return _unary(ops.cos, self)

    def tan(self) -> Value:
        return _unary(ops.tan, self)

    def asin(self) -> Value:
        return _unary(ops.asin, self)

    def acos(self) -> Value:
        return _unary(ops.acos, self)

    def atan(self) -> Value:
        return _unary(ops.atan, self)

    def sinh(self) -> Value:
        return _unary(ops.sinh, self)

    def cosh(self) -> Value:
        return _unary(ops.cosh, self)

    def tanh(self) -> Value:
        return _unary(ops.tanh, self)

    def sigmoid(self) -> Value:
        return _unary(ops.sigmoid, self)

    def softplus(self) -> Value:
        return _unary(ops.softplus, self)

    def relu(self) -> Value:
        return _unary(ops.relu, self)

    # --- comparison is by number; == and hash are by identity, so that nodes can live in sets and dicts -----

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Value):
            return False
        if isinstance(other, Real):  # a condition is one, too
            warn_of_equality()
        return NotImplemented

    __hash__ = object.__hash__

    def __lt__(self, other: Value | float) -> Condition:
        x = _number_in(other)
        return NotImplemented if x is None else Condition(ops.less, self, other, self._data < x)

    def __le__(self, other: Value | float) -> Condition:
        x = _number_in(other)
        return NotImplemented if x is None else Condition(ops.less_equal, self, other, self._data <= x)

    def __gt__(self, other: Value | float) -> Condition:
        x = _number_in(other)
        return NotImplemented if x is None else Condition(ops.less, other, self, self._data > x)

    def __ge__(self, other: Value | float) -> Condition:
        x = _number_in(other)
        return NotImplemented if x is None else Condition(ops.less_equal, other, self, self._data >= x)

    # --- conversions that would silently cut the graph are refused ----------------------------------------

    def __float__(self) -> float:
        raise TypeError(
            "a Value does not turn into a float by itself, as its gradient would be lost: use .data for the "
            "number, and autograd.exp(v) or v.exp() where you would write math.exp(v)"
        )

    def __int__(self) -> int:
        raise TypeError("a Value does not turn into an int by itself: write int(v.data)")

    def __index__(self) -> int:
        raise TypeError(
            "a Value is not a whole number, so it can neither count rounds nor be an index: write "
            "range(int(v.data)) or xs[int(v.data)]"
        )

    def item(self) -> float:
        """The number as a plain float, as `.data`."""
        return self.data

    __floordiv__, __rfloordiv__ = stepwise("//", "v.data // 2"), stepwise("//", "2 // v.data")
    __divmod__, __rdivmod__ = stepwise("divmod", "divmod(v.data, 2)"), stepwise("divmod", "divmod(2, v.data)")
    __round__ = stepwise("round", "round(v.data, 2), and for a text f'{v:.2f}'")
    __trunc__ = stepwise("math.trunc", "math.trunc(v.data)")
    __floor__ = stepwise("math.floor", "math.floor(v.data)")
    __ceil__ = stepwise("math.ceil", "math.ceil(v.data)")
    __mod__ = __rmod__ = refused(
        "%", "of the plain number write v.data % 2; with the gradient of v, v - 2 * math.floor(v.data / 2)"
    )
    __matmul__ = __rmatmul__ = refused(
        "@", "it is a single number: multiply two with `*`, and two lists of them with autograd.dot(a, b)"
    )

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a Value is ambiguous: compare its number, as in `v.data != 0` or `v > 0`, "
            "or ask `v is not None`"
        )

    # --- the backward pass ------------------------------------------------------------------------------

    def backward(self, gradient: Value | float = 1.0, *, create_graph: bool = False) -> None:
        """Fill `.grad` of every node below with gradient · d(self)/d(node).

        The gradients of *leaves* are added to what is there, as in PyTorch: two calls give exactly twice the
        gradient, so zero them between training steps. Those of the nodes in between are of this pass only.
        Frozen leaves (`requires_grad=False`) keep what they have.

        Method: reverse accumulation (Linnainmaa 1970) over the reversed topological order, iteratively; time
        and memory are proportional to the number of edges. If an error interrupts the pass (as under
        `detect_anomaly()`), the leaves keep their earlier gradients.

        Args:
            gradient: the seed, which this node's own `.grad` starts with: d(loss)/d(self), if the loss was computed
                elsewhere; a Value where the graph is to go on through it, with `create_graph`.
            create_graph: record the gradients, too: `.grad` of every node below (but of constants) becomes a
                Value with a graph of its own, and can be differentiated and drawn. The graph of `x.grad`
                contains x, a cycle that is freed when the gradient is zeroed, or by the garbage collector;
                `autograd.grad` makes no such cycle.

        Raises ValueError if all leaves below are frozen: there is nothing to compute a gradient for.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> y.backward()
        >>> x.grad
        6.0
        """
        seed = _seed(gradient, create_graph)
        if create_graph:
            _backward_as_graph(self, seed)
            return
        order = topological_order(self)
        # Two lists, not one of pairs: as many new tuples would set off the garbage collector, which looks at all nodes.
        leaves = [node for node in order if node.op is None]
        earlier = [0 if leaf.grad is None else leaf.grad for leaf in leaves]  # None, as PyTorch has it, is 0
        check_not_frozen(leaves)
        check_spelling([leaf for leaf in leaves if not leaf.is_constant])
        if modes.watching:
            for leaf in leaves:
                modes.observe_change(leaf, "grad")
        try:
            if not modes.active:
                start(order, 0.0, seed)
                send_gradients(order)
            # 0·inf is nan, and nan times anything, on its way down to the leaves. So without a nan there, no branch
            # that was not chosen has sent more than 0.
            if modes.active or isnan(sum([leaf.grad for leaf in leaves])):
                start(order, 0, seed)
                send_shares(order, modes.observe_gradients if modes.active else None)
            sums = [grad if leaf._is_frozen else grad + leaf.grad for leaf, grad in zip(leaves, earlier, strict=True)]
            for leaf, grad in zip(leaves, sums, strict=True):
                leaf.grad = grad
        except BaseException:
            for leaf, grad in zip(leaves, earlier, strict=True):
                leaf.grad = grad
            raise
        self._backward_at = [leaf._data for leaf in leaves]

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all nodes below."""
        for node in topological_order(self):
            node.grad = 0

    def detach(self) -> Value:
        """A new leaf with this number and label; no gradient flows through it to the nodes below."""
        return Value(self._data, self.label)

    # --- copies and pickles, which must not recurse into deep graphs either ---------------------------------

    def __copy__(self) -> Value:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return deep_copy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return reduce_node(self)

    # --- the names that micrograd, its successors and the single-file GPT use --------------------------------

    @property
    def _prev(self) -> tuple[Value, ...]:
        return self.parents

    @property
    def _children(self) -> tuple[Value, ...]:
        return self.parents

    @property
    def _local_grads(self) -> tuple[float, ...]:
        return self.local_derivatives

    @property
    def _op(self) -> str:
        if self.op is ops.power_of_constant:
            return f"**{self._second._data:g}"
        return self.op.symbol if self.op else ""

    # --- what operations.py calls when a Value is among the inputs --------------------------------------------

    @staticmethod
    def _record(operation: Operation, inputs: tuple[Value | float, ...]) -> Value:
        if operation.arity is None or operation.arity > 2:
            return _n_ary(operation, inputs)
        parents = [_as_node(x) for x in inputs]
        return _unary(operation, *parents) if operation.arity == 1 else _binary(operation, *parents)


class Constant(Value):
    """A plain number that stood in an expression: the 2 in `2 * x`. A leaf that nobody trains."""

    __slots__ = ()
    is_constant = True


if sys.platform == "emscripten" and sys.version_info >= (3, 13):  # see there
    from .dropping import let_go

    Value.__del__ = let_go  # type: ignore[attr-defined]


_new = object.__new__


def _node(
    operation: Operation, data: float, first: Any, by_first: Any, second: Any = None, by_second: Any = None
) -> Value:
    """Record a result: the number, and each parent with the local derivative."""
    node = _new(Value)
    node._data = data
    node._first, node._first_derivative = first, by_first
    node._second, node._second_derivative = second, by_second
    node.op = operation
    node.grad = 0
    return modes.observe(node) if modes.active else node


def _unary(operation: Operation, a: Value) -> Value:
    """Compute `operation` of one parent and record it."""
    x = a._data
    y = operation.forward(x)
    try:
        (derivative,) = operation.derivatives(y, x)
    except (TypeError, ValueError) as error:
        raise _wrong_rule(operation, 1, error) from error
    return _node(operation, y, a, derivative)


def _binary(operation: Operation, a: Any, b: Any) -> Value:
    """Compute `operation` of two parents and record it; a plain number becomes a Constant."""
    if not (isinstance(a, Value) and isinstance(b, Value)):
        a, b = _operand(a), _operand(b)
        if a is NotImplemented or b is NotImplemented:
            # Python then asks the other object, a NumPy array for instance.
            return NotImplemented  # type: ignore[no-any-return]
    x, y = a._data, b._data
    z = operation.forward(x, y)
    try:
        by_a, by_b = operation.derivatives(z, x, y)
    except (TypeError, ValueError) as error:
        raise _wrong_rule(operation, 2, error) from error
    return _node(operation, z, a, by_a, b, by_b)


def _n_ary(operation: Operation, parents: tuple[Any, ...]) -> Value:
    """Compute `operation` of any number of parents and record it; a plain number becomes a Constant."""
    try:
        xs = [parent._data for parent in parents]
    except AttributeError:  # there is a plain number among them
        parents = tuple([_as_node(x) for x in parents])
        xs = [parent._data for parent in parents]
    y = operation.forward(*xs)
    derivatives = operation.derivatives(y, *xs)
    if type(derivatives) is not tuple or len(derivatives) != len(parents):
        raise _wrong_rule(operation, len(parents), f"it returned {derivatives!r}")
    return _node(operation, y, parents, derivatives)


def _wrong_rule(operation: Operation, n_parents: int, why: object) -> TypeError:
    return TypeError(
        f"the derivative rule of {operation.name!r} failed: {why}. A rule `lambda y, *parents: (…,)` returns "
        f"a tuple with one local derivative for each parent, here {n_parents}"
    )


def _backward_as_graph(root: Value, seed: Value | float) -> None:
    """`Value.backward(seed, create_graph=True)`: fill `.grad` of every node below with a Value.

    Left out are constants, and leaves that are frozen.
    """
    order = [node for node in topological_order(root) if not node.is_constant]
    leaves = [node for node in order if node.op is None]
    check_not_frozen(leaves)
    check_spelling(leaves)
    steps = linearize([root], leaves, as_nodes=True)
    adjoints = pull_back(steps, [(root, seed)])
    if modes.watching:
        for node in order:
            modes.observe_change(node, "grad")
    earlier = [(node, node.grad) for node in order]
    try:
        for node in order:
            if node._is_frozen:
                continue
            gradient = own_node(adjoints.get(node, 0.0))
            if node.op is None and node.has_grad:
                gradient = gradient + node.grad
            node.grad = gradient
    except BaseException:
        for node, grad in earlier:
            node.grad = grad
        raise
    root._backward_at = [leaf._data for leaf in topological_order(root) if leaf.op is None]


def own_node(x: Value | float) -> Value:
    """`x` as a node to hand out. A leaf is not handed out itself: whoever labels or changes it means the derivative."""
    if not isinstance(x, Value):
        return Constant(x)
    return ops.identity(x) if x.op is None and not x.is_constant else x


def check_not_frozen(leaves: Iterable[Value]) -> None:
    """Refuse a backward pass that could not write anything, as all leaves are frozen."""
    frozen = None
    for leaf in leaves:
        if leaf._is_frozen:
            frozen = leaf
        elif not leaf.is_constant:
            return
    if frozen is not None:
        raise ValueError(
            f"every leaf below this node is frozen, {frozen!r} for instance, so there is nothing to compute a gradient "
            "for: set `leaf.requires_grad = True` on those that are to be trained"
        )


def _seed(gradient: Any, create_graph: bool) -> Any:
    """What a backward pass starts with, checked."""
    if isinstance(gradient, bool):
        raise TypeError(
            f"backward(gradient) takes a number, got {gradient}; to record the gradients write "
            "backward(create_graph=True)"
        )
    if not isinstance(gradient, Value):
        return number(gradient)
    if create_graph:
        return gradient
    raise TypeError(
        f"the seed of backward() is a number, got {gradient!r}: give its .data, or write "
        "backward(gradient, create_graph=True), which records through it"
    )


def _as_tuple(first: Any, second: Any) -> tuple[Any, ...]:
    if isinstance(first, tuple):
        return first
    if first is None:
        return ()
    return (first,) if second is None else (first, second)


def _as_node(x: Any) -> Value:
    """`x`, a number as a Constant, a comparison as the node that records it."""
    if isinstance(x, Value):
        return x
    return x.node if isinstance(x, Condition) else Constant(x)


def _operand(x: Any) -> Any:
    """`x` as a node; NotImplemented for a foreign type that may know what to do with a Value."""
    if isinstance(x, Value):
        return x
    if type(x) is float:  # the usual case, decided fast
        return Constant(x)
    if isinstance(x, Condition):
        return x.node
    if x.__class__.__module__ == "builtins" or isinstance(x, Real):
        return Constant(x)  # a number; for a str, list or None an error that says what to write
    return NotImplemented


def _number_in(x: Any) -> float | None:
    if isinstance(x, Value):
        return x._data
    if type(x) is float:
        return x
    if isinstance(x, Condition):
        return float(x._truth)
    return number(x) if isinstance(x, Real) else None
