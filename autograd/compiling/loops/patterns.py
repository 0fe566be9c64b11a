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
MOST_WORDS = 6  # in braces

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
    chosen = sample(len(values))
    steps, changes = places[chosen] - places[0], values[chosen] - values[0]
    strides = np.rint(np.linalg.lstsq(steps, changes, rcond=None)[0]).astype(np.int64)
    offset = values[0] - places[0] @ strides
    return (int(offset), strides.tolist()) if np.array_equal(offset + places @ strides, values) else None


def pattern(names: Sequence[str], places: Any, letters: Sequence[str]) -> str | None:
    """One text for all names; `places`: a row for each name, where the loops with these letters are.

    Where the names differ in words, these stand in braces; where a number is no affine function of the loops, there is
    "…" for it. None where nothing of the names follows the loops.

    >>> pattern(["wq[0]", "wq[1]", "wk[0]", "wk[1]"], [(0, 0), (0, 1), (1, 0), (1, 1)], ["i", "j"])
    '{wq, wk}[j]'
    >>> pattern([f"x[{k}][{j}]" for k, j in [(3, 0), (1, 1), (4, 2)]], [(0,), (1,), (2,)], ["j"])
    'x[…][j]'
    """
    if not all(names):
        return None
    places = np.asarray(places)
    chosen = sample(len(names))
    parts = [re.split(r"(\d+)", names[t]) for t in chosen.tolist()]
    words = [tuple(part[::2]) for part in parts]
    if len(set(words)) == 1:
        return _pattern(parts, places[chosen], letters)
    number = {word: k for k, word in enumerate(dict.fromkeys(words))}
    if len(number) > MOST_WORDS:
        return None
    which = np.array([number[word] for word in words])
    found = [
        _pattern([parts[t] for t in np.flatnonzero(which == k)], places[chosen[which == k]], letters)
        for k in number.values()
    ]
    return None if None in found else _in_braces([text for text in found if text is not None])


def _pattern(parts: Sequence[Sequence[str]], places: Any, letters: Sequence[str]) -> str | None:
    """One text for names that differ in numbers only."""
    written = list(parts[0])
    missing = fitting = 0
    for p in range(1, len(written), 2):
        values = [int(part[p]) for part in parts]
        if values.count(values[0]) == len(values):
            continue
        found = fit(values, places)
        if found is None:
            written[p], missing = "…", missing + 1
        else:
            written[p], fitting = affine(*found, letters), fitting + 1
    return None if missing and not fitting else "".join(written)


def _in_braces(texts: Sequence[str]) -> str:
    """The texts as one, with the words in which they differ in braces."""
    words = [re.findall(r"\w+|\W", text) for text in texts]
    head = 0
    while all(len(word) > head + 1 and word[head] == words[0][head] for word in words):
        head += 1
    tail = 0
    while all(len(word) > head + tail + 1 and word[-1 - tail] == words[0][-1 - tail] for word in words):
        tail += 1
    while True:
        inner = ["".join(word[head : len(word) - tail]) for word in words]
        if all(text.count("[") == text.count("]") and text.count("'") % 2 == 0 for text in inner):
            break
        if head + tail == 0:
            break
        head, tail = (0, tail) if head else (head, tail - 1)
    return f"{''.join(words[0][:head])}{{{', '.join(inner)}}}{''.join(words[0][len(words[0]) - tail :])}"


def sequences(names: Sequence[str]) -> list[list[int]]:
    """The names as numbers: which words they are made of and, where these are the same, the numbers in them."""
    parts = [re.split(r"(\d+)", name) for name in names]
    numbers: dict[Any, int] = {}
    words = [numbers.setdefault(tuple(part[::2]), len(numbers)) for part in parts]
    if len(numbers) > 1:
        return [words]
    return [[int(part[p]) for part in parts] for p in range(1, len(parts[0]), 2)]


def sample(n: int) -> Any:
    """The numbers 0 to n - 1, or some of them."""
    if n <= MOST:
        return np.arange(n)
    return np.unique(np.linspace(0, n - 1, MOST).astype(np.int64) ^ 1).clip(0, n - 1)


def identifier(name: str) -> str:
    """A variable's name made of a pattern: its last word, and the numbers that stand fast.

    >>> identifier("model.layers[0].neurons[j].weights[k]"), identifier("params['W1'][j][k]"), identifier("w[j]")
    ('weights_0', 'W1', 'w')
    >>> identifier("block['w{q, k, v}'][j][k]")
    'q_k_v'
    """
    if (several := re.search(r"{(.*)}", name)) is not None:
        return "_".join(re.findall(r"\w+", several.group(1)))
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
