"""What the arrays of a program are called: as the user's parameters where their names follow a pattern.

>>> places = [(j, k) for j in range(3) for k in range(2)]
>>> pattern([f"neurons[{j}].weights[{k}]" for j, k in places], places, ["j", "k"])
'neurons[j].weights[k]'
>>> pattern(["w[4]", "w[6]", "w[8]"], [(0,), (1,), (2,)], ["j"])
'w[2·j + 4]'

Entry points: `pattern`; `identifier`, a pattern as a variable's name; `family_names`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import operations as ops
from ...operations import Operation
from .ir import LANES, MAXIMUM, SUM, Expression, LoopProgram, Statement

MOST = 2_000  # names that are compared; of more, so many are taken at equal distances

Family = tuple[int, int, int]  # its space, the number of its region (0 outside of LANES), its base

ACTIVATIONS = (ops.relu, ops.tanh, ops.sigmoid, ops.softplus)
NOUNS = {
    ops.add: "total",
    ops.total: "total",
    ops.subtract: "difference",
    ops.multiply: "product",
    ops.divide: "quotient",
    ops.negate: "negative",
    ops.power_of_constant: "power",
    ops.where: "choice",
    ops.less: "condition",
    ops.less_equal: "condition",
    ops.equal: "condition",
}


def noun(operation: Operation) -> str:
    """What a result of the operation is called where it has no name of its own."""
    return NOUNS.get(operation) or re.sub(r"\W", "_", operation.name)


def affine(offset: int, strides: Sequence[int], letters: Sequence[str]) -> str:
    """An index, offset + Σ stride · letter.

    >>> affine(0, [1], ["j"]), affine(-1, [3, 1], ["j", "k"]), affine(5, [0, -1], ["j", "k"]), affine(2, [], [])
    ('j', '3·j + k - 1', '5 - k', '2')
    """
    terms = [(stride, letter) for stride, letter in zip(strides, letters, strict=True) if stride]
    terms = [term for term in terms if term[0] > 0] + [term for term in terms if term[0] < 0]
    text = ""
    if offset and (not terms or terms[0][0] < 0):
        text, offset = str(offset), 0
    for stride, letter in terms:
        sign = (" + " if stride > 0 else " - ") if text else ("" if stride > 0 else "-")
        text += sign + (letter if abs(stride) == 1 else f"{abs(stride)}·{letter}")
    if offset:
        text += f" {'+' if offset > 0 else '-'} {abs(offset)}"
    return text or "0"


def fit(values: Any, places: Any) -> tuple[int, list[int]] | None:
    """offset and strides such that value = offset + Σ place · stride, in each row; None where there are none."""
    values, places = np.asarray(values), np.asarray(places)
    sample: Any = slice(None)
    if len(values) > MOST:
        sample = np.unique(np.linspace(0, len(values) - 1, MOST).astype(np.int64) ^ 1).clip(0, len(values) - 1)
    steps, changes = (places - places[0])[sample], (values - values[0])[sample]
    strides = np.rint(np.linalg.lstsq(steps, changes, rcond=None)[0]).astype(np.int64)
    offset = values[0] - places[0] @ strides
    return (int(offset), strides.tolist()) if np.array_equal(offset + places @ strides, values) else None


def pattern(names: Sequence[str], places: Any, letters: Sequence[str]) -> str | None:
    """One text for all names; `places`: a row for each name, where the loops with these letters are.

    None where the names differ in more than numbers, or a number is no affine function of the loops.
    """
    if not all(names):
        return None
    chosen = np.arange(len(names))
    if len(names) > MOST:
        chosen = np.unique(np.linspace(0, len(names) - 1, MOST).astype(np.int64) ^ 1).clip(0, len(names) - 1)
    parts = [re.split(r"(\d+)", names[t]) for t in chosen.tolist()]
    if any(part[::2] != parts[0][::2] for part in parts):
        return None
    written = list(parts[0])
    for p in range(1, len(written), 2):
        found = fit([int(part[p]) for part in parts], np.asarray(places)[chosen])
        if found is None:
            return None
        if any(found[1]):
            written[p] = affine(*found, letters)
    return "".join(written)


def identifier(name: str) -> str:
    """A variable's name made of a pattern: its last word, and the numbers that stand fast.

    >>> identifier("model.layers[0].neurons[j].weights[k]"), identifier("params['W1'][j][k]"), identifier("w[j]")
    ('weights_0', 'W1', 'w')
    """
    fixed = re.findall(r"\[(\d+)\]", name)
    words = re.findall(r"[^\W\d]\w*", re.sub(r"\[[^\]']*\]", "", name))
    return "_".join([*(words[-1:] or ["p"]), *fixed])


def family_names(program: LoopProgram) -> dict[Family, str]:
    """A name for every family: that of its statement, z for weighted sums, h for activations, else by its operation."""
    families: dict[Family, str] = {}
    for region, statement in in_regions(program):
        key = (statement.space, region if statement.space == LANES else 0, statement.base)
        if statement.forward or statement.softmax:
            families.setdefault(key, statement.name or by_operation(statement))
        if statement.softmax and not statement.name:
            families[key] = "logsumexp"
    often = Counter(families.values())
    seen: Counter[str] = Counter()
    for key, name in families.items():
        seen[name] += 1
        if often[name] > 1:
            families[key] = f"{name}{'_' if name[-1].isdigit() else ''}{seen[name]}"
    return families


def in_regions(program: LoopProgram) -> list[tuple[int, Statement]]:
    """All statements in order, with the numbers of their regions, 0 outside."""
    inside = [(r, s) for r, region in enumerate(program.regions) for s in region.statements]
    return [*[(0, s) for s in program.before], *inside, *[(0, s) for s in program.after]]


def by_operation(statement: Statement) -> str:
    """What a family is called where nobody gave it a name."""
    if statement.reduce == MAXIMUM:
        return "largest"
    bodies = [run.body for run in statement.runs]
    if statement.reduce == SUM:
        return "z" if any(map(_is_product, bodies)) else "total"
    body = bodies[0]
    if body[0] != "apply":
        return "copy"
    if body[1] in ACTIVATIONS and body[2][0][0] == "access":
        return "h"
    return noun(body[1])


def _is_product(body: Expression) -> bool:
    return body[0] == "apply" and body[1] is ops.multiply and all(part[0] == "access" for part in body[2])
