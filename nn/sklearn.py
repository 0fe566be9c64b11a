"""`MLPClassifier` and `MLPRegressor`: an MLP of scalar nodes as an estimator of scikit-learn.

They take scikit-learn's parameters, train with `nn.fit`, compiled, and go where estimators go: into pipelines, searches
and cross-validation. No other file of `nn` imports scikit-learn (1.6 or newer); `import nn` does not load it.

>>> from nn.sklearn import MLPClassifier
>>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["same", "different", "different", "same"]
>>> classifier = MLPClassifier((8,), activation="tanh", learning_rate_init=0.1, max_iter=200, random_state=0)
>>> classifier.fit(X, y).predict(X).tolist()
['same', 'different', 'different', 'same']
>>> classifier.model_
MLP(2 → 8 tanh → 1 linear: 33 parameters)
"""

from __future__ import annotations

import inspect
import operator
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .history import History
from .layers import MLP
from .losses import Loss, binary_cross_entropy, cross_entropy, l2_penalty, quadratic_cost
from .optimizers import SGD, Adam, Optimizer
from .training import fit

ACTIVATIONS_OF_SCIKIT_LEARN = {"identity": "linear", "logistic": "sigmoid"}  # the others have one name in both

_INSTEAD = {  # of scikit-learn's parameters that have no counterpart
    "learning_rate": "the rate is learning_rate_init all the time; nn.fit takes a schedule",
    "power_t": "the rate is learning_rate_init all the time; nn.fit takes a schedule",
    "warm_start": "each fit starts anew; nn.fit goes on with the model it is given, as estimator.model_",
    "max_fun": "it belongs to the solver 'lbfgs', and here there are 'adam' and 'sgd'",
    "loss": "a classifier minimizes the cross-entropy, a regressor half the squared error; nn.fit takes any loss",
}


class _Data(NamedTuple):
    """What an estimator is trained on."""

    X: Any
    targets: Any
    n_outputs: int
    loss: Loss
    sample_weight: Any


class _Perceptron(BaseEstimator):  # type: ignore[misc]
    """What both have in common: parameters, training, and what is known after it."""

    def __new__(cls, *settings: Any, **named: Any) -> Any:
        # Not in `__init__`: scikit-learn reads the parameters there, and each is one of them.
        known = cls._get_param_names()
        for name in named:
            if name not in known:
                why = _INSTEAD.get(name, f"it has {', '.join(known)}")
                raise TypeError(f"{cls.__name__} has no parameter {name}: {why}")
        return super().__new__(cls)

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Callable[[Any], Any] = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change

    @property
    def coefs_(self) -> list[Any]:
        """The weights of each layer, an array with a row for each input and a column for each neuron."""
        return [numpy.array([[w.data for w in n.weights] for n in layer.neurons]).T for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Any]:
        """The biases of each layer."""
        biases = [[neuron.bias for neuron in layer.neurons] for layer in self.model_.layers]
        return [numpy.array([b.data for b in of_layer if b is not None]) for of_layer in biases]

    @property
    def loss_curve_(self) -> list[float]:
        """The cost in each epoch, without the penalty."""
        return list(self.history_.loss)

    @property
    def loss_(self) -> float:
        """The cost in the last epoch, without the penalty."""
        return self.history_.loss[-1]

    @property
    def n_iter_(self) -> int:
        """How many epochs were trained."""
        return len(self.history_)

    @property
    def n_layers_(self) -> int:
        """How many layers there are, with that of the inputs."""
        return len(self.model_.layers) + 1

    @property
    def n_outputs_(self) -> int:
        """How many outputs the network has."""
        return len(self.model_.layers[-1].neurons)

    def _train(self, data: _Data) -> None:
        """Make the network and train it; attributes change only when all has gone well."""
        epochs, patience = _count("max_iter", self.max_iter), _count("n_iter_no_change", self.n_iter_no_change)
        generator = check_random_state(self.random_state)
        model = self._network(data, generator)
        optimizer = self._optimizer(model)
        history = self._epochs(
            model, optimizer, generator, data, epochs=epochs, patience=patience + 1,
            min_delta=_at_least_zero("tol", self.tol), restore_best=bool(self.early_stopping),
            validation=float(self.validation_fraction) if self.early_stopping else None,
        )  # fmt: skip
        if history.stopped == "all epochs done":
            warnings.warn(
                f"{type(self).__name__} was still learning after max_iter={epochs} epochs: give it more",
                ConvergenceWarning,
                stacklevel=3,
            )
        self.model_, self.optimizer_, self.history_, self._generator = model, optimizer, history, generator

    def _train_further(self, data: _Data) -> None:
        """One more epoch, the first of a new network or one that goes on from those before."""
        if not hasattr(self, "model_"):
            generator = check_random_state(self.random_state)
            model = self._network(data, generator)
            optimizer, history = self._optimizer(model), History()
        else:
            model, optimizer, history, generator = self.model_, self.optimizer_, self.history_, self._generator
        further = self._epochs(model, optimizer, generator, data, epochs=1)
        history.loss += further.loss
        history.learning_rate += further.learning_rate
        history.seconds += [sum(history.seconds[-1:]) + seconds for seconds in further.seconds]
        history.stopped = further.stopped
        self.model_, self.optimizer_, self.history_, self._generator = model, optimizer, history, generator

    def _epochs(self, model: MLP, optimizer: Optimizer, generator: Any, data: _Data, **options: Any) -> History:
        X, sample_weight = data.X, data.sample_weight
        batch_size = len(X) if self.batch_size == "auto" else _count("batch_size", self.batch_size)
        batch_size = min(batch_size, len(X), 200 if self.batch_size == "auto" else len(X))
        alpha = _at_least_zero("alpha", self.alpha)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        counted = batch_size if sample_weight is None else batch_size * sample_weight.mean()
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.weights]
        return fit(
            model, X, data.targets, loss=data.loss, optimizer=optimizer, batch_size=batch_size,
            sample_weight=sample_weight, shuffle=bool(self.shuffle), seed=int(generator.randint(2**31 - 1)),
            penalty=partial(l2_penalty, weights, alpha / (2 * counted)) if alpha and counted else None,
            progress=bool(self.verbose), compiled=True, **options,
        )  # fmt: skip

    def _network(self, data: _Data, generator: Any) -> MLP:
        sizes: Any = self.hidden_layer_sizes
        hidden = list(sizes) if hasattr(sizes, "__len__") and not isinstance(sizes, str) else [sizes]
        hidden = [_count("a number in hidden_layer_sizes", n) for n in hidden]
        activation: Any = self.activation
        if isinstance(activation, str):
            activation = ACTIVATIONS_OF_SCIKIT_LEARN.get(activation, activation)
        initialization = "he" if activation == "relu" else "xavier"
        sizes, seed = [*hidden, data.n_outputs], int(generator.randint(2**31 - 1))
        model = MLP(data.X.shape[1], sizes, activation=activation, initialization=initialization, seed=seed)
        model.feature_names_in_ = getattr(self, "feature_names_in_", None)
        return model

    def _optimizer(self, model: MLP) -> Optimizer:
        parameters, lr = model.parameters(), self.learning_rate_init
        if self.solver == "adam":
            return Adam(parameters, lr, betas=(self.beta_1, self.beta_2), eps=self.epsilon)
        if self.solver == "sgd":
            nesterov = bool(self.nesterovs_momentum) and self.momentum > 0
            return SGD(parameters, lr, momentum=self.momentum, nesterov=nesterov)
        raise ValueError(f"solver is 'adam' or 'sgd', got {self.solver!r}")

    def _outputs(self, X: Any) -> Any:
        """The outputs of the network: one row for each sample, or one number where there is one output."""
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False, dtype="float64"))


_OF_INIT = inspect.signature(_Perceptron.__init__)  # what `help` should show, and not that of `__new__`
_Perceptron.__signature__ = _OF_INIT.replace(
    parameters=[*_OF_INIT.parameters.values()][1:], return_annotation=_OF_INIT.empty
)


class MLPClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A network that classifies, with scikit-learn's interface; of two classes it has one output, else one for each.

    Args:
        hidden_layer_sizes: the number of neurons of each hidden layer.
        activation: 'identity', 'logistic', 'tanh', 'relu', a name in `nn.ACTIVATIONS`, or a function of one Value.
        solver: 'adam' or 'sgd'.
        alpha: the strength of the penalty alpha/(2·batch_size) · Σ w² over all weights.
        batch_size: samples for one update; 'auto' for 200, or for all if there are fewer.
        learning_rate_init: the learning rate.
        max_iter: at most so many epochs.
        shuffle: visit the samples in a new order in each epoch.
        random_state: an int for the same network each time; None, or a RandomState.
        tol, n_iter_no_change: stop after more than so many epochs whose loss is not better by `tol`.
        verbose: show a progress bar.
        momentum, nesterovs_momentum: of 'sgd'.
        early_stopping: hold out `validation_fraction` of the samples, stop by the loss there, take its best parameters.
        beta_1, beta_2, epsilon: of 'adam'.

    Attributes after `fit`: `classes_`, `n_features_in_`, `coefs_`, `intercepts_`, `loss_curve_`, `loss_`, `n_iter_`,
    `n_layers_`, `n_outputs_`; and `model_`, the `nn.MLP`, to draw and explain, with its `optimizer_` and the `history_`
    of its training.

    Raises TypeError for a parameter of scikit-learn's that has no counterpart; `fit` raises ValueError or TypeError
    for a setting or data that do not fit, and FloatingPointError when the training diverges.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPClassifier:
        """Train on the rows of X with the classes y, numbers or strings; `sample_weight`: how much each row counts."""
        X, y = validate_data(self, X, y, dtype="float64", multi_output=True)
        check_classification_targets(y)
        classes, targets = numpy.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(classes) == 1:
            raise ValueError(
                f"y has only 1 class, {classes.tolist()[0]!r}: a classifier needs samples of at least 2 classes"
            )
        self._train(_Data(X, targets, *_outputs_and_loss(classes), sample_weight))
        self.classes_ = classes
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """One epoch on these rows, going on from the calls before; the first needs `classes`, all there will be.

        Each call compiles anew, which takes about a tenth of a second.
        """
        is_first = not hasattr(self, "classes_")
        if is_first and classes is None:
            raise ValueError("the first call of partial_fit needs all classes there will be: write classes=[…]")
        X, y = validate_data(self, X, y, dtype="float64", multi_output=True, reset=is_first)
        check_classification_targets(y)
        known = numpy.unique(classes) if is_first else self.classes_
        if not is_first and classes is not None and not numpy.array_equal(numpy.unique(classes), known):
            raise ValueError(f"classes={classes!r:.60} are not those of the first call, {known.tolist()!r:.60}")
        if len(known) < 2:
            raise ValueError(f"classes={classes!r:.60}: a classifier needs at least 2 classes")
        y = column_or_1d(y, warn=True)
        unknown = numpy.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(
                f"y has the class {unknown.tolist()[0]!r}, which is not among the classes {known.tolist()!r:.60}"
            )
        self._train_further(_Data(X, numpy.searchsorted(known, y), *_outputs_and_loss(known), sample_weight))
        self.classes_ = known
        return self

    def predict(self, X: Any) -> Any:
        """The most probable class for each row."""
        z = self._outputs(X)
        return self.classes_[z.argmax(1) if z.ndim == 2 else (z > 0).astype(int)]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the columns, for each row."""
        z = self._outputs(X)
        return softmax(z, axis=1) if z.ndim == 2 else numpy.stack([expit(-z), expit(z)], axis=1)

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of `predict_proba`."""
        with numpy.errstate(divide="ignore"):
            return numpy.log(self.predict_proba(X))


class MLPRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]
    """A network that predicts numbers, with scikit-learn's interface; it minimizes half the squared error.

    Args, attributes, errors: those of `MLPClassifier`, but for `classes_`.

    >>> regressor = MLPRegressor((), solver="sgd", learning_rate_init=0.1, alpha=0.0, tol=1e-9, random_state=0)
    >>> regressor.fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).predict([[3.0]]).round(2).tolist()
    [7.0]
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train on the rows of X with targets y, numbers or rows; `sample_weight`: how much each row of X counts."""
        self._train(self._data(X, y, sample_weight, reset=True))
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """One epoch on these rows, going on from the calls before."""
        data = self._data(X, y, sample_weight, reset=not hasattr(self, "model_"))
        if hasattr(self, "model_") and data.n_outputs != self.n_outputs_:
            raise ValueError(f"y has rows of {data.n_outputs} numbers, in the calls before it had {self.n_outputs_}")
        self._train_further(data)
        return self

    def _data(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> _Data:
        X, y = validate_data(self, X, y, dtype="float64", multi_output=True, y_numeric=True, reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return _Data(X, y.astype(float), y.shape[1] if y.ndim == 2 else 1, quadratic_cost, sample_weight)

    def predict(self, X: Any) -> Any:
        """The number, or the row of numbers, for each row."""
        return self._outputs(X)


def _outputs_and_loss(classes: Any) -> tuple[int, Loss]:
    return (1, _cross_entropy_of_logits) if len(classes) == 2 else (len(classes), cross_entropy)


def _cross_entropy_of_logits(outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    return binary_cross_entropy(outputs, targets, from_logits=True)


def _count(name: str, n: Any) -> int:
    """A whole number of at least 1, also NumPy's."""
    try:
        found = operator.index(n)
    except TypeError:
        found = 0
    if found < 1 or isinstance(n, bool):
        raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")
    return found


def _at_least_zero(name: str, x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, Real) or not 0 <= float(x) < float("inf"):
        raise ValueError(f"{name} is a number of at least 0, got {x!r}")
    return float(x)
