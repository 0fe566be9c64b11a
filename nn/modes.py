"""`in_mode`: a model in the mode of training, or not, for a while; `set_training`, of one module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .contents import Holder, modules


@contextmanager
def in_mode(model: Any, training: bool) -> Iterator[None]:
    """Set `training` of a model and of all modules inside it; at the end each is again as it was."""
    earlier = [(part, part.training) for _, part in modules(model)] if isinstance(model, Holder) else []
    try:
        for part, _ in earlier:
            set_training(part, training)
        yield
    finally:
        for part, was in earlier:
            set_training(part, was)


def set_training(part: Holder, training: bool) -> None:
    """Set `training` of one module, of a class that forbids assignments, too, as a frozen data class does."""
    if part.training is not training:
        object.__setattr__(part, "training", training)
