"""`Summary`: the layers of a model as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.report import Block, Part, Report, Sentence, Strong, Table

from .contents import children

if TYPE_CHECKING:
    from .module import Module


class LayerRow(NamedTuple):
    """One layer; the fields are the columns."""

    layer: str
    kind: str
    shape: str
    activation: str
    parameters: str
    frozen: str


class Summary(Report):
    """The layers of a model, one row each, and a total: as text, and in notebooks as a table.

    A layer that is made of neurons is one row. Of a module that holds others, the row counts only what is its own. A
    parameter that two layers share counts once in the total.

    Attributes: `rows`, with the total last; `parameters` and `frozen`, numbers; `feature_names` of the inputs, below
    the table where they are known.

    >>> from nn import MLP
    >>> model = MLP(2, [16, 1], seed=0)
    >>> layer = model.layers[0].freeze()
    >>> model.summary()
    layer      kind   shape   activation  parameters  frozen
    layers[0]  Layer  2 → 16  relu                48      48
    layers[1]  Layer  16 → 1  linear              17       0
    total      MLP                                65      48
    """

    noun = "summary"

    def __init__(self, model: Module) -> None:
        parameters = model.parameters()
        self.parameters = len(parameters)
        self.feature_names = list(model.feature_names_in_ or ())
        self.frozen = sum(not p.requires_grad for p in parameters)
        total = LayerRow("total", type(model).__name__, "", "", f"{self.parameters:,}", f"{self.frozen:,}")
        self.rows = [*_rows(model), total]

    # Asked for at a prompt, `model.summary()` shows the table.
    __repr__ = Report.__str__

    @property
    def summary(self) -> str:
        """How many parameters there are."""
        return f"{self.parameters:,} parameters, {self.frozen:,} of them frozen"

    def story(self) -> Iterator[Sequence[Block]]:
        *layers, total = self.rows
        numbers = [LayerRow._fields.index("parameters"), LayerRow._fields.index("frozen")]
        rows: list[Sequence[Part]] = [*layers, [Strong(cell) if cell else "" for cell in total]]
        yield [Table(LayerRow._fields, rows, numbers, shown=len(rows))]
        if self.feature_names:
            yield [Sentence("inputs: " + ", ".join(self.feature_names))]


def _rows(model: Module) -> Iterator[LayerRow]:
    """The rows of a module and of those inside it, from the first to the last."""
    seen = set()
    todo: list[tuple[str, Module]] = [("", model)]
    while todo:
        name, module = todo.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        is_layer = module._shape() is not None
        held: list[tuple[str, Any]] = []
        if not is_layer:
            held = [(f"{name}.{place}" if name else place, part) for place, part in children(module)]
        inside = {id(p) for _, part in held for p in part.parameters()}
        own = [p for p in module.parameters() if id(p) not in inside]
        if own or not held:
            frozen = sum(not p.requires_grad for p in own)
            yield LayerRow(
                name or "(itself)",
                type(module).__name__,
                module._shape() or "",
                module._activation(),
                f"{len(own):,}",
                f"{frozen:,}",
            )
        todo += reversed(held)
