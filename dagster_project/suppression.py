"""What an erased person's rows lose: kept as ids and keyed hashes, applied to rows that land and to rows that landed.

Ids stay, so that counts hold. An e-mail address becomes a stand-in that is the same in every system, so that what was
one person stays one. Of a text only the words that a rule reads stay. Who is erased, and the search that proves it, is
in erasure.py.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from dagster_project.settings import Settings
from dagster_project.sources import CrmProperties, Json, Record, SourceFailed, load_crm_properties, text_of

ERASED = "[erased]"
# RFC 2606 keeps it free of mail servers.
STAND_IN_DOMAIN = "erased.invalid"
ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
NAME_KEYS = frozenset(
    {"name", "firstname", "lastname", "firstName", "lastName", "full_name", "display_name", "alias", "preferredName"}
)
MARK = re.compile(r"#[^\W_]+(?:[_-]+[^\W_]+)*")
# The plain text of dbt's macro of that name: what people quote of others is nobody's word, and no rule reads it.
PLAIN = (
    (re.compile(r"(?is)<(blockquote|style|script)\b.*?</(blockquote|style|script)\s*>"), " "),
    (re.compile(r"(?i)<(br|/p|/div|/li|/tr)\b[^>]*>"), "\n"),
    (re.compile(r"(?s)</?[a-zA-Z!][^>]*>"), " "),
    (re.compile(r"&gt;"), ">"),
    (re.compile(r"&[a-zA-Z0-9#]+;"), " "),
    (re.compile(r"(?ism)^[ \t]*(on [^\n]{1,200}\swrote:|-+ ?original message ?-+|-- ?\r?$).*"), " "),
    (re.compile(r"(?m)^[ \t]*>[^\n]*"), " "),
)
# Where a person has a record of their own: its id, and what of it stays.
OWN_RECORDS: Mapping[str, tuple[str, frozenset[str]]] = {
    "hubspot__contacts": (
        "id",
        frozenset({"id", "createdAt", "updatedAt", "archived", "archivedAt", "url", "associations"}),
    ),
    "hubspot__owners": (
        "id",
        frozenset({"id", "userId", "userIdIncludingInactive", "type", "teams", "createdAt", "updatedAt", "archived"}),
    ),
    "zendesk__users": (
        "id",
        frozenset({"id", "url", "role", "organization_id", "active", "suspended", "created_at", "updated_at"}),
    ),
    "bamboohr__employees": ("employeeId", frozenset({"employeeId", "hireDate", "reportsToId"})),
}
# What stays of a contact's properties; all the others name or describe the person.
KEPT_PROPERTIES = frozenset({"createdate", "lastmodifieddate", "hs_object_id", "hs_merged_object_ids"})
WRITTEN_KEYS = ("body", "html_body", "plain_body", "subject", "raw_subject", "description", "comment")
ACTIVITIES = ("calls", "meetings", "emails", "communications", "notes")


@dataclass(frozen=True)
class Suppression:
    """Who is erased: record ids by landing table, and keyed hashes of addresses. Empty, it changes no row."""

    seeds_dir: Path
    key: bytes
    records: Mapping[str, frozenset[str]] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()

    @classmethod
    def read(cls, settings: Settings) -> Suppression:
        """The list as it stands; raises SourceFailed if it cannot be read: a load without it would bring them back."""
        path = settings.suppression_dir / "list.json"
        if not path.exists():
            return cls(settings.seeds_dir, secrets.token_bytes(32))
        try:
            kept = json.loads(path.read_text())
            records = {table: frozenset(ids) for table, ids in kept["records"].items()}
            key = bytes.fromhex((path.parent / "key").read_text())
            return cls(settings.seeds_dir, key, records, frozenset(kept["addresses"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise SourceFailed(
                f"{path} and the file `key` beside it say who was erased, and one of them cannot be read; restore both "
                "from a backup, or delete both and erase again"
            ) from None

    def with_person(self, records: Mapping[str, Iterable[str]], addresses: Iterable[str]) -> Suppression:
        """The list with one more person on it; said twice it stays the same."""
        every = {
            table: self.records.get(table, frozenset()) | frozenset(records.get(table, ()))
            for table in {*self.records, *records}
        }
        hashes = self.addresses | {self.hashed(one) for one in addresses}
        return Suppression(self.seeds_dir, self.key, every, frozenset(hashes))

    def write(self, settings: Settings) -> None:
        """Keep it for every later load; the key before the list that needs it."""
        kept = {
            "records": {table: sorted(ids) for table, ids in sorted(self.records.items())},
            "addresses": sorted(self.addresses),
        }
        write_whole(settings.suppression_dir / "key", self.key.hex())
        write_whole(settings.suppression_dir / "list.json", json.dumps(kept, indent=1))

    def apply(self, table: str, rows: Sequence[Record]) -> list[Record]:
        """The rows as they may be written: those that concern nobody on the list unchanged."""
        if not self.records and not self.addresses:
            return list(rows)
        return [self.row(table, row) for row in rows]

    def row(self, table: str, row: Record) -> Record:
        erased = self._own(table, row)
        if (written := _WRITTEN.get(table)) is not None:
            erased = written(self, erased)
        return {name: self._text(value) for name, value in self._object(erased).items()}

    def is_erased(self, table: str, identity: object) -> bool:
        return identity is not None and str(identity) in self.records.get(table, ())

    def is_address(self, value: str) -> bool:
        return bool(self.addresses) and "@" in value and not is_stand_in(value) and self.hashed(value) in self.addresses

    def hashed(self, address: str) -> str:
        return hmac.new(self.key, address.strip().lower().encode(), hashlib.sha256).hexdigest()

    def stand_in(self, address: str) -> str:
        return f"erased-{self.hashed(address)[:16]}@{STAND_IN_DOMAIN}"

    def cut(self, text: Any) -> Any:
        """A text reduced to the words that rules read, so that what the touch or incident was stays known."""
        if not isinstance(text, str) or not text:
            return text
        plain = text
        for pattern, instead in PLAIN:
            plain = pattern.sub(instead, plain)
        marks = [mark for mark in MARK.findall(plain.lower()) if mark.startswith(self._marks)]
        words = normalized(plain)
        found = [phrase for phrase in self._phrases if phrase in words]
        # The word between them keeps two phrases from making a third.
        return f" {ERASED} ".join(["", *marks, *(phrase.strip() for phrase in found), ""]).strip()

    def properties(self) -> CrmProperties:
        return _crm_properties(self.seeds_dir)

    @cached_property
    def _phrases(self) -> tuple[str, ...]:
        seeds = [("touch_rules", "phrase"), ("holding_phrases", "phrase"), ("contact_personas", "phrase")]
        folder = self.seeds_dir / "mappings"
        found = {normalized(value) for name, column in seeds for value in _values(folder / f"{name}.csv", column)}
        return tuple(sorted(found - {"  "}))

    @cached_property
    def _marks(self) -> tuple[str, ...]:
        return tuple(f"#{mark}" for mark in _values(self.seeds_dir / "mappings" / "voice_marks.csv", "mark"))

    def _own(self, table: str, row: Record) -> Record:
        own = OWN_RECORDS.get(table)
        if own is None or not self.is_erased(table, row.get(own[0])):
            return row
        erased: Record = {name: value if name in own[1] else None for name, value in row.items()}
        for name in ("email", "workEmail"):
            if address := row.get(name):
                erased[name] = address if is_stand_in(address) else self.stand_in(address)
        if table == "hubspot__contacts" and (held := row.get("properties")):
            erased["properties"] = text_of(self._contact(json.loads(held)))
        return erased

    def _contact(self, held: Json) -> Json:
        of_contacts = self.properties().terms.get("contacts", {})
        email = of_contacts.get("email", "email")
        described = {of_contacts.get(term) for term in ("job_title", "buying_role")}
        kept = {
            name: value if name in KEPT_PROPERTIES else self.cut(value) if name in described else None
            for name, value in held.items()
        }
        if held.get(email):
            kept[email] = held[email] if is_stand_in(held[email]) else self.stand_in(held[email])
        return kept

    def _text(self, value: Any) -> Any:
        """Every address of an erased person in a text, or deep in a JSON text, becomes its stand-in."""
        if not isinstance(value, str) or "@" not in value:
            return value
        if not any(self.is_address(one) for one in ADDRESS.findall(value)):
            return value
        if value.startswith(("{", "[")):
            try:
                return text_of(self._walk(json.loads(value)))
            except ValueError:
                pass
        return ADDRESS.sub(lambda found: self._instead(found.group()), value)

    def _walk(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._walk(one) for name, one in self._object(value).items()}
        if isinstance(value, list):
            return [self._walk(one) for one in value]
        return self._text(value)

    def _object(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """Beside a person's address their name stands in the same object."""
        is_theirs = any(isinstance(value, str) and self.is_address(value) for value in held.values())
        return {name: None if is_theirs and name in NAME_KEYS else value for name, value in held.items()}

    def _instead(self, address: str) -> str:
        return self.stand_in(address) if self.is_address(address) else address


def _ticket(list_: Suppression, row: Record) -> Record:
    by_them = any(list_.is_erased("zendesk__users", row.get(name)) for name in ("requester_id", "submitter_id"))
    if not by_them:
        return row
    erased = _cut_keys(list_, row)
    for name in ("satisfaction_rating", "other_fields"):
        if held := row.get(name):
            erased[name] = text_of(_cut_keys(list_, json.loads(held)))
    return erased


def _ticket_event(list_: Suppression, row: Record) -> Record:
    children = json.loads(row.get("child_events") or "null")
    is_of_ticket = list_.is_erased("zendesk__tickets", row.get("ticket_id"))
    if not isinstance(children, list):
        return row
    cut = [
        _cut_keys(list_, child)
        if list_.is_erased("zendesk__users", child.get("author_id", row.get("updater_id")))
        or (is_of_ticket and child.get("event_type") != "Comment")
        else child
        for child in children
    ]
    return row if cut == children else {**row, "child_events": text_of(cut)}


def _rating(list_: Suppression, row: Record) -> Record:
    is_theirs = list_.is_erased("zendesk__users", row.get("requester_id"))
    return {**row, "comment": list_.cut(row.get("comment"))} if is_theirs else row


def _activity(name: str) -> Callable[[Suppression, Record], Record]:
    """Ours wrote what was logged, but for a mail that came in, which is of the contacts it is associated with."""

    def written(list_: Suppression, row: Record) -> Record:
        held = json.loads(row.get("properties") or "null")
        if not held:
            return row
        terms = list_.properties().terms.get(name, {})
        is_theirs = list_.is_erased("hubspot__owners", held.get(terms.get("owner", "hubspot_owner_id")))
        if name == "feedback_submissions" or held.get(terms.get("direction", "")) == "INCOMING_EMAIL":
            is_theirs = _is_associated(list_, row)
        if not is_theirs:
            return row
        texts = {terms.get(term) for term in ("title", "body", "html_body", "comment")}
        return {
            **row,
            "properties": text_of({key: list_.cut(value) if key in texts else value for key, value in held.items()}),
        }

    return written


def _heard(list_: Suppression, row: Record) -> Record:
    record_id = (row.get("employee_id") or "").removeprefix("bamboohr:")
    is_theirs = list_.is_erased("bamboohr__employees", record_id)
    return {**row, "quote": list_.cut(row.get("quote"))} if is_theirs else row


def _outcome(list_: Suppression, row: Record) -> Record:
    """Signed with an employee's id or address; a name alone is listed for review, as wherever a text names somebody."""
    by = row.get("recorded_by") or ""
    is_theirs = list_.is_erased("bamboohr__employees", by.removeprefix("bamboohr:")) or list_.is_address(by)
    return {**row, "reason": list_.cut(row.get("reason"))} if is_theirs else row


_WRITTEN: Mapping[str, Callable[[Suppression, Record], Record]] = {
    "zendesk__tickets": _ticket,
    "zendesk__ticket_events": _ticket_event,
    "zendesk__satisfaction_ratings": _rating,
    "files__voice_of_customer": _heard,
    "files__action_outcomes": _outcome,
    **{f"hubspot__{name}": _activity(name) for name in (*ACTIVITIES, "feedback_submissions")},
}


def _is_associated(list_: Suppression, row: Record) -> bool:
    associations = json.loads(row.get("associations") or "null") or {}
    return any(
        list_.is_erased("hubspot__contacts", one.get("toObjectId")) for one in associations.get("contacts") or []
    )


def _cut_keys(list_: Suppression, held: Json) -> Json:
    is_subject = "subject" in held
    return {
        key: list_.cut(value) if key in WRITTEN_KEYS or (is_subject and key == "previous_value") else value
        for key, value in held.items()
    }


def is_stand_in(address: object) -> bool:
    return isinstance(address, str) and address.endswith(f"@{STAND_IN_DOMAIN}")


def normalized(text: str) -> str:
    """As dbt's macro `normalized_text` has it, a space at both ends."""
    return " " + re.sub(r"[\W_]+", " ", text.lower()).strip() + " "


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all, for the owner alone; the folder too."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.touch(mode=0o600)
    beside.write_text(text)
    beside.replace(path)


@cache
def _crm_properties(seeds_dir: Path) -> CrmProperties:
    return load_crm_properties(seeds_dir, "hubspot")


def _values(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file) if row[column]]
