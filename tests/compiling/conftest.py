"""These tests share the references and the random graphs of the tests one folder above."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
