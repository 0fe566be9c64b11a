"""What is called otherwise elsewhere: the names that people write who know PyTorch, Keras or scikit-learn, and what to
write here.

Entry points: `explained`, for attributes; `advised`, for the options of functions; `NAMES`, `NICKNAMES`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

FIT = 'nn.fit(model, X, y, loss="cross_entropy", optimizer="adam", epochs=100, metrics=["accuracy"])'

NAMES = {  # of the package
    "ReLU": 'take the option activation="relu" of Layer and MLP, "relu" in a Sequential, or Activation("relu")',
    "Tanh": 'take the option activation="tanh" of Layer and MLP, "tanh" in a Sequential, or Activation("tanh")',
    "Sigmoid": 'take the option activation="sigmoid" of Layer and MLP, "sigmoid" in a Sequential, or '
    'Activation("sigmoid")',
    "Softmax": "take autograd.softmax; model.predict_proba(X) does so, and cross_entropy takes what is before it",
    "MSELoss": "take the function mean_squared_error",
    "CrossEntropyLoss": "take the function cross_entropy",
    "NLLLoss": "take the function cross_entropy, of what is before the softmax",
    "BCELoss": "take the function binary_cross_entropy",
    "BCEWithLogitsLoss": "take the function binary_cross_entropy with from_logits=True",
    "Parameter": "take Value, from autograd: a Module finds those that its attributes hold",
    "Dense": 'write Layer(4, 8, activation="relu"), or Linear(4, 8) without activation',
    "ModuleList": "a list is enough: self.layers = [Linear(2, 8), Linear(8, 1)]",
    "ModuleDict": "a dict is enough: self.parts = {'left': Linear(2, 8)}",
    "BatchNorm1d": "take LayerNorm, which looks at one sample at a time, as all layers here do",
    "BatchNorm2d": "take LayerNorm, which looks at one sample at a time, as all layers here do",
    "DataLoader": "none is needed: fit(…, batch_size=32) shuffles and makes batches",
    "optim": "the optimizers are here: nn.SGD, nn.RMSprop, nn.Adam, nn.AdamW",
    "lr_scheduler": 'take nn.schedules, as in fit(…, schedule="cosine")',
    "functional": "activations are functions of autograd, autograd.relu(x), and losses are here: nn.cross_entropy",
    "save": 'models do it themselves: model.save("model.json")',
    "load": 'models do it themselves: model.load("model.json")',
}

MODEL = {
    "fit": f"write {FIT}",
    "compile": f"loss, optimizer and metrics are options of the training, which compiles by itself: write {FIT}",
    "evaluate": "write nn.accuracy(model.predict(X), y), or another metric of nn",
    "score": "write nn.accuracy(model.predict(X), y); nn.sklearn.MLPClassifier is an estimator that has score",
    "predict_classes": "write model.predict(X, classes=True)",
    "predict_log_proba": "write numpy.log(model.predict_proba(X))",
    "weights": "write model.parameters(), or model.state_dict() for the numbers by name",
    "get_weights": "write model.state_dict(), the numbers by name",
    "set_weights": "write model.load_state_dict(state)",
    "trainable_variables": "write model.parameters()",
    "trainable_weights": "write model.parameters()",
    "count_params": "write len(model.parameters())",
    "save_weights": 'write model.save("model.json")',
    "load_weights": 'write model.load("model.json")',
    "trainable": "write model.freeze() and model.unfreeze()",
    "add": 'give all modules at once: nn.Sequential(nn.Linear(2, 8), "relu", nn.Linear(8, 1))',
    "append": 'give all modules at once: nn.Sequential(nn.Linear(2, 8), "relu", nn.Linear(8, 1))',
    "register_parameter": "an attribute is enough: self.w = Value(0.5)",
    "register_module": "an attribute is enough: self.part = nn.Linear(2, 1)",
    "add_module": "an attribute is enough: self.part = nn.Linear(2, 1)",
    "apply": "write a loop, for module in model.modules(): …",
    "to": "numbers are Python's floats, of 64 bits, and need no device: leave it out",
    "cuda": "numbers are Python's floats and need no device: leave it out",
    "cpu": "numbers are Python's floats and need no device: leave it out",
    "double": "numbers are Python's floats, of 64 bits: leave it out",
    "float": "numbers are Python's floats, of 64 bits: leave it out",
    "backward": "gradients are those of a loss: write loss.backward()",
    "step": "the optimizer moves the parameters: write optimizer.step()",
}

HISTORY = {
    "history": 'write history.loss, history.metrics["accuracy"], history.validation_loss, …, or history.to_pandas()',
    "val_loss": "write history.validation_loss",
    "losses": "write history.loss",
    "accuracy": 'write history.metrics["accuracy"]',
    "acc": 'write history.metrics["accuracy"]',
    "val_accuracy": 'write history.validation_metrics["accuracy"]',
    "val_acc": 'write history.validation_metrics["accuracy"]',
    "epoch": "write range(1, len(history) + 1)",
    "epochs": "write len(history)",
    "lr": "write history.learning_rate",
}

OPTIMIZER = {
    "add_param_group": 'give all groups at once: SGD([{"params": …, "lr": …}, {"params": …}], lr=0.1)',
    "learning_rate": "write optimizer.lr",
    "defaults": "write optimizer.settings()",
    "state": "write optimizer.memory, or optimizer.state_dict()",
    "minimize": "write loss.backward() and optimizer.step(), or nn.fit",
    "apply_gradients": "write optimizer.step()",
    "zero_gradients": "write optimizer.zero_grad()",
}

OF_FIT = {
    "validation_split": "validation=0.2",
    "validation_fraction": "validation=0.2",
    "validation_data": "validation=(X, y)",
    "early_stopping": "patience=10",
    "verbose": "progress=False for no progress bar",
    "lr": "the learning rate into the optimizer: optimizer=nn.Adam(model.parameters(), lr=0.01)",
    "learning_rate": "the learning rate into the optimizer: optimizer=nn.Adam(model.parameters(), lr=0.01)",
    "lr_scheduler": 'schedule="cosine"',
    "scheduler": 'schedule="cosine"',
    "criterion": 'loss="cross_entropy"',
    "max_epochs": "epochs=100",
    "max_iter": "epochs=100",
    "n_epochs": "epochs=100",
    "batch": "batch_size=32",
    "random_state": "seed=0",
    "tol": "min_delta=1e-4 and patience=10",
    "clipnorm": "clip_norm=1.0",
    "clipvalue": "clip_value=1.0",
    "max_grad_norm": "clip_norm=1.0",
    "weight_decay": "it into the optimizer: optimizer=nn.AdamW(model.parameters(), weight_decay=0.01)",
}

OF_OPTIMIZERS = {
    "learning_rate": "lr=0.01",
    "eta": "lr=0.01",
    "beta_1": "betas=(0.9, 0.999)",
    "beta1": "betas=(0.9, 0.999)",
    "epsilon": "eps=1e-8",
    "decay": "weight_decay=0.01, or a schedule of fit",
    "rho": "alpha=0.99",
}

ZERO_GRAD = {"set_to_none": "no option, as gradients are forgotten: zero_grad()"}

NICKNAMES = {  # of losses and metrics
    "mse": "mean_squared_error",
    "squared_error": "mean_squared_error",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
    "log_loss": "cross_entropy",
    "nll": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "hinge": "max_margin",
    "acc": "accuracy",
}


def explained(thing: Any, name: str, instead: Mapping[str, str]) -> Any:
    """What a `__getattr__` returns: it raises, and says what to write in place of a name that is known elsewhere."""
    if name in instead:
        raise AttributeError(f"{type(thing).__name__} has no attribute {name!r}: {instead[name]}")
    return object.__getattribute__(thing, name)  # raises as without a `__getattr__`, also from within a property


def advised(instead: Mapping[str, str]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: an option that the function does not have is answered with what to write."""

    def decorated(function: Callable[P, T]) -> Callable[P, T]:
        known = inspect.signature(function).parameters
        called = function.__qualname__.removesuffix(".__init__")

        @wraps(function)
        def checked(*arguments: P.args, **options: P.kwargs) -> T:
            for name in options:
                if name not in known:
                    near = get_close_matches(name, known, 1)
                    hint = (
                        f": write {instead[name]}" if name in instead else f"; did you mean {near[0]}?" if near else ""
                    )
                    options_known = [x.name for x in known.values() if x.kind is x.KEYWORD_ONLY]
                    raise TypeError(f"{called} has no option {name!r}{hint or ': it has ' + ', '.join(options_known)}")
            return function(*arguments, **options)

        return checked

    return decorated
