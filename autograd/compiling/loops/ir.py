r"""Array statements over nests of loops: what the scalars of a graph were before Python unrolled them.

A graph that loops built is a set of **families** of like nodes. The members of a family stand side by side in
memory, one *block* for each family, and one **statement** computes all of them:

    for j in 0..24:  h[j] = relu(bias[j] + Σ k<64: weights[j][k] · x[k])

A statement has one or more **runs**. A run applies one *body*, a small expression, to m *terms*; term t reads each
of its *accesses* at `access.index[t]` and goes to the member `out[t]` of the family: it is stored there, added, or
the largest is kept (`reduce`). Where these sequences of addresses are affine functions of a nest of loops, `nests`
says so; where they are not, the sequences themselves are the table that the code walks through.

Memory is divided into **spaces**. An address is a position in one of them.

    PARAMETERS  x[slot]: the leaves, read and never written
    CONSTANTS   numbers that stood in the code
    SHARED      blocks of families that are the same for all lanes
    ARGUMENTS   one number for each *lane* (a row of an array, or a term of the batch's sum): the data of a lane
    LANES       blocks of families that differ from lane to lane

Every space but CONSTANTS has an adjoint of the same size. In ARGUMENTS and LANES an address stands for a whole vector
of lanes, so a statement whose body reads one of them runs over all lanes, as if there were one more loop, innermost.
If `space` of such a statement is SHARED, its terms are summed over the lanes as well.

A **region** is a list of statements over the same lanes, executed tile by tile, so that what a tile computes stays in
the cache. The whole program:

    before (forward) → for each tile: region forward and backward → after (forward) → before (backward)

where the backward pass of `after` comes before the regions, unless `two_sweeps` says that it needs their sums: then
all tiles run forward once before.

Nothing here says how code is made. `reference.py` interprets a program one statement at a time, with NumPy, and is
what every backend is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Addresses = NDArray[numpy.int64]
    Numbers = NDArray[numpy.float64]

PARAMETERS, CONSTANTS, SHARED, ARGUMENTS, LANES = range(5)
HAS_LANES = (ARGUMENTS, LANES)

# How terms become members. "store": one term for each member.
STORE, SUM, MAXIMUM = "store", "sum", "maximum"

# Expressions, nested tuples that can be compared and hashed:
#   ("access", k)                      the number that the k-th access of the run reads
#   ("literal", 2.0)                   a number that is the same for all terms
#   ("apply", operation, (e1, e2, …))  an operation of the table; its parents are expressions
Expression = tuple[Any, ...]


class Nest(NamedTuple):
    """Loops that walk through terms `start` to `start + Π shape` of a run, the last loop innermost.

    Column 0 of `offsets` and `strides` belongs to `out`, column 1 + k to the k-th access. In iteration (i₁, i₂, …)
    an address is offset + Σ iₔ · strides[d].
    """

    start: int
    shape: tuple[int, ...]
    offsets: Addresses  # one for each column
    strides: Addresses  # a row for each loop, a column for each column


@dataclass(frozen=True, slots=True)
class Access:
    """Where a run reads: `index[t]` is the address of term t. `wanted`: whether a gradient flows there."""

    space: int
    index: Addresses
    wanted: bool


@dataclass
class Run:
    """m ≥ 1 terms with the same body.

    `out[t]` is the address of term t's member in the statement's space; members come in ascending order where the
    statement reduces (all terms of a member in a row), and each once where it stores. `nests` is None where the
    addresses follow no few nests.
    """

    body: Expression
    accesses: list[Access]
    out: Addresses
    nests: list[Nest] | None

    def __len__(self) -> int:
        return len(self.out)


@dataclass
class Statement:
    """Computes the `n` members of a family, at `base` to `base + n` of `space`, from statements before it.

    Attributes:
        space: SHARED or LANES.
        reduce: STORE, SUM (starts at 0.0) or MAXIMUM (starts at -inf; nan wins, as in the table's `maximum`).
        runs: every member gets at least one term from one of them; the terms of different runs add up.
        forward: False for a statement that is only there for its derivative, see `softmax`.
        backward: whether gradients flow through it to its accesses.
        softmax: for the derivative of a logsumexp, y = log Σ exp(term): a term's local derivative is
            exp(term - y) instead of 1, where y is the member itself. Its forward pass consists of statements
            of its own (maximum, sum of exponentials, logarithm), with backward = False.
        name: of the family, for listings: "h", "scores"; "" where nobody knows.
    """

    space: int
    base: int
    n: int
    reduce: str
    runs: list[Run]
    forward: bool = True
    backward: bool = True
    softmax: bool = False
    name: str = ""
    label: Any = field(default=None, repr=False)  # what `listing.py` keeps here

    @property
    def reads_lanes(self) -> bool:
        """Whether it runs over lanes."""
        return any(access.space in HAS_LANES for run in self.runs for access in run.accesses)


class BodyColumn(NamedTuple):
    """Where the lanes find the numbers of one address of ARGUMENTS; exactly one of the three is not None.

    `numbers`: constants, one for each lane. `slots`: the parameters, one for each lane, to which their gradients
    are added. `argument`: the number of a column of the rows that are given with each call.
    """

    numbers: Numbers | None = None
    slots: Addresses | None = None
    argument: int | None = None


@dataclass
class Region:
    """Statements over the same lanes.

    Attributes:
        n: how many lanes; None: the number of rows, which is known with each call only.
        columns: of the addresses of ARGUMENTS, in order.
        size: how many addresses LANES has.
        statements: those whose space is SHARED sum over the lanes.
        two_sweeps: the backward pass needs the sums of all lanes first.
    """

    n: int | None
    columns: list[BodyColumn]
    size: int
    statements: list[Statement]
    two_sweeps: bool = False


class LoopOutput(NamedTuple):
    """A result: the number at an address; in ARGUMENTS or LANES one for each lane of the only region."""

    space: int
    address: int


class LoopStats(NamedTuple):
    """What was found in a graph.

    Attributes: `families` of like nodes; `statements` that compute them, and `nests` of loops in these; of the terms of
    statements `terms_affine`, whose addresses follow a nest of loops, `terms_in_tables`, read through a table, and
    `terms_alone`, those of statements of less than four terms; and the seconds that each step took.
    """

    families: int
    statements: int
    nests: int
    terms_affine: int
    terms_in_tables: int
    terms_alone: int
    seconds_to_find_families: float
    seconds_to_find_loops: float
    seconds_to_write_code: float = 0.0


@dataclass
class LoopProgram:
    """Statements in the order of their execution.

    Attributes:
        n_slots: the size of PARAMETERS. constants: the contents of CONSTANTS. size: of SHARED.
        before, regions, after: see the module's docstring. Statements of `after` depend on sums over lanes.
        outputs: the results; gradients are those of Σ seed · output, with a seed for each output.
        wanted_arguments: the argument numbers (`BodyColumn.argument`) whose gradients are asked for.
        stats: what was found; None of a program that was not made by `analyze.py`.
    """

    n_slots: int
    constants: Numbers
    size: int
    before: list[Statement]
    regions: list[Region]
    after: list[Statement]
    outputs: list[LoopOutput]
    wanted_arguments: tuple[int, ...] = ()
    stats: LoopStats | None = None

    @property
    def statements(self) -> list[Statement]:
        """All of them, in order."""
        return [*self.before, *[s for region in self.regions for s in region.statements], *self.after]
