"""The examples of docs/other-libraries.md run, and do what the page says of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import autograd
from nn import MLP

PAGE = (Path(__file__).parents[1] / "docs" / "other-libraries.md").read_text(encoding="utf-8")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the examples of a section, each in the names of those before it where it goes on, and returns its names."""
    monkeypatch.chdir(tmp_path)

    def examples_of(title):
        section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
        codes = re.findall(r"^```python\n(.*?)^```", section[1], flags=re.MULTILINE | re.DOTALL)
        assert codes
        for node in [node for code in codes for node in ast.walk(ast.parse(code))]:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for name in [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]:
                    if name.partition(".")[0] not in ("autograd", "nn"):
                        pytest.importorskip(name)
        names = {}
        for code in codes:
            exec(compile(code, title, "exec"), names)
        return names

    return examples_of


def test_one_function_in_four_libraries(run):
    jax, numpy = pytest.importorskip("jax"), pytest.importorskip("numpy")
    was = jax.config.jax_enable_x64
    try:
        names = run("One function in four libraries")
    finally:
        jax.config.update("jax_enable_x64", was)
    y, gradient = names["here"]
    assert [x.item() for x in names["in_jax"][1]] == pytest.approx(gradient, rel=1e-12)
    assert names["in_torch"] == pytest.approx(gradient, rel=1e-12)
    assert names["in_jax"][0].item() == pytest.approx(y, rel=1e-12)
    many = names["loss"]([numpy.full(1000, x) for x in names["w"]])
    assert many.tolist() == pytest.approx([y] * 1000, rel=1e-12)


def test_models_of_pytorch(run):
    names = run("Models of PyTorch")
    theirs, again = names["theirs"], names["again"]
    torch = names["torch"]
    assert all(torch.equal(p, q) for p, q in zip(again.parameters(), theirs.parameters(), strict=True))
    assert names["y"].data == pytest.approx(theirs(torch.tensor([[0.5, -1.0]])).item(), rel=1e-5)
    assert repr(again) == repr(theirs)


def test_files_of_safetensors(run):
    names = run("Files of safetensors")
    assert names["other"].state_dict() == names["model"].state_dict()
    sizes = [Path("digits.safetensors").stat().st_size]
    names["model"].save("digits.json")
    sizes.append(Path("digits.json").stat().st_size)
    assert 7 < sizes[1] / sizes[0] < 9, "an eighth of the room"
    x = [0.1 * i for i in range(64)]
    expected = [y.data for y in MLP(64, [25, 10], seed=0)(x)]
    torch = names["torch"]
    assert names["network"](torch.tensor(x, dtype=torch.float64)).tolist() == pytest.approx(expected, rel=1e-12)


def test_an_mlp_in_onnx(run):
    names = run("An MLP in ONNX")
    numpy, onnx, onnxruntime = (names[name] for name in ("np", "onnx", "onnxruntime"))
    expected = names["model"].predict(names["X"])
    assert names["outputs"].dtype == numpy.float64
    assert numpy.allclose(names["outputs"], expected, rtol=1e-12, atol=0)
    single = names["to_onnx"](names["model"], numpy.float32)
    onnx.checker.check_model(single, full_check=True)
    session = onnxruntime.InferenceSession(single.SerializeToString())
    (outputs,) = session.run(None, {"x": names["X"].astype(numpy.float32)})
    assert numpy.allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    relu = names["to_onnx"](MLP(2, [4, 1], seed=1))
    session = onnxruntime.InferenceSession(relu.SerializeToString())
    (outputs,) = session.run(None, {"x": names["X"]})
    assert numpy.allclose(outputs.ravel(), MLP(2, [4, 1], seed=1).predict(names["X"]).ravel(), rtol=1e-12)


def test_scikit_learn_and_pandas(run):
    names = run("scikit-learn and pandas")
    assert list(names["predicted"]) == names["kinds"]


def test_the_page_names_what_there_is():
    assert set(re.findall(r"`autograd\.(\w+)", PAGE)) <= set(autograd.__all__)
