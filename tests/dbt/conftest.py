"""The warehouse as `dbt build` leaves it before any load, built once for all tests of dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import once_a_session
from tests.dbt.landing_writer import build


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For reading: who writes takes a copy."""

    def build_without_loads(data_dir: Path) -> Path:
        build(data_dir, select="resource_type:model")
        return data_dir

    return once_a_session(tmp_path_factory, "empty", build_without_loads)
