"""How parameters follow their gradients. Formulas and defaults are PyTorch's.

An optimizer says only how *one* parameter moves: `update` maps its number, its gradient and what is
remembered of it (velocity, averages) to the new number and the new memory.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Real
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.operations import divide
from autograd.sweeps import recorded_gradient

from .habits import OF_OPTIMIZERS, OPTIMIZER, ZERO_GRAD, advised, explained
from .module import counted
from .parameter_groups import ParameterGroup, at_least_zero, checked, groups_in

Memory = tuple[float, ...]
Parameters = Iterable[Value] | Iterable[Mapping[str, Any]]


class Optimizer:
    """Base class: holds the parameters, counts the steps, keeps one memory for each parameter.

    Args:
        parameters: a list of them; or of groups, whose settings replace those of the optimizer, as in PyTorch:
            `Adam([{"params": model.layers[0].parameters(), "lr": 0.001}, {"params": …}], lr=0.01)`.
        lr: the learning rate; where every group has its own, that of the first counts as the optimizer's.

    Attributes: `parameters`; `lr`, which may be changed at any time, as a schedule does: all groups follow in
    proportion; `param_groups`, whose settings may be changed, too, see `ParameterGroup`; `steps`, the number taken so
    far.
    """

    remembers: tuple[str, ...] = ()  # the names of the numbers kept for each parameter, zero at the start

    def __init__(self, parameters: Parameters, lr: float) -> None:
        groups = groups_in(parameters)
        self.parameters: list[Value] = []
        self.lr = checked("lr", lr)
        if all("lr" in own for _, own in groups):
            self.lr = checked("lr", groups[0][1]["lr"])
        self.param_groups: list[ParameterGroup] = []
        for group, own in groups:
            start = len(self.parameters)
            self.parameters += group
            self.param_groups.append(ParameterGroup(self, range(start, len(self.parameters)), own))
        self.steps = 0
        self.memory: list[Memory] = [(0.0,) * len(self.remembers) for _ in self.parameters]

    if not TYPE_CHECKING:  # which would take any attribute as given

        def __getattr__(self, name: str) -> Any:
            return explained(self, name, OPTIMIZER)

    def update(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        """The new number and the new memory of a parameter; `self.steps` counts this step already."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a parameter moves")

    def step(self) -> None:
        """Move every parameter that a backward pass has reached; the others stay, and so do frozen ones.

        All of them move or, if an error or Ctrl-C comes between, none: then `steps` and the memory stay, too.
        """
        self.move([i for i, p in enumerate(self.parameters) if p.has_grad and p.requires_grad])

    def move(self, places: Sequence[int]) -> None:
        """One step of the parameters at these places in `parameters`, all or none."""
        with self.all_or_nothing():
            self.steps += 1
            memory = list(self.memory)
            rules = [rule for group in self.param_groups for rule in [self._rule_of(group)] * len(group.places)]
            for i in places:
                p = self.parameters[i]
                p.data, memory[i] = rules[i].update(p.data, recorded_gradient(p) or 0.0, memory[i])
            self.memory = memory

    def _rule_of(self, group: ParameterGroup) -> Optimizer:
        """An optimizer with the settings of a group."""
        if not group.own:
            return self
        rule = copy.copy(self)
        vars(rule).update(group.settings())
        return rule

    def varying(self, places: Sequence[int]) -> dict[str, list[Any]]:
        """The settings that a group has for itself: their numbers now for the parameters at these places."""
        names = dict.fromkeys([name for group in self.param_groups for name in group.own])
        if not names:
            return {}
        of_place = [group for group in self.param_groups for _ in group.places]
        return {name: [of_place[i][name] for i in places] for name in names}

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is raised inside, Ctrl-C too, takes back what was done to the parameters, `memory` and `steps`."""
        steps, memory, numbers = self.steps, list(self.memory), [p.data for p in self.parameters]
        try:
            yield
        except BaseException:
            self.steps, self.memory = steps, memory
            for p, x in zip(self.parameters, numbers, strict=True):
                p.data = x
            raise

    @advised(ZERO_GRAD)
    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for p in self.parameters:
            p.grad = 0

    def state_dict(self) -> dict[str, Any]:
        """What the next steps depend on, but for the parameters: settings, those of groups, `steps` and memory.

        All of it can be written as JSON. Attributes of your own class count as settings, but for those that begin
        with an underscore. `load_state_dict` of an optimizer for the same parameters goes on from it:

        >>> x = Value(3.0)
        >>> optimizer = SGD([x], lr=0.1, momentum=0.9)
        >>> (x * x).backward()
        >>> optimizer.step()
        >>> state = optimizer.state_dict()
        >>> state["memory"], state["settings"]["momentum"]
        ([[6.0]], 0.9)
        >>> again = SGD([x])
        >>> again.load_state_dict(state)
        >>> again
        <SGD of 1 parameter: lr=0.1, momentum=0.9, weight_decay=0.0, nesterov=False; 1 step taken>
        """
        groups = [{"size": len(g.places), "own": _listed(g.own), "of": g.of} for g in self.param_groups]
        memory = [list(map(float, numbers)) for numbers in self.memory]
        kind, settings = type(self).__name__, _listed(self.settings())
        return {"kind": kind, "settings": settings, "groups": groups, "steps": self.steps, "memory": memory}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`, which `state_dict` of an optimizer of this class for as many parameters returned.

        Raises ValueError or TypeError, before anything is changed, where it does not fit.
        """
        vars(self).update(self.checked_state(state))

    def checked_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that `load_state_dict` sets."""
        names = ("kind", "settings", "groups", "steps", "memory")
        if not isinstance(state, Mapping) or not set(names) <= state.keys():
            raise TypeError(
                f"the state of an optimizer is what its state_dict() returned, with {', '.join(names)}; "
                f"got {type(state).__name__} {state!r:.60}"
            )
        kind, settings, groups, steps, memory = (state[name] for name in names)
        if kind != type(self).__name__:
            raise ValueError(f"this state is of the optimizer {kind}, not of {type(self).__name__}")
        own = self.settings()
        if set(settings) != set(own):
            raise ValueError(f"the state has the settings {', '.join(settings)}; {kind} has {', '.join(own)}")
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ValueError(f"steps is a whole number of at least 0, got {steps!r:.60}")
        if len(memory) != len(self.parameters):
            raise ValueError(f"the state is of {len(memory)} parameters, this optimizer has {len(self.parameters)}")
        kept = [tuple(_remembered(x) for x in numbers) for numbers in memory]
        if any(len(numbers) != len(self.remembers) for numbers in kept):
            raise ValueError(f"{kind} keeps {len(self.remembers)} numbers for each parameter, this state has others")
        sizes, own_sizes = [group["size"] for group in groups], [len(group.places) for group in self.param_groups]
        if sizes != own_sizes:
            raise ValueError(
                f"the state is of groups of {_and(sizes)} parameters, this optimizer has {_and(own_sizes)}"
            )
        found = [
            ParameterGroup(self, g.places, saved["own"]) for g, saved in zip(self.param_groups, groups, strict=True)
        ]
        for group, saved in zip(found, groups, strict=True):
            group.of = checked("the rate of a group", saved["of"])
        read = {k: _setting(k, settings[k], x) for k, x in own.items()}
        return {**read, "param_groups": found, "steps": steps, "memory": kept}

    def settings(self) -> dict[str, Any]:
        """The settings of the optimizer by name, without those that groups have for themselves."""
        others = ("parameters", "param_groups", "memory", "steps")
        return {name: x for name, x in vars(self).items() if name not in others and not name.startswith("_")}

    def __repr__(self) -> str:
        how, groups = _written(self.settings()), ""
        if len(self.param_groups) > 1 or self.param_groups[0].own:
            sizes = [str(len(g.places)) + (f" ({_written(g.settings())})" if g.own else "") for g in self.param_groups]
            groups = f", in {'groups' if len(sizes) > 1 else 'a group'} of {_and(sizes)}"
        taken = f"{self.steps} step{'s' * (self.steps != 1)} taken"
        return f"<{type(self).__name__} of {counted(self.parameters)}{groups}: {how}; {taken}>"


class SGD(Optimizer):
    r"""Gradient descent: x ← x - lr·g, with g + weight_decay·x in the place of g.

    With momentum μ the velocity v ← μ·v + g takes the place of g (Polyak 1964), and with `nesterov` μ·v + g
    with the new v (Nesterov 1983, in the form of Sutskever et al. 2013).

    >>> x = Value(3.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> round(x.data, 12)
    2.4
    """

    remembers = ("velocity",)

    @advised(OF_OPTIMIZERS)
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.momentum = checked("momentum", momentum)
        self.weight_decay = checked("weight_decay", weight_decay)
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True needs a momentum, such as momentum=0.9")
        self.nesterov = nesterov

    def update(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        gradient = gradient + self.weight_decay * x
        velocity = self.momentum * memory[0] + gradient
        direction = gradient + self.momentum * velocity if self.nesterov else velocity
        return x - self.lr * direction, (velocity,)


class RMSprop(Optimizer):
    r"""x ← x - lr·g / (√s + ε) with the running average s ← α·s + (1-α)·g² (Tieleman and Hinton 2012).

    With momentum μ: v ← μ·v + g/(√s + ε), x ← x - lr·v.
    """

    remembers = ("square", "velocity")

    @advised(OF_OPTIMIZERS)
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-2,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.alpha = checked("alpha", alpha)
        self.eps = checked("eps", eps)
        self.momentum = checked("momentum", momentum)
        self.weight_decay = checked("weight_decay", weight_decay)

    def update(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        gradient = gradient + self.weight_decay * x
        square = self.alpha * memory[0] + (1 - self.alpha) * gradient * gradient
        velocity = self.momentum * memory[1] + divide(gradient, square**0.5 + self.eps)
        return x - self.lr * velocity, (square, velocity)


class Adam(Optimizer):
    r"""x ← x - lr·m̂ / (√ŝ + ε): running averages of g and g², corrected for their start at zero.

    m ← β₁·m + (1-β₁)·g, s ← β₂·s + (1-β₂)·g², m̂ = m/(1-β₁ᵗ), ŝ = s/(1-β₂ᵗ) (Kingma and Ba 2015).
    `weight_decay` adds weight_decay·x to g.
    """

    remembers = ("mean", "square", "steps")  # of this parameter: it may have been left out of some

    @advised(OF_OPTIMIZERS)
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.betas: tuple[float, float] = checked("betas", betas)
        self.eps = checked("eps", eps)
        self.weight_decay = checked("weight_decay", weight_decay)

    def update(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        return self._move(x, gradient + self.weight_decay * x, memory)

    def _move(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        beta1, beta2 = self.betas
        mean = beta1 * memory[0] + (1 - beta1) * gradient
        square = beta2 * memory[1] + (1 - beta2) * gradient * gradient
        steps = memory[2] + 1
        corrected_mean = mean / (1 - beta1**steps)
        corrected_square = square / (1 - beta2**steps)
        return x - self.lr * divide(corrected_mean, corrected_square**0.5 + self.eps), (mean, square, steps)


class AdamW(Adam):
    r"""Adam whose weight decay acts on x itself, x ← (1 - lr·weight_decay)·x (Loshchilov and Hutter 2019)."""

    @advised(OF_OPTIMIZERS)
    def __init__(
        self,
        parameters: Parameters,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, x: float, gradient: float, memory: Memory) -> tuple[float, Memory]:
        return self._move((1 - self.lr * self.weight_decay) * x, gradient, memory)


# What `fit` takes by name, with the settings they have by default.
OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in (SGD, RMSprop, Adam, AdamW)}


def moves_by_rule(optimizer: Optimizer) -> bool:
    """Whether it moves each parameter by the rule of one of these, and does nothing else meanwhile."""
    named = next((kind for kind in type(optimizer).__mro__ if kind in OPTIMIZERS.values()), None)
    if named is None:
        return False
    names = [name for kind in named.__mro__ for name in vars(kind) if not name.startswith("__")]
    own = any(name in vars(optimizer) for name in names) or hasattr(type(optimizer), "lr")
    return not own and all(getattr(type(optimizer), name) is getattr(named, name) for name in names)


def _setting(name: str, x: Any, old: Any) -> Any:
    """A setting out of a state, in the place of `old`, like which it has to be."""
    if isinstance(old, tuple) and isinstance(x, (list, tuple)) and len(x) == len(old):
        return tuple(_setting(name, new, each) for new, each in zip(x, old, strict=True))
    if isinstance(old, Real) and not isinstance(old, bool):
        return at_least_zero(name, x)
    if type(x) is not type(old):
        raise TypeError(f"the setting {name} is like {old!r:.60}, got {x!r:.60}")
    return x


def _remembered(x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, Real):
        raise TypeError(f"the memory of an optimizer is made of numbers, got {x!r:.60}")
    return float(x)


def _listed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON knows them."""
    return {k: list(x) if isinstance(x, tuple) else x for k, x in settings.items()}


def _written(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={setting!r}" for name, setting in settings.items())


def _and(parts: Sequence[object]) -> str:
    *most, last = map(str, parts)
    return f"{', '.join(most)} and {last}" if most else last
