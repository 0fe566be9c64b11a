"""The pictures show the numbers they were given."""

from __future__ import annotations

import pytest

from nn import MLP, History, plot_confusion_matrix, plot_decision_regions

pytest.importorskip("matplotlib")
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet

from nn.plots import COLOURS

PNG = b"\x89PNG\r\n\x1a\n"
CORNERS, LABELS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 2]


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}


def test_a_history_plots_its_loss_by_epoch():
    figure = History(loss=[3.0, 2.0, 1.0]).plot()
    (axes,) = figure.axes
    assert lines(axes) == {"training": [[1, 3.0], [2, 2.0], [3, 1.0]]}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")


def test_metric_and_validation_are_plotted_where_there_are_some():
    history = History(loss=[3.0, 2.0], validation_loss=[4.0, 5.0], metrics={"share": [0.1, 0.2]})
    history.validation_metrics = {"share": [0.3, 0.4]}
    loss, metric = history.plot().axes
    assert lines(loss) == {"training": [[1, 3.0], [2, 2.0]], "validation": [[1, 4.0], [2, 5.0]]}
    assert lines(metric) == {"training": [[1, 0.1], [2, 0.2]], "validation": [[1, 0.3], [2, 0.4]]}
    assert metric.get_ylabel() == "share"
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]


def test_a_single_epoch_is_a_visible_point():
    (line,) = History(loss=[3.0]).plot().axes[0].get_lines()
    assert line.get_marker() == "o"


@pytest.mark.parametrize(
    "history", [History(), History(loss=[1.0]), History(loss=[2.0, 1.0], metrics={"a": [0.1, 0.2]})]
)
def test_a_history_shows_itself_as_a_png(history):
    assert history._repr_png_().startswith(PNG)


def test_plotting_opens_no_window_and_touches_no_global_figure():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()
    History(loss=[1.0]).plot()
    plot_confusion_matrix([0, 1], [0, 1])
    assert pyplot.get_fignums() == before


# --- decision regions -------------------------------------------------------------------------------------------------


def colours_of_regions(axes):
    return [to_hex(each.get_facecolor()[0]) for each in axes.collections if isinstance(each, ContourSet)]


def three_stripes(x):
    """A model of three classes, each of which has a part of the unit square."""
    return [0.6 - x[0] - x[1], 0.3, x[0] + x[1] - 1.2]


def scattered(axes):
    return [each for each in axes.collections if not isinstance(each, ContourSet)]


def points(axes):
    return {each.get_label(): each.get_offsets().tolist() for each in scattered(axes)}


def test_the_samples_are_drawn_by_class_in_the_colour_of_its_region():
    axes = plot_decision_regions(three_stripes, CORNERS, LABELS, resolution=10).axes[0]
    assert points(axes) == {"0": [[0, 0]], "1": [[0, 1], [1, 0]], "2": [[1, 1]]}
    assert [to_hex(each.get_facecolor()[0]) for each in scattered(axes)] == colours_of_regions(axes)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1", "2"]


@pytest.mark.parametrize(("labels", "border"), [([0, 1, 0, 1], 0.5), ([-1, 1, -1, 1], 0.0)])
def test_one_output_is_split_at_a_half_or_at_zero(labels, border):
    axes = plot_decision_regions(lambda x: x[0], CORNERS, labels, resolution=13).axes[0]
    low, high = (each.get_paths()[0] for each in axes.collections if isinstance(each, ContourSet))
    # a straight border, interpolated between the points of the grid
    assert low.vertices[:, 0].max() == pytest.approx(border)
    assert high.vertices[:, 0].min() == pytest.approx(border)


def test_the_threshold_of_one_output_can_be_chosen():
    figure = plot_decision_regions(lambda x: x[0], CORNERS, [0, 1, 0, 1], resolution=13, threshold=0.25)
    assert figure.axes[0].collections[0].get_paths()[0].vertices[:, 0].max() == pytest.approx(0.25)


def test_a_class_that_has_no_sample_keeps_its_region():
    # class 1 of 3 is absent from these samples
    axes = plot_decision_regions(three_stripes, CORNERS, [0, 0, 2, 2], resolution=10).axes[0]
    assert points(axes).keys() == {"0", "2"}
    assert colours_of_regions(axes) == [colour.lower() for colour in COLOURS[:3]]
    assert [to_hex(each.get_facecolor()[0]) for each in scattered(axes)] == [
        COLOURS[0].lower(),
        COLOURS[2].lower(),
    ]


def test_a_model_that_always_answers_the_same_can_be_drawn():
    plot_decision_regions(lambda x: [0.0, 1.0], CORNERS, [0, 1, 1, 0], resolution=5)


def test_regions_of_other_than_two_inputs_are_refused():
    with pytest.raises(ValueError, match="decision regions are drawn for two inputs, these samples have 3"):
        plot_decision_regions(MLP(3, [2]), [[1, 2, 3]], [0])


def test_regions_of_targets_that_are_no_classes_are_refused():
    with pytest.raises((TypeError, ValueError), match="class"):
        plot_decision_regions(MLP(2, [2]), CORNERS, [[1, 0], [0, 1], [0, 1], [1, 0]])


# --- confusion matrix -------------------------------------------------------------------------------------------------


def counts(axes):
    return {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}


def test_rows_are_the_actual_and_columns_the_predicted_classes():
    (axes,) = plot_confusion_matrix(predicted=[0, 1, 1, 2, 1], actual=[0, 1, 2, 2, 2]).axes
    assert counts(axes) == {(0, 0): "1", (1, 1): "1", (2, 1): "2", (2, 2): "1"}
    assert axes.images[0].get_array().tolist() == [[1, 0, 0], [0, 1, 0], [0, 2, 1]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "actual")


def test_names_stand_on_both_axes():
    (axes,) = plot_confusion_matrix([0, 1], [1, 1], names=["cat", "dog"]).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["cat", "dog"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["cat", "dog"]


def test_predictions_may_be_arrays():
    np = pytest.importorskip("numpy")
    (axes,) = plot_confusion_matrix(np.array([0, 1]), np.array([1.0, 1.0])).axes
    assert counts(axes) == {(1, 0): "1", (1, 1): "1"}


@pytest.mark.parametrize(
    ("predicted", "actual", "names"),
    [
        ([0, 1], [0], None),
        ([], [], None),
        ([-1, 1], [1, -1], None),
        ([0, 2], [0, 1], ["cat", "dog"]),
        (["cat"], ["dog"], None),
        ([0.5], [1], None),
    ],
)
def test_a_confusion_matrix_of_what_does_not_fit_is_refused(predicted, actual, names):
    with pytest.raises((TypeError, ValueError), match=r"predict|class"):
        plot_confusion_matrix(predicted, actual, names)
