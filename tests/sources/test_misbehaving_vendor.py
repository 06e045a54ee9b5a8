"""A vendor that misbehaves at any page: the load brings the right rows, or fails in one line and moves nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from dagster_project.demo import zendesk as zendesk_served
from dagster_project.demo.company import DEFAULT_AS_OF, simulate
from dagster_project.demo.server import SYSTEMS, DemoServer, Misbehaviour
from dagster_project.loads import SystemLoad, land
from dagster_project.progress import Narrator
from dagster_project.settings import PROJECT_DIR, Settings
from dagster_project.sources import Source, bamboohr, hubspot, load_crm_properties, zendesk
from dagster_project.sources.http import Patience
from tests.conftest import process_left_as_found
from tests.house.fakes import files

NEXT_LOAD = DEFAULT_AS_OF + timedelta(days=10)
# Reads go on over several pages, so that there is a first, a middle and a last one.
PAGE = 20
PATIENCE = Patience(attempts=2, first_wait=0.01, longest_wait=60.0, connect_timeout=5.0, read_timeout=1.0)
Options = dict[str, Any]
PLACES = ("first", "middle", "last")
# What another attempt betters; lasting it fails the load.
# What another attempt betters; where it lasts, the load fails.
PASSING: dict[str, Options] = {
    "cut": {},
    "429": {},
    "429_without_retry_after": {},
    "500": {},
    "502_html": {},
    "503": {},
    "error_in_200": {},
    "slow": {"seconds": 1.5},
    "slow_body": {"seconds": 15.0},
}
# What no attempt betters, or what is an answer like any other. HubSpot's search has no cursor that could expire.
CONTRARY: dict[str, tuple[str, Options]] = {
    "an error in words": ("error_in_200", {"value": {"error": "APIRateLimitExceeded", "description": "Later."}}),
    "an error by its status": ("error_in_200", {"value": {"status": "error", "message": "Later."}}),
    "an empty page": ("empty_page", {}),
    "the same page twice": ("page_again", {}),
    "a cursor that expired": ("cursor_expired", {}),
    "a body that takes its time": ("slow_body", {"seconds": 1.0}),
}
ONE_CLEAR_LINE = r"{}: (GET|POST) /\S+ (answered (?!in an unexpected shape)|could not be read|did not answer in time).*"


@dataclass(frozen=True)
class Company:
    """One company served ten days after its first load, which `data_dir` holds.

    `undisturbed` is all that has landed once the next load came through; `met` the requests of that load by the kind of
    trouble that could have met them.
    """

    server: DemoServer
    data_dir: Path
    undisturbed: dict[str, set[str]] = field(default_factory=dict)
    met: dict[tuple[str, str], int] = field(default_factory=dict)

    def settings(self, data_dir: Path) -> Settings:
        values = {**self.server.environment, "KEPT_DATA_DIR": str(data_dir), "KEPT_AS_OF": NEXT_LOAD.isoformat()}
        configured = Settings.from_env(values)
        configured.prepare()
        return configured

    def source(self, system: str, patience: Patience) -> Source:
        given, url = self.server.credentials, self.server.base_urls[system]
        if system == "hubspot":
            properties = load_crm_properties(PROJECT_DIR / "seeds", "hubspot")
            return hubspot.HubSpot(base_url=url, token=given.hubspot_token, properties=properties, patience=patience)
        if system == "zendesk":
            return zendesk.Zendesk(base_url=url, oauth_token=given.zendesk_oauth_token, patience=patience)
        return bamboohr.BambooHR(base_url=url, api_key=given.bamboohr_api_key, patience=patience)

    def load(self, system: str, settings: Settings, patience: Patience = PATIENCE) -> SystemLoad:
        return land(self.source(system, patience), settings, lambda _: [], Narrator())

    def misbehave(self, system: str, kind: str, options: Options, place: str, times: int | None = 1) -> Misbehaviour:
        met = self.met[system, kind]
        skip = {"first": 0, "middle": met // 2, "last": met - 1}[place]
        return self.server.misbehave(system, "/", kind, times, skip=skip, **options)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    data_dir = tmp_path_factory.mktemp("misbehaving") / "data"
    world = simulate(customers=20, prospects=6, years=2, employees=30)
    with pytest.MonkeyPatch.context() as patch, process_left_as_found():
        for limited, limits in (
            (zendesk_served, ("PAGE",)),
            (zendesk, ("FULL_PAGE",)),
            (hubspot, ("LIST_LIMIT", "HISTORY_LIMIT", "SEARCH_LIMIT", "ASSOCIATIONS_LIMIT")),
            (bamboohr, ("PAGE_LIMIT",)),
        ):
            for limit in limits:
                patch.setattr(limited, limit, PAGE)
        patch.setattr(zendesk, "BY_CURSOR", {"page[size]": PAGE})
        with DemoServer(world, time_scale=0.001, zendesk_incremental_limit=10_000) as server:
            company = Company(server, data_dir)
            settings = company.settings(data_dir)
            for system in SYSTEMS:
                assert company.load(system, replace(settings, as_of=DEFAULT_AS_OF)).verdict == "admitted"
            server.clock = NEXT_LOAD
            (data_dir / "published" / "kept.duckdb").write_bytes(b"what people read")
            twin = company.settings(Path(shutil.copytree(data_dir, data_dir.with_name("twin"))))
            for system in SYSTEMS:
                kinds = {*PASSING, *(kind for kind, _ in CONTRARY.values())}
                passed_by = [server.misbehave(system, "/", kind, skip=10**9) for kind in sorted(kinds)]
                before = landed(system, twin)
                assert company.load(system, twin).verdict == "admitted"
                company.undisturbed[system] = landed(system, twin)
                assert len(company.undisturbed[system] - before) > 10
                company.met.update({(system, trouble.kind): trouble.met for trouble in passed_by})
                server.behave()
            yield company


@pytest.fixture
def company(running: Company) -> Iterator[Company]:
    yield running
    running.server.behave()
    running.server.clock = NEXT_LOAD


@pytest.fixture
def settings(company: Company, tmp_path: Path) -> Settings:
    """Of a copy, to load into."""
    return company.settings(Path(shutil.copytree(company.data_dir, tmp_path / "data")))


def landed(system: str, settings: Settings) -> set[str]:
    """Every version of a record in landing, however often it came, without what says when it came."""
    rows: set[str] = set()
    for path in settings.landing_dir.glob(f"{system}__*/*.parquet"):
        for row in pq.read_table(path, partitioning=None).to_pylist():
            del row["_landed_at"], row["_dlt_load_id"]
            rows.add(f"{path.parent.name} {json.dumps(row, sort_keys=True)}")
    return rows


def what_must_not_move(system: str, settings: Settings) -> tuple[dict[str, bytes], dict[str, bytes], Any]:
    """Landing and publication byte for byte, and the cursor."""
    state = json.loads((settings.dlt_dir / system / "state.json").read_text())
    return files(settings.landing_dir), files(settings.published_dir), state["sources"]


def any_place(*what: str) -> str:
    return Random(" ".join(what)).choice(PLACES)


@pytest.mark.parametrize("system", SYSTEMS)
def test_troubles_of_every_kind_that_pass_cost_no_row(company: Company, settings: Settings, system: str) -> None:
    troubles = [company.misbehave(system, kind, options, any_place(system, kind)) for kind, options in PASSING.items()]
    # They may all come to the same request.
    load = company.load(system, settings, replace(PATIENCE, attempts=len(PASSING) + 1, first_wait=0.001))
    assert (load.verdict, load.reason) == ("admitted", None)
    assert landed(system, settings) == company.undisturbed[system]
    assert [trouble.kind for trouble in troubles if not trouble.hits] == []


@pytest.mark.nightly
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_trouble_that_passes_costs_no_row_wherever_it_comes(
    company: Company, settings: Settings, system: str, kind: str, place: str
) -> None:
    trouble = company.misbehave(system, kind, PASSING[kind], place)
    load = company.load(system, settings)
    assert (load.verdict, load.reason, trouble.hits) == ("admitted", None, 1)
    assert landed(system, settings) == company.undisturbed[system]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_trouble_that_lasts_fails_in_one_clear_line_and_moves_nothing(
    company: Company, system: str, kind: str
) -> None:
    settings = company.settings(company.data_dir)
    before = what_must_not_move(system, settings)
    # Of the last request HubSpot's answer is a 400 in any case: the account keeps no goals.
    company.misbehave(system, kind, PASSING[kind], Random(system + kind).choice(PLACES[:2]), times=None)
    load = company.load(system, settings)
    assert load.verdict == "failed"
    assert re.fullmatch(ONE_CLEAR_LINE.format(system), load.reason or ""), load.reason
    assert what_must_not_move(system, settings) == before


def contrary_cases() -> Iterator[Any]:
    for system in SYSTEMS:
        for name in CONTRARY:
            seeded = any_place(system, name)
            for place in PLACES:
                marks = () if place == seeded else (pytest.mark.nightly,)
                yield pytest.param(system, name, place, marks=marks, id=f"{system}, {name}, {place}")


@pytest.mark.parametrize(("system", "name", "place"), contrary_cases())
def test_an_answer_that_contradicts_itself_costs_no_row_or_fails_in_one_clear_line_and_moves_nothing(
    company: Company, settings: Settings, system: str, name: str, place: str
) -> None:
    before = what_must_not_move(system, settings)
    kind, options = CONTRARY[name]
    trouble = company.misbehave(system, kind, options, place)
    load = company.load(system, settings)
    assert trouble.hits == 1
    if load.verdict == "admitted":
        assert landed(system, settings) == company.undisturbed[system]
    else:
        assert re.fullmatch(ONE_CLEAR_LINE.format(system), load.reason or ""), load.reason
        assert what_must_not_move(system, settings) == before


@pytest.mark.parametrize("kind", ["empty_page", "page_again"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_vendor_that_never_comes_to_an_end_is_not_asked_for_ever(company: Company, system: str, kind: str) -> None:
    settings = company.settings(company.data_dir)
    before = what_must_not_move(system, settings)
    company.misbehave(system, kind, {}, "first", times=None)
    load = company.load(system, settings)
    assert re.fullmatch(ONE_CLEAR_LINE.format(system), load.reason or ""), load.reason
    assert what_must_not_move(system, settings) == before


def clock_cases() -> Iterator[Any]:
    for system, seldom in zip(SYSTEMS, ("behind", "ahead", "behind"), strict=True):
        for name, days in (("behind", -1), ("ahead", 1)):
            marks = (pytest.mark.nightly,) if name == seldom else ()
            yield pytest.param(system, timedelta(days=days), marks=marks, id=f"{system}, {name}")


@pytest.mark.parametrize(("system", "off"), clock_cases())
def test_clocks_that_disagree_cost_no_row(company: Company, settings: Settings, system: str, off: timedelta) -> None:
    """Ours is a day behind or ahead; the vendor's is put back an hour below what it told last, and right again."""
    ours = replace(settings, as_of=NEXT_LOAD + off)
    before = what_must_not_move(system, settings)
    company.server.clock = datetime.combine(DEFAULT_AS_OF, time(23), UTC)
    load = company.load(system, ours)
    if load.verdict == "failed":
        assert re.fullmatch(ONE_CLEAR_LINE.format(system), load.reason or ""), load.reason
        assert what_must_not_move(system, settings) == before
    company.server.clock = NEXT_LOAD
    assert company.load(system, ours).verdict == "admitted"
    assert landed(system, settings) >= company.undisturbed[system]
