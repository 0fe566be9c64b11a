"""The vector machine: its instructions as machine code, made once in a process for each kind.

Entry points: `addresses`, of kernels; `built_in`, of what runs around them (`tiles.py`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from ..machine_code import MachineCode, lane_width, module
from . import blocks, rows, tiles
from .kernels import Kernel
from .kinds import WIDTH, Kind

LEVEL = 2
MOST_KERNELS = 5000  # that are kept for programs to come

_METADATA = ["!0 = !{}"]
_lock = threading.RLock()  # the garbage collector may call a finalizer that compiles, too
_kernels: OrderedDict[Kind, tuple[int, MachineCode]] = OrderedDict()
_built_in: dict[str, tuple[int, MachineCode]] = {}
_contractions: dict[str, tuple[int, MachineCode]] = {}


def addresses(kinds: Sequence[Kind]) -> tuple[dict[Kind, int], set[MachineCode]]:
    """Where the kernels of these kinds begin, and what must be kept while they are used."""
    with _lock:
        missing = [kind for kind in dict.fromkeys(kinds) if kind not in _kernels]
        if missing:
            code = MachineCode(source(missing), LEVEL)
            for number, kind in enumerate(missing):
                _kernels[kind] = (code.address(f"kernel{number}"), code)
        found = {kind: _kernels[kind] for kind in kinds}
        for kind in found:
            _kernels.move_to_end(kind)
        while len(_kernels) > max(MOST_KERNELS, len(found)):
            _kernels.popitem(last=False)
    return {kind: address for kind, (address, _) in found.items()}, {code for _, code in found.values()}


def source(kinds: Sequence[Kind]) -> str:
    """The assembly of kernels."""
    lines, used, declared = [], set[str](), set[str]()
    for number, kind in enumerate(kinds):
        kernel = Kernel(kind)
        lines += kernel.lines_of(f"kernel{number}")
        used |= kernel.used
        declared |= kernel.declared
    return module([*_METADATA, *lines], used, WIDTH, declared)


def built_in() -> dict[str, int]:
    """Where the functions of `tiles.py` begin."""
    with _lock:
        if not _built_in:
            lines, declared = tiles.built_in()
            code = MachineCode(module([*_METADATA, *lines], (), WIDTH, declared), LEVEL)
            _built_in.update({name: (code.address(name), code) for name in tiles.NAMES})
        return {name: address for name, (address, _) in _built_in.items()}


def contractions() -> dict[str, int]:
    """Where the functions of `blocks.py` and `rows.py` begin."""
    with _lock:
        if not _contractions:
            width = lane_width()
            code = MachineCode("\n".join([*blocks.definitions(width), *rows.definitions(width)]), LEVEL)
            _contractions.update({name: (code.address(name), code) for name in (*blocks.NAMES, *rows.NAMES)})
        return {name: address for name, (address, _) in _contractions.items()}
