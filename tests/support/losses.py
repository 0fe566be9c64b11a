"""Small data, a cost over it, and a network whose relus are dead."""

import random

from nn import MLP, quadratic_cost


def data(n=12, seed=0):
    generator = random.Random(seed)
    X = [[generator.gauss(0, 1), generator.gauss(0, 1)] for _ in range(n)]
    return X, [1.0 if x[0] * x[1] > 0 else 0.0 for x in X]


def cost_of(model, loss=quadratic_cost):
    X, Y = data()
    return loss([model(x) for x in X], Y)


def dead_network():
    model = MLP(2, [4, 1], activation="relu", seed=0)
    for neuron in model.layers[0].neurons[:2]:
        neuron.bias.data = -10.0
    for neuron in model.layers[0].neurons[2:]:
        neuron.bias.data = 10.0
    return model
