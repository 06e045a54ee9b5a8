"""The ticketing system's API on the loopback server: cursors, side-loads, deletions, limits and ways to sign in."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from dagster_project.demo.company import World
from dagster_project.demo.server import DemoServer
from dagster_project.demo.timeline import SECOND, end_of
from tests.demo.naive_client import Client

TICKETS = "/api/v2/incremental/tickets/cursor"
ORGANIZATIONS = "/api/v2/incremental/organizations"


@pytest.mark.parametrize("per_page", [7, 1_000])
def test_the_ticket_stream_gives_every_ticket_once(client: Client, company: World, per_page: int) -> None:
    start = end_of(company.as_of - timedelta(days=90)) // SECOND if per_page == 7 else 0
    rows, _ = client.exported("tickets", start_time=start, per_page=per_page)
    at = end_of(company.as_of)
    standing = [t for t in company.tickets if t.created_at <= at and t.system_modified_at(at) // SECOND >= start]
    assert sorted(row["id"] for row in rows) == sorted(ticket.id for ticket in standing)
    assert [row["generated_timestamp"] for row in rows] == sorted(row["generated_timestamp"] for row in rows)


def test_deleted_tickets_come_in_the_stream_and_are_scrubbed_later(client: Client) -> None:
    rows, _ = client.exported("tickets", start_time=0)
    deleted = [row for row in rows if row["status"] == "deleted"]
    assert deleted
    assert {row["subject"] == "SCRUBBED" for row in deleted} == {True, False}
    assert {"closed", "solved", "open", "deleted"} <= {row["status"] for row in rows}


def test_metric_sets_stand_beside_the_tickets_they_are_asked_for_with(client: Client) -> None:
    body = client.get("zendesk", TICKETS, start_time=0, include="metric_sets").json()
    by_ticket = {metrics["ticket_id"]: metrics for metrics in body["metric_sets"]}
    assert set(by_ticket) == {ticket["id"] for ticket in body["tickets"]}
    for ticket in body["tickets"]:
        metrics = by_ticket[ticket["id"]]
        if ticket["status"] in ("solved", "closed"):
            assert ticket["created_at"] <= metrics["solved_at"] <= ticket["updated_at"]
        elif ticket["status"] != "deleted":
            assert metrics["solved_at"] is None
    assert any(metrics["reopens"] for metrics in by_ticket.values())
    assert "metric_sets" not in client.get("zendesk", TICKETS, start_time=0).json()


def test_a_system_update_moves_the_stream_but_not_the_ticket(client: Client) -> None:
    rows, _ = client.exported("tickets", start_time=0)
    assert any(row["generated_timestamp"] * 1_000 > moment(row["updated_at"]) for row in rows)


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


def test_the_cursor_goes_on_where_it_stood_and_a_page_can_be_empty(
    client: Client, server: DemoServer, company: World
) -> None:
    _, cursor = client.exported("tickets", start_time=0)
    again, same = client.exported("tickets", cursor=cursor)
    assert (again, same) == ([], cursor)
    server.clock = company.as_of + timedelta(days=1)
    changed, later = client.exported("tickets", cursor=cursor)
    assert 0 < len(changed) < 60
    assert later != cursor
    assert client.get("zendesk", TICKETS, cursor="rubbish").status_code == 400


def test_the_last_minute_is_left_out_and_a_start_within_it_refused(
    client: Client, server: DemoServer, company: World
) -> None:
    newest = max(
        t.system_modified_at(end_of(company.as_of)) for t in company.tickets if t.created_at <= end_of(company.as_of)
    )
    server.clock = server.clock.fromtimestamp(newest / 1_000 + 30, server.clock.tzinfo)
    hidden, _ = client.exported("tickets", start_time=0)
    assert newest // SECOND not in {row["generated_timestamp"] for row in hidden}
    refused = client.get("zendesk", TICKETS, start_time=newest // SECOND)
    assert refused.status_code == 422
    assert "Too recent start_time" in refused.json()["description"]
    server.clock = server.clock + timedelta(seconds=31)
    seen, _ = client.exported("tickets", start_time=0)
    assert newest // SECOND in {row["generated_timestamp"] for row in seen}


def test_organizations_are_paged_by_time_and_come_twice_at_the_seams(client: Client, company: World) -> None:
    ids: list[int] = []
    start, pages = 0, 0
    while True:
        body = client.get("zendesk", ORGANIZATIONS, start_time=start, per_page=50).json()
        ids.extend(row["id"] for row in body["organizations"])
        pages += 1
        assert body["count"] == len(body["organizations"]) >= min(50, body["count"])
        if body["end_of_stream"]:
            break
        assert f"start_time={body['end_time']}" in body["next_page"]
        start = body["end_time"]
    expected = {o.id for o in company.organizations if o.created_at <= end_of(company.as_of)}
    assert set(ids) == expected
    assert len(ids) >= len(expected) + pages - 1
    assert client.get("zendesk", f"{ORGANIZATIONS}.json", start_time=0).status_code == 200


def test_organizations_are_known_by_company_id_by_domain_or_not_at_all(client: Client) -> None:
    rows = client.get("zendesk", ORGANIZATIONS, start_time=0).json()["organizations"]
    kinds = Counter((row["external_id"] is not None, bool(row["domain_names"])) for row in rows)
    assert kinds[(True, True)] > 100
    assert kinds[(False, True)] > 10
    assert kinds[(False, False)] >= 1
    assert any(row["domain_names"] == ["gmail.com"] for row in rows)


def test_an_organization_deleted_next_week_is_seen_as_deleted_next_week(
    client: Client, server: DemoServer, company: World
) -> None:
    server.clock = company.as_of + timedelta(days=9)
    start = end_of(company.as_of) // SECOND
    rows = client.get("zendesk", ORGANIZATIONS, start_time=start).json()["organizations"]
    assert [row["name"] for row in rows if row["deleted_at"]] == ["Entered twice"]


def test_agents_bear_hr_addresses_but_for_two_whom_hr_does_not_know(client: Client, company: World) -> None:
    rows, _ = client.exported("users", start_time=0)
    known = {employee.email for employee in company.employees}
    agents = [row for row in rows if row["role"] != "end-user"]
    assert sorted(row["email"] for row in agents if row["email"] not in known) == [
        "monitoring@nordhaven.example",
        "night.shift@helpline.example",
    ]
    assert any(row["suspended"] for row in agents)
    assert len(rows) - len(agents) > 300


def test_every_way_to_sign_in_works_and_a_token_ends(server: DemoServer) -> None:
    given = server.credentials
    request = {
        "grant_type": "client_credentials",
        "client_id": given.zendesk_client_id,
        "client_secret": given.zendesk_client_secret,
    }
    url, me = f"{server.zendesk_url}/oauth/tokens", f"{server.zendesk_url}/api/v2/users/me.json"
    for granted in (requests.post(url, json=request, timeout=5), requests.post(url, data=request, timeout=5)):
        bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        assert requests.get(me, headers=bearer, timeout=5).status_code == 200
    server.end_zendesk_tokens()
    assert requests.get(me, headers=bearer, timeout=5).json()["error"] == "invalid_token"
    assert requests.post(url, json={**request, "client_secret": "x"}, timeout=5).status_code == 401
    basic = (f"{given.zendesk_email}/token", given.zendesk_api_token)
    assert requests.get(me, auth=basic, timeout=5).status_code == 200
    assert requests.get(me, auth=(given.zendesk_email, given.zendesk_api_token), timeout=5).status_code == 401
    assert requests.get(me, timeout=5).status_code == 401
    assert not any("secret" in str(logged.body) for logged in server.requests)


def test_the_eleventh_export_of_a_minute_is_told_when_to_come_back(company: World) -> None:
    with DemoServer(company, time_scale=1.0) as server:
        client = Client(server)
        answers = [client.get("zendesk", ORGANIZATIONS, start_time=0) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
        assert {"X-Rate-Limit", "RateLimit-Limit", "Zendesk-RateLimit-incremental-exports"} <= answers[0].headers.keys()
        assert client.get("zendesk", "/api/v2/users/me").status_code == 200


EVENTS = "/api/v2/incremental/ticket_events"
METRICS = "/api/v2/incremental/ticket_metric_events"


def by_time(client: Client, path: str, name: str, **query: object) -> list[dict[str, Any]]:
    """Every row of a time-based export; where the vendor does not say that it has ended, a short page does."""
    rows: dict[int, dict[str, Any]] = {}
    start = 0
    while True:
        body = client.get("zendesk", path, **{**query, "start_time": start}).json()
        rows.update({row["id"]: row for row in body[name]})
        if body.get("end_of_stream", body["count"] < 1_000):
            return list(rows.values())
        start = max(body["end_time"], start + 1)


def test_the_event_stream_tells_each_ticket_from_its_first_word_to_its_state(client: Client) -> None:
    events = by_time(client, EVENTS, "ticket_events", include="comment_events")
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    children = [child for event in events for child in event["child_events"]]
    assert len({child["id"] for child in children} | {event["id"] for event in events}) == len(children) + len(events)
    statuses: dict[int, str] = {}
    for event in events:
        for child in event["child_events"]:
            if "status" in child:
                assert child.get("previous_value") == statuses.get(event["ticket_id"])
                statuses[event["ticket_id"]] = child["status"]
    tickets, _ = client.exported("tickets", start_time=0)
    standing = {ticket["id"]: ticket["status"] for ticket in tickets if ticket["status"] != "deleted"}
    assert {number: statuses[number] for number in standing} == standing
    comments = [child for child in children if child["event_type"] == "Comment"]
    assert {comment["public"] for comment in comments} == {True, False}
    assert sum("still looking into" in comment["body"] for comment in comments) > 20
    kinds = {child["event_type"] for child in children}
    assert kinds == {"Create", "Change", "Comment", "SurveyOffered", "SurveyResponseSubmitted"}


def test_comments_come_whole_only_when_asked_for(client: Client) -> None:
    plain = client.get("zendesk", EVENTS, start_time=0).json()["ticket_events"]
    comments = [child for event in plain for child in event["child_events"] if child["event_type"] == "Comment"]
    assert comments
    assert all(comment["comment_present"] and "body" not in comment for comment in comments)


def test_a_second_of_events_is_never_split_and_the_last_minute_left_out(
    client: Client, server: DemoServer, company: World
) -> None:
    body = client.get("zendesk", EVENTS, start_time=0, per_page=1).json()
    assert len({event["timestamp"] for event in body["ticket_events"]}) == 1
    event = next(e for e in company.ticket_events if e.at > end_of(company.as_of))
    server.clock = server.clock.fromtimestamp(event.at / 1_000 + 30, server.clock.tzinfo)
    start = event.at // SECOND - 60
    numbers = [row["id"] for row in client.get("zendesk", EVENTS, start_time=start).json()["ticket_events"]]
    assert event.id not in numbers


def test_promises_are_kept_or_broken_as_the_tickets_say(client: Client) -> None:
    events = by_time(client, METRICS, "ticket_metric_events")
    by_metric: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for event in events:
        if event["instance_id"] == 1:
            by_metric.setdefault((event["ticket_id"], event["metric"]), []).append(event)
    kept = broken = 0
    for told in by_metric.values():
        types = {event["type"]: event for event in told}
        if types.keys() < {"activate", "apply_sla"} or "apply_sla" not in types or "pause" in types:
            continue
        sla = [event["sla"] for event in told if event["type"] == "apply_sla"][-1]
        if "fulfill" in types and not sla["business_hours"]:
            due = moment(types["activate"]["time"]) + sla["target_in_seconds"] * 1_000
            is_broken = moment(types["fulfill"]["time"]) > due
            assert is_broken == any(event["type"] == "breach" and not event["deleted"] for event in told)
            broken, kept = broken + is_broken, kept + (not is_broken)
    assert kept > broken > 100


def test_metric_events_never_say_that_they_end_and_come_by_cursor_too(client: Client) -> None:
    body = client.get("zendesk", METRICS, start_time=0).json()
    assert "end_of_stream" not in body
    assert body["count"] == len(body["ticket_metric_events"]) >= 1_000
    first = client.get("zendesk", METRICS, **{"start_time": 0, "page[size]": 100}).json()
    assert first["meta"]["has_more"]
    following = client.get("zendesk", first["links"]["next"]).json()
    numbers = [row["id"] for page in (first, following) for row in page["ticket_metric_events"]]
    assert numbers == [row["id"] for row in body["ticket_metric_events"]][:200]
    assert client.get("zendesk", METRICS, **{"start_time": 0, "page[size]": 101}).status_code == 400


def test_ratings_are_filtered_by_when_they_were_offered(client: Client, company: World) -> None:
    path = "/api/v2/satisfaction_ratings"
    rows: list[dict[str, Any]] = []
    body = client.get("zendesk", path, **{"page[size]": 100}).json()
    rows += body["satisfaction_ratings"]
    while body["meta"]["has_more"]:
        body = client.get("zendesk", body["links"]["next"]).json()
        rows += body["satisfaction_ratings"]
    at = end_of(company.as_of)
    assert [row["id"] for row in rows] == [r.id for r in company.ratings if r.created_at <= at]
    assert {row["score"] for row in rows} == {"offered", "good", "bad"}
    answered = next(row for row in rows if row["updated_at"] > row["created_at"])
    since = moment(answered["created_at"]) // 1_000 + 1
    later = client.get("zendesk", path, **{"page[size]": 100, "start_time": since}).json()["satisfaction_ratings"]
    assert answered["id"] not in {row["id"] for row in later}


def test_offset_pages_end_and_deleted_groups_are_marked(client: Client) -> None:
    assert client.get("zendesk", "/api/v2/groups", page=101).status_code == 400
    groups = client.get("zendesk", "/api/v2/groups").json()["groups"]
    assert [group["deleted"] for group in groups] == [False, False, True]
    assert len(client.get("zendesk", "/api/v2/groups", exclude_deleted="true").json()["groups"]) == 2


def test_policies_name_metrics_their_own_way_and_have_no_history(
    client: Client, server: DemoServer, company: World
) -> None:
    before = client.get("zendesk", "/api/v2/slas/policies").json()["sla_policies"]
    names = {metric["metric"] for policy in before for metric in policy["policy_metrics"]}
    assert names == {"first_reply_time", "total_resolution_time", "requester_wait_time"}
    server.clock = company.as_of + timedelta(days=9)
    after = client.get("zendesk", "/api/v2/slas/policies").json()["sla_policies"]
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
