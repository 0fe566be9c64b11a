"""The forms of the course: editions, sheets, slides, and what graders take, made from every notebook."""

from __future__ import annotations

import ast
import json
import re

import pytest

from autograd.course.exercise import chapter
from autograd.course.variants import VARIANTS
from notebooks import editions, grading, parts
from notebooks.__main__ import main

PATHS = parts.notebooks()
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem[:2])


def sources(notebook, kind="code"):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@every_notebook
def test_every_exercise_has_its_four_parts(path):
    found = {}
    for part in parts.parts_of(parts.read(path)):
        if part.exercise:
            found.setdefault(part.exercise, []).append(part.kind)
    assert found.keys() == chapter(parts.number_of(path)).keys()
    assert all(kinds == ["question", "answer", "check", "solution"] for kinds in found.values())


@every_notebook
def test_students_get_all_but_the_solutions(path):
    notebook = parts.read(path)
    edition = editions.student(notebook)
    assert not any("Solution" in text for text in sources(edition, "markdown"))
    exercises = chapter(parts.number_of(path))
    assert len(edition["cells"]) == len(notebook["cells"]) - len(exercises)
    assert sources(edition) == sources(notebook)
    assert all(
        exercise.solution.strip() not in source for exercise in exercises.values() for source in sources(edition)
    )


@every_notebook
def test_the_answers_of_the_solutions_are_right(path, capsys):
    """Imports of the notebook, then the answers and checks in their order."""
    pytest.importorskip("sklearn")
    edition = editions.solutions(parts.read(path))
    names: dict = {}
    exercises = chapter(parts.number_of(path))
    for part in parts.parts_of(edition):
        source = part.source.partition("\n\nz.backward()")[0]  # of notebook 11, which tries it at once
        given = part.cell["id"] in ("imports", "bare") or source.startswith("def backward(self)")
        if (part.kind == "code" and given) or part.kind in ("answer", "check"):
            exec(source, names)
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if line[0] in "✓✗"] == ["✓"] * len(exercises)
    assert not any("<summary>Solution" in text for text in sources(edition, "markdown"))


def test_what_an_exercise_gives_stays_beside_its_solution():
    source = "suspects = [1]\n\ndef stub(x):\n    return x  # not yet\n\nprint(stub(1))\nanswer_5_1 = ..."
    code = editions.answered(source, "5.1")
    assert code.startswith("suspects = [1]")
    assert "stub" not in code
    assert code.endswith("answer_5_1 = answer")


@pytest.mark.parametrize("seed", [1, 2026])
def test_an_edition_with_numbers_of_its_own_is_answered_right(seed, capsys):
    asked = set()
    for path in PATHS:
        notebook = editions.with_numbers(parts.read(path), seed)
        found = parts.parts_of(notebook)
        assert [part.kind for part in found] == [part.kind for part in parts.parts_of(parts.read(path))]
        solved = parts.parts_of(editions.solutions(notebook, seed))
        graded = parts.parts_of(grading.gradable(notebook, seed))
        for i, part in enumerate(found):
            if part.kind == "check" and f"seed={seed})" in part.source:
                asked.add(part.exercise)
                names: dict = {}
                exec("from autograd.course import check\n" + solved[i - 1].source + "\n" + solved[i].source, names)
                assert "✓" in capsys.readouterr().out, part.exercise
        grades = [part.source for part in graded if part.source.startswith("from autograd.course import grade")]
        assert sum(f"seed={seed})" in grade for grade in grades) == sum(
            exercise in VARIANTS for exercise in chapter(parts.number_of(path))
        )
    assert asked == set(VARIANTS)


@every_notebook
def test_graders_find_marked_cells(path):
    notebook = grading.gradable(parts.read(path))
    marks = [cell["metadata"]["nbgrader"] for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    n = len(chapter(parts.number_of(path)))
    assert len({mark["grade_id"] for mark in marks}) == len(marks) == 2 * n
    assert sum(mark.get("points", 0) for mark in marks) == n
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            ast.parse("".join(cell["source"]))
            assert ("### BEGIN SOLUTION" in "".join(cell["source"])) == (
                cell["metadata"].get("nbgrader", {}).get("solution", False)
            )


def test_a_check_for_graders_raises():
    notebook = grading.gradable(parts.read(PATHS[0]))
    check = next(source for source in sources(notebook) if "grade(" in source)
    exec(check, {"answer_1_1": 4.0})
    with pytest.raises(AssertionError, match="the gradient of w"):
        exec(check, {"answer_1_1": 5.0})
    with pytest.raises(AssertionError, match="still empty"):
        exec(check, {"answer_1_1": ...})


def test_sheets_leave_room_and_the_key_does_not():
    pytest.importorskip("nbconvert")
    from notebooks import sheets

    for path in PATHS:
        notebook = parts.read(path)
        n = len(chapter(parts.number_of(path)))
        sheet, key = sheets.sheet(notebook, 1), sheets.key(notebook, 1)
        assert sheet.count('class="room"') == sheet.count("<section>") == sheet.count("</section>") == n
        assert key.count("Solution.") == key.count("<section>") == key.count("</section>") == n
        assert "Solution" not in sheet
        assert "Shift+Enter" not in sheet + key
        assert "hint(" not in sheet + key


def test_a_section_is_a_column_of_slides():
    pytest.importorskip("nbconvert")
    from notebooks import slides

    notebook = parts.read(PATHS[0])
    columns = slides.arranged(notebook)
    assert len(columns) == 1 + sum(text.startswith("## ") for text in sources(notebook, "markdown"))
    shown = [part for column in columns for slide in column for part in slide]
    assert not any(part.kind in ("answer", "check", "solution") for part in shown)
    assert not any(part.cell.get("id") == "build-check" for part in shown)  # it only asserts
    assert all(slide[0].cell["cell_type"] == "markdown" for column in columns for slide in column)


def test_slides_are_one_file_that_loads_nothing(tmp_path):
    pytest.importorskip("nbconvert")
    from notebooks import slides

    (tmp_path / "dist" / "theme").mkdir(parents=True)
    for name in ("reset.css", "reveal.css", "theme/white.css"):
        (tmp_path / "dist" / name).write_text("p { margin: 0 }", encoding="utf-8")
    (tmp_path / "dist" / "reveal.js").write_text('Reveal = "</script>"', encoding="utf-8")
    page = slides.slides(parts.read(PATHS[0]), tmp_path)
    assert "src=" not in page.replace("srcdoc=", "")
    assert page.count("</script>") == 2
    assert "<math" in page


def test_the_command_writes_editions(tmp_path, capsys):
    assert main(["student", "solutions", "--only", "03", "--to", str(tmp_path)]) == 0
    name = PATHS[2].name
    student = json.loads((tmp_path / "student" / name).read_text(encoding="utf-8"))
    assert len(student["cells"]) < len(json.loads((tmp_path / "solutions" / name).read_text(encoding="utf-8"))["cells"])
    assert main(["nbgrader", "--only", "03", "--to", str(tmp_path / "ng")]) == 0
    assert (tmp_path / "ng" / "source" / PATHS[2].stem / name).exists()
    assert "written to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"), [(["posters"], "no form 'posters'; there are pages"), (["--only", "99"], "contains '99'")]
)
def test_what_the_command_does_not_know(arguments, told, capsys):
    assert main(arguments) == 1
    assert told in capsys.readouterr().err


def rows(name):
    """The rows of the tables of a page, as lists of cells."""
    text = (parts.FOLDER / name).read_text(encoding="utf-8")
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]


def test_the_list_of_the_course_has_its_titles_and_honest_minutes():
    listed = [row for row in rows("README.md") if row[0].isdigit()]
    assert len(listed) == len(PATHS)
    for path, (number, link, *_, minutes) in zip(PATHS, listed, strict=True):
        notebook = parts.read(path)
        assert int(number) == parts.number_of(path)
        assert link == f"[{parts.title_of(notebook)}]({path.name})"
        assert abs(int(minutes) - parts.minutes_of(notebook)) <= 5, (path.stem, parts.minutes_of(notebook))


def test_every_notebook_has_goals_and_a_place_in_the_term():
    goals = [row for row in rows("lecturers.md") if row[0].isdigit() and len(row) == 3]
    assert [row[1] for row in goals] == [parts.title_of(parts.read(path)) for path in PATHS]
    term = " ".join(row[3] for row in rows("lecturers.md") if len(row) == 4)
    assert all(str(parts.number_of(path)) in term for path in PATHS)


def test_terms_of_the_glossary_are_introduced_in_bold_where_it_says():
    terms = [row for row in rows("glossary.md") if row[-1].isdigit()]
    assert len({row[0] for row in terms}) == len(terms) >= 60
    numbers = [int(row[-1]) for row in terms]
    assert numbers == sorted(numbers)
    introduced = {parts.number_of(path): parts.terms_of(parts.read(path)) for path in PATHS}
    for term, chinese, meaning, number in terms:
        spellings = {term, term + "s", {"leaf": "leaves"}.get(term, term)}
        assert spellings & set(introduced[int(number)]), (term, number)
        earlier = [n for n in introduced if n < int(number) and spellings & set(introduced[n])]
        assert not earlier, (term, number, earlier)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)
        assert meaning


def test_pictures_have_words_on_the_page():
    pytest.importorskip("nbconvert")
    from notebooks import pages

    notebook = parts.read(PATHS[0])
    cell = next(cell for cell in notebook["cells"] if cell["id"] == "local")
    drawn = {"image/svg+xml": "<svg viewBox='0 0 1 1'></svg>", "text/html": '<img class="autograd" alt="a graph">'}
    svg = {"data": drawn, "metadata": {}, "output_type": "display_data"}
    png = {"data": {"image/png": "AAAA"}, "metadata": {}, "output_type": "display_data"}
    cell["outputs"] = [svg, png]
    body = pages.body_of(notebook)
    assert body.count('alt="the same graph with a local derivative on each edge: 1 and 1 into s') == 2
    assert "No description" not in body
    assert 'alt="a graph"' not in body


def test_an_edition_for_paper_has_its_numbers(tmp_path):
    pytest.importorskip("nbconvert")
    for seed in (1, 2):
        assert main(["sheets", "--only", "01", "--seed", str(seed), "--to", str(tmp_path / str(seed))]) == 0
    name = f"{PATHS[0].stem}.html"
    assert (tmp_path / "1" / name).read_text(encoding="utf-8") != (tmp_path / "2" / name).read_text(encoding="utf-8")


def test_punctuation_stays_with_its_formula():
    pytest.importorskip("nbconvert")
    from notebooks import pages

    page = pages.markdown("Take $x$, then $y$ (or $z$). And $w$ alone.")
    assert page.count('<span class="kept"><math') == 2
    assert "</math>,</span> then" in page
    assert "</math>).</span> And" in page


def test_long_lines_of_output_can_be_reached_with_the_keyboard():
    pytest.importorskip("nbconvert")
    from notebooks import pages

    body = pages.with_reachable_lines(f"<pre>short</pre><pre>short\n{'x' * 120}</pre><pre>{'&lt;' * 40}</pre>")
    assert body.count("<pre>") == 2
    assert body.count('<pre tabindex="0">short\nx') == 1


@every_notebook
def test_links_lead_somewhere_and_sources_are_named(path):
    notebook = parts.read(path)
    text = "\n".join(sources(notebook, "markdown"))
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        assert (path.parent / target).exists(), target
    assert "## Sources and further reading" in text
    following = [other for other in PATHS if parts.number_of(other) == parts.number_of(path) + 1]
    assert all(f"]({other.name})" in text for other in following)
