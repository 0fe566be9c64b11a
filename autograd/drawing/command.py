"""`python -m autograd draw`: an expression becomes a picture, a file or a table in the terminal.

Entry points: `add_arguments` fills an argument parser, `run` does the work.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence

from ..files import write
from ..value import Value
from . import DIRECTIONS, draw
from .explorer import explore
from .expression import ALIASES, FUNCTIONS, LONGEST, parse_expression
from .labels import SIGNS
from .rendering import FORMATS as RENDERED
from .rendering import RenderingError, render
from .style import THEMES

# The formats that are text, by the extension of the file.
_TEXT = {".dot": "dot", ".mmd": "mermaid", ".txt": "text", ".tex": "tikz"}
_PAGE = ".html"
EXTENSIONS = (*(f".{format}" for format in RENDERED), _PAGE, *_TEXT)

_WITH_VALUE = ("-o", "--output", "--direction", "--theme")
_OPTION = re.compile(r"-h|-o.*|--[a-z][a-z-]+(=.*)?", re.DOTALL)  # also one that is misspelt

_DESCRIPTION = """\
Draw an expression as a computation graph, with the value and the gradient of every node.

The expression is arithmetic: numbers, names, + - * / ** and parentheses, the constants pi and e,
and the functions
  {functions};
max, min, ln and σ are other names for some of them.
Each name gets its number after the expression. Put quotes around the expression, because *
and parentheses mean something else to the shell."""

_EPILOG = """\
examples:
  {prog} "a*b + c" a=2 b=-3 c=10
  {prog} "tanh(w*x + b)" w=2 x=0.5 b=1 -o neuron.svg
  {prog} "tanh(w*x + b)" w=2 x=0.5 b=1 -o neuron.html
  {prog} "(2*x - 1)**2" x=3 -o loss.png --fold-constants --local-derivatives
  {prog} "-x**2" x=3"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `draw` to `parser`, and a help text with examples."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    names = sorted(FUNCTIONS.keys() - ALIASES.keys())
    half = len(names) // 2
    functions = ",\n  ".join(", ".join(part) for part in (names[:half], names[half:]))
    parser.description = _DESCRIPTION.format(functions=functions)
    parser.epilog = _EPILOG.format(prog=parser.prog)
    parser.add_argument("expression", help='such as "tanh(w*x + b)"')
    parser.add_argument("variables", nargs="*", metavar="name=number", help="the number of each name: w=2 x=0.5")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"write the picture to this file, in the format of its extension: {' '.join(EXTENSIONS)} "
        "(.html is the page to step through, .mmd Mermaid, .tex TikZ for LaTeX); without it, a table is printed",
    )
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default="auto",
        help="left to right, top to bottom, or auto, which is the less wide one (default: %(default)s)",
    )
    parser.add_argument("--local-derivatives", action="store_true", help="write the local derivative on each edge")
    parser.add_argument("--fold-constants", action="store_true", help="write constants into the box that uses them")
    parser.add_argument(
        "--theme", choices=list(THEMES), default="auto", help="auto follows the reader's screen (default: %(default)s)"
    )
    parser.add_argument("--no-legend", action="store_true", help="leave out what the colours mean")
    parser.add_argument("--no-backward", action="store_true", help="draw before the backward pass: without gradients")


def with_minus(words: Sequence[str]) -> list[str]:
    """The words of the command line, so that an expression that begins with a minus is not taken for an option.

    The expression is the first word that is neither an option nor the value of one. A space before it says so to
    argparse, and nothing to the expression.

    >>> with_minus(["--theme", "dark", "-x**2", "x=3", "-o", "-.svg"])
    ['--theme', 'dark', ' -x**2', 'x=3', '-o', '-.svg']
    """
    words = list(words)
    i = 0
    while i < len(words) and words[i] != "--":
        if words[i] in _WITH_VALUE:
            i += 1
        elif not _OPTION.fullmatch(words[i]):
            words[i] = f" {words[i]}" if words[i].startswith("-") else words[i]
            break
        i += 1
    return words


def run(args: argparse.Namespace) -> int:
    """Do what the parsed `args` ask for; 0, or 2 after an error, which is printed to stderr."""
    try:
        write = _writer(args)
        result, _ = parse_expression(args.expression, _variables(args.variables))
        if not args.no_backward:
            result.backward()
        write(result)
    except (ValueError, TypeError, ImportError, OSError, RenderingError) as error:
        _print(f"error: {error}", sys.stderr)
        return 2
    return 0


def _writer(args: argparse.Namespace) -> Callable[[Value], object]:
    """What is done with the result; an unknown extension is an error before anything is computed."""

    def picture(result: Value, format: str) -> str:
        text: str = draw(
            result,
            format=format,
            direction=args.direction,
            show_local_derivatives=args.local_derivatives,
            fold_constants=args.fold_constants,
            legend=not args.no_legend,
            theme=args.theme,
            unfold=True,
            max_nodes=LONGEST,  # no expression has more nodes than characters
        )
        return text

    if args.output is None:
        return lambda result: _print(picture(result, "text"), sys.stdout)
    extension = os.path.splitext(args.output)[1].lower()
    if extension == _PAGE:
        direction = "LR" if args.direction == "auto" else args.direction
        return lambda result: explore(result, direction=direction, theme=args.theme).save(args.output)
    if extension in _TEXT:
        return lambda result: write(args.output, picture(result, _TEXT[extension]).rstrip("\n") + "\n")
    if extension in EXTENSIONS:
        return lambda result: write(args.output, render(picture(result, "dot"), extension[1:]))
    raise ValueError(f"the extension of {args.output!r} says no format; choose one of {' '.join(EXTENSIONS)}")


def _variables(assignments: Sequence[str]) -> dict[str, float]:
    """`["w=2", "x=0.5"]` as `{"w": 2.0, "x": 0.5}`."""
    from keyword import iskeyword
    from unicodedata import normalize

    variables: dict[str, float] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = normalize("NFKC", name.strip())  # as Python's parser does with the names in the expression
        if not equals:
            raise ValueError(f"{assignment!r} gives no number: write {assignment}=2, and quotes around the expression")
        if not name.isidentifier() or iskeyword(name):
            raise ValueError(f"{assignment!r} does not begin with a name: write for example w=2")
        if name in variables:
            raise ValueError(f"{name} is given twice")
        try:
            variables[name] = float(value)
        except ValueError:
            raise ValueError(f"{assignment!r}: {value!r} is not a number; write for example {name}=0.5") from None
    return variables


def _print(text: str, stream: object) -> None:
    """Print, with the signs of Python and ? for what the encoding of the terminal lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for symbol, written in SIGNS.items():
        if written.encode(encoding, "replace") == b"?":
            text = text.replace(written, symbol)
    print(text.encode(encoding, "replace").decode(encoding), file=stream)  # type: ignore[call-overload]
