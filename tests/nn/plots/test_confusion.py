"""A confusion matrix counts."""

from __future__ import annotations

import pytest

from nn import plot_confusion_matrix

pytest.importorskip("matplotlib")


def counts(axes):
    return {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}


def test_rows_are_the_actual_and_columns_the_predicted_classes():
    axes = plot_confusion_matrix(predicted=[0, 1, 1, 2, 1], actual=[0, 1, 2, 2, 2])
    assert counts(axes) == {(0, 0): "1", (1, 1): "1", (2, 1): "2", (2, 2): "1"}
    assert axes.images[0].get_array().tolist() == [[1, 0, 0], [0, 1, 0], [0, 2, 1]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "actual")


def test_names_stand_on_both_axes():
    axes = plot_confusion_matrix([0, 1], [1, 1], names=["cat", "dog"])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["cat", "dog"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["cat", "dog"]


def test_predictions_may_be_arrays():
    np = pytest.importorskip("numpy")
    axes = plot_confusion_matrix(np.array([0, 1]), np.array([1.0, 1.0]))
    assert counts(axes) == {(1, 0): "1", (1, 1): "1"}


@pytest.mark.parametrize(
    ("predicted", "actual", "shown"),
    [
        (["cat", "dog", "cow"], ["dog", "dog", "cow"], ["cat", "cow", "dog"]),
        ([-1, 1], [1, -1], ["-1", "1"]),
        ([True, False], [True, True], ["False", "True"]),
    ],
)
def test_labels_stand_in_their_order(predicted, actual, shown):
    axes = plot_confusion_matrix(predicted, actual)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == shown
    wrong = (shown.index(str(actual[0])), shown.index(str(predicted[0])))
    assert axes.images[0].get_array()[wrong] == 1


def test_labels_may_be_given_in_an_order_of_ones_own():
    axes = plot_confusion_matrix(["low", "high"], ["low", "low"], names=["low", "middle", "high"])
    assert axes.images[0].get_array().tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_the_classes_of_a_data_frame_are_taken():
    pandas = pytest.importorskip("pandas")
    axes = plot_confusion_matrix(pandas.Series(["a", "b"]), pandas.DataFrame({"kind": ["a", "a"]}))
    assert counts(axes) == {(0, 0): "1", (0, 1): "1"}


def test_rows_can_be_shares():
    axes = plot_confusion_matrix([0, 1, 1, 1], [0, 0, 0, 0], normalize=True)
    assert counts(axes) == {(0, 0): "25%", (0, 1): "75%"}
    assert axes.images[0].get_clim() == (0, 1)


def test_it_is_drawn_on_the_axes_that_are_given():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    _, ax = pyplot.subplots()
    assert plot_confusion_matrix([0, 1], [0, 1], ax=ax) is ax


@pytest.mark.parametrize(
    ("predicted", "actual", "names"),
    [
        ([0, 1], [0], None),
        ([], [], None),
        ([0, 2], [0, 1], ["cat", "dog"]),
        (["cow", "dog"], ["dog", "dog"], ["cat", "dog"]),
        ([[0.1, 0.9]], [1], None),
        (["cat", "dog"], [0, 1], None),
        ("cat", "dog", None),
        ([0.5], [1], None),
    ],
)
def test_a_confusion_matrix_of_what_does_not_fit_is_refused(predicted, actual, names):
    with pytest.raises((TypeError, ValueError), match=r"predict|class"):
        plot_confusion_matrix(predicted, actual, names)
