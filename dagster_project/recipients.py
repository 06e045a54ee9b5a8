"""Who gets which report by which way: the rows of seeds/delivery/report_recipients.csv, strictly read."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dagster_project.settings import Settings

COLUMNS = ("recipient", "full_name", "email", "book", "folder", "link")
BOOKS = ("employee", "segment", "region")


class RecipientsError(Exception):
    """The file cannot be used, so that nobody is sent anything; a line for each fault with row, column and remedy."""


@dataclass(frozen=True)
class Recipient:
    """One person to whom a report goes; an empty e-mail, folder or link is not given."""

    key: str
    full_name: str
    email: str
    book: str
    folder: str
    link: str


def recipients_path(settings: Settings) -> Path:
    return settings.seeds_dir / "delivery" / "report_recipients.csv"


def read_recipients(path: Path) -> tuple[Recipient, ...]:
    """The recipients in their order; raises RecipientsError with every fault of the file."""
    if not path.is_file():
        raise RecipientsError(f"{path} is missing; it takes the columns {', '.join(COLUMNS)}, and may have no row")
    try:
        # Spreadsheets begin a UTF-8 file with a mark.
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, restkey="", strict=True))
            file.seek(0)
            head = next(csv.reader(file), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecipientsError(f"{path} cannot be read as CSV in UTF-8 ({error}); save it as such") from None
    if sorted(head) != sorted(COLUMNS):
        raise RecipientsError(f"{path} has the columns {', '.join(head)}; it takes {', '.join(COLUMNS)}, each once")
    faults: list[str] = []
    found: list[Recipient] = []
    for number, row in enumerate(rows, start=2):
        given = {column: (row.get(column) or "").strip() for column in COLUMNS}
        wrong = dict(_faults(given, found))
        if "" in row or None in row.values():
            wrong["recipient"] = f"the row has not {len(COLUMNS)} fields; quote what holds a comma"
        faults += [f"{path}, row {number}, {column}: {what}" for column, what in wrong.items()]
        found.append(Recipient(given["recipient"], *(given[column] for column in COLUMNS[1:])))
    if faults:
        raise RecipientsError("\n".join(faults))
    return tuple(found)


def _faults(row: Mapping[str, str], above: list[Recipient]) -> Iterator[tuple[str, str]]:
    """What is wrong, by column; keys and folders of two rows that only differ in case are one on some file systems."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", row["recipient"]):
        yield "recipient", f"{row['recipient']!r} is no name of letters, digits and dashes; write one, as ada-berg"
    elif row["recipient"].casefold() in {one.key.casefold() for one in above}:
        yield "recipient", f"{row['recipient']!r} stands in a row above; give each row a name of its own"
    if not row["full_name"]:
        yield "full_name", "it is empty; write how the person is greeted"
    if row["email"] and not re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+", row["email"]):
        yield "email", "it is no e-mail address; write one alone, as ada@example.com"
    if not row["email"] and not row["folder"]:
        yield "email", "neither this nor a folder is given; name at least one way"
    kind, _, value = row["book"].partition(":")
    if row["book"] != "all" and not (kind in BOOKS and value.strip()):
        kinds = ", ".join(f"{kind}:…" for kind in BOOKS)
        yield "book", f"{row['book']!r} says nobody's customers; write all, or one of {kinds}"
    if row["folder"]:
        folder = Path(row["folder"])
        if not folder.is_absolute():
            yield "folder", f"{row['folder']!r} is no full path; write one that begins with /"
        elif str(folder).casefold() in {str(Path(one.folder)).casefold() for one in above if one.folder}:
            yield "folder", "it stands in a row above, and one report would replace the other; give each its own"
    if row["link"]:
        if not _is_address(row["link"]):
            yield "link", f"{row['link']!r} is no address; write one that begins with https://"
        elif not row["folder"]:
            yield "link", "there is no folder it could lead to; name the folder too, or leave the link empty"


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    has_place = bool(address.netloc) if address.scheme in ("https", "http") else bool(address.path)
    return address.scheme in ("https", "http", "file") and has_place and not re.search(r"[\s<>\"]", text)
