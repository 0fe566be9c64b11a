"""What `print` shows of a compiled graph and of a compiled function: what was found, in the user's names."""

import random

import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiling import runners
from benchmarks.zoo import PROGRAMS
from nn import MLP, cross_entropy

np = pytest.importorskip("numpy")
BACKENDS = ["python", *(["llvm"] if ag.compiling.backends.chosen(None) == "llvm" else [])]


@pytest.fixture(autouse=True)
def always_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)


def without_notes(text: str) -> list[str]:
    return [line.split("   ")[0] for line in text.splitlines() if line]


def data(n: int, k: int) -> list[list[float]]:
    r = random.Random(0)
    return [[r.gauss(0, 1) for _ in range(k)] for _ in range(n)]


def test_a_loss_is_printed_in_the_names_of_the_users_variables() -> None:
    model = MLP(6, [5, 3], seed=1)
    rows, classes = data(20, 6), [k % 3 for k in range(20)]
    step = compile(cross_entropy([model(row) for row in rows], classes), backend="python")
    lines = without_notes(str(step))
    assert lines[0] == "for sample in 0..19:"
    assert "  for j in 0..4:  z1[j] = layers[0].neurons[j].bias + Σ k<6: layers[0].neurons[j].weights[k]·x[k]" in lines
    assert "  for j in 0..2, k in 0..4:  layers[1].neurons[j].weights'[k] += h[k]·z2'[j]" in lines
    assert "matrix product 5×6 · " in str(step)
    source = step.source("python")
    assert "# model.layers[0].neurons[j].weights[k]" in source
    assert "weights_0 @ " in source


def test_a_function_of_rows_is_printed_in_the_names_of_its_signature() -> None:
    weights = [[Value(0.1 * j - 0.2 * k) for k in range(4)] for j in range(3)]

    def error(x: list[Value], target: list[Value]) -> Value:
        scores = [ag.dot(row, x) for row in weights]
        return ag.logsumexp(scores) - ag.dot(scores, target)

    f = compile(error, parameters=weights, backend="python")
    assert f.stats is None
    f.value_and_grad(np.ones((5, 4)), np.eye(3)[[0, 1, 2, 0, 1]])
    lines = without_notes(str(f))
    assert "  for j in 0..2:  z1[j] = Σ k<4: weights[j][k]·x[k]" in lines
    assert "  z2 = Σ j<3: target[j]·z1[j]" in lines
    assert "  error = logsumexp - z2" in lines
    assert f.stats.form == "loops"
    assert f.stats.loops.statements == f.stats.instructions


def test_arguments_of_any_structure_have_names() -> None:
    f = compile(lambda point, *more: [point["x"] * more[0], {"sum": point["y"][0] + more[1]}], backend="python")
    f({"x": 2.0, "y": [3.0]}, 4.0, 5.0)
    text = str(f)
    assert "point['x']" in text
    assert "more[0]" in text
    assert "result[1]['sum'] = " in text


def test_a_short_program_has_names_for_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 10**9)
    weight = Value(2.0)
    f = compile(lambda x, y: weight * x + y, parameters=[weight], backend="python")
    f.value_and_grad(np.ones(4), np.ones(4))
    text = str(f)
    assert "read slot 1 (weight)" in text
    assert "read column 0 (x)" in text
    assert "read column 1 (y)" in text


def test_a_long_program_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "MOST_LINES", 5)
    x = Value(0.5)
    step = compile((x.tanh() * x + x.exp()).sin() * x, backend="python", lanes=False)
    lines = str(step).splitlines()
    assert len(lines) == 6
    assert lines[-1] == f"… {len(step.program)} instructions in all; .program has every one of them"


def test_stats_say_what_was_found_and_how_long_it_took() -> None:
    model = MLP(6, [5, 3], seed=1)
    step = compile(cross_entropy([model(row) for row in data(20, 6)], [0] * 20), backend="python")
    stats = step.stats
    assert stats.form == "loops"
    assert stats.loops.statements == len(step.run.code.statements)
    assert stats.loops.nests >= stats.loops.statements
    assert stats.loops.families > 5
    assert stats.loops.terms_affine > 0
    found = stats.loops
    parts = [found.seconds_to_find_families, found.seconds_to_find_loops, found.seconds_to_write_code]
    assert min(parts) > 0
    assert sum(parts) < stats.seconds


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_printed_of_any_program_is_short(name: str) -> None:
    program = PROGRAMS[name]
    step = compile(program.build(seed=1, size=program.small, n_rows=9), backend="python")
    lines = str(step).splitlines()
    assert 0 < len(lines) < (200 if step.stats.form == "loops" else 2_002)
    assert max(map(len, lines)) < 400


def test_an_object_with_a_property_of_this_name_is_no_module() -> None:
    model = MLP(2, [3], seed=1)
    f = compile(lambda x: ag.sum([y * y for y in model(x)]), parameters=model, backend="python")
    f.value_and_grad(np.ones((4, 2)))
    assert "_captured" not in str(f)  # a list in f itself, which has the parameters, too
    assert "neurons[j].weights[k]" in str(f)
