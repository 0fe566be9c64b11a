"""What tests that lay out a picture need, and the references and random graphs of the tests one folder above."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))


@pytest.fixture
def graphviz_engine():
    """Skips the test where neither a `dot` program nor the packages are installed."""
    pytest.importorskip("graphviz")
    if not shutil.which("dot") and not importlib.util.find_spec("pygraphviz"):
        pytest.skip("no Graphviz")
