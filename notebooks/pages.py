"""Notebooks as web pages: plain files for any web server or none.

The explorers in them are alive, formulas are MathML, and nothing is loaded from elsewhere.

Entry points: `page` for one notebook, `around` for what stands around them; `executed` runs one, `body_of` and
`markdown` write HTML.
"""

from __future__ import annotations

import copy
import html
import json
import re
import subprocess
from pathlib import Path

from .parts import FOLDER, Notebook, notebooks, number_of, parts_of, read, title_of

HOME = "index.html"
AROUND = {
    HOME: "README.md",
    "lecturers.html": "lecturers.md",
    "glossary.html": "glossary.md",
    "projects.html": "projects.md",
}
WITHOUT_WORDS = 'alt="No description has been provided for this image"'
SECONDS = 300  # that one cell may take


def executed(path: Path) -> Notebook:
    """A notebook after it was run in a fresh kernel, with what its cells show."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(path.parent)}})
    client.execute(stderr=subprocess.DEVNULL)  # where a kernel only greets; errors of cells come with their cells
    result: Notebook = notebook
    return result


def page(path: Path, notebook: Notebook) -> str:
    """The page of a notebook that was run."""
    return document(title_of(notebook), body_of(notebook), neighbours(path))


def body_of(notebook: Notebook) -> str:
    """The cells of a notebook as HTML. Pictures have words, for screen readers: the comments their cells begin with."""
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic", anchor_link_text="")
    exporter.register_filter("markdown2html", markdown)
    notebook = copy.deepcopy(notebook)
    drawings = []  # nbconvert gives words to plots, but not to what is drawn as SVG
    for part in parts_of(notebook):
        if part.picture:
            part.cell["metadata"]["alt"] = part.picture
            for output in part.cell["outputs"]:
                if "image/svg+xml" in output.get("data", {}):
                    output["data"].pop("text/html", None)  # the same drawing as an image, named "computation graph"
                    drawings.append(part.picture)
    body, _ = exporter.from_notebook_node(nbformat.reads(json.dumps(notebook), as_version=4))
    for words in drawings:
        body = body.replace(WITHOUT_WORDS, f'alt="{html.escape(words)}"', 1)
    return with_formulas(with_reachable_lines(body))


def with_reachable_lines(body: str) -> str:
    """Long lines of output are scrolled: so that the keyboard can do it, what holds them can be reached with Tab."""

    def reachable(match: re.Match[str]) -> str:
        longest = max(len(line) for line in html.unescape(re.sub("<[^>]*>", "", match[1])).splitlines() or [""])
        return match[0].replace("<pre>", '<pre tabindex="0">', 1) if longest > 80 else match[0]

    return re.sub(r"<pre>((?:(?!</pre>).)*)</pre>", reachable, body, flags=re.DOTALL)


def around() -> dict[str, str]:
    """The pages around the notebooks, by name: the first page, for lecturers, the glossary."""
    result = {}
    for name, source in AROUND.items():
        text = (FOLDER / source).read_text(encoding="utf-8")
        navigation = "" if name == HOME else f'<nav><a href="{HOME}">The course</a></nav>'
        result[name] = document(text.splitlines()[0].removeprefix("# "), markdown(text), navigation)
    return result


def neighbours(path: Path) -> str:
    """Links to the page before, the first page and the page after."""
    paths = notebooks()
    i = [each.stem for each in paths].index(path.stem)
    links = [f'<a href="{HOME}">The course</a>']
    if i > 0:
        links.insert(0, f'<a href="{paths[i - 1].stem}.html" rel="prev">← {words(paths[i - 1])}</a>')
    if i + 1 < len(paths):
        links.append(f'<a href="{paths[i + 1].stem}.html" rel="next">{words(paths[i + 1])} →</a>')
    return f"<nav>{''.join(links)}</nav>"


def words(path: Path) -> str:
    """What a link to a notebook's page says: its number and its heading."""
    return html.escape(f"{number_of(path)} {title_of(read(path))}")


def document(title: str, body: str, navigation: str) -> str:
    """A page around `body`."""
    body = re.sub(r'href="([\w-]+)\.ipynb"', r'href="\1.html"', body)
    for name, source in AROUND.items():
        body = body.replace(f'href="{source}"', f'href="{name}"')
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n"
        '<link rel="stylesheet" href="course.css">\n</head>\n<body>\n'
        f"{navigation.replace('<nav>', '<nav aria-label=above>')}\n<main>\n{body}\n</main>\n"
        f"{navigation.replace('<nav>', '<nav aria-label=below>')}\n</body>\n</html>\n"
    )


# --- formulas ----------------------------------------------------------------------------------------------


def markdown(source: str) -> str:
    """Markdown as HTML, with its formulas as MathML."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """Writes formulas as MathML, which browsers show without a script."""

        def block_math(self, body: str) -> str:
            return displayed(body)

        def inline_math(self, body: str) -> str:
            return formula(body, "inline")

        def latex_environment(self, name: str, body: str) -> str:
            return displayed(rf"\begin{{{name}}}{body}\end{{{name}}}")

    result: str = MarkdownWithMath(renderer=Renderer(escape=False)).render(source)
    # A comma stays in the line of its formula.
    return re.sub(
        r"(<math(?:(?!</math>).)*</math>)([.,;:!?)]+)", r'<span class="kept">\1\2</span>', result, flags=re.DOTALL
    )


NAMED = "<mi>(?:ln|sin|cos|tanh)</mi>"
BETTER = (
    # A prime is raised already: as a superscript it would become a dot.
    (r"<msup>(<mi>[^<]*</mi>)<mi>(&#x0203[23];)</mi></msup>", r"<mrow>\1<mo lspace='0' rspace='0'>\2</mo></mrow>"),
    # A double bar is as high as its partner.
    (r"<mo>&#x02016;</mo>", "<mo stretchy='false'>&#x02016;</mo>"),
    # The mark of a transpose is a letter: an operator would have spaces around it.
    (r"<mo>&#x022A4;</mo>", "<mi>&#x022A4;</mi>"),
    # y ln a, and not ylna.
    (rf"(?<=</msub>)({NAMED})", r"<mspace width='0.17em'></mspace>\1"),
    (
        rf"(<msup>{NAMED}<mn>2</mn></msup>|(?<!<msup>){NAMED})(?=<m(?:[in]|sub|sup|frac|row)>)",
        r"\1<mspace width='0.17em'></mspace>",
    ),
)


def formula(latex: str, display: str) -> str:
    """A formula as MathML; its LaTeX is kept beside it for whoever copies it."""
    from latex2mathml.converter import convert

    known = html.unescape(latex).strip().replace("{aligned}", "{split}")  # the same, by the name that is known there
    mathml: str = convert(known, display=display)
    for pattern, better in BETTER:
        mathml = re.sub(pattern, better, mathml)
    return mathml.replace("<math ", f'<math data-latex="{html.escape(latex.strip(), quote=True)}" ', 1)


def displayed(latex: str) -> str:
    """A formula on lines of its own. Matrices may be wider than the page: then the keyboard can scroll them, too."""
    equations = formula(latex, "block")
    if r"\begin" not in latex:
        return equations
    return f'<div class="wide" tabindex="0" role="group" aria-label="equations">{equations}</div>'


def with_formulas(body: str) -> str:
    """The formulas that results in LaTeX put into the page, between dollars, as MathML."""

    def replaced(match: re.Match[str]) -> str:
        return match[1] + displayed(match[2].strip("$")) + match[3]

    return re.sub(r'(<div class="output_latex[^>]*>\s*)\$+(.*?)\$+(\s*</div>)', replaced, body, flags=re.DOTALL)
