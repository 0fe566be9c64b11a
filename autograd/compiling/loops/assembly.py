"""LLVM assembly, written line by line.

Entry points: `Function`, `attributes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Loop:
    """A loop that is being written.

    Attributes:
        index: the name of its counter.
        values: the names of what it carries from one round to the next.
        next: their names at the end of a round, to be set by who writes it; after the loop: the results.
    """

    def __init__(self, index: str, values: list[str]) -> None:
        self.index, self.values, self.next = index, values, list(values)


class Function:
    """The lines of a function; names of values begin with %, those of blocks have no sign."""

    def __init__(self, name: str, parameters: str, linkage: str = "") -> None:
        self.name = name
        self.head = f"define {linkage + ' ' if linkage else ''}void @{name}({parameters}) nounwind #0 {{"
        self.lines: list[str] = []
        self.block = "entry"
        self.count = 0

    def text(self) -> list[str]:
        """All lines of the definition."""
        return [self.head, "entry:", *self.lines, "ret void", "}"]

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append(text)

    def new(self) -> str:
        """A name that nothing has."""
        self.count += 1
        return f"%t{self.count}"

    def compute(self, expression: str) -> str:
        """Write `name = expression`; the name."""
        name = self.new()
        self.line(f"{name} = {expression}")
        return name

    def label(self, block: str) -> None:
        """Begin a block."""
        self.line(f"{block}:")
        self.block = block

    def reserve(self, kind: str) -> str:
        """Memory that the function has while it runs."""
        name = self.new()
        self.lines.insert(0, f"{name} = alloca {kind}, align 64")
        return name

    def blocks(self, *names: str) -> list[str]:
        """New names for blocks."""
        self.count += 1
        return [f"{name}{self.count}" for name in names]

    def pointer(self, base: str, offset: str | int, kind: str = "double") -> str:
        """The address of number `offset` from `base` on."""
        return base if offset == 0 else self.compute(f"getelementptr {kind}, ptr {base}, i64 {offset}")

    def load(self, kind: str, base: str, offset: str | int = 0) -> str:
        """The number, or the vector of numbers, that stands there."""
        element = kind.split()[-1].rstrip(">")
        return self.compute(f"load {kind}, ptr {self.pointer(base, offset, element)}, align 8")

    def store(self, kind: str, x: str, base: str, offset: str | int = 0) -> None:
        """Write a number or a vector."""
        element = kind.split()[-1].rstrip(">")
        self.line(f"store {kind} {x}, ptr {self.pointer(base, offset, element)}, align 8")

    def splat(self, width: int, x: str, kind: str = "double") -> str:
        """The vector all of whose numbers are x."""
        vector = f"<{width} x {kind}>"
        first = self.compute(f"insertelement {vector} poison, {kind} {x}, i32 0")
        return self.compute(f"shufflevector {vector} {first}, {vector} poison, <{width} x i32> zeroinitializer")

    @contextmanager
    def loop(self, n: str | int, values: Sequence[tuple[str, str]] = (), step: str | int = 1) -> Iterator[Loop]:
        """For 0, step, … below n, which is at least 1; `values`: type and start of what it carries."""
        before, (head, last, end) = self.block, self.blocks("loop", "last", "end")
        number = self.count
        loop = Loop(f"%i{number}", [f"%c{number}.{k}" for k in range(len(values))])
        self.line(f"br label %{head}")
        self.label(head)
        at = len(self.lines)  # what the loop carries is known when it has been written
        yield loop
        self.line(f"br label %{last}")
        self.label(last)
        self.line(f"%n{number} = add i64 %i{number}, {step}")
        self.line(f"%m{number} = icmp ult i64 %n{number}, {n}")
        self.line(f"br i1 %m{number}, label %{head}, label %{end}")
        self.lines[at:at] = [
            f"{loop.index} = phi i64 [ 0, %{before} ], [ %n{number}, %{last} ]",
            *[
                f"{name} = phi {kind} [ {start}, %{before} ], [ {after}, %{last} ]"
                for (kind, start), name, after in zip(values, loop.values, loop.next, strict=True)
            ],
        ]
        self.label(end)

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """What is written inside runs only if the condition, an i1, is true."""
        then, end = self.blocks("then", "end")
        self.line(f"br i1 {condition}, label %{then}, label %{end}")
        self.label(then)
        yield
        self.line(f"br label %{end}")
        self.label(end)


def attributes(width: int) -> str:
    """The line that functions refer to by #0: vectors of this width are for registers."""
    bits = 64 * width
    return f'attributes #0 = {{ "prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}" }}'


def indices(numbers: Sequence[int]) -> str:
    """The mask of a shuffle."""
    return f"<{len(numbers)} x i32> <{', '.join(f'i32 {k}' for k in numbers)}>"
