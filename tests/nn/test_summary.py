"""`model.summary()`: one row for each layer, and totals that count each parameter once."""

from __future__ import annotations

from autograd import Value
from nn import MLP, Layer, Linear, Module, Neuron, Sequential
from nn.module import counted


class Net(Module):
    """A model with a parameter of its own, a shared layer and a nested network."""

    def __init__(self):
        self.scale = Value(1.0)
        self.body = Sequential(Linear(2, 3), "relu", MLP(3, [4, 1], activation="tanh"))
        self.heads = {"<a>": Layer(1, 2)}
        self.again = self.heads["<a>"]


def test_every_layer_has_a_row_in_the_order_of_the_attributes():
    rows = Net().summary().rows
    assert [row[:4] for row in rows] == [
        ("(itself)", "Net", "", ""),
        ("body.layers[0]", "Linear", "2 → 3", ""),
        ("body.layers[1]", "Activation", "", "relu"),
        ("body.layers[2].layers[0]", "Layer", "3 → 4", "tanh"),
        ("body.layers[2].layers[1]", "Layer", "4 → 1", "linear"),
        ("heads['<a>']", "Layer", "1 → 2", "relu"),
        ("total", "Net", "", ""),
    ]
    assert [int(row.parameters) for row in rows] == [1, 9, 0, 16, 5, 4, 35]


def test_the_total_is_that_of_the_model():
    model = Net()
    model.body[0].freeze()
    summary = model.summary()
    assert (summary.parameters, summary.frozen) == (35, 9)
    assert counted(model.parameters()) == "35 parameters, 9 of them frozen"
    assert [row.frozen for row in summary.rows] == ["0", "9", "0", "0", "0", "0", "9"]


def test_a_parameter_that_layers_share_counts_once_in_the_total():
    first, second = Linear(1, 1), Linear(1, 1)
    second.neurons = first.neurons
    assert Sequential(first, second).summary().parameters == 2


def test_a_single_neuron_has_a_summary():
    assert [row[:4] for row in Neuron(3).summary().rows] == [
        ("(itself)", "Neuron", "3 → 1", "relu"),
        ("total", "Neuron", "", ""),
    ]


def test_large_numbers_are_readable():
    assert Linear(100, 50).summary().rows[-1].parameters == "5,050"


def test_the_text_has_one_aligned_line_for_each_row():
    lines = repr(Net().summary()).split("\n")
    assert lines == Net().summary().text().split("\n")
    assert len(lines) == 8
    assert len({line.index("2 → 3" if "2 → 3" in line else "shape") for line in lines[:3:2]}) == 1
    assert all(len(line) == len(lines[0]) for line in lines)


def test_the_notebook_shows_a_table_with_names_escaped():
    html = Net().summary()._repr_html_()
    assert html.count("<tr>") == 8
    assert ">heads[&#x27;&lt;a&gt;&#x27;]</td>" in html
    assert "<b>35</b></td>" in html
