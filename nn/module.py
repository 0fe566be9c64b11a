"""`Module`: anything that has parameters. It finds them, names them, and saves and loads them.

A module's parameters are the leaf Values that its attributes hold, directly or inside lists, tuples, dicts,
data classes, NumPy arrays and other modules. Their names are the Python expressions that reach them:
`layers[0].neurons[3].weights[1]`. What would give them no lasting name, a set or a generator, is refused, and so is a
layer whose class is no `Module`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from reprlib import recursive_repr
from textwrap import indent
from typing import TYPE_CHECKING, Any

from autograd import Value, files
from autograd.operations import number

from .class_labels import keep_labels, labels_from_json, labels_to_json
from .contents import Holder, children, modules, parameters_in
from .feature_names import named_inputs
from .habits import MODEL, ZERO_GRAD, advised, explained
from .modes import set_training
from .safetensors import Stored, decode, encode, metadata_of, unique_names
from .tensors import tensors_of

if TYPE_CHECKING:
    from typing_extensions import Self  # of typing itself from Python 3.11 on

    from .summary import Summary

FORMAT = "scalar-autograd parameters"
VERSION = 1
LABELS, NAMES = "class_labels", "feature_names_in_"


class Module(Holder):
    """Base class of neurons, layers, networks, and of your own models.

    A class of your own says what it computes in `__call__`, or as in PyTorch in `forward`; a call is either.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(1.0), Value(0.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> [name for name, parameter in Line().named_parameters()]
    ['slope', 'offset']

    A model may hold any modules, in lists, tuples, dicts and arrays, too; it shows itself as they are nested:

    >>> class Curve(Module):
    ...     def __init__(self):
    ...         self.lines = {"left": Line(), "right": Line()}
    >>> Curve()
    Curve(
      (lines['left']): Line(2 parameters)
      (lines['right']): Line(2 parameters)
    ): 4 parameters
    """

    if not TYPE_CHECKING:  # which would take any attribute as given

        def __getattr__(self, name: str) -> Any:
            return explained(self, name, MODEL)

    def train(self, mode: bool = True) -> Self:
        """Whether the module and all inside it are being trained: `Dropout` then leaves numbers out. Returns it."""
        for _, part in modules(self):
            set_training(part, mode)
        return self

    def eval(self) -> Self:
        """The opposite of `train`: nothing is left out."""
        return self.train(False)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes from the inputs of one sample."""
        if type(self).forward is Module.forward:
            raise NotImplementedError(
                f"{type(self).__name__} does not say what it computes: define __call__(self, inputs), or forward"
            )
        if inputs:
            inputs = (named_inputs(inputs[0], self.feature_names_in_), *inputs[1:])
        return self.forward(*inputs, **options)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The same as a call."""
        return self(*inputs, **options) if type(self).__call__ is not Module.__call__ else Module.__call__(self)

    @recursive_repr("…")  # a module may hold itself
    def __repr__(self) -> str:
        try:
            parts = [f"({place}): {part!r}\n" for place, part in children(self)]
            if parts:
                return f"{type(self).__name__}(\n{indent(''.join(parts), '  ')}): {self._counted()}"
        except TypeError:  # something that `parameters()` refuses
            pass
        return in_a_line(self)

    def predict(self, X: Any, *, classes: bool = False, threshold: float | None = None) -> Any:
        """What the model returns for each row of X: an array, computed by a compiled program; see `nn.predictions`.

        Args:
            X: an array, a data frame or a list of rows.
            classes: give the number of a class in the place of outputs: that of the largest, and of one output
                whether it exceeds the threshold, 0 or 1. After a training with labels, give the label.
            threshold: of one output; by default ½ where the last activation is a sigmoid, else 0.

        >>> from nn import MLP
        >>> model = MLP(2, [4, 3], seed=0)
        >>> model.predict([[0.5, 1.0], [1.0, -1.0]]).shape, model.predict([[0.5, 1.0]], classes=True)
        ((2, 3), array([2]))
        """
        from .predictions import predict

        return predict(self, X, classes, threshold)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class for each row of X, in columns, as in scikit-learn.

        They are the softmax of the outputs; of one output z they are 1 - a and a with a = sigmoid(z), or a = z where
        the last activation is a sigmoid already.

        >>> from nn import MLP
        >>> MLP(2, [1], initialization="zeros").predict_proba([[0.5, 1.0]])
        array([[0.5, 0.5]])
        """
        from .predictions import predict_proba

        return predict_proba(self, X)

    def summary(self) -> Summary:
        """A table of the layers: shape, activation, parameters, and how many of those are frozen; see `Summary`."""
        from .summary import Summary

        return Summary(self)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Pairs (name, module) of the modules in the attributes and their containers, not of those inside these."""
        yield from ((name, part) for name, part in children(self) if isinstance(part, Module))

    def children(self) -> list[Module]:
        """The modules of `named_children`."""
        return [part for _, part in self.named_children()]

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Pairs (name, module): the module itself, under the name "", and all that are inside it, each once."""
        yield from ((name, part) for name, part in modules(self) if isinstance(part, Module))

    def modules(self) -> list[Module]:
        """The modules of `named_modules`."""
        return [part for _, part in self.named_modules()]

    def _counted(self) -> str:
        return counted(self.parameters())

    def _shape(self) -> str | None:
        """The sizes of a layer, for `summary`; None for what only holds other modules, or has no sizes."""
        return None

    def _activation(self) -> str:
        """The name of its activation, for `summary`."""
        return ""

    def _last_function(self) -> Any:
        """The function that its outputs come from, as far as the class says so, for `predict_proba`."""
        return None

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Pairs (name, parameter), each parameter once, in the order in which the attributes were set.

        Raises TypeError where an attribute holds a generator, or, with parameters that stand nowhere else, a set or a
        layer whose class is no Module.
        """
        yield from parameters_in(self)

    def parameters(self) -> list[Value]:
        """The parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    @advised(ZERO_GRAD)
    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: `backward()` adds to what is there."""
        for parameter in self.parameters():
            parameter.grad = 0

    @property
    def requires_grad(self) -> bool:
        """Whether any parameter is trained; assign False to freeze all of them, True to free them, see `freeze`."""
        return any(parameter.requires_grad for parameter in self.parameters())

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, flag: bool = True) -> Self:
        """Set `requires_grad` of all parameters, and return the module; see `freeze`."""
        for parameter in self.parameters():
            parameter.requires_grad = flag
        return self

    def freeze(self) -> Self:
        """No backward pass writes the gradients of the parameters any more, so no optimizer moves them.

        They stay parameters: `parameters()` lists them and `state_dict()` holds them. Returns the module.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 1], seed=0)
        >>> frozen = model.layers[0].freeze()
        >>> model
        MLP(2 → 3 relu → 1 linear: 13 parameters, 9 of them frozen)
        """
        return self.requires_grad_(False)

    def unfreeze(self) -> Self:
        """The opposite of `freeze`."""
        return self.requires_grad_(True)

    def state_dict(self) -> dict[str, float]:
        """The number of every parameter, by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    @advised(
        {"strict": "the names that agree into a state of your own, model.load_state_dict(model.state_dict() | known)"}
    )
    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from `state`, which names exactly the parameters of this module.

        Raises ValueError or TypeError, before anything is changed, when a name is missing or unknown or a
        number is not finite.
        """
        if not isinstance(state, Mapping):
            hint = ": a file is read by model.load(path)" if isinstance(state, (str, os.PathLike)) else ""
            raise TypeError(f"a state is a mapping from parameter names to numbers, got {type(state).__name__}{hint}")
        parameters = dict(self.named_parameters())
        self._check_names(state, parameters)
        numbers = {name: _parameter_number(name, state[name]) for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]

    def _check_names(self, state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        missing = [name for name in own if name not in state]
        unknown = [str(name) for name in state if name not in own]
        if missing or unknown:
            raise ValueError(
                f"this state is not of {in_a_line(self)}:"
                + (f" it lacks {_listed(missing)}" if missing else "")
                + (" and" if missing and unknown else "")
                + (f" it has the unknown {_listed(unknown)}" if unknown else "")
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a file; an existing one is replaced only when all is written.

        By the suffix of its name it is a file of safetensors ("model.safetensors"), with the names and shapes of
        PyTorch, see `nn.tensors`, or else JSON, with the name of each number. The `class_labels` are in it, too, and
        the names of the inputs. Raises ValueError for a parameter that is nan or infinite, which JSON cannot hold, and
        OSError where the file cannot be written.

        >>> import tempfile
        >>> from nn import MLP
        >>> model, other = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(Path(folder) / "model.safetensors")
        ...     other.load(Path(folder) / "model.safetensors")
        >>> other.state_dict() == model.state_dict()
        True
        """
        if _is_safetensors(path):
            own = tensors_of(self)
            stored = {name: Stored(t.shape, [p.data for p in t.parameters]) for name, t in own.items()}
            files.write(path, encode(stored, {name: json.dumps(x) for name, x in self._words().items()}))
            return
        state = {name: _parameter_number(name, x) for name, x in self.state_dict().items()}
        content = {"format": FORMAT, "version": VERSION, "model": in_a_line(self), "parameters": state}
        files.write(path, json.dumps(content | self._words(), indent=1, ensure_ascii=False))

    def _words(self) -> dict[str, Any]:
        """What a file holds beside numbers."""
        names = self.feature_names_in_
        return {LABELS: labels_to_json(self.class_labels), NAMES: None if names is None else list(names)}

    def _take_words(self, labels: Any, names: Any) -> None:
        keep_labels(self, labels)
        if names is not None or self.feature_names_in_ is not None:
            object.__setattr__(self, "feature_names_in_", names)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters, `class_labels` and names of the inputs from a file that `save` wrote for such a module.

        A file of safetensors may come from elsewhere; numbers of fewer bits than ours keep their values. Raises
        ValueError, and changes nothing, when the file is damaged or of another model.
        """
        if _is_safetensors(path):
            data = Path(path).read_bytes()
            try:
                tensors = decode(data)
                metadata = metadata_of(data)
                words = _words_of({name: json.loads(metadata.get(name, "null")) for name in (LABELS, NAMES)})
                self._load_tensors(tensors)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{os.fspath(path)} does not fit: {error}") from None
            self._take_words(*words)
            return
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=unique_names)
        except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, nested a thousand deep
            raise ValueError(f"{os.fspath(path)} is not a file of parameters: {error}") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f'{os.fspath(path)} is not a file of parameters: it lacks "format": "{FORMAT}"')
        version = content.get("version")
        if type(version) is not int or version != VERSION:  # True == 1
            raise ValueError(
                f'{os.fspath(path)} is not a file of parameters that can be read here: its "version" is '
                f"{json.dumps(version)[:60]}, this is version {VERSION}"
            )
        if not isinstance(content.get("parameters"), dict):
            raise ValueError(f'{os.fspath(path)} is damaged: "parameters" is not an object of names and numbers')
        try:
            words = _words_of(content)
            self.load_state_dict(content["parameters"])
        except (ValueError, TypeError) as error:
            raise ValueError(f"{os.fspath(path)} does not fit: {error}") from None
        self._take_words(*words)

    def _load_tensors(self, state: Mapping[str, Stored]) -> None:
        own = tensors_of(self)
        self._check_names(state, own)
        numbers: dict[Value, float] = {}
        for name, (shape, parameters) in own.items():
            if state[name].shape != shape:
                raise ValueError(f"{name} has the shape {_sizes(state[name].shape)} in it, and {_sizes(shape)} here")
            for parameter, x in zip(parameters, state[name].numbers, strict=True):
                if repr(numbers.setdefault(parameter, x)) != repr(x):  # nan is like nan
                    raise ValueError(f"{name} holds parameters that it has under another name, too, with other numbers")
        for parameter, x in numbers.items():
            parameter.data = x


def _words_of(content: Mapping[str, Any]) -> tuple[Any, list[str] | None]:
    """The labels and names in a file, checked."""
    names = content.get(NAMES)
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise ValueError(f'"{NAMES}" is a list of names or null, got {names!r:.60}')
    return labels_from_json(content.get(LABELS)), names


def _is_safetensors(path: str | os.PathLike[str]) -> bool:
    return isinstance(path, (str, os.PathLike)) and os.fspath(path).lower().endswith(".safetensors")


def in_a_line(module: Module) -> str:
    """A short text for messages: the `repr` of its class, or where `Module` gives it, its name and size."""
    if type(module).__repr__ is not Module.__repr__:
        return repr(module)
    try:
        return f"{type(module).__name__}({counted(module.parameters())})"
    except TypeError:  # something that `parameters()` refuses
        return f"{type(module).__name__}(with what cannot be named)"


def counted(parameters: list[Value]) -> str:
    """How many parameters there are, in words."""
    n, frozen = len(parameters), sum(not p.requires_grad for p in parameters)
    return f"{n} parameter{'s' * (n != 1)}" + (f", {frozen} of them frozen" if frozen else "")


def _parameter_number(name: str, x: Any) -> float:
    if isinstance(x, bool):
        raise TypeError(f"the parameter {name} should be a number, got {x}")
    try:
        result = number(x)
    except TypeError as error:
        raise TypeError(f"the parameter {name} should be a number: {error}") from None
    if not math.isfinite(result):
        raise ValueError(f"the parameter {name} is {result}; train with a smaller learning rate, or start again")
    return result


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "()"
