"""Files are written whole or not at all, by however many at once."""

import errno
import os
import stat
import threading

import pytest

from autograd import files
from nn import MLP


def others(path):
    return sorted(each.name for each in path.parent.iterdir() if each != path)


def test_texts_are_utf_8_and_lines_end_as_written(tmp_path):
    path = files.write(tmp_path / "note.txt", "σ = 1\nτ = 2\n")
    assert path.read_bytes() == "σ = 1\nτ = 2\n".encode()
    assert files.write(path, b"\xff") == path
    assert path.read_bytes() == b"\xff"
    assert others(path) == []


def test_every_read_is_whole_while_many_write(tmp_path):
    path = tmp_path / "shared"
    contents = [bytes([letter]) * 200_000 for letter in b"abcd"]
    files.write(path, contents[0])
    reads, failures = [], []

    def writing(content):
        try:
            for _ in range(60):
                files.write(path, content)
        except BaseException as error:
            failures.append(error)

    def reading():
        for _ in range(400):
            reads.append(path.read_bytes() in contents)

    threads = [threading.Thread(target=writing, args=(content,)) for content in contents]
    threads += [threading.Thread(target=reading) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert reads == [True] * 800
    assert others(path) == []


def test_models_saved_by_many_threads_can_always_be_loaded(tmp_path):
    path = tmp_path / "model.json"
    models = [MLP(2, [8, 1], seed=seed) for seed in range(4)]
    states = [model.state_dict() for model in models]
    models[0].save(path)
    wrong = []

    def saving(model):
        try:
            for _ in range(30):
                model.save(path)
                reader = MLP(2, [8, 1], seed=9)
                reader.load(path)
                if reader.state_dict() not in states:
                    wrong.append(reader.state_dict())
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=saving, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert others(path) == []


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "deep" / "target", tmp_path / "link"
    target.parent.mkdir()
    link.symlink_to(target)
    files.write(link, "new")  # leads nowhere yet
    files.write(link, "newer")
    assert link.is_symlink()
    assert target.read_text() == "newer"
    assert others(target) == []


def test_links_that_lead_in_circles_are_an_error(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match=r"cannot write '.*link'"):
        files.write(link, "x")
    assert link.is_symlink()


def test_permissions_of_a_file_are_kept_and_new_files_get_the_usual_ones(tmp_path):
    old, new, usual = (tmp_path / name for name in ("old", "new", "usual"))
    old.write_text("secret")
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        files.write(old, "secret still")
        files.write(new, "x")
        usual.write_text("x")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new, usual)] == [0o640] * 3
    old.chmod(0o600)
    files.write(old, "x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "protected"
    path.write_text("precious")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *arguments: False)  # whoever runs the tests may be root
    with pytest.raises(OSError, match="Permission denied"):
        files.write(path, "x")
    assert path.read_text() == "precious"


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path):
    files.write(os.devnull, "x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.write(pipe, "through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("interruption", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
def test_whatever_interrupts_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, interruption, step):
    path = tmp_path / "file"
    path.write_text("precious")

    def interrupt(*arguments):
        raise interruption

    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises((OSError, KeyboardInterrupt), match=r"cannot write '.*file': No space left on device|^$"):
        files.write(path, "new")
    assert path.read_text() == "precious"
    assert others(path) == []


def test_parts_that_others_left_neither_block_nor_vanish(tmp_path, monkeypatch):
    path = tmp_path / "file"
    stale = {f"file.{os.getpid()}.part", f"file.{os.getpid()}.tmp"}
    for name in stale:
        (tmp_path / name).write_text("of somebody else")
    files.write(path, "x")
    assert path.read_text() == "x"
    monkeypatch.setattr(os, "urandom", bytes)  # the same name again
    own = tmp_path / f".{bytes(16).hex()}.part"
    own.write_text("of somebody else")
    with pytest.raises(OSError, match="File exists"):
        files.write(path, "y")
    assert set(others(path)) == {*stale, own.name}
    assert path.read_text() == "x"


def test_the_longest_names_can_be_written(tmp_path):
    path = tmp_path / ("n" * 255)
    assert files.write(path, "x").read_text() == "x"


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("no/such/file", OSError, "cannot write 'no/such/file': there is no folder 'no/such'"),
        (".", OSError, "cannot write '.': it is a folder; give the path of a file"),
        ("nul\0", OSError, "there is a NUL character in it"),
        (7, TypeError, 'expected the path of a file, "graph.html"; got int 7'),
        (None, TypeError, "got NoneType None"),
    ],
)
def test_errors_name_the_path_and_the_reason(path, error, message):
    with pytest.raises(error, match=message):
        files.write(path, "x")
