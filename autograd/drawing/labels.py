"""What a box says, as plain text: names, numbers, operations.

Entry points: `cleaned` makes any label fit to be shown, `visible` any text, `without` a name short; `short` writes a
number, `sign` an operation, `written` an operation on arguments; `value_of` and `gradient_of` a box's numbers,
`of_edge` the number on an edge, and `EDGE_NUMBERS` says what it means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..sweeps import recorded_gradient
from ..value import Value

LONGEST_NAME = 40

# The signs of operations as one writes them; `numbers.js` has the same.
SIGNS = {"*": "×", "/": "÷", "-": "−"}


class NumberFormat(NamedTuple):
    """How numbers are written, in pictures and on the explorer's page, to which this is sent."""

    digits: int  # that are kept
    plain_below: float  # whole parts of more digits are written out up to this number
    least_exponent: int  # smaller numbers are written with an exponent


NUMBER_FORMAT = NumberFormat(digits=4, plain_below=1e6, least_exponent=-4)

# What the number on an edge may be, and what legends call it, in every picture. The first is what the explorer shows
# until something else is chosen.
EDGE_NUMBERS = {
    "share": "share: local × gradient",
    "local": "local derivative",
    "gradient": "gradient that is handed back",
}

_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_SEPARATORS = frozenset("\t\n\v\f\r\u0085\u2028\u2029")


def cleaned(label: object) -> str:
    r"""`label` on one line, at most 40 characters long, without characters that no font, terminal or XML file can show.

    >>> cleaned("two\nlines"), cleaned("bell\a"), cleaned("w" * 50)
    ('two lines', 'bell␇', 'wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww…')
    """
    text = str(label)
    text = visible(text[: 2 * LONGEST_NAME]).strip()  # the rest of a very long label is ignored
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def visible(text: str) -> str:
    """`text` on one line, without characters that no font, terminal or XML file can show."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if character in _LINE_SEPARATORS:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode has a picture for each control character: ␀ ␇ ␛
    if 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE or character in _DIRECTION_MARKS:
        return "\N{REPLACEMENT CHARACTER}"
    return character


def short(x: float) -> str:
    """`x` in about four digits.

    >>> [short(x) for x in (2.0, -0.70710678, 12345.6, 1e-5, float("inf"), -0.0)]
    ['2', '-0.7071', '12346', '1e-5', 'inf', '0']
    """
    if x == 0:
        return "0"
    digits, plain_below, _ = NUMBER_FORMAT  # the least exponent is that of the format "g"
    if 10**digits - 0.5 <= abs(x) < plain_below:
        return f"{x:.0f}"
    mantissa, e, exponent = f"{x:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def sign(symbol: str) -> str:
    """The sign of an operation as one writes it.

    >>> sign("*"), sign("tanh")
    ('×', 'tanh')
    """
    return SIGNS.get(symbol, symbol)


def typeset(number: str) -> str:
    """A number in a picture, with the minus sign, as wide as a plus; a hyphen is easily overlooked."""
    return number.replace("-", "−")


def without(name: str, around: Sequence[str]) -> str:
    """The name of a node without what the labels of the frames `around` it say, the innermost first.

    >>> without("model.layers[0].neurons[3].weights[1]", ["neurons[3]", "layers[0]"])
    'weights[1]'
    """
    for label in around:
        _, dot, rest = f".{name}".rpartition(f".{label}.")
        if dot:
            return rest
    return name


def value_of(nodes: Sequence[Value]) -> str:
    """What a box says about the numbers of its nodes: the number, or the least and the largest."""
    return _range([node.data for node in nodes])


def gradient_of(nodes: Sequence[Value]) -> str:
    """What a box says about the gradients of its nodes; see `gradient`."""
    if len(nodes) == 1:
        return gradient(nodes[0])
    gradients = [recorded_gradient(node) for node in nodes if not (node.is_constant or is_frozen(node))]
    return _range([x for x in gradients if x is not None])


def _range(numbers: Sequence[float]) -> str:
    if not numbers:
        return "–"
    if any(x != x for x in numbers):
        return "nan"
    least, most = short(min(numbers)), short(max(numbers))
    return least if least == most else f"{least} … {most}"


def gradient(node: Value) -> str:
    """The gradient of `node`; a dash until a backward pass has reached it, as 0 would be a lie.

    >>> x = Value(3.0)
    >>> gradient(x), gradient(x.requires_grad_(False))
    ('–', 'frozen')
    """
    if is_frozen(node):
        return "frozen"
    recorded = recorded_gradient(node)
    return "–" if recorded is None else short(recorded)


def is_frozen(node: Value) -> bool:
    """Whether the node is a leaf that no backward pass gives a gradient."""
    return node.op is None and not node.is_constant and not node.requires_grad


def slope(local_derivative: float) -> str:
    """A local derivative; "?" if a third-party class does not state it."""
    from ..interop import UNKNOWN

    return "?" if local_derivative is UNKNOWN else short(local_derivative)


def of_edge(kind: str, child: Value, local_derivative: float) -> str:
    """The number on an edge to `child`, of a kind in EDGE_NUMBERS; "" for none, and before a backward pass.

    A local derivative has a ∂ before it, as it is no gradient.

    >>> x = Value(3.0)
    >>> y = 2 * x
    >>> y.backward(5.0)
    >>> of_edge("local", y, 2.0), of_edge("share", y, 2.0), of_edge("gradient", y, 2.0)
    ('∂ 2', '10', '5')
    """
    if kind == "local":
        return f"∂ {slope(local_derivative)}"
    upstream = recorded_gradient(child) if kind else None
    if upstream is None:
        return ""
    if kind == "gradient":
        return short(upstream)
    return "?" if slope(local_derivative) == "?" else short(local_derivative * upstream)


def written(symbol: str, arguments: Sequence[str]) -> str:
    """An operation on `arguments`, as you would write it.

    >>> written("*", ["a", "b"]), written("-", ["a"]), written("max", ["a", "0"])
    ('a × b', '−a', 'max(a, 0)')
    """
    if symbol[:1].isalpha() or len(arguments) > 2 or (len(arguments) == 1 and symbol != "-"):
        return f"{symbol}({', '.join(arguments)})"
    return f" {sign(symbol)} ".join(arguments) if len(arguments) == 2 else f"{sign(symbol)}{arguments[0]}"
