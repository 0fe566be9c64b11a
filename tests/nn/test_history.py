"""A `History` as a data frame."""

from __future__ import annotations

import sys

import pytest

from nn import MLP, History, fit


def test_a_data_frame_has_a_row_for_each_epoch_and_a_column_for_each_curve():
    pytest.importorskip("pandas")
    model = MLP(2, [3, 2], seed=0)
    history = fit(
        model, [[0.1, 0.5], [0.9, -0.3], [0.2, 0.2]], [0, 1, 1], loss="cross_entropy", optimizer="adam", epochs=3,
        metrics="accuracy", validation=([[0.3, 0.3]], [0]), progress=False,
    )  # fmt: skip
    frame = history.to_pandas()
    assert {name: list(frame[name]) for name in frame} == {
        "loss": history.loss,
        "accuracy": history.metric,
        "validation_loss": history.validation_loss,
        "validation_accuracy": history.validation_metric,
        "learning_rate": history.learning_rate,
        "seconds": history.seconds,
    }
    assert (list(frame.index), frame.index.name) == ([1, 2, 3], "epoch")


def test_an_empty_history_is_an_empty_frame():
    pytest.importorskip("pandas")
    assert len(History().to_pandas()) == 0


def test_without_pandas_it_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_pandas needs pandas: pip install pandas\. Without it history\.loss"):
        History().to_pandas()
