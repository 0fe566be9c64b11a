"""Settings of optimizers, checked, and groups of parameters that have settings of their own, as in PyTorch.

>>> from nn import MLP, AdamW
>>> model = MLP(2, [3, 1], seed=0)
>>> biases = [p for name, p in model.named_parameters() if name.endswith("bias")]
>>> weights = [p for p in model.parameters() if p not in biases]
>>> optimizer = AdamW([{"params": weights}, {"params": biases, "weight_decay": 0.0}], lr=0.01)
>>> [group["weight_decay"] for group in optimizer.param_groups]
[0.01, 0.0]

Entry points: `groups_in`, `ParameterGroup`, `checked`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping, MutableMapping
from difflib import get_close_matches
from numbers import Real
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from .optimizers import Optimizer

EXAMPLE = '{"params": model.layers[0].parameters(), "lr": 0.01}'


def groups_in(parameters: Any) -> list[tuple[list[Value], dict[str, Any]]]:
    """What an optimizer is given, as pairs of parameters and their own settings; a plain list is one group."""
    if isinstance(parameters, (Value, Mapping)) or not hasattr(parameters, "__iter__"):
        kind = type(parameters).__name__
        instead = (
            f"a list of groups, [{EXAMPLE}, …]" if isinstance(parameters, Mapping) else "SGD(model.parameters(), lr=…)"
        )
        raise TypeError(f"an optimizer takes a list of parameters, got a {kind}; write {instead}")
    given = list(parameters)
    are_groups = [isinstance(group, Mapping) for group in given]
    if any(are_groups) and not all(are_groups):
        raise TypeError(f"an optimizer takes parameters or groups of them, not both; write a list of groups, {EXAMPLE}")
    groups = [_split(group) for group in given] if any(are_groups) else [(given, {})]
    flat = [p for group, _ in groups for p in group]
    if not flat:
        raise ValueError("an optimizer needs parameters, got none; write SGD(model.parameters(), lr=…)")
    for p in flat:
        if not isinstance(p, Value):
            raise TypeError(f"parameters are Values, got {type(p).__name__}; write SGD(model.parameters(), lr=…)")
        if p.op is not None:
            raise ValueError(f"only leaves can be trained; {p!r} is computed by {p.op.name}")
    if len(set(flat)) < len(flat):
        first: dict[Value, int] = {}
        for i, (group, _) in enumerate(groups):
            for p in group:
                if first.setdefault(p, i) != i:
                    raise ValueError(
                        f"the parameter {p!r} stands in the groups {first[p]} and {i}; it would move twice in each step"
                    )
        raise ValueError("a parameter stands twice in the list; it would move twice in each step")
    return groups


def _split(group: Mapping[str, Any]) -> tuple[list[Value], dict[str, Any]]:
    if "params" not in group:
        names = ", ".join(map(repr, group)) or "nothing"
        raise ValueError(f'a group names its parameters "params", as {EXAMPLE}; this one has {names}')
    params = group["params"]
    if not isinstance(params, Value) and (isinstance(params, Mapping) or not hasattr(params, "__iter__")):
        raise TypeError(
            f"the params of a group are a list of parameters, got a {type(params).__name__}: write {EXAMPLE}"
        )
    own = {name: x for name, x in group.items() if name != "params"}
    return [params] if isinstance(params, Value) else list(params), own


class ParameterGroup(MutableMapping[str, Any]):
    """Some parameters of an optimizer, with their settings: a mapping as those of PyTorch's `param_groups`.

    A setting that is not the group's own is the optimizer's. The group's own learning rate is the one it was given as
    long as `lr` of the optimizer stays; when that changes, by a schedule for instance, all rates change in proportion.

    >>> from nn import SGD
    >>> a, b = Value(1.0), Value(2.0)
    >>> optimizer = SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1)
    >>> optimizer.lr = 0.05
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.25, 0.05]
    """

    def __init__(self, optimizer: Optimizer, places: range, own: Mapping[str, Any]) -> None:
        self._optimizer, self.places = optimizer, places
        self.own: dict[str, Any] = {}
        self.of = optimizer.lr  # for which the group's own rate was given
        known = settings_known(type(optimizer))
        for name, x in own.items():
            self.own[name] = _checked_own(name, x, known, type(optimizer).__name__)

    @property
    def lr(self) -> float:
        """The learning rate now."""
        now: float = self._optimizer.lr
        if "lr" not in self.own:
            return now
        own: float = self.own["lr"]
        return own * (now / self.of) if self.of else own

    def settings(self) -> dict[str, Any]:
        """The group's own settings as they are now."""
        return {**self.own, "lr": self.lr} if "lr" in self.own else self.own

    def __getitem__(self, name: str) -> Any:
        if name == "params":
            return self._optimizer.parameters[self.places.start : self.places.stop]
        if name == "lr":
            return self.lr
        return self.own[name] if name in self.own else self._optimizer.settings()[name]

    def __setitem__(self, name: str, x: Any) -> None:
        known = settings_known(type(self._optimizer))
        x = _checked_own(name, x, known, type(self._optimizer).__name__)
        if name not in self.own and len(self._optimizer.param_groups) == 1:
            setattr(self._optimizer, name, x)
            return
        if name == "lr":
            self.of = self._optimizer.lr
        self.own[name] = x

    def __delitem__(self, name: str) -> None:
        raise TypeError("the parameters and settings of a group can be changed, but not deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(("params", *self._optimizer.settings()))

    def __len__(self) -> int:
        return 1 + len(self._optimizer.settings())

    def __repr__(self) -> str:
        return repr({"params": f"<{len(self.places)} parameters>", **{k: self[k] for k in self if k != "params"}})


def settings_known(kind: type[Optimizer]) -> list[str]:
    """The names of the settings of an optimizer: the options of its constructor."""
    names: dict[str, None] = {}
    for base in kind.__mro__[:-1]:
        if "__init__" in vars(base):
            options = list(inspect.signature(vars(base)["__init__"]).parameters.values())[2:]
            names.update({x.name: None for x in options if x.kind in (x.POSITIONAL_OR_KEYWORD, x.KEYWORD_ONLY)})
    return list(names)


def _checked_own(name: str, x: Any, known: list[str], kind: str) -> Any:
    if name not in known:
        near = ["lr"] if name == "learning_rate" else get_close_matches(str(name), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(f"{kind} has no setting {name!r}{hint} A group may have its own {', '.join(_own(known))}")
    if name not in _own(known):
        raise ValueError(f"{name} is one for all groups: write {kind}([…], {name}={x!r})")
    return checked(name, x)


def _own(known: list[str]) -> list[str]:
    return [name for name in known if name not in FOR_ALL]


def checked(name: str, x: Any) -> Any:
    """The setting of that name, if it may have this value."""
    if name == "betas":
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            raise TypeError(f"betas are two numbers, such as (0.9, 0.999), got {x!r}")
        return _below_one("betas[0]", x[0]), _below_one("betas[1]", x[1])
    return _below_one(name, x) if name == "alpha" else at_least_zero(name, x)


FOR_ALL = ("nesterov",)  # settings that decide what is computed


def at_least_zero(name: str, x: Any) -> Any:
    if isinstance(x, bool) or not isinstance(x, Real):
        raise TypeError(f"{name} is a number of at least 0, got {type(x).__name__} {x!r}")
    if not (0 <= float(x) < math.inf):
        raise ValueError(f"{name} is a number of at least 0, got {x!r}")
    return x


def _below_one(name: str, x: Any) -> Any:
    if isinstance(x, bool) or not isinstance(x, Real):
        raise TypeError(f"{name} is a number of at least 0 and below 1, got {type(x).__name__} {x!r}")
    if not (0 <= float(x) < 1):
        raise ValueError(f"{name} is at least 0 and below 1, got {x!r}")
    return x
