"""One person is erased: no byte names them, every count holds, and no later load brings them back."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dagster_project import erasure, runs
from dagster_project.__main__ import commands
from dagster_project.checks import judge_batch
from dagster_project.demo.server import DemoServer
from dagster_project.erasure import CONTACT, EMPLOYEE, Erasure, NotErased, erase
from dagster_project.loads import land
from dagster_project.progress import Narrator
from dagster_project.resources import connect
from dagster_project.settings import Settings
from dagster_project.sources import Record, SourceFailed
from dagster_project.suppression import ERASED, Suppression
from tests.conftest import process_left_as_found
from tests.dbt.holding_back import hold_back
from tests.house.fakes import COMPANIES, ScriptedSource, admitting, company, files
from tests.house.test_hr_privacy import everything_in
from tests.pipeline.life import LAST_DAY, LivedCompany
from tests.pipeline.life import company as lived_company

# What a contact's erasure may change in the mart: their name, and texts they wrote or that quote these.
MAY_CHANGE = {
    "contacts": {"full_name", "job_title"},
    "recommended_actions": {"why", "bring", "evidence"},
    "survey_responses": {"comment"},
    "voice_of_customer": {"quote"},
    "opportunities": {"last_quote"},
}


@dataclass(frozen=True)
class Story:
    """A contact of the lived company before, during and after the erasure."""

    settings: Settings
    contact_id: str
    name: str
    email: str
    dry: Erasure
    dry_changed: list[str]
    publication_before: Path
    found: Erasure
    told: str


def mart(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def edit_landing(path: Path, change: Any) -> None:
    read = pq.read_table(path, partitioning=None)
    rows = read.to_pylist()
    change(rows[0])
    pq.write_table(pa.Table.from_pylist(rows, read.schema), path)


@pytest.fixture(scope="module")
def story(lived: LivedCompany, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Named in a colleague's note, a dropped file, a log, an old report and a month; the first attempt is killed."""
    data_dir = lived.copy(tmp_path_factory.mktemp("erased") / "data")
    settings = Settings(data_dir=data_dir, as_of=LAST_DAY)
    with process_left_as_found(), pytest.MonkeyPatch.context() as patch:
        settings.prepare()
        # Whoever opened the most tickets.
        ((contact_id, name, user_id),) = mart(
            settings.warehouse_path,
            """
            select entity_id, full_name, links.source_record_id
            from mart.identity_links as links inner join mart.contacts on entity_id = contact_id
            inner join raw.raw_zendesk__tickets as tickets on links.source_record_id = tickets.requester_id
            where links.source_object = 'users' and full_name is not null
            group by all order by count(*) desc, entity_id limit 1
            """,
        )
        ((email,),) = mart(settings.warehouse_path, f"select email from raw.raw_zendesk__users where id = '{user_id}'")
        plant(settings, name, email)
        untouched = files(data_dir)
        dry = erase(settings, Narrator(), CONTACT, contact_id, is_dry=True)
        dry_changed = [path for path, content in files(data_dir).items() if untouched.get(path) != content]
        before = data_dir.with_name("before.duckdb")
        shutil.copy(settings.published_dir / "kept.duckdb", before)

        rewrite, rewritten = erasure._rewrite, []

        def dies_at_the_third(path: Path, *rest: Any, **options: Any) -> None:
            rewritten.append(path)
            if len(rewritten) == 3:
                raise KeyboardInterrupt
            rewrite(path, *rest, **options)

        # Reports are pure functions of the publication, and rendering them costs much of the time of a test.
        patch.setattr(runs, "report", lambda *_: True)
        patch.setattr(erasure, "_rewrite", dies_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            erase(settings, Narrator(), CONTACT, contact_id, blanks_mentions=True)
        patch.setattr(erasure, "_rewrite", rewrite)
        with pytest.raises(NotErased, match=f"the erasure of {contact_id} was cut short; run that one again first"):
            erase(settings, Narrator(), EMPLOYEE, "bamboohr:1")
        found = erase(settings, Narrator(), CONTACT, contact_id, blanks_mentions=True)
        told = "\n".join(found.told(is_dry=False))
    yield Story(settings, contact_id, name, email, dry, dry_changed, before, found, told)


def plant(settings: Settings, name: str, email: str) -> None:
    def note(row: Record) -> None:
        held = json.loads(row["properties"] or "")
        row["properties"] = json.dumps({**held, "hs_note_body": f"{name.upper()} ({email}) asked for a training."})

    notes = sorted((settings.landing_dir / "hubspot__notes").glob("*.parquet"))
    edit_landing(next(path for path in notes if pq.read_metadata(path).num_rows), note)
    dropped = settings.drop_dir / "voice_of_customer" / "fair.csv"
    dropped.write_text(
        "voice_id,customer_id,heard_at,kind,quote\n"
        f'fair,hubspot:0,2026-12-01,warning,"{name} says that the pump leaks."\n'
    )
    assert land(connect("files", settings), settings, judge_batch, Narrator()).verdict == "admitted"
    for place in (
        "last_run.log",
        "dagster/history/run.log",
        "reports/2026-11-30/index.html",
        "months/2026-11/a.txt",
        "deliveries_dry_run/lead/letter.eml",
    ):
        path = settings.data_dir / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Ask {name}.")


def holding(folder: Path, *told: str) -> list[str]:
    """The files in which somebody is named, their values unpacked and in any case."""
    wanted = [one.lower() for one in told]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in [everything_in(path).decode("utf-8", "replace").lower()]
        if any(one in content for one in wanted)
    ]


@pytest.mark.nightly
def test_a_dry_run_lists_what_would_change_and_changes_nothing(story: Story) -> None:
    assert story.dry_changed == []
    rows = story.dry.rows
    assert rows["hubspot__contacts"] >= 1 and rows["zendesk__users"] >= 1
    assert rows["zendesk__tickets"] > 1 and rows["zendesk__ticket_events"] > 1
    gone = {"last_run.log", "dagster", "reports/2026-11-30", "months/2026-11", "warehouse", "dlt"}
    assert {*gone, "drop/voice_of_customer/fair.csv"} <= set(story.dry.removed)
    mentions = {(one.table, one.column) for one in story.dry.mentions}
    assert {("hubspot__notes", "properties"), ("files__voice_of_customer", "quote")} <= mentions


@pytest.mark.nightly
def test_no_byte_names_the_person_any_more(story: Story) -> None:
    assert story.found.is_proven
    assert holding(story.settings.data_dir, story.name, story.email) == []
    assert len(list((story.settings.published_dir / "parquet").glob("2*"))) == 1
    assert story.name not in story.told and story.email not in story.told


@pytest.mark.nightly
def test_every_count_of_the_mart_holds_and_only_name_and_texts_are_gone(story: Story) -> None:
    planted = ["unresolved_references", "voice_of_customer"]
    assert story.found.counts_differ == planted, "the dropped file, of no known customer, had not been built before"
    with duckdb.connect() as connection:
        after = story.settings.published_dir / "kept.duckdb"
        connection.execute(f"attach '{story.publication_before}' as b (read_only); attach '{after}' as a (read_only)")
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'b' and schema_name = 'mart' "
            "and table_name not in ('load_status')"
        ).fetchall()
        changed = {
            (table, column)
            for table, column in columns
            if connection.execute(
                f'select "{column}" from b.mart."{table}" except all select "{column}" from a.mart."{table}" limit 1'
            ).fetchall()
        }
    allowed = {(table, column) for table, names in MAY_CHANGE.items() for column in names}
    assert changed <= allowed, changed - allowed
    assert ("contacts", "full_name") in changed
    kept = mart(after, f"select full_name, persona from mart.contacts where contact_id = '{story.contact_id}'")
    assert kept[0][0] is None and kept[0][1] is not None


@pytest.mark.nightly
def test_the_person_does_not_come_back_with_a_load_from_the_very_beginning(story: Story, tmp_path: Path) -> None:
    with DemoServer(lived_company(), LAST_DAY, time_scale=0.01) as server:
        environment = {**server.environment, "KEPT_DATA_DIR": str(tmp_path / "data"), "KEPT_AS_OF": f"{LAST_DAY}"}
        fresh = Settings.from_env(environment)
        fresh.prepare()
        shutil.copytree(story.settings.suppression_dir, fresh.suppression_dir)
        for system in ("hubspot", "zendesk"):
            assert land(connect(system, fresh), fresh, judge_batch, Narrator()).verdict == "admitted"
    record_id = story.contact_id.removeprefix("hubspot:")
    landed = f"read_parquet('{fresh.landing_dir}/hubspot__contacts/*.parquet')"
    assert duckdb.execute(f"select count(*) from {landed} where id = '{record_id}'").fetchall() != [(0,)]
    assert holding(fresh.data_dir, story.name, story.email) == []


@pytest.mark.nightly
def test_who_was_erased_is_kept_as_ids_and_keyed_hashes_for_the_owner_alone(story: Story) -> None:
    kept = {path.name: path.read_text() for path in story.settings.suppression_dir.iterdir()}
    assert kept.keys() == {"key", "list.json"}
    assert story.email not in kept["list.json"] and story.email.split("@")[0] not in kept["list.json"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in story.settings.suppression_dir.iterdir()] == [0o600] * 2
    assert stat.S_IMODE(story.settings.suppression_dir.stat().st_mode) == 0o700


@pytest.mark.nightly
def test_a_second_time_there_is_nothing_left_to_do(story: Story) -> None:
    before = files(story.settings.data_dir)
    again = erase(story.settings, Narrator(), CONTACT, story.contact_id)
    assert (again.rows.total(), again.is_proven) == (0, False)
    assert "No row of landing holds anything of the person any more." in list(again.told(is_dry=False))
    assert files(story.settings.data_dir) == before


@pytest.mark.nightly
def test_where_the_person_is_still_published_the_search_says_so(
    lived: LivedCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An employee's names and texts leave landing; a rebuild that builds nothing leaves them published."""
    settings = Settings(data_dir=lived.copy(tmp_path / "data"), as_of=LAST_DAY)
    settings.prepare()
    ((employee_id, email),) = mart(
        settings.warehouse_path,
        "select employee_id, work_email from staging.stg_bamboohr__employees "
        "inner join mart.touches using (employee_id) where work_email in (select email from raw.raw_zendesk__users) "
        "group by all order by count(*) desc limit 1",
    )
    monkeypatch.setattr(runs, "rebuild", lambda *_: True)
    monkeypatch.setattr(runs, "report", lambda *_: True)
    with pytest.raises(NotErased, match=r"still named in .*published/kept\.duckdb"):
        erase(settings, Narrator(), EMPLOYEE, employee_id)
    landing = settings.landing_dir
    assert holding(landing, email) == []
    tables = [landing / name for name in ("bamboohr__employees", "hubspot__owners", "zendesk__users")]
    assert all(any(b"@erased.invalid" in everything_in(path) for path in folder.glob("*.parquet")) for folder in tables)


@pytest.mark.nightly
def test_an_employee_is_gone_from_every_byte_also_where_their_rows_wait_in_quarantine(
    lived: LivedCompany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=lived.copy(tmp_path / "data"), as_of=LAST_DAY)
    with process_left_as_found():
        settings.prepare()
        ((employee_id, name, email, touches),) = mart(
            settings.warehouse_path,
            "select employee_id, employees.full_name, work_email, count(*) from staging.stg_bamboohr__employees "
            "inner join mart.employees using (employee_id) inner join mart.touches using (employee_id) "
            "where work_email in (select email from raw.raw_zendesk__users) group by all order by 4 desc, 1 limit 1",
        )
        held = [
            ("zendesk__users", path.name.rsplit(".", 2)[0], path.name, number)
            for path in sorted((settings.landing_dir / "zendesk__users").glob("*.parquet"))
            for number, row in enumerate(pq.read_table(path, partitioning=None).to_pylist())
            if row["email"] == email
        ]
        assert held and touches > 1
        hold_back(settings.data_dir, held[:1])
        monkeypatch.setattr(runs, "report", lambda *_: True)
        found = erase(settings, Narrator(), EMPLOYEE, employee_id, blanks_mentions=True)
    assert found.is_proven
    assert holding(settings.data_dir, name, email) == []
    after = settings.published_dir / "kept.duckdb"
    kept = mart(
        after,
        f"select full_name, count(touch_id) from mart.employees left join mart.touches using (employee_id) "
        f"where employee_id = '{employee_id}' group by all",
    )
    assert kept == [(None, touches)]
    waiting = "select distinct source_table from mart.quarantined_rows where not is_released"
    assert mart(after, waiting) == [("zendesk__users",)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Name one person"),
        (["--contact", "hubspot:1", "--employee", "bamboohr:1"], "Name one person"),
        (["--contact", "zendesk:1"], "zendesk:1 is no id of a contact; write hubspot:<id>, as in mart.contacts"),
        (["--employee", "42"], "42 is no id of an employee; write bamboohr:<id>, as in mart.employees"),
        (["--contact", "hubspot:1"], "no contact hubspot:1 has ever landed in"),
    ],
)
def test_whom_nobody_knows_is_told_in_one_line(given: list[str], said: str, tmp_path: Path) -> None:
    ended = CliRunner().invoke(commands, ["erase", *given], env={"KEPT_DATA_DIR": str(tmp_path / "data")})
    assert ended.exit_code != 0
    assert said in ended.output and "Traceback" not in ended.output


@pytest.fixture
def erased(settings: Settings) -> Suppression:
    """Anna Meyer, a contact and a user, and employee 42, an owner and an agent."""
    records = {
        "hubspot__contacts": ["7"],
        "zendesk__users": ["70", "420"],
        "zendesk__tickets": ["700"],
        "bamboohr__employees": ["42"],
        "hubspot__owners": ["421"],
    }
    return Suppression.read(settings).with_person(records, ["anna@acme.example"])


def record(text: dict[str, Any]) -> Record:
    return {
        name: value if value is None or isinstance(value, str) else json.dumps(value) for name, value in text.items()
    }


WORDS = "Anna here. <b>Root cause</b> found, thanks #voc-warning #theme-leaks #anna"
KEPT_WORDS = ("root cause", "#voc-warning", "#theme-leaks", ERASED)
BY_THEM = [
    ("zendesk__tickets", {"id": "1", "requester_id": "70", "subject": WORDS}, "subject"),
    ("zendesk__tickets", {"id": "1", "submitter_id": "420", "requester_id": "9", "description": WORDS}, "description"),
    ("zendesk__tickets", {"id": "1", "requester_id": "70", "other_fields": {"raw_subject": WORDS}}, "other_fields"),
    (
        "zendesk__tickets",
        {"id": "1", "requester_id": "70", "satisfaction_rating": {"comment": WORDS}},
        "satisfaction_rating",
    ),
    (
        "zendesk__ticket_events",
        {"updater_id": "9", "child_events": [{"author_id": 70, "event_type": "Comment", "html_body": WORDS}]},
        "child_events",
    ),
    (
        "zendesk__ticket_events",
        {"updater_id": "9", "ticket_id": "700", "child_events": [{"subject": "x", "previous_value": WORDS}]},
        "child_events",
    ),
    ("zendesk__satisfaction_ratings", {"requester_id": "70", "comment": WORDS}, "comment"),
    ("hubspot__calls", {"properties": {"hubspot_owner_id": "421", "hs_call_body": WORDS}}, "properties"),
    ("hubspot__meetings", {"properties": {"hubspot_owner_id": "421", "hs_meeting_title": WORDS}}, "properties"),
    ("hubspot__notes", {"properties": {"hubspot_owner_id": "421", "hs_note_body": WORDS}}, "properties"),
    (
        "hubspot__emails",
        {
            "properties": {"hs_email_direction": "INCOMING_EMAIL", "hs_email_html": WORDS},
            "associations": {"contacts": [{"toObjectId": "7"}]},
        },
        "properties",
    ),
    (
        "hubspot__feedback_submissions",
        {"properties": {"hs_content": WORDS}, "associations": {"contacts": [{"toObjectId": "7"}]}},
        "properties",
    ),
    ("files__voice_of_customer", {"employee_id": "bamboohr:42", "quote": WORDS}, "quote"),
    ("files__action_outcomes", {"recorded_by": "bamboohr:42", "reason": WORDS}, "reason"),
]
BY_OTHERS = [
    ("zendesk__tickets", {"id": "1", "requester_id": "9", "subject": WORDS}),
    ("zendesk__ticket_events", {"updater_id": "70", "child_events": [{"author_id": 9, "body": WORDS}]}),
    ("zendesk__satisfaction_ratings", {"requester_id": None, "comment": WORDS}),
    ("hubspot__calls", {"properties": {"hubspot_owner_id": "9", "hs_call_body": WORDS}}),
    (
        "hubspot__emails",
        {
            "properties": {"hs_email_direction": "EMAIL", "hs_email_text": WORDS, "hubspot_owner_id": "9"},
            "associations": {"contacts": [{"toObjectId": "7"}]},
        },
    ),
    (
        "hubspot__emails",
        {"properties": {"hs_email_direction": "INCOMING_EMAIL", "hs_email_text": WORDS, "hubspot_owner_id": "421"}},
    ),
    ("files__voice_of_customer", {"employee_id": "bamboohr:9", "quote": WORDS}),
    ("files__action_outcomes", {"recorded_by": "bamboohr:9", "reason": WORDS}),
]


@pytest.mark.parametrize(("table", "row", "column"), BY_THEM)
def test_of_what_a_person_wrote_the_words_that_rules_read_stay(
    erased: Suppression, table: str, row: dict[str, Any], column: str
) -> None:
    after = erased.row(table, record(row))
    kept = after.pop(column) or ""
    assert all(words in kept for words in KEPT_WORDS)
    assert "anna" not in kept.lower() and "thanks" not in kept
    assert after == {name: value for name, value in record(row).items() if name != column}
    assert erased.row(table, {**after, column: kept}) == {**after, column: kept}, "a second time changes nothing"


@pytest.mark.parametrize(("table", "row"), BY_OTHERS)
def test_what_others_wrote_stays_as_they_wrote_it(erased: Suppression, table: str, row: dict[str, Any]) -> None:
    assert erased.row(table, record(row)) == record(row)


def test_a_persons_own_records_keep_ids_and_times_and_one_address_that_is_nobodys(erased: Suppression) -> None:
    held = {"firstname": "Anna", "lastname": "Meyer", "email": "Anna@Acme.example", "jobtitle": "Plant Manager of Ulm"}
    contact = record({"id": "7", "createdAt": "2026-01-01", "properties": {**held, "createdate": "2026"}, "x": "Anna"})
    user = record({"id": "70", "name": "Anna Meyer", "email": "anna@acme.example", "role": "end-user"})
    after = erased.row("hubspot__contacts", contact)
    kept = json.loads(after["properties"] or "")
    assert (after["id"], after["createdAt"], after["x"], kept["createdate"]) == ("7", "2026-01-01", None, "2026")
    assert (kept["firstname"], kept["lastname"]) == (None, None)
    assert kept["jobtitle"] == f"{ERASED} manager {ERASED}", "what makes the persona"
    stands_in = erased.row("zendesk__users", user)
    assert stands_in == {"id": "70", "name": None, "email": kept["email"], "role": "end-user"}
    assert kept["email"] == erased.stand_in("anna@acme.example")
    assert erased.row("hubspot__contacts", after) == after, "a second time changes nothing"


def test_an_address_is_found_wherever_it_stands_and_the_name_beside_it(erased: Suppression) -> None:
    stand_in = erased.stand_in("anna@acme.example")
    via = {"source": {"from": {"address": "ANNA@acme.example", "name": "Anna Meyer"}, "to": {"name": "Support"}}}
    text = "Write to anna@acme.example, not to joanna@acme.example."
    after = erased.row("zendesk__tickets", record({"id": "1", "requester_id": "9", "via": via, "description": text}))
    assert json.loads(after["via"] or "")["source"] == {
        "from": {"address": stand_in, "name": None},
        "to": {"name": "Support"},
    }
    assert after["description"] == f"Write to {stand_in}, not to joanna@acme.example."
    anew = erased.row("zendesk__users", record({"id": "9999", "name": "Anna M.", "email": "anna@acme.example"}))
    assert anew == {"id": "9999", "name": None, "email": stand_in}, "an account opened later"


def test_an_outcome_that_a_person_signed_with_their_address_is_theirs(erased: Suppression) -> None:
    row = record({"customer_id": "hubspot:1", "recorded_by": "Anna@acme.example", "reason": "Anna visited them."})
    after = erased.row("files__action_outcomes", row)
    signed = erased.stand_in("anna@acme.example")
    assert after == {"customer_id": "hubspot:1", "recorded_by": signed, "reason": ERASED}
    assert erased.row("files__action_outcomes", after) == after, "a second time changes nothing"


def test_while_nobody_is_erased_rows_land_as_they_came(settings: Settings) -> None:
    rows = [company(1)]
    assert Suppression.read(settings).apply(COMPANIES.name, rows) == rows


def test_a_list_that_cannot_be_read_stops_the_load_rather_than_bring_anybody_back(
    settings: Settings, erased: Suppression
) -> None:
    erased.write(settings)
    assert Suppression.read(settings) == erased
    (settings.suppression_dir / "key").unlink()
    with pytest.raises(SourceFailed, match="one of them cannot be read; restore both from a backup"):
        Suppression.read(settings)
    load = land(ScriptedSource(), settings, admitting, Narrator())
    assert load.verdict == "failed" and "say who was erased" in (load.reason or "")
    shutil.rmtree(settings.suppression_dir)
    assert replace(erased, key=b"other").stand_in("a@b.example") != erased.stand_in("a@b.example")
