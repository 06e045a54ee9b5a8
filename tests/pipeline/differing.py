"""By how many rows the marts of two databases differ, table by table."""

from __future__ import annotations

from pathlib import Path

import duckdb


def different_tables(left: Path, right: Path) -> dict[str, int]:
    """Rows that only one of two warehouses or publications has, by mart; those that are alike are left out."""
    with duckdb.connect() as connection:
        for name, path in (("one", left), ("other", right)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        marts = [
            {
                table
                for (table,) in connection.execute(
                    f"select table_name from duckdb_tables() where database_name = '{name}' and schema_name = 'mart'"
                ).fetchall()
            }
            for name in ("one", "other")
        ]
        assert marts[0] == marts[1] and len(marts[0]) > 12
        counts: dict[str, int] = {}
        for table in sorted(marts[0]):
            ours, theirs = f"from one.mart.{table}", f"from other.mart.{table}"
            both = f"({ours} except all {theirs}) union all ({theirs} except all {ours})"
            counts[table] = connection.execute(f"select count(*) from ({both})").fetchall()[0][0]
    return {table: count for table, count in counts.items() if count}
