"""The curves show the numbers of a history."""

from __future__ import annotations

import pytest

from nn import MLP, SGD, History, fit, plot_history

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n\x1a\n"


def lines(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}


def full():
    return History(
        loss=[3.0, 2.0],
        metrics={"share": [0.1, 0.2]},
        validation_loss=[4.0, 5.0],
        validation_metrics={"share": [0.3, 0.4]},
        learning_rate=[0.1, 0.05],
    )


def test_a_history_plots_its_loss_by_epoch():
    axes = History(loss=[3.0, 2.0, 1.0]).plot()
    assert lines(axes) == {"training": [[1, 3.0], [2, 2.0], [3, 1.0]]}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert axes.get_legend() is None


def test_metrics_validation_and_a_changing_learning_rate_have_their_axes():
    loss, metric, rate = full().plot()
    assert lines(loss) == {"training": [[1, 3.0], [2, 2.0]], "validation": [[1, 4.0], [2, 5.0]]}
    assert lines(metric) == {"training": [[1, 0.1], [2, 0.2]], "validation": [[1, 0.3], [2, 0.4]]}
    assert lines(rate) == {"training": [[1, 0.1], [2, 0.05]]}
    assert [axes.get_ylabel() for axes in (loss, metric, rate)] == ["loss", "share", "learning rate"]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]


def test_a_constant_learning_rate_is_drawn_only_where_it_is_asked_for():
    history = History(loss=[2.0, 1.0], learning_rate=[0.1, 0.1])
    assert history.plot().get_ylabel() == "loss"
    assert lines(history.plot("learning rate")) == {"training": [[1, 0.1], [2, 0.1]]}


def test_the_scale_of_losses_can_be_logarithmic():
    assert [axes.get_yscale() for axes in full().plot(log=True)] == ["log", "linear", "log"]
    assert full().plot("share", log=True).get_yscale() == "log"


def test_the_epoch_whose_parameters_were_kept_is_marked():
    model = MLP(1, [1], seed=0)
    optimizer = SGD(model.parameters(), lr=2.5)  # far too large
    history = fit(
        model,
        [1.0, 2.0],
        [1.0, 2.0],
        loss="mean_squared_error",
        optimizer=optimizer,
        patience=2,
        epochs=9,
        progress=False,
    )
    assert history.best_epoch == history.loss.index(min(history.loss)) + 1 == 1
    assert lines(history.plot())["kept: epoch 1"] == [[1, 0], [1, 1]]


@pytest.mark.parametrize("best", [None, 2])
def test_the_last_epoch_is_not_marked_nor_any_without_patience(best):
    history = full()
    history.best_epoch = best
    assert list(lines(history.plot("loss"))) == ["training", "validation"]


def test_a_single_epoch_is_a_visible_point():
    (line,) = History(loss=[3.0]).plot().get_lines()
    assert line.get_marker() == "o"


def test_a_list_of_losses_counts_steps_from_zero():
    axes = plot_history([3.0, 2.0])
    assert lines(axes) == {"training": [[0, 3.0], [1, 2.0]]}
    assert axes.get_xlabel() == "step"


def test_several_trainings_are_compared_by_name():
    axes = plot_history({"slow": full(), "fast": History(loss=[1.0])}, "loss")
    assert lines(axes) == {"slow": [[1, 3], [2, 2]], "slow, validation": [[1, 4], [2, 5]], "fast": [[1, 1]]}
    slow, validation, fast = axes.get_lines()
    assert slow.get_color() == validation.get_color() != fast.get_color()
    assert (slow.get_linestyle(), validation.get_linestyle()) == ("-", "--")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["slow", "fast"]
    assert axes.get_legend().get_title().get_text() == "dashed: validation"


def test_it_is_drawn_on_the_axes_that_are_given():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    _, (left, right) = pyplot.subplots(1, 2)
    assert full().plot(ax=left) is left, "one Axes: the loss"
    assert list(full().plot("loss", "share", ax=[left, right])) == [left, right]
    assert len(pyplot.get_fignums()) == 1


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no curve 'accuracy': it has 'loss', 'share', 'learning rate'"):
        full().plot("accuracy")
    with pytest.raises(TypeError, match="a History, or a list of losses, got int"):
        plot_history(3)
    with pytest.raises(TypeError, match="several histories are compared by name"):
        plot_history([full(), full()])
    with pytest.raises(ValueError, match="the dict is empty"):
        plot_history({})
    with pytest.raises(ValueError, match="ax has 1 Axes for 2 curves"):
        full().plot("loss", "share", ax=full().plot("loss"))
    with pytest.raises(TypeError, match="ax is an Axes"):
        full().plot(ax="left")


@pytest.mark.parametrize("history", [History(), History(loss=[1.0]), full()])
def test_a_history_shows_itself_as_a_png_and_opens_no_figure(history):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    assert history._repr_png_().startswith(PNG)
    assert pyplot.get_fignums() == []
