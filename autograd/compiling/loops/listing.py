r"""What was found in a graph, for people: its statements, their derivative, in the user's names.

    for sample in 0..1796:
      for j in 0..24:  z[j] = bias[j] + Σ k<64: weights[j][k]·x[k]     matrix product 25×64 · 41 %
      for j in 0..24:  h[j] = relu(z[j])                                              25 · 1 %

A family stands under the name of its statement, or under one by its operation; z' is the gradient with respect to z.
The statements of a recurrence are listed once, with t for the step.

Entry point: `listing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .ir import LoopProgram, Statement
from .listing_families import Recurrence
from .listing_lines import Line, Lines, prime
from .listing_names import Names, Now
from .listing_work import whole_work
from .periods import Period

WIDEST = 110  # of what stands left of the notes
LONGEST = 240  # characters of a formula
MOST = 60  # lines
ROWS = 1_000  # so many are assumed where only a call knows how many, for the shares of the work
TABLES = "[…]: an index that is no formula of the loops."


def listing(
    program: LoopProgram, slots: Sequence[str] = (), arguments: Sequence[str] = (), outputs: Sequence[str] = ()
) -> str:
    """The program as text.

    Args:
        program: what was found in a graph.
        slots: what the parameters are called, "" for those without a name.
        arguments: what the arguments are called, column by column.
        outputs: what the results are called.
    """
    return _Listing(program, Names(program, slots, arguments, outputs)).text()


class _Group(NamedTuple):
    """A period in a list of statements, a recurrence if it has several steps; its region, and how many lanes it has."""

    period: Period
    recurrence: Recurrence | None
    region: int
    n: int


class _Part(NamedTuple):
    """What stands in one loop over lanes, or in none."""

    head: str
    statements: Sequence[Statement]
    groups: list[_Group]


class _Listing:
    def __init__(self, program: LoopProgram, names: Names) -> None:
        self.program, self.names = program, names
        self.lines = Lines(names, first=int(bool(program.regions)))  # i is left to the samples
        self.parts = list(self._parts())
        self.total = sum(whole_work(s, part.groups[0].n) for part in self.parts for s in part.statements)

    def text(self) -> str:
        """The listing."""
        forward = self._written(self.parts, backward=False)
        backward = self._written([p._replace(groups=p.groups[::-1]) for p in self.parts[::-1]], backward=True)
        if backward:
            result = self.names.output(0)
            forward += ["", f"The derivative, in reverse: z' is ∂{result}/∂z, so {prime(result)} = 1.", *backward]
        if any("[…]" in line for line in forward):
            forward += ["", TABLES]
        return "\n".join(forward)

    def _parts(self) -> Iterator[_Part]:
        """The lists of statements, each with the loop around it, its region and how many lanes that has."""
        last = len(self.names.sections) - 1
        for i, (r, statements, periods, recurrences) in enumerate(self.names.sections):
            head, n = "", 1
            if 0 < i < last:
                region, lane = self.program.regions[r], self.names.lane(r)
                head = f"for each {lane}:" if region.n is None else f"for {lane} in 0..{region.n - 1}:"
                n = ROWS if region.n is None else region.n
            groups = [_Group(*pair, r, n) for pair in zip(periods, recurrences, strict=True)]
            if groups:
                yield _Part(head, statements, groups)

    def _written(self, parts: Sequence[_Part], backward: bool) -> list[str]:
        """The lines, with loops around them and notes beside them."""
        rows: list[tuple[str, str]] = []
        shown = skipped = 0
        for part in parts:
            inside: list[tuple[str, str]] = []
            for group in part.groups:
                if shown >= MOST:
                    skipped += self._length(group, part, backward)
                    continue
                lines = self._lines(group, part, backward)
                shown += sum(1 + len(line.definitions) for line in lines)
                indent = "  " * bool(part.head)
                if group.recurrence is not None and lines:
                    first = group.recurrence.first
                    inside.append((f"{indent}for t in {first}..{first + group.period.times - 1}:", ""))
                    indent += "  "
                for line in lines:
                    *heads, text = _broken(line)
                    inside += [(indent + head, "") for head in heads] + [(indent + text, self._noted(line))]
                    inside += [(f"{indent}    with {_shortened(definition)}", "") for definition in line.definitions]
            rows += [(part.head, ""), *inside] if part.head and inside else inside
        width = max([len(text) for text, _ in rows if len(text) <= WIDEST], default=0)
        found = [f"{text:<{width}}   {note}".rstrip() for text, note in rows]
        if skipped:
            found.append(f"… and {skipped:,} statements more")
        return found

    def _noted(self, line: Line) -> str:
        share = 100 * line.work / self.total
        percent = f"{share:.0f} %" if share >= 0.95 else f"{share:.1f} %" if share >= 0.05 else ""
        return " · ".join([part for part in (line.note, percent) if part])

    def _length(self, group: _Group, part: _Part, backward: bool) -> int:
        """How many statements a group has."""
        period = group.period
        inside = part.statements[period.start : period.start + period.length * period.times]
        return sum(s.backward if backward else not self.names.hidden(s) for s in inside)

    def _lines(self, group: _Group, part: _Part, backward: bool) -> list[Line]:
        """The statements of a period, from a step in the middle, or their derivative."""
        period, statements = group.period, part.statements
        middle = period.times // 2
        found: list[Line] = []
        for k in range(period.length)[:: -1 if backward else 1]:
            statement = statements[period.start + middle * period.length + k]
            if self.names.hidden(statement) or (backward and not statement.backward):
                continue
            every = statements[period.start + k : period.start + period.length * period.times : period.length]
            now = Now(group.region, group.recurrence, middle, every)
            lines = (self.lines.derivative if backward else self.lines.statement)(statement, now, group.n)
            for line in lines:
                line.work *= period.times
            found += lines
        return found


def _broken(line: Line) -> list[str]:
    """A line as one, or where it is long as several."""
    text = _shortened(line.text)
    if len(line.loops) + len(text) <= WIDEST:
        return [line.loops + text]
    head, indent = ([line.loops.rstrip()], "    ") if line.loops else ([], "")
    first, *others = text.split(" + Σ") if len(text) > WIDEST else [text]
    return [*head, indent + first, *[f"{indent}    + Σ{other}" for other in others]]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
