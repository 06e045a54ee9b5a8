"""No credential is written or told: systems that answer well, that refuse, and that hand back what they were sent."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from dagster import DagsterInstance, ExecuteInProcessResult, materialize
from dagster._core.instance.ref import InstanceRef

from dagster_project.assets.landing import landing_assets
from dagster_project.demo.company import World, simulate
from dagster_project.demo.server import SYSTEMS, Credentials, DemoServer
from dagster_project.demo.wire import Answer, Asked
from dagster_project.progress import Narrator
from dagster_project.resources import refresh_lock
from dagster_project.settings import Settings
from dagster_project.sources import bamboohr, hubspot, zendesk
from tests.sources.reading import HURRIED

SECRETS = Credentials(
    hubspot_token="pat-eu1-6f9d1c-of-hubspot",
    zendesk_oauth_token="5c3b7e-oauth-of-zendesk",
    zendesk_client_secret="9a1d44-client-secret-of-zendesk",
    zendesk_api_token="0e77b2-api-token-of-zendesk",
    bamboohr_api_key="b81f30-key-of-bamboohr",
)
# Nobody listens there: what could not be told lies in the data folder, and is searched with all else.
WEBHOOK = "http://127.0.0.1:9/7d2f-secret-of-webhook"
PLAIN = [
    "7d2f-secret-of-webhook",
    SECRETS.hubspot_token,
    SECRETS.zendesk_oauth_token,
    SECRETS.zendesk_client_secret,
    SECRETS.zendesk_api_token,
    SECRETS.bamboohr_api_key,
]
SIGN_IN = {
    "token": {"ZENDESK_OAUTH_TOKEN": SECRETS.zendesk_oauth_token},
    "client": {"ZENDESK_CLIENT_ID": SECRETS.zendesk_client_id, "ZENDESK_CLIENT_SECRET": SECRETS.zendesk_client_secret},
    "api token": {"ZENDESK_EMAIL": SECRETS.zendesk_email, "ZENDESK_API_TOKEN": SECRETS.zendesk_api_token},
}


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=20, prospects=6, years=2, employees=30)


@pytest.fixture
def server(world: World) -> Iterator[DemoServer]:
    with DemoServer(world, credentials=SECRETS, time_scale=0.01) as running:
        yield running


@dataclass
class Landing:
    """One run of the landing step by Dagster: what became of it, what was told, and the folder it wrote to."""

    result: ExecuteInProcessResult
    told: str
    data_dir: Path

    def __post_init__(self) -> None:
        assert self.result.success, "a load that fails must not fail the step: every model waits for it"

    @property
    def verdicts(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for event in self.result.get_asset_materialization_events():
            done = event.step_materialization_data.materialization
            system = done.asset_key.path[-1].split("__")[0]
            # Dropped files need no credential.
            if system in SYSTEMS:
                found.setdefault(system, set()).add(str(done.metadata["verdict"].value))
        return found


def run_landing(server: DemoServer, data_dir: Path, sign_in: str = "client") -> Landing:
    """With everything the libraries log, at their wordiest, in a file of the data folder."""
    addresses = {name: value for name, value in server.environment.items() if not name.startswith("ZENDESK_CLIENT")}
    ours = {"KEPT_DATA_DIR": str(data_dir), "KEPT_ALERT_WEBHOOK_URL": WEBHOOK}
    settings = Settings.from_env({**addresses, **SIGN_IN[sign_in], **ours})
    settings.prepare()
    told = StringIO()
    tell = Narrator(told)
    handler = logging.FileHandler(data_dir / "everything.log")
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        event_log = {"module": "dagster_project.event_log", "class": "OneConnectionEventLog"}
        overrides = {"event_log_storage": {**event_log, "config": {"base_dir": str(settings.dagster_home)}}}
        reference = InstanceRef.from_dir(str(settings.dagster_home), overrides=overrides)
        with DagsterInstance.from_ref(reference) as instance:
            result = materialize(
                landing_assets(settings, tell),
                resources={"refresh_lock": refresh_lock(settings, tell)},
                instance=instance,
                raise_on_error=False,
            )
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    return Landing(result, told.getvalue(), data_dir)


def forms(secret: str) -> set[bytes]:
    """A credential as it may be written: plain, in a URL, in JSON, or in the header of a basic sign-in."""
    with_names = (f"{secret}:x", f"x:{secret}", f"{SECRETS.zendesk_email}/token:{secret}", secret)
    encoded = {base64.b64encode(text.encode()).rstrip(b"=") for text in with_names}
    return {secret.encode(), quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()} | encoded


def content_of(path: Path) -> bytes:
    """A file's bytes, and what they say unpacked."""
    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content += gzip.decompress(content)
    if path.suffix == ".parquet":
        content += repr(pq.read_table(path, partitioning=None).to_pydict()).encode()
    return content


def places_of_secrets(data_dir: Path, *said: str) -> list[str]:
    wanted = {form for secret in PLAIN for form in forms(secret)}
    places = [
        str(path.relative_to(data_dir))
        for path in sorted(data_dir.rglob("*"))
        if path.is_file() and any(form in content_of(path) for form in wanted)
    ]
    return places + [text for text in said if any(form in text.encode() for form in wanted)]


def echoing(status: int, sent: list[str]) -> Callable[[Asked, int], Answer]:
    """A vendor that answers every question with the credential it was asked with, as careless gateways do."""

    def echo(asked: Asked, _moment: int) -> Answer:
        said = {"headers": asked.headers, "body": asked.body}
        sent.append(json.dumps(said))
        return Answer(status, {"message": f"not understood: {json.dumps(said)}", **said}, headers={"X-Sent": sent[-1]})

    return echo


def test_a_landing_that_goes_well_writes_and_tells_no_credential(
    server: DemoServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    landing = run_landing(server, tmp_path / "data")
    assert landing.verdicts == {system: {"admitted"} for system in SYSTEMS}, landing.told
    assert places_of_secrets(landing.data_dir, landing.told, *capfd.readouterr()) == []
    assert any(landing.data_dir.joinpath("dagster").rglob("*.db")), "Dagster's own record was not looked at"


def test_a_system_that_turns_away_in_the_middle_is_told_without_its_credential(
    server: DemoServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hurry(monkeypatch)
    server.misbehave("hubspot", "/crm/objects/2026-09/deals", "401", times=None)
    server.misbehave("zendesk", "/api/v2/incremental/tickets", "401", times=None)
    server.misbehave("bamboohr", "/api/v1/employees/all/tables", "401", times=None)
    landing = run_landing(server, tmp_path / "data")
    assert landing.verdicts == {system: {"failed"} for system in SYSTEMS}
    lines = [line for line in landing.told.splitlines() if line.startswith("  ! ")]
    problems = sorted(line for line in lines if " an alert could not be told " not in line)
    waiting = json.loads((landing.data_dir / "alerts.json").read_text())["waiting"]
    assert {one["alert"]["incident"]["key"] for one in waiting} >= {f"load/{system}" for system in SYSTEMS}
    named = ["BAMBOOHR_API_KEY", "HUBSPOT_TOKEN", "ZENDESK_CLIENT_ID/ZENDESK_CLIENT_SECRET"]
    assert all(f": {name} was refused (401 " in problem for name, problem in zip(named, problems, strict=True))
    assert places_of_secrets(landing.data_dir, landing.told, *capfd.readouterr()) == []


@pytest.mark.nightly
@pytest.mark.parametrize(("status", "sign_in"), [(200, "client"), (401, "token"), (500, "api token")])
def test_a_system_that_hands_back_the_credential_is_not_quoted(
    server: DemoServer,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    sign_in: str,
) -> None:
    hurry(monkeypatch)
    sent: list[str] = []
    for vendor in server.vendors.values():
        monkeypatch.setattr(vendor, "answer", echoing(status, sent))
    landing = run_landing(server, tmp_path / "data", sign_in)
    assert landing.verdicts == {system: {"failed"} for system in SYSTEMS}
    assert any(form in "".join(sent).encode() for secret in PLAIN for form in forms(secret))
    assert places_of_secrets(landing.data_dir, landing.told, *capfd.readouterr()) == []


def test_no_credential_stays_in_the_environment_of_the_process(server: DemoServer, tmp_path: Path) -> None:
    Settings.from_env({**server.environment, "KEPT_DATA_DIR": str(tmp_path / "data")}).prepare()
    assert not any(secret in value for value in os.environ.values() for secret in PLAIN)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once: how long a source waits is told by tests of its own."""

    def hurried() -> Any:
        return HURRIED

    for module in (hubspot, zendesk, bamboohr):
        monkeypatch.setattr(module, "Patience", hurried)
