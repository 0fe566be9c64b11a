"""The format of safetensors, read and written with the standard library: numbers in tensors, and nothing that runs.

A file is the length of a header (8 bytes, little-endian), the header in JSON, which gives for each tensor the type of
its numbers, its shape and where its bytes begin and end, and then these bytes, without gaps.

Entry points: `encode`, `decode` and `metadata_of`; `unique_names`.

>>> decode(encode({"w": Stored((2, 1), [0.5, float("inf")])}))
{'w': Stored(shape=(2, 1), numbers=[0.5, inf])}
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}  # bytes a number, of the types that are read
_CODES = {"F64": "d", "F32": "f", "F16": "e"}  # their names in `struct`
_METADATA = "__metadata__"


class Stored(NamedTuple):
    """A tensor of a file: its numbers, the last index running fastest."""

    shape: tuple[int, ...]
    numbers: list[float]


def encode(tensors: Mapping[str, Stored], metadata: Mapping[str, str] | None = None) -> bytes:
    """The content of a file: every number to the bit, nan and infinity, too; and what else there is to say."""
    header: dict[str, Any] = {_METADATA: {"format": "pt", **(metadata or {})}}  # named and shaped as in PyTorch
    end, parts = 0, []
    for name, tensor in tensors.items():
        part = struct.pack(f"<{len(tensor.numbers)}d", *tensor.numbers)
        begin, end = end, end + len(part)
        header[name] = {"dtype": "F64", "shape": tensor.shape, "data_offsets": (begin, end)}
        parts.append(part)
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)  # so that the numbers begin at a multiple of their width
    return b"".join([len(text).to_bytes(8, "little"), text, *parts])


def decode(data: bytes) -> dict[str, Stored]:
    """The tensors of a file, by name; ValueError, saying what is wrong, for what is none."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise ValueError(
            f"it is no file of safetensors, or cut off: it should begin with the length of its header, and has "
            f"{data[:8]!r}, with {max(0, len(data) - 8)} bytes to follow"
        )
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=unique_names)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, nested a thousand deep
        raise ValueError(f"its header is damaged: {error!s:.200}") from None
    if not isinstance(header, dict):
        raise ValueError(f"its header is a {type(header).__name__}, not an object of names and tensors")
    header.pop(_METADATA, None)
    body = data[8 + length :]
    tensors = {name: _entry(name, entry, len(body)) for name, entry in header.items()}
    _check_places(tensors, len(body))
    return {name: Stored(shape, _numbers(kind, body[i:j])) for name, (kind, shape, i, j) in tensors.items()}


def metadata_of(data: bytes) -> dict[str, Any]:
    """What else a file says that `decode` can read."""
    length = int.from_bytes(data[:8], "little")
    found = json.loads(data[8 : 8 + length]).get(_METADATA)
    return found if isinstance(found, dict) else {}


def _entry(name: str, entry: Any, length: int) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, beginning and end of a tensor, checked."""
    what = f"the tensor {name[:60]!r}"
    if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
        raise ValueError(f"{what} lacks its dtype, shape or data_offsets")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in WIDTHS:
        raise ValueError(f"{what} has numbers of the type {kind!s:.20}; those that can be read are {', '.join(WIDTHS)}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"{what} has a shape or data_offsets that are no lists of whole numbers")
    begin, end = offsets
    if not begin <= end <= length or _count(shape, length) * WIDTHS[kind] != end - begin:
        raise ValueError(
            f"{what} of {kind} has the shape {'×'.join(map(str, shape[:8])) or '()':.40}, which does not fill its "
            f"bytes, {f'{begin} to {end}':.40} of {length}"
        )
    return kind, tuple(shape), begin, end


def _are_sizes(x: Any) -> bool:
    return isinstance(x, list) and all(type(n) is int and n >= 0 for n in x)


def _count(shape: list[int], most: int) -> int:
    """How many numbers a tensor has; somewhat above `most`, if they are more."""
    count = 0 if 0 in shape else 1
    for n in shape:
        if count > most:
            break
        count *= n
    return count


def _check_places(tensors: Mapping[str, tuple[str, tuple[int, ...], int, int]], length: int) -> None:
    at = 0
    for name, (_, _, begin, end) in sorted(tensors.items(), key=lambda item: item[1][2:]):
        if begin != at:
            wrong = "overlaps another one" if begin < at else "leaves a gap"
            raise ValueError(f"the tensor {name[:60]!r} {wrong}: it begins at byte {begin}, not at {at}")
        at = end
    if at != length:
        raise ValueError(f"its tensors have {at} bytes, but {length} follow the header")


def _numbers(kind: str, data: bytes) -> list[float]:
    if kind == "BF16":  # the upper half of a float of 32 bits
        wide = bytearray(2 * len(data))
        wide[2::4], wide[3::4] = data[0::2], data[1::2]
        kind, data = "F32", bytes(wide)
    return list(struct.unpack(f"<{len(data) // WIDTHS[kind]}{_CODES[kind]}", data))


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `json.loads`: an object in which no name stands twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a name stands in it twice")
    return content
