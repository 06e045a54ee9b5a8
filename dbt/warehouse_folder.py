"""A dbt-duckdb plugin that puts the warehouse into the data folder, and makes its folder before any load."""

import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """The profile's path is taken as below KEPT_DATA_DIR.

    dbt reads its whole project again, for twenty seconds, where the profile names another file than before. The folder,
    which DuckDB would not make, holds HR data and is its owner's alone.
    """

    def initialize(self, _plugin_config: dict[str, Any]) -> None:
        if self.creds is None or self.creds.path == ":memory:":
            return
        warehouse = Path(os.environ.get("KEPT_DATA_DIR", "../data"), self.creds.path)
        warehouse.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.creds.path = str(warehouse)
