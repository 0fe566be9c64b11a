"""The distribution, built once, and fresh environments to install it into.

The plain `pytest` leaves these tests out, as they take minutes and a package index; `.ci/run` runs them:

    pytest --override-ini addopts= tests/packaging
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.packaging)


class Environment(NamedTuple):
    """A virtual environment, and an empty folder to be in: nothing is found there by accident."""

    folder: Path
    outside: Path

    def run(self, program, *arguments, cwd=None, status=0):
        """The output of a program of this environment, which ends with this exit code."""
        command = [str(self.folder / "bin" / program), *map(str, arguments)]
        clean = {"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "HOME": str(self.outside), "PIP_QUIET": "1"}
        done = subprocess.run(
            command,
            cwd=cwd or self.outside,
            env={**clean, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **_index()},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == status, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout


def _index():
    """Where this machine gets its packages from."""
    return {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_")) or "proxy" in name.lower()
    }


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Makes a fresh environment."""

    def make(name):
        folder, outside = tmp_path_factory.mktemp(name), tmp_path_factory.mktemp("outside")
        venv.create(folder, with_pip=True)
        return Environment(folder, outside)

    return make


@pytest.fixture(scope="session")
def built(environment, tmp_path_factory):
    """The folder with the sdist and with the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    builder = environment("builder")
    builder.run("pip", "install", "build")
    builder.run("python", "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def sdist(built):
    (path,) = built.glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def unpacked(sdist, tmp_path_factory):
    """The folder that the sdist holds."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(sdist) as archive:
        if sys.version_info >= (3, 12):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    (project,) = folder.iterdir()
    return project
