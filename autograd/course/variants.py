"""Exercises with other numbers: a seed gives a course its own, so that answers which were published do not help.

Exercises whose answer is a number or a list of numbers have variants; those that ask for code are the same for all.

Entry points: `variant_of(name, seed)`, `VARIANTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from .exercise import Exercise, is_list, is_number


class Variant(NamedTuple):
    """A question with numbers of its own.

    Attributes:
        question: what is asked, in Markdown; it stands for the text after the exercise's title.
        answer: the right number or numbers.
        working: how to get there, as an expression of Python that gives the answer.
        because: what to say about wrong numbers, as in `is_number`.
    """

    question: str
    answer: float | list[float]
    working: str
    because: Mapping[float, str] = {}


def variant_of(exercise: Exercise, seed: int) -> tuple[str, Exercise] | None:
    """The question for this seed, and the exercise that grades it; None where there is one question for all."""
    make = VARIANTS.get(exercise.name)
    if make is None:
        return None
    question, answer, working, because = make(Random(f"{exercise.name} {seed}"))
    if isinstance(answer, list):
        test = is_list(answer)
    else:
        whole = answer == round(answer)
        test = is_number(answer, dict(because), relative=1e-6 if whole else 2e-3)  # 2.3 is how one says 2.303
    solution = f"import math\n\nanswer = {working}" if "math." in working else f"answer = {working}"
    return question, exercise._replace(complaint=test, solution=solution, wrong={}, praise="", before="")


def _one_path(r: Random) -> Variant:
    x, y, w = r.sample(range(2, 10), 3)
    asked = (
        f"Take $z = (x + y) \\cdot w$ at $x = {x}$, $y = {y}$, $w = {w}$. How many times as far does $z$ move as $x$?"
    )
    return Variant(asked, w, f"1 * {w}", {x + y: "that is the gradient of w", (x + y) * w: "that is z itself"})


def _two_paths(r: Random) -> Variant:
    b, a = sorted(r.sample(range(1, 9), 2))
    asked = (
        f"Take $f = (a - b) \\cdot a$ at $a = {a}$, $b = {b}$. Draw the graph, write the local derivatives on "
        "its edges, and "
        "answer with a list: $\\frac{\\partial f}{\\partial a}$, then $\\frac{\\partial f}{\\partial b}$."
    )
    return Variant(asked, [2 * a - b, -a], f"[({a} - {b}) + {a} * 1, {a} * (-1)]")


def _neuron(r: Random) -> Variant:
    x, y = r.choice([2, 3, 4, 5, 6]), r.choice([0, 1])
    asked = (
        f"A neuron as above has $w = 0$, $b = 0$ and gets the input $x = {x}$. The right answer is $y = {y}$. What is "
        "$\\frac{\\partial L}{\\partial w}$?"
    )
    working = f"(0.5 - {y}) * 0.5 * (1 - 0.5) * {x}"
    answer = (0.5 - y) * 0.25 * x
    return Variant(asked, answer, working, {(0.5 - y) * x: "the slope of the sigmoid is missing: ŷ·(1 - ŷ)"})


def _overwritten(r: Random) -> Variant:
    x = r.randint(3, 9)
    asked = (
        f"Take $f = (x \\cdot x) \\cdot x$ at $x = {x}$. The right gradient is ${3 * x * x}$. Which number does "
        "the loop with "
        "`=` in place of `+=` leave for $x$?"
    )
    return Variant(
        asked, x * x, f"{x} * {x}", {3 * x * x: "that is right for `+=`", 2 * x * x: "with `=` nothing is added"}
    )


def _count_paths(r: Random) -> Variant:
    edges, steps = r.choice([2, 3, 4]), r.randint(3, 7)
    product = " \\cdot ".join(["v"] * edges)
    asked = (
        f"Start from $x$ and apply $v \\mapsto {product}$ {steps} times. How many paths lead from $x$ to the result?"
    )
    return Variant(asked, edges**steps, f"{edges}**{steps}", {edges * steps: "the steps do not add, they multiply"})


def _weighted_input(r: Random) -> Variant:
    w1, w2, x1, x2 = (r.choice([-3, -2, -1, 1, 2, 3]) for _ in range(4))
    b = r.randint(-2, 2)
    asked = (
        f"A neuron has the weights $({w1}, {w2})$ and the bias ${b}$. For the input $({x1}, {x2})$, what is its $z$?"
    )
    return Variant(asked, w1 * x1 + w2 * x2 + b, f"({w1}) * ({x1}) + ({w2}) * ({x2}) + ({b})")


def _count_parameters(r: Random) -> Variant:
    n, hidden, outputs = r.randint(2, 9), r.randint(3, 12), r.randint(2, 6)
    asked = (
        f"A network has {n} inputs, {hidden} hidden neurons and {outputs} outputs. How many parameters does it "
        "have, weights "
        "and biases together?"
    )
    weights = n * hidden + hidden * outputs
    working = f"{hidden} * ({n} + 1) + {outputs} * ({hidden} + 1)"
    return Variant(
        asked, weights + hidden + outputs, working, {weights: "these are the weights. Each neuron has a bias"}
    )


def _last_error(r: Random) -> Variant:
    a, y = r.choice([0.1, 0.2, 0.3, 0.6, 0.7, 0.8]), r.choice([0, 1])
    asked = f"A sigmoid output is $a = {a}$ and should be $y = {y}$. What is its $\\delta$ for the cross-entropy?"
    slope = (a - y) * a * (1 - a)
    return Variant(asked, a - y, f"{a} - {y}", {slope: "that is δ of the quadratic loss. Here the slope cancels"})


def _one_layer_back(r: Random) -> Variant:
    (p, q), (s, t) = [[r.randint(1, 5) for _ in range(2)] for _ in range(2)]
    asked = (
        f"Given $$W^{{(2)}} = \\begin{{pmatrix}} {p} & {q} \\\\ {s} & {t} \\end{{pmatrix}}, \\qquad "
        "\\delta^{(2)} = \\begin{pmatrix} 1 \\\\ 0.5 \\end{pmatrix}, \\qquad "
        "g'(z^{(1)}) = \\begin{pmatrix} 0.25 \\\\ 0.25 \\end{pmatrix},$$ what is $\\delta^{(1)}$? Answer with a "
        "list of two "
        "numbers."
    )
    working = f"[({p} * 1 + {s} * 0.5) * 0.25, ({q} * 1 + {t} * 0.5) * 0.25]"
    return Variant(asked, [(p + s / 2) / 4, (q + t / 2) / 4], working)


def _one_step(r: Random) -> Variant:
    u, v, rate = r.choice([-4, -2, 2, 4]), r.choice([-2, -1, 1, 2]), r.choice([0.05, 0.1, 0.15])
    asked = (
        f"$f(u, v) = \\tfrac12 u^2 + 5 v^2$, start $({u}, {v})$, learning rate ${rate}$. Where are $u$ and $v$ "
        "after one step "
        "of gradient descent? Give a list of two numbers."
    )
    return Variant(asked, [u - rate * u, v - rate * 10 * v], f"[{u} - {rate} * ({u}), {v} - {rate} * 10 * ({v})]")


def _limit(r: Random) -> Variant:
    curvature = r.choice([8, 16, 20, 25, 40, 80])
    asked = (
        f"A loss $f(x) = \\tfrac12 \\cdot {curvature}\\, x^2$. Which learning rate is the limit, at which $x$ "
        "jumps from wall to "
        "wall without coming closer?"
    )
    because = {1 / curvature: "with that rate the first step leads right to 0. It may be larger"}
    return Variant(asked, 2 / curvature, f"2 / {curvature}", because)


def _count_knobs(r: Random) -> Variant:
    side, hidden, outputs = r.choice([10, 12, 16, 20]), r.choice([30, 50, 80]), r.choice([5, 10, 26])
    asked = (
        f"How many knobs has a network with ${side} \\times {side}$ pixels, {hidden} hidden units and {outputs} "
        "outputs, all "
        "with biases?"
    )
    working = f"({side} * {side} + 1) * {hidden} + ({hidden} + 1) * {outputs}"
    answer = (side * side + 1) * hidden + (hidden + 1) * outputs
    return Variant(
        asked, answer, working, {answer - hidden - outputs: "those are the weights; each unit has a bias, too"}
    )


def _guess(r: Random) -> Variant:
    n = r.choice([3, 4, 5, 8, 20, 26, 50, 100])
    asked = f"A network that knows nothing gives each of {n} classes the same probability. What is its cross-entropy?"
    because = {
        1 / n: "that is the probability. The loss is minus its logarithm",
        math.log10(n): "take the natural logarithm",
    }
    return Variant(asked, math.log(n), f"math.log({n})", because)


def _turns(r: Random) -> Variant:
    lanes, samples = r.choice([4, 8]), r.choice([30, 50, 90, 150, 250])
    asked = f"A loop treats {lanes} samples at once. How many turns does it need for {samples} samples?"
    because = {samples / lanes: "turns are whole", float(samples // lanes): "some samples are left then"}
    return Variant(asked, math.ceil(samples / lanes), f"math.ceil({samples} / {lanes})", because)


def _power(r: Random) -> Variant:
    n, x = r.choice([3, 4, 5]), r.choice([2, 3])
    asked = f"What is the second derivative of $x^{n}$ at $x = {x}$?"
    because = {n * x ** (n - 1): "that is the first derivative. Differentiate once more"}
    return Variant(asked, n * (n - 1) * x ** (n - 2), f"{n} * {n - 1} * {x}**{n - 2}", because)


def _rate(r: Random) -> Variant:
    a, b = r.choice([2, 4, 5]), r.choice([2, 4, 6])
    asked = f"$f(u, v) = {a}u^2 + {b}uv + {a}v^2$. Which learning rate must gradient descent stay below?"
    because = {1 / a: f"{2 * a} is the curvature along u and along v. In the direction u = v it is larger"}
    return Variant(asked, 2 / (2 * a + b), f"2 / ({2 * a} + {b})", because)


def _walks(r: Random) -> Variant:
    n, m = r.choice([20, 500, 3000]), r.choice([2, 5, 8])
    asked = (
        f"A function has {n} inputs and {m} outputs. How many walks does the whole table of derivatives take, "
        "forwards and "
        "backwards? A list of two numbers."
    )
    return Variant(asked, [n, m], f"[{n}, {m}]")


def _shapes(r: Random) -> Variant:
    m, n, k = r.choice([16, 64]), r.choice([30, 50]), r.choice([7, 12])
    asked = (
        f"A batch of {m} samples goes through a linear layer from {n} inputs to {k} neurons. $\\Delta$ arrives "
        "from behind. "
        "Which shape has $\\Delta^\\top X$? Answer with a list of two numbers."
    )
    return Variant(asked, [k, n], f"[{k}, {n}]")


VARIANTS: dict[str, Callable[[Random], Variant]] = {
    "1.1": _one_path,
    "1.2": _two_paths,
    "2.1": _neuron,
    "2.2": _overwritten,
    "2.3": _count_paths,
    "3.1": _weighted_input,
    "3.2": _count_parameters,
    "4.1": _last_error,
    "4.2": _one_layer_back,
    "6.1": _one_step,
    "6.2": _limit,
    "7.1": _count_knobs,
    "7.2": _guess,
    "8.2": _turns,
    "9.1": _power,
    "9.3": _rate,
    "9.4": _walks,
    "10.1": _guess,
    "13.1": _shapes,
}
