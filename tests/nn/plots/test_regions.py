"""Decision regions show what the model answers, and the samples in the colours of their classes."""

from __future__ import annotations

import pytest

from nn import MLP, Adam, Layer, fit, plot_decision_regions, plot_samples

pytest.importorskip("matplotlib")
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet

from nn.plots import COLOURS, DARK

CORNERS, LABELS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 2]


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
    axes = plot_decision_regions(three_stripes, CORNERS, LABELS, resolution=10)
    assert points(axes) == {"0": [[0, 0]], "1": [[0, 1], [1, 0]], "2": [[1, 1]]}
    assert [to_hex(each.get_facecolor()[0]) for each in scattered(axes)] == colours_of_regions(axes)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1", "2"]


@pytest.mark.parametrize(("labels", "border"), [([0, 1, 0, 1], 0.5), ([-1, 1, -1, 1], 0.0)])
def test_one_output_is_split_at_a_half_or_at_zero(labels, border):
    axes = plot_decision_regions(lambda x: x[0], CORNERS, labels, resolution=13)
    low, high = (each.get_paths()[0] for each in axes.collections if isinstance(each, ContourSet))
    # a straight border, interpolated between the points of the grid
    assert low.vertices[:, 0].max() == pytest.approx(border)
    assert high.vertices[:, 0].min() == pytest.approx(border)


def test_the_threshold_of_one_output_can_be_chosen():
    axes = plot_decision_regions(lambda x: x[0], CORNERS, [0, 1, 0, 1], resolution=13, threshold=0.25)
    assert axes.collections[0].get_paths()[0].vertices[:, 0].max() == pytest.approx(0.25)


def test_a_class_that_has_no_sample_keeps_its_region():
    # class 1 of 3 is absent from these samples
    axes = plot_decision_regions(three_stripes, CORNERS, [0, 0, 2, 2], resolution=10)
    assert points(axes).keys() == {"0", "2"}
    assert colours_of_regions(axes) == [colour.lower() for colour in COLOURS[:3]]
    assert [to_hex(each.get_facecolor()[0]) for each in scattered(axes)] == [
        COLOURS[0].lower(),
        COLOURS[2].lower(),
    ]


def test_a_model_that_always_answers_the_same_can_be_drawn():
    plot_decision_regions(lambda x: [0.0, 1.0], CORNERS, [0, 1, 1, 0], resolution=5)


def test_regions_of_other_than_two_inputs_are_refused_unless_two_are_chosen():
    with pytest.raises(ValueError, match=r"decision regions are drawn for two inputs, these samples have 3.*features="):
        plot_decision_regions(MLP(3, [2]), [[1, 2, 3]], [0])


def test_regions_of_targets_that_are_no_classes_are_refused():
    with pytest.raises((TypeError, ValueError), match="class"):
        plot_decision_regions(MLP(2, [2]), CORNERS, [[1, 0], [0, 1], [0, 1], [1, 0]])


def test_the_border_follows_the_classes_that_predict_gives():
    model = Layer(2, 1, activation="linear", initialization="zeros")
    model.neurons[0].weights[0].data = 1.0
    model.neurons[0].bias.data = -0.25  # the output is 0 at x = 0.25
    axes = plot_decision_regions(model, CORNERS, [0, 1, 0, 1], resolution=13)
    assert axes.collections[0].get_paths()[0].vertices[:, 0].max() == pytest.approx(0.25)


def test_labels_are_in_the_legend_in_the_order_that_the_model_has_learned():
    model = MLP(2, [3], seed=0)
    names = ["sun", "moon", "moon", "earth"]
    fit(model, CORNERS, names, loss="cross_entropy", optimizer=Adam(model.parameters()), epochs=1, progress=False)
    axes = plot_decision_regions(model, CORNERS, names, resolution=5)
    assert points(axes) == {"earth": [[1, 1]], "moon": [[0, 1], [1, 0]], "sun": [[0, 0]]}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["earth", "moon", "sun"]


def test_two_labels_of_a_model_with_one_output():
    axes = plot_decision_regions(lambda x: x[0], CORNERS, ["left", "left", "right", "right"], resolution=5)
    assert points(axes) == {"left": [[0, 0], [0, 1]], "right": [[1, 0], [1, 1]]}
    assert len(colours_of_regions(axes)) == 2


def test_classes_that_do_not_fit_the_outputs_are_refused():
    with pytest.raises(ValueError, match="the model tells 2 classes apart, but y has 3: 'a', 'b', 'c'"):
        plot_decision_regions(MLP(2, [2]), CORNERS, ["a", "b", "c", "a"], resolution=5)


def test_quantities_are_refused_with_what_to_write():
    y = [0.1 * k for k in range(30)]
    with pytest.raises(ValueError, match=r"30 different targets, which seem to be quantities.*plot_prediction_error"):
        plot_decision_regions(MLP(2, [1]), [[k, k] for k in range(30)], y, resolution=5)


def test_samples_may_be_left_out():
    axes = plot_decision_regions(three_stripes, CORNERS, resolution=8)
    assert len(colours_of_regions(axes)) == 3
    assert axes.get_legend() is None


def test_of_more_than_two_inputs_the_others_stay_at_their_median():
    X = [[0.0, 5.0, 0.0], [0.0, 7.0, 1.0], [1.0, 6.0, 1.0]]
    axes = plot_decision_regions(lambda x: x[0] * (x[1] - 5.0), X, [0, 0, 1], features=(0, 2), resolution=13)
    # at the median, 6, the score is x[0]
    assert axes.collections[0].get_paths()[0].vertices[:, 0].max() == pytest.approx(0.5)
    assert points(axes) == {"0": [[0, 0], [0, 1]], "1": [[1, 1]]}


@pytest.mark.parametrize("features", [(0, 3), ("a", "b"), "ab", (0,)])
def test_columns_that_are_not_there_are_refused(features):
    with pytest.raises(ValueError, match="column"):
        plot_decision_regions(MLP(3, [2]), [[1, 2, 3]], [0], features=features)


def test_columns_of_a_data_frame_name_the_axes():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame({"a": [0.0, 1.0], "b": [2.0, 3.0], "c": [4.0, 5.0]})
    y = pandas.Series(["no", "yes"], name="answer")
    axes = plot_decision_regions(MLP(3, [1], seed=0), X, y, features=("c", "a"), resolution=5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("c", "a")
    assert axes.get_legend().get_title().get_text() == "answer"
    assert points(axes) == {"no": [[4, 0]], "yes": [[5, 1]]}


def test_probabilities_mix_the_colours():
    model = MLP(2, [2], initialization="zeros")
    model.layers[0].neurons[1].weights[0].data = 50.0  # class 1 where x > 0, class 0 elsewhere
    axes = plot_decision_regions(model, [[-1.0, 0.0], [1.0, 1.0]], [0, 1], probability=True, resolution=20)
    picture = axes.images[0].get_array()
    left, right, border = picture[0, 0], picture[0, -1], picture[0, 9:11].mean(axis=0)
    assert [to_hex(left[:3]), to_hex(right[:3])] == [colour.lower() for colour in COLOURS[:2]]
    assert border[3] < left[3], "less sure, paler"
    assert any(isinstance(each, ContourSet) and list(each.levels) == [0] for each in axes.collections)


def test_probabilities_need_a_model_that_has_them():
    with pytest.raises(TypeError, match="predict_proba"):
        plot_decision_regions(lambda x: x[0], CORNERS, [0, 1, 0, 1], probability=True)


@pytest.mark.parametrize("name", ["LogisticRegression", "RidgeClassifier"])  # with probabilities, and without
def test_estimators_of_scikit_learn_are_drawn_too(name):
    pandas = pytest.importorskip("pandas")
    estimator = getattr(pytest.importorskip("sklearn.linear_model"), name)()
    X, y = pandas.DataFrame(CORNERS, columns=["a", "b"]), ["low", "high", "high", "high"]
    axes = plot_decision_regions(estimator.fit(X, y), X, y, resolution=5)
    assert points(axes) == {"high": [[0, 1], [1, 0], [1, 1]], "low": [[0, 0]]}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("a", "b")


def test_it_is_drawn_on_the_axes_that_are_given_in_colours_for_them():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    with pyplot.style.context(DARK):
        _, ax = pyplot.subplots()
        axes = plot_decision_regions(three_stripes, CORNERS, LABELS, resolution=5, ax=ax)
    assert axes is ax
    assert len(pyplot.get_fignums()) == 1
    assert colours_of_regions(axes)[0] == "#56b4e9"


# --- samples alone ----------------------------------------------------------------------------------------------------


def test_samples_without_a_model():
    axes = plot_samples([[0, 1, 2], [3, 4, 5], [6, 7, 8]], ["b", "a", "b"], features=(0, 2))
    assert points(axes) == {"a": [[3, 5]], "b": [[0, 2], [6, 8]]}


def test_samples_without_classes_or_without_a_legend():
    axes = plot_samples(CORNERS)
    assert scattered(axes)[0].get_offsets().tolist() == CORNERS
    assert axes.get_legend() is None
    assert plot_samples(CORNERS, LABELS, legend=False).get_legend() is None


def test_seventy_classes_look_different():
    axes = plot_samples([[k, k] for k in range(70)], list(range(70)))
    looks = {(to_hex(each.get_facecolor()[0]), each.get_paths()[0].vertices.tobytes()) for each in scattered(axes)}
    assert len(looks) == 70
