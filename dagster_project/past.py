"""What a table's earlier loads were, and the rules of gate 1 that hold a load against them.

These rules are asked of every landed table; those of one table stand in `expectations/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.fields import Fields, Seen, from_json, kind_read, models_using, rows_of_other_kinds
from dagster_project.settings import Settings
from expectations import (
    FIELDS_ARE_KNOWN,
    FIELDS_ARE_THERE,
    FIELDS_KEEP_THEIR_KIND,
    FRESHNESS_IS_USUAL,
    VALUES_KEEP_THEIR_SHAPE,
    VOLUME_IS_USUAL,
    Outcome,
    Rule,
)

# One employee without an e-mail is not a lost field; a share is asked for from here on.
SHARE_ROWS = 20
# Of a field that every row ever had, a few rows without it tell as much.
FEW_ROWS = 3
# Two months of a weekday: what is usual changes with seasons.
COMPARED_LOADS = 8
# Fewer say nothing of what is usual.
FEWEST_LOADS = 4
# A tenth of what such a day brings is no quiet day.
COLLAPSE = 0.1
# The longest silence seen, twice, is no silence as before; a day is none in any case.
SILENCES = 2
SILENCE = timedelta(days=1)
FEWEST_AGES = 10
# A field of an odd name may be a value that slipped among the names.
FIELD_NAME = re.compile(r"[A-Za-z][\w.-]{0,59}", re.ASCII)
NAMED = 10


@dataclass(frozen=True)
class PastLoad:
    """One admitted load of one table."""

    landed_at: datetime
    is_complete: bool
    row_count: int
    newest_record_at: str | None = None
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True)
class PastLoads:
    """One table's admitted loads, oldest first; whole readings and changes are never compared with each other."""

    loads: tuple[PastLoad, ...] = ()

    @property
    def complete(self) -> tuple[int, ...]:
        """Row counts of the whole readings."""
        return tuple(load.row_count for load in self.loads if load.is_complete)

    @property
    def partial(self) -> tuple[int, ...]:
        """Row counts of the others."""
        return tuple(load.row_count for load in self.loads if not load.is_complete)

    @cached_property
    def fields(self) -> Fields:
        """All that was seen of each field."""
        return _summed(self.loads)

    def fields_like(self, *, is_complete: bool) -> Fields:
        """The same of loads of one kind alone: a vendor may list a record with other fields than it searches."""
        return _summed(load for load in self.loads if load.is_complete == is_complete)


def _summed(loads: Iterable[PastLoad]) -> Fields:
    seen: dict[str, Seen] = {}
    for load in loads:
        for path, one in load.fields.items():
            seen[path] = seen.get(path, Seen()) + one
    return seen


@dataclass(frozen=True)
class Batch:
    """What one load brought of one table; rows are as landed, all text."""

    table: str
    rows: pa.Table
    is_complete: bool
    past: PastLoads
    landed_at: datetime
    newest_record_at: str | None = None
    fields: Fields = field(default_factory=dict)


def recorded_loads(settings: Settings) -> list[dict[str, Any]]:
    """Every row of `kept__loads` whose verdict stands: admitted ones only once dlt has marked the load."""
    folder = settings.landing_dir / "kept__loads"
    if not folder.exists():
        return []
    rows = [
        row for path in sorted(folder.glob("*.parquet")) for row in pq.read_table(path, partitioning=None).to_pylist()
    ]
    marked = {path.stem for path in (settings.landing_dir / "_dlt_loads").glob("*.jsonl")}
    return [row for row in rows if row["verdict"] == "refused" or f"{row['source_system']}__{row['load_id']}" in marked]


def past_loads(recorded: Sequence[Mapping[str, Any]], table: str) -> PastLoads:
    """The table's admitted loads among the rows of `kept__loads`."""
    rows = [row for row in recorded if row["source_table"] == table and row["verdict"] == "admitted"]
    return PastLoads(
        tuple(
            PastLoad(
                row["landed_at"],
                row["is_complete"],
                row["row_count"],
                row["newest_record_at"],
                from_json(row.get("fields")),
            )
            for row in sorted(rows, key=lambda row: str(row["load_id"]))
        )
    )


def judge_by_past(batch: Batch) -> list[Outcome]:
    """Every rule of OF_EVERY_LANDED_TABLE, in its order; about what a table never was before nothing is wrong."""
    past = batch.past.fields
    return [
        values_keep_their_shape(batch),
        _outcome(FIELDS_ARE_THERE, batch, list(_gone(batch, past))),
        _outcome(FIELDS_KEEP_THEIR_KIND, batch, list(_changed(batch, past))),
        _outcome(FIELDS_ARE_KNOWN, batch, _new(batch, past)),
        _outcome(VOLUME_IS_USUAL, batch, list(_collapse(batch))),
        _outcome(FRESHNESS_IS_USUAL, batch, list(_silence(batch))),
    ]


def _outcome(rule: Rule, batch: Batch, found: Sequence[str]) -> Outcome:
    return Outcome(rule, passed=not found, rows_judged=batch.rows.num_rows, detail="; ".join(found))


def values_keep_their_shape(batch: Batch) -> Outcome:
    """The rule about JSON: what a column holds is told by its past, or where it has none, by most of this load."""
    past = batch.past.fields
    failing: set[int] = set()
    named = []
    for column in batch.rows.column_names:
        seen = batch.fields.get(column, Seen())
        before = past.get(column, Seen())
        usual = (before if before.there >= SHARE_ROWS else before + seen).usual_kind
        is_mixed = usual in ("list", "object") and set(seen.kinds) - {usual, f"empty {usual}"}
        if is_mixed and (models := models_using(batch.table, column)):
            failing |= set(rows_of_other_kinds(batch.rows, column, usual))
            named.append(f"{column} is no {usual}, used by {', '.join(models)}")
    return Outcome(
        VALUES_KEEP_THEIR_SHAPE,
        passed=not failing,
        rows_judged=batch.rows.num_rows,
        rows_failing=len(failing),
        detail="; ".join(named),
        failing_rows=tuple(sorted(failing)),
    )


def _gone(batch: Batch, past: Fields) -> Iterator[str]:
    """Fields in use that were always there and now are in none of a few rows, or mostly and in none of many."""
    alike = batch.past.fields_like(is_complete=batch.is_complete)
    for path, ever in past.items():
        before = one if (one := alike.get(path, ever)).rows >= SHARE_ROWS else ever
        now = batch.fields.get(path) or _absent(batch.fields, path)
        if now.there or before.rows < SHARE_ROWS:
            continue
        was_always_there = before.there == before.rows and now.rows >= FEW_ROWS
        was_mostly_there = 2 * before.there >= before.rows and now.rows >= SHARE_ROWS
        if was_always_there or was_mostly_there:
            yield from _used(batch.table, path)


def _absent(fields: Fields, path: str) -> Seen:
    """What a field that came nowhere could have been in."""
    column, _, key = path.partition(".")
    holder = fields.get(column, Seen())
    return Seen(holder.kinds.get("object", 0) if key else holder.rows)


def _changed(batch: Batch, past: Fields) -> Iterator[str]:
    """Fields in use none of whose values is of the kind that nearly all had before."""
    for path, now in batch.fields.items():
        before, usual = past.get(path, Seen()), past.get(path, Seen()).usual_kind
        valued = sum(count for kind, count in now.kinds.items() if not kind.startswith("empty"))
        if before.there < SHARE_ROWS or valued < FEW_ROWS or not usual:
            continue
        read = kind_read(batch.table, path)
        # Numbers and times are only so where a model reads them so: an id may be digits for years, then a word.
        if usual in ("number", "time") and usual != read:
            continue
        # Times may come as ISO text or as milliseconds.
        kept = {usual, "number"} if usual == "time" else {usual}
        if usual == "text":
            kept = {"text", "number", "time", "boolean"}
        if not any(now.kinds.get(kind) for kind in kept):
            yield from (f"{one}, was {usual}" for one in _used(batch.table, path))


def _used(table: str, path: str) -> Iterator[str]:
    if models := models_using(table, path):
        yield f"{path}, used by {', '.join(models)}"


def _new(batch: Batch, past: Fields) -> list[str]:
    """Keys that no load brought before; where none brought any row, all are new, and none is told."""
    if not past:
        return []
    new = set()
    for path in batch.fields:
        column, _, key = path.partition(".")
        # Of a column whose first object this is nothing was known; beside the declared columns anything is new.
        has_a_past = column == "other_fields" or past.get(column, Seen()).kinds.get("object")
        if key and path not in past and has_a_past:
            new.add(path.removeprefix("other_fields.") if FIELD_NAME.fullmatch(path) else "a field of an odd name")
    return sorted(new)[:NAMED]


def _collapse(batch: Batch) -> Iterator[str]:
    """Changes are compared with those of like days: same weekday, same time since the load before, lately."""
    past = batch.past.loads
    if batch.is_complete or not past:
        return
    landed_at = _naive(batch.landed_at)
    since = landed_at - past[-1].landed_at
    like = [
        load
        for before, load in pairwise(past)
        if not load.is_complete
        and _is_weekend(load.landed_at) == _is_weekend(landed_at)
        and since / 2 <= load.landed_at - before.landed_at <= since * 2
    ]
    same_weekday = [load for load in like if load.landed_at.weekday() == landed_at.weekday()]
    # The weekday alone where it was seen often enough, else all working days, or all days off.
    compared = (same_weekday if len(same_weekday) >= FEWEST_LOADS else like)[-COMPARED_LOADS:]
    if since > timedelta(0) and len(compared) >= FEWEST_LOADS:
        usual = median(load.row_count for load in compared)
        if usual >= SHARE_ROWS and batch.rows.num_rows < COLLAPSE * usual:
            yield f"{batch.rows.num_rows:,} rows, usually {usual:,.0f}"


def _is_weekend(instant: datetime) -> bool:
    return instant.weekday() >= 5


def _silence(batch: Batch) -> Iterator[str]:
    """How old the newest record known is, held against how old it ever was when a load landed."""
    landed_at = _naive(batch.landed_at)
    ages: list[timedelta] = []
    newest: datetime | None = None
    told = [(load.landed_at, load.newest_record_at) for load in batch.past.loads]
    for landed, text in [*told, (landed_at, batch.newest_record_at)]:
        moment = _moment(text)
        # A clock that runs ahead would hide every silence after it.
        if moment is not None and moment <= landed and (newest is None or moment > newest):
            newest = moment
        if newest is not None:
            ages.append(landed - newest)
    if len(ages) > FEWEST_AGES and ages[-1] > max(SILENCES * max(ages[:-1]), SILENCE):
        days = ages[-1] / timedelta(days=1)
        yield f"nothing newer for {days:,.1f} days, at most {max(ages[:-1]) / timedelta(days=1):,.1f} before"


def _moment(text: str | None) -> datetime | None:
    try:
        return _naive(datetime.fromisoformat(text)) if text else None
    except ValueError:
        return None


def _naive(instant: datetime) -> datetime:
    """UTC without a zone, as loads are recorded."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
