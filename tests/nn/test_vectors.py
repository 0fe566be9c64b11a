"""`LayerNorm` and `Embedding` are PyTorch's, and run compiled."""

from __future__ import annotations

import math

import pytest

from autograd import Value, compile
from nn import Embedding, Flatten, LayerNorm, Linear, Sequential, fit

X = [0.5, -1.0, 3.0, 0.25]


def test_layer_norm_is_pytorchs():
    torch = pytest.importorskip("torch")
    layer, twin = LayerNorm(4), torch.nn.LayerNorm(4, dtype=torch.float64)
    for i in range(4):
        layer.gain[i].data, layer.bias[i].data = 1.0 + i, 0.1 * i
    twin.weight.data = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    twin.bias.data = torch.tensor([0.0, 0.1, 0.2, 0.3], dtype=torch.float64)
    xs, t = [Value(x) for x in X], torch.tensor(X, dtype=torch.float64, requires_grad=True)
    ys, expected = layer(xs), twin(t)
    sum(y * y for y in ys).backward()
    (expected**2).sum().backward()
    assert [y.data for y in ys] == pytest.approx(expected.tolist(), rel=1e-13)
    assert [x.grad for x in xs] == pytest.approx(t.grad.tolist(), rel=1e-11)
    assert [p.grad for p in layer.gain] == pytest.approx(twin.weight.grad.tolist(), rel=1e-12)
    assert [p.grad for p in layer.bias] == pytest.approx(twin.bias.grad.tolist(), rel=1e-12)


def test_layer_norm_checks_its_inputs():
    with pytest.raises(ValueError, match=r"LayerNorm\(4\) takes 4 inputs, got 3"):
        LayerNorm(4)([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="eps is a small number of at least 0, such as 1e-5, got -1"):
        LayerNorm(4, eps=-1)


def test_an_embedding_gives_rows_of_its_table():
    embedding = Embedding(5, 3, seed=0)
    assert embedding(2) == embedding.table[2]
    assert embedding([4, 0.0]) == [embedding.table[4], embedding.table[0]]
    assert embedding(2) is not embedding.table[2]


def test_a_value_selects_the_same_row_and_the_same_gradient():
    embedding = Embedding(5, 3, seed=0)
    ys = embedding(Value(3.0))
    assert [y.data for y in ys] == [w.data for w in embedding.table[3]]
    sum(k * y for k, y in enumerate(ys)).backward()
    assert [[w.grad for w in row] for row in embedding.table] == [[0, 0, 0]] * 3 + [[0, 1, 2]] + [[0, 0, 0]]


@pytest.mark.parametrize("symbol", [-1, 5, 2.5, "3", None, True, math.nan])
def test_what_is_no_symbol_is_refused(symbol):
    with pytest.raises(ValueError, match=r"Embedding\(5 symbols → 3\) takes the numbers of symbols, 0 to 4, got "):
        Embedding(5, 3)(symbol)


def test_compiled_a_number_that_is_no_symbol_gives_nan():
    np = pytest.importorskip("numpy")
    embedding = Embedding(5, 1, seed=0)
    found = compile(lambda x: embedding(x)[0])(np.array([0.0, 4.0, 5.0, 1.5, -1.0]))
    assert found[:2].tolist() == [embedding.table[0][0].data, embedding.table[4][0].data]
    assert np.isnan(found[2:]).all()


def test_a_model_of_symbols_trains_compiled_as_node_by_node():
    pytest.importorskip("numpy")
    contexts, following = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 0]], [2, 3, 0, 1, 1]
    losses = []
    for compiled in ("auto", False):
        model = Sequential(Embedding(4, 3, seed=0), Flatten(), LayerNorm(6), Linear(6, 4, seed=1))
        history = fit(
            model, contexts, following, loss="cross_entropy", optimizer="adam", epochs=4, compiled=compiled,
            progress=False,
        )  # fmt: skip
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-11)
