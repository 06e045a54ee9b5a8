"""The compiled SQL of a few models on tables that a test makes: for properties that want many tables and no build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
from dbt.cli.main import dbtRunner

from tests.dbt.landing_writer import UNHEARD, dbt_environment, parsed_project_without_tests


class CompiledModels:
    """Each answer is computed on the tables given with it and those of the answers before."""

    def __init__(self, data_dir: Path, *models: str, as_of: str = "") -> None:
        with dbt_environment(data_dir, as_of=as_of):
            result = dbtRunner(manifest=parsed_project_without_tests()).invoke(
                ["compile", *UNHEARD, "--select", *models]
            )
        assert result.success, result.exception
        self.sql = {found.node.name: found.node.compiled_code for found in result.result.results}
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as retention")
        self.connection.execute("create schema retention.intermediate")
        self.connection.execute("create schema retention.seeds")

    def give(self, name: str, frame: pd.DataFrame, schema: str = "intermediate") -> None:
        self.connection.register("given", frame)
        self.connection.execute(f"create or replace table retention.{schema}.{name} as select * from given")
        self.connection.unregister("given")

    def answer(self, model: str, **tables: pd.DataFrame) -> pd.DataFrame:
        for name, frame in tables.items():
            self.give(name, frame)
        return self.connection.execute(self.sql[model]).df()
