"""Twenty functions, each written once, for whatever module of functions `m` it is given: autograd or jax.numpy.

Inputs are lists of numbers, outputs one number or a list of them. `FUNCTIONS` maps a name to (function, input).
"""

from __future__ import annotations


def total(terms):
    result = 0.0
    for term in terms:
        result = result + term
    return result


def rosenbrock(m, x):
    return total(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def log_sum_exp(m, x):
    return m.log(total(m.exp(each) for each in x))


def softmax_entropy(m, x):
    weights = [m.exp(each) for each in x]
    normalizer = total(weights)
    return -total(w / normalizer * m.log(w / normalizer) for w in weights)


def two_layer_network(m, p):
    """3 inputs, 4 hidden tanh units, 1 output, two samples; p holds 4·(3 + 1) + (4 + 1) = 21 parameters."""
    cost = 0.0
    for sample, target in (([0.5, -1.0, 2.0], 0.3), ([-0.7, 0.2, 0.9], -0.8)):
        hidden = []
        for j in range(4):
            w = p[4 * j : 4 * j + 4]
            hidden.append(m.tanh(w[0] + total(w[k + 1] * sample[k] for k in range(3))))
        output = p[16] + total(p[17 + j] * hidden[j] for j in range(4))
        cost = cost + 0.5 * (output - target) ** 2
    return cost


def bessel_series(m, x):
    """J_0 by its power series."""
    term, result = 1.0, 1.0
    for k in range(1, 25):
        term = -term * (x[0] * x[0]) / (4.0 * k * k)
        result = result + term
    return result * x[1]


def power_tower(m, x):
    return x[0] ** (x[0] ** x[0])


def x_to_the_x(m, x):
    return x[0] ** x[0] + x[1] ** x[0]


def newton_root(m, x):
    """The root of z³ + a·z - b as a function of (a, b), by unrolled Newton steps."""
    z = 1.0
    for _ in range(12):
        z = z - (z * z * z + x[0] * z - x[1]) / (3.0 * z * z + x[0])
    return z


def babylonian_square_root(m, x):
    z = x[0]
    for _ in range(8):
        z = 0.5 * (z + x[0] / z)
    return z * m.sin(x[1])


def gaussian(m, x):
    return m.exp(-0.5 * total(each * each for each in x))


def himmelblau(m, x):
    return (x[0] ** 2 + x[1] - 11.0) ** 2 + (x[0] + x[1] ** 2 - 7.0) ** 2


def ackley(m, x):
    n = len(x)
    radius = m.sqrt(total(each * each for each in x) / n)
    waves = total(m.cos(6.25 * each) for each in x) / n
    return -20.0 * m.exp(-0.2 * radius) - m.exp(waves) + 22.0


def logistic_map(m, x):
    z = x[1]
    for _ in range(6):
        z = x[0] * z * (1.0 - z)
    return z


def beale(m, x):
    return (
        (1.5 - x[0] + x[0] * x[1]) ** 2 + (2.25 - x[0] + x[0] * x[1] ** 2) ** 2 + (2.625 - x[0] + x[0] * x[1] ** 3) ** 2
    )


def hyperbolic(m, x):
    return m.sinh(x[0]) * m.cosh(x[1]) / (1.0 + m.tanh(x[0] * x[1]) ** 2) + m.log1p(x[0] ** 2) * m.expm1(x[1])


def spherical_coordinates(m, x):
    radius, polar, azimuth = x
    return [
        radius * m.sin(polar) * m.cos(azimuth),
        radius * m.sin(polar) * m.sin(azimuth),
        radius * m.cos(polar),
    ]


def two_link_arm(m, x):
    return [
        1.2 * m.cos(x[0]) + 0.7 * m.cos(x[0] + x[1]),
        1.2 * m.sin(x[0]) + 0.7 * m.sin(x[0] + x[1]),
    ]


def predator_and_prey(m, x):
    """Four explicit Euler steps of Lotka and Volterra's equations."""
    prey, predators = x[0], x[1]
    for _ in range(4):
        prey, predators = (
            prey + 0.1 * (x[2] * prey - 0.4 * prey * predators),
            predators + 0.1 * (0.1 * prey * predators - x[3] * predators),
        )
    return [prey, predators]


def circle_functions(m, x):
    """One input, many outputs: the case for the forward mode."""
    z = x[0]
    return [m.sin(z), m.cos(z), m.tan(z), m.sqrt(z), m.log(z), m.exp(-z), 1.0 / z, z**2.5]


def softmax(m, x):
    weights = [m.exp(each) for each in x]
    normalizer = total(weights)
    return [w / normalizer for w in weights]


FUNCTIONS = {
    "rosenbrock": (rosenbrock, [-1.2, 1.0, 0.7, -0.3]),
    "log_sum_exp": (log_sum_exp, [0.5, -1.25, 2.0, 0.1]),
    "softmax_entropy": (softmax_entropy, [0.3, -0.4, 1.1]),
    "two_layer_network": (two_layer_network, [0.1 * ((7 * i) % 11) - 0.5 for i in range(21)]),
    "bessel_series": (bessel_series, [2.5, 1.5]),
    "power_tower": (power_tower, [1.3]),
    "x_to_the_x": (x_to_the_x, [1.7, 0.6]),
    "newton_root": (newton_root, [2.0, 5.0]),
    "babylonian_square_root": (babylonian_square_root, [3.0, 0.8]),
    "gaussian": (gaussian, [0.3, -0.8, 1.1]),
    "himmelblau": (himmelblau, [2.2, -1.7]),
    "ackley": (ackley, [0.4, -0.9]),
    "logistic_map": (logistic_map, [3.1, 0.35]),
    "beale": (beale, [1.4, 0.6]),
    "hyperbolic": (hyperbolic, [0.7, -0.5]),
    "spherical_coordinates": (spherical_coordinates, [2.0, 0.6, -1.1]),
    "two_link_arm": (two_link_arm, [0.4, 1.3]),
    "predator_and_prey": (predator_and_prey, [10.0, 5.0, 1.1, 0.4]),
    "circle_functions": (circle_functions, [0.9]),
    "softmax": (softmax, [0.3, -0.4, 1.1]),
}
