"""What has landed, read with pandas: rows of admitted loads, and each record with its versions and its two clocks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas

from tests.reference.days import instant

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What every fact carries: where it comes from, when it was recorded and when, if ever, it was removed."""

    source_system: str
    source_record_id: str
    recorded_at: datetime
    removed_at: datetime | None

    def known(self, as_of: date) -> bool:
        return self.recorded_at.date() <= as_of and (self.removed_at is None or self.removed_at.date() > as_of)


@dataclass(frozen=True, kw_only=True)
class Record(Fact):
    """A vendor's record: the newest version that still stood, all versions oldest first, and whether it ever counts.

    `first_row` is what the first load that had it brought.
    """

    first_row: Row
    row: Row
    versions: list[Row]
    counts: bool

    @property
    def properties(self) -> Row:
        found: Row = json.loads(self.row["properties"] or "{}")
        return found

    def associated(self, kind: str) -> list[Row]:
        """Entries of the associations of a kind: {toObjectId, associationTypes}."""
        return json.loads(self.row["associations"] or "{}").get(kind) or []

    def associated_ids(self, kind: str) -> list[str]:
        """Ids of the associated records of a kind, lowest first, each once."""
        return [str(number) for number in sorted({int(entry["toObjectId"]) for entry in self.associated(kind)})]

    def history(self) -> dict[str, list[tuple[datetime, str | None]]]:
        """Values of each property with history, oldest first."""
        found: dict[str, list[tuple[datetime, str | None]]] = {}
        for name, entries in json.loads(self.row["propertiesWithHistory"] or "{}").items():
            dated = [(instant(entry["timestamp"]), entry.get("value")) for entry in reversed(entries)]
            found[name] = sorted(((at, value) for at, value in dated if at), key=lambda entry: entry[0])
        return found


class Landing:
    """The landing folder of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "landing"

    @cached_property
    def admitted(self) -> set[str]:
        return {
            json.loads(line)["load_id"]
            for marker in (self.folder / "_dlt_loads").glob("*.jsonl")
            for line in marker.read_text().splitlines()
        }

    def frame(self, table: str) -> pandas.DataFrame:
        """Admitted rows of a table in the order of loads, nulls as None; empty where nothing ever landed."""
        files = sorted((self.folder / table).glob("*.parquet"))
        if not files:
            return pandas.DataFrame()
        found = pandas.concat([pandas.read_parquet(file) for file in files], ignore_index=True)
        found = found.astype(object).where(found.notna(), None)
        load = "_dlt_load_id" if "_dlt_load_id" in found else "load_id"
        found = found[found[load].isin(self.admitted)]
        return found.sort_values(load, key=lambda ids: ids.astype(float), kind="stable")

    def rows(self, table: str) -> list[Row]:
        """Admitted rows in the order of loads; `first` says whether the table's first complete load brought it."""
        first = self.first_complete_load(table)
        found = [{str(name): value for name, value in row.items()} for row in self.frame(table).to_dict("records")]
        return [{**row, "first": row["_dlt_load_id"] == first} for row in found]

    def newest(self, table: str, key: str = "id") -> dict[str, Row]:
        """The row of each record that the last load brought."""
        return {row[key]: row for row in self.rows(table)}

    @cached_property
    def loads(self) -> pandas.DataFrame:
        return self.frame("kept__loads")

    def first_complete_load(self, table: str) -> str | None:
        loads = self.loads
        complete = loads[(loads["source_table"] == table) & loads["is_complete"].astype(bool)]
        return min(complete["load_id"], key=float, default=None)

    def is_connected(self, system: str) -> bool:
        """Whether any load of the system was ever admitted."""
        return not self.loads.empty and bool((self.loads["source_system"] == system).any())

    def hours_since_load(self, system: str, as_of: date) -> float | None:
        """Age at the end of a day of a system's newest load, of files the newest with any; null before the first."""
        if self.loads.empty:
            return None
        told = (self.loads["source_system"] == system) & ((system != "files") | (self.loads["row_count"] > 0))
        # What came of our own actions tells nothing of customers.
        told &= self.loads["source_table"] != "files__action_outcomes"
        landed = self.landed_at(self.loads[told])
        end_of_day = datetime.combine(as_of + timedelta(days=1), time())
        newest = max((at for at in landed if at <= end_of_day), default=None)
        return (end_of_day - newest).total_seconds() / 3600 if newest else None

    def landed_at(self, loads: pandas.DataFrame) -> list[datetime]:
        return [pandas.Timestamp(at).to_pydatetime().replace(tzinfo=None) for at in loads["landed_at"]]

    def hubspot(self, table: str) -> list[Record]:
        """Records of a HubSpot table; archived is removed."""

        def changed(row: Row) -> datetime:
            return max(at for name in ("updatedAt", "createdAt", "archivedAt") if (at := instant(row[name])))

        return self._records(
            table,
            changed=changed,
            is_removed=lambda row: row["archived"] == "true",
            removed_at=lambda row: instant(row["archivedAt"]) or changed(row),
            recorded_at=lambda row: instant(row["createdAt"]),
        )

    def tickets(self) -> list[Record]:
        """Zendesk's tickets; status deleted is removed.

        A load made an hour after a ticket's creation would have brought it: if it did not, the ticket was imported
        later, and counts from the load that first brought it.
        """
        records = self._records(
            "zendesk__tickets",
            changed=lambda row: instant(row["updated_at"]),
            is_removed=lambda row: row["status"] == "deleted",
            removed_at=lambda row: instant(row["updated_at"]),
            recorded_at=lambda row: instant(row["created_at"]),
        )
        looked_at = sorted(self.landed_at(self.loads[self.loads["source_table"] == "zendesk__tickets"]))
        return [self._imported(record, looked_at) for record in records]

    def _imported(self, record: Record, looked_at: list[datetime]) -> Record:
        landed_at = pandas.Timestamp(record.first_row["_landed_at"]).to_pydatetime().replace(tzinfo=None)
        before = max((at for at in looked_at if at < landed_at), default=None)
        if record.first_row["first"] or before is None or before - record.recorded_at <= timedelta(hours=1):
            return record
        return replace(record, recorded_at=landed_at)

    def _records(self, table: str, *, changed: Any, is_removed: Any, removed_at: Any, recorded_at: Any) -> list[Record]:
        by_id: dict[str, list[Row]] = {}
        for row in self.rows(table):
            by_id.setdefault(row["id"], []).append(row)
        found = []
        for key, arrived in by_id.items():
            versions = sorted(arrived, key=changed)
            standing = [row for row in versions if not is_removed(row)]
            removal = None
            for row in versions:
                removal = (removal or removed_at(row)) if is_removed(row) else None
            row = standing[-1] if standing else versions[-1]
            found.append(
                Record(
                    source_system=table.split("__")[0],
                    source_record_id=key,
                    recorded_at=recorded_at(row),
                    removed_at=removal,
                    first_row=arrived[0],
                    row=row,
                    versions=standing or versions,
                    counts=not (removal and arrived[0]["first"] and is_removed(arrived[0])),
                )
            )
        return found
