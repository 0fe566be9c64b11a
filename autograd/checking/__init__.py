"""Whether gradients are right, and what is wrong where they are not.

Reading order: `differences.py` (numerical derivatives), `problems.py` (what is checked), `gradient_check.py`;
`case.py` and the checks, `doctor.py`; `pitfalls.py`, the wrong backward passes.
"""
