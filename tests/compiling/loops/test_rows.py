"""Rows of arrays with any strides as the lanes of a tile."""

import ctypes

import numpy as np
import pytest

from autograd.compiling.loops import rows
from autograd.compiling.loops.blocks import TILE
from autograd.compiling.loops.emitter import attributes

pytest.importorskip("llvmlite")

LAYOUTS = {
    "rows": lambda x: np.ascontiguousarray(x),
    "columns": lambda x: np.asfortranarray(x),
    "every second number": lambda x: np.repeat(np.repeat(x, 2, axis=1), 3, axis=0)[::3, ::2],
    "every second row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "backwards": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "part of a wider one": lambda x: np.concatenate([x, x, x], axis=1)[:, x.shape[1] : 2 * x.shape[1]],
}


@pytest.fixture(scope="module", params=[8, 4, 2])
def read_rows(request: pytest.FixtureRequest):
    from autograd.compiling.machine_code import MachineCode, lane_width

    width = request.param
    if width > lane_width():
        pytest.skip("this machine has no such vectors")
    code = MachineCode("\n".join([*rows.definitions(width), attributes(width)]), 1)
    number = ctypes.c_int64
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, number, number, number, number)

    def read(x: np.ndarray, tile: np.ndarray) -> None:
        call = function(code.address("read_rows"))
        call(tile.ctypes.data, x.ctypes.data, x.strides[0], x.strides[1], x.shape[1], len(x))

    read.code, read.width = code, width  # type: ignore[attr-defined]
    return read


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n_columns", [1, 3, 8, 13, 64])
@pytest.mark.parametrize("lanes", [1, 7, 8, 21, 64])
def test_any_layout(read_rows, layout: str, n_columns: int, lanes: int) -> None:
    x = LAYOUTS[layout](np.random.default_rng(0).normal(size=(lanes, n_columns)))
    tile = np.full((n_columns + 1, TILE), np.nan)
    read_rows(x, tile)
    np.testing.assert_array_equal(tile[:-1, :lanes], x.T)
    filled = -(-lanes // read_rows.width) * read_rows.width
    np.testing.assert_array_equal(tile[:-1, lanes:filled], np.repeat(x[-1:], filled - lanes, axis=0).T)
    assert np.isnan(tile[:, filled:]).all()
    assert np.isnan(tile[-1]).all()


def test_one_row_for_all(read_rows) -> None:
    x = np.broadcast_to(np.arange(9.0), (20, 9))
    tile = np.full((9, TILE), np.nan)
    read_rows(x, tile)
    np.testing.assert_array_equal(tile[:, :20], x.T)


def test_columns_of_several_arrays(read_rows) -> None:
    rng = np.random.default_rng(0)
    number = rng.normal(size=40)
    arrays = [
        rng.normal(size=(40, 11)),
        rng.normal(size=(3, 40)).T,
        number[:, None],
        np.broadcast_to(number[:1], (40, 2)),
    ]
    columns = [x[:, k : k + 1] for x in arrays for k in range(x.shape[1])]
    first, lanes, place = 24, 13, rows.ROW + 1
    context = np.zeros(place + 2 * len(columns), np.int64)
    tile = np.full((1 + len(columns), TILE), np.nan)
    context[rows.ARGUMENTS], context[rows.LIMIT], context[rows.ROW] = tile.ctypes.data, lanes, first
    context[place::2] = [x.ctypes.data for x in columns]
    context[place + 1 :: 2] = [x.strides[0] for x in columns]
    descriptor = np.array([TILE, place, len(columns)], np.int64)
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(read_rows.code.address("rows"))
    function(descriptor.ctypes.data, context.ctypes.data)
    expected = np.concatenate(arrays, axis=1)[first : first + lanes].T
    np.testing.assert_array_equal(tile[1:, :lanes], expected)
    assert np.isnan(tile[0]).all()
