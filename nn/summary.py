"""`Summary`: the layers of a model as a table."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from .contents import children

if TYPE_CHECKING:
    from .module import Module


class Row(NamedTuple):
    """One layer; the fields are the columns."""

    layer: str
    kind: str
    shape: str
    activation: str
    parameters: str
    frozen: str


class Summary:
    """The layers of a model, one row each, and a total: as text, and in notebooks as a table.

    A layer that is made of neurons is one row. Of a module that holds others, the row counts only what is its own. A
    parameter that two layers share counts once in the total.

    Attributes: `rows`, with the total last; `parameters` and `frozen`, numbers.

    >>> from nn import MLP
    >>> model = MLP(2, [16, 1], seed=0)
    >>> layer = model.layers[0].freeze()
    >>> model.summary()
    layer      kind   shape   activation  parameters  frozen
    layers[0]  Layer  2 → 16  relu                48      48
    layers[1]  Layer  16 → 1  linear              17       0
    total      MLP                                65      48
    """

    def __init__(self, model: Module) -> None:
        parameters = model.parameters()
        self.parameters = len(parameters)
        self.frozen = sum(not p.requires_grad for p in parameters)
        total = Row("total", type(model).__name__, "", "", f"{self.parameters:,}", f"{self.frozen:,}")
        self.rows = [*_rows(model), total]

    def __repr__(self) -> str:
        lines = [Row._fields, *self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(Row._fields))]
        numbers = (Row._fields.index("parameters"), Row._fields.index("frozen"))
        return "\n".join(
            "  ".join(
                text.rjust(width) if k in numbers else text.ljust(width)
                for k, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        def row(cells: tuple[str, ...], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(row(cells, "td") for cells in self.rows[:-1])
        return (
            f"<table><thead>{row(Row._fields, 'th')}</thead><tbody>{body}</tbody>"
            f"<tfoot>{row(self.rows[-1], 'th')}</tfoot></table>"
        )


def _rows(model: Module) -> Iterator[Row]:
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
            yield Row(
                name or "(itself)",
                type(module).__name__,
                module._shape() or "",
                module._activation(),
                f"{len(own):,}",
                f"{frozen:,}",
            )
        todo += reversed(held)
