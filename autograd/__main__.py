"""`python -m autograd`: train a network of scalar nodes on real data, and draw expressions.

This is a program that uses the library, not a part of it: it is the one place in `autograd` that imports `nn`.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import Value, draw, explore, no_grad
from .drawing import command as draw_command
from .files import write
from .status_line import StatusLine, doing

if TYPE_CHECKING:
    from nn import MLP, History

# What the line at the bottom says while code of these files runs.
PHASES = {
    "/autograd/compiling/machine_code.py": "writing machine code",
    "/autograd/compiling/": "looking for what repeats",
    "/nn/batches.py": "recording the graph",
}
TITLE = "A network of scalar nodes learns to read digits"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    # "train" and its options may be left out: `python -m autograd` is the main job.
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given = ["train", *given]
    if given[0] == "draw":
        given = ["draw", *draw_command.with_minus(given[1:])]
    options = _parser().parse_args(given)
    try:
        if options.command == "draw":
            return draw_command.run(options)
        return train(Path(options.output), options.epochs, options.seed)
    except KeyboardInterrupt:  # while packages are loaded, for instance: `fit` returns what it has
        print("Interrupted.", file=sys.stderr)
        return 130  # as shells have it


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="A scalar autograd engine: write scalars, see every step.",
        epilog="Without a command it trains. See also: python -m autograd COMMAND --help",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    training = commands.add_parser(
        "train",
        help="train an MLP on handwritten digits and write a page with pictures (ten seconds)",
        description="Train an MLP made of scalar nodes on scikit-learn's 1,797 handwritten digits, with a fifth of "
        "them held out, and write a folder with pictures and an index.html that shows them.",
    )
    training.add_argument(
        "-o", "--output", default="autograd-output", help="the folder to write (default: %(default)s)"
    )
    training.add_argument("--epochs", type=_positive, default=24, help="passes over the data (default: %(default)s)")
    training.add_argument("--seed", type=int, default=0, help="of the weights, split and order (default: %(default)s)")
    drawing = commands.add_parser("draw", help='draw an expression: draw "tanh(w*x + b)" w=2 x=0.5 b=1 -o neuron.svg')
    draw_command.add_arguments(drawing)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1, got {text!r}")
    return int(text)


def train(folder: Path, epochs: int, seed: int) -> int:
    """Train on the digits, print what came out, and write `folder`."""
    with StatusLine(sys.stderr) as status:
        status.begin("Loading the images")
        try:
            X, X_test, y, y_test = _digits(seed)
        except ImportError as error:
            needed = 'the data and plots need more packages: pip install "scalar-autograd[all]"'
            status.print(f"{error}\n{needed}", sys.stderr)
            return 2
        import nn

        model = nn.MLP(64, [32, 10], activation="tanh", initialization="xavier", seed=seed)
        status.print(f"{TITLE}: {model}\n{len(X)} images of 8×8 pixels to learn from, {len(X_test)} held out")
        batch_size = 32
        updates = epochs * -(-len(X) // batch_size)
        rate = nn.schedules.cosine(0.01, 0.0005, steps=updates)

        def schedule(update: int) -> float:
            if update == 0:  # by now everything is compiled
                status.begin("Training")
            status.done(update, updates)
            return rate(update)

        def report(epoch: int, history: History) -> None:
            if epoch % 4 == 3 or epoch == epochs - 1:
                status.print(
                    f"epoch {epoch + 1:2}  loss {history.loss[epoch]:.4f}  "
                    f"held-out loss {history.validation_loss[epoch]:.4f}  "
                    f"held-out accuracy {history.validation_metric[epoch]:.1%}"
                )

        status.begin("Compiling the loss of an image", doing(PHASES))
        history = nn.fit(
            model,
            X,
            y,
            loss=nn.cross_entropy,
            optimizer=nn.Adam(model.parameters()),
            epochs=epochs,
            batch_size=batch_size,
            schedule=schedule,
            metrics=nn.accuracy,
            validation=(X_test, y_test),
            callbacks=report,
            progress=False,
            seed=seed,
        )
        if not len(history):
            status.print("Interrupted in the first epoch: there is nothing to show.", sys.stderr)
            return 130
        if history.stopped == "interrupted":
            status.print(f"Interrupted: the pictures are of what {len(history)} of {epochs} epochs gave.", sys.stderr)
        status.begin("Drawing")
        _write_page(folder, model, history, X_test.tolist(), y_test.tolist())
    print(f"pictures: {(folder / 'index.html').resolve()}")
    return 0


def _digits(seed: int) -> tuple[Any, Any, Any, Any]:
    """Images and digits to learn from and held out: X, X_test, y, y_test. ImportError where a package is missing."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    import nn

    if not hasattr(nn, "fit"):
        raise ImportError(f"`import nn` finds {nn.__file__}, which is in the way: start Python in another folder")
    digits = load_digits()
    X, X_test, y, y_test = train_test_split(
        digits.data / 16, digits.target, test_size=0.2, random_state=seed, stratify=digits.target
    )
    return X, X_test, y, y_test


def _write_page(folder: Path, model: MLP, history: History, X_test: list[list[float]], y_test: list[int]) -> None:
    from nn import cross_entropy, plot_confusion_matrix
    from nn.plots import as_png, figure_of, new_figure

    with no_grad():
        outputs = [model(x) for x in X_test]
    predicted = [max(range(10), key=lambda k: z[k].data) for z in outputs]
    accuracy = sum(p == t for p, t in zip(predicted, y_test, strict=True)) / len(y_test)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "expression.svg", _picture(expression()))
    write(folder / "neuron.svg", _picture(neuron()))
    explore(neuron()).save(folder / "explorer.html")
    loss = cross_entropy([model(X_test[0])], [y_test[0]])
    loss.label = "loss"
    loss.backward()
    explore(loss, modules={"model": model}).save(folder / "network.html")
    write(folder / "loss.png", as_png(figure_of(history)))
    confusion = new_figure(5.4, 5.0)
    plot_confusion_matrix(predicted, y_test, ax=confusion.subplots())
    write(folder / "confusion.png", as_png(confusion))
    page = _PAGE.format(
        title=html.escape(TITLE), model=html.escape(repr(model)), accuracy=f"{accuracy:.1%}", n=len(y_test)
    )
    write(folder / "index.html", page)


def expression() -> Value:
    """z = (x + y)·w, the smallest graph worth looking at, after its backward pass."""
    x, y, w = Value(1.0, "x"), Value(2.0, "y"), Value(-3.0, "w")
    z = (x + y) * w
    z.label = "z"
    z.backward()
    return z


def neuron() -> Value:
    """The loss ½(ŷ - y)² of one neuron ŷ = σ(w·x + b), after its backward pass."""
    w, x, b, y = Value(2.0, "w"), Value(0.5, "x"), Value(-0.5, "b"), Value(1.0, "y")
    prediction = (w * x + b).sigmoid()
    prediction.label = "ŷ"
    loss = 0.5 * (prediction - y) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def _picture(value: Value) -> bytes:
    drawing: Any = draw(value, show_local_derivatives=True, fold_constants=True)
    svg: bytes = drawing.pipe(format="svg")
    return svg


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }}
  figure {{ margin: 2rem 0; }}
  figure > div {{ overflow-x: auto; }}
  iframe {{ width: 100%; height: 620px; border: 1px solid #8886; border-radius: 8px; }}
  img {{ max-width: 100%; height: auto; }}
  .plot {{ background: white; border-radius: 4px; }}
  figcaption {{ opacity: .8; max-width: 46rem; }}
</style>
<h1>{title}</h1>
<p>{model}. Every number in it is a node of a graph;
it correctly classifies <strong>{accuracy}</strong> of {n} images that it has never seen.</p>
<figure><div><img src="expression.svg" alt="The graph of z = (x + y)·w"></div>
<figcaption>A formula is a graph: z = (x + y)·w. Each box shows a value and its gradient, dz/d(that value); each
edge shows the local derivative. The gradient of x is the product along the way from z back to x.</figcaption></figure>
<figure><div><img src="neuron.svg" alt="The graph of one neuron and its loss"></div>
<figcaption>One neuron ŷ = σ(w·x + b) and its loss ½(ŷ − y)². The gradients of w and b say how to change them
so that the loss falls.</figcaption></figure>
<figure><iframe src="explorer.html" title="The same graph, to step through"></iframe>
<figcaption>The same graph alive: press Play, point at a box, change an input. In the same way the
<a href="network.html">loss of one image</a>: open its boxes down to a single product.</figcaption></figure>
<figure><img class="plot" src="loss.png" alt="Loss and accuracy by epoch">
<figcaption>Training: the loss (cross-entropy) and the share of images classified correctly, by
epoch.</figcaption></figure>
<figure><img class="plot" src="confusion.png" alt="Confusion matrix of the held-out images">
<figcaption>The held-out images: rows are the true digits, columns what the network answers.</figcaption></figure>
</html>
"""

if __name__ == "__main__":
    sys.exit(main())
