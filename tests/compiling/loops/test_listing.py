"""What a reader sees of a program: its loops, in the reader's names."""

import random

import pytest
from support.random_programs import random_case

import autograd as ag
from autograd import Value
from autograd.compiling.loops.analyze import analyze, analyze_rows
from autograd.compiling.loops.listing import listing
from autograd.compiling.loops.patterns import pattern
from autograd.compiling.loops.periods import periods


def names_of(slots: dict[Value, int], **arrays: list[list[Value]]) -> list[str]:
    called = {
        value: f"{name}[{j}][{k}]"
        for name, rows in arrays.items()
        for j, row in enumerate(rows)
        for k, value in enumerate(row)
    }
    return [called.get(leaf, "") for leaf in slots]


def without_notes(text: str) -> list[str]:
    return [line.split("   ")[0] for line in text.splitlines() if line]


def test_a_layer_over_samples() -> None:
    r = random.Random(0)
    weights = [[Value(r.gauss(0, 1)) for _ in range(5)] for _ in range(4)]
    rows = [[r.gauss(0, 1) for _ in range(5)] for _ in range(20)]
    loss = ag.sum([ag.tanh(ag.sum([w * x for w, x in zip(ws, row, strict=True)])) for row in rows for ws in weights])
    loss = ag.sum(
        [ag.sum([ag.sum([w * x for w, x in zip(ws, row, strict=True)]).tanh() for ws in weights]) ** 2 for row in rows]
    )
    program, slots = analyze([loss])
    text = listing(program, names_of(slots, weights=weights))
    assert without_notes(text) == [
        "for sample in 0..19:",
        "  for j in 0..3:  z[j] = Σ k<5: weights[j][k]·x[k]",
        "  total = Σ j<4: tanh(z[j])",
        "  loss += total²",
        "The derivative, in reverse: z' is ∂loss/∂z, so loss' = 1.",
        "for sample in 0..19:",
        "  total' = 2·total·loss'",
        "  for j in 0..3:  z'[j] = (1 - tanh(z[j])²)·total'",
        "  for j in 0..3, k in 0..4:  weights'[j][k] += x[k]·z'[j]",
    ]
    assert "matrix product 4×5 · " in text


def test_a_recurrence_is_listed_once() -> None:
    weights = [[Value(0.1 * j - 0.2 * k) for k in range(3)] for j in range(3)]
    start = state = [Value(0.5) for _ in range(3)]
    for _ in range(30):
        state = [ag.tanh(ag.sum([w * s for w, s in zip(row, state, strict=True)])) for row in weights]
    program, slots = analyze([ag.sum(state)], patient=True)
    text = listing(program, names_of(slots, w=weights, start=[start]))
    assert len(text.splitlines()) < 20
    lines = without_notes(text)
    assert lines[:4] == [
        "for i in 0..2:  z[0][i] = Σ j<3: w[i][j]·start[0][j]",  # the step before those that are all alike
        "for t in 1..29:",
        "  for i in 0..2:  h[t][i] = tanh(z[t - 1][i])",
        "  for i in 0..2:  z[t][i] = Σ j<3: w[i][j]·h[t][j]",
    ]
    assert "  for j in 0..2:  h'[t][j] = Σ i<3: w[i][j]·z'[t][i]" in lines


def test_borders_and_the_inside_are_one_array() -> None:
    n, k = 20, Value(0.2)
    start = u = [Value(0.1 * i) for i in range(n)]
    for _ in range(30):
        u = [u[i] + k * ((u[i - 1] if i else 0.0) - 2 * u[i] + (u[i + 1] if i < n - 1 else 0.0)) for i in range(n)]
    program, slots = analyze([ag.sum(u)], patient=True)
    lines = without_notes(listing(program, names_of(slots, start=[start])))
    assert "  difference2[t][0] = 0 - 2·z[t - 1][0]" in lines
    assert "  for i in 0..18:  difference2[t][i + 1] = z[t - 1][i] - 2·z[t - 1][i + 1]" in lines
    assert "  for i in 0..18:  total2[t][i] = difference2[t][i] + z[t - 1][i + 1]" in lines


def test_matrices_that_are_read_together_and_constants_that_come_again() -> None:
    r = random.Random(0)
    gates = {g: [[Value(r.gauss(0, 1)) for _ in range(4 + 6)] for _ in range(6)] for g in "if"}
    xs = [[r.gauss(0, 1) for _ in range(4)] for _ in range(10)]
    h: list[Value | float] = [0.0] * 6
    for x in xs:
        z = {g: [ag.dot(row, x + h) for row in gates[g]] for g in "if"}
        h = [ag.tanh(a) * ag.sigmoid(b) for a, b in zip(z["i"], z["f"], strict=True)]
    program, slots = analyze([ag.sum(h)], patient=True)
    names = {v: f"W[{g!r}][{j}][{k}]" for g in gates for j, row in enumerate(gates[g]) for k, v in enumerate(row)}
    text = listing(program, [names[leaf] for leaf in slots])
    # Both gates are one product with the state, and the data of a step is the same for all units.
    assert "z[t][i][j] = Σ k<4: c2[t][k]·W['{i, f}'][i][k] + Σ k<6: W['{i, f}'][i][k + 4]·product[t][k]" in text
    assert "  for i in 0..5:  product[t][i] = tanh(z[t - 1][i][0])·sigmoid(z[t - 1][i][1])" in text


def test_rows_and_a_softmax() -> None:
    weights = [[Value(0.1 * j - 0.2 * k) for k in range(4)] for j in range(3)]
    x, y = [Value(0.0) for _ in range(4)], [Value(0.0) for _ in range(3)]
    scores = [ag.sum([w * v for w, v in zip(row, x, strict=True)]) for row in weights]
    loss = ag.logsumexp(scores) - ag.sum([a * b for a, b in zip(scores, y, strict=True)])
    parameters = [w for row in weights for w in row]
    program, slots = analyze_rows([loss], x + y, parameters, wanted=parameters)
    arguments = [f"x[{k}]" for k in range(4)] + [f"y[{k}]" for k in range(3)]
    lines = without_notes(listing(program, names_of(slots, w=weights), arguments))
    assert lines[:3] == [
        "for each row:",
        "  for j in 0..2:  z1[j] = Σ k<4: w[j][k]·x[k]",
        "  logsumexp = log Σ j<3: exp(z1[j])",
    ]
    assert "  for j in 0..2:  z1'[j] += exp(z1[j] - logsumexp)·logsumexp'" in lines


@pytest.mark.parametrize("seed", range(100))
def test_any_program_can_be_listed(seed: int) -> None:
    program = random_case(seed).program
    text = listing(program)
    assert max(map(len, text.splitlines()), default=0) < 400


def test_periods() -> None:
    assert [(p.start, p.length, p.times) for p in periods("xabcabcabcyyyyz")] == [
        (0, 1, 1),
        (1, 3, 3),
        (10, 1, 4),
        (14, 1, 1),
    ]
    assert periods([]) == []


def test_a_name_for_what_follows_a_loop_and_for_what_does_not() -> None:
    places = [(j, k) for j in range(2) for k in range(3)]
    blocks = [f"block['{word}'][{k}]" for word in ("wq", "wk") for k in range(3)]
    assert pattern(blocks, places, ["j", "k"]) == "block['{wq, wk}'][k]"
    tables = [f"{name}[{row}][{k}]" for (name, row) in (("wte", 9), ("wpe", 0)) for k in range(3)]
    assert pattern(tables, places, ["j", "k"]) == "{wte[9], wpe[0]}[k]"
    assert pattern(["a", "", "b"], [(0,), (1,), (2,)], ["j"]) is None
    assert pattern(["x[3]", "x[1]", "x[2]"], [(0,), (1,), (2,)], ["j"]) is None
