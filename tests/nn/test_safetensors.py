"""Parameters in files of safetensors: there and back, beside the official package, and what no damage may do."""

from __future__ import annotations

import json
import math
import os
import random
import struct

import pytest

from autograd import Value
from nn import MLP, Conv2d, Embedding, Flatten, LayerNorm, Linear, Module, Sequential
from nn.safetensors import Stored, decode, encode


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)  # which matters when the power fails


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def mixed(seed):
    return Sequential(
        Conv2d(1, 2, size=2, activation="relu", seed=seed),
        Flatten(),
        LayerNorm(8),
        MLP(8, [3, 2], seed=seed),
        Linear(2, 1, bias=False, seed=seed),
    )


def bits(model):
    return [p.data.hex() for p in model.parameters()]


def content(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(shape=(2,), begin=0, end=16, dtype="F64"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


# --- there and back ---------------------------------------------------------------------------------------------------


def test_what_is_saved_comes_back_to_the_bit(path):
    model, other = mixed(0), mixed(1)
    model.parameters()[0].data = 5e-324
    model.parameters()[1].data = -0.0
    model.save(path)
    assert bits(other) != bits(model)
    other.load(str(path))
    assert bits(other) == bits(model)


def test_the_suffix_chooses_in_any_case(tmp_path):
    model = MLP(2, [1], seed=0)
    model.save(tmp_path / "m.SafeTensors")
    assert (tmp_path / "m.SafeTensors").read_bytes()[8:9] == b"{"
    model.save(tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text())["parameters"] == model.state_dict()


def test_nan_and_infinity_survive(path):
    model, other = Linear(3, 1, bias=False), Linear(3, 1, bias=False)
    for p, x in zip(model.parameters(), (math.nan, math.inf, -math.inf), strict=True):
        p.data = x
    model.save(path)
    other.load(path)
    assert [str(p.data) for p in other.parameters()] == ["nan", "inf", "-inf"]


def test_a_layer_used_twice_is_written_twice_and_must_agree(path):
    layer = Linear(1, 1, bias=False, seed=0)
    model = Sequential(layer, layer)
    model.save(path)
    assert list(decode(path.read_bytes())) == ["0.weight", "1.weight"]
    model.load(path)
    layer.neurons[0].weights[0].data = 7.0
    path.write_bytes(encode({"0.weight": Stored((1, 1), [1.0]), "1.weight": Stored((1, 1), [2.0])}))
    with pytest.raises(ValueError, match=r"1\.weight holds parameters that it has under another name, too, with other"):
        model.load(path)
    assert layer.neurons[0].weights[0].data == 7.0


def test_the_numbers_begin_at_a_multiple_of_eight():
    data = encode({"w": Stored((1,), [2.5])})
    assert (len(data) % 8, data[-8:]) == (0, struct.pack("<d", 2.5))
    assert decode(encode({})) == {}


def test_numbers_of_fewer_bits_are_read():
    def read(dtype, data):
        return decode(content({"w": entry([2], 0, len(data), dtype)}, data))["w"].numbers

    assert read("F32", struct.pack("<2f", 0.1, -2.0)) == [struct.unpack("<f", struct.pack("<f", 0.1))[0], -2.0]
    assert read("F16", struct.pack("<2e", 0.5, -3.0)) == [0.5, -3.0]
    assert read("BF16", bytes.fromhex("803f 40c0")) == [1.0, -3.0]


# --- beside the official package --------------------------------------------------------------------------------------


def test_the_official_package_reads_what_we_write(path):
    numpy, official = pytest.importorskip("numpy"), pytest.importorskip("safetensors.numpy")
    model = mixed(0)
    model.save(path)
    loaded = official.load_file(path)
    assert list(loaded["3.0.weight"].shape) == [3, 8]
    assert all(array.dtype == numpy.float64 for array in loaded.values())
    neurons = model.layers[3].layers[0].neurons
    assert loaded["3.0.weight"].tolist() == [[w.data for w in neuron.weights] for neuron in neurons]
    assert loaded["0.0.weight"].ravel().tolist() == [
        w.data for neuron in model.layers[0].neurons for w in neuron.weights
    ]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_we_read_what_the_official_package_writes(path, dtype):
    numpy, official = pytest.importorskip("numpy"), pytest.importorskip("safetensors.numpy")
    generator = numpy.random.default_rng(0)
    arrays = {"0.weight": (4, 3), "0.bias": (4,), "2.weight": (2, 4), "2.bias": (2,)}
    arrays = {name: generator.normal(size=shape).astype(dtype) for name, shape in arrays.items()}
    official.save_file(arrays, path, metadata={"note": "of another program"})
    model = MLP(3, [4, 2])
    model.load(path)
    for i, layer in enumerate(model.layers):
        assert [[w.data for w in neuron.weights] for neuron in layer.neurons] == arrays[f"{2 * i}.weight"].tolist()
        assert [neuron.bias.data for neuron in layer.neurons] == arrays[f"{2 * i}.bias"].tolist()


def test_damaged_files_are_read_as_the_official_package_reads_them(path):
    official, arrays = pytest.importorskip("safetensors"), pytest.importorskip("safetensors.numpy")
    generator, data = random.Random(0), encode({"a": Stored((2,), [1.0, 2.0]), "b": Stored((), [3.0])})
    refused = 0
    for _ in range(500):
        damaged = bytearray(data)
        damaged[generator.randrange(len(data) - 24)] = generator.randrange(256)
        try:
            expected = {name: array.ravel().tolist() for name, array in arrays.load(bytes(damaged)).items()}
        except official.SafetensorError:
            refused += 1
            with pytest.raises(ValueError, match=r"it|the tensor"):
                decode(bytes(damaged))
        else:
            assert {name: numbers for name, (_, numbers) in decode(bytes(damaged)).items()} == expected
    assert 100 < refused < 500


# --- files that do not fit --------------------------------------------------------------------------------------------

GOOD = {"weight": entry([1, 2]), "bias": entry([1], 16, 24)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is no file of safetensors, or cut off: .* b'', with 0 bytes to follow"),
        (b"{}", "it is no file of safetensors"),
        ((2**63).to_bytes(8, "little") + b"{}", "it is no file of safetensors, or cut off"),
        (
            content(GOOD, bytes(24))[:-1],
            r"the tensor 'bias' of F64 has the shape 1, which does not fill its bytes, 16 to 24",
        ),
        (content(GOOD, bytes(25)), "its tensors have 24 bytes, but 25 follow the header"),
        (content(b"\xff\xfe"), "its header is damaged"),
        (content(b"[" * 100_000), "its header is damaged"),
        (content(b"[]"), "its header is a list, not an object"),
        (content(b'{"a": 1, "a": 2}'), "its header is damaged: a name stands in it twice"),
        (content({"weight": 1}), "the tensor 'weight' lacks its dtype, shape or data_offsets"),
        (content({"weight": {"dtype": "F64", "shape": []}}), "the tensor 'weight' lacks"),
        (
            content({"weight": entry(dtype="I64")}, bytes(16)),
            "numbers of the type I64; those that can be read are F64, F32",
        ),
        (content({"weight": entry(dtype=["F64"])}, bytes(16)), "numbers of the type"),
        (content({"weight": entry([2.0])}, bytes(16)), "a shape or data_offsets that are no lists of whole numbers"),
        (content({"weight": entry([True, 2])}, bytes(16)), "no lists of whole numbers"),
        (content({"weight": entry([-1, -2])}, bytes(16)), "no lists of whole numbers"),
        (content({"weight": entry("2")}, bytes(16)), "no lists of whole numbers"),
        (content({"weight": entry([3])}, bytes(16)), "has the shape 3, which does not fill its bytes, 0 to 16 of 16"),
        (content({"weight": entry([10**4000] * 9)}, bytes(16)), "which does not fill its bytes"),
        (content({"weight": entry([2] * 100_000)}, bytes(16)), "which does not fill its bytes"),
        (content({"weight": entry(end=0)}, bytes(16)), "which does not fill its bytes, 0 to 0"),
        (content({"weight": entry(begin=16)}, bytes(16)), "which does not fill its bytes, 16 to 16"),
        (
            content({"weight": entry([1, 2]), "bias": entry([1], 8, 16)}, bytes(16)),
            "the tensor 'bias' overlaps another one",
        ),
        (content({"weight": entry([1, 2]), "bias": entry([1], 24, 32)}, bytes(32)), "the tensor 'bias' leaves a gap"),
        (encode({"weight": Stored((1, 2), [1.0, 2.0])}), r"this state is not of Linear\(2 → 1\): it lacks 'bias'"),
        (encode({"w": Stored((0,), [])}), "it lacks 'weight', 'bias' and it has the unknown 'w'"),
        (
            encode({"weight": Stored((2, 1), [1.0, 2.0]), "bias": Stored((1,), [3.0])}),
            "weight has the shape 2×1 in it, and 1×2 here",
        ),
    ],
)
def test_a_file_that_does_not_fit_changes_nothing(path, data, message):
    model = Linear(2, 1, seed=0)
    before = bits(model)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"model\.safetensors does not fit: .*{message}") as raised:
        model.load(path)
    assert len(str(raised.value)) < 1000
    assert bits(model) == before


def test_the_good_one_fits(path):
    path.write_bytes(content(GOOD, struct.pack("<3d", 1.0, 2.0, 3.0)))
    model = Linear(2, 1)
    model.load(path)
    assert [p.data for p in model.parameters()] == [1.0, 2.0, 3.0]


def test_a_file_that_cannot_be_written_or_is_not_there(tmp_path):
    with pytest.raises(OSError, match="there is no folder"):
        Linear(1, 1).save(tmp_path / "missing" / "m.safetensors")
    with pytest.raises(FileNotFoundError):
        Linear(1, 1).load(tmp_path / "m.safetensors")


def test_a_model_of_ones_own_and_symbols(path):
    class Model(Module):
        def __init__(self, seed):
            self.embedding, self.scale = Embedding(3, 2, seed=seed), {"ä": Value(float(seed))}

    model, other = Model(1), Model(2)
    model.save(path)
    other.load(path)
    assert bits(other) == bits(model)
