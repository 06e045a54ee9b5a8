"""Erases one person from everything Kept has written, and proves it by searching every byte.

What their rows lose, then and at every later load, stands in suppression.py. Landing is rewritten, the one exception to
its immutability; what is made from it is made again.
"""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project import runs
from dagster_project.assets.models import quoted
from dagster_project.delivery import delivered_folders, mailed_recipients
from dagster_project.loads import one_at_a_time
from dagster_project.mail import NotDelivered
from dagster_project.progress import Narrator, counted
from dagster_project.settings import Settings
from dagster_project.sources import Record, text_of
from dagster_project.sources.files import TABLES as FILE_TABLES
from dagster_project.sources.files import digest_of
from dagster_project.suppression import ERASED, Suppression, is_stand_in, write_whole

CONTACT, EMPLOYEE = "contact", "employee"
SYSTEMS = {CONTACT: "hubspot", EMPLOYEE: "bamboohr"}
# A first name alone stands in half of all texts and means nobody.
NAME_WORDS = 2
# A written text is looked for by its beginning: reports cut what is long.
TEXT_LENGTH = 40
# What is made from landing and made again, if anything in it names the person; old reports cannot be.
MADE = ("dbt", "dagster", "last_run.log", "truth")


class NotErased(Exception):
    """Nothing was erased, or not everything; one line with the reason and what to do."""


@dataclass
class Person:
    """Whom to erase: their records by landing table, and what names them. Kept in the clear only until it is done."""

    kind: str
    id: str
    records: dict[str, list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Mention:
    """A field of somebody else's record that names the person, for a human to look at."""

    table: str
    record_id: str
    column: str


@dataclass
class Erasure:
    """What was or would be done: rows of landing by table, files and folders gone, mentions, rows by mart."""

    person: Person
    rows: Counter[str] = field(default_factory=Counter)
    removed: list[str] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    counts_differ: list[str] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    is_proven: bool = False

    def told(self, *, is_dry: bool) -> Iterator[str]:
        """For the person at the terminal; ids alone, no name."""
        would = "would be" if is_dry else "was"
        for table, ids in self.person.records.items():
            yield f"Records of the person in {table}: {', '.join(ids)}"
        if not self.rows:
            yield "No row of landing holds anything of the person any more."
        for name in self.removed if self.rows else ():
            yield f"  {name} {would} removed, and made again where it can be"
        if self.person.shared:
            number = counted(len(self.person.shared), "address is", "addresses are")
            yield f"{number} of others too and stays theirs; look at who shares it."
        if [name for name in self.person.names if len(name.split()) < NAME_WORDS]:
            yield "A name of one word is not looked for in texts: it would be found everywhere."
        if self.mentions:
            yield f"For review, {counted(len(self.mentions), 'field')} in which others name the person:"
            yield from (f"  {one.table} {one.record_id}: {one.column}" for one in self.mentions)
        if self.mailed:
            readers = ", ".join(self.mailed)
            yield f"Reports that may name the person were mailed to {readers}: ask them to delete what they have."
        for folder in self.unreached:
            yield f"The report delivered to {folder} is out of reach now: delete it there if it names the person."
        if self.counts_differ:
            yield f"The publication has another number of rows in {', '.join(self.counts_differ)}."
        if self.is_proven:
            yield "Searched every byte: what others wrote and is listed here apart, nothing names the person any more."


def erase(
    settings: Settings, tell: Narrator, kind: str, identity: str, *, is_dry: bool = False, blanks_mentions: bool = False
) -> Erasure:
    """Erase one contact (`hubspot:123`) or employee (`bamboohr:42`); a dry run changes nothing and says what would.

    `blanks_mentions` replaces the name in what others wrote too. Killed, it goes on where it was when run again. Raises
    NotErased if nobody is known by the id, or if the search at the end still finds something.
    """
    settings.prepare()
    before = _rows_by_mart(settings)
    try:
        delivered_folders(settings)
    except NotDelivered as error:
        raise NotErased(str(error)) from None
    pending = settings.suppression_dir / "pending.json"
    with one_at_a_time(settings, tell):
        suppression = Suppression.read(settings)
        person = _find(settings, suppression, kind, identity, pending)
        suppression = suppression.with_person(person.records, person.addresses)
        found = Erasure(person)
        with tell.step("Landing: what is kept of the person's rows, and of what they wrote") as step:
            files = _scan_landing(settings, suppression, found, blanks_mentions=blanks_mentions)
            rows = "; ".join(f"{table}: {count:,}" for table, count in sorted(found.rows.items()))
            step.outcome = f"{counted(found.rows.total(), 'row')} to rewrite{' (' + rows + ')' if rows else ''}"
        gone = _to_remove(settings, person)
        found.removed = [_shown(settings, path) for path in gone]
        found.mailed = mailed_recipients(settings)
        # Nobody can look into a mount that is not there; a report that its reader deleted is of no concern.
        found.unreached = [str(path) for path in delivered_folders(settings) if not path.parent.is_dir()]
        if is_dry or not (files or pending.exists()):
            return found
        # First, so that neither a crash nor a load in between brings the person back.
        write_whole(pending, json.dumps(asdict(person)))
        suppression.write(settings)
        for path in files:
            _rewrite(path, suppression, person, blanks_mentions=blanks_mentions)
        for path in gone:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        settings.prepare()
    # Each takes the lock itself; a refresh that comes in between writes nothing of the person any more.
    if not runs.rebuild(settings, tell) or not runs.report(settings, tell):
        raise NotErased("landing is erased, but the marts could not be built again; mend what is told and run it again")
    with one_at_a_time(settings, tell):
        _remove_earlier_publications(settings)
        places = _places(settings, found)
        if places:
            raise NotErased(f"still named in {', '.join(places)}; delete that, or mend it, and run it again")
        after = _rows_by_mart(settings)
        found.counts_differ = sorted(name for name in before if before[name] != after.get(name))
        found.is_proven = True
        pending.unlink()
    return found


def _find(settings: Settings, suppression: Suppression, kind: str, identity: str, pending: Path) -> Person:
    """Everything by which the person is known in landing; what an erasure cut short knew of them is not lost."""
    system, _, record_id = identity.partition(":")
    if system != SYSTEMS[kind] or not record_id:
        raise NotErased(f"{identity} is no id of {_a(kind)}; write {SYSTEMS[kind]}:<id>, as in mart.{kind}s")
    person = Person(kind, identity)
    begun = json.loads(pending.read_text()) if pending.exists() else None
    if begun and (begun["kind"], begun["id"]) != (kind, identity):
        raise NotErased(f"the erasure of {begun['id']} was cut short; run that one again first")
    if begun:
        person = Person(**begun)
    finder = _Finder(settings, suppression, person)
    own = "hubspot__contacts" if kind == CONTACT else "bamboohr__employees"
    finder.know(own, record_id)
    finder.gather(own)
    if not finder.has_seen_own:
        raise NotErased(
            f"no {kind} {identity} has ever landed in {settings.landing_dir}; ids are those of mart.{kind}s"
        )
    return person


class _Finder:
    """Walks from the person's own record to the accounts that share its address, until nothing more is known."""

    def __init__(self, settings: Settings, suppression: Suppression, person: Person) -> None:
        self._settings = settings
        self._person = person
        self._properties = suppression.properties().terms.get("contacts", {})
        self._ids = {table: set(ids) for table, ids in person.records.items()}
        self.has_seen_own = False

    def know(self, table: str, record_id: str) -> None:
        self._ids.setdefault(table, set()).add(record_id)

    def gather(self, own: str) -> None:
        people = [self._person_of(own, row) for row in _landed_rows(self._settings, own)]
        if own == "hubspot__contacts":
            self._follow_merges(people)
            self._follow_duplicates(people)
        own_ids = self._ids[own]
        # Also the stand-ins of an earlier erasure: an account that was opened since bears them too.
        mine = [one for one in people if one.id in own_ids]
        self.has_seen_own = bool(mine)
        theirs = {one.address for one in people if one.id not in own_ids} - {""}
        addresses = {one.address for one in mine} - {""} | set(self._person.addresses)
        # An address of several people is nobody's to take away.
        shared, addresses = addresses & theirs, addresses - theirs
        accounts = ["zendesk__users"] if self._person.kind == CONTACT else ["zendesk__users", "hubspot__owners"]
        for table in accounts:
            rows = [self._person_of(table, row) for row in _landed_rows(self._settings, table)]
            linked = {one.id for one in rows if one.address in addresses} | self._linked_by_hand(table)
            self._ids.setdefault(table, set()).update(linked)
            mine += [one for one in rows if one.id in self._ids[table]]
        users = self._ids.get("zendesk__users", set())
        for row in _landed_rows(self._settings, "zendesk__tickets"):
            if {row["requester_id"], row["submitter_id"]} & users and row["id"]:
                self.know("zendesk__tickets", row["id"])
        person = self._person
        person.records = {table: sorted(ids) for table, ids in sorted(self._ids.items())}
        every = addresses | {one.address for one in mine} - {""} - shared
        person.addresses = sorted(address for address in every if not is_stand_in(address))
        person.shared = sorted(shared)
        person.names = sorted({*person.names, *(name for one in mine if (name := one.name))})
        person.phones = sorted({*person.phones, *(phone for one in mine for phone in one.phones)})

    def _person_of(self, table: str, row: Record) -> _Known:
        held = json.loads(row.get("properties") or "null") or {}
        others = {**held, **(json.loads(row.get("other_fields") or "null") or {})}
        phones = tuple(str(value) for key, value in others.items() if value and re.search("phone|mobile", key))
        if table == "hubspot__contacts":
            names = [held.get(self._properties.get(term, "")) for term in ("first_name", "last_name")]
            address, merged = held.get(self._properties.get("email", "")), held.get("hs_merged_object_ids")
        else:
            names = [row.get("name"), row.get("firstName"), row.get("lastName")]
            address, merged = row.get("email") or row.get("workEmail"), None
        return _Known(
            id=str(row.get("id") or row.get("employeeId")),
            name=" ".join(name.strip() for name in names if name and name.strip()),
            address=(address or "").strip().lower(),
            phones=phones,
            merged=frozenset((merged or "").split(";")) - {""},
        )

    def _follow_merges(self, people: Sequence[_Known]) -> None:
        ids, size = self._ids["hubspot__contacts"], 0
        while size < len(ids):
            size = len(ids)
            for one in people:
                if one.id in ids or one.merged & ids:
                    ids |= {one.id} | one.merged

    def _follow_duplicates(self, people: Sequence[_Known]) -> None:
        """Somebody entered twice has two records with one address and one name."""
        ids = self._ids["hubspot__contacts"]
        known = {(one.address, one.name.lower()) for one in people if one.id in ids and one.address}
        ids |= {one.id for one in people if (one.address, one.name.lower()) in known}

    def _linked_by_hand(self, table: str) -> set[str]:
        if self._person.kind != EMPLOYEE:
            return set()
        with (self._settings.seeds_dir / "identity" / "employee_links.csv").open(encoding="utf-8", newline="") as file:
            return {
                row["source_record_id"]
                for row in csv.DictReader(file)
                if row["employee_id"] == self._person.id and f"{row['source_system']}__{row['source_object']}" == table
            }


@dataclass(frozen=True)
class _Known:
    """One landed version of a record about a person."""

    id: str
    name: str
    address: str
    phones: tuple[str, ...]
    merged: frozenset[str]


def _landed_rows(settings: Settings, table: str) -> Iterator[Record]:
    for path in sorted((settings.landing_dir / table).glob("*.parquet")):
        yield from pq.read_table(path, partitioning=None).to_pylist()


def _scan_landing(settings: Settings, suppression: Suppression, found: Erasure, *, blanks_mentions: bool) -> list[Path]:
    """The files of landing in which rows would change; fills in what they lose and who else to see."""
    files = []
    texts, mentions = dict.fromkeys(found.person.texts), dict.fromkeys(found.mentions)
    names = _patterns(found.person)
    for path in sorted(settings.landing_dir.rglob("*.parquet")):
        table, changed = path.parent.name, 0
        for before, after, columns in _erased_rows(path, suppression, names, blanks_mentions=blanks_mentions):
            changed += before != after
            texts.update(dict.fromkeys(_lost(before, after)))
            mentions.update(dict.fromkeys(Mention(table, _record_id(before), column) for column in columns))
        if changed:
            found.rows[table] += changed
            files.append(path)
    found.person.texts, found.mentions = list(texts), list(mentions)
    return files


def _erased_rows(
    path: Path, suppression: Suppression, names: Sequence[re.Pattern[str]], *, blanks_mentions: bool
) -> Iterator[tuple[Record, Record, list[str]]]:
    """Each row's texts before and after, and the columns in which others name the person."""
    read = pq.read_table(path, partitioning=None)
    for row in read.select(_text_columns(read)).to_pylist():
        erased = suppression.row(path.parent.name, row)
        columns = [
            column
            for column, value in erased.items()
            if value and any(name.search(html.unescape(text)) for text in _strings(value) for name in names)
        ]
        if blanks_mentions:
            erased |= {column: text_of(_blanked(_parsed(erased[column]), names)) for column in columns}
        yield row, erased, columns


def _rewrite(path: Path, suppression: Suppression, person: Person, *, blanks_mentions: bool) -> None:
    """One file under its own name and with its rows in their order, whole or not at all."""
    read = pq.read_table(path, partitioning=None)
    names = _patterns(person)
    kept = [row for _, row, _ in _erased_rows(path, suppression, names, blanks_mentions=blanks_mentions)]
    for column in _text_columns(read):
        index = read.schema.get_field_index(column)
        values = pa.array([row[column] for row in kept], read.schema.field(column).type)
        read = read.set_column(index, read.schema.field(column), values)
    beside = path.with_name(f".{path.name}.part")
    pq.write_table(read, beside)
    beside.replace(path)


def _text_columns(read: pa.Table) -> list[str]:
    return [column.name for column in read.schema if pa.types.is_string(column.type)]


def _to_remove(settings: Settings, person: Person) -> list[Path]:
    """What is made again from landing, where it names the person; of dropped files those that have landed."""
    needles = [*_needles(person), *person.texts]
    made = [settings.data_dir / name for name in MADE]
    made += sorted(settings.reports_dir.glob("*")) + sorted((settings.data_dir / "months").glob("*"))
    # What was delivered is not made again: the next delivery tells of the person as the mart then does.
    made += delivered_folders(settings)
    gone = [path for path in made if path.exists() and any(_holds(one, needles) for one in _files(path))]
    landed = {
        row["file_hash"] for table in FILE_TABLES for row in _landed_rows(settings, table.name) if row.get("file_hash")
    }
    for path in _files(settings.drop_dir):
        if digest_of(path.read_bytes()) in landed and _holds(path, [*needles, person.id]):
            gone.append(path)
    # Always: a working copy may hold rows on their way to landing, a database the old blocks of what it overwrote, and
    # a mail that was never sent its pages packed.
    scratch = (settings.dlt_dir, settings.warehouse_path.parent, settings.dry_deliveries_dir)
    return gone + [path for path in (*scratch, *settings.deliveries_dir.glob("*/.work")) if path.exists()]


def _remove_earlier_publications(settings: Settings) -> None:
    """Readers of the one before lose it: it names the person."""
    parquet = settings.published_dir / "parquet"
    current = (parquet / "current").read_text().strip()
    for path in parquet.iterdir():
        if path.is_dir() and path.name != current:
            shutil.rmtree(path)


def _places(settings: Settings, found: Erasure) -> list[str]:
    """Files that still name the person, but for what others wrote and is listed for review."""
    person = found.person
    hard = [*person.addresses, *person.phones]
    names = _told_names(person)
    reviewed = {settings.landing_dir / mention.table for mention in found.mentions}
    made_from_reviewed = (
        settings.warehouse_path.parent,
        settings.published_dir,
        settings.reports_dir,
        *delivered_folders(settings),
    )
    places = []
    delivered = [path for folder in delivered_folders(settings) for path in _files(folder)]
    for path in (*_files(settings.data_dir), *delivered):
        if path.parent == settings.suppression_dir:
            continue
        follows = path.parent in reviewed or (reviewed and any(path.is_relative_to(one) for one in made_from_reviewed))
        if _holds(path, hard if follows else [*hard, *names]):
            places.append(_shown(settings, path))
    # Where others name the person the publication may hold the name in their words, but never as the person's own.
    own = f"select 1 from mart.{person.kind}s where {person.kind}_id = ? and full_name is not null"
    published = settings.published_dir / "kept.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        if connection.execute(own, [person.id]).fetchall():
            places.append(str(published.relative_to(settings.data_dir)))
    return list(dict.fromkeys(places))


def _shown(settings: Settings, path: Path) -> str:
    """A path as a person finds it: in the data folder from there, else in full."""
    return str(path.relative_to(settings.data_dir) if path.is_relative_to(settings.data_dir) else path)


def _patterns(person: Person) -> list[re.Pattern[str]]:
    return [re.compile(re.escape(name), re.IGNORECASE) for name in _told_names(person)]


def _told_names(person: Person) -> list[str]:
    return [name for name in person.names if len(name.split()) >= NAME_WORDS]


def _needles(person: Person) -> list[str]:
    return [*_told_names(person), *person.addresses, *person.phones]


def _files(path: Path) -> Iterator[Path]:
    """Every file, each once: a month's folder links to the landing of all."""
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in sorted(names) if not Path(folder, name).is_symlink())


def _holds(path: Path, needles: Sequence[str]) -> bool:
    """Whether a file's bytes, or the values packed in them, hold any of these, in upper or lower case."""
    if not needles:
        return False
    content = path.read_bytes().decode("utf-8", "replace").lower()
    if any(form in content for needle in needles for form in _forms(needle)):
        return True
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            return _rows_hold(f"read_parquet('{quoted(path)}', hive_partitioning = false)", connection, needles)
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
            ).fetchall()
            return any(_rows_hold(f'"{schema}"."{table}"', connection, needles) for schema, table in tables)
    if path.parent.name == "_dlt_pipeline_state":
        from dlt.common.versioned_state import decompress_state

        states = [decompress_state(json.loads(line)["state"]) for line in path.read_text().splitlines()]
        told = json.dumps(states, ensure_ascii=False).lower()
        return any(form in told for needle in needles for form in _forms(needle))
    return False


def _rows_hold(relation: str, connection: duckdb.DuckDBPyConnection, needles: Sequence[str]) -> bool:
    columns = connection.execute(f"describe select * from {relation}").fetchall()
    texts = ", ".join('cast("' + name.replace('"', '""') + '" as varchar)' for name, *_ in columns)
    forms = sorted({form for needle in needles for form in _forms(needle)})
    wanted = " or ".join(["contains(lower(concat_ws(chr(10), " + texts + ")), ?)"] * len(forms))
    return bool(connection.execute(f"select 1 from {relation} where {wanted} limit 1", forms).fetchall())


def _forms(text: str) -> set[str]:
    """A text as it may be written: plain, in JSON, in HTML, in an address."""
    plain = text.lower()
    forms = {plain, json.dumps(plain)[1:-1], json.dumps(plain, ensure_ascii=False)[1:-1]}
    return {*forms, html.escape(plain), quote(plain).lower()}


def _lost(before: Record, after: Record) -> Iterable[str]:
    """The beginnings of the texts that a row loses, deep in its JSON too."""
    for name, value in before.items():
        if value and value != after[name]:
            for text in _strings(value):
                if len(text) >= TEXT_LENGTH // 2 and " " in text and text not in (after[name] or ""):
                    yield text[:TEXT_LENGTH]


def _parsed(value: Any) -> Any:
    """What a JSON text holds; any other value as it is."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _strings(value: Any) -> Iterator[str]:
    value = _parsed(value)
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)
    elif isinstance(value, str):
        yield value


def _blanked(value: Any, names: Sequence[re.Pattern[str]]) -> Any:
    """In HTML too, where a name may be written with entities."""
    if isinstance(value, dict):
        return {key: _blanked(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_blanked(one, names) for one in value]
    if isinstance(value, str):
        for name in names:
            plain = value if name.search(value) else html.unescape(value)
            value = name.sub(ERASED, plain) if name.search(plain) else value
    return value


def _rows_by_mart(settings: Settings) -> dict[str, int]:
    published = settings.published_dir / "kept.duckdb"
    if not published.exists():
        return {}
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'mart'").fetchall()
        counts = {table: connection.execute(f'select count(*) from mart."{table}"').fetchall() for (table,) in tables}
        return {table: int(found[0][0]) for table, found in counts.items()}


def _record_id(row: Record) -> str:
    return str(next((row[name] for name in ("id", "employeeId", "record_id") if row.get(name)), "of no id"))


def _a(kind: str) -> str:
    return f"an {kind}" if kind == EMPLOYEE else f"a {kind}"
