"""The curve of a regression, and predictions beside what is right."""

from __future__ import annotations

import pytest

from nn import MLP, Layer, plot_fit, plot_prediction_error

pytest.importorskip("matplotlib")
np = pytest.importorskip("numpy")


def test_the_curve_is_what_the_model_says():
    model = MLP(1, [4, 1], activation="tanh", seed=0)
    axes = plot_fit(model, [0.0, 2.0], [1.0, -1.0], resolution=5)
    (line,) = axes.get_lines()
    assert line.get_xdata().tolist() == pytest.approx([-0.1, 0.45, 1.0, 1.55, 2.1])
    assert line.get_ydata().tolist() == pytest.approx([model([x]).data for x in line.get_xdata()])
    assert axes.collections[0].get_offsets().tolist() == [[0, 1], [2, -1]]


def test_each_output_has_a_curve():
    axes = plot_fit(Layer(1, 2, seed=0), [[0.0], [1.0]], [[1, 2], [3, 4]])
    assert len(axes.get_lines()) == 2
    assert [points.get_offsets().tolist() for points in axes.collections] == [[[0, 1], [1, 3]], [[0, 2], [1, 4]]]


def test_names_of_columns_and_estimators_of_scikit_learn():
    pandas = pytest.importorskip("pandas")
    linear = pytest.importorskip("sklearn.linear_model").LinearRegression()
    X, y = pandas.DataFrame({"size": [0.0, 1.0, 2.0]}), pandas.Series([1.0, 3.0, 5.0], name="price")
    axes = plot_fit(linear.fit(X, y), X, y)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), 1 + 2 * axes.lines[0].get_xdata())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size", "price")
    assert plot_fit(lambda x: x[0], X["size"], y).get_xlabel() == "size"


def test_several_inputs_are_refused_with_what_to_write():
    with pytest.raises(ValueError, match=r"these samples have 2: write plot_prediction_error\(model.predict\(X\), y\)"):
        plot_fit(MLP(2, [1]), [[1, 2]], [1])


def test_predictions_stand_over_what_is_right():
    axes = plot_prediction_error(predicted=[1.0, 4.0], actual=[2.0, 3.0])
    assert axes.collections[0].get_offsets().tolist() == [[2, 1], [3, 4]]
    assert axes.get_lines()[0].get_xydata().tolist() == [[1, 1], [4, 4]]
    with pytest.raises(ValueError, match="one predicted and one actual number for each sample, got 1 and 2"):
        plot_prediction_error([1.0], [1.0, 2.0])
