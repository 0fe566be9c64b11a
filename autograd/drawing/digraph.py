"""A drawing: a `graphviz.Digraph` that needs no `dot` program to show itself.

Imported where something is drawn, as it needs the Python package graphviz. Entry point: `Drawing`.
"""

from __future__ import annotations

import os
from typing import Any

import graphviz

from .. import files
from . import rendering


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A Digraph whose `pipe`, `render` and notebook display use `rendering.render`, which is always quiet."""

    filename: Any
    directory: Any
    count: int

    def pipe(self, format: str | None = None, *, encoding: str | None = None, quiet: bool = True) -> Any:
        """The picture in `format` ("svg", "png", "pdf"), as bytes, or as a string when `encoding` is given."""
        picture = rendering.render(self.source, format or self.format)
        return picture.decode(encoding) if encoding else picture

    def render(
        self,
        filename: Any = None,
        directory: Any = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: Any = None,
        quiet: bool = True,
        quiet_view: bool = False,
    ) -> str:
        """Write the DOT source to `filename`, the picture to `filename.format` or `outfile`; return its path.

        A `filename` with the ending of a picture, "graph.png", is the `outfile`. With `cleanup` only the picture is
        written.
        """
        if outfile is None and _format_of(filename) and format in (None, _format_of(filename)):
            filename, outfile = None, filename
        if outfile is not None:
            outfile = os.path.join(directory or self.directory, outfile)
            format = format or os.path.splitext(outfile)[1].lower().lstrip(".")
            filename = filename or os.path.splitext(outfile)[0] + ".gv"
            directory = directory or ""
        picture = self.pipe(format)
        source = self._place(filename, directory)
        written = str(outfile or f"{source}.{format or self.format}")
        if not cleanup:
            files.write(source, self.source)
        files.write(written, picture)
        if view or quiet_view:
            graphviz.view(written, quiet=quiet_view)
        return written

    def save(self, filename: Any = None, directory: Any = None, *, skip_existing: bool = False) -> str:
        """Write the DOT source to `filename`, or the picture if it has the ending of one: "graph.svg"."""
        if _format_of(filename):
            return self.render(outfile=filename, directory=directory, cleanup=True)
        path = self._place(filename, directory)
        if not (skip_existing and os.path.exists(path)):
            files.write(path, self.source)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        bundle = rendering.for_notebooks(self.pipe("svg", encoding="utf-8"), "computation graph")
        return {**bundle, "text/plain": repr(self)}

    def _place(self, filename: Any, directory: Any) -> str:
        """Where the source goes, remembered as graphviz does; its folder is made."""
        self.filename = os.fspath(filename or self.filename)
        self.directory = os.fspath(self.directory if directory is None else directory)
        os.makedirs(os.path.dirname(self.filepath) or ".", exist_ok=True)
        return str(self.filepath)

    def __repr__(self) -> str:
        return (
            f"<drawing of {self.count:,} node{'s' * (self.count != 1)}: show it in a notebook, "
            '.render("graph", format="png"), or print(draw(…, format="text"))>'
        )


def _format_of(filename: Any) -> str:
    """The format of a picture that a file's name ends with, or ""."""
    ending = os.path.splitext(filename or "")[1].lower().lstrip(".")
    return ending if ending in rendering.FORMATS else ""
