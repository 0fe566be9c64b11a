"""Campaign: damaged files of parameters are refused, and change nothing.

Entry point: `FILES`.
"""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from nn import MLP

from .campaign import Campaign


class File(NamedTuple):
    """A model, and what is done to the bytes of its file."""

    widths: tuple[int, ...]
    changes: tuple[tuple[str, float, Any], ...]


WRONG = ("true", "null", '"0.5"', "[1]", "{}", "NaN", "-Infinity", "1e999", "9" * 400, "1", "0x1", "1.5e", "\\u0000")


def make_file(r: random.Random) -> File:
    kinds = ("flip", "cut", "end", "insert", "twice", "number", "name")
    changes = []
    for _ in range(r.choice((1, 1, 2, 4))):
        kind = r.choice(kinds)
        given = {
            "flip": lambda: r.randrange(8),
            "insert": lambda: r.randbytes(r.randint(1, 9)),
            "number": lambda: r.choice(WRONG),
        }
        changes.append((kind, r.random(), given.get(kind, r.random)()))
    return File(tuple(r.randint(1, 3) for _ in range(r.randint(1, 2))), tuple(changes))


def changed(data: bytes, changes: tuple[tuple[str, float, Any], ...]) -> bytes:
    """The bytes of a file after it was damaged."""
    for kind, where, what in changes:
        at = int(where * len(data))
        if kind == "flip" and data:
            data = data[:at] + bytes([data[at] ^ (1 << what)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "end":
            data = data[at:]
        elif kind == "insert":
            data = data[:at] + what + data[at:]
        elif kind == "twice":
            data = data[: at + int(what * (len(data) - at))] + data[at:]
        elif kind in ("number", "name"):  # the value, or the name, after a colon or before it
            places = [i for i, byte in enumerate(data) if byte == ord(":")]
            if places:
                i = places[int(where * len(places))]
                end = min([j for j in (data.find(b",", i), data.find(b"}", i)) if j > 0], default=len(data))
                start = max(data.rfind(b"\n", 0, i), 0)
                if kind == "number":
                    data = data[: i + 1] + what.encode() + data[end:]
                else:
                    data = data[:start] + b'"w"' + data[i:]
    return data


def check_file(case: File) -> None:
    model = MLP(2, case.widths, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save(path)
        path.write_bytes(changed(path.read_bytes(), case.changes))
        reader = MLP(2, case.widths, seed=2)
        before = reader.state_dict()
        refused = None
        try:
            reader.load(path)
        except ValueError as error:
            refused = str(error)
        if refused is not None:
            assert "model.json" in refused, f"the message does not name the file: {refused}"
            assert reader.state_dict() == before, "a file that was refused has changed the model"
            return
        content = json.loads(path.read_bytes())
        expected = {name: float(x) for name, x in content["parameters"].items()}
        assert reader.state_dict() == expected
        assert all(map(math.isfinite, expected.values()))


def simpler_file(case: File) -> Iterator[File]:
    for i in range(len(case.changes)):
        if len(case.changes) > 1:
            yield case._replace(changes=case.changes[:i] + case.changes[i + 1 :])
    if case.widths != (1,):
        yield case._replace(widths=(1,))


def code_of_file(case: File) -> str:
    return "\n".join(
        [
            "from nn import MLP",
            "from tests.fuzz.files import changed",
            "",
            f"model = MLP(2, {list(case.widths)}, seed=1)",
            'model.save("model.json")',
            'data = open("model.json", "rb").read()',
            f'open("model.json", "wb").write(changed(data, {case.changes!r}))',
            'model.load("model.json")',
        ]
    )


FILES = Campaign("files", make_file, check_file, code_of_file, simpler_file)
