"""MLPClassifier and MLPRegressor are estimators of scikit-learn, and train as its own networks do."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys

import pytest

numpy = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from sklearn import neural_network  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_digits, load_iris, make_moons, make_regression  # noqa: E402
from sklearn.exceptions import ConvergenceWarning, NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

from nn.sklearn import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MOONS = make_moons(60, noise=0.1, random_state=0)
IRIS = load_iris(return_X_y=True)
FAST = {"hidden_layer_sizes": (8,), "activation": "tanh", "learning_rate_init": 0.05, "max_iter": 60, "random_state": 0}


SMALL = {"hidden_layer_sizes": (10,), "learning_rate_init": 0.01}  # with the hundred neurons of the default: minutes


CHECKS = [pair for kind in (MLPClassifier, MLPRegressor) for pair in estimator_checks_generator(kind(**SMALL))]


def called(x):
    """The name of a class or of a check, for the names of tests."""
    return type(x).__name__ if hasattr(x, "get_params") else x.func.__name__


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=called)
def test_scikit_learn_takes_them_as_estimators(estimator, check):
    check(estimator)


# --- beside scikit-learn's own ----------------------------------------------------------------------------------------


def of_scikit_learn(kind, ours, X, y):
    """scikit-learn's own network with the weights of ours, after which `partial_fit` takes one more epoch."""
    settings = {name: x for name, x in ours.get_params().items() if name in inspect.signature(kind).parameters}
    theirs = kind(**settings)
    theirs.partial_fit(X, y, **({"classes": numpy.unique(y)} if kind is neural_network.MLPClassifier else {}))
    theirs.coefs_, theirs.intercepts_ = ours.coefs_, ours.intercepts_
    return theirs


PAIRS = {
    "two classes": (MLPClassifier, neural_network.MLPClassifier, *MOONS),
    "three classes": (MLPClassifier, neural_network.MLPClassifier, *IRIS),
    "a number": (MLPRegressor, neural_network.MLPRegressor, MOONS[0], MOONS[0][:, 0] ** 2),
    "two numbers": (MLPRegressor, neural_network.MLPRegressor, MOONS[0], MOONS[0] ** 2),
}


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("name", PAIRS)
def test_an_epoch_is_that_of_scikit_learn(name, activation):
    assert_an_epoch_is_that_of_scikit_learn(name, activation)


@pytest.mark.parametrize("name", PAIRS)
def test_a_weighted_epoch_is_that_of_scikit_learn(name):
    X = PAIRS[name][2]
    assert_an_epoch_is_that_of_scikit_learn(name, "tanh", numpy.random.RandomState(0).randint(0, 4, len(X)))


def assert_an_epoch_is_that_of_scikit_learn(name, activation, weights=None):
    ours, theirs, X, y = PAIRS[name]
    options = {
        "hidden_layer_sizes": (5, 4), "activation": activation, "solver": "sgd", "momentum": 0.0, "alpha": 0.5,
        "batch_size": len(X), "shuffle": False, "learning_rate_init": 0.01, "random_state": 0,
    }  # fmt: skip
    before = ours(max_iter=3, **options).fit(X, y, weights)
    after = ours(max_iter=4, **options).fit(X, y, weights)
    expected = of_scikit_learn(theirs, before, X, y)
    predict = "predict_proba" if ours is MLPClassifier else "predict"
    assert numpy.allclose(getattr(before, predict)(X), getattr(expected, predict)(X), rtol=1e-12, atol=1e-12)
    expected.partial_fit(X, y, sample_weight=weights)
    for found, wanted in zip(after.coefs_ + after.intercepts_, expected.coefs_ + expected.intercepts_, strict=True):
        assert found.shape == wanted.shape
        assert numpy.allclose(found, wanted, rtol=1e-12, atol=1e-13)
    assert not numpy.allclose(after.coefs_[0], before.coefs_[0], rtol=1e-6, atol=0), "this test sees a step"


def test_digits_are_learned_as_well():
    X, y = load_digits(return_X_y=True)
    X = X / 16
    options = {"hidden_layer_sizes": (32,), "max_iter": 40, "learning_rate_init": 0.005, "random_state": 0}
    scores = [kind(**options).fit(X[:1400], y[:1400]).score(X[1400:], y[1400:]) for kind in PAIRS["two classes"][:2]]
    assert scores[0] > 0.9
    assert scores[0] > scores[1] - 0.03


# --- where estimators go ----------------------------------------------------------------------------------------------


def test_labels_are_strings_or_any_numbers():
    X, y = IRIS
    names = numpy.array(["setosa", "versicolor", "virginica"])[y]
    by_name = MLPClassifier(**FAST).fit(X, names)
    assert by_name.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert by_name.score(X, names) > 0.9
    by_number = MLPClassifier(**FAST).fit(X, y * 10 - 7)
    assert by_number.classes_.tolist() == [-7, 3, 13]
    assert (by_number.predict_proba(X) == by_name.predict_proba(X)).all()
    assert numpy.allclose(by_name.predict_proba(X).sum(1), 1)
    assert numpy.allclose(numpy.exp(by_name.predict_log_proba(X)), by_name.predict_proba(X))


def test_the_same_random_state_gives_the_same_network():
    X, y = MOONS
    first, second, other = (MLPClassifier(**{**FAST, "random_state": seed}).fit(X, y) for seed in (3, 3, 4))
    assert first.loss_curve_ == second.loss_curve_ != other.loss_curve_
    assert len(first.loss_curve_) == first.n_iter_
    assert (first.coefs_[0] == second.coefs_[0]).all()


def test_clone_and_pickle():
    X, y = MOONS
    fitted = MLPClassifier(**FAST).fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        fresh.predict(X)
    assert not hasattr(fresh, "coefs_")


def test_pipeline_search_and_cross_validation():
    X, y = IRIS
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(**FAST))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    grid = {"mlpclassifier__hidden_layer_sizes": [(1,), (8,)], "mlpclassifier__alpha": numpy.array([0.0, 1e-3])}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_params_["mlpclassifier__hidden_layer_sizes"] == (8,)


def test_a_regressor_learns_numbers_and_rows_of_numbers():
    X, y = make_regression(80, 3, n_targets=2, random_state=0)
    y = y / y.std(0)
    regressor = MLPRegressor((), learning_rate_init=0.05, max_iter=300, random_state=0)
    assert regressor.fit(X, y).score(X, y) > 0.99
    assert regressor.predict(X).shape == (80, 2)
    assert regressor.fit(X, y[:, 0]).score(X, y[:, 0]) > 0.99
    assert regressor.predict(X).shape == (80,)


# --- one epoch at a time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["three classes", "a number"])
def test_epochs_one_by_one_are_those_of_fit(name):
    ours, _, X, y = PAIRS[name]
    options = {**FAST, "shuffle": False, "batch_size": 25}
    classes = {"classes": numpy.unique(y)} if ours is MLPClassifier else {}
    one_by_one = ours(**options).partial_fit(X, y, **classes)
    for _ in range(3):
        one_by_one.partial_fit(X, y)
    fitted = ours(**options | {"max_iter": 4}).fit(X, y)
    assert one_by_one.loss_curve_ == fitted.loss_curve_
    assert (one_by_one.coefs_[0] == fitted.coefs_[0]).all()
    assert one_by_one.history_.seconds == sorted(one_by_one.history_.seconds)
    assert pickle.loads(pickle.dumps(fitted)).partial_fit(X, y).n_iter_ == 5, "it goes on from fit, too"


def test_a_stream_of_batches_may_lack_classes():
    X, y = IRIS[0], numpy.array(["setosa", "versicolor", "virginica"])[IRIS[1]]
    classifier = MLPClassifier(**FAST, solver="sgd").partial_fit(X[:50], y[:50], classes=numpy.unique(y))
    assert classifier.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    for start in (50, 100, 0):
        classifier.partial_fit(X[start : start + 50], y[start : start + 50])
    assert classifier.n_iter_ == 4


@pytest.mark.parametrize(
    ("y", "options", "sentence"),
    [
        ([0, 1], {"classes": [0, 2]}, r"classes=\[0, 2\] are not those of the first call, \[0, 1\]"),
        ([0, 7], {}, r"y has the class 7, which is not among the classes \[0, 1\]"),
        ([0, 1], {"sample_weight": [1.0, -1.0]}, "Negative values in data"),
        ([0, 1], {"sample_weight": [1.0]}, "inconsistent numbers of samples|sample_weight.shape"),
    ],
)
def test_an_epoch_that_does_not_fit_changes_nothing(y, options, sentence):
    X = [[0.0, 1.0], [1.0, 0.0]]
    classifier = MLPClassifier((3,), random_state=0).partial_fit(X, [0, 1], classes=[0, 1])
    before = pickle.dumps(classifier)
    with pytest.raises(ValueError, match=sentence):
        classifier.partial_fit(X, y, **options)
    assert pickle.dumps(classifier) == before
    with pytest.raises(ValueError, match=r"write classes=\[…\]"):
        MLPClassifier().partial_fit(X, [0, 1])
    with pytest.raises(ValueError, match="y has rows of 2 numbers, in the calls before it had 1"):
        MLPRegressor((3,)).partial_fit(X, [0.0, 1.0]).partial_fit(X, X)


# --- stopping ---------------------------------------------------------------------------------------------------------


def test_it_stops_when_nothing_gets_better():
    classifier = MLPClassifier(**{**FAST, "tol": 10.0, "n_iter_no_change": 3}).fit(*MOONS)
    assert classifier.n_iter_ == 5, "the first epoch is better than none, and then more than three are not"


def test_early_stopping_takes_the_best_parameters():
    X, y = MOONS[0], numpy.arange(60) % 2  # nothing to learn: held-out samples get worse
    options = {**FAST, "early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 5, "max_iter": 200}
    stopped = MLPClassifier(**options).fit(X, y)
    losses = stopped.history_.validation_loss
    best = losses.index(min(losses)) + 1
    assert best < stopped.n_iter_ < 200
    until_best = MLPClassifier(**{**options, "max_iter": best}).fit(X, y)
    assert (stopped.coefs_[0] == until_best.coefs_[0]).all()


@pytest.mark.filterwarnings("error")
def test_too_few_epochs_are_warned_about():
    with pytest.warns(ConvergenceWarning, match="MLPClassifier was still learning after max_iter=2 epochs"):
        MLPClassifier(**{**FAST, "max_iter": 2}).fit(*MOONS)


# --- what does not fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("warm_start", "MLPClassifier has no parameter warm_start: each fit starts anew"),
        ("learning_rate", "MLPClassifier has no parameter learning_rate: the rate is learning_rate_init all the time"),
        ("max_fun", "MLPClassifier has no parameter max_fun: it belongs to the solver 'lbfgs'"),
        ("nonsense", "MLPClassifier has no parameter nonsense: it has activation, alpha, batch_size"),
    ],
)
def test_parameters_without_counterpart_are_refused(name, sentence):
    with pytest.raises(TypeError, match=f"^{sentence}"):
        MLPClassifier(**{name: 1})


def test_every_parameter_of_scikit_learns_is_taken_or_refused_with_a_reason():
    for ours, theirs, *_ in PAIRS.values():
        own = inspect.signature(ours).parameters
        for name, parameter in inspect.signature(theirs).parameters.items():
            if name in own:
                assert own[name].default == parameter.default
            else:
                with pytest.raises(TypeError, match=f"has no parameter {name}: [^i]|: it belongs"):
                    ours(**{name: parameter.default})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"solver": "lbfgs"}, "solver is 'adam' or 'sgd', got 'lbfgs'"),
        ({"hidden_layer_sizes": (8, 0)}, "a number in hidden_layer_sizes is a whole number of at least 1, got 0"),
        ({"hidden_layer_sizes": "8"}, "a number in hidden_layer_sizes is a whole number of at least 1, got '8'"),
        ({"activation": "rleu"}, "unknown activation 'rleu'; did you mean 'relu'?"),
        ({"batch_size": 0}, "batch_size is a whole number of at least 1, got 0"),
        ({"max_iter": 2.5}, "max_iter is a whole number of at least 1, got 2.5"),
        ({"alpha": -1}, "alpha is a number of at least 0, got -1"),
        ({"tol": float("nan")}, "tol is a number of at least 0, got nan"),
        ({"learning_rate_init": -0.1}, "lr is a number of at least 0, got -0.1"),
        ({"early_stopping": True, "validation_fraction": 2.0}, "validation=2.0 of 60 samples"),
    ],
)
def test_settings_that_do_not_fit_are_refused_and_nothing_changes(options, sentence):
    classifier = MLPClassifier(**FAST).fit(*MOONS)
    before = classifier.predict_proba(MOONS[0])
    classifier.set_params(**options)
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        classifier.fit(*MOONS)
    assert (classifier.predict_proba(MOONS[0]) == before).all()


def test_one_class_is_too_few():
    with pytest.raises(ValueError, match=r"y has only 1 class, .*'a'.*: a classifier needs samples of at least 2"):
        MLPClassifier().fit([[0.0], [1.0]], ["a", "a"])


def test_a_training_that_diverges_says_so():
    regressor = MLPRegressor((4,), solver="sgd", learning_rate_init=1e6, random_state=0)
    with pytest.raises(FloatingPointError, match="learning rate"):
        regressor.fit(*make_regression(20, 2, random_state=0))
    assert not hasattr(regressor, "model_")


def test_importing_nn_does_not_import_scikit_learn():
    code = "import sys, nn; print('sklearn' in sys.modules); import nn.sklearn; print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
