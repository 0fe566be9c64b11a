"""These tests share what the tests one folder above use."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
