"""One file that needs nothing else, whatever the labels are; in a notebook a frame with the same page."""

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import OPERATIONS, Value, explore, operation
from autograd.drawing.explorer import page
from autograd.drawing.style import DARK, LIGHT

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!-- <script>",
    "]]></style>",
    "\"quotes\" 'single' `back` \\",
    "${alert(1)}",
    "/*SCRIPT*/ <!--GRAPH--> <!--TITLE-->",
    "\u202eright to left: \u05d0\u05d1\u05d2",
    "👩‍🔬 é \u2028 \0 \ud800",
    "x" * 10_000,
    "&lt;b&gt; &amp; &#39;",
    "\\g<0> \\1",
]


class Parsed(HTMLParser):
    """What a browser makes of the page: the texts of title and scripts, and all tags and attributes."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.open = [], {}, ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.open = attributes.get("id") or tag
        if tag in ("script", "title", "style"):
            self.texts[self.open] = ""

    def handle_endtag(self, tag):
        self.open = ""

    def handle_data(self, data):
        if self.open in self.texts:
            self.texts[self.open] += data


def shape_of(text):
    return [tag for tag, _ in Parsed(text).tags]


PLAIN = explore(Value(1.0, "plain")).html()


def check(text, name):
    parsed = Parsed(text)
    assert shape_of(text) == shape_of(PLAIN)  # no tag more
    data = json.loads(parsed.texts["graph"])
    assert data["names"] == ({"0": name} if name else {})
    assert text.lower().count("</script") == PLAIN.lower().count("</script") == 2
    text.encode("utf-8")
    return parsed


@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_stays_data(label):
    explorer = explore(Value(1.0, label))
    name = explorer.graph["names"]["0"]
    assert len(name) <= 40
    parsed = check(explorer.html(), name)
    assert parsed.texts["title"] == name
    assert label == "x" * 10_000 or parsed.texts["script"] == Parsed(PLAIN).texts["script"]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=50))
def test_any_label_stays_data(label):
    explorer = explore(Value(1.0, label), names={label: Value(1.0)})
    check(explorer.html(), explorer.graph["names"].get("0", ""))


def test_hostile_operations_and_modules_stay_data():
    name = "</script><script>alert(1)</script>"
    op = operation(name, name, lambda x: x * 2.0, lambda y, x: (2.0,))
    try:
        x = Value(1.0)

        class Module:
            def named_parameters(self):
                return [(f"{name}.w", x)]

        text = explore(op(x), modules={name: Module()}).html()
    finally:
        OPERATIONS.pop(name)
    assert text.lower().count("</script") == 2
    assert shape_of(text) == shape_of(PLAIN)


def test_the_page_loads_nothing():
    parsed = Parsed(PLAIN)
    policy = next(a["content"] for tag, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert not [tag for tag, a in parsed.tags if "src" in a or tag == "link"]
    assert not re.search(r"^\s*(import|export)\b", parsed.texts["script"], re.MULTILINE)


def test_no_placeholder_is_left():
    assert not [place for place in ("/*CSS*/", "/*THEME*/", "/*SCRIPT*/", "<!--") if place in PLAIN]


def test_the_modules_are_joined_once_each_after_what_they_import():
    code = page.script()
    for name in ("makeGraph", "mount", "layOut"):
        assert len(re.findall(rf"^function {name}\b", code, re.MULTILINE)) == 1
    assert code.index("function makeGraph") < code.index("function mount")
    declared = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", code, re.MULTILINE)
    assert len(declared) == len(set(declared))


@pytest.mark.skipif(shutil.which("node") is None, reason="needs the program node to read JavaScript")
def test_the_script_is_javascript(tmp_path):
    file = tmp_path / "page.mjs"
    file.write_text(Parsed(explore((Value(0.5).tanh() ** 2).relu()).html()).texts["script"], encoding="utf-8")
    done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_code_that_would_end_its_element_is_written_otherwise():
    code = 'const OPERATIONS = ["</SCRIPT>", "<!--", 1 </ 2];'
    html = page.make_page(explore(Value(1.0)).graph, code, "a page")
    assert 'const OPERATIONS = ["<\\/SCRIPT>", "<\\!--", 1 </ 2];' in html


def test_the_colours_are_those_of_all_pictures():
    css = page.theme_css()
    for role in LIGHT:
        assert f"--{role.replace(' ', '-')}:{LIGHT[role]};" in css
        assert f"--{role.replace(' ', '-')}:{DARK[role]};" in css


def test_a_notebook_gets_a_frame_and_text():
    explorer = explore(Value(1.0, 'it\'s "a" & b'), height=300)
    bundle = explorer._repr_mimebundle_()
    assert bundle["text/plain"] == '<explorer of 1 node: show it in a notebook, or .save("graph.html")>'
    ((tag, attributes),) = Parsed(bundle["text/html"]).tags
    assert tag == "iframe"
    assert "height: 300px" in attributes["style"]
    assert attributes["srcdoc"] == explorer.html()
    assert html.unescape(bundle["text/html"]).count("<iframe") == 1


def test_save_writes_the_page_and_says_where(tmp_path):
    explorer = explore(Value(1.0))
    path = explorer.save(tmp_path / "graph.html")
    assert path == tmp_path / "graph.html"
    assert path.read_text(encoding="utf-8") == explorer.html()
    assert explorer.save(str(path)) == path
    assert [file.name for file in tmp_path.iterdir()] == ["graph.html"]


def test_a_path_that_cannot_be_written_is_an_error_that_says_so(tmp_path):
    explorer = explore(Value(1.0))
    with pytest.raises(OSError, match=r"cannot write .*there is no folder '.*no folder'; give the path"):
        explorer.save(tmp_path / "no folder" / "graph.html")
    with pytest.raises(OSError, match=r"cannot write .*: it is a folder; give the path of a file"):
        explorer.save(tmp_path)
    with pytest.raises(OSError, match="cannot write"):
        explorer.save("nul\0.html")
    with pytest.raises(TypeError, match=r"path of a file.*got int 7"):
        explorer.save(7)
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_not_written_under_the_name_of_a_picture(tmp_path):
    explorer = explore(Value(1.0))
    for name in ("graph.svg", "graph.PNG", "graph.txt"):
        with pytest.raises(ValueError, match=r'is a page: .save\("graph.html"\), not .*draw\(y\).render'):
            explorer.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    for name in ("graph.HTM", "graph"):
        assert explorer.save(tmp_path / name).read_text(encoding="utf-8") == explorer.html()


def test_the_page_is_a_copy_of_the_moment():
    x = Value(1.0)
    explorer = explore(x * x)
    before = explorer.html()
    x.data = 5.0
    assert explorer.html() == before


def test_a_graph_of_millions_is_not_made_a_page_of():
    y = Value(0.5)
    for _ in range(1000):
        y = y.tanh()
    assert explore(y).graph["op"]
    with pytest.raises(ValueError, match=r"more than 1,000 nodes.*loss of one sample.*max_nodes=10000"):
        explore(y, max_nodes=1000)
