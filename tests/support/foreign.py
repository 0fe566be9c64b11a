"""Node classes as others write them: a lecture's, those of a GPT in a single file, one that can do nothing."""

from __future__ import annotations

import math

from autograd import doctor


def sentences(x, *rest):
    return " ".join(str(doctor(x, *rest)).split())


class Base:
    """A backward pass in the right order, for the classes below."""

    def backward(self):
        order, visited = [], set()

        def visit(node):
            if id(node) not in visited:
                visited.add(id(node))
                for parent in node._prev:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


class Student(Base):
    """As in the lecture, with lists of parents; `add` is how a gradient arrives at a parent."""

    def __init__(self, data, _prev=(), _op="", label=""):
        self.data, self._prev, self._op, self.label = data, _prev, _op, label
        self.grad = 0.0
        self._backward = lambda: None

    def arrive(self, share):
        self.grad += share

    def make(self, data, parents, symbol, *local_derivatives):
        out = type(self)(data, parents, symbol)

        def _backward():
            for parent, local_derivative in zip(parents, local_derivatives, strict=True):
                parent.arrive(local_derivative * out.grad)

        out._backward = _backward
        return out

    def __add__(self, other):
        return self.make(self.data + other.data, (self, other), "+", 1.0, 1.0)

    def __sub__(self, other):
        return self.make(self.data - other.data, (self, other), "-", 1.0, -1.0)

    def __mul__(self, other):
        return self.make(self.data * other.data, (self, other), "*", other.data, self.data)

    def tanh(self):
        y = math.tanh(self.data)
        return self.make(y, (self,), "tanh", 1.0 - y * y)


class Assigning(Student):
    def arrive(self, share):
        self.grad = share


class Gpt:
    """The shape of the GPTs in a single file: local gradients in a tuple, no names of operations."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data, children=(), local_grads=()):
        self.data, self.grad, self._children, self._local_grads = data, 0, children, local_grads

    def __add__(self, other):
        other = other if isinstance(other, Gpt) else Gpt(other)
        return Gpt(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Gpt) else Gpt(other)
        return Gpt(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Gpt(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self):
        return Gpt(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        return Gpt(math.exp(self.data), (self,), (math.exp(self.data),))

    def relu(self):
        return Gpt(max(0, self.data), (self,), (float(self.data > 0),))


def gpt_loss(ws):
    hidden = [(w * 0.5 + 1.0).relu() for w in ws]
    norm = (hidden[0] * hidden[0] + 1e-5) ** -0.5
    logits = [h * norm for h in hidden]
    total = logits[0].exp() + logits[1].exp()
    return (logits[0].exp() * total**-1).log() * -1


class Bare:
    """A number and parents, nothing more."""

    def __init__(self, data, _prev=(), _op=""):
        self.data, self._prev, self._op = data, _prev, _op
