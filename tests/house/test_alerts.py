"""Who has to act hears of it: by mail from a real server, by webhook from a real listener, once, and once when over."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetSpec,
    DagsterInstance,
    Failure,
    MaterializeResult,
    asset,
    materialize,
    multi_asset,
)

from dagster_project import alerts
from dagster_project.__main__ import commands
from dagster_project.assets.landing import ADMITTED, STALE_AFTER
from dagster_project.loads import land
from dagster_project.progress import Narrator
from dagster_project.resources import alerts_of_run, refresh_lock
from dagster_project.settings import PROJECT_DIR, Secret, Settings
from tests.conftest import DemoRun
from tests.house.fakes import SYSTEM, ScriptedSource, admitting
from tests.house.inbox import Inbox


@pytest.fixture
def told(settings: Settings, inbox: Inbox) -> Settings:
    """Settings under which both ways lead to the inbox."""
    return replace(
        settings,
        alert_email_to="leads@kept.example, it@kept.example",
        smtp_url=Secret(f"smtp://127.0.0.1:{inbox.smtp_port}"),
        alert_webhook_url=Secret(f"http://127.0.0.1:{inbox.http_port}/secret-of-webhook"),
    )


@dataclass
class World:
    """What stands in for the systems and dbt in a run of the real resources."""

    refused: str = ""
    dbt: str = ""
    gate: bool = True


def run(settings: Settings, world: World, tell: Narrator | None = None, *, asks: bool = True) -> bool:
    """A run as Dagster makes one, with stand-ins that say what the world says; true if every step went well."""
    tell = tell or Narrator()
    table, mart = AssetKey(["landing", "hubspot__companies"]), AssetKey(["mart", "customers"])

    @multi_asset(
        name="land_hubspot",
        specs=[AssetSpec(table)],
        check_specs=[AssetCheckSpec(ADMITTED, asset=table)],
        required_resource_keys={"refresh_lock"},
    )
    def land_hubspot() -> Iterator[MaterializeResult]:
        result = AssetCheckResult(
            asset_key=table,
            check_name=ADMITTED,
            passed=not world.refused,
            metadata={"reason": world.refused or "admitted"},
        )
        yield MaterializeResult(asset_key=table, check_results=[result])

    @multi_asset(
        name="build_models",
        specs=[AssetSpec(mart)],
        check_specs=[AssetCheckSpec("arr__sum_between", asset=mart, blocking=True)],
        required_resource_keys={"refresh_lock"},
    )
    def build_models() -> Iterator[MaterializeResult]:
        if world.dbt == "crash":
            raise ValueError("Anna Müller <anna@acme.example> is no number")
        if world.dbt:
            raise Failure(world.dbt)
        result = AssetCheckResult(
            asset_key=mart, check_name="arr__sum_between", passed=world.gate, severity=AssetCheckSeverity.ERROR
        )
        yield MaterializeResult(asset_key=mart, check_results=[result])

    @asset(key=["published", "kept"], deps=[mart], required_resource_keys={"refresh_lock"})
    def kept() -> None:
        """What people read."""

    with DagsterInstance.ephemeral() as instance:
        return materialize(
            [*([land_hubspot] if asks else []), build_models, kept],
            resources={"refresh_lock": refresh_lock(settings, tell)},
            instance=instance,
            raise_on_error=False,
        ).success


def report(settings: Settings, failure: str = "", undelivered: str = "") -> bool:
    @asset(key=["reports", "portfolio"], required_resource_keys={"alerts"})
    def portfolio() -> None:
        if failure:
            raise Failure(failure)

    @asset(key=["reports", "deliveries"], deps=[portfolio], required_resource_keys={"alerts"})
    def deliveries() -> None:
        if undelivered:
            raise Failure(undelivered)

    with DagsterInstance.ephemeral() as instance:
        resources = {"alerts": alerts_of_run(settings, Narrator())}
        return materialize(
            [portfolio, deliveries], resources=resources, instance=instance, raise_on_error=False
        ).success


def test_a_refused_load_is_told_once_for_as_long_as_it_lasts_and_once_when_it_is_over(
    told: Settings, inbox: Inbox, demo: DemoRun
) -> None:
    shutil.copytree(demo.data_dir / "dbt", told.dbt_target_dir)
    for _ in range(3):
        assert run(told, World(refused="hubspot__companies breaks id__not_null (3 of 40 rows)"))
    assert inbox.told == [("opened", "load/hubspot")]
    assert inbox.subjects == ["[Kept] hubspot brought no admitted load"]
    (post,), (mail,) = inbox.posts, inbox.mails
    assert post["what"] == "hubspot__companies breaks id__not_null (3 of 40 rows)"
    assert {"customers", "customer_lifecycle"} <= set(post["marts"])
    assert "trainings" not in post["marts"], "no training of ours stands on HubSpot's companies"
    assert set(post["reports"]) >= {"Portfolio", "Customer page"}
    assert "make refresh" in post["to_do"]
    body = mail.get_content()
    assert all(words in body for words in (post["what"], "What is affected:", "Portfolio", "What to do:"))
    assert str(mail["To"]) == "leads@kept.example, it@kept.example"
    assert run(told, World()) and run(told, World())
    assert inbox.told == [("opened", "load/hubspot"), ("over", "load/hubspot")]
    assert inbox.subjects[1:] == ["[Kept, over] hubspot brought no admitted load"]


@pytest.mark.parametrize(
    ("world", "what"),
    [
        (World(dbt="dbt: 1 model or test failed: customers"), "build_models: dbt: 1 model or test failed: customers"),
        (World(dbt="crash"), "build_models: failed with ValueError"),
        (World(gate=False), "mart.customers breaks arr__sum_between"),
    ],
    ids=["a model fails", "the code fails", "gate 2 refuses"],
)
def test_a_refresh_that_publishes_nothing_is_told_without_a_word_of_any_row(
    told: Settings, inbox: Inbox, world: World, what: str
) -> None:
    assert not run(told, world)
    assert not run(told, world)
    assert inbox.told == [("opened", "publication")]
    assert inbox.posts[0]["what"] == what
    assert run(told, World())
    assert inbox.told[1:] == [("over", "publication")]
    assert not any("Anna" in text for text in (json.dumps(inbox.posts), *map(str, inbox.mails)))


def test_reports_that_fail_are_told_apart_from_the_refresh(told: Settings, inbox: Inbox) -> None:
    assert run(told, World()) and not report(told, "the template is broken")
    assert inbox.told == [("opened", "reports")]
    assert report(told)
    assert inbox.told[1:] == [("over", "reports")]


def test_a_report_that_not_everybody_got_is_told_apart_from_one_that_was_not_rendered(
    told: Settings, inbox: Inbox
) -> None:
    assert not report(told, undelivered="1 did not get theirs")
    assert inbox.told == [("opened", "deliveries")]
    assert inbox.posts[0]["what"] == "reports/deliveries: 1 did not get theirs"
    assert "make deliver" in inbox.posts[0]["to_do"]
    assert not report(told, "the template is broken"), "nothing was delivered then, so it is not over"
    assert inbox.told[1:] == [("opened", "reports")]
    assert report(told)
    assert sorted(inbox.told[2:]) == [("over", "deliveries"), ("over", "reports")]


def test_a_rebuild_that_asks_no_system_does_not_say_that_a_refused_load_is_over(told: Settings, inbox: Inbox) -> None:
    run(told, World(refused="hubspot: 401"))
    run(told, World(), asks=False)
    assert inbox.told == [("opened", "load/hubspot")]


def test_a_refresh_that_was_killed_is_told_by_the_next_run(told: Settings, inbox: Inbox) -> None:
    """The process of the first is killed while it holds the lock."""
    code = f"""
import sys, time
from pathlib import Path
from dagster import DagsterInstance
from dagster_project.alerts import watched
from dagster_project.settings import Settings
with watched(Settings(data_dir=Path({str(told.data_dir)!r})), None, "run", print, is_refresh=True):
    print("begun", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout and killed.stdout.readline() == "begun\n"
        os.kill(killed.pid, signal.SIGKILL)
    assert run(told, World())
    assert inbox.told == [("opened", "publication"), ("over", "publication")]
    assert "never ended" in inbox.posts[0]["what"]
    assert run(told, World())
    assert len(inbox.told) == 2


def test_a_source_of_which_nothing_is_admitted_for_a_day_and_a_half_is_told_as_stale_by_whatever_runs(
    told: Settings, inbox: Inbox
) -> None:
    first = date(2026, 11, 2)
    land(ScriptedSource(), replace(told, as_of=first), admitting, Narrator())
    late = replace(told, as_of=first + timedelta(days=1))
    run(late, World(), asks=False)
    assert inbox.told == [], "one refresh that failed is late, not stale"
    assert timedelta(days=1) < STALE_AFTER < timedelta(days=2)
    stale = replace(told, as_of=first + timedelta(days=2))
    for _ in range(2):
        run(stale, World(), asks=False)
    assert inbox.told == [("opened", f"stale/{SYSTEM}")]
    assert "2026-11-02" in inbox.posts[0]["what"]
    land(ScriptedSource(), stale, admitting, Narrator())
    run(stale, World(), asks=False)
    assert inbox.told[1:] == [("over", f"stale/{SYSTEM}")]


def test_an_alert_that_cannot_be_told_is_a_problem_and_goes_out_with_the_next_run(told: Settings, inbox: Inbox) -> None:
    inbox.answer = 503
    tell = Narrator()
    assert run(told, World(refused="hubspot: 401"), tell), "nothing of the refresh fails by it"
    assert tell.problems == [
        "an alert could not be told by e-mail and is tried again at the next run: "
        "the server of KEPT_SMTP_URL answered 451",
        "an alert could not be told by webhook and is tried again at the next run: KEPT_ALERT_WEBHOOK_URL answered 503",
    ]
    inbox.answer = 200
    run(told, World())
    assert inbox.told == [("opened", "load/hubspot"), ("over", "load/hubspot")]
    assert len(inbox.mails) == 2


def test_one_way_that_is_down_does_not_hold_up_the_other(told: Settings, inbox: Inbox) -> None:
    down = replace(told, smtp_url=Secret("smtp://127.0.0.1:9"))
    tell = Narrator()
    run(down, World(refused="hubspot: 401"), tell)
    assert inbox.told == [("opened", "load/hubspot")]
    assert ["the server of KEPT_SMTP_URL: ConnectionRefusedError" in line for line in tell.problems] == [True]
    run(told, World(refused="hubspot: 401"))
    assert (len(inbox.mails), len(inbox.posts)) == (1, 1)


def test_who_configures_a_way_while_something_is_wrong_hears_of_it(
    settings: Settings, told: Settings, inbox: Inbox
) -> None:
    run(settings, World(refused="hubspot: 401"))
    assert inbox.told == []
    run(told, World(refused="hubspot: 401"))
    assert inbox.told == [("opened", "load/hubspot")]


def test_what_is_remembered_is_the_owners_alone_and_one_that_cannot_be_read_is_laid_aside(
    told: Settings, inbox: Inbox
) -> None:
    run(told, World(refused="hubspot: 401"))
    path = told.data_dir / alerts.STATE_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret-of-webhook" not in path.read_text()
    path.write_text('{"begun": ')
    tell = Narrator()
    assert run(told, World(refused="hubspot: 401"), tell)
    assert ["lies aside as alerts.json.unreadable" in line for line in tell.problems] == [True]
    assert inbox.told == [("opened", "load/hubspot")] * 2


def test_no_password_goes_to_a_mail_server_without_encryption(told: Settings, inbox: Inbox) -> None:
    bare = replace(told, smtp_url=Secret(f"smtp://kept:secret-of-mail@127.0.0.1:{inbox.smtp_port}"))
    outcome = alerts.send_test(bare)
    assert outcome["e-mail"] == "the server of KEPT_SMTP_URL offers no encryption, so no password is sent to it"
    assert outcome["webhook"] == ""
    assert inbox.mails == []


def test_a_reason_of_many_lines_makes_no_header_of_a_mail(told: Settings, inbox: Inbox) -> None:
    title = "hubspot\r\nBcc: everybody@kept.example\r\n\r\n" + "x" * 10_000
    incident = alerts.Incident("load/hubspot", title, "what \u202e <b>", "do")
    for send in alerts.ways(told).values():
        send(alerts.Alert(alerts.OPENED, incident, "now", "now"))
    assert inbox.mails[0]["Bcc"] is None
    assert len(inbox.subjects[0]) == 200
    assert inbox.mails[0].get_content().count("\u202e") == 1


@pytest.mark.parametrize(
    ("configured", "code", "said"),
    [
        (lambda inbox: {}, 1, "no way is configured"),
        (lambda inbox: {"KEPT_ALERT_WEBHOOK_URL": f"http://127.0.0.1:{inbox.http_port}"}, 0, "webhook: delivered"),
        (lambda inbox: {"KEPT_ALERT_EMAIL_TO": "leads@kept.example"}, 1, "KEPT_SMTP_URL is not"),
        (lambda inbox: {"KEPT_SMTP_URL": "mail.example", "KEPT_ALERT_EMAIL_TO": "a@b"}, 1, "smtp://user:password@"),
        (lambda inbox: {"KEPT_ALERT_EMAIL_TO": "leads"}, 1, "it takes e-mail addresses"),
    ],
)
def test_a_test_alert_says_what_came_of_it(
    inbox: Inbox,
    tmp_path: Path,
    configured: Callable[[Inbox], dict[str, str]],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = CliRunner().invoke(
        commands, ["alert-test"], env={**configured(inbox), "KEPT_DATA_DIR": str(tmp_path / "data")}
    )
    assert (ended.exit_code, said in ended.output) == (code, True), ended.output
    assert "Traceback" not in ended.output
    assert [event for event, _ in inbox.told] == (["test"] if code == 0 else [])
