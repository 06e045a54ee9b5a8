"""A data folder of its own for every test of the house, and a process that is left as it was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.settings import Settings
from tests.house.fakes import SYSTEM


@pytest.fixture(autouse=True)
def process_as_found() -> Iterator[None]:
    """Preparing a data folder sets the environment and the umask of the whole process."""
    before, mask = dict(os.environ), os.umask(0o022)
    for name in [name for name in os.environ if name.startswith("KEPT_")]:
        del os.environ[name]
    yield
    os.umask(mask)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Prepared as a run does it."""
    prepared = Settings(data_dir=tmp_path / "data", sources=(SYSTEM,))
    prepared.prepare()
    return prepared
