"""The loops that were in a graph: found, and run as array statements.

Reading order: `ir.py` (statements, runs, nests), `families.py` and `nests.py` (how they are found), `analyze.py`
(graph → program), `bodies.py` (the derivative of a statement), `reference.py` (a program interpreted with NumPy).
"""
