"""Campaigns: pictures, whatever the labels and the user's other variables are.

Entry points: `LABELS`, `FRAMES`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from support import hostile

import autograd
from autograd import Value, compile, draw, explain, explore
from tests.drawing.explorer.test_page import check as check_page

from .campaign import Campaign

PIECES = (
    *(
        "</script>",
        "<!--",
        "-->",
        "]]>",
        "&amp;",
        "\\N",
        '"',
        "'",
        "`",
        "\\",
        "%",
        "{",
        "}",
        "|",
        "#",
        ";",
        "$",
        "é",
        "\u0301",
    ),
    *(
        "\0",
        "\x1b[31m",
        "\r\n",
        "\n",
        "\t",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\ud800",
        "\uffff",
        "\U000e0001",
        "🎉",
        "漢",
    ),
    *(
        "שלום",
        "javascript:",
        "__class__",
        "end",
        "subgraph",
        "graph",
        "style",
        "nan",
        " ",
        "x",
        "w[0]",
        "a.b",
        "σ",
        "x" * 50,
    ),
)


class Labels(NamedTuple):
    """The labels of the leaves of a graph."""

    labels: tuple[str, ...]


def make_labels(r: random.Random) -> Labels:
    def label() -> str:
        letters = [r.choice(PIECES) if r.random() < 0.7 else chr(r.randrange(0x3000)) for _ in range(r.randint(0, 6))]
        return "".join(letters)

    return Labels(tuple(label() for _ in range(r.randint(1, 5))))


def _drawn(labels: tuple[str, ...], **options: Any) -> str:
    return str(draw(autograd.sum([Value(1.0, label) for label in labels]), names={}, **options))


def check_labels(case: Labels) -> None:
    plain = tuple("abcdefgh"[: len(case.labels)])
    for form in ("text", "mermaid", "dot"):
        text = _drawn(case.labels, format=form)
        text.encode("utf-8")
        assert not any(ord(c) < 32 and c != "\n" for c in text), f"control characters in {form}"
        assert len(text.splitlines()) == len(_drawn(plain, format=form).splitlines()), (
            f"another number of lines of {form}"
        )
    for label in case.labels:
        page = explore(Value(1.0, label))
        check_page(page.html(), page.graph["names"].get("0", ""))
    x = Value(2.0, case.labels[0])
    explain(x * x, wrt=x)


def simpler_labels(case: Labels) -> Iterator[Labels]:
    for i, label in enumerate(case.labels):
        if len(case.labels) > 1:
            yield Labels(case.labels[:i] + case.labels[i + 1 :])
        for k in range(len(label)):
            yield Labels((*case.labels[:i], label[:k] + label[k + 1 :], *case.labels[i + 1 :]))


def code_of_labels(case: Labels) -> str:
    return "\n".join(
        [
            "import autograd",
            "from autograd import Value, draw, explore",
            "",
            f"labels = {[*case.labels]!a}",
            "y = autograd.sum([Value(1.0, label) for label in labels])",
            'for format in ("text", "mermaid", "dot"):',
            "    print(draw(y, format=format))",
            "explore(y).html()",
        ]
    )


LABELS = Campaign("labels", make_labels, check_labels, code_of_labels, simpler_labels)

FRAME = """if True:
    w = Value(2.0); held = [Value(3.0)]; y = w * held[0]; step = compile(y, backend="python")
    def everything():
        return draw(y, format="text"), explore(y), explain(y, w), doctor(y), str(step)
"""


def check_frame(seed: int) -> None:
    """As `tests/interop/test_names.py`: no variable of the user's makes a picture fail, and none has its code run."""
    scope = {"__name__": "users", "Value": Value, "compile": compile, **hostile.things(seed)}
    scope |= {name: getattr(autograd, name) for name in ("draw", "explore", "explain", "doctor")}
    exec(FRAME, scope)
    hostile.TOUCHED.clear()
    text, failure = "", ""
    try:
        text = str(scope["everything"]()[0])
    except BaseException as error:  # not raised further, or the traceback would look at the objects
        failure = type(error).__name__
    assert not failure, f"{failure} with hostile.things({seed})"
    assert not hostile.TOUCHED, f"{hostile.TOUCHED} were run with hostile.things({seed})"
    assert "w × held[0]" in text, text


FRAMES = Campaign(
    "frames", lambda r: r.randrange(10**9), check_frame, lambda seed: f"# tests.fuzz.pictures.check_frame({seed})"
)
