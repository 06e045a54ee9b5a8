"""Takes reports to the people who act on them, by folder and by mail, each once per person and as-of day.

Who gets what stands in recipients.py, what a letter says in reports/letter.py.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from dagster_project.assets.reports import report_day
from dagster_project.mail import NotDelivered, send
from dagster_project.progress import Narrator, counted
from dagster_project.recipients import Recipient, RecipientsError, read_recipients, recipients_path
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from reports.render import Rendered
    from reports.since import Snapshot

FOLDER, MAIL = "folder", "e-mail"
STATE_FILE = "delivered.json"
LOCK_FILE = ".deliveries.lock"
# Mail programs take some 25 MB, and what is attached grows by a third on its way.
ATTACHED_BYTES = 15_000_000


@dataclass
class Delivered:
    """What one person has got of one as-of day: the UTC instant by way, and the folder that it went to."""

    ways: dict[str, str] = field(default_factory=dict)
    folder: str = ""

    @classmethod
    def read(cls, folder: Path) -> Delivered:
        """The state as it was left; raises NotDelivered on a file that is none."""
        path = folder / STATE_FILE
        if not path.exists():
            return cls()
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls({way: str(at) for way, at in kept["ways"].items()}, str(kept["folder"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotDelivered(
                f"{path} cannot be read; delete it, after which what it told of is delivered again"
            ) from None

    def write(self, folder: Path) -> None:
        """Whole or not at all."""
        beside = folder / f".{STATE_FILE}.part"
        beside.write_text(json.dumps({"ways": self.ways, "folder": self.folder}, indent=1) + "\n", encoding="utf-8")
        beside.replace(folder / STATE_FILE)


@dataclass
class Outcome:
    """Recipients by what came of it; `failed` are those who did not get theirs by every way."""

    delivered: list[str] = field(default_factory=list)
    had_it: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        parts = [f"{counted(len(self.delivered), 'recipient')} served"]
        parts += [f"{len(self.had_it):,} had theirs before"] if self.had_it else []
        parts += [f"{len(self.failed):,} did not get theirs by every way"] if self.failed else []
        return ", ".join(parts)


def deliver(
    settings: Settings, tell: Narrator, only: Collection[str] = (), *, is_dry: bool = False, again: bool = False
) -> Outcome:
    """Deliver the report of the as-of day to all recipients or `only` some, who have not had it; `again` to these too.

    What fails is a problem of that recipient, and the others go on; the next call goes on with what is left. A dry run
    writes mails and pages to the data folder, sends nothing and remembers nothing. Raises RecipientsError if the file
    of recipients cannot be used or lacks one of `only`, NotDelivered if there is nothing to report from.
    """
    path = recipients_path(settings)
    recipients = read_recipients(path)
    if unknown := sorted(set(only) - {one.key for one in recipients}):
        raise RecipientsError(f"{path} names no recipient {', '.join(unknown)}")
    outcome = Outcome()
    chosen = [one for one in recipients if not only or one.key in only]
    if chosen and not (settings.published_dir / "kept.duckdb").exists():
        raise NotDelivered("nothing has been published yet, so there is nothing to report from: run `make refresh`")
    with _one_at_a_time(settings, tell):
        for recipient in chosen:
            with tell.step(f"{recipient.key}: the report of {recipient.book}") as step:
                delivery = _Delivery(settings, tell, recipient)
                try:
                    done, failed = delivery.dry_run() if is_dry else delivery.run(again=again)
                except (NotDelivered, OSError) as error:
                    done, failed = [], [_reason(error)]
                for line in failed:
                    tell.problem(f"{recipient.key}: {line}")
                step.outcome = ", ".join(done) or ("" if failed else "had theirs before; `--again` delivers once more")
            came_to = outcome.failed if failed else outcome.delivered if done else outcome.had_it
            came_to.append(recipient.key)
    return outcome


def delivered_folders(settings: Settings) -> list[Path]:
    """Where reports were put, also where they lie no more; raises NotDelivered if what is remembered cannot be read."""
    return [Path(state.folder) for state in _states(settings).values() if state.folder]


def mailed_recipients(settings: Settings) -> list[str]:
    """Who has a report in their mailbox, from where nobody can take it back."""
    return sorted({folder.parent.name for folder, state in _states(settings).items() if MAIL in state.ways})


def _states(settings: Settings) -> dict[Path, Delivered]:
    folders = (path.parent for path in sorted(settings.deliveries_dir.glob(f"*/*/{STATE_FILE}")))
    return {folder: Delivered.read(folder) for folder in folders}


class _Delivery:
    """One person's report of one day."""

    def __init__(self, settings: Settings, tell: Narrator, recipient: Recipient) -> None:
        self._settings = settings
        self._tell = tell
        self._recipient = recipient
        self._as_of = report_day(settings)
        self._own = settings.deliveries_dir / recipient.key

    def run(self, *, again: bool) -> tuple[list[str], list[str]]:
        """Go every way that is left; what was done, and what failed. Raises NotDelivered where there is no report."""
        remembered = self._own / self._as_of.isoformat()
        state = Delivered.read(remembered)
        left = [way for way in self._ways if again or way not in state.ways]
        done: list[str] = []
        failed: list[str] = []
        if not left:
            return done, failed
        with self._working_folder() as folder:
            rendered = self._render(folder)
            report = rendered.index.parent
            remembered.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(report / _snapshot_file(), remembered / _snapshot_file())
            for way in left:
                try:
                    if way == FOLDER:
                        state.folder = str(self._to_folder(report))
                    else:
                        send(self._message(rendered, _known_sender(self._settings), again=again), self._settings)
                except NotDelivered as error:
                    failed.append(f"{way}: {error}")
                    if way == FOLDER and self._recipient.link and MAIL in left:
                        failed.append(f"{MAIL}: kept back, since its link would lead to nothing")
                        break
                    continue
                state.ways[way] = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
                # After each: a crash in between tells one person twice rather than never.
                state.write(remembered)
                done.append(f"{way} done")
        return done, failed

    def dry_run(self) -> tuple[list[str], list[str]]:
        """Write what would go out to the data folder; what was written, and what would fail."""
        out = self._settings.dry_deliveries_dir / self._recipient.key
        if out.exists():
            shutil.rmtree(out)
        out.mkdir(parents=True, mode=0o700)
        failed = []
        rendered = self._render(out)
        done = [f"nothing sent, see {out}"]
        if self._recipient.folder:
            try:
                self._folder()
            except NotDelivered as error:
                failed.append(f"{FOLDER}: {error}")
        if self._recipient.email:
            try:
                (out / "letter.eml").write_bytes(bytes(self._message(rendered, _sender(self._settings), again=False)))
                needed = {"KEPT_REPORT_EMAIL_FROM": _sender(self._settings), "KEPT_SMTP_URL": self._settings.smtp_url}
                missing = " and ".join(name for name, value in needed.items() if not value)
                done.append(f"its letter.eml is what would be mailed{missing and f' once there is {missing}'}")
            except NotDelivered as error:
                failed.append(f"{MAIL}: {error}")
        return done, failed

    @property
    def _ways(self) -> Sequence[str]:
        """The folder first, since the letter may lead there."""
        wanted = ((FOLDER, self._recipient.folder), (MAIL, self._recipient.email))
        return [way for way, address in wanted if address]

    def _render(self, folder: Path) -> Rendered:
        # Imported here, since the charts' library takes a second, which only who renders should pay.
        import duckdb

        from reports.book import UnknownBook, find_book
        from reports.publication import ReportError
        from reports.render import render

        publication = self._settings.published_dir / "kept.duckdb"
        try:
            return render(
                publication,
                folder,
                self._as_of,
                self._tell.live,
                check_results=self._settings.check_results_path,
                before=self._before(),
                book=find_book(publication, self._recipient.book),
            )
        except UnknownBook as error:
            raise NotDelivered(f"{error}; mend the column book of its row") from None
        except ReportError as error:
            raise NotDelivered(str(error)) from None
        except duckdb.Error as error:
            raise NotDelivered(f"{publication} cannot be read ({type(error).__name__}): publish it anew") from None

    def _before(self) -> Snapshot | None:
        """What the last report said that this person got before."""
        from reports.since import read_snapshot

        for folder in sorted(self._own.glob("????-??-??"), reverse=True):
            if folder.name < self._as_of.isoformat() and Delivered.read(folder).ways:
                return read_snapshot(folder / _snapshot_file())
        return None

    @contextmanager
    def _working_folder(self) -> Iterator[Path]:
        """Where the pages lie while they are delivered, and no longer: what is kept is what they said in numbers."""
        folder = self._own / ".work"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)

    def _folder(self) -> Path:
        """The recipient's folder; never made here, since a mount that is not there would be written beside."""
        folder = Path(self._recipient.folder)
        if not folder.is_dir():
            raise NotDelivered(f"{folder} is no folder; mount or make it")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise NotDelivered(f"{folder} cannot be written; give Kept the right to")
        return folder

    def _to_folder(self, report: Path) -> Path:
        """Copy the pages to `<folder>/<as-of day>`, whole or not at all; whoever may read the folder may read them."""
        from reports.render import swapped_in

        folder = self._folder()
        target = folder / self._as_of.isoformat()
        if target.exists() and not (target / _snapshot_file()).exists():
            raise NotDelivered(f"{target} is there already and no report of Kept's; move it away")
        try:
            shared = stat.S_IMODE(folder.stat().st_mode)
            with swapped_in(target) as partial:
                for path in sorted(report.rglob("*")):
                    copy = partial / path.relative_to(report)
                    if path.is_dir():
                        copy.mkdir()
                    else:
                        shutil.copyfile(path, copy)
                for path in (partial, *partial.rglob("*")) if shared & 0o077 else ():
                    path.chmod(shared & (0o777 if path.is_dir() else 0o666))
        except OSError as error:
            raise NotDelivered(f"{folder} cannot be written: {_reason(error)}") from None
        return target

    def _message(self, rendered: Rendered, sender: str, *, again: bool) -> EmailMessage:
        """The letter as a mail, with the pages attached where no link leads to them."""
        from reports.letter import plain, write_letter

        report, link = rendered.index.parent, self._recipient.link.rstrip("/")
        attached = f"kept-{self._as_of}.zip"
        address = f"{link}/{self._as_of}/{rendered.index.name}" if link else attached
        letter = write_letter(rendered, self._recipient.full_name, address, is_link=bool(link))
        message = EmailMessage()
        message["Subject"] = letter.subject
        if sender:
            message["From"] = _address("Kept", sender)
        message["To"] = _address(plain(self._recipient.full_name), self._recipient.email)
        message["Date"] = format_datetime(datetime.now(UTC))
        domain = sender.rpartition("@")[2] or "kept.invalid"
        # The same one for the same report, so that mail systems drop what a crash had sent twice.
        own = f"<kept.{self._recipient.key}.{self._as_of}@{domain}>"
        message["Message-ID"] = make_msgid(domain=domain) if again else own
        # No answer from who is on holiday.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        html = next(part for part in message.iter_parts() if part.get_content_type() == "text/html")
        picture = {"cid": f"<{letter.picture_id}>", "filename": "health.png", "disposition": "inline"}
        html.add_related(letter.picture, "image", "png", **picture)
        if not link:
            packed = _packed(report, f"kept-{self._as_of}", self._as_of)
            if len(packed) > ATTACHED_BYTES:
                raise NotDelivered(
                    f"the report takes {len(packed) / 1e6:.0f} MB packed, more than mails carry "
                    f"({ATTACHED_BYTES / 1e6:.0f} MB); give its row a folder and a link, or a smaller book"
                )
            message.add_attachment(packed, "application", "zip", filename=attached)
        return message


def _sender(settings: Settings) -> str:
    """Who seems to write; empty where nobody is named."""
    given = (settings.report_email_from, settings.alert_email_from, settings.alert_email_to)
    return next((one for one in given if one), "").split(",")[0].strip()


def _known_sender(settings: Settings) -> str:
    sender = _sender(settings)
    if not sender:
        raise NotDelivered("KEPT_REPORT_EMAIL_FROM is not set; name the address that the reports come from")
    return sender


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)


def _packed(report: Path, name: str, day: date) -> bytes:
    """A ZIP file of the pages in a folder of this name: the same bytes for the same pages."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(report.rglob("*.html")):
            entry = zipfile.ZipInfo(
                f"{name}/{path.relative_to(report).as_posix()}", (day.year, day.month, day.day, 0, 0, 0)
            )
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _snapshot_file() -> str:
    from reports.since import SNAPSHOT

    return SNAPSHOT


def _reason(error: Exception) -> str:
    """What the system says, without the path that it says it about."""
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


@contextmanager
def _one_at_a_time(settings: Settings, tell: Narrator) -> Iterator[None]:
    """Two deliveries at a time would send everything twice."""
    lock = FileLock(settings.data_dir / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell.line("Another delivery is under way; this one waits until it is done.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
