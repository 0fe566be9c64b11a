"""What folds in a picture of a large graph: its modules, layers, neurons, samples and long sums.

The explorer and the static pictures share it. Reading order: `tree.py` (groups, and what becomes of small ones),
`neurons.py`, `terms.py`, then `groups.py`, which brings them together.
"""
