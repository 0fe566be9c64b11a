"""Lines of a function in LLVM assembly, with its loops as context managers.

    with code.loop("%n", step=8, carried=sums) as i:
        sums[0] = code.compute(f"fadd double {sums[0]}, …")

The body of a loop runs at least once. What is `carried` from one iteration to the next is a dict of names, which the
body replaces; after the loop it holds the last ones.

Entry point: `Emitter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..instructions import Instructions


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

    def function(self, name: str, parameters: str) -> list[str]:
        """The lines of the function that was written."""
        return [
            f"define void @{name}({parameters}) nounwind #0 {{",
            "entry:",
            *self._head,
            *self.lines,
            "ret void",
            "}",
        ]

    # --- flow ------------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, n: str, step: int = 1, carried: dict[Any, tuple[str, str]] | None = None) -> Iterator[str]:
        """i = 0, step, 2·step, … below n, at least once.

        Args:
            carried: for each key the type and the name of what goes from one iteration to the next.
        """
        carried = {} if carried is None else carried
        self._labels += 1
        k, before = self._labels, self._label
        starts = dict(carried)
        self.line(f"br label %loop{k}")
        self.begin(f"loop{k}")
        place = len(self.lines)  # where the phis go, once it is known what they join
        joined = {key: self.new() for key in carried}
        for key, name in joined.items():
            carried[key] = (carried[key][0], name)
        yield f"%i{k}"
        following = self.compute(f"add i64 %i{k}, {step}")
        phis = [f"%i{k} = phi i64 [ 0, %{before} ], [ {following}, %{self._label} ]"]
        for key, name in joined.items():
            kind, start = starts[key]
            phis.append(f"{name} = phi {kind} [ {start}, %{before} ], [ {carried[key][1]}, %{self._label} ]")
        self.lines[place:place] = phis
        more = self.compute(f"icmp ult i64 {following}, {n}")
        self.line(f"br i1 {more}, label %loop{k}, label %after{k}")
        self.begin(f"after{k}")

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """Lines that run only if the condition is true."""
        self._labels += 1
        k = self._labels
        self.line(f"br i1 {condition}, label %when{k}, label %after{k}")
        self.begin(f"when{k}")
        yield
        self.line(f"br label %after{k}")
        self.begin(f"after{k}")

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

    def at(self, base: str, offset: str) -> str:
        """The address of a number."""
        return self.compute(f"getelementptr double, ptr {base}, i64 {offset}")

    def store(self, kind: str, x: str, address: str) -> None:
        self.line(f"store {kind} {x}, ptr {address}, align 8")

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
