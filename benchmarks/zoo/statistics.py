"""Models fitted to data: mixtures, regressions, factorisations, clusters; losses that need their own value."""

from __future__ import annotations

import math

import autograd as ag
from autograd import Value

from .program import graph, rows


@rows(size=6, small=2)
def gaussian_mixture(generator, size):
    """Minus the log-likelihood of a point under `size` Gaussians with their own spreads, in three dimensions."""
    means = [[Value(generator.gauss(0, 2)) for _ in range(3)] for _ in range(size)]
    log_spreads = [[Value(generator.gauss(0, 0.3)) for _ in range(3)] for _ in range(size)]
    logits = [Value(generator.gauss(0, 1)) for _ in range(size)]

    def log_density(x, mean, log_spread):
        squares = [((xi - m) * (-s).exp()) ** 2 for xi, m, s in zip(x, mean, log_spread)]
        return -0.5 * ag.sum(squares) - ag.sum(log_spread) - 1.5 * math.log(2 * math.pi)

    def loss(x):
        joint = [logit + log_density(x, m, s) for logit, m, s in zip(logits, means, log_spreads)]
        return ag.logsumexp(logits) - ag.logsumexp(joint)

    return loss, lambda: [generator.gauss(0, 2) for _ in range(3)]


@graph(size=80, small=8)
def logistic_regression(generator, size):
    """`size` patients, a group penalty that is a square root of a sum, and a smooth |w|."""
    n = 12 if size > 10 else 4
    w = [Value(generator.gauss(0, 0.5)) for _ in range(n)]
    b = Value(0.0)
    likelihood = []
    for _ in range(size):
        x = [generator.gauss(0, 1) for _ in range(n)]
        y = generator.random() < 0.5
        z = b + sum(wi * xi for wi, xi in zip(w, x))
        p = 1 / (1 + (-z).exp())
        likelihood.append(p.log() if y else (1 - p).log())
    groups = [w[: n // 2], w[n // 2 :]]
    penalty = sum(sum(wi**2 for wi in group) ** 0.5 for group in groups)
    smooth = ag.sum([ag.sqrt(wi * wi + 1e-3) for wi in w])
    return -ag.mean(likelihood) + 0.1 * penalty + 0.01 * smooth


@graph(size=30, small=6)
def matrix_factorisation(generator, size):
    """`size` readers rate some of as many books: a dict of ratings, biases, and a penalty."""
    k = 5 if size > 10 else 2
    readers = {f"reader {i}": [Value(generator.gauss(0, 0.5)) for _ in range(k)] for i in range(size)}
    books = {f"book {j}": [Value(generator.gauss(0, 0.5)) for _ in range(k)] for j in range(size)}
    bias = {name: Value(0.0) for name in [*readers, *books]}
    ratings = {
        (r, b): generator.randint(1, 5) for r in readers for b in books if generator.random() < 0.3 or r[7:] == b[5:]
    }
    error = 0.0
    for (r, b), stars in ratings.items():
        predicted = 3.0 + bias[r] + bias[b] + ag.dot(readers[r], books[b])
        error += (stars - predicted) * (stars - predicted)
    penalty = 0.02 * sum(x * x for table in (readers, books) for v in table.values() for x in v)
    return error / len(ratings) + penalty


@graph(size=100, small=9)
def polynomial_regression(generator, size):
    """A polynomial of degree seven by Horner's rule; the *root* of the mean square, and the worst residual, softly."""
    coefficients = [Value(generator.gauss(0, 1)) for _ in range(8)]
    residuals = []
    for i in range(size):
        x = -1 + 2 * i / size
        y = 0.0
        for c in coefficients:
            y = y * x + c
        residuals.append(y - math.sin(3 * x))
    rms = ag.sqrt(ag.mean([r**2 for r in residuals]))
    worst = ag.logsumexp([10 * r for r in residuals]) / 10
    return rms + 0.1 * worst


@rows(size=8, small=3)
def nearest_centre(generator, size):
    """The squared distance to the nearest of `size` centres, by a chain of minima, and a little of all of them."""
    centres = [(Value(generator.gauss(0, 2)), Value(generator.gauss(0, 2))) for _ in range(size)]

    def loss(point):
        x, y = point
        distances = [(x - a) ** 2 + (y - b) ** 2 for a, b in centres]
        nearest = distances[0]
        for d in distances[1:]:
            nearest = ag.minimum(nearest, d)
        return nearest + 0.01 * sum(distances)

    return loss, lambda: [generator.gauss(0, 2), generator.gauss(0, 2)]


@rows(size=6, small=2)
def decision(generator, size):
    """`size` thresholds that add up to a prediction, and a loss in three pieces: choices by `where` only."""
    thresholds = [Value(generator.gauss(0, 1)) for _ in range(size)]
    left, right = ([Value(generator.gauss(0, 1)) for _ in range(size)] for _ in range(2))

    def loss(row):
        x, y = row
        prediction = 0.0
        for t, a, b in zip(thresholds, left, right):
            prediction = prediction + ag.where(ag.relu(x - t), a * x, b + 0.1 * t)
        r = abs(prediction - y)
        return ag.where(ag.relu(r - 3.0), 6.0 * r.sqrt(), ag.where(ag.relu(r - 1.0), r - 0.5, 0.5 * r * r))

    return loss, lambda: [generator.gauss(0, 1), generator.gauss(0, 3)]


@graph(size=40, small=6)
def coxs_hazards(generator, size):
    """The partial likelihood of `size` survival times: each term sums over all who lived longer."""
    w = [Value(generator.gauss(0, 0.5)) for _ in range(4)]
    people = sorted(
        ([generator.gauss(0, 1) for _ in w], generator.expovariate(1.0), generator.random() < 0.7) for _ in range(size)
    )
    people.sort(key=lambda person: person[1])
    risks = [ag.dot(w, x) for x, _, _ in people]
    loss = 0
    for i, (_, _, died) in enumerate(people):
        if died:
            at_risk = risks[i:]
            loss = loss - (risks[i] - ag.log(sum(r.exp() for r in at_risk)))
    return loss


@graph(size=30, small=5)
def student_t(generator, size):
    """`size` heavy-tailed numbers whose place, scale and degrees are fitted; powers with variable exponents."""
    place, log_scale, log_degrees = Value(0.2), Value(-0.3), Value(1.0)
    degrees, scale = log_degrees.exp(), log_scale.exp()
    total = 0.0
    for _ in range(size):
        x = generator.gauss(0, 1) / max(0.2, generator.random())
        z = (x - place) / scale
        total = total + log_scale - ((1 + z * z / degrees) ** (-(degrees + 1) / 2)).log()
    # Stirling's series in place of the gamma function
    half = degrees / 2

    def log_gamma(x):
        return (x - 0.5) * x.log() - x + 0.5 * math.log(2 * math.pi) + 1 / (12 * x)

    return total + size * (log_gamma(half) - log_gamma(half + 0.5) + 0.5 * (degrees * math.pi).log())
