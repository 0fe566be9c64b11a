"""The table for a terminal."""

from autograd import Value, draw


def test_columns_are_aligned_and_local_derivatives_named():
    w, x = Value(2.0, "weight"), Value(0.25, "x")
    y = (w * x - 1) ** 2
    y.backward()
    assert draw(y, format="text", show_local_derivatives=True).splitlines() == [
        "name    expression  value  gradient  local derivatives",
        "weight                  2     -0.25",
        "x                    0.25        -2",
        "v1      weight × x    0.5        -1  weight: 0.25, x: 2",
        "v2      v1 − 1       -0.5        -1  v1: 1",
        "y       v2 ** 2      0.25         1  v2: -1",
    ]


def test_names_given_twice_are_told_apart_and_v1_is_not_taken_twice():
    a, b = Value(1.0, "x"), Value(2.0, "x")
    c = Value(3.0, "v1")
    rows = draw(a * b + c, format="text").splitlines()
    assert [row.split()[0] for row in rows] == ["name", "x", "x#2", "v2", "v1", "v3"]
    assert "x × x#2" in rows[3]


def test_what_is_cut_off_is_an_ellipsis():
    assert "exp(…)" in draw(Value(1.0).sin().exp(), format="text", depth=0)


def test_wide_characters_take_two_columns():
    rows = draw(Value(1.0, "漢字") * Value(2.0, "abcd"), format="text").splitlines()
    assert rows[1].index("1") == rows[2].index("2") - 2
