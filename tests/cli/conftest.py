"""Fixtures of the tests that run the binary."""

import shutil
from pathlib import Path

import pytest

from tests.cli.harness import BINARY, FIXTURES, Dalle2


@pytest.fixture
def dalle2(tmp_path: Path) -> Dalle2:
    assert BINARY.is_file(), f"{BINARY} is missing: build it, or set DALLE2_BINARY"
    for name in ("work", "home"):
        (tmp_path / name).mkdir()
    return Dalle2(tmp_path / "work", tmp_path / "home", FIXTURES)


@pytest.fixture
def own_model(dalle2: Dalle2, tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil; installed, so it needs no trust."""
    folder = tmp_path / "models" / "tiny"
    shutil.copytree(FIXTURES / "tiny", folder)
    dalle2.models = folder.parent
    return folder
