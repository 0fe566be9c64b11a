"""`History`: what happened in a training, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .habits import HISTORY, explained


@dataclass
class History:
    """The course of a training: one entry in each list for each epoch. In Jupyter it shows its plot.

    Attributes:
        loss: the cost, averaged over the batches of the epoch, each taken before its update.
        metrics: for each metric, by its name, what it gave on the same outputs.
        validation_loss, validation_metrics: on the validation set, after the epoch.
        learning_rate: at the end of the epoch.
        seconds: since the start.
        stopped: why the training ended.
        best_epoch: with `patience`, the epoch whose parameters the model went back to.

    `metric` and `validation_metric` are the numbers of the first metric, [] where there is none.
    """

    loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_loss: list[float] = field(default_factory=list)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""
    best_epoch: int | None = None

    if not TYPE_CHECKING:  # which would take any attribute as given

        def __getattr__(self, name: str) -> Any:
            return explained(self, name, HISTORY)

        def __getitem__(self, name: object) -> Any:
            raise TypeError(f"a History is no dict: {HISTORY['history']}; got history[{name!r}]")

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def metric(self) -> list[float]:
        return next(iter(self.metrics.values()), [])

    @property
    def validation_metric(self) -> list[float]:
        return next(iter(self.validation_metrics.values()), [])

    def plot(self, *curves: str, log: bool = False, ax: Any = None) -> Any:
        """Draw the curves with matplotlib, see `nn.plot_history`; returns the Axes."""
        from .plots import plot_history

        return plot_history(self, *curves, log=log, ax=ax)

    def to_pandas(self) -> Any:
        """The course as a pandas DataFrame: a row for each epoch, from 1 on, and a column for each curve.

        The columns are loss, the metrics by name, validation_loss, validation_… of the metrics, learning_rate and
        seconds, as far as there are such numbers. Raises ImportError without pandas.

        >>> History([2.0, 1.0], {"accuracy": [0.5, 0.75]}, learning_rate=[0.1, 0.1]).to_pandas()
               loss  accuracy  learning_rate
        epoch
        1       2.0      0.50            0.1
        2       1.0      0.75            0.1
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(
                "to_pandas needs pandas: pip install pandas. Without it history.loss, history.metrics, … are lists"
            ) from None
        curves = {name.replace("validation ", "validation_", 1): numbers for name, numbers in self._curves().items()}
        columns = {**curves, "learning_rate": self.learning_rate, "seconds": self.seconds}
        epochs = pandas.RangeIndex(1, len(self) + 1, name="epoch")
        return pandas.DataFrame({name: numbers for name, numbers in columns.items() if numbers}, index=epochs)

    def last(self) -> dict[str, float]:
        """The newest number of each curve, by the name to show."""
        return {name: numbers[-1] for name, numbers in self._curves().items() if numbers}

    def _curves(self) -> dict[str, list[float]]:
        """All curves, by the name to show."""
        validation = {f"validation {name}": numbers for name, numbers in self.validation_metrics.items()}
        return {"loss": self.loss, **self.metrics, "validation loss": self.validation_loss, **validation}

    def cut(self, epochs: int) -> None:
        """Forget what an interrupted epoch has left behind the first `epochs`."""
        for numbers in (*self._curves().values(), self.learning_rate, self.seconds):
            del numbers[epochs:]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {x:.4g}" for name, x in self.last().items())
        epochs = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"<History of {'; '.join(filter(None, [epochs + (': ' + numbers) * bool(numbers), self.stopped]))}>"

    def _repr_png_(self) -> bytes:
        from .plots.canvas import as_png
        from .plots.curves import figure_of

        return as_png(figure_of(self))
