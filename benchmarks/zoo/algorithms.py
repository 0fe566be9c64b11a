"""Algorithms: dynamic programming, sorting, transforms, elimination, trees, and graphs without any order."""

from __future__ import annotations

import math

from autograd import Value, logsumexp, maximum, minimum, tanh
from autograd import sum as total

from .program import graph


@graph(size=40, small=4)
def soft_edit_distance(generator, size):
    """How far two series are apart when either may wait for the other: a table, each cell from three before it."""
    a, b = ([Value(generator.gauss(0, 1)) for _ in range(size)] for _ in range(2))
    gap = Value(0.7)
    table = [[None] * (size + 1) for _ in range(size + 1)]
    table[0][0] = Value(0.0)
    for i in range(1, size + 1):
        table[i][0] = table[i - 1][0] + gap
        table[0][i] = table[0][i - 1] + gap
    for i in range(1, size + 1):
        for j in range(1, size + 1):
            ways = [
                table[i - 1][j] + gap,
                table[i][j - 1] + gap,
                table[i - 1][j - 1] + (a[i - 1] - b[j - 1]) ** 2,
            ]
            table[i][j] = -logsumexp([-way for way in ways])
    return table[size][size]


@graph(size=40, small=5)
def edit_distance(generator, size):
    """The same with the best way only, memory for two rows, and prices for every pair of letters."""
    letters = "acgt"
    first, second = generator.choices(letters, k=size), generator.choices(letters, k=size + 2)
    price = {(x, y): Value(generator.uniform(0.5, 1.5) * (x != y)) for x in letters for y in letters}
    insert, delete = Value(0.63), Value(0.81)
    previous = [0.0]
    for _ in second:
        previous.append(previous[-1] + insert)
    for x in first:
        current = [previous[0] + delete]
        for j, y in enumerate(second):
            change = previous[j] + price[x, y]
            current.append(minimum(change, minimum(previous[j + 1] + delete, current[j] + insert)))
        previous = current
    return previous[-1] / size


@graph(size=60, small=4)
def forward_algorithm(generator, size):
    """The likelihood of `size` letters under a hidden Markov model, in logarithms; rows of logits are normalised."""
    states, symbols = (6, 5) if size > 5 else (2, 3)

    def log_probabilities(n):
        logits = [Value(generator.gauss(0, 1)) for _ in range(n)]
        normaliser = logsumexp(logits)
        return [x - normaliser for x in logits]

    initial = log_probabilities(states)
    moves = [log_probabilities(states) for _ in range(states)]
    shows = [log_probabilities(symbols) for _ in range(states)]
    seen = [generator.randrange(symbols) for _ in range(size)]
    alpha = [initial[s] + shows[s][seen[0]] for s in range(states)]
    for symbol in seen[1:]:
        alpha = [logsumexp([alpha[r] + moves[r][s] for r in range(states)]) + shows[s][symbol] for s in range(states)]
    return -logsumexp(alpha)


@graph(size=60, small=4)
def viterbi(generator, size):
    """The score of the best path through `size` steps, against that of the right one: a structured perceptron."""
    states = 5 if size > 5 else 3
    score = [[Value(generator.gauss(0, 1)) for _ in range(states)] for _ in range(size)]
    move = {(r, s): Value(generator.gauss(0, 1)) for r in range(states) for s in range(states)}
    right = [generator.randrange(states) for _ in range(size)]
    best = score[0]
    for t in range(1, size):
        following = []
        for s in range(states):
            top = best[0] + move[0, s]
            for r in range(1, states):
                top = maximum(top, best[r] + move[r, s])
            following.append(top + score[t][s])
        best = following
    top = best[0]
    for x in best[1:]:
        top = maximum(top, x)
    truth = score[0][right[0]]
    for t in range(1, size):
        truth = truth + move[right[t - 1], right[t]] + score[t][right[t]]
    return top - truth


@graph(size=256, small=8)
def fourier_transform(generator, size):
    """The fast one, by recursion, complex numbers as pairs; the energy weighed by frequency."""

    def transformed(x):
        if len(x) == 1:
            return x
        even, odd = transformed(x[::2]), transformed(x[1::2])
        low, high = [], []
        for k, ((a, b), (c, d)) in enumerate(zip(even, odd)):
            angle = -2 * math.pi * k / len(x)
            p, q = c * math.cos(angle) - d * math.sin(angle), c * math.sin(angle) + d * math.cos(angle)
            low.append((a + p, b + q))
            high.append((a - p, b - q))
        return low + high

    signal = [(Value(generator.gauss(0, 1)), Value(generator.gauss(0, 1))) for _ in range(size)]
    return total([(a * a + b * b) / (1 + i) for i, (a, b) in enumerate(transformed(signal))])


@graph(size=12, small=3)
def gauss_jordan(generator, size):
    """The inverse of a matrix by elimination, without looking for pivots; the sum of its squares."""
    n = size
    m = [
        [Value(generator.gauss(0, 1) + n * (i == j)) for j in range(n)] + [float(i == j) for j in range(n)]
        for i in range(n)
    ]
    for k in range(n):
        pivot = m[k][k]
        m[k] = [x / pivot for x in m[k]]
        for i in range(n):
            if i != k:
                factor = m[i][k]
                m[i] = [x - factor * y for x, y in zip(m[i], m[k])]
    return sum(x * x for line in m for x in line[n:])


@graph(size=16, small=4)
def gaussian_process(generator, size):
    """The evidence of `size` points under a Gaussian process: Cholesky, two triangular systems, a log-determinant."""
    xs = [3.0 * i / size + 0.1 * generator.random() for i in range(size)]
    ys = [math.sin(2 * x) for x in xs]
    log_length, log_height, log_noise = Value(-0.5), Value(0.1), Value(-1.5)
    length, height, noise = log_length.exp(), (2 * log_height).exp(), (2 * log_noise).exp()

    def kernel(i, j):
        k = height * (-0.5 * ((xs[i] - xs[j]) / length) ** 2).exp()
        return k + noise if i == j else k

    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = kernel(i, j)
            for k in range(j):
                rest = rest - lower[i][k] * lower[j][k]
            lower[i][j] = rest.sqrt() if i == j else rest / lower[j][j]
    z = []
    for i in range(size):
        z.append((ys[i] - sum(lower[i][k] * z[k] for k in range(i))) / lower[i][i])
    return 0.5 * sum(zi**2 for zi in z) + sum(lower[i][i].log() for i in range(size))


@graph(size=64, small=8)
def sorting_network(generator, size):
    """Batcher's bitonic network over `size` numbers, a power of two; the sorted ones are weighed."""
    x = [Value(generator.gauss(0, 1)) for _ in range(size)]
    weights = [Value(generator.gauss(0, 1)) for _ in range(size)]
    block = 2
    while block <= size:
        distance = block // 2
        while distance:
            for i in range(size):
                j = i ^ distance
                if j > i:
                    low, high = minimum(x[i], x[j]), maximum(x[i], x[j])
                    x[i], x[j] = (high, low) if i & block else (low, high)
            distance //= 2
        block *= 2
    return total([w * xi for w, xi in zip(weights, x)])


@graph(size=4096, small=16)
def pairwise_tree(generator, size):
    """`size` numbers joined two by two, level by level, until one is left."""

    def joined(xs):
        if len(xs) == 1:
            return xs[0]
        half = len(xs) // 2
        return tanh(joined(xs[:half]) - 0.5 * joined(xs[half:]))

    return joined([Value(generator.gauss(0, 1)) for _ in range(size)]) ** 2


@graph(size=300, small=9)
def parse_trees(generator, size):
    """A recursive network over random trees of up to `size` leaves in all: every tree has another form."""
    width = 3 if size > 10 else 2
    w = [[Value(generator.gauss(0, 0.5)) for _ in range(2 * width)] for _ in range(width)]
    words = [[Value(generator.gauss(0, 1)) for _ in range(width)] for _ in range(10)]

    def meaning(n):
        if n == 1:
            return generator.choice(words)
        left = generator.randint(1, n - 1)
        both = meaning(left) + meaning(n - left)
        return [tanh(sum(wi * xi for wi, xi in zip(row, both))) for row in w]

    loss = 0.0
    while size > 0:
        n = min(size, generator.randint(2, 12))
        loss = loss + sum(x * x for x in meaning(n))
        size -= n
    return loss


@graph(size=20_000, small=120)
def random_graph(generator, size):
    """`size` operations on recent results, without any repetition."""
    nodes = [Value(generator.uniform(0.5, 1.5)) for _ in range(min(100, size // 3))]

    def recent():
        return nodes[-1 - min(int(generator.expovariate(1 / 200)), len(nodes) - 1)]

    while len(nodes) < size:
        a, b = recent(), recent()
        kind = generator.randrange(6)
        if kind == 0:
            nodes.append(a - b)
        elif kind == 1:
            nodes.append(a + 0.5 * b)
        elif kind == 2:
            nodes.append((a * b).tanh())
        elif kind == 3:
            nodes.append((a - b).sin())
        elif kind == 4:
            nodes.append(a.relu() - b / 3)
        else:
            nodes.append(a * b.sigmoid())
    return total(nodes[-200:])


@graph(size=20_000, small=60)
def chain(generator, size):
    """`size` dependent operations in a row."""
    x, decay = Value(0.5), Value(0.999)
    y = x
    for k in range(size // 2):
        y = y * decay + x
        if k % 50 == 49:
            y = y.sin()
    return y


@graph(size=30, small=5)
def page_rank(generator, size):
    """Power iteration on a random web of `size` pages: every page sums over the pages that link to it."""
    links = {p: sorted(generator.sample(range(size), k=generator.randint(1, max(2, size // 4)))) for p in range(size)}
    weight = {(p, q): Value(generator.uniform(0.5, 1.5)) for p, targets in links.items() for q in targets}
    out = {p: sum(weight[p, q] for q in targets) for p, targets in links.items()}
    rank = {p: 1.0 / size for p in links}
    for _ in range(12 if size > 8 else 3):
        new = {p: 0.15 / size for p in links}
        for (p, q), w in weight.items():
            new[q] = new[q] + 0.85 * rank[p] * w / out[p]
        rank = new
    return -sum((rank[p] * size) ** 2 for p in range(0, size, 2)) / size
