"""Rows that gate 1 keeps out of raw: recorded with their load, listed, explained, released or judged again.

The landed row itself is never touched: what is held back, and what is released, are records beside it, and raw reads
landing without what stands in the one and not in the other (dbt/macros/landing.sql).
"""

from __future__ import annotations

import hashlib
import json
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.fields import fields_of
from dagster_project.past import Batch, past_loads, recorded_loads
from dagster_project.settings import Settings
from expectations import Outcome

# Files of one table and load by their names in landing, in the order in which their rows are judged.
Places = dict[str, Path]

HELD = pa.schema(
    [
        ("quarantine_id", pa.string()),
        ("source_system", pa.string()),
        ("source_table", pa.string()),
        ("load_id", pa.string()),
        ("landed_at", pa.timestamp("us")),
        ("landing_file", pa.string()),
        ("landing_row", pa.int64()),
        ("record_id", pa.string()),
        ("rule", pa.string()),
        ("reason", pa.string()),
    ]
)
RELEASES = pa.schema(
    [
        ("quarantine_id", pa.string()),
        ("source_table", pa.string()),
        ("released_at", pa.timestamp("us")),
        ("reason", pa.string()),
    ]
)
# A word of a vendor's vocabulary, which a column that has one may show; anything longer may tell of a person.
WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}", re.ASCII)
SHAPE_SHOWN = 40


class NothingToRelease(Exception):
    """What was asked for stands in no quarantine; the message is one line with the remedy."""


@dataclass(frozen=True)
class HeldRow:
    """One landed row and a rule of rows that it breaks. A row has an address, since its key may be what it lacks."""

    quarantine_id: str
    source_system: str
    source_table: str
    load_id: str
    landed_at: datetime
    landing_file: str
    landing_row: int
    record_id: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Release:
    """A person's word, or today's rules', that a row is right."""

    quarantine_id: str
    source_table: str
    released_at: datetime
    reason: str


def held_rows(batch: Batch, outcomes: Sequence[Outcome], places: Places, load_id: str) -> list[HeldRow]:
    """What of a batch is held back: one entry per row and rule."""
    holding = [outcome for outcome in outcomes if outcome.holds_rows_back]
    if not holding:
        return []
    from dagster_project.checks import key_of, record_ids

    positions = sorted({row for outcome in holding for row in outcome.failing_rows})
    named = dict(zip(positions, record_ids(batch.table, batch.rows.take(positions).to_pandas()), strict=True))
    # Where the key is what is wrong, anything may stand in it.
    key = key_of(batch.table)
    named |= {row: shape_of(named[row]) for one in holding if one.rule.column in key for row in one.failing_rows}
    addresses = _addresses(places)
    return [
        HeldRow(
            quarantine_id=_id(*addresses[row]),
            source_system=batch.table.split("__")[0],
            source_table=batch.table,
            load_id=load_id,
            landed_at=batch.landed_at.astimezone(UTC).replace(tzinfo=None),
            landing_file=addresses[row][0],
            landing_row=addresses[row][1],
            record_id=named[row],
            rule=outcome.rule.name,
            reason=outcome.rule.notes,
        )
        for outcome in holding
        for row in outcome.failing_rows
    ]


def _addresses(places: Places) -> list[tuple[str, int]]:
    """File and row of each position of a batch."""
    return [(name, row) for name, path in places.items() for row in range(pq.read_metadata(path).num_rows)]


def _id(landing_file: str, landing_row: int) -> str:
    """Twelve hex digits that a person can type; the row's place in landing never changes, its content may be erased."""
    return hashlib.sha256(f"{landing_file}:{landing_row}".encode()).hexdigest()[:12]


def record(held: Sequence[HeldRow], load_id: str, settings: Settings) -> None:
    """Write what a load holds back; judged again, the same load writes the same file, or none any more."""
    folder = settings.landing_dir / "kept__quarantine"
    if held:
        write_whole(pa.Table.from_pylist([asdict(row) for row in held], HELD), folder, load_id)
    else:
        (folder / f"{load_id}.parquet").unlink(missing_ok=True)


def write_whole(rows: pa.Table, folder: Path, name: str) -> None:
    """One Parquet file in a folder of its owner, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / f".{name}.part"
    pq.write_table(rows, beside)
    beside.replace(folder / f"{name}.parquet")


def standing(settings: Settings) -> dict[str, list[HeldRow]]:
    """The rows of admitted loads that are held back and not released, oldest first: the rules each breaks, by id."""
    released = {release.quarantine_id for release in releases(settings)}
    marked = {path.stem for path in (settings.landing_dir / "_dlt_loads").glob("*.jsonl")}
    found: dict[str, list[HeldRow]] = {}
    for row in _read(settings.landing_dir / "kept__quarantine"):
        held = HeldRow(**row)
        if held.quarantine_id not in released and f"{held.source_system}__{held.load_id}" in marked:
            found.setdefault(held.quarantine_id, []).append(held)
    return dict(sorted(found.items(), key=lambda item: (item[1][0].load_id, item[1][0].source_table, item[0])))


def releases(settings: Settings) -> list[Release]:
    """Every release so far, oldest first."""
    return [Release(**row) for row in _read(settings.landing_dir / "kept__releases")]


def _read(folder: Path) -> Iterable[dict[str, Any]]:
    for path in sorted(folder.glob("*.parquet")):
        yield from pq.read_table(path, partitioning=None).to_pylist()


def chosen(settings: Settings, ids: Sequence[str], table: str | None, rule: str | None) -> dict[str, list[HeldRow]]:
    """The standing rows that a person names by id, table or rule; all of them where nothing is named.

    Raises NothingToRelease naming what stands in no quarantine.
    """
    all_standing = standing(settings)
    if unknown := [one for one in ids if one not in all_standing]:
        raise NothingToRelease(
            f"{', '.join(unknown)} is not held back (or was released already); `make quarantine` lists what is"
        )
    found = {
        one: rows
        for one, rows in all_standing.items()
        if (not ids or one in ids)
        and (table is None or rows[0].source_table == table)
        and (rule is None or rule in {row.rule for row in rows})
    }
    if not found and (table or rule):
        asked = " and ".join(text for text in (table and f"table {table}", rule and f"rule {rule}") if text)
        raise NothingToRelease(f"no row of {asked} is held back; `make quarantine` lists what is")
    return found


def release(settings: Settings, held: Mapping[str, Sequence[HeldRow]], reason: str) -> None:
    """Say that rows are right: from the next build on they are in raw, as if they had never been held back."""
    now = datetime.now(UTC).replace(tzinfo=None)
    rows = [asdict(Release(one, rules[0].source_table, now, reason)) for one, rules in held.items()]
    if rows:
        name = now.strftime("%Y%m%dT%H%M%S%f")
        write_whole(pa.Table.from_pylist(rows, RELEASES), settings.landing_dir / "kept__releases", name)


def that_hold_now(settings: Settings, held: Mapping[str, Sequence[HeldRow]]) -> dict[str, list[HeldRow]]:
    """Those of the rows that break no rule of rows as the suites have them today."""
    from dagster_project.checks import judge_rows

    passing: dict[str, list[HeldRow]] = {}
    recorded = recorded_loads(settings)
    for table in sorted({rules[0].source_table for rules in held.values()}):
        ids = [one for one, rules in held.items() if rules[0].source_table == table]
        rows = pa.concat_tables([landed_row(settings, held[one][0]) for one in ids], promote_options="default")
        batch = Batch(
            table,
            rows,
            is_complete=False,
            past=past_loads(recorded, table),
            landed_at=held[ids[0]][0].landed_at,
            fields=fields_of(table, rows),
        )
        broken = {row for outcome in judge_rows(batch) for row in outcome.failing_rows}
        passing |= {one: list(held[one]) for position, one in enumerate(ids) if position not in broken}
    return passing


def landed_row(settings: Settings, held: HeldRow) -> pa.Table:
    """The row as it landed."""
    path = settings.landing_dir / held.source_table / held.landing_file
    return pq.read_table(path, partitioning=None).slice(held.landing_row, 1)


def masked_fields(settings: Settings, held: HeldRow) -> list[tuple[str, str]]:
    """Every field of a held row, the keys of objects as fields of their own, and what may be shown of its value.

    Keys name the record, and single words of vocabularies tell what is wrong; of anything else a person sees the shape.
    """
    from dagster_project.checks import key_of, words_of

    key, vocabularies = key_of(held.source_table), words_of(held.source_table)
    (row,) = landed_row(settings, held).to_pylist()
    shown = []
    for column, value in row.items():
        for path, text in _parts(column, value) if not column.startswith("_") else ():
            is_key = path in key and text in held.record_id.split(":")
            is_word = path in vocabularies and WORD.fullmatch(text or "")
            shown.append((path, str(text) if is_key or is_word else shape_of(text)))
    return shown


def _parts(column: str, text: str | None) -> list[tuple[str, str | None]]:
    if text is None or not text.startswith("{"):
        return [(column, text)]
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return [(column, text)]
    return [
        (f"{column}.{key}", value if value is None or isinstance(value, str) else json.dumps(value))
        for key, value in found.items()
    ]


def shape_of(text: str | None) -> str:
    """What a value looks like without what it says: `xxxx@xxxxxxx.xx`, `9999-99-99`."""
    if text is None:
        return "nothing"
    shape = "".join(_shape_of(letter) for letter in text[:SHAPE_SHOWN])
    return shape + (f" ... ({len(text):,} characters)" if len(text) > SHAPE_SHOWN else "")


def _shape_of(letter: str) -> str:
    if letter.isnumeric():
        return "9"
    return letter if letter == " " or letter in string.punctuation else "x"
