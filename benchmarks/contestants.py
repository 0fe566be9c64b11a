"""The same work in other hands: NumPy and C written by hand, PyTorch and JAX in float64 on one thread.

A network is a list of layers (W, b), W with a row for each neuron, with relu between them. `moons_…` makes a function
that takes one training step (or many, divided by `STEPS`), `gradient_…` one that computes a loss (cross-entropy, or
squared errors), summed over the rows of X, and its gradient. What is not installed is None.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from typing import Any

STEPS = 200  # a call of a contestant that has its own loop
LR, DECAY = 0.1, 1e-4

Layers = list[tuple[Any, Any]]
Step = Callable[[], object]


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def layers_of(model: Any) -> Layers:
    """The numbers of an `nn.MLP` as arrays."""
    import numpy as np

    return [
        (np.array([[w.data for w in n.weights] for n in layer.neurons]), np.array([n.bias.data for n in layer.neurons]))
        for layer in model.layers
    ]


# --- moons ---------------------------------------------------------------------------------------------


def moons_numpy(layers: Layers, X: Any, y: Any) -> Step:
    import numpy as np

    X, y = np.array(X), np.array(y, dtype=float)
    (W1, b1), (W2, b2), (W3, b3) = [(W.T.copy(), b.copy()) for W, b in layers]
    parameters = [W1, b1, W2, b2, W3, b3]

    def step() -> float:
        z1 = X @ W1 + b1
        h1 = np.maximum(z1, 0.0)
        z2 = h1 @ W2 + b2
        h2 = np.maximum(z2, 0.0)
        margin = 1.0 - y * (h2 @ W3 + b3)[:, 0]
        loss = np.maximum(margin, 0.0).mean() + DECAY * sum((p * p).sum() for p in parameters)
        d3 = np.where(margin > 0, -y / len(y), 0.0)[:, None]
        d2 = (d3 @ W3.T) * (z2 > 0)
        d1 = (d2 @ W2.T) * (z1 > 0)
        gradients = [X.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)]
        for p, g in zip(parameters, gradients, strict=True):
            p -= LR * (g + 2 * DECAY * p)
        return float(loss)

    return step


def moons_torch(layers: Layers, X: Any, y: Any) -> Step | None:
    if not installed("torch"):
        return None
    import torch

    torch.set_num_threads(1)
    inputs, targets = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    parameters = [torch.tensor(p, requires_grad=True) for layer in layers for p in layer]
    W1, b1, W2, b2, W3, b3 = parameters
    optimizer = torch.optim.SGD(parameters, lr=LR)

    def step() -> float:
        h = torch.relu(torch.relu(inputs @ W1.T + b1) @ W2.T + b2) @ W3.T + b3
        loss = torch.relu(1 - targets * h[:, 0]).mean() + DECAY * sum((p * p).sum() for p in parameters)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def _jax() -> Any:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def moons_jax(layers: Layers, X: Any, y: Any) -> Step | None:
    if not installed("jax"):
        return None
    jax = _jax()
    jnp = jax.numpy
    inputs, targets = jnp.array(X), jnp.array(y, dtype=float)

    def loss(parameters: Any) -> Any:
        h = inputs
        for k, (W, b) in enumerate(parameters):
            h = h @ W.T + b
            h = jnp.where(h > 0, h, 0.0) if k < 2 else h
        penalty = sum((p * p).sum() for layer in parameters for p in layer)
        return jnp.maximum(1 - targets * h[:, 0], 0).mean() + DECAY * penalty

    @jax.jit
    def update(parameters: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(parameters)
        return value, jax.tree.map(lambda p, g: p - LR * g, parameters, gradient)

    state = [[(jnp.array(W), jnp.array(b)) for W, b in layers]]

    def step() -> object:
        value, state[0] = update(state[0])
        return value.block_until_ready()

    return step


C_MOONS = r"""
#define N 100
#define H 16
static double relu(double x) { return x > 0 ? x : 0; }
void train(const double (*X)[2], const double *y, double *p, double *losses, int steps) {
  double (*W1)[2] = (void *)p, *b1 = p + 2*H, (*W2)[H] = (void *)(b1 + H), *b2 = b1 + H + H*H;
  double *W3 = b2 + H, *b3 = W3 + H;
  enum { P = 2*H + H + H*H + H + H + 1 };
  double g[P];
  double (*G1)[2] = (void *)g, *c1 = g + 2*H, (*G2)[H] = (void *)(c1 + H), *c2 = c1 + H + H*H;
  double *G3 = c2 + H, *c3 = G3 + H;
  for (int step = 0; step < steps; step++) {
    double loss = 0;
    for (int i = 0; i < P; i++) { loss += 1e-4 * p[i] * p[i]; g[i] = 2e-4 * p[i]; }
    for (int s = 0; s < N; s++) {
      double h1[H], h2[H], d1[H] = {0}, d2[H], score = *b3;
      for (int j = 0; j < H; j++) h1[j] = relu(b1[j] + W1[j][0]*X[s][0] + W1[j][1]*X[s][1]);
      for (int k = 0; k < H; k++) {
        double z = b2[k];
        for (int j = 0; j < H; j++) z += W2[k][j] * h1[j];
        h2[k] = relu(z);
      }
      for (int k = 0; k < H; k++) score += W3[k] * h2[k];
      double margin = 1 - y[s] * score;
      loss += relu(margin) / N;
      double d = margin > 0 ? -y[s] / N : 0;
      *c3 += d;
      for (int k = 0; k < H; k++) { G3[k] += d * h2[k]; d2[k] = h2[k] > 0 ? d * W3[k] : 0; c2[k] += d2[k]; }
      for (int k = 0; k < H; k++) for (int j = 0; j < H; j++) { G2[k][j] += d2[k] * h1[j]; d1[j] += d2[k] * W2[k][j]; }
      for (int j = 0; j < H; j++) {
        double e = h1[j] > 0 ? d1[j] : 0;
        c1[j] += e; G1[j][0] += e * X[s][0]; G1[j][1] += e * X[s][1];
      }
    }
    for (int i = 0; i < P; i++) p[i] -= 0.1 * g[i];
    losses[step] = loss;
  }
}
"""


def c_library(source: str, *flags: str) -> ctypes.CDLL | None:
    """The library that the machine's C compiler makes of `source`; None where there is no compiler."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "source.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        library = path[:-2] + ".so"
        subprocess.run([compiler, *flags, "-shared", "-fPIC", path, "-o", library, "-lm"], check=True)
        return ctypes.CDLL(library)


def moons_c(layers: Layers, X: Any, y: Any) -> Step | None:
    """A call takes `STEPS` steps."""
    library = c_library(C_MOONS, "-O3", "-march=native", "-ffast-math")
    if library is None:
        return None
    import numpy as np

    inputs, targets = np.array(X), np.array(y, dtype=float)
    parameters = np.concatenate([part.ravel() for layer in layers for part in layer])
    losses = np.zeros(STEPS)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (inputs, targets, parameters, losses)]
    kept = (inputs, targets, parameters)

    def step() -> float:
        library.train(*pointers, STEPS)
        return float(losses[0]) if kept else 0.0

    return step


# --- gradients -----------------------------------------------------------------------------------------


def gradient_numpy(layers: Layers, X: Any, T: Any, squared: bool = False) -> Step:
    import numpy as np

    def gradient() -> Any:
        activations = [X]
        for k, (W, b) in enumerate(layers):
            z = activations[-1] @ W.T
            z += b
            activations.append(np.maximum(z, 0.0, out=z) if k < len(layers) - 1 else z)
        z = activations.pop()
        if squared:
            delta = z - T
            loss = (delta * delta).sum()
            delta *= 2
        else:
            largest = z.max(axis=1, keepdims=True)
            e = np.exp(z - largest)
            total = e.sum(axis=1, keepdims=True)
            loss = ((largest + np.log(total) - z) * T).sum()
            delta = np.divide(e, total, out=e)
            delta -= T
        gradients = []
        for k in range(len(layers) - 1, -1, -1):
            gradients += [(delta.T @ activations[k], delta.sum(axis=0))]
            if k > 0:
                delta = delta @ layers[k][0]
                delta *= activations[k] > 0
        return loss, gradients[::-1]

    return gradient


def gradient_torch(layers: Layers, X: Any, T: Any, squared: bool = False) -> Step | None:
    if not installed("torch"):
        return None
    import torch

    torch.set_num_threads(1)
    inputs, targets = torch.tensor(X), torch.tensor(T)
    parameters = [torch.tensor(p, requires_grad=True) for layer in layers for p in layer]

    def gradient() -> Any:
        h = inputs
        for k in range(0, len(parameters), 2):
            h = torch.nn.functional.linear(h if k == 0 else torch.relu(h), parameters[k], parameters[k + 1])
        terms = (h - targets) ** 2 if squared else targets * (torch.logsumexp(h, 1, keepdim=True) - h)
        loss = terms.sum()
        return loss, torch.autograd.grad(loss, parameters)

    return gradient


def gradient_jax(layers: Layers, X: Any, T: Any, squared: bool = False) -> Step | None:
    if not installed("jax"):
        return None
    jax = _jax()
    jnp = jax.numpy
    inputs, targets = jnp.array(X), jnp.array(T)

    def loss(parameters: Any) -> Any:
        h = inputs
        for k, (W, b) in enumerate(parameters):
            h = (h if k == 0 else jnp.where(h > 0, h, 0.0)) @ W.T + b
        terms = (h - targets) ** 2 if squared else targets * (jax.scipy.special.logsumexp(h, 1, keepdims=True) - h)
        return terms.sum()

    compiled = jax.jit(jax.value_and_grad(loss))
    parameters = [(jnp.array(W), jnp.array(b)) for W, b in layers]
    return lambda: jax.block_until_ready(compiled(parameters))
