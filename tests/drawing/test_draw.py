"""`draw`: its choices, its errors, and that equal graphs give equal pictures."""

import os
import subprocess
import sys

import pytest

from autograd import Value, draw
from nn import MLP

NEURON = """
from autograd import Value, draw
from nn import MLP
w, x, b = [Value(i + 0.5, name) for i, name in enumerate(("w1", "w2", "w3"))], [1.0, Value(2.0), 3.0], Value(0.1, "b")
y = sum((a * c for a, c in zip(w, x)), b).tanh()
y.backward()
for format in ("dot", "mermaid", "text"):
    print(draw(y, format=format, show_local_derivatives=True))
"""


def test_equal_graphs_give_equal_pictures_in_every_process():
    runs = [
        subprocess.run(
            [sys.executable, "-c", NEURON],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert b"n0 [label" in runs[0]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"format": "jpeg"}, "unknown format 'jpeg'; choose one of 'graphviz', 'dot', 'mermaid', 'text'"),
        ({"direction": "RL"}, "unknown direction 'RL'; choose one of 'LR', 'TB'"),
        ({"theme": "solarized"}, "unknown theme 'solarized'; choose one of 'auto', 'light', 'dark'"),
        ({"depth": -1}, "depth is a number of edges, 0 or more, or None for all; got -1"),
    ],
)
def test_an_unknown_choice_lists_the_choices(choice, message):
    with pytest.raises(ValueError, match=message):
        draw(Value(1.0), **choice)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3.0, "draw takes a Value, a list of Values or a Graph.*got float 3.0"),
        ("x", "got str 'x'"),
        ([Value(1.0), 2], "got int 2"),
        ([], "got an empty list"),
    ],
)
def test_what_is_no_value_is_refused(value, message):
    with pytest.raises(TypeError, match=message):
        draw(value)


def test_names_are_a_mapping_or_pairs_from_name_to_value():
    x = Value(1.0)
    assert "weight" in draw(x, names={"weight": x}, format="text")
    assert "weight" in draw(x, names=iter([("weight", x)]), format="text")
    with pytest.raises(TypeError, match="names maps a name to a Value"):
        draw(x, names={x: "weight"})
    for wrong in ("w", ["w"], [x], 3, {1: x}, {"w": 1.0}, MLP(1, [1])):
        with pytest.raises(TypeError, match=r'names maps a name to a Value, as \{"w": w\} does, .*; got'):
            draw(x, names=wrong)


def test_importing_loads_only_the_standard_library_and_no_parsers():
    code = "import sys, autograd.drawing; print([m for m in ('graphviz', 'ast', 'subprocess') if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
