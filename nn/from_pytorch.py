"""`from_torch`: models of PyTorch as ours, for the layers that both have.

Both are the same function, of one sample here and of a batch there. Outputs and gradients agree to rounding; numbers,
frozen parameters and the mode of training are carried over. What has no counterpart is refused by its place, and no
option is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .activations import Activation
from .containers import Sequential
from .convolution import Conv1d, Conv2d
from .dropout import Dropout
from .embedding import Embedding
from .layers import Linear
from .modes import set_training
from .module import Module
from .normalization import LayerNorm
from .pooling import MaxPool2d
from .pytorch_activations import COUNTERPARTS, activation_from, imported_torch
from .shapes import Flatten, Reshape
from .tensors import Tensor, tensors_of


def from_torch(module: Any) -> Module:
    """The same model here, with the numbers that it has now.

    Args:
        module: of torch.nn: a Sequential, nested as deep as you like, of the layers that `nn` has, or one of them.

    Returns a Module for one sample, in float64. Numbers of fewer bits keep their values, so `to_torch` with their dtype
    gives them back to the bit.

    Raises TypeError for a layer without counterpart and for a class with a forward of its own, ValueError for an option
    that is not there; each names the place and what to do. ImportError where PyTorch is missing.
    """
    torch = imported_torch("from_torch")
    if not isinstance(module, torch.nn.Module):
        raise TypeError(
            f"from_torch takes a module of torch.nn, got {type(module).__name__} {module!r:.60}; parameters alone are "
            "read from a file, model.load('model.safetensors')"
        )
    model = _read(torch, module, "", {})
    given = list(module.named_parameters(remove_duplicate=False))
    owners: dict[int, tuple[str, Tensor]] = {}
    for (name, parameter), tensor in zip(given, tensors_of(model).values(), strict=True):
        other, known = owners.setdefault(id(parameter), (name, tensor))
        if known != tensor:
            raise ValueError(
                f"{other} and {name} are one parameter, which two layers cannot share here: give the second its own, a "
                "torch.nn.Parameter with the same numbers"
            )
        for own, x in zip(tensor.parameters, parameter.detach().double().flatten().tolist(), strict=True):
            own.data, own.requires_grad = x, parameter.requires_grad
    return model


def _read(torch: Any, module: Any, place: str, seen: dict[int, Module]) -> Module:
    if id(module) in seen:  # it stands in two places
        return seen[id(module)]
    kind = _kind_of(torch, module, place)
    _check_nothing_else(torch, module, place, kind)
    if kind == "Sequential":
        inner = f"{place}." if place else ""
        parts = [_read(torch, part, inner + name, seen) for name, part in module._modules.items()]
        model: Module = Sequential(*parts) if parts else Activation("linear")
        set_training(model, module.training)  # its parts have modes of their own
    else:
        model = _FROM[kind](module, place).train(module.training)
    seen[id(module)] = model
    return model


def _kind_of(torch: Any, module: Any, place: str) -> str:
    """The name in torch.nn of the layer that computes what the module computes."""
    own = type(module)
    known = [base for base in own.__mro__ if base is getattr(torch.nn, base.__name__, None)]
    base = next((base for base in known if base is torch.nn.Sequential or base.__name__ in _FROM), None)
    if base is not None and own.forward is base.forward and "forward" not in vars(module):
        return str(base.__name__)
    if base is None and own.__module__.startswith("torch."):
        raise TypeError(f"{_said(module, place)} has no counterpart in nn: {_instead_of(own.__name__)}")
    raise TypeError(
        f"{_said(module, place)} has a forward of its own, and Python code cannot be converted: write the same forward "
        "in a class of nn.Module, and convert its parts, self.part = from_torch(module.part)"
    )


def _instead_of(kind: str) -> str:
    if kind.startswith("BatchNorm"):
        return "it mixes the samples of a batch, and a model here computes one; LayerNorm does not"
    if kind in ("Softmax", "LogSoftmax"):
        return "leave it out; cross_entropy takes the numbers before it, and model.predict_proba(X) gives probabilities"
    if kind in ("ModuleList", "ModuleDict"):
        return "it computes nothing itself; convert its parts, [from_torch(part) for part in parts]"
    if kind in ("OptimizedModule", "RecursiveScriptModule", "DataParallel", "DistributedDataParallel"):
        return "convert the module that it was made of"
    return "write it in scalars, as a class of nn.Module, and convert the layers around it, from_torch(module[0])"


_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def _check_nothing_else(torch: Any, module: Any, place: str, kind: str) -> None:
    """Refuse what PyTorch computes beside the forward of the layer, and parameters without numbers."""
    for parameter in module._parameters.values():
        if parameter is not None and (parameter.is_meta or torch.nn.parameter.is_lazy(parameter)):
            raise ValueError(f"{_said(module, place)} has no numbers yet: call it once, or load its state first")
        if parameter is not None and parameter.is_complex():
            raise ValueError(f"{_said(module, place)} has complex numbers, and the engine works on real ones")
    if any(getattr(module, name, None) for name in _HOOKS):
        raise ValueError(
            f"{_said(module, place)} has hooks, functions that PyTorch runs with it, as pruning and weight_norm leave "
            "them: make them permanent and remove them first"
        )
    own = {"weight", "bias"} if kind in ("Linear", "Conv1d", "Conv2d", "Embedding", "LayerNorm") else set()
    others = [name for name in (*module._parameters, *module._buffers) if name not in own]
    others += [] if kind == "Sequential" else list(module._modules)
    if others:
        raise ValueError(
            f"{_said(module, place)} has {', '.join(others)}, which no {kind} has: remove them first, parametrizations "
            "by torch.nn.utils.parametrize.remove_parametrizations"
        )


def _check_options(module: Any, place: str, **usual: Any) -> None:
    """Refuse options that are not as usual, one number or a pair of it."""
    for name, expected in usual.items():
        given = getattr(module, name)
        if given not in (expected, (expected,), (expected, expected)):
            raise ValueError(
                f"{_said(module, place)} has {name}={given!r}, and here there is {name}={expected!r} only: write it in "
                "scalars, as a class of nn.Module, and convert the layers around it, from_torch(module[0])"
            )


def _alike(module: Any, place: str, name: str) -> Any:
    """An option that is one number, or the same one for both axes."""
    given = getattr(module, name)
    if not isinstance(given, tuple):
        return given
    if len(set(given)) > 1:
        raise ValueError(
            f"{_said(module, place)} has {name}={given!r}, and here it is one number for both axes: take a square one"
        )
    return given[0]


def _said(module: Any, place: str) -> str:
    return f"{place or 'the module'} ({type(module).__name__})"


def _linear_from(module: Any, place: str) -> Module:
    bias = module.bias is not None
    return Linear(module.in_features, module.out_features, bias=bias, initialization="zeros")


def _convolution_from(module: Any, place: str, make: Any) -> Module:
    _check_options(module, place, dilation=1, groups=1, padding_mode="zeros")
    size, stride, padding = (_alike(module, place, name) for name in ("kernel_size", "stride", "padding"))
    if padding == "same":
        if size % 2 == 0:
            raise ValueError(
                f"{_said(module, place)} has padding='same' and an even kernel_size={size}: pad alike on all sides"
            )
        padding = size // 2
    options = {"stride": stride, "padding": 0 if padding == "valid" else padding, "bias": module.bias is not None}
    made: Module = make(module.in_channels, module.out_channels, size, initialization="zeros", **options)
    return made


def _pooling_from(module: Any, place: str) -> Module:
    _check_options(module, place, padding=0, dilation=1, return_indices=False, ceil_mode=False)
    return MaxPool2d(_alike(module, place, "kernel_size"), stride=_alike(module, place, "stride"))


def _embedding_from(module: Any, place: str) -> Module:
    _check_options(module, place, padding_idx=None, max_norm=None, scale_grad_by_freq=False, sparse=False)
    return Embedding(module.num_embeddings, module.embedding_dim, seed=0)


def _dropout_from(module: Any, place: str) -> Module:
    if module.p == 1:
        raise ValueError(f"{_said(module, place)} has p=1, which leaves nothing over: p is below 1 here")
    return Dropout(module.p)


def _layer_norm_from(module: Any, place: str) -> Module:
    _check_options(module, place, elementwise_affine=True)
    if module.bias is None:
        raise ValueError(f"{_said(module, place)} has bias=False, and LayerNorm has one here: give it a bias of zeros")
    if len(module.normalized_shape) != 1:
        raise ValueError(
            f"{_said(module, place)} has normalized_shape={tuple(module.normalized_shape)}, and here it is one number: "
            "put a Flatten before it"
        )
    return LayerNorm(module.normalized_shape[0], eps=module.eps)


def _activation_from(module: Any, place: str, kind: str) -> Module:
    return activation_from(module, kind)


def _flatten_from(module: Any, place: str) -> Module:
    _check_options(module, place, start_dim=1, end_dim=-1)
    return Flatten()


def _reshape_from(module: Any, place: str) -> Module:
    _check_options(module, place, dim=1)
    return Reshape(*module.unflattened_size)


_FROM: dict[str, Callable[[Any, str], Module]] = {
    "Linear": _linear_from,
    "Conv1d": partial(_convolution_from, make=Conv1d),
    "Conv2d": partial(_convolution_from, make=Conv2d),
    "MaxPool2d": _pooling_from,
    "Embedding": _embedding_from,
    "Dropout": _dropout_from,
    "LayerNorm": _layer_norm_from,
    "Flatten": _flatten_from,
    "Unflatten": _reshape_from,
    **{one.kind: partial(_activation_from, kind=one.kind) for one in COUNTERPARTS},
}
