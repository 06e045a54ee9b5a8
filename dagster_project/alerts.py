"""What a person has to hear without looking: incidents of a run, told once by e-mail and webhook, and once when over.

Nothing here decides what is wrong: that is read from what Dagster recorded of the run, and from the loads in landing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from dagster import AssetCheckSeverity, DagsterEventType
from filelock import FileLock

from dagster_project import mail
from dagster_project.mail import TIMEOUT_SECONDS, NotDelivered
from dagster_project.settings import DROP_FOLDER, Settings

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance

Warn = Callable[[str], None]

STATE_FILE = "alerts.json"
OPENED, OVER, TEST = "opened", "over", "test"
PUBLICATION, REPORTS, DELIVERIES = "publication", "reports", "deliveries"
LOGGED = {
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.STEP_FAILURE,
}


@dataclass(frozen=True)
class Incident:
    """One thing that is wrong: `key` stays the same while it lasts. Names and counts only, no row's values."""

    key: str
    title: str
    what: str
    to_do: str
    marts: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alert:
    """One message to a person about an incident that opened or is over."""

    event: str
    incident: Incident
    since: str
    at: str

    @property
    def subject(self) -> str:
        """One line, whatever a vendor's reason holds."""
        prefix = {OPENED: "Kept", OVER: "Kept, over", TEST: "Kept, test"}[self.event]
        return " ".join(f"[{prefix}] {self.incident.title}".split())[:200]

    @property
    def body(self) -> str:
        over = [f"It is over since {self.at} UTC; there is nothing left to do."] if self.event == OVER else []
        affected = [
            *([f"reports: {', '.join(self.incident.reports)}"] if self.incident.reports else []),
            *([f"marts: {', '.join(self.incident.marts)}"] if self.incident.marts else []),
        ]
        return "\n\n".join(
            [
                *over,
                f"What happened (since {self.since} UTC):\n{self.incident.what}",
                "What is affected:\n" + ("\n".join(affected) or "nothing that people read"),
                *([] if over else [f"What to do:\n{self.incident.to_do}"]),
            ]
        )

    @property
    def payload(self) -> dict[str, Any]:
        """For a program; `text` alone is what chat services show of it."""
        told = {"text": f"{self.subject}\n\n{self.body}", "event": self.event, "since": self.since, "at": self.at}
        return {**told, **asdict(self.incident)}


@dataclass
class Open:
    """An incident that was told and is not over."""

    incident: Incident
    since: str


@dataclass
class Waiting:
    """An alert and the ways by which it has still to go."""

    alert: Alert
    ways: list[str]


@dataclass
class State:
    """What has to be remembered between runs: `begun` is when a refresh began that has not ended, else empty."""

    begun: str = ""
    incidents: dict[str, Open] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> State:
        """The state as it was left; raises ValueError on a file that is none."""
        if not path.exists():
            return cls()
        try:
            kept = json.loads(path.read_text())
            return cls(
                begun=str(kept["begun"]),
                incidents={
                    key: Open(_incident(one["incident"]), one["since"]) for key, one in kept["incidents"].items()
                },
                waiting=[Waiting(_alert(one["alert"]), one["ways"]) for one in kept["waiting"]],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from None

    def write(self, path: Path) -> None:
        """Whole or not at all, for the owner alone."""
        beside = path.with_name(f".{path.name}.part")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(asdict(self), indent=1))
        beside.replace(path)


def _incident(kept: Mapping[str, Any]) -> Incident:
    lists = {"marts": tuple(kept["marts"]), "reports": tuple(kept["reports"])}
    return Incident(**{name: kept[name] for name in ("key", "title", "what", "to_do")}, **lists)


def _alert(kept: Mapping[str, Any]) -> Alert:
    return Alert(kept["event"], _incident(kept["incident"]), kept["since"], kept["at"])


@contextmanager
def watched(
    settings: Settings, instance: DagsterInstance, run_id: str, warn: Warn, *, is_refresh: bool
) -> Iterator[None]:
    """Around a run: first tells of a refresh that died before its end, at last what this run opened and what it closed.

    `is_refresh` says that the run holds the lock: whatever refresh has not said its end by then is dead. What goes
    wrong with an alert is told by `warn` and tried again at the next run; it never fails this one.
    """
    if is_refresh:
        with _state(settings, warn) as state:
            if state.begun:
                _open(state, settings, _died(settings, state.begun))
            state.begun = _now()
            _deliver(state, settings, warn)
    try:
        yield
    finally:
        events = [record.dagster_event for record in instance.all_logs(run_id, of_type=LOGGED) if record.dagster_event]
        opened, closed = found(events, settings)
        _settle(settings, opened, closed, warn, is_end=is_refresh)


def tell_failure(settings: Settings, what: str, warn: Warn) -> None:
    """For a run that could not even begin."""
    _settle(settings, [_publication(settings, what)], set(), warn)


def send_test(settings: Settings) -> dict[str, str]:
    """Send a test alert by every configured way; what came of it by way, empty where it arrived."""
    incident = Incident("test", "a test alert", "Somebody asked Kept for a test alert.", "Nothing; this way works.")
    outcome = {}
    for way, send in ways(settings).items():
        try:
            send(Alert(TEST, incident, _now(), _now()))
            outcome[way] = ""
        except NotDelivered as error:
            outcome[way] = str(error)
    return outcome


def found(events: Sequence[DagsterEvent], settings: Settings) -> tuple[list[Incident], set[str]]:
    """The incidents that a run's events tell of, and the keys of those that they show to be over.

    What a run did not touch stays as it was: a rebuild asks no system and says nothing about one.
    """
    # Imported here, since the assets are built with what this module tells.
    from dagster_project.assets.landing import ADMITTED

    refused: dict[str, dict[str, str]] = {}
    read: set[str] = set()
    broken: list[str] = []
    materialized: set[tuple[str, ...]] = set()
    for event in events:
        if event.event_type == DagsterEventType.ASSET_MATERIALIZATION and event.asset_key:
            materialized.add(tuple(event.asset_key.path))
        elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            layer, table = check.asset_key.path[0], check.asset_key.path[-1]
            if check.check_name == ADMITTED:
                system = table.split("__", 1)[0]
                read.add(system)
                if not check.passed:
                    refused.setdefault(system, {})[table] = str(check.metadata["reason"].value)
            elif layer == "mart" and not check.passed and check.severity == AssetCheckSeverity.ERROR:
                broken.append(f"mart.{table} breaks {check.check_name}")
        elif event.event_type == DagsterEventType.STEP_FAILURE:
            error = event.step_failure_data.error
            # A rule that holds back what is downstream has been told by its own name.
            if not (error and error.cls_name == "DagsterAssetCheckFailedError"):
                broken.append(_told(event))
    opened = [_load(settings, system, tables) for system, tables in refused.items()]
    not_delivered = [line for line in broken if line.startswith("reports/deliveries")]
    failed_reports = [line for line in broken if line.startswith("reports") and line not in not_delivered]
    if others := [line for line in broken if line not in failed_reports and line not in not_delivered]:
        opened.append(_publication(settings, "; ".join(others)))
    if failed_reports:
        opened.append(_reports(settings, "; ".join(failed_reports)))
    if not_delivered:
        opened.append(_deliveries(settings, "; ".join(not_delivered)))
    closed = {f"load/{system}" for system in read}
    if ("published", "kept") in materialized:
        closed.add(PUBLICATION)
    if ("reports", "portfolio") in materialized:
        closed.add(REPORTS)
    if ("reports", "deliveries") in materialized:
        closed.add(DELIVERIES)
    return opened, closed - {incident.key for incident in opened}


def stale(settings: Settings) -> tuple[list[Incident], set[str]]:
    """The systems whose last admitted load is too old, and the keys of all that are not."""
    from dagster_project.assets.landing import STALE_AFTER
    from dagster_project.loads import recorded_loads

    newest: dict[str, datetime] = {}
    for row in recorded_loads(settings):
        if row["verdict"] == "admitted":
            landed_at = row["landed_at"].replace(tzinfo=UTC)
            newest[row["source_system"]] = max(landed_at, newest.get(row["source_system"], landed_at))
    now = settings.landed_at()
    opened = []
    for system in settings.systems:
        # Files come when somebody has one, and a system that was never read failed, which is told as such.
        if system != DROP_FOLDER and system in newest and now - newest[system] > STALE_AFTER:
            opened.append(
                Incident(
                    f"stale/{system}",
                    f"{system} is stale",
                    f"The last admitted load of {system} is of {newest[system]:%Y-%m-%d %H:%M} UTC.",
                    "See whether the daily refresh runs and what it says of this system; `make refresh` reads it now.",
                    *affected(settings, _tables(system)),
                )
            )
    keys = {f"stale/{system}" for system in settings.systems}
    return opened, keys - {incident.key for incident in opened}


def affected(settings: Settings, tables: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The marts and reports that stand on landing tables, by dbt's lineage; on all of them where `tables` is None."""
    from dagster_project.assets.models import read_manifest

    try:
        manifest = read_manifest(settings)
    except FileNotFoundError:
        return (), ()
    named = {source["name"]: identity for identity, source in manifest["sources"].items()}
    ahead = [named[table] for table in (named if tables is None else tables) if table in named]
    reached: set[str] = set()
    while ahead:
        identity = ahead.pop()
        if identity not in reached:
            reached.add(identity)
            ahead += manifest["child_map"].get(identity, [])
    marts = [
        manifest["nodes"][one]["name"] for one in reached if manifest["nodes"].get(one, {}).get("schema") == "mart"
    ]
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    reports = [one["label"] or one["name"] for key, one in manifest["exposures"].items() if key in reached]
    return tuple(sorted(set(marts) & models)), tuple(sorted(reports))


def ways(settings: Settings) -> dict[str, Callable[[Alert], None]]:
    """How alerts leave this machine, by name; each raises NotDelivered."""
    configured: dict[str, Callable[[Alert], None]] = {}
    if settings.alert_email_to:
        configured["e-mail"] = lambda alert: _mail(alert, settings)
    if settings.alert_webhook_url:
        configured["webhook"] = lambda alert: _post(alert, settings)
    return configured


def _settle(
    settings: Settings, opened: Sequence[Incident], closed: set[str], warn: Warn, *, is_end: bool = False
) -> None:
    with _state(settings, warn) as state:
        if is_end:
            state.begun = ""
        now_stale, now_fresh = stale(settings)
        for incident in (*opened, *now_stale):
            _open(state, settings, incident)
        for key in sorted((closed | now_fresh) & state.incidents.keys()):
            gone = state.incidents.pop(key)
            _wait(state, settings, Alert(OVER, gone.incident, gone.since, _now()))
        _deliver(state, settings, warn)


@contextmanager
def _state(settings: Settings, warn: Warn) -> Iterator[State]:
    """The remembered state, written again at the end; one process at a time."""
    path = settings.data_dir / STATE_FILE
    try:
        with FileLock(settings.data_dir / f".{STATE_FILE}.lock", mode=0o600):
            try:
                state = State.read(path)
            except ValueError:
                aside = path.with_name(f"{STATE_FILE}.unreadable")
                path.replace(aside)
                warn(f"{path} cannot be read and lies aside as {aside.name}; open incidents are told again")
                state = State()
            yield state
            state.write(path)
    except OSError as error:
        warn(f"open incidents could not be kept in {path}: {error.strerror}; they may be told again")


def _open(state: State, settings: Settings, incident: Incident) -> None:
    # Where nobody can be told nothing is open, so that who configures a way later hears of what still lasts.
    if incident.key not in state.incidents and ways(settings):
        state.incidents[incident.key] = Open(incident, _now())
        _wait(state, settings, Alert(OPENED, incident, _now(), _now()))


def _wait(state: State, settings: Settings, alert: Alert) -> None:
    state.waiting.append(Waiting(alert, list(ways(settings))))


def _deliver(state: State, settings: Settings, warn: Warn) -> None:
    """Hand over what waits, oldest first; a way that fails is not tried again before the next run.

    Remembered after each alert: a crash in between tells one alert twice rather than never.
    """
    configured = ways(settings)
    failed: set[str] = set()
    for waiting in state.waiting:
        for way in list(waiting.ways):
            if way in configured and way not in failed:
                try:
                    configured[way](waiting.alert)
                except NotDelivered as error:
                    failed.add(way)
                    warn(f"an alert could not be told by {way} and is tried again at the next run: {error}")
                    continue
            if way not in failed:
                waiting.ways.remove(way)
                state.write(settings.data_dir / STATE_FILE)
    state.waiting = [waiting for waiting in state.waiting if waiting.ways]


def _mail(alert: Alert, settings: Settings) -> None:
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["To"] = settings.alert_email_to
    message["From"] = settings.alert_email_from or settings.alert_email_to.split(",")[0].strip()
    message["X-Kept-Incident"] = alert.incident.key
    message.set_content(alert.body)
    mail.send(message, settings)


def _post(alert: Alert, settings: Settings) -> None:
    try:
        # A webhook's address is its credential: it follows nobody elsewhere.
        answer = requests.post(
            settings.alert_webhook_url.reveal(), json=alert.payload, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise NotDelivered(f"KEPT_ALERT_WEBHOOK_URL: {type(error).__name__}") from None
    if not 200 <= answer.status_code < 300:
        raise NotDelivered(f"KEPT_ALERT_WEBHOOK_URL answered {answer.status_code}")


def _load(settings: Settings, system: str, tables: Mapping[str, str]) -> Incident:
    return Incident(
        f"load/{system}",
        f"{system} brought no admitted load" if system != DROP_FOLDER else "files were refused",
        "; ".join(dict.fromkeys(tables.values())),
        "Mend what is named and run `make refresh`: the cursor stayed, so that nothing is lost. Until then everybody "
        "goes on seeing the last admitted load.",
        *affected(settings, list(tables)),
    )


def _publication(settings: Settings, what: str) -> Incident:
    return Incident(
        PUBLICATION,
        "nothing new was published",
        what,
        f"Mend what is named and run `make refresh`; {settings.data_dir / 'last_run.log'} or Dagster's UI tells more. "
        "Until then everybody goes on seeing the last publication.",
        *affected(settings, None),
    )


def _reports(settings: Settings, what: str) -> Incident:
    return Incident(
        REPORTS,
        "the reports were not rendered",
        what,
        "Mend what is named and run `make report`; the pages of the last time stand.",
        reports=affected(settings, None)[1],
    )


def _deliveries(settings: Settings, what: str) -> Incident:
    return Incident(
        DELIVERIES,
        "not everybody got their report",
        what,
        "Run `make deliver`: it tells who and why, and goes on where this stopped; nobody gets theirs twice.",
        reports=affected(settings, None)[1],
    )


def _died(settings: Settings, begun: str) -> Incident:
    return _publication(
        settings, f"The run that began at {begun} UTC never ended: its process was killed, or its machine went down."
    )


def _told(event: DagsterEvent) -> str:
    """A failed step by name, with what Kept says of it; of any other error the kind alone, which may quote a row."""
    data = event.step_failure_data
    described = data.user_failure_data and data.user_failure_data.description
    error = data.error and (data.error.cause or data.error)
    kind = (error and error.cls_name) or "an error"
    step = (event.step_key or "a step").replace("__", "/")
    return f"{step}: {described or f'failed with {kind}'}"


def _tables(system: str) -> list[str]:
    return [table.name for table in import_module(f"dagster_project.sources.{system}").TABLES]


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
