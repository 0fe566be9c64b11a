"""`draw`: its choices, its errors, and that equal graphs give equal pictures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import Value, draw
from autograd.drawing.labels import EDGE_NUMBERS, SIGNS
from nn import MLP, cross_entropy

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
        ({"format": "jpeg"}, "unknown format 'jpeg'; choose one of 'graphviz', 'dot', 'mermaid', 'tikz', 'text'"),
        ({"direction": "RL"}, "unknown direction 'RL'; choose one of 'auto', 'LR', 'TB'"),
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


def softmax_samples(n=4):
    model = MLP(2, [3, 3], activation="tanh", seed=2)
    loss = cross_entropy([model([k % 2, k // 2]) for k in range(n)], [k % 3 for k in range(n)])
    loss.backward()
    return model, loss


def boxes(source):
    return len(re.findall(r"^ +n\d+ \[label", source, re.MULTILINE))


def test_a_network_stands_in_frames_and_its_boxes_do_not_repeat_them():
    model = MLP(2, [3, 1], seed=1)
    source = draw(model([1.0, -2.0]), format="dot")
    assert [label in source for label in ("<layers[0]>", "<neurons[2]>", "<layers[1].neurons[0]>")] == [True] * 3
    assert "<B>weights[1]</B>" in source
    assert "<B>model." not in source
    assert source.count("subgraph cluster") == 5
    assert "folded" not in source, "31 nodes are few enough"
    text = draw(model([1.0, -2.0]), format="text")
    assert "model.layers[0].neurons[2].weights[1]" in text, "a table has no frames"


def test_a_large_graph_folds_and_says_how_to_open_it():
    model, loss = softmax_samples()
    assert len(model.parameters()) == 21
    source = draw(loss, format="dot")
    assert 10 <= boxes(source) <= 20
    legend = " ".join(source.split("grad")[-1].split())
    assert "nodes are folded into" in source
    assert "unfold=True all" in " ".join(part.split("<")[0] for part in legend.split(">"))
    assert [f"▸ sample {k}" in source for k in (1, 2, 3, 4)] == [False, True, True, True], "one is the example"
    everything = draw(loss, format="dot", unfold=True)
    assert boxes(everything) == len(autograd.Graph(loss))
    assert "folded" not in everything
    assert "▸ sample 3" not in draw(loss, format="dot", unfold="sample 3")
    assert boxes(draw(loss, format="dot", unfold=False)) < boxes(source)
    with pytest.raises(ValueError, match=r"nothing in this picture is called 'sample 9', .*there are 'model', 'layers"):
        draw(loss, format="dot", unfold=["sample 9"])
    with pytest.raises(ValueError, match="nodes, more than max_nodes=100"):
        draw(loss, unfold=True, max_nodes=100)


@pytest.mark.parametrize("n", [6, 40])
def test_text_and_mermaid_fold_as_well(n):
    model, loss = softmax_samples(n)
    assert model
    text, mermaid = draw(loss, format="text"), draw(loss, format="mermaid")
    assert f"{n - 3} more" in text
    assert re.search(r"sample 2 +▸ \d\d nodes", text)
    assert "▸ sample 2" in mermaid
    assert mermaid.count("subgraph") == mermaid.count("end\n")
    names = [line.split("  ")[0] for line in text.splitlines()]
    assert len(set(names)) == len(names)


def test_a_long_chain_folds_into_parts():
    x = Value(1.0)
    for _ in range(300):
        x = x.sin()
    source = draw(x, format="dot")
    assert "▸ part 2" in source
    assert "rankdir=TB" in source
    assert boxes(source) <= 20


def test_highlighted_nodes_are_not_folded():
    model, loss = softmax_samples()
    deep = autograd.Graph(loss).children(model.parameters()[0])[3]
    assert "penwidth=2.4" in draw(loss, format="dot", highlight=[model.parameters()[0], deep])
    label = draw(loss, format="dot", edge_labels={(deep, 1): "seen"})
    assert "seen" in label


def test_a_wide_graph_is_drawn_from_left_to_right_and_a_deep_one_from_top_to_bottom():
    x = Value(1.0)
    assert "rankdir=LR" in draw(x.sin().cos(), format="dot")
    for _ in range(9):
        x = x.sin()
    assert "rankdir=TB" in draw(x, format="dot")
    assert "rankdir=LR" in draw(x, format="dot", direction="LR")


def test_a_number_on_an_edge_means_what_the_legend_says():
    x = Value(3.0, "x")
    y = 2 * x + x
    assert "&#160;" not in draw(y, format="dot", on_edges="share", legend=False), "no backward pass yet"
    y.backward(10.0)
    shares = draw(y, format="mermaid", on_edges="share")
    assert [part in shares for part in ('|"20"|', '|"10"|', "∂")] == [True, True, False]
    assert draw(y, format="mermaid", on_edges="gradient").count('|"10"|') == 3
    for local in ({"show_local_derivatives": True}, {"on_edges": "local"}):
        assert '|"∂ 2"|' in draw(y, format="mermaid", **local)
        assert "on an edge: ∂, the local derivative" in draw(y, format="dot", **local)
    assert f"on an edge: {EDGE_NUMBERS['share']}" in draw(y, format="dot", on_edges="share")
    with pytest.raises(ValueError, match="means one thing"):
        draw(y, on_edges="share", show_local_derivatives=True)
    with pytest.raises(ValueError, match="unknown number on_edges 'shares'; choose one of '', 'share', 'local'"):
        draw(y, on_edges="shares")


def test_the_explorer_has_the_same_signs():
    numbers = (Path(autograd.drawing.__file__).with_name("explorer") / "numbers.js").read_text(encoding="utf-8")
    pairs = re.search(r"return \{([^}]*)\}\[symbol\]", numbers)[1]
    assert dict(re.findall(r'"(.)": "(.)"', pairs)) == SIGNS
