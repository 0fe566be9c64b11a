"""A convolutional network on the 8×8 digits, written in scalars: `nn.fit` against the same network in PyTorch.

Conv2d(1 → 8, 3×3), relu, MaxPool2d(2), Linear(72 → 10): 810 parameters; batches of 32, Adam, cross-entropy, float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nn

from .contestants import installed
from .fit import Updates
from .measure import clock, in_turn, report

BATCH, CHANNELS, LR, EPOCHS = 32, 8, 0.01, 30


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Reshape(1, 8, 8),
        nn.Conv2d(1, CHANNELS, size=3, initialization="he", seed=0),
        "relu",
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(9 * CHANNELS, 10, initialization="lecun", seed=1),
    )


def run() -> None:
    """Seconds of the first epoch, which compiles, and of those after it; what the network has learned."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    X, held_out, y, classes = train_test_split(data.data / 16.0, data.target, test_size=400, random_state=0)
    model = network()
    options = {"loss": "cross_entropy", "optimizer": nn.Adam(model.parameters()), "batch_size": BATCH}
    ours = Updates(model, X, y, -(-len(X) // BATCH), LR, **options)
    calls: dict[str, Callable[[], object]] = {"fit": ours}
    if installed("torch"):
        calls["PyTorch"] = _torch(X, y)
    first = {}
    for name, call in calls.items():
        start = clock()
        call()
        first[name] = clock() - start
    for name, s in in_turn(calls, 7, 2).items():
        report("convolution", name, milliseconds_per_epoch=s * 1e3, seconds_of_first_epoch=first[name])
    ours.stop()
    model, start = network(), clock()
    nn.fit(
        model, X, y, loss="cross_entropy", optimizer=nn.Adam(model.parameters(), lr=LR), epochs=EPOCHS,
        batch_size=BATCH, progress=False,
    )  # fmt: skip
    seconds = clock() - start
    found = model.predict(held_out, classes=True)
    accuracy = float((found == classes).mean())
    report("convolution", f"{EPOCHS} epochs, compiling included", seconds=seconds, accuracy=accuracy)


def _torch(X: Any, y: Any) -> Callable[[], None]:
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, CHANNELS, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(9 * CHANNELS, 10),
    ).double()
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    inputs, targets = torch.tensor(X).reshape(-1, 1, 8, 8), torch.tensor(y)

    def epoch() -> None:
        for batch in torch.randperm(len(inputs)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch
