"""The loopback server told to fail: every kind of failure, the number of times asked for, and a log of it all."""

import time
from typing import Any

import pytest
import requests

from dagster_project.demo.company import World
from dagster_project.demo.server import DemoServer
from tests.demo.naive_client import Client

COMPANIES = "/crm/objects/2026-09/companies"
TICKETS = "/api/v2/incremental/tickets/cursor"
EMPLOYEES = "/api/v1/employees"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("429", 429), ("429_without_retry_after", 429), ("429_daily", 429), ("401", 401), ("403", 403), ("500", 500),
     ("502_html", 502), ("503", 503), ("html_404", 404)],
)  # fmt: skip
@pytest.mark.parametrize(("system", "path"), [("hubspot", COMPANIES), ("zendesk", TICKETS), ("bamboohr", EMPLOYEES)])
def test_a_failure_lasts_as_often_as_told(
    server: DemoServer, client: Client, system: str, path: str, kind: str, status: int
) -> None:
    trouble = server.misbehave(system, path, kind, times=2, seconds=3)
    answers = [client.get(system, path, start_time=0) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert trouble.hits == 2
    assert answers[0].headers.get("Retry-After") == ("3" if kind == "429" else None)


def test_only_the_named_path_of_the_named_system_fails(server: DemoServer, client: Client) -> None:
    server.misbehave("hubspot", "/crm/owners", "500", times=None)
    assert client.get("hubspot", "/crm/owners/2026-09").status_code == 500
    assert client.get("hubspot", "/crm/owners/2026-09").status_code == 500
    assert client.get("hubspot", COMPANIES).status_code == 200
    server.behave()
    assert client.get("hubspot", "/crm/owners/2026-09").status_code == 200


def test_a_cut_connection_breaks_off_in_the_middle(server: DemoServer, client: Client) -> None:
    server.misbehave("hubspot", COMPANIES, "cut")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        client.get("hubspot", COMPANIES)
    assert client.get("hubspot", COMPANIES).status_code == 200


def test_a_slow_answer_outlasts_a_client_in_a_hurry(server: DemoServer) -> None:
    server.misbehave("zendesk", TICKETS, "slow", seconds=1.5)
    signed = {"Authorization": f"Bearer {server.credentials.zendesk_oauth_token}"}
    started = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(server.zendesk_url + TICKETS, headers=signed, params={"start_time": 0}, timeout=0.3)
    assert time.monotonic() - started < 1.4


def rows_of(client: Client, system: str) -> list[dict[str, Any]]:
    match system:
        case "hubspot":
            return list(client.get(system, COMPANIES, limit=5, properties="name").json()["results"])
        case "zendesk":
            return list(client.get(system, TICKETS, start_time=0, per_page=5).json()["tickets"])
    return list(client.get(system, EMPLOYEES, **{"page[limit]": 5}).json()["data"])


@pytest.mark.parametrize(("system", "path"), [("hubspot", COMPANIES), ("zendesk", TICKETS), ("bamboohr", EMPLOYEES)])
def test_records_are_spoiled_in_the_answer_and_nowhere_else(
    server: DemoServer, client: Client, system: str, path: str
) -> None:
    sound = rows_of(client, system)
    server.misbehave(system, path, "duplicate_rows")
    assert rows_of(client, system) == sound + sound
    server.misbehave(system, path, "no_rows")
    assert rows_of(client, system) == []
    server.misbehave(system, path, "extra_field", field="salary", value=1)
    assert all(row["salary"] == 1 for row in rows_of(client, system))
    server.misbehave(system, path, "extra_text")
    assert "unexpected text" in str(rows_of(client, system))
    server.misbehave(system, path, "missing_field")
    assert all(len(spoiled) == len(row) - 1 for spoiled, row in zip(rows_of(client, system), sound, strict=True))
    server.misbehave(system, path, "rows", edit=lambda rows: rows[0].clear())
    assert rows_of(client, system)[0] == {}
    assert rows_of(client, system) == sound


EVENTS = "/api/v2/incremental/ticket_events"


@pytest.mark.parametrize("text", ["", "\x00 \u202e <script>", "\ud83d", "𝕿ext " * 2_000])
def test_any_text_can_stand_in_any_field(server: DemoServer, client: Client, text: str) -> None:
    server.misbehave("hubspot", COMPANIES, "set_field", field="properties.*", value=text)
    spoiled = client.get("hubspot", COMPANIES, limit=3, properties="name,domain").json()["results"]
    assert {value for row in spoiled for value in row["properties"].values()} == {text}
    server.misbehave("zendesk", EVENTS, "set_field", field="child_events.*.body", value=text)
    events = client.get("zendesk", EVENTS, start_time=0, include="comment_events").json()["ticket_events"]
    bodies = {child["body"] for event in events for child in event["child_events"] if "body" in child}
    assert bodies == {text}
    assert "body" not in events[1]


def test_any_order_repetition_and_loss_go_together(server: DemoServer, client: Client) -> None:
    sound = rows_of(client, "hubspot")
    server.misbehave("hubspot", COMPANIES, "duplicate_rows")
    server.misbehave("hubspot", COMPANIES, "reordered_rows")
    server.misbehave("hubspot", COMPANIES, "missing_field", field="properties.name")
    spoiled = rows_of(client, "hubspot")
    assert sorted(row["id"] for row in spoiled) == sorted(row["id"] for row in sound + sound)
    assert [row["id"] for row in spoiled] != [row["id"] for row in sound + sound]
    assert not any("name" in row["properties"] for row in spoiled)
    assert rows_of(client, "hubspot") == sound


def test_what_is_held_by_key_keeps_order_and_number(server: DemoServer, client: Client) -> None:
    path = "/api/v1/employees/changed"
    sound = client.get("bamboohr", path, since="2020-01-01T00:00:00Z").json()
    server.misbehave("bamboohr", path, "duplicate_rows")
    server.misbehave("bamboohr", path, "reordered_rows")
    assert client.get("bamboohr", path, since="2020-01-01T00:00:00Z").json() == sound


def test_an_error_can_hide_in_a_good_status(server: DemoServer, client: Client) -> None:
    server.misbehave("bamboohr", EMPLOYEES, "error_in_200")
    assert client.get("bamboohr", EMPLOYEES).json() == {"error": {"code": 429, "message": "Too many requests"}}


def test_an_unknown_kind_of_failure_is_an_error(server: DemoServer) -> None:
    with pytest.raises(ValueError, match="unknown"):
        server.misbehave("hubspot", "/", "418")


def test_the_log_tells_what_was_asked_and_how_many_rows_were_given_but_no_credential(
    server: DemoServer, client: Client
) -> None:
    client.get("hubspot", COMPANIES, limit=7)
    client.post("hubspot", f"{COMPANIES}/search", {"limit": 3})
    listed, searched = server.requests_to("hubspot", COMPANIES)
    assert (listed.method, listed.query, listed.status, listed.rows) == ("GET", {"limit": ["7"]}, 200, 7)
    assert (searched.path, searched.body, searched.rows) == (f"{COMPANIES}/search", {"limit": 3}, 3)
    assert server.credentials.hubspot_token not in repr(server.requests)
    server.forget_requests()
    assert server.requests_to("hubspot") == []


def test_a_whole_first_read_takes_seconds(company: World) -> None:
    with DemoServer(company) as server:
        client = Client(server)
        started = time.process_time()
        assert (
            len(client.listed("calls", properties="hs_call_title,hs_call_body,hs_timestamp,hubspot_owner_id")) > 15_000
        )
        assert time.process_time() - started < 12
