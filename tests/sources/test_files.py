"""The drop folder: every file once, by its content; a file that breaks its contract stays, named by row and column."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.sources import Record
from dagster_project.sources.files import CONTRACTS, TABLES, Files

NOW = datetime(2026, 5, 4, tzinfo=UTC)
USAGE = "customer_id,product,month,units_bought,units_used\n"


def drop(folder: Path, path: str, content: str | bytes) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def read(source: Files, state: dict[str, Any]) -> dict[str, list[Record]]:
    """Everything a reading brings, by table without the system's name."""
    found: dict[str, list[Record]] = {}
    for table, records in source.read(state, NOW):
        found.setdefault(table.removeprefix("files__"), []).extend(records)
    return found


def refusal(folder: Path, path: str, content: str | bytes) -> str:
    """The one line that a file of no use is refused with."""
    drop(folder, path, content)
    source = Files(folder)
    assert read(source, {}) == {}
    ((line,),) = source.refused.values()
    assert line.startswith(f"drop/{path}: ")
    assert line.endswith("nothing of the file is loaded, and it stays where it is")
    assert (folder / path).exists()
    return line


def test_a_file_is_loaded_once_by_its_content_whatever_it_is_called(tmp_path: Path) -> None:
    file = drop(tmp_path, "product_usage/may.csv", USAGE + "hubspot:1,Base,2026-05,10,7.5\nhubspot:2,Base,2026-05,,0\n")
    state: dict[str, Any] = {}
    rows = read(Files(tmp_path), state)["product_usage"]
    assert [(row["customer_id"], row["units_bought"], row["units_used"]) for row in rows] == [
        ("hubspot:1", "10", "7.5"),
        ("hubspot:2", None, "0"),
    ]
    assert [(row["file_name"], row["row_number"]) for row in rows] == [("may.csv", "2"), ("may.csv", "3")]
    assert read(Files(tmp_path), state) == {}
    file.rename(file.with_name("may_again.csv"))
    assert read(Files(tmp_path), state) == {}
    drop(tmp_path, "product_usage/may_corrected.csv", USAGE + "hubspot:1,Base,2026-05-01,10,8\n")
    (corrected,) = read(Files(tmp_path), state)["product_usage"]
    assert corrected["record_id"] == rows[0]["record_id"]


def test_the_same_rows_are_the_same_as_csv_json_lines_and_parquet(tmp_path: Path) -> None:
    row = {"customer_id": "hubspot:1", "goal": "Uptime, 99 %", "agreed_on": "2026-01-05", "status": "active"}
    drop(tmp_path / "csv", "success_goals/g.csv", ",".join(row) + '\nhubspot:1,"Uptime, 99 %",2026-01-05,active\n')
    drop(tmp_path / "jsonl", "success_goals/g.jsonl", json.dumps(row) + "\n\n")
    typed = pa.table({name: [date(2026, 1, 5) if name == "agreed_on" else value] for name, value in row.items()})
    pq.write_table(typed, drop(tmp_path / "parquet", "success_goals/g.parquet", b""))
    place = {"file_name", "file_hash", "row_number"}
    found = [
        {name: value for name, value in rows["success_goals"][0].items() if name not in place}
        for rows in (read(Files(tmp_path / form), {}) for form in ("csv", "jsonl", "parquet"))
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["goal"] == "Uptime, 99 %"
    assert found[0]["due_on"] is None


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        (
            "product_usage/a.csv",
            USAGE + "hubspot:1,Base,2026-05,10,7\nhubspot:1,Base,2026-13,1,1\n",
            "row 3, column month",
        ),
        ("product_usage/a.csv", USAGE + "hubspot:1,,2026-05,10,7\n", "row 2, column product: empty"),
        (
            "success_goals/a.csv",
            "customer_id,goal,agreed_on,met_on,status\nhubspot:1,Uptime,2026-05-02,2026-05-01,met\n",
            "row 2, column met_on: before agreed_on",
        ),
        (
            "voice_of_customer/a.csv",
            "voice_id,customer_id,heard_at,kind,acted_on_at\n1,hubspot:1,2026-05-02T10:00+02:00,warning,2026-05-02T07:59Z\n",
            "row 2, column acted_on_at: before heard_at",
        ),
        ("product_usage/a.csv", USAGE + "hubspot:1,Base,2026-05,many,7\n", "row 2, column units_bought"),
        ("product_usage/a.csv", USAGE + "hubspot:1,Base,2026-05,-1,7\n", "row 2, column units_bought"),
        ("product_usage/a.csv", USAGE + "hubspot:1,Base,2026-05,1_000,7\n", "row 2, column units_bought"),
        (
            "product_usage/a.csv",
            USAGE + "hubspot:1,Base,2026-05,1,7\nhubspot:1,Base,2026-05-01,1,7\n",
            "same as in row 2",
        ),
        ("product_usage/a.csv", USAGE + "hubspot:1,Base,2026-05,1,234,7\n", "row 2: 6 values for 5 columns"),
        (
            "product_usage/a.csv",
            "customer_id;product;month\nhubspot:1;Base;2026-05\n",
            "no column customer_id, product",
        ),
        ("product_usage/a.csv", USAGE.strip() + ",note\nhubspot:1,Base,2026-05,1,1,x\n", "no such column as note"),
        ("product_usage/a.csv", b"\xff" + USAGE.encode(), "row 1: not UTF-8"),
        ("product_usage/a.csv", "month,month\n1,2\n", "row 1: a column stands there twice"),
        ("product_usage/a.jsonl", '{"customer_id": "hubspot:1"\n', "row 1: no JSON"),
        ("product_usage/a.jsonl", '["hubspot:1"]\n', "row 1: no JSON object"),
        (
            "product_usage/a.jsonl",
            '{"customer_id": ["hubspot:1"], "product": "B", "month": "2026-05"}',
            "column customer_id",
        ),
        ("product_usage/a.parquet", b"PAR1 cut short", "no Parquet file"),
        ("product_usage/a.xlsx", b"", "its name ends in none of .csv"),
        (
            "success_goals/a.csv",
            "customer_id,goal,agreed_on,status\nhubspot:1,Up,2026-05-04,open\n",
            "active, met, missed",
        ),
        (
            "retention_costs/a.csv",
            "customer_id,segment,month\nhubspot:1,Enterprise,2026-05\n",
            "customer_id or segment",
        ),
        ("retention_costs/a.csv", "customer_id,segment,month\n,,2026-05\n", "customer_id or segment"),
        ("retention_costs/a.csv", "segment,month,currency\nSMB,2026-05,euro\n", "column currency: cannot be used"),
        (
            "touches/a.csv",
            "touch_id,customer_id,occurred_at,channel,direction\n1,hubspot:1,4.5.2026,social,inbound\n",
            "2026-05-31T14",
        ),
        (
            "touches/a.csv",
            "touch_id,customer_id,occurred_at,channel,direction\n1,hubspot:1,2026-05-04,fax,inbound\n",
            "column channel",
        ),
        (
            "voice_of_customer/a.csv",
            "voice_id,customer_id,heard_at,kind\n1,hubspot:1,2026-05-04,rumour\n",
            "column kind",
        ),
    ],
)
def test_a_file_that_breaks_its_contract_is_refused_whole_with_row_column_reason_and_remedy(
    tmp_path: Path, path: str, content: str | bytes, words: str
) -> None:
    assert words in refusal(tmp_path, path, content)


def test_a_refusal_shows_no_value(tmp_path: Path) -> None:
    assert "Ada" not in refusal(tmp_path, "product_usage/a.csv", USAGE + "hubspot:1,Base,Ada Lovelace,1,1\n")


def test_a_file_refused_is_told_of_at_every_reading_and_loaded_once_it_is_mended(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    drop(tmp_path, "product_usage/bad.csv", USAGE + "hubspot:1,Base,2026-13,1,1\n")
    drop(tmp_path, "product_usage/good.csv", USAGE + "hubspot:2,Base,2026-05,1,1\n")
    source = Files(tmp_path)
    assert [row["customer_id"] for row in read(source, state)["product_usage"]] == ["hubspot:2"]
    assert list(source.refused) == ["files__product_usage"]
    assert read(source, state) == {}
    assert list(source.refused) == ["files__product_usage"]
    drop(tmp_path, "product_usage/bad.csv", USAGE + "hubspot:1,Base,2026-12,1,1\n")
    assert [row["customer_id"] for row in read(source, state)["product_usage"]] == ["hubspot:1"]
    assert source.refused == {}


def test_what_lies_beside_the_folders_of_the_tables_is_told_of(tmp_path: Path) -> None:
    drop(tmp_path, "usage/may.csv", USAGE)
    drop(tmp_path, ".hidden", "")
    drop(tmp_path, "product_usage/.part.csv", "half a file")
    source = Files(tmp_path)
    assert read(source, {}) == {}
    ((line,),) = source.refused.values()
    assert line.startswith("drop/usage is no folder of a table")


def test_no_folder_is_nothing_to_load(tmp_path: Path) -> None:
    source = Files(tmp_path / "drop")
    source.check()
    assert read(source, {}) == {}
    assert source.refused == {}


def test_the_first_files_of_a_table_are_its_first_complete_reading_also_when_others_came_before(tmp_path: Path) -> None:
    state: dict[str, Any] = {}
    source = Files(tmp_path)
    read(source, state)
    assert not any(source.is_complete(table.name) for table in TABLES)
    drop(tmp_path, "product_usage/may.csv", USAGE + "hubspot:1,Base,2026-05,1,1\n")
    read(source, state)
    assert [table.name for table in TABLES if source.is_complete(table.name)] == ["files__product_usage"]
    drop(tmp_path, "product_usage/june.csv", USAGE + "hubspot:1,Base,2026-06,1,1\n")
    read(source, state)
    assert not source.is_complete("files__product_usage")


def test_a_cell_that_looks_like_a_formula_or_spans_lines_is_text(tmp_path: Path) -> None:
    voice = 'voice_id,customer_id,heard_at,kind,quote\n1,hubspot:1,2026-05-04,warning,"=1+1\nsecond line"\n'
    drop(tmp_path, "voice_of_customer/a.csv", "\ufeff" + voice)
    (row,) = read(Files(tmp_path), {})["voice_of_customer"]
    assert row["quote"] == "=1+1\nsecond line"


def test_every_contract_names_its_key_among_its_columns() -> None:
    for contract in CONTRACTS.values():
        assert {*contract.key, *contract.exactly_one_of} <= {column.name for column in contract.columns}
