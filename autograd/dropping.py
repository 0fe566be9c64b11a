"""Dropping a graph where the interpreter's own stack is too small for it: in the browser.

When nothing holds a node any more, CPython frees it, then its parents, then theirs, one call inside the other. It stops
at some depth and goes on iteratively, so a chain of a million nodes is no problem. From version 3.13 on that depth is
thousands, more than the stack of WebAssembly holds: in Pyodide a chain of 10,000 nodes ended the whole interpreter.

There, a node that is about to be freed lets go of its graph itself, in a loop. Elsewhere nothing is added to nodes: a
call for each of them would make the engine slower.

Entry point: `let_go`, which `value.py` makes the `__del__` of nodes in the browser.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any


def _references_of_one_variable() -> int:
    """What `getrefcount` says of an object that one local variable holds, and nothing else: 2, or 1 from 3.14 on."""
    stack = [object()]
    node = stack.pop()
    return getrefcount(node)


_ALONE = _references_of_one_variable()


_NUMBERS = (int, float)  # what a gradient usually is; else it is a node, with a graph of its own


def let_go(self: Any) -> None:
    """Free the nodes below that nothing else holds, one after the other."""
    if self._first is None and type(self.grad) in _NUMBERS:
        return  # a leaf, or a node that was emptied by the loop below
    stack = [self]
    while stack:
        node = stack.pop()
        if type(node) is tuple:  # the parents of a sum
            if getrefcount(node) == _ALONE:
                stack.extend(node)
        elif node is self or (hasattr(node, "_first") and getrefcount(node) == _ALONE):
            first, second, grad = node._first, node._second, node.grad
            if first is not None:
                node._first = node._second = None
                stack.append(first)
                if second is not None:
                    stack.append(second)
            if type(grad) not in _NUMBERS:
                node.grad = 0
                stack.append(grad)
            first = second = grad = None  # else they would seem to be held
