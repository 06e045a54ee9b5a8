"""What every source shares: declared tables, records as they land, the ways to say no, the mapping seeds of a CRM.

Nothing in this folder knows Dagster, dbt or the warehouse; how records reach landing belongs in loads.py.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Json = dict[str, Any]
Record = dict[str, str | None]
Page = tuple[str, list[Record]]


# What a vendor answers where the plan has no such resource or the credential may not see it.
_NOT_OFFERED = frozenset({403, 404})


class SourceFailed(Exception):
    """A source could not be read to its end; one line naming system, path and what came back, never what was sent.

    `status` is the HTTP status of the answer that ended it, where one did.
    """

    def __init__(self, line: str, status: int | None = None) -> None:
        super().__init__(line)
        self.status = status

    @property
    def is_not_offered(self) -> bool:
        return self.status in _NOT_OFFERED


class SourceRefused(SourceFailed):
    """A credential is missing or was refused; one line naming system, variable and remedy."""


@dataclass(frozen=True)
class Table:
    """One landing table: its name, the vendor's fields that are kept, and what becomes of fields nobody declared.

    They land beside the others, so that nothing new is missed; in a table about people only their names do, so that no
    phone number or birth date lands that nobody asked for. `recorded_field` is the vendor's own change time, null where
    the vendor has none.
    """

    name: str
    fields: tuple[str, ...]
    keeps_other_fields: bool = True
    recorded_field: str | None = None
    is_about_people: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.fields, "other_fields") if self.keeps_other_fields else self.fields

    def record(self, received: Mapping[str, Any]) -> Record:
        """The record as it lands: every declared field as text, the others together as one JSON text or not at all."""
        landed: Record = {field: text_of(received.get(field)) for field in self.fields}
        if self.keeps_other_fields:
            others = {
                field: None if self.is_about_people else value
                for field, value in received.items()
                if field not in self.fields
            }
            landed["other_fields"] = text_of(others or None)
        return landed


class Source(Protocol):
    """One connected system."""

    system: str
    tables: tuple[Table, ...]

    def check(self) -> None:
        """Raises SourceRefused if a credential is missing or, where that is cheap to ask, refused; lands nothing."""

    def read(self, state: dict[str, Any], landed_at: datetime, /) -> Iterator[Page]:
        """Pages of (table name, records) changed since `state`, which is moved on in place and is the caller's to keep.

        The caller stores the state only together with an admitted load, so that a refused one is read again.
        `landed_at` is the load's stamp, for records without a time of their own; cursors come from the vendor's times.
        Raises SourceFailed, and SourceRefused if a permission turns out to be missing on the way.
        """

    def is_complete(self, table: str) -> bool:
        """Whether the last `read` covered the whole table, because no earlier one is in its state."""

    def left_out(self, table: str, /) -> str | None:
        """Why the last `read` left out an optional table, or some of it; None if it left out nothing."""


@runtime_checkable
class SourceOfParts(Source, Protocol):
    """A source that may refuse a part of what it finds and bring the rest."""

    # By table, one line each, of the last `read`.
    refused: dict[str, list[str]]


@contextmanager
def unexpected_shapes_of(table: Table) -> Iterator[None]:
    """Turns what goes wrong on a record of another shape into SourceFailed, which names a field and shows no value."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        field = f": no {error.args[0]}" if isinstance(error, KeyError) else ""
        raise SourceFailed(f"{table.name}: the API answered with a record of an unexpected shape{field}") from None


@contextmanager
def optional(table: Table, left_out: dict[str, str]) -> Iterator[None]:
    """Goes on without a table that the vendor's plan or the credential's permissions do not offer, and says why.

    Only for tables that are no primary resource: a primary one that cannot be read must fail the load.
    """
    try:
        yield
    except SourceFailed as error:
        if not error.is_not_offered:
            raise
        left_out[table.name] = f"left out: {error}"


def text_of(value: Any) -> str | None:
    """A received JSON value as text: strings as they are, everything else as the JSON it came as, absent as null."""
    if value is None:
        return None
    if type(value) is int:
        # Most of what is no text, and dear through the encoder.
        return str(value)
    text = value if isinstance(value, str) else _AS_JSON.encode(value)
    if text.isascii():
        return text
    # Half a surrogate pair is legal in JSON and in no Parquet file; chat clients cut emoji in two.
    return text.encode("utf-8", "replace").decode("utf-8")


def fingerprint(received: Mapping[str, Any]) -> str:
    """Sixteen hex digits of a record's content, for endpoints that have no change time to compare."""
    return hashlib.sha256(json.dumps(received, sort_keys=True).encode()).hexdigest()[:16]


def not_seen(received: Iterable[Json], before: Mapping[str, str], now: dict[str, str]) -> list[Json]:
    """The records that stand neither in `before` nor in `now` with this content; `now` is filled with all of them.

    Both are fingerprints by id: how lists without a cursor, and pages that overlap, tell what is new.
    """
    fresh = []
    for one in received:
        identity, content = str(one["id"]), fingerprint(one)
        if content != (now.get(identity) or before.get(identity)):
            fresh.append(one)
        now[identity] = content
    return fresh


@dataclass(frozen=True)
class CrmProperties:
    """Which property of a CRM holds which term, and which hold the roles of an account team.

    `object_types` says by object what the CRM calls one that the company has made itself.
    """

    terms: Mapping[str, Mapping[str, str]]
    roles: Mapping[str, str]
    object_types: Mapping[str, str] = field(default_factory=dict)

    def properties_of(self, entity: str) -> list[str]:
        return list(dict.fromkeys(self.terms.get(entity, {}).values()))

    def property_of(self, entity: str, term: str) -> str | None:
        return self.terms.get(entity, {}).get(term)


def load_crm_properties(seeds_dir: Path, system: str) -> CrmProperties:
    """The rows of seeds/mappings/crm_properties.csv and crm_roles.csv for one CRM.

    Raises SourceFailed if a seed is missing or has lost a column.
    """
    terms: dict[str, dict[str, str]] = {}
    object_types: dict[str, str] = {}
    columns = ("source_system", "object", "term", "property")
    for row in _seed_rows(seeds_dir / "mappings" / "crm_properties.csv", columns, system):
        if row["term"] == "object_type":
            object_types[row["object"]] = row["property"]
        else:
            terms.setdefault(row["object"], {})[row["term"]] = row["property"]
    roles = _seed_rows(seeds_dir / "mappings" / "crm_roles.csv", ("source_system", "property", "role"), system)
    return CrmProperties(terms=terms, roles={row["property"]: row["role"] for row in roles}, object_types=object_types)


def _seed_rows(path: Path, columns: tuple[str, ...], system: str) -> list[dict[str, str]]:
    if not path.is_file():
        raise SourceFailed(f"{system}: the seed {path.name} is missing from {path.parent}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        absent = [column for column in columns if column not in (rows.fieldnames or ())]
        if absent:
            raise SourceFailed(f"{system}: the seed {path.name} has no column {', '.join(absent)}")
        return [row for row in rows if row["source_system"] == system]
