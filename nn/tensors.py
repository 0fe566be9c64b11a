"""The parameters of a model as tensors, under the names and with the shapes that they have in PyTorch.

A layer has a "weight", a row for each neuron, and a "bias"; the part i of a Sequential stands under "i."; an MLP is the
Sequential of linear layers and activations that `to_torch` makes of it. In a model of your own, the names are those of
the attributes, and nested lists of parameters are one tensor. Files of safetensors are written and read by these names.

>>> from nn import MLP
>>> {name: tensor.shape for name, tensor in tensors_of(MLP(2, [16, 1])).items()}
{'0.weight': (16, 2), '0.bias': (16,), '2.weight': (1, 16), '2.bias': (1,)}
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value

from .contents import Holder, children, parameters_in

if TYPE_CHECKING:
    from .module import Module


class Tensor(NamedTuple):
    """Parameters in the order of the indices, the last one running fastest."""

    shape: tuple[int, ...]
    parameters: list[Value]


def tensors_of(module: Module) -> dict[str, Tensor]:
    """All parameters of a module as tensors; what it holds twice stands there under both names.

    Raises ValueError where two tensors would have one name.
    """
    found: dict[str, Tensor] = {}
    _collect("", module, found, ())
    return found


def _collect(prefix: str, module: Any, found: dict[str, Tensor], above: tuple[Any, ...]) -> None:
    if any(module is one for one in above):  # a module may hold itself
        return
    for name, part in _parts(module):
        place = prefix + name
        if isinstance(part, Holder):
            _collect(f"{place}.", part, found, (*above, module))
        elif place in found:
            raise ValueError(f"two parameters would have the name {place!r}: rename an attribute or a key")
        else:
            found[place] = part


def _parts(module: Any) -> list[tuple[str, Any]]:
    """The modules and tensors that one holds, by name."""
    named = module._in_pytorch()
    if named is not None:
        found = [(name, part if isinstance(part, Holder) else _tensor(part)) for name, part in named.items()]
        parts = [(name, part) for name, part in found if part is not None]
        # A class derived from one of ours may hold more, and a neuron that was changed other things.
        if {p for _, part in parts for p in _parameters(part)} == _parameters(module):
            return parts
    return _by_attributes(module)


def _parameters(part: Any) -> set[Value]:
    return set(part.parameters) if isinstance(part, Tensor) else {p for _, p in parameters_in(part)}


def _tensor(part: Any) -> Tensor | None:
    """Nested lists as a tensor; None where lists beside each other differ in length."""
    if isinstance(part, Value):
        return Tensor((), [part])
    if not isinstance(part, (list, tuple)):
        return None
    inner = [_tensor(x) for x in part]
    if not inner or inner[0] is None or any(x is None or x.shape != inner[0].shape for x in inner):
        return None
    return Tensor((len(inner), *inner[0].shape), [p for x in inner if x is not None for p in x.parameters])


def _by_attributes(module: Any) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = list(children(module))
    inside = {p for _, part in parts for p in _parameters(part)}
    lists: dict[str, dict[tuple[int, ...], Value]] = defaultdict(dict)  # by index, under the name of the outermost list
    for name, parameter in parameters_in(module):
        if parameter not in inside:
            base = re.sub(r"(\[\d+\])+$", "", name)
            lists[base][tuple(map(int, re.findall(r"\d+", name[len(base) :])))] = parameter
    for base, held in lists.items():
        indices = sorted(held)
        shape = tuple(n + 1 for n in indices[-1])
        if indices == list(product(*map(range, shape))):
            parts.append((base, Tensor(shape, [held[index] for index in indices])))
        else:
            parts += [(base + "".join(f"[{i}]" for i in index), Tensor((), [held[index]])) for index in indices]
    return [(_dotted(name), part) for name, part in parts]


def _dotted(name: str) -> str:
    """`lines['left'].layers[0]` as "lines.left.layers.0"."""
    return re.sub(r"\[(\d+)\]|\['([\w-]+)'\]", r".\1\2", name)
