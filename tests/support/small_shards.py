"""`small_shards`: a few rows make several shards, so that small data shows what large data does.

Import it where all tests of a file want it: it is used by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograd.compiling import shards


@pytest.fixture(scope="module", autouse=True)
def small_shards() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "LEAST_WORK", 100_000)
        patch.setattr(shards, "AS_MUCH", 0)
        yield
