"""Programs whose loop runs through time: recurrent cells, differential equations, filters, option prices."""

from __future__ import annotations

import math

from autograd import Value, cos, dot, log, maximum, minimum, sigmoid, sin, sqrt, tanh
from autograd import sum as total

from .program import graph, rows


def matrix(generator, n_rows, n_columns, spread=0.5):
    return [[Value(generator.gauss(0, spread)) for _ in range(n_columns)] for _ in range(n_rows)]


def vector(generator, n, spread=0.5):
    return [Value(generator.gauss(0, spread)) for _ in range(n)]


@graph(size=20, small=4)
def vanilla_rnn(generator, size):
    """Letters in, letters out: a tanh of two matrix products at each of `size` positions, summed with `+=`."""
    n_letters, hidden = (12, 10) if size > 8 else (4, 3)
    wxh, whh, why = (
        matrix(generator, *shape, 0.3) for shape in ((hidden, n_letters), (hidden,) * 2, (n_letters, hidden))
    )
    bh, by = vector(generator, hidden), vector(generator, n_letters)
    text = [generator.randrange(n_letters) for _ in range(size + 1)]
    h = [0.0] * hidden
    loss = 0.0
    for letter, following in zip(text, text[1:]):
        new = []
        for i in range(hidden):
            z = wxh[i][letter] + bh[i]
            for j in range(hidden):
                z += whh[i][j] * h[j]
            new.append(z.tanh())
        h = new
        scores = []
        for i in range(n_letters):
            y = by[i]
            for j in range(hidden):
                y += why[i][j] * h[j]
            scores.append(y)
        denominator = 0.0
        for y in scores:
            denominator += y.exp()
        loss += denominator.log() - scores[following]
    return loss


@rows(size=6, small=2)
def lstm(generator, size):
    """Six steps of three numbers through `size` cells; the gates in a dict."""
    n_in, steps = 3, 6 if size > 3 else 2
    gates = {name: matrix(generator, size, n_in + size) for name in ("input", "forget", "output", "candidate")}
    biases = {name: vector(generator, size, 0.1) for name in gates}
    readout = vector(generator, size)

    def loss(row):
        h, c = [0.0] * size, [0.0] * size
        for t in range(steps):
            z = [*row[n_in * t : n_in * (t + 1)], *h]
            a = {name: [dot(w, z, b) for w, b in zip(gates[name], biases[name])] for name in gates}
            c = [
                sigmoid(f) * old + sigmoid(i) * tanh(g)
                for f, old, i, g in zip(a["forget"], c, a["input"], a["candidate"])
            ]
            h = [sigmoid(o) * tanh(cell) for o, cell in zip(a["output"], c)]
        return (dot(readout, h) - row[-1]) ** 2

    return loss, lambda: [generator.gauss(0, 1) for _ in range(n_in * steps + 1)]


class GRU:
    """A gated recurrent unit."""

    def __init__(self, generator, n_in, n_hidden):
        self.hidden = n_hidden
        self.reset, self.update, self.new = (
            [(vector(generator, n_in), vector(generator, n_hidden), Value(0.0)) for _ in range(n_hidden)]
            for _ in range(3)
        )

    def forward(self, x, h):
        def affine(unit, memory):
            wx, wh, b = unit
            return dot(wx, x) + dot(wh, memory) + b

        r = [affine(unit, h).sigmoid() for unit in self.reset]
        z = [affine(unit, h).sigmoid() for unit in self.update]
        n = [affine(unit, [ri * hi for ri, hi in zip(r, h)]).tanh() for unit in self.new]
        return [(1 - zi) * ni + zi * hi for zi, ni, hi in zip(z, n, h)]


@graph(size=12, small=3)
def gru(generator, size):
    """`size` sequences of different lengths, the last state of each to a number."""
    cell = GRU(generator, 2, 4 if size > 4 else 2)
    readout = vector(generator, cell.hidden)
    errors = []
    for i in range(size):
        h = [Value(0.0) for _ in range(cell.hidden)]
        for _ in range(1 + (5 * i) % 7 if size > 4 else i + 1):
            h = cell.forward([generator.gauss(0, 1), generator.gauss(0, 1)], h)
        errors.append(dot(readout, h) - math.cos(i))
    return sum(e * e for e in errors) / len(errors)


@rows(size=20, small=1)
def neural_ode(generator, size):
    """A vector field made of tanh, `size` steps of Runge and Kutta from the point in the row."""
    dimension, hidden, h = 3, 5, 0.1
    inner, outer, bias = (
        matrix(generator, hidden, dimension),
        matrix(generator, dimension, hidden),
        vector(generator, hidden),
    )

    def field(x):
        a = [tanh(sum(w * xi for w, xi in zip(row, x)) + b) for row, b in zip(inner, bias)]
        return [sum(w * ai for w, ai in zip(row, a)) for row in outer]

    def moved(x, k, by):
        return [xi + by * ki for xi, ki in zip(x, k)]

    def loss(row):
        x = row[:dimension]
        for _ in range(size):
            k1 = field(x)
            k2 = field(moved(x, k1, h / 2))
            k3 = field(moved(x, k2, h / 2))
            k4 = field(moved(x, k3, h))
            x = [xi + h / 6 * (a + 2 * b + 2 * c + d) for xi, a, b, c, d in zip(x, k1, k2, k3, k4)]
        return sum((xi - target) ** 2 for xi, target in zip(x, row[dimension:]))

    return loss, lambda: [generator.gauss(0, 1) for _ in range(2 * dimension)]


class Body:
    """A point with a mass, a place and a speed."""

    def __init__(self, generator):
        self.mass = Value(generator.uniform(0.5, 1.5))
        self.x, self.y = Value(generator.gauss(0, 1)), Value(generator.gauss(0, 1))
        self.vx, self.vy = Value(generator.gauss(0, 0.3)), Value(generator.gauss(0, 0.3))


@graph(size=24, small=3)
def gravity(generator, size):
    """`size` bodies that attract each other, half as many leapfrog steps; the energy at the end."""
    bodies, dt = [Body(generator) for _ in range(size)], 0.01

    def kick(by):
        for a in bodies:
            for b in bodies:
                if a is not b:
                    dx, dy = b.x - a.x, b.y - a.y
                    pull = b.mass * (dx * dx + dy * dy + 0.05) ** -1.5 * by
                    a.vx += pull * dx
                    a.vy += pull * dy

    kick(dt / 2)
    for _ in range(max(2, size // 2)):
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
        kick(dt)
    kinetic = sum(0.5 * body.mass * (body.vx**2 + body.vy**2) for body in bodies)
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[:i]]
    return kinetic - sum(a.mass * b.mass / sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + 0.05) for a, b in pairs)


@graph(size=40, small=6)
def heat_1d(generator, size):
    """A rod of `size` cells with a conductivity each, explicit steps in place, fixed ends."""
    u = vector(generator, size, 1.0)
    k = [Value(generator.uniform(0.1, 0.3)) for _ in range(size)]
    for _ in range(60 if size > 10 else 3):
        flow = [k[i] * (u[i + 1] - u[i]) for i in range(size - 1)]
        for i in range(1, size - 1):
            u[i] = u[i] + flow[i] - flow[i - 1]
    return sum((temperature - 0.1 * i) ** 2 for i, temperature in enumerate(u))


@graph(size=20, small=4)
def heat_2d(generator, size):
    """A plate of `size` × `size` cells whose border is held; a new list of lists at each step."""
    n = size
    u, k = matrix(generator, n, n), Value(0.1)

    def border(i, j):
        return i in (0, n - 1) or j in (0, n - 1)

    for _ in range(20 if n > 5 else 3):
        u = [
            [
                u[i][j]
                if border(i, j)
                else u[i][j] + k * (u[i - 1][j] + u[i + 1][j] + u[i][j - 1] + u[i][j + 1] - 4 * u[i][j])
                for j in range(n)
            ]
            for i in range(n)
        ]
    return total([cell**2 for line in u for cell in line])


@graph(size=400, small=10)
def double_pendulum(generator, size):
    """`size` steps of two angles and two speeds: long, narrow, and full of sines."""
    a, b, va, vb = (Value(generator.uniform(0.1, 0.6)) for _ in range(4))
    length, g, h = Value(1.2), Value(9.81), 0.01
    for _ in range(size):
        d = a - b
        denominator = length * (3 - cos(2 * d))
        fa = (-3 * g * sin(a) - g * sin(a - 2 * b) - 2 * sin(d) * (vb**2 + va**2 * cos(d)) * length) / denominator
        fb = 2 * sin(d) * (2 * va**2 * length + 2 * g * cos(a) + vb**2 * length * cos(d)) / denominator
        va, vb = va + h * fa, vb + h * fb
        a, b = a + h * va, b + h * vb
    return (a - 0.5) ** 2 + (b + 0.5) ** 2


@graph(size=60, small=5)
def kalman_filter(generator, size):
    """Place and speed of something seen `size` times with noise: the likelihood of the noises."""
    log_q, log_r = Value(-2.0), Value(-1.0)
    q, r, dt = log_q.exp(), log_r.exp(), 0.5
    state = [Value(0.0), Value(1.0)]
    P = [[Value(1.0), 0.0], [0.0, Value(1.0)]]
    log_likelihood = 0.0
    for t in range(size):
        seen = math.sin(0.3 * t) + generator.gauss(0, 0.3)
        # predict
        state = [state[0] + dt * state[1], state[1]]
        cross = P[0][1] + dt * P[1][1]
        P = [[P[0][0] + dt * (P[0][1] + P[1][0] + dt * P[1][1]) + q, cross], [cross, P[1][1] + q]]
        # correct
        surprise, spread = seen - state[0], P[0][0] + r
        gain = [P[0][0] / spread, P[1][0] / spread]
        state = [s + k * surprise for s, k in zip(state, gain)]
        P = [[P[i][j] - gain[i] * P[0][j] for j in range(2)] for i in range(2)]
        log_likelihood = log_likelihood - 0.5 * (log(2 * math.pi * spread) + surprise * surprise / spread)
    return -log_likelihood


@rows(size=25, small=4)
def option_price(generator, size):
    """A path of `size` days, drawn in advance: what an Asian call with a barrier pays on it, smoothly."""
    start, volatility, rate, strike = Value(100.0), Value(0.25), Value(0.03), 98.0
    dt = 1 / size

    def payoff(row):
        price = start
        average, largest = 0.0, start
        for z in row:
            price = price * ((rate - volatility**2 / 2) * dt + volatility * (dt**0.5) * z).exp()
            average += price / len(row)
            largest = maximum(largest, price)
        alive = ((140.0 - largest) / 2.0).sigmoid()
        return (-rate).exp() * maximum(average - strike, 0.0) * alive + 0.001 * minimum(average, strike)

    return payoff, lambda: [generator.gauss(0, 1) for _ in range(size)]
