"""What tests that lay out a picture need."""

import importlib.util
import shutil

import pytest


@pytest.fixture
def graphviz_engine():
    """Skips the test where neither a `dot` program nor the packages are installed."""
    pytest.importorskip("graphviz")
    if not shutil.which("dot") and not importlib.util.find_spec("pygraphviz"):
        pytest.skip("no Graphviz")
