"""Lines of a function in LLVM assembly, with its loops as context managers.

    with code.loop("%n", step=8, carried=sums) as i:
        sums[0] = ("double", code.compute(f"fadd double {sums[0][1]}, …"))

The body of a loop runs at least once. What is `carried` from one iteration to the next is a dict of types and names,
which the body replaces; after the loop it holds the last ones.

Entry points: `Emitter`, `attributes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..instructions import Instructions


class Repeat:
    """A loop that is being written. `condition`: an i1 that the body leaves, whether it runs once more."""

    condition = "false"


class Emitter(Instructions):
    """Writes one function.

    Attributes: `declared`, the intrinsics that the module has to declare.
    """

    def __init__(self, width: int) -> None:
        super().__init__(width, "contract ", exact=False)
        self.type = self.vector if width > 1 else "double"
        self.declared: set[str] = set()
        self._known: dict[str, str] = {}
        self._head: list[str] = []  # what stands before the lines
        self._labels = 0
        self._label = "entry"  # of the block that is being written

    def function(self, name: str, parameters: str, linkage: str = "") -> list[str]:
        """The lines of the function that was written."""
        return [
            f"define {linkage} void @{name}({parameters}) nounwind #0 {{",
            "entry:",
            *self._head,
            *self.lines,
            "ret void",
            "}",
        ]

    # --- flow ------------------------------------------------------------------------------------------

    @contextmanager
    def repeat(self, carried: dict[Any, tuple[str, str]]) -> Iterator[Repeat]:
        """Lines that run again as long as the condition is true that they leave.

        Args:
            carried: for each key the type and the name of what goes from one iteration to the next.
        """
        before, (again, after) = self._label, self.labels("again", "after")
        starts = dict(carried)
        self.line(f"br label %{again}")
        self.begin(again)
        place = len(self.lines)  # where the phis go, once it is known what they join
        joined = {key: self.new() for key in carried}
        for key, name in joined.items():
            carried[key] = (carried[key][0], name)
        loop = Repeat()
        yield loop
        phis = []
        for key, name in joined.items():
            kind, start = starts[key]
            phis.append(f"{name} = phi {kind} [ {start}, %{before} ], [ {carried[key][1]}, %{self._label} ]")
        self.line(f"br i1 {loop.condition}, label %{again}, label %{after}")
        self.lines[place:place] = phis
        self.begin(after)

    @contextmanager
    def loop(self, n: str | int, step: int = 1, carried: dict[Any, tuple[str, str]] | None = None) -> Iterator[str]:
        """i = 0, step, 2·step, … below n, at least once."""
        carried = {} if carried is None else carried
        counter = object()
        carried[counter] = ("i64", "0")
        with self.repeat(carried) as again:
            i = carried[counter][1]
            yield i
            following = self.compute(f"add i64 {i}, {step}")
            carried[counter] = ("i64", following)
            again.condition = self.compute(f"icmp ult i64 {following}, {n}")
        del carried[counter]

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Lines that run only if the condition is true."""
        then, after = self.labels("when", "after")
        self.line(f"br i1 {condition}, label %{then}, label %{after}")
        self.begin(then)
        yield
        self.line(f"br label %{after}")
        self.begin(after)

    def labels(self, *names: str) -> list[str]:
        """New labels of blocks."""
        self._labels += 1
        return [f"{name}{self._labels}" for name in names]

    def begin(self, label: str) -> None:
        """The block that is written from now on."""
        self.line(f"{label}:")
        self._label = label

    # --- addresses and numbers -------------------------------------------------------------------------

    def once(self, expression: str) -> str:
        """What the function computes at its beginning, and once only."""
        if expression not in self._known:
            self._known[expression] = self.new()
            self._head.append(f"{self._known[expression]} = {expression}")
        return self._known[expression]

    def entry(self, base: str, index: int, kind: str = "i64") -> str:
        """The number in a place of an array of 64-bit words that nobody writes."""
        address = self.once(f"getelementptr i64, ptr {base}, i64 {index}") if index else base
        return self.once(f"load {kind}, ptr {address}, align 8, !invariant.load !0")

    def reserve(self, kind: str) -> str:
        """Memory that the function has while it runs."""
        name = self.new()
        self._head.append(f"{name} = alloca {kind}, align 64")
        return name

    def at(self, base: str, offset: str | int, kind: str = "double") -> str:
        """The address of a number, `offset` of them from `base` on."""
        return base if str(offset) == "0" else self.compute(f"getelementptr {kind}, ptr {base}, i64 {offset}")

    def read(self, kind: str, base: str, offset: str | int = 0) -> str:
        """The number, or the vector of numbers, that stands there."""
        return self.load(kind, self.at(base, offset, kind.split()[-1].rstrip(">")))

    def write(self, kind: str, x: str, base: str, offset: str | int = 0) -> None:
        """Store a number or a vector."""
        self.line(f"store {kind} {x}, ptr {self.at(base, offset, kind.split()[-1].rstrip('>'))}, align 8")

    def least(self, a: str, b: str) -> str:
        """The smaller one of two whole numbers."""
        return self.compute(f"select i1 {self.compute(f'icmp ult i64 {a}, {b}')}, i64 {a}, i64 {b}")

    def sum(self, a: str, b: str) -> str:
        """a + b of whole numbers."""
        return b if a == "0" else a if b == "0" else self.compute(f"add i64 {a}, {b}")

    def broadcast(self, x: str) -> str:
        """A vector of this number, or the number itself where there are no vectors."""
        return self.splat("double", x) if self.width > 1 else x

    def called_intrinsic(self, result: str, name: str, *arguments: tuple[str, str]) -> str:
        """A call of an intrinsic, which is declared; arguments are pairs of type and name."""
        self.declared.add(f"declare {result} @{name}({', '.join(kind for kind, _ in arguments)})")
        return f"call {result} @{name}({', '.join(f'{kind} {x}' for kind, x in arguments)})"


def attributes(width: int) -> str:
    """The line that functions refer to by #0: vectors of this width are for registers."""
    bits = 64 * width
    return f'attributes #0 = {{ "prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}" }}'


def indices(numbers: Sequence[int]) -> str:
    """The mask of a shuffle."""
    return f"<{len(numbers)} x i32> <{', '.join(f'i32 {k}' for k in numbers)}>"
