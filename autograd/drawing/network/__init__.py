"""The network view: a model of dense layers as circles in columns, with an edge for each weight.

Reading order: `dense.py` (what a model says about its layers), `scene.py` (circles, lines and texts, as SVG, DOT and
TikZ), `columns.py` (the scene of a network), `figure.py` (the object that shows it).
"""
