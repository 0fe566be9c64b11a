"""Campaigns: compiled against eager, in every form.

Entry points: `GRAPHS`, random graphs; `REPEATS`, graphs with a piece that is repeated; `CODE` and `ZOO`, programs as
people write them; `simpler_cases` and `code` of a case.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from support.random_code import random_loss

from benchmarks.zoo import PROGRAMS

from .campaign import Campaign
from .comparison import eager
from .forms import Case, check, with_points
from .graphs import Graph, graph_of, lines, literal, random_graph, simpler

# --- simpler cases, and their code ----------------------------------------------------------------------------------


def simpler_cases(case: Case) -> Iterator[Case]:
    graph, form, points = case.graph, case.form, case.points
    for i in range(len(points)):
        if len(points) > 1:
            yield case._replace(points=(points[i],))
    if len(points) > 2:
        yield case._replace(points=points[: len(points) // 2])
        yield case._replace(points=points[len(points) // 2 :])
    if len(points) > 1:
        for i in range(len(points)):
            yield case._replace(points=points[:i] + points[i + 1 :])
    if form.threads > 1:
        yield case._replace(form=form._replace(threads=1))
    if form.shape != "short":
        yield case._replace(form=form._replace(shape="short"))
    if form.together:
        yield case._replace(form=form._replace(arguments=form.n_columns, together=0))
    if form.call == "graph" and len(graph.roots) > 1:
        yield case._replace(graph=graph._replace(roots=graph.roots[:1]))
    # Leaves that are gone must be gone from the points, too: they are told apart by marks in the place of numbers.
    marks = tuple(_Mark(i) for i in range(len(graph.leaves)))
    for small in simpler(graph._replace(leaves=marks)):
        kept = [x.place for x in small.leaves if isinstance(x, _Mark)]
        if len(kept) != len(small.leaves) or not kept:
            continue
        leaves = tuple(graph.leaves[i] for i in kept)
        smaller = tuple(tuple(point[i] for i in kept) for point in points)
        columns = sum(i < form.n_columns for i in kept)
        if form.call != "graph" and not columns:
            continue
        if form.wanted == "parameters" and columns == len(kept):
            continue
        together = min(form.together, columns)
        yield Case(
            small._replace(leaves=leaves), smaller, form._replace(arguments=columns - together, together=together)
        )
    for k, point in enumerate(points):
        for i, x in enumerate(point):
            for plain in (1.0, 2.0, 0.5):
                if x == plain:
                    break
                changed = (*point[:i], plain, *point[i + 1 :])
                if form.call != "graph" and i >= form.n_columns:
                    every = tuple((*p[:i], plain, *p[i + 1 :]) for p in points)
                    leaves = (*graph.leaves[:i], plain, *graph.leaves[i + 1 :])
                    yield Case(graph._replace(leaves=leaves), every, form)
                else:
                    yield case._replace(points=(*points[:k], changed, *points[k + 1 :]))


class _Mark(float):
    """A leaf by its place: no number is simpler."""

    def __new__(cls, place: int) -> _Mark:
        mark = super().__new__(cls, float("nan"))
        mark.place = place
        return mark

    place: int


def code(case: Case) -> str:
    graph, form = case.graph, case.form
    k = form.n_columns
    inputs = [f"x{i}" for i in range(len(graph.leaves))]
    found = [
        "from math import inf, nan",
        "",
        "import numpy as np",
        "",
        "from autograd import OPERATIONS, Value, compile",
    ]
    if form.shape == "threaded":
        found += ["from autograd.compiling import assemble", "", "assemble.LONG = 0  # threaded code, however short"]
    elif form.shape == "loops":
        found += ["from functools import partial", "from autograd.compiling import runners"]
        found += ["from autograd.compiling.loops import analyze", ""]
        found += ["runners.MOST_STRAIGHT = 0  # loops, however short"]
        found += ["analyze.analyze = partial(analyze.analyze, patient=True)"]
    found.append("")
    options = f"backend={form.backend!r}, lanes={form.lanes}"
    own = inputs if form.call == "graph" else inputs[k:]
    numbers = case.points[0] if form.call == "graph" else graph.leaves[k:]
    found += [f"{name} = Value({literal(x)})" for name, x in zip(own, numbers, strict=True)]
    if form.call == "graph":
        found += [*lines(graph, inputs), f"step = compile(y0, {options})"]
        for point in case.points:
            found += [f"{name}.data = {literal(x)}" for name, x in zip(inputs, point, strict=True)]
            value, gradient = eager(graph, point)
            found += [f"print(step(), [{', '.join(f'{name}.grad' for name in inputs)}])"]
            found += [f"# eager: {value[0]!r}, {gradient!r}"]
        return "\n".join(found)
    arguments = inputs[: form.arguments] + (["rest"] if form.together else [])
    found += ["", "", f"def f({', '.join(arguments)}):"]
    if form.together:
        found.append(f"    {', '.join(inputs[form.arguments : k])}, = rest")
    found += ["    " + line for line in lines(graph, inputs)]
    others = ", ".join(f"{i}: y{i + 1}" for i in range(len(graph.roots) - 1))
    found += [f"    return y0, {{{others}}}" if others else "    return y0", "", ""]
    if form.wanted == "parameters":
        options += f", parameters=[{', '.join(inputs[k:])}]"
    elif form.wanted:
        options += f", argnums={tuple(range(len(arguments)))}"
    options += ", has_aux=True" * bool(others) + f", threads={form.threads}" * (form.threads > 1)
    found.append(f"g = compile(f, {options})")
    call = "g.value_and_grad" if form.wanted else "g"
    if form.call == "rows":
        found.append("rows = np.array([")
        found += ["    [" + ", ".join(map(literal, p[:k])) + "]," for p in case.points]
        found.append(f"]).reshape({len(case.points)}, {k})")
        given = [f"rows[:, {i}]" for i in range(form.arguments)]
        given += [f"rows[:, {form.arguments}:]"] if form.together else []
        found.append(f"print({call}({', '.join(given)}))")
        found += [f"# eager, row {i}: {tuple(eager(graph, p))!r}" for i, p in enumerate(case.points)]
        return "\n".join(found)
    for point in case.points:
        given = [literal(x) for x in point[: form.arguments]]
        given += ["[" + ", ".join(map(literal, point[form.arguments : k])) + "]"] if form.together else []
        found += [f"print({call}({', '.join(given)}))", f"# eager: {tuple(eager(graph, point))!r}"]
    return "\n".join(found)


# --- campaigns ------------------------------------------------------------------------------------------------------


def _random(r: random.Random, repeats: bool) -> Case:
    share = r.choice((0.0, 0.1, 0.5))
    return with_points(
        r, random_graph(r, r.choice((3, 6, 12)) if not repeats else r.choice((2, 4, 8)), repeats, share), share
    )


def _of_loss(r: random.Random, graph: Graph) -> Case:
    case = with_points(r, graph, 0.0)
    if r.random() < 0.7:  # ordinary numbers, near to those that the program has chosen
        points = [tuple(x * r.choice((1.0, 1.0, 0.9, 1.07)) for x in graph.leaves) for _ in case.points]
        k = 0 if case.form.call == "graph" else case.form.n_columns
        if k:
            points = [(*point[:k], *graph.leaves[k:]) for point in points]
        case = case._replace(points=tuple(points))
    return case


def _from_code(r: random.Random) -> Case:
    return _of_loss(r, graph_of(random_loss(r.randrange(10**9))))


def _from_zoo(r: random.Random) -> Case:
    program = PROGRAMS[r.choice(list(PROGRAMS))]
    size = program.small * r.choice((1, 1, 2))
    loss = program.build(seed=r.randrange(1000), size=size, n_rows=r.choice((1, 2, 7, 8, 9, 17)))
    return _of_loss(r, graph_of(loss))


def _campaign(name: str, make: Any) -> Campaign:
    return Campaign(name, make, check, code, simpler_cases)


GRAPHS = _campaign("graphs", partial(_random, repeats=False))
REPEATS = _campaign("repeats", partial(_random, repeats=True))
CODE = _campaign("code", _from_code)
ZOO = _campaign("zoo", _from_zoo)
