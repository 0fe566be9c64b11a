"""Networks: perceptrons, convolutions, attention, a GPT in one file, normalisation over a batch, contrastive pairs."""

from __future__ import annotations

import math
from types import SimpleNamespace

import nn
from autograd import Value, dot, exp, log, logsumexp, maximum, relu, softmax
from autograd import sum as total

from .program import graph, rows


class Dense:
    """A layer as most people write their first one."""

    def __init__(self, generator, n_in, n_out):
        self.w = [[Value(generator.gauss(0, n_in**-0.5)) for _ in range(n_in)] for _ in range(n_out)]
        self.b = [Value(generator.uniform(-0.1, 0.1)) for _ in range(n_out)]

    def __call__(self, x):
        return [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in zip(self.w, self.b)]


@rows(size=24, small=3)
def mlp_classifier(generator, size):
    """Sixteen numbers, two hidden layers, and a softmax that adds up its denominator anew for every class."""
    layers = [Dense(generator, 16, size), Dense(generator, size, size), Dense(generator, size, 4)]

    def loss(row):
        x, target = row[:16], row[16:]
        for layer in layers[:-1]:
            x = [z.relu() for z in layer(x)]
        exps = [z.exp() for z in layers[-1](x)]
        return -sum(t * (e / sum(exps)).log() for t, e in zip(target, exps))

    def sample():
        label = generator.randrange(4)
        return [generator.gauss(0, 1) for _ in range(16)] + [float(k == label) for k in range(4)]

    return loss, sample


@graph(size=60, small=7)
def hinge_network(generator, size):
    """The first demo of every scalar engine: a small `nn.MLP`, a margin and a penalty."""
    points = [(generator.gauss(0, 1), generator.gauss(0, 1)) for _ in range(size)]
    model = nn.MLP(2, [8, 8, 1] if size > 20 else [3, 1], seed=generator.randrange(1000))
    losses = [(1 + -(1 if a * b > 0 else -1) * model([a, b])).relu() for a, b in points]
    data_loss = sum(losses) * (1.0 / len(losses))
    return data_loss + 1e-4 * sum(p * p for p in model.parameters())


@rows(size=4, small=1)
def convnet(generator, size):
    """An 8×8 image, `size` filters of 3×3, relu, the largest of 2×2, three classes."""
    filters = [[[Value(generator.gauss(0, 0.3)) for _ in range(3)] for _ in range(3)] for _ in range(size)]
    biases = [Value(generator.gauss(0, 0.1)) for _ in range(size)]
    output = [[Value(generator.gauss(0, 0.3)) for _ in range(9 * size)] for _ in range(3)]

    def loss(row):
        image = [row[8 * y : 8 * y + 8] for y in range(8)]
        features = []
        for kernel, bias in zip(filters, biases):
            convolved = [[None] * 6 for _ in range(6)]
            for y in range(6):
                for x in range(6):
                    z = bias
                    for dy in range(3):
                        for dx in range(3):
                            z = z + kernel[dy][dx] * image[y + dy][x + dx]
                    convolved[y][x] = relu(z)
            for y in range(0, 6, 2):
                for x in range(0, 6, 2):
                    upper = maximum(convolved[y][x], convolved[y][x + 1])
                    lower = maximum(convolved[y + 1][x], convolved[y + 1][x + 1])
                    features.append(maximum(upper, lower))
        logits = [dot(w, features) for w in output]
        return logsumexp(logits) - dot(logits, row[64:])

    def sample():
        label = generator.randrange(3)
        return [generator.random() for _ in range(64)] + [float(k == label) for k in range(3)]

    return loss, sample


@rows(size=8, small=2)
def attention(generator, size):
    """`size` positions that all look at each other, once; a residual; the mean of squares."""
    width = 6 if size > 4 else 3

    def matrix():
        return [[Value(generator.gauss(0, 0.4)) for _ in range(width)] for _ in range(width)]

    query, key, value = matrix(), matrix(), matrix()

    def loss(row):
        x = [row[width * t : width * (t + 1)] for t in range(size)]
        q, k, v = ([[dot(w, token) for w in table] for token in x] for table in (query, key, value))
        out = []
        for t in range(size):
            weights = softmax([dot(q[t], k[s]) / math.sqrt(width) for s in range(size)])
            out += [x[t][d] + dot(weights, [v[s][d] for s in range(size)]) for d in range(width)]
        return total([y * y for y in out]) / len(out)

    return loss, lambda: [generator.gauss(0, 1) for _ in range(width * size)]


@graph(size=12, small=4)
def causal_attention(generator, size):
    """Two layers in which a position looks at those before it: no two sums have the same number of terms."""
    width = 16 if size > 8 else 3
    h = [[Value(generator.gauss(0, 1)) for _ in range(width)] for _ in range(size)]
    for _ in range(2):
        wq, wk, wv = ([[Value(generator.gauss(0, 0.3)) for _ in range(width)] for _ in range(width)] for _ in "qkv")
        q, k, v = ([[dot(w, x) for w in table] for x in h] for table in (wq, wk, wv))
        new = []
        for t in range(size):
            scores = [dot(q[t], k[s]) * width**-0.5 for s in range(t + 1)]
            weights = softmax(scores)
            new.append([h[t][d] + total([weights[s] * v[s][d] for s in range(t + 1)]) for d in range(width)])
        h = new
    return total([x * x for row in h for x in row])


@graph(size=16, small=2)
def gpt(generator, size):
    """A GPT with `size` numbers a position, as people put it into one file: one document, position after position."""
    vocabulary, length, heads = (27, 11, 4) if size > 4 else (5, 4, 2)
    state = gpt_parameters(generator, size, vocabulary, length)
    return gpt_loss(state, [generator.randrange(vocabulary) for _ in range(length + 1)], heads)


def gpt_parameters(generator, size, vocabulary, length, node=Value):
    def matrix(n_out, n_in, spread=0.08):
        return [[node(generator.gauss(0, spread)) for _ in range(n_in)] for _ in range(n_out)]

    state = {"wte": matrix(vocabulary, size), "wpe": matrix(length, size), "lm_head": matrix(vocabulary, size)}
    for name in ("wq", "wk", "wv", "wo"):
        state[name] = matrix(size, size)
    state["up"], state["down"] = matrix(4 * size, size), matrix(size, 4 * size)
    return state


def gpt_loss(state, document, heads):
    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(wo, x)) for wo in w]

    def probabilities(logits):
        largest = max(value.data for value in logits)
        exps = [(value - largest).exp() for value in logits]
        denominator = sum(exps)
        return [e / denominator for e in exps]

    def rmsnorm(x):
        mean_square = sum(xi * xi for xi in x) / len(x)
        scale = (mean_square + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    per_head = len(state["wq"]) // heads

    def step(token, position, keys, values):
        x = [t + p for t, p in zip(state["wte"][token], state["wpe"][position])]
        x = rmsnorm(x)
        residual = x
        x = rmsnorm(x)
        q, k, v = linear(x, state["wq"]), linear(x, state["wk"]), linear(x, state["wv"])
        keys.append(k)
        values.append(v)
        attended = []
        for h in range(heads):
            part = slice(h * per_head, (h + 1) * per_head)
            scores = [sum(a * b for a, b in zip(q[part], key[part])) / per_head**0.5 for key in keys]
            weights = probabilities(scores)
            for j in range(h * per_head, (h + 1) * per_head):
                attended.append(sum(w * value[j] for w, value in zip(weights, values)))
        x = [a + b for a, b in zip(linear(attended, state["wo"]), residual)]
        residual = x
        x = [xi.relu() for xi in linear(rmsnorm(x), state["up"])]
        x = [a + b for a, b in zip(linear(x, state["down"]), residual)]
        return linear(x, state["lm_head"])

    keys, values, losses = [], [], []
    for position, (token, following) in enumerate(zip(document, document[1:])):
        p = probabilities(step(token, position, keys, values))
        losses.append(-p[following].log())
    return (1 / len(losses)) * sum(losses)


@graph(size=24, small=5)
def batch_norm(generator, size):
    """Two layers with a normalisation over the `size` samples of the batch between them."""
    n_in, hidden = 5, 8 if size > 8 else 2
    batch = [[generator.gauss(1, 2) for _ in range(n_in)] for _ in range(size)]
    first, second = Dense(generator, n_in, hidden), Dense(generator, hidden, 1)
    norm = SimpleNamespace(
        gain=[Value(generator.uniform(0.5, 1.5)) for _ in range(hidden)], shift=[Value(0.1 * k) for k in range(hidden)]
    )
    z = [first(x) for x in batch]
    normed = [[None] * hidden for _ in range(size)]
    for j in range(hidden):
        column = [sample[j] for sample in z]
        mean = sum(column) / size
        variance = sum((c - mean) ** 2 for c in column) / size
        for i, c in enumerate(column):
            normed[i][j] = norm.gain[j] * (c - mean) / (variance + 1e-5).sqrt() + norm.shift[j]
    out = [second([x.tanh() for x in sample])[0] for sample in normed]
    return sum((y - math.sin(x[0])) ** 2 for x, y in zip(batch, out)) / size


@graph(size=14, small=4)
def contrastive(generator, size):
    """Two views of each of `size` things: each is to be nearer to its other view than to all the rest."""
    project = Dense(generator, 4, 5 if size > 8 else 3)

    def unit(v):
        length = sum(c * c for c in v) ** 0.5
        return [c / length for c in v]

    things = [[generator.gauss(0, 1) for _ in range(4)] for _ in range(size)]
    views = [[unit(project([c + generator.gauss(0, 0.1) for c in x])) for x in things] for _ in range(2)]
    temperature, loss = Value(0.5), 0
    for i, a in enumerate(views[0]):
        similarities = [dot(a, b) / temperature for b in views[1]]
        loss += log(total([exp(s) for s in similarities])) - similarities[i]
    return loss / size


@graph(size=40, small=4)
def documents(generator, size):
    """`size` documents of one to thirty words, each the mean of its words' vectors: loops of different lengths."""
    width = 8 if size > 8 else 2
    vectors = {f"word{k}": [Value(generator.gauss(0, 1)) for _ in range(width)] for k in range(25)}
    weights, bias = [Value(generator.gauss(0, 1)) for _ in range(width)], Value(0.1)
    words, terms = list(vectors), []
    for i in range(size):
        text = generator.choices(words, k=generator.randint(1, 30 if size > 8 else 4))
        mean = [0.0] * width
        for word in text:
            for d in range(width):
                mean[d] = mean[d] + vectors[word][d]
        z = bias
        for w, m in zip(weights, mean):
            z = z + w * (m / len(text))
        terms.append(z.softplus() - (i % 2) * z)
    return total(terms) / size
