"""What holds for all tests, and for the examples in docstrings: plots open no window."""

import os

os.environ["MPLBACKEND"] = "agg"
