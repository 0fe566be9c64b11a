"""Elementary functions of whole vectors, as LLVM assembly.

Entry point: `FUNCTIONS`.
"""

from __future__ import annotations


class _Functions:
    def has(self, name: str) -> bool:
        return False

    def definitions(self, width: int, names: set[str]) -> str:
        return ""


FUNCTIONS = _Functions()
