"""Files that are written whole or not at all.

Entry point: `write`, which everything that saves goes through: parameters, pictures, pages, the command line.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any


def write(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Put `content` into the file `path`, in one step, and return the path.

    A reader sees the file as it was before or as it is now, never half of it, however many threads and processes
    write it at once. Whatever happens in between (an error, a full disk, Ctrl-C), the old file stays, and nothing is
    left behind. A link stays a link: the file that it leads to is replaced. A file keeps its permissions; a new
    one gets the usual ones.

    Args:
        path: of the file. Its folder must exist.
        content: bytes, or a text, which is written as UTF-8.

    Raises OSError, with the path and the reason, if the file cannot be written; TypeError if `path` is not a path.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder) / "note.txt", "x = 3").read_text()
    'x = 3'
    """
    try:
        shown = os.fsdecode(path)
    except TypeError:
        raise TypeError(f'expected the path of a file, "graph.html"; got {type(path).__name__} {path!r:.60}') from None
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        _replace(os.path.realpath(shown), data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise OSError(f"cannot write {shown!r}: {_reason(shown, error)}; give the path of a file") from None
    return Path(shown)


def _replace(target: str, data: bytes) -> None:
    mode = _mode(target)
    if mode is not None and not stat.S_ISREG(mode):  # /dev/stdout, a pipe: there is nothing to lose or to replace
        with open(target, "wb") as file:
            file.write(data)
        return
    if mode is not None and not os.access(target, os.W_OK):  # replacing it would not ask for permission
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    # A part file of its own for each call. `open` makes it with the permissions that new files get, which `tempfile`
    # would not; the name is short, as that of the target may be as long as names can be.
    part = os.path.join(os.path.dirname(target), f".{os.urandom(16).hex()}.part")
    try:
        with open(part, "xb") as file:
            file.write(data)
            if mode is not None:
                os.chmod(part, stat.S_IMODE(mode))
            file.flush()
            os.fsync(file.fileno())  # else a loss of power could leave the new name with nothing in it
        os.replace(part, target)
    except FileExistsError:  # of somebody else
        raise
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _reason(path: str, error: Any) -> str:
    if "\0" in path:
        return "there is a NUL character in it"
    if os.path.isdir(path):
        return "it is a folder"
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {folder!r}"
    return getattr(error, "strerror", None) or str(error)
