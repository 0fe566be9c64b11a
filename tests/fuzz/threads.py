"""Campaigns: several threads at once.

Entry points: `THREADS`, calls of one compiled function; `SAVING`, models saved to one path.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from nn import MLP

from . import forms
from .campaign import Campaign, UnclearError
from .compiled import code
from .forms import Case, with_points
from .graphs import random_graph


def make_threads(r: random.Random) -> Case:
    """A function, as only its calls share nothing: those of a graph write to its leaves."""
    while True:
        case = with_points(r, random_graph(r, 6, repeats=r.random() < 0.5, share=0.1), 0.1)
        if case.form.call != "graph":
            return case._replace(points=case.points[:9])


def check_threads(case: Case) -> None:
    """Four threads compile and call at once; what each finds is what `check` demands."""
    shared = forms.compiled_function(case)
    with forms.forced(case.form):
        _at_once([lambda: _checked(case, shared)] * 4)


def _checked(case: Case, shared: Any) -> None:
    call = forms.check_numbers if case.form.call == "numbers" else forms.check_rows
    for _ in range(3):
        try:
            call(case, shared)
        except UnclearError:
            return


def _at_once(jobs: list[Callable[[], None]]) -> None:
    """Run them in threads that interrupt each other almost everywhere; raise the first error."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        try:
            start.wait()
            job()
        except BaseException as error:
            errors.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    if errors:
        raise errors[0]


THREADS = Campaign("threads", make_threads, check_threads, lambda case: "# in four threads at once\n" + code(case))


class Saving(NamedTuple):
    """Models, by seed, that save to one path at once."""

    widths: tuple[int, ...]
    seeds: tuple[int, ...]
    times: int


def make_saving(r: random.Random) -> Saving:
    return Saving(
        tuple(r.randint(1, 5) for _ in range(r.randint(1, 3))), tuple(r.sample(range(99), r.randint(2, 4))), 4
    )


def check_saving(case: Saving) -> None:
    models = [MLP(2, case.widths, seed=seed) for seed in case.seeds]
    states = [model.state_dict() for model in models]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        models[0].save(path)

        def job(model: MLP) -> None:
            for _ in range(case.times):
                model.save(path)
                reader = MLP(2, case.widths, seed=100)
                reader.load(path)
                assert reader.state_dict() in states, "a mixture was loaded"

        _at_once([lambda model=model: job(model) for model in models])
        assert [each.name for each in Path(folder).iterdir()] == ["model.json"], "something is left beside the file"


SAVING = Campaign("saving", make_saving, check_saving, lambda case: f"# tests.fuzz.threads.check_saving({case!r})")
