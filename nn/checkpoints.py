"""`Checkpoint`: a training in a file, so that it can go on another day as if it had never stopped.

A file holds what the next epoch depends on: the parameters, the optimizer, the history, the order of the samples, the
states of the random generators, and with `patience` the best parameters. Numbers are written so that they come back to
the bit, and a file is replaced in one step: it is the checkpoint of one whole epoch, whenever the training is ended.

>>> import tempfile
>>> from nn import MLP, fit
>>> def train(epochs):
...     model = MLP(2, [3, 1], seed=0)
...     history = fit(
...         model, [[0.1, 0.5], [0.9, -0.3]], [0.0, 1.0], loss="mean_squared_error", optimizer="adam", epochs=epochs,
...         checkpoint=path, resume=True, progress=False,
...     )
...     return history.loss
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder) / "training.json"
...     loss_of_two = train(2)  # Ctrl-C, or a computer that is switched off
...     loss_of_five = train(5)
>>> len(loss_of_five), loss_of_five[:2] == loss_of_two
(5, True)
"""

from __future__ import annotations

import json
import math
import os
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograd import Value, files

from .dropout import generators_of
from .early_stopping import Best
from .history import History
from .module import Module
from .optimizers import Optimizer

FORMAT = "scalar-autograd checkpoint"
VERSION = 1
OF_BEST = ("epoch", "since", "loss", "state")


@dataclass
class Checkpoint:
    """What a training goes on from, and its file.

    Attributes:
        path: of the file.
        model, optimizer, history, best: see `fit`; `best` is None without `patience`.
        order: the numbers of the samples, as the last epoch has shuffled them.
        generator: which shuffles them.
        is_validated: whether there is a validation set.
    """

    path: str | os.PathLike[str]
    model: Any
    optimizer: Optimizer
    history: History
    best: Best | None
    order: list[int]
    generator: random.Random
    is_validated: bool = False

    def __post_init__(self) -> None:
        try:
            folder = os.path.dirname(os.path.abspath(os.fsdecode(self.path)))
        except TypeError:
            raise TypeError(
                f'checkpoint is the path of a file, such as "training.json", got {type(self.path).__name__} '
                f"{self.path!r:.60}"
            ) from None
        if os.fsdecode(self.path).lower().endswith(".safetensors"):
            raise ValueError(
                "a checkpoint holds more than parameters, and is JSON: name it checkpoint='training.json'; of the "
                "parameters alone model.save('model.safetensors') makes a file of safetensors"
            )
        if os.path.isdir(self.path):
            raise IsADirectoryError(
                f"the checkpoint {os.fspath(self.path)!r} is a folder: write the name of a file in it, "
                f"{os.path.join(os.fsdecode(self.path), 'training.json')!r}"
            )
        if not os.path.isdir(folder):  # said before an epoch is lost
            raise FileNotFoundError(f"the checkpoint {os.fspath(self.path)!r} needs the folder {folder}: make it first")

    def write(self) -> None:
        """Put the training as it is now into the file."""
        own = self.model.state_dict() if isinstance(self.model, Module) else {}
        best = self.best
        content = {
            "format": FORMAT,
            "version": VERSION,
            "model": own,
            "others": [p.data for p in self._others()],
            "optimizer": self.optimizer.state_dict(),
            "history": asdict(self.history),
            "best": None if best is None else {name: getattr(best, name) for name in OF_BEST},
            "order": self.order,
            "generators": [generator.getstate() for generator in self._generators()],
        }
        files.write(self.path, json.dumps(content))

    def resume(self) -> None:
        """Go on from the file, if there is one; else from the beginning.

        Raises ValueError, and changes nothing, where the file is damaged or of another training.
        """
        if not os.path.exists(self.path):
            return
        name = os.fspath(self.path)
        content = self._content()
        others, generators = self._others(), self._generators()
        try:
            if sorted(content["order"]) != list(range(len(self.order))):
                raise ValueError(f"it has {len(content['order'])} samples to train on, X has {len(self.order)} of them")
            history = _history_of(content["history"], self.history, self.is_validated)
            numbers = [_finite(x) for x in content["others"]]
            if len(numbers) != len(others) or len(content["generators"]) != len(generators):
                raise ValueError("it has another number of parameters outside the model, or of generators for Dropout")
            states = [_state_of(state) for state in content["generators"]]
            best = _best_of(content["best"], self.best)
            optimizer = self.optimizer.checked_state(content["optimizer"])
            if isinstance(self.model, Module):
                self.model.load_state_dict(content["model"])  # the last that may fail
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"it lacks {error}" if isinstance(error, KeyError) else error
            raise ValueError(
                f"the checkpoint {name!r} does not fit this training: {reason}. Call fit with what it was written "
                "with, or write resume=False to begin anew"
            ) from None
        for p, x in zip(others, numbers, strict=True):
            p.data = x
        vars(self.optimizer).update(optimizer)
        vars(self.history).update(vars(history))
        if self.best is not None:
            vars(self.best).update(best)
        self.order[:] = content["order"]
        for generator, state in zip(generators, states, strict=True):
            generator.setstate(state)

    def _content(self) -> dict[str, Any]:
        name = os.fspath(self.path)
        try:
            content = json.loads(Path(self.path).read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{name!r} is not a checkpoint: {error}; write resume=False to begin anew") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(
                f'{name!r} is not a checkpoint: it lacks "format": "{FORMAT}"; name the file that fit wrote'
            )
        if content.get("version") != VERSION:
            raise ValueError(f"{name!r} has version {content.get('version')!r}, which cannot be read here")
        return content

    def _others(self) -> list[Value]:
        """The parameters of the optimizer that are not of the model."""
        own = set(self.model.parameters()) if isinstance(self.model, Module) else set()
        return [p for p in self.optimizer.parameters if p not in own]

    def _generators(self) -> list[random.Random]:
        """The generators that the training draws from, each once."""
        found = [self.generator, *generators_of(self.model)]
        return list({id(generator): generator for generator in found}.values())


def _history_of(saved: dict[str, Any], expected: History, is_validated: bool) -> History:
    history = History(**saved)
    for name in ("metrics", "validation_metrics"):
        if list(getattr(history, name)) != list(getattr(expected, name)):
            raise ValueError(f"it has the {name} {list(getattr(history, name))}, not {list(getattr(expected, name))}")
    if len(history.validation_loss) != len(history) * is_validated:
        raise ValueError(f"it was written {'without' if is_validated else 'with'} validation")
    curves = [history.learning_rate, history.seconds, *history.metrics.values(), *history.validation_metrics.values()]
    if any(len(numbers) != len(history) for numbers in curves):
        raise ValueError("its history is damaged")
    history.stopped = ""
    return history


def _best_of(saved: dict[str, Any] | None, best: Best | None) -> dict[str, Any]:
    if (saved is None) is not (best is None):
        raise ValueError(f"it was written {'without' if saved is None else 'with'} patience")
    if saved is None or best is None:
        return {}
    if saved["state"] and len(saved["state"]) != len(best.parameters):
        raise ValueError(f"it has {len(saved['state'])} best parameters, not {len(best.parameters)}")
    epoch, since = int(saved["epoch"]), int(saved["since"])
    return {"epoch": epoch, "since": since, "loss": float(saved["loss"]), "state": [_finite(x) for x in saved["state"]]}


def _state_of(saved: list[Any]) -> tuple[Any, ...]:
    version, numbers, gauss = saved
    state = (version, tuple(numbers), gauss)
    random.Random().setstate(state)  # raises for what is none
    return state


def _finite(x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x):
        raise ValueError(f"{x!r:.60} is not the number of a parameter")
    return float(x)
