"""The connectors against the demo company's server: everything, then nothing, then only what changed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dagster_project.demo.company import DEFAULT_AS_OF, World, simulate
from dagster_project.demo.server import DemoServer
from dagster_project.sources import Source, load_crm_properties
from dagster_project.sources.bamboohr import BambooHR
from dagster_project.sources.hubspot import HubSpot
from dagster_project.sources.zendesk import Zendesk
from tests.sources.reading import HURRIED, Tables, ids, read

SEEDS = Path(__file__).parents[2] / "seeds"
SYSTEMS = ("hubspot", "zendesk", "bamboohr")
LISTED_WHOLE = (
    "/crm/owners/",
    "/crm/pipelines/",
    "/api/v2/groups",
    "/api/v2/slas/policies",
    "/api/v2/satisfaction_ratings",
    "/api/v1/training/",
)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(customers=20, prospects=6, years=2, employees=30)


@pytest.fixture
def server(world: World) -> Iterator[DemoServer]:
    with DemoServer(world, time_scale=0.01) as running:
        yield running


def connect(server: DemoServer, system: str) -> Source:
    credentials, url = server.credentials, server.base_urls[system]
    if system == "hubspot":
        properties = load_crm_properties(SEEDS, "hubspot")
        return HubSpot(base_url=url, token=credentials.hubspot_token, properties=properties, patience=HURRIED)
    if system == "zendesk":
        client_id, client_secret = credentials.zendesk_client_id, credentials.zendesk_client_secret
        return Zendesk(base_url=url, client_id=client_id, client_secret=client_secret, patience=HURRIED)
    return BambooHR(base_url=url, api_key=credentials.bamboohr_api_key, patience=HURRIED)


def test_the_first_read_lands_the_whole_company(server: DemoServer, world: World) -> None:
    at = int(server.clock.timestamp() * 1000)
    tables = {name: rows for system in SYSTEMS for name, rows in read(connect(server, system)).items()}
    for name, records in (
        ("hubspot__deals", world.deals),
        ("hubspot__calls", world.calls),
        ("hubspot__meetings", world.meetings),
    ):
        standing = {str(one.id) for one in records if one.exists_at(at) and not one.is_archived_at(at)}
        assert {one["id"] for one in tables[name] if one["archived"] == "false"} == standing
        assert len(standing) > 20
    assert len(ids(tables["zendesk__tickets"])) == len(set(ids(tables["zendesk__tickets"]))) > 20
    assert all(
        json.loads(one["metric_set"] or "")["ticket_id"] == int(one["id"] or 0) for one in tables["zendesk__tickets"]
    )
    assert set(ids(tables["bamboohr__job_info"], "employeeId")) == set(ids(tables["bamboohr__employees"], "employeeId"))
    assert "true" in ids(tables["hubspot__owners"], "archived")


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_idle_read_lands_nothing_and_the_next_month_only_what_changed(server: DemoServer, system: str) -> None:
    source = connect(server, system)
    state: dict[str, Any] = {}
    first = read(source, state)
    state = json.loads(json.dumps(state))
    server.forget_requests()
    assert not any(read(source, state).values())
    # What has no cursor is compared whole; of the rest at most the newest of each kind, which lie at the cursor itself,
    # are seen again.
    asked_again = [
        one
        for one in server.requests
        if not one.path.startswith(LISTED_WHOLE)
        and one.query.get("archived") != ["true"]
        and one.query.get("filter[status]") != ["active"]
    ]
    assert asked_again
    assert all(one.rows <= 2 for one in asked_again)

    server.clock = DEFAULT_AS_OF + timedelta(days=30)
    state = json.loads(json.dumps(state))
    server.forget_requests()
    later = read(source, state)
    assert any(later.values())
    assert sum(len(rows) for rows in later.values()) < sum(len(rows) for rows in first.values()) / 3
    assert not any(read(source, json.loads(json.dumps(state))).values())


@pytest.mark.parametrize("system", SYSTEMS)
def test_records_that_come_twice_and_in_any_order_are_the_same_records(
    server: DemoServer, world: World, system: str
) -> None:
    """What is made of records never depends on how often and in which order they landed: raw reads each once."""
    in_order = read(connect(server, system))
    with DemoServer(world, time_scale=0.01) as disorderly:
        disorderly.misbehave(system, "/", "duplicate_rows", times=None)
        disorderly.misbehave(system, "/", "reordered_rows", times=None)
        in_disorder = read(connect(disorderly, system))

    def records(tables: Tables) -> dict[str, set[tuple[tuple[str, str | None], ...]]]:
        return {table: {tuple(sorted(row.items())) for row in rows} for table, rows in tables.items()}

    assert records(in_disorder) == records(in_order)
    assert sum(map(len, in_disorder.values())) > sum(map(len, in_order.values()))
