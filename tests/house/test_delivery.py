"""Reports reach their readers by a real mail server and real folders: each their own book, once a day, crash or not."""

from __future__ import annotations

import csv
import shutil
import stat
import threading
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dagster import DagsterInstance, materialize

from dagster_project import delivery
from dagster_project.__main__ import commands
from dagster_project.assets.deliveries import deliveries_asset
from dagster_project.delivery import Outcome, deliver, delivered_folders
from dagster_project.erasure import CONTACT, Erasure, Person, _places, _to_remove
from dagster_project.mail import NotDelivered
from dagster_project.progress import Narrator
from dagster_project.recipients import COLUMNS, RecipientsError, read_recipients
from dagster_project.resources import alerts_of_run
from dagster_project.settings import Secret, Settings
from tests.house.inbox import Inbox
from tests.reports.fixture_publication import AS_OF, FixturePublication

SECRET = "secret-of-mail"
ADA, BEN, CLEO = ["Alder Mills", "Aspen Foods"], ["Birch Pumps", "Beech Valves"], ["Cedar Lifts"]


def company() -> FixturePublication:
    """Ada and Ben have two customers each, Cleo reports to Ada and has one."""
    made = FixturePublication()
    for number, (name, manager_id) in enumerate(
        (("Ada Berg", None), ("Ben Dogan", None), ("Cleo Fox", "bamboohr:1")), start=1
    ):
        made.add(
            "employees", employee_id=f"bamboohr:{number}", full_name=name, is_active=True, manager_id=manager_id,
            department="Sales", hired_on=AS_OF - timedelta(days=900),
        )  # fmt: skip
    owners = {name: owner for owner, names in enumerate((ADA, BEN, CLEO), start=1) for name in names}
    for native, (name, owner) in enumerate(owners.items(), start=1):
        customer = made.customer(
            f"hubspot:{native}", name, 10_000.0 * native, account_manager_id=f"bamboohr:{owner}", csm_id=None
        )
        made.term(customer, 30 * native, 10_000.0 * native)
        made.touch(customer, 20, with_=[made.contact(customer, f"Person of {name}")], employee_id=f"bamboohr:{owner}")
        made.action(customer, "long_silence", 1_000.0 * native, owner_id=f"bamboohr:{owner}")
    return made


@dataclass
class House:
    """A data folder with a publication, and the file of recipients that a test writes."""

    settings: Settings
    file: Path

    def recipients(self, *rows: dict[str, str]) -> None:
        with self.file.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, restval="")
            writer.writeheader()
            writer.writerows(rows)

    def deliver(self, *only: str, **options: Any) -> tuple[Outcome, list[str]]:
        tell = Narrator()
        return deliver(self.settings, tell, only, **options), tell.problems


def row(key: str, book: str = "all", **values: str) -> dict[str, str]:
    return {
        "recipient": key,
        "full_name": f"{key.title()} Berg",
        "email": f"{key}@kept.example",
        "book": book,
        **values,
    }


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company().write(tmp_path_factory.mktemp("published") / "kept.duckdb")


@pytest.fixture
def house(published: Path, settings: Settings, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    shutil.copy(published, settings.published_dir)
    file = tmp_path / "report_recipients.csv"
    monkeypatch.setattr(delivery, "recipients_path", lambda _: file)
    made = House(
        replace(
            settings,
            as_of=AS_OF,
            report_email_from="retention@kept.example",
            smtp_url=Secret(f"smtp://127.0.0.1:{inbox.smtp_port}"),
        ),
        file,
    )
    made.recipients(row("ada", "employee:bamboohr:1"), row("ben", "employee:bamboohr:2"))
    return made


def part(mail: EmailMessage, kind: str) -> Any:
    (found,) = [one for one in mail.walk() if one.get_content_type() == kind]
    content = found.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else content


def pages(mail: EmailMessage) -> dict[str, str]:
    """The pages attached to a mail, by name."""
    with zipfile.ZipFile(BytesIO(part(mail, "application/zip"))) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def named(text: str) -> list[str]:
    return [name for name in (*ADA, *BEN, *CLEO) if name in text]


def test_each_gets_a_mail_about_their_own_book_and_nobody_elses(house: House, inbox: Inbox) -> None:
    outcome, problems = house.deliver()
    assert (outcome.delivered, outcome.failed, problems) == (["ada", "ben"], [], [])
    ada, ben = inbox.mails
    assert str(ada["To"]) == "Ada Berg <ada@kept.example>" and str(ada["From"]) == "Kept <retention@kept.example>"
    for mail, own in ((ada, [*ADA, *CLEO]), (ben, BEN)):
        everything = "".join([*pages(mail), *pages(mail).values(), part(mail, "text/plain"), part(mail, "text/html")])
        assert sorted(named(everything)) == sorted(own), "of her own, and of who reports to her"
        assert sorted(named(pages(mail)["kept-2026-11-21/index.html"])) == sorted(own)


def test_a_mail_has_words_html_a_picture_and_the_pages(house: House, inbox: Inbox) -> None:
    house.deliver("ada")
    (mail,) = inbox.mails
    kinds = [one.get_content_type() for one in mail.walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html",
                     "image/png", "application/zip"]  # fmt: skip
    picture = next(one for one in mail.walk() if one.get_content_type() == "image/png")
    assert f"cid:{picture['Content-ID'].strip('<>')}" in part(mail, "text/html")
    attached = next(one for one in mail.walk() if one.get_content_type() == "application/zip")
    assert attached.get_filename() == "kept-2026-11-21.zip" and "kept-2026-11-21.zip" in part(mail, "text/html")
    assert {name.split("/")[1] for name in pages(mail)} >= {"index.html", "trust.html", "customers"}
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"]
    assert str(mail["Subject"]) == "Retention 2026-11-21: Alder Mills first"


def test_nobody_gets_the_report_of_a_day_twice_until_somebody_says_so(house: House, inbox: Inbox) -> None:
    for _ in range(3):
        house.deliver()
    assert len(inbox.mails) == 2
    assert house.deliver()[0].had_it == ["ada", "ben"]
    assert house.deliver("ada", again=True)[0].delivered == ["ada"]
    assert len(inbox.mails) == 3
    first, _, again = (mail["Message-ID"] for mail in inbox.mails)
    assert first == "<kept.ada.2026-11-21@kept.example>", "a mail system drops what a crash had sent twice"
    assert again != first
    house.settings = replace(house.settings, as_of=AS_OF + timedelta(days=7))
    assert house.deliver()[0].delivered == ["ada", "ben"]


def test_a_report_tells_what_changed_since_the_one_that_this_reader_got(house: House, inbox: Inbox) -> None:
    house.recipients(row("ada"), row("ben"))
    house.deliver("ada")
    assert "This is the first report" in part(inbox.mails[0], "text/plain")
    made = company()
    made.rows["renewals"][0].update(outcome="renewed", arr_after=10_000.0, decided_on=AS_OF)
    (house.settings.published_dir / "kept.duckdb").unlink()
    made.write(house.settings.published_dir / "kept.duckdb")
    house.settings = replace(house.settings, as_of=AS_OF + timedelta(days=7))
    house.deliver()
    _, ada, ben = inbox.mails
    assert "WHAT CHANGED SINCE 2026-11-21\n- Renewals decided: Alder Mills (renewed)" in part(ada, "text/plain")
    assert "This is the first report" in part(ben, "text/plain"), "he got none before"


def test_a_report_that_did_not_arrive_is_nothing_to_compare_with(house: House, inbox: Inbox) -> None:
    inbox.refused = {"ada@kept.example"}
    house.deliver("ada")
    inbox.refused = set()
    house.settings = replace(house.settings, as_of=AS_OF + timedelta(days=7))
    house.deliver("ada")
    assert "This is the first report" in part(inbox.mails[0], "text/plain")


def test_who_is_refused_does_not_stop_the_others_and_gets_theirs_by_the_next_call(house: House, inbox: Inbox) -> None:
    inbox.refused = {"ada@kept.example"}
    outcome, problems = house.deliver()
    assert (outcome.delivered, outcome.failed) == (["ben"], ["ada"])
    assert problems == ["ada: e-mail: the server of KEPT_SMTP_URL refused the recipient (550)"]
    inbox.refused = set()
    outcome, _ = house.deliver()
    assert (outcome.delivered, outcome.had_it) == (["ada"], ["ben"])
    assert [str(mail["To"]) for mail in inbox.mails] == ["Ben Berg <ben@kept.example>", "Ada Berg <ada@kept.example>"]


def test_a_crash_between_two_people_is_made_up_for_without_telling_the_first_again(
    house: House, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = delivery.send

    def dies_at_ben(message: EmailMessage, settings: Settings) -> None:
        if "ben" in str(message["To"]):
            raise KeyboardInterrupt
        send(message, settings)

    monkeypatch.setattr(delivery, "send", dies_at_ben)
    with pytest.raises(KeyboardInterrupt):
        house.deliver()
    monkeypatch.setattr(delivery, "send", send)
    outcome, _ = house.deliver()
    assert (outcome.delivered, outcome.had_it) == (["ben"], ["ada"])
    assert len(inbox.mails) == 2


def test_a_crash_between_sending_and_remembering_tells_one_person_twice_rather_than_never(
    house: House, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(delivery.Delivered, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            house.deliver()
    house.deliver()
    assert [str(mail["To"])[:3] for mail in inbox.mails] == ["Ada", "Ada", "Ben"]
    assert inbox.mails[0]["Message-ID"] == inbox.mails[1]["Message-ID"]


def test_the_way_that_is_left_is_gone_and_no_other(house: House, inbox: Inbox, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    house.recipients(row("ada", folder=str(shelf)))
    inbox.answer = 503
    outcome, problems = house.deliver()
    assert outcome.failed == ["ada"] and problems == ["ada: e-mail: the server of KEPT_SMTP_URL answered 451"]
    written = (shelf / "2026-11-21" / "index.html").stat().st_mtime_ns
    inbox.answer = 200
    assert house.deliver()[0].delivered == ["ada"]
    assert len(inbox.mails) == 1
    assert (shelf / "2026-11-21" / "index.html").stat().st_mtime_ns == written


def test_a_folder_gets_the_pages_whole_under_their_day_and_keeps_what_else_is_there(
    house: House, inbox: Inbox, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    (shelf / "2026-11-14").mkdir(parents=True)
    (shelf / "notes.txt").write_text("mine")
    house.recipients(row("ben", "employee:bamboohr:2", email="", folder=str(shelf)))
    assert house.deliver()[0].delivered == ["ben"]
    assert inbox.mails == []
    assert {path.name for path in shelf.iterdir()} == {"2026-11-14", "2026-11-21", "notes.txt"}
    texts = "".join(path.read_text() for path in (shelf / "2026-11-21").rglob("*.html"))
    assert sorted(named(texts)) == sorted(BEN)


@pytest.mark.parametrize(("mode", "file", "folder"), [(0o700, 0o600, 0o700), (0o750, 0o640, 0o750)])
def test_whoever_may_read_the_folder_may_read_the_report_and_nobody_else(
    house: House, tmp_path: Path, mode: int, file: int, folder: int
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    shelf.chmod(mode)
    house.recipients(row("ben", email="", folder=str(shelf)))
    house.deliver()
    found = {stat.S_IMODE(path.stat().st_mode) for path in (shelf / "2026-11-21").rglob("*") if path.is_file()}
    assert found == {file}
    assert stat.S_IMODE((shelf / "2026-11-21" / "customers").stat().st_mode) == folder


def test_a_letter_links_to_the_folder_where_there_is_an_address(house: House, inbox: Inbox, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    house.recipients(row("ada", folder=str(shelf), link="https://files.example/ada/"))
    house.deliver()
    (mail,) = inbox.mails
    assert "https://files.example/ada/2026-11-21/index.html" in part(mail, "text/plain")
    assert "application/zip" not in [one.get_content_type() for one in mail.walk()]


def test_a_mount_that_is_not_there_fails_its_reader_alone_and_is_not_made(
    house: House, inbox: Inbox, tmp_path: Path
) -> None:
    missing = tmp_path / "mount"
    house.recipients(
        row("ada", folder=str(missing), link="https://files.example/ada"),
        row("ben", folder=str(missing / "ben")),
        row("cleo"),
    )
    outcome, problems = house.deliver()
    assert (outcome.delivered, outcome.failed) == (["cleo"], ["ada", "ben"])
    assert problems == [
        f"ada: folder: {missing} is no folder; mount or make it",
        "ada: e-mail: kept back, since its link would lead to nothing",
        f"ben: folder: {missing / 'ben'} is no folder; mount or make it",
    ]
    assert [str(mail["To"])[:4] for mail in inbox.mails] == ["Ben ", "Cleo"], "his mail carries the report itself"
    assert not missing.exists()


def test_a_folder_that_fills_up_keeps_what_it_had(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    house.recipients(row("ada", email="", folder=str(shelf)))
    house.deliver()
    before = {path: path.read_bytes() for path in shelf.rglob("*") if path.is_file()}
    copied = []
    copy = delivery.shutil.copyfile

    def full(source: Path, target: Path) -> None:
        copied.append(target)
        if shelf in target.parents and len(copied) > 3:
            raise OSError(28, "No space left on device", str(target))
        copy(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(delivery.shutil, "copyfile", full)
        _, problems = house.deliver(again=True)
    assert problems == [f"ada: folder: {shelf} cannot be written: No space left on device"]
    assert {path: path.read_bytes() for path in shelf.rglob("*") if path.is_file()} == before


def test_what_lies_under_the_day_and_is_no_report_is_left_alone(house: House, tmp_path: Path) -> None:
    mine = tmp_path / "shelf" / "2026-11-21" / "holiday.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    house.recipients(row("ada", email="", folder=str(tmp_path / "shelf")))
    _, problems = house.deliver()
    assert "is there already and no report of Kept's; move it away" in problems[0]
    assert mine.read_text() == "mine"


def test_a_dry_run_writes_mails_and_pages_sends_nothing_and_remembers_nothing(
    house: House, inbox: Inbox, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    house.recipients(row("ada", folder=str(shelf)), row("ben", "employee:bamboohr:2"))
    outcome, _ = house.deliver(is_dry=True)
    assert outcome.delivered == ["ada", "ben"]
    assert inbox.mails == [] and list(shelf.iterdir()) == []
    assert not house.settings.deliveries_dir.exists()
    dry = house.settings.dry_deliveries_dir
    mail = message_from_bytes((dry / "ben" / "letter.eml").read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert sorted(named(part(mail, "text/plain"))) == sorted(BEN)
    assert (dry / "ben" / "2026-11-21" / "index.html").is_file()
    assert house.deliver()[0].delivered == ["ada", "ben"]


def test_a_dry_run_without_a_mail_server_says_what_is_missing(house: House) -> None:
    house.settings = replace(house.settings, report_email_from="", smtp_url=Secret(""))
    tell = Narrator(stream := _Written())
    deliver(house.settings, tell, ["ada"], is_dry=True)
    assert "would be mailed once there is KEPT_REPORT_EMAIL_FROM and KEPT_SMTP_URL" in stream.text


class _Written:
    """A stream that keeps what it is told."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"report_email_from": ""}, "KEPT_REPORT_EMAIL_FROM is not set; name the address that the reports come from"),
        ({"smtp_url": Secret("")}, "KEPT_SMTP_URL is not set; name your mail server there"),
    ],
)
def test_mail_without_server_or_sender_names_the_variable(house: House, lacking: dict[str, Any], said: str) -> None:
    house.settings = replace(house.settings, **lacking)
    _, problems = house.deliver("ada")
    assert problems == [f"ada: e-mail: {said}"]


def test_the_sender_of_alerts_sends_reports_where_none_is_named(house: House, inbox: Inbox) -> None:
    alone = replace(house.settings, report_email_from="")
    house.settings = replace(alone, alert_email_to="it@kept.example, leads@kept.example")
    house.deliver("ada")
    house.settings = replace(alone, alert_email_from="alerts@kept.example", alert_email_to="it@kept.example")
    house.deliver("ben")
    assert [str(mail["From"]) for mail in inbox.mails] == ["Kept <it@kept.example>", "Kept <alerts@kept.example>"]


def test_a_report_too_large_to_attach_says_so_and_how_to_mend_it(
    house: House, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ATTACHED_BYTES", 1_000)
    _, problems = house.deliver("ada")
    assert "more than mails carry" in problems[0] and "give its row a folder and a link" in problems[0]
    assert inbox.mails == []


def test_a_book_that_nobody_knows_fails_its_reader_alone(house: House, inbox: Inbox) -> None:
    house.recipients(row("ada", "employee:bamboohr:77"), row("ben", "segment:huge"), row("cleo"))
    outcome, problems = house.deliver()
    assert (outcome.delivered, outcome.failed) == (["cleo"], ["ada", "ben"])
    assert problems[0].startswith("ada: no employee is bamboohr:77") and "mend the column book" in problems[0]
    assert problems[1].startswith("ben: no customer has the segment huge; the mart knows enterprise")
    assert [str(mail["To"])[:4] for mail in inbox.mails] == ["Cleo"]


def test_what_is_remembered_names_nobody_holds_no_page_and_is_the_owners_alone(house: House) -> None:
    house.deliver()
    kept = [path for path in house.settings.deliveries_dir.rglob("*") if path.is_file()]
    assert {path.name for path in kept} == {"delivered.json", "snapshot.json"}
    assert not any(named(path.read_text()) or "kept.example" in path.read_text() for path in kept)
    for path in (*kept, *(path.parent for path in kept)):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_what_is_remembered_and_cannot_be_read_sends_nothing_and_names_the_remedy(house: House, inbox: Inbox) -> None:
    house.deliver("ada")
    state = house.settings.deliveries_dir / "ada" / "2026-11-21" / "delivered.json"
    state.write_text("{")
    _, problems = house.deliver()
    assert problems == [f"ada: {state} cannot be read; delete it, after which what it told of is delivered again"]
    assert [str(mail["To"])[:3] for mail in inbox.mails] == ["Ada", "Ben"]


def test_without_a_publication_nobody_is_sent_anything(house: House) -> None:
    (house.settings.published_dir / "kept.duckdb").unlink()
    with pytest.raises(NotDelivered, match="nothing has been published yet.*make refresh"):
        house.deliver()


def test_no_address_name_or_secret_is_told_by_a_run(house: House, inbox: Inbox) -> None:
    """What Dagster keeps of a run, and what a person reads, knows recipients by the name of their row at most."""
    house.settings = replace(
        house.settings, smtp_url=Secret(f"smtp://kept:{SECRET}@127.0.0.1:{inbox.smtp_port}"), sources=()
    )
    tell = Narrator(stream := _Written())
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            [deliveries_asset(house.settings, tell)],
            resources={"alerts": alerts_of_run(house.settings, tell)},
            instance=instance,
            raise_on_error=False,
        )
        events = "\n".join(str(record) for record in instance.all_logs(result.run_id))
    assert not result.success
    assert "2 did not get theirs by every way; `make deliver` says why" in events
    assert "offers no encryption, so no password is sent to it" in stream.text
    kept = "".join(p.read_text(errors="replace") for p in house.settings.data_dir.rglob("*.json"))
    for text in (events, stream.text, kept):
        assert SECRET not in text and "ada@kept.example" not in text and not named(text)
    assert "ada:" not in events


def test_the_asset_delivers_once_and_says_so_where_nobody_is_named(house: House, inbox: Inbox) -> None:
    def run() -> Any:
        with DagsterInstance.ephemeral() as instance:
            resources = {"alerts": alerts_of_run(house.settings, Narrator())}
            asset = deliveries_asset(house.settings, Narrator())
            return materialize([asset], resources=resources, instance=instance, raise_on_error=False)

    assert run().success and run().success
    assert len(inbox.mails) == 2
    house.recipients()
    result = run()
    assert result.success and len(inbox.mails) == 2
    house.recipients(row("a b"))
    assert not run().success


GOOD = row("ada", "employee:bamboohr:1", folder="/srv/leads/ada", link="https://files.example/ada")


def test_a_file_as_it_is_shipped_names_nobody() -> None:
    assert read_recipients(delivery.recipients_path(Settings(data_dir=Path()))) == ()


@pytest.mark.parametrize(
    ("rows", "where", "said"),
    [
        ([GOOD | {"recipient": "../x"}], "row 2, recipient", "letters, digits and dashes"),
        ([GOOD | {"recipient": ""}], "row 2, recipient", "write one, as ada-berg"),
        ([GOOD, row("ADA")], "row 3, recipient", "stands in a row above"),
        ([GOOD | {"full_name": " "}], "row 2, full_name", "write how the person is greeted"),
        ([GOOD | {"email": "ada@kept.example, ben@kept.example"}], "row 2, email", "write one alone"),
        ([GOOD | {"email": "ada"}], "row 2, email", "it is no e-mail address"),
        ([row("ada", email="")], "row 2, email", "name at least one way"),
        ([GOOD | {"book": ""}], "row 2, book", "says nobody's customers; write all, or one of employee:…"),
        ([GOOD | {"book": "everything"}], "row 2, book", "'everything' says nobody's customers"),
        ([GOOD | {"book": "employee:"}], "row 2, book", "says nobody's customers"),
        ([GOOD | {"book": "customer:hubspot:1"}], "row 2, book", "says nobody's customers"),
        ([GOOD | {"folder": "leads/ada"}], "row 2, folder", "no full path"),
        ([GOOD, row("ben", folder="/srv/Leads/ada/")], "row 3, folder", "one report would replace the other"),
        ([GOOD | {"link": "javascript:alert(1)"}], "row 2, link", "begins with https://"),
        ([GOOD | {"link": 'https://x"><b>'}], "row 2, link", "begins with https://"),
        ([GOOD | {"folder": ""}], "row 2, link", "there is no folder it could lead to"),
    ],
)
def test_a_row_that_cannot_be_used_is_told_by_row_column_and_remedy(
    house: House, inbox: Inbox, rows: list[dict[str, str]], where: str, said: str
) -> None:
    house.recipients(*rows)
    with pytest.raises(RecipientsError) as error:
        house.deliver()
    assert f"{house.file}, {where}: " in str(error.value) and said in str(error.value)
    assert inbox.mails == [], "also not to those whose rows can be used"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it takes recipient, full_name, email"),
        (b"recipient,email\nada,ada@kept.example\n", "it takes recipient, full_name, email"),
        (b"recipient,full_name,email,book,folder,link\nada,Berg, Ada,a@b,all,,\n", "quote what holds a comma"),
        (b"recipient,full_name,email,book,folder,link\nada,Ada,a@b\n", "row 2, recipient: the row has not 6 fields"),
        (b"recipient,full_name,email,book,folder,link\nada,\xe4da,a@b,all,,\n", "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_told_in_words(house: House, content: bytes, said: str) -> None:
    house.file.write_bytes(content)
    with pytest.raises(RecipientsError) as error:
        house.deliver()
    assert said in str(error.value)


def test_a_file_that_a_spreadsheet_saved_is_read_with_its_mark_and_spaces(house: House) -> None:
    house.file.write_bytes(
        "\ufeffrecipient,full_name,email,book,folder,link\r\n ada , Ada , ada@kept.example , all ,,\r\n".encode()
    )
    (one,) = read_recipients(house.file)
    assert (one.key, one.full_name, one.email, one.book) == ("ada", "Ada", "ada@kept.example", "all")


def test_a_missing_file_names_its_columns(house: House) -> None:
    house.file.unlink()
    with pytest.raises(RecipientsError, match="is missing; it takes the columns recipient, full_name"):
        house.deliver()


def typed(house: House, *arguments: str, configured: dict[str, str] | None = None) -> Any:
    env = {"KEPT_DATA_DIR": str(house.settings.data_dir), "HUBSPOT_TOKEN": "a-token", "KEPT_AS_OF": str(AS_OF)}
    return CliRunner().invoke(commands, ["deliver", *arguments], env={**env, **(configured or {})})


def test_the_command_says_what_came_of_it(house: House, inbox: Inbox) -> None:
    mail = {"KEPT_SMTP_URL": house.settings.smtp_url.reveal(), "KEPT_REPORT_EMAIL_FROM": "r@kept.example"}
    ended = typed(house, "--dry-run", configured=mail)
    assert ended.exit_code == 0 and "Dry run, nothing sent: 2 recipients served." in ended.output, ended.output
    inbox.refused = {"ben@kept.example"}
    ended = typed(house, configured=mail)
    assert ended.exit_code == 1 and "1 recipient served, 1 did not get theirs by every way." in ended.output
    inbox.refused = set()
    ended = typed(house, "--recipient", "ben", configured=mail)
    assert ended.exit_code == 0 and len(inbox.mails) == 2
    ended = typed(house, configured=mail)
    assert ended.exit_code == 0 and "had theirs before; `--again` delivers once more" in ended.output
    assert "@kept.example" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "rows", "code", "said"),
    [
        (["--recipient", "nobody"], [row("ada")], 1, "names no recipient nobody"),
        ([], [], 0, "names nobody, so there is nothing to deliver"),
        ([], [row("a b")], 1, "row 2, recipient"),
    ],
)
def test_what_cannot_be_delivered_is_told_in_a_line(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    rows: list[dict[str, str]],
    code: int,
    said: str,
) -> None:
    house.recipients(*rows)
    monkeypatch.setattr("dagster_project.recipients.recipients_path", lambda _: house.file)
    ended = typed(house, *arguments)
    assert (ended.exit_code, said in ended.output, "Traceback" in ended.output) == (code, True, False), ended.output


def test_who_is_erased_is_taken_out_of_delivered_folders_and_dry_runs(house: House, tmp_path: Path) -> None:
    kept, named_here = tmp_path / "ben", tmp_path / "ada"
    kept.mkdir()
    named_here.mkdir()
    house.recipients(
        row("ada", "employee:bamboohr:1", folder=str(named_here)),
        row("ben", "employee:bamboohr:2", email="", folder=str(kept)),
    )
    house.deliver()
    house.deliver(is_dry=True)
    person = Person(CONTACT, "hubspot:501", names=["Person of Alder Mills"])
    gone = set(_to_remove(house.settings, person))
    assert {named_here / "2026-11-21", house.settings.dry_deliveries_dir} <= gone
    assert kept / "2026-11-21" not in gone, "it names somebody else"
    assert delivery.mailed_recipients(house.settings) == ["ada"]
    told = "\n".join(Erasure(person, mailed=["ada"], unreached=["/mnt/ada/2026-11-21"]).told(is_dry=True))
    assert "were mailed to ada" in told and "delivered to /mnt/ada/2026-11-21 is out of reach" in told
    places = _places(house.settings, Erasure(person))
    assert str(named_here / "2026-11-21" / "customers" / "hubspot-1.html") in places
    assert not [place for place in places if str(kept) in place]


def test_folders_are_remembered_where_they_are(house: House, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    house.recipients(row("ada", email="", folder=str(tmp_path / "shelf")))
    assert delivered_folders(house.settings) == []
    house.deliver()
    assert delivered_folders(house.settings) == [tmp_path / "shelf" / "2026-11-21"]


def test_two_deliveries_at_a_time_send_everything_once(house: House, inbox: Inbox) -> None:
    """The second waits for the first, and then finds it done."""
    threads = [threading.Thread(target=house.deliver) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.mails) == 2
