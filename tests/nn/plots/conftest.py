"""Every test of plots needs matplotlib, and closes its figures."""

import pytest


@pytest.fixture(autouse=True)
def figures_are_closed():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield
    pyplot.close("all")
