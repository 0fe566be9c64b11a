"""Mermaid flowcharts."""

import re

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, draw


def test_a_flowchart():
    a, b = Value(2.0, "a"), Value(-3.0)
    y = a * b
    y.backward()
    lines = [line.strip() for line in draw(y, format="mermaid", direction="TB").splitlines()]
    assert lines[:6] == [
        "flowchart TB",
        'n0["<b>a</b><br/>value 2<br/>grad −3"]:::leaf',
        'n1["<b>b</b><br/>value −3<br/>grad 2"]:::leaf',
        'n2["<b>y</b>&nbsp;&nbsp;×<br/>value −6<br/>grad 1"]:::output',
        "n0 --> n2",
        "n1 --> n2",
    ]
    assert all(line.startswith("classDef ") for line in lines[6:])


def test_local_derivatives_constants_and_depth():
    x = Value(3.0)
    assert '-->|"∂ 7"| n2' in draw(7 * x, format="mermaid", show_local_derivatives=True)
    assert 'n0["7"]:::constant' in draw(7 * x, format="mermaid")
    assert draw(7 * x, format="mermaid").count(" --> ") == 2
    assert "more_n0 -.-> n0" in draw(7 * x, format="mermaid", depth=0)


def test_themes_differ():
    assert draw(Value(1.0), format="mermaid", theme="dark") != draw(Value(1.0), format="mermaid")


@given(st.text(st.characters(), max_size=40))
def test_no_label_leaves_its_quotes(label):
    lines = draw(Value(1.0, label), format="mermaid", legend=False).split("\n")
    assert len(lines) == 4  # the header, the box, its class, the end
    assert re.fullmatch(
        r' +n0\["(<b>([A-Za-z0-9 ]|[^\x00-\x7f]|#\d+;)*</b><br/>)?value 1<br/>grad –"\]:::output', lines[1]
    )
