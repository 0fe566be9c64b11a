"""Formulas: the derivative rules of the table fed with symbols.

Reading order: `notation.py` (numbers and names), `symbols.py` (formulas), `typesetting.py` (formulas as MathML).
"""
