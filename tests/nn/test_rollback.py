"""What does not fit is refused in one sentence that says what to write, and nothing is changed by it."""

from __future__ import annotations

import json
import math
import random

import pytest

from autograd import Value
from nn import MLP, SGD, Adam, Dropout, LayerNorm, Linear, Sequential, cross_entropy, fit, l2_penalty

GENERATOR = random.Random(4)
X = [[GENERATOR.uniform(-1, 1) for _ in range(4)] for _ in range(12)]
Y = [int(x[0] > x[1]) for x in X]
ANIMALS = ["dog", "cat"] * 6


def trained():
    model = Sequential(
        Linear(4, 3, seed=0), "tanh", Dropout(0.2, seed=1), Dropout(0.1), LayerNorm(3), Linear(3, 2, seed=2)
    )
    random.seed(7)
    optimizer = Adam(model.parameters(), lr=0.01)
    fit(model, X, ANIMALS, loss="cross_entropy", optimizer=optimizer, epochs=1, progress=False, compiled=False)
    return model, optimizer


MODEL, OPTIMIZER = trained()


def everything(model=MODEL, optimizer=OPTIMIZER):
    """All that a training changes."""
    gradients = [p.grad if p.has_grad else None for p in model.parameters()]
    modes = [part.training for part in model.modules()]
    state = model.state_dict(), optimizer.state_dict(), gradients, modes, model.layers[2].generator.getstate()
    return *state, random.getstate(), model.class_labels, model.feature_names_in_


def without(x, i=3, j=1):
    """X with x in one place."""
    rows = [list(row) for row in X]
    rows[i][j] = x
    return rows


DATA = [
    ({"X": [row[:3] for row in X]}, r"takes 4 inputs, got 3: each sample of X has 3 numbers; give the model as many"),
    ({"X": [row[0] for row in X]}, "takes 4 inputs, got 1: each sample of X has 1 number; "),
    ({"X": X[0], "y": [1]}, "X has 4 samples but y has 1 targets"),
    ({"X": [[row[:2], row[2:]] for row in X]}, r"X\[0\]\[0\] should be a number, got list .*X.reshape"),
    ({"X": [*X[:-1], [1.0]]}, r"X\[0\] has 4 numbers, X\[11\] has 1"),
    ({"X": without(math.nan)}, r"X\[3\]\[1\] is nan: remove or replace samples"),
    ({"X": without(-math.inf)}, r"X\[3\]\[1\] is -inf: remove or replace samples"),
    ({"X": without("1.5")}, r"X\[3\]\[1\] should be a number, got str '1.5'; write it without quotes"),
    ({"X": without("red")}, r"X\[3\]\[1\] should be a number, got str 'red'; leave it out, or number what"),
    ({"X": without(None)}, r"X\[3\]\[1\] should be a number, got NoneType None; remove or replace"),
    ({"X": without(1j)}, r"X\[3\]\[1\] should be a number, got complex 1j; give its real"),
    ({"X": without(10**400)}, r"X\[3\]\[1\] is an integer too large"),
    ({"X": without(Value(1.0))}, r"X\[3\]\[1\] should be a number, got Value"),
    ({"X": None}, "X is an array, a data frame or a list, got NoneType"),
    ({"X": "data.csv"}, r"got str, as pandas.read_csv\('data.csv'\) reads one"),
    ({"X": {"a": [1, 2]}}, r"got dict: write pandas.DataFrame\(X\)"),
    ({"X": [], "y": []}, "X has no samples"),
    ({"y": [*Y, 1]}, "X has 12 samples but y has 13 targets"),
    ({"y": [*Y[:-1], math.nan]}, r"y\[11\] is nan"),
    ({"y": [*Y[:-1], None]}, r"y\[11\] should be a number, got NoneType None; remove"),
    ({"y": None}, "y is an array, a data frame or a list, got NoneType"),
    ({"y": [k + 1 for k in Y]}, "the classes are 0 to 1, got the target 2: number them from 0"),
    ({"y": [2 * k - 1 for k in Y]}, "the classes are 0 to 1, got the target -1: number them from 0"),
    ({"y": [k + 0.5 for k in Y]}, r"the classes are 0 to 1, got the target [01].5: number them from 0"),
    ({"y": [[1, 0, 0]] * 12}, "cross_entropy got 2 logits and 3 target probabilities"),
    ({"y": [[0.5, 0.0]] * 12}, "is not the probabilities of 2 classes, which sum to 1"),
    ({"loss": "mean_squared_error"}, "2 outputs but 1 targets; for the number of a class take cross_entropy"),
    ({"loss": "binary_cross_entropy", "y": [[0, 1]] * 12}, "for logits write from_logits=True, in fit loss=functools"),
    ({"y": ["a", "b", "c"] * 4}, "y has 3 labels, 'a', 'b', 'c', but the model has 2 outputs: it needs one for each"),
    ({"y": ["a"] * 11 + [1]}, "y mixes labels and others"),
    ({"y": ANIMALS, "loss": "mean_squared_error"}, r"y\[0\] should be a number, got str 'dog'; number the classes"),
    ({"y": ANIMALS, "validation": (X, ["cat", "eel"] * 6)}, "the validation set has the label 'eel' in sample 1"),
    ({"y": ANIMALS, "validation": (X, Y)}, "y has labels, but y of the validation set has none"),
    ({"validation": (X, [k + 1 for k in Y])}, "the classes are 0 to 1, got the target 2"),
    ({"validation": (X, Y[:3])}, "in the validation set, X has 12 samples but y has 3 targets"),
    ({"validation": (without(math.nan), Y)}, r"in the validation set, X\[3\]\[1\] is nan"),
    ({"validation": ([row[:3] for row in X], Y)}, "have 4 numbers, those of the validation set 3 numbers"),
    ({"validation": X}, "validation is a pair"),
    ({"validation": 20}, "or the fraction of the samples to hold out, such as 0.2; got int 20"),
]
OPTIONS = [
    ({"loss": "cross_entrpy"}, "did you mean 'cross_entropy'?"),
    ({"loss": cross_entropy([Value(1.0), Value(2.0)], 1)}, "loss is one of the names .*; got Value"),
    ({"loss": lambda outputs: outputs[0]}, r"write loss=lambda outputs, targets: …; <lambda>\(outputs\) does not fit"),
    ({"loss": lambda outputs, targets: 1.0}, "the loss returns one Value, got float"),
    ({"optimizer": "adamm"}, "did you mean 'adam'?"),
    ({"optimizer": 0.1}, r"optimizer is one such as SGD\(model.parameters\(\), lr=0.1\), or its name, got float"),
    ({"optimizer": SGD(MLP(4, [2], seed=0).parameters())}, "the optimizer holds no parameter of this model"),
    ({"metrics": "acuracy"}, "did you mean 'accuracy'?"),
    ({"metrics": lambda outputs: 1.0}, r"write metrics=lambda outputs, targets: …; <lambda>\(outputs\) does not fit"),
    ({"metrics": lambda outputs, targets: "good"}, "a metric returns a number, metric gave str 'good'"),
    ({"schedule": "cosin"}, "did you mean 'cosine'?"),
    ({"schedule": 0.1}, "for one rate all the time write it into the optimizer"),
    ({"schedule": lambda step: -1.0}, "the schedule gave the learning rate -1.0 in update 1"),
    ({"batch_size": 0}, "batch_size is a whole number of at least 1, got 0"),
    ({"batch_size": "32"}, "batch_size is a whole number of at least 1, got '32'"),
    ({"epochs": 1e3}, "epochs is a whole number of at least 1, got 1000.0"),
    ({"patience": 0}, "patience is a whole number of at least 1, got 0"),
    ({"seed": "a"}, "seed is a whole number, or None"),
    ({"shuffle": "no"}, "shuffle is True or False, got 'no'"),
    ({"clip_norm": 0}, "clip_norm is a positive number such as 1.0, got 0"),
    ({"class_weight": {5: 1.0}}, "class_weight has the class 5, which y has not"),
    ({"sample_weight": [1.0]}, "X has 12 samples but sample_weight has 1 numbers"),
    ({"penalty": lambda: 0.1}, r"write penalty=lambda: .* it gave float 0.1, which is no Value"),
    ({"penalty": l2_penalty([Value(1.0)])}, r"write penalty=lambda: l2_penalty"),
    ({"callbacks": ["x"]}, "write callbacks=lambda epoch, history: …"),
    ({"compiled": "yes"}, "compiled is True, False or \"auto\", got 'yes'"),
    ({"resume": True}, 'name it, checkpoint="training.json"'),
    ({"checkpoint": "no/such/folder.json"}, "needs the folder .*: make it first"),
]


def called(x):
    """The options of a case, for the names of tests."""
    return ", ".join(x) if isinstance(x, dict) else ""


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("change", "message"), DATA + OPTIONS, ids=called)
def test_what_does_not_fit_is_refused_and_changes_nothing(change, message, compiled):
    pytest.importorskip("numpy")
    options = {
        "X": X,
        "y": Y,
        "loss": "cross_entropy",
        "optimizer": OPTIMIZER,
        "epochs": 2,
        "compiled": compiled,
    } | change
    before = everything()
    with pytest.raises((TypeError, ValueError, OSError), match=message):
        fit(MODEL, options.pop("X"), options.pop("y"), progress=False, **options)
    assert everything() == before


def test_a_rate_that_became_negative_is_seen():
    optimizer = SGD(MODEL.parameters(), lr=0.1)
    optimizer.lr = -1.0
    with pytest.raises(ValueError, match=r"the learning rate of the optimizer is a number of at least 0, got -1\.0"):
        fit(MODEL, X, Y, loss="cross_entropy", optimizer=optimizer, progress=False)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_first_step_that_is_infinite_changes_nothing(compiled):
    pytest.importorskip("numpy")
    before = everything()
    with pytest.raises(FloatingPointError, match="the parameters are those before that step"):
        fit(
            MODEL, X, [[1e200, 1e200]] * 12, loss="mean_squared_error", optimizer=OPTIMIZER, compiled=compiled,
            progress=False,
        )  # fmt: skip
    assert everything() == before


@pytest.mark.parametrize("compiled", [True, False])
def test_an_error_after_the_first_epoch_keeps_whole_updates(compiled):
    pytest.importorskip("numpy")
    model = MLP(4, [3, 2], seed=0)
    optimizer = SGD(model.parameters(), lr=0.1)

    def callback(epoch, history):
        if epoch == 1:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fit(
            model, X, Y, loss="cross_entropy", optimizer=optimizer, batch_size=4, callbacks=callback, progress=False,
            compiled=compiled,
        )  # fmt: skip
    assert optimizer.steps == 6
    again = MLP(4, [3, 2], seed=0)
    fit(
        again,
        X,
        Y,
        loss="cross_entropy",
        optimizer=SGD(again.parameters(), lr=0.1),
        epochs=2,
        batch_size=4,
        progress=False,
    )
    assert model.state_dict() == pytest.approx(again.state_dict())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": "scalar', "is not a checkpoint: .*; write resume=False to begin anew"),
        ("[1, 2]", "is not a checkpoint: it lacks .*; name the file that fit wrote"),
        ("", "is not a checkpoint"),
        (None, "does not fit this training: .* write resume=False to begin anew"),
    ],
)
def test_a_checkpoint_of_something_else_changes_nothing(tmp_path, content, message):
    path, other = tmp_path / "training.json", MLP(4, [2], seed=0)
    if content is None:
        fit(other, X, Y, loss="cross_entropy", optimizer="adam", epochs=1, checkpoint=path, progress=False)
        content = path.read_text(encoding="utf-8")
        assert json.loads(content)["format"] == "scalar-autograd checkpoint"
    path.write_text(content, encoding="utf-8")
    before = everything()
    with pytest.raises(ValueError, match=message):
        fit(MODEL, X, Y, loss="cross_entropy", optimizer=OPTIMIZER, checkpoint=path, resume=True, progress=False)
    assert everything() == before
    assert path.read_text(encoding="utf-8") == content
    with pytest.raises(ValueError, match=r"is not a file of parameters|does not fit"):
        MODEL.load(path)
    with pytest.raises(IsADirectoryError, match=r"is a folder: write the name of a file in it, .*training.json"):
        fit(MODEL, X, Y, loss="cross_entropy", optimizer=OPTIMIZER, checkpoint=tmp_path, progress=False)
    assert everything() == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MODEL.predict([row[:3] for row in X]), "takes 4 inputs, got 3"),
        (lambda: MODEL.predict(X[0]), r"for one sample write predict\(\[x\]\)"),
        (lambda: MODEL.predict(without(math.nan)), r"X\[3\]\[1\] is nan"),
        (lambda: MODEL.predict([]), "X has no samples"),
        (lambda: MODEL.predict(X, threshold=0.5), r"write predict\(X, classes=True, threshold=…\)"),
        (lambda: MODEL.load_state_dict("model.json"), r"got str: a file is read by model.load\(path\)"),
        (lambda: MODEL.load_state_dict(MLP(4, [2], seed=0).state_dict()), "this state is not of Sequential"),
        (lambda: MODEL.save("no/such/folder.json"), "there is no folder"),
    ],
)
def test_other_calls_that_do_not_fit_change_nothing(call, message):
    pytest.importorskip("numpy")
    before = everything()
    with pytest.raises((TypeError, ValueError, OSError), match=message):
        call()
    assert everything() == before


def test_frames_sparse_matrices_and_tensors():
    pandas, numpy = pytest.importorskip("pandas"), pytest.importorskip("numpy")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    before = everything()
    for bad, message in (
        (frame.assign(b="red"), r"X\['b'\] of row 0 should be a number, got str 'red'; pandas.get_dummies\(X\)"),
        (frame.assign(d=pandas.Timestamp("2020-01-01")), r"X\['d'\] of row 0 should be a number, got Timestamp"),
        (frame.assign(c=[None, *range(11)]), r"X\['c'\] of row 0 is nan"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            fit(MODEL, bad, Y, loss="cross_entropy", optimizer=OPTIMIZER, progress=False)
        assert everything() == before
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"X is a sparse csr_\w+: write X.toarray\(\)"):
        fit(MODEL, sparse.csr_array(numpy.array(X)), Y, loss="cross_entropy", optimizer=OPTIMIZER, progress=False)
    assert everything() == before


def test_tensors_of_pytorch_are_data():
    torch = pytest.importorskip("torch")
    losses = []
    for data in (
        (X, Y),
        (torch.tensor(X, dtype=float), torch.tensor(Y)),
        ([torch.tensor(x, dtype=float) for x in X], Y),
    ):
        model = MLP(4, [3, 2], seed=0)
        losses.append(fit(model, *data, loss="cross_entropy", optimizer="adam", epochs=2, progress=False).loss)
    assert losses[0] == losses[1] == losses[2]
    with pytest.raises(TypeError, match=r"this model is of torch, .* nn.from_torch\(model\)"):
        fit(torch.nn.Linear(4, 2), X, Y, loss="cross_entropy", optimizer="adam", progress=False)


def test_whole_numbers_of_numpy_are_counts_and_seeds():
    numpy = pytest.importorskip("numpy")
    options = {
        "epochs": numpy.int64(2),
        "batch_size": numpy.int32(5),
        "seed": numpy.int64(3),
        "patience": numpy.int8(9),
    }
    model = MLP(4, [3, 2], seed=0)
    found = fit(model, X, Y, loss="cross_entropy", optimizer="adam", progress=False, **options)
    plain = {name: int(n) for name, n in options.items()}
    model = MLP(4, [3, 2], seed=0)
    assert found.loss == fit(model, X, Y, loss="cross_entropy", optimizer="adam", progress=False, **plain).loss
