"""One story, written as text, Markdown and HTML; and every report has the same doors."""

from collections.abc import Sequence

import pytest

from autograd import Value, doctor, explain, explain_layers, gradcheck, gradcheck_nodes
from autograd.checking.pitfalls import compare
from autograd.report import (
    Code,
    Derivation,
    Equalities,
    Formula,
    Heading,
    Items,
    Math,
    Report,
    Rule,
    Sentence,
    Strong,
    Table,
    aligned,
    elided,
)
from nn import MLP


class Story(Derivation):
    noun, summary = "story", "in short"

    def __init__(self, *paragraphs):
        self.paragraphs = paragraphs

    def story(self):
        return self.paragraphs


def test_a_sentence_in_three_forms():
    story = Story(
        [Sentence("`a = b` is ", Strong("wrong"), ": ", Code("a"), " < ", Math("α²", r"\alpha^2"), " and * too")]
    )
    assert story.text() == "`a = b` is wrong: a < α² and * too"
    assert story.markdown() == r"`a = b` is **wrong**: `a` \< $\alpha^2$ and \* too"
    assert story.html() == "<p><code>a = b</code> is <b>wrong</b>: <code>a</code> &lt; <i>α²</i> and * too</p>"


def test_names_with_underscores_stand_for_themselves():
    assert Story([Sentence("v_1 of _backward and $x")]).markdown() == r"v_1 of \_backward and \$x"


def test_long_sentences_are_wrapped_and_headings_are_not():
    words = "word " * 40
    assert max(map(len, Story([Sentence(words, indent="  ")]).text().splitlines())) <= 118
    assert all(line.startswith("  word") for line in Story([Sentence(words, indent="  ")]).text().splitlines())
    assert Story([Heading(words)]).text().count("\n") == 0
    assert Story([Heading("a")]).markdown() == "**a**"


def test_items_hang():
    story = Story([Items([[Strong("first"), ": " + "word " * 40], ["second"]])])
    lines = story.text().splitlines()
    assert lines[0].startswith("1. first: word")
    assert lines[1].startswith("   word")
    assert lines[-2:] == ["", "2. second"]
    assert story.markdown().endswith("\n2. second")
    assert story.html().endswith("<li>second</li></ol>")


def test_a_table_in_three_forms():
    story = Story([Table(["name", "x|y"], [["a", "1"], ["bc", Strong("✗ 12")], ["d", Math("|x|", "|x|")]], right=[1])])
    assert story.text().splitlines() == ["name   x|y", "a        1", "bc    ✗ 12", "d      |x|"]
    rows = story.markdown().splitlines()
    assert rows[0] == r"| name | x\|y |"
    assert rows[1] == "| :--- | ---: |"
    assert rows[4] == r"| d | $\vert x\vert $ |"
    assert "<td style='text-align:right'><b>✗ 12</b></td>" in story.html()


def test_of_a_long_table_the_middle_is_left_out():
    lines = Story([Table(["n"], [[str(i)] for i in range(100)], shown=6)]).text().splitlines()
    assert lines == ["n", "0", "1", "2", "3", "…", "98", "99"]


def test_equalities_stand_under_each_other():
    rows = [[Math("x", "x"), Math("", ""), Math("3", "3")], [Math("loss", r"\ell"), Math("x·x", "x x"), Math("9", "9")]]
    story = Story([Equalities(["node", "computed as", "number"], rows)])
    assert story.text().splitlines() == ["  x          = 3", "  loss = x·x = 9"]
    assert story.markdown().splitlines()[2:] == ["| $x$ |  | $3$ |", r"| $\ell$ | $x x$ | $9$ |"]
    without = Story([Equalities(["node", "computed as", "number"], rows[:1])])
    assert without.text() == "  x = 3"


def test_formulas_that_follow_each_other_are_one():
    story = Story(
        [Formula(["a = 1"], ["a &= 1"])], [Formula(["b = 2"], ["b &= 2"])], [Sentence("."), Formula([], ["c"])]
    )
    assert story.text() == "a = 1\n\nb = 2\n\n."
    assert story.markdown().count("$$") == 4
    assert "a &= 1 \\\\\nb &= 2\n" in story.markdown()
    assert story.latex() == "\\begin{aligned}\na &= 1 \\\\\nb &= 2 \\\\\nc\n\\end{aligned}"
    assert story.html() == "<pre>a = 1</pre><pre>b = 2</pre><p>.</p>"


def test_a_rule_parts():
    story = Story([Sentence("a")], [Rule(), Sentence("b")])
    assert story.text() == "a\n\n\nb"
    assert story.markdown() == "a\n\n---\n\nb"
    assert story.html() == "<p>a</p><hr><p>b</p>"


def test_pieces_of_formulas_are_joined_in_both_notations():
    x, y = Math("x", "x"), Math("ŷ", r"\hat{y}")
    assert Math(" · ", r" \cdot ").join([x, y]) + x == Math("x · ŷx", r"x \cdot \hat{y}x")


def test_wide_characters_take_two_columns():
    assert aligned([["漢字", "1"], ["abcd", "2"]]) == ["漢字  1", "abcd  2"]
    assert aligned([["e\u0301", "1"], ["e", "2"]]) == ["e\u0301  1", "e  2"]


def test_elided_keeps_what_fits():
    assert elided([1, 2, 3], 3) == [1, 2, 3]
    assert elided([1, 2, 3, 4], 3) == [1, 2, None, 4]


# --- the same doors everywhere ------------------------------------------------------------------------------------


def reports():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    y = x * x + w
    model = MLP(2, [2, 1], activation="tanh", seed=0)
    yield explain(y, x)
    yield explain(y)
    yield explain_layers(model([1.0, -1.0]) ** 2, model)
    yield gradcheck(lambda x: x * x, 3.0)
    yield gradcheck_nodes(y)
    yield doctor(x.sqrt() - 2 * x.sqrt())
    yield doctor(Value(0.0, "x").log())
    yield compare(y)


@pytest.mark.parametrize("report", list(reports()), ids=lambda report: report.noun)
def test_every_report_has_the_same_doors(report):
    assert isinstance(report, Report)
    assert isinstance(report.summary, str)
    assert "\n" not in report.summary
    assert repr(report) == f"<{report.noun}: {report.summary}>"
    assert str(report) == report.text()
    assert report._repr_markdown_() == report.markdown()
    assert report.html().startswith("<")
    # Formulas are typeset in Markdown: a notebook would prefer HTML.
    assert report._repr_html_() == (None if isinstance(report, Derivation) else report.html())
    if isinstance(report, Derivation):
        assert report._repr_latex_() == f"$\\displaystyle {report.latex()}$"


@pytest.mark.parametrize("report", list(reports()), ids=lambda report: report.noun)
def test_what_can_be_counted_is_a_sequence(report):
    assert isinstance(report, Sequence) == hasattr(report, "__len__") == hasattr(report, "__iter__")
    if isinstance(report, Sequence):
        assert list(report) == [report[i] for i in range(len(report))] == list(report[:])


def test_an_empty_formula_leaves_its_cell_empty():
    story = Story([Equalities(["a", "b"], [[Math("x", "x"), Math("", "")]])])
    assert "<td style='text-align:left'></td>" in story.html()
    assert story.markdown().endswith("| $x$ |  |")


def test_the_summary_of_a_model_is_a_report_that_a_prompt_shows_whole():
    summary = MLP(2, [2, 1], seed=0).summary()
    assert isinstance(summary, Report)
    assert repr(summary) == str(summary) == summary.text()
    assert summary.summary == "9 parameters, 0 of them frozen"
