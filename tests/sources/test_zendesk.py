"""Zendesk's incremental exports and its lists, against a loopback account."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dagster_project.sources import SourceFailed
from dagster_project.sources.zendesk import Zendesk
from tests.sources.reading import HURRIED, ids, read
from tests.sources.vendors import SECRET, Reply, Vendor, ZendeskAccount, serving


@pytest.fixture
def account() -> ZendeskAccount:
    return ZendeskAccount()


@pytest.fixture
def vendor(account: ZendeskAccount) -> Iterator[Vendor]:
    with serving(account.answer) as running:
        yield running


@pytest.fixture
def source(vendor: Vendor) -> Zendesk:
    return Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED)


def ticket(identity: int, **more: Any) -> dict[str, Any]:
    return {"id": identity, "subject": "Line 4 stopped", "status": "open", "updated_at": "2026-11-10T10:00:00Z", **more}


def organization(identity: int, second: int, **more: Any) -> tuple[int, dict[str, Any]]:
    return second, {"id": identity, "name": f"Organization {identity}", "updated_at": "2026-11-10T10:00:00Z", **more}


def event(identity: int, second: int, **more: Any) -> tuple[int, dict[str, Any]]:
    return second, {"id": identity, "ticket_id": 1, "event_type": "Audit", "child_events": [], **more}


def metric_event(identity: int, second: int, **more: Any) -> tuple[int, dict[str, Any]]:
    time = datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
    return second, {"id": identity, "ticket_id": 1, "metric": "reply_time", "type": "measure", "time": time, **more}


def rating(identity: int, score: str, created: str, updated: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": identity, "score": score, "created_at": created, "updated_at": updated or created, **more}


def test_the_exports_are_followed_to_the_end_of_the_stream(source: Zendesk, account: ZendeskAccount) -> None:
    account.tickets = [ticket(number) for number in range(1, 6)]
    account.users = [{"id": number, "role": "agent"} for number in range(1, 4)]
    account.organizations = [organization(number, 100 + number) for number in range(1, 8)]
    tables = read(source)
    assert ids(tables["zendesk__tickets"]) == ["1", "2", "3", "4", "5"]
    assert ids(tables["zendesk__users"]) == ["1", "2", "3"]
    assert ids(tables["zendesk__organizations"]) == ["1", "2", "3", "4", "5", "6", "7"]
    assert all(source.is_complete(table.name) for table in source.tables)


def test_each_ticket_lands_with_its_metric_set(source: Zendesk, account: ZendeskAccount) -> None:
    account.tickets = [ticket(1, tags=["quality"], via={"channel": "web"}, has_incidents=False), ticket(2)]
    account.metric_sets = [{"id": 77, "ticket_id": 1, "reopens": 2, "solved_at": None}]
    first, second = read(source)["zendesk__tickets"]
    assert first["metric_set"] == '{"id":77,"ticket_id":1,"reopens":2,"solved_at":null}'
    assert (first["tags"], first["via"], first["other_fields"]) == (
        '["quality"]',
        '{"channel":"web"}',
        '{"has_incidents":false}',
    )
    assert second["metric_set"] is None


def test_metric_sets_are_asked_for_on_every_page(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.tickets = [ticket(number) for number in range(1, 6)]
    account.metric_sets = [{"ticket_id": number} for number in range(1, 6)]
    tickets = read(source)["zendesk__tickets"]
    assert [json.loads(one["metric_set"] or "")["ticket_id"] for one in tickets] == [1, 2, 3, 4, 5]
    asked = [one.query for one in vendor.asked if one.path.endswith("/tickets/cursor")]
    assert asked == [
        {"include": "metric_sets", "start_time": "0"},
        {"include": "metric_sets", "cursor": "c2"},
        {"include": "metric_sets", "cursor": "c4"},
    ]


def test_a_second_read_goes_on_from_the_cursors(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.tickets = [ticket(number) for number in range(1, 4)]
    account.users = [{"id": 1, "role": "agent"}]
    account.organizations = [organization(1, 101), organization(2, 102), organization(3, 102)]
    state: dict[str, Any] = {}
    read(source, state)
    state = json.loads(json.dumps(state))
    vendor.asked.clear()
    assert not any(read(source, state).values())
    assert not any(source.is_complete(table.name) for table in source.tables)
    assert [one.query for one in vendor.asked] == [
        {"start_time": "102"},
        {"cursor": "c1"},
        {"page[size]": "100"},
        {},
        {"include": "metric_sets", "cursor": "c3"},
        {"include": "comment_events", "start_time": "0"},
        {"start_time": "0"},
        {"start_time": "0", "page[size]": "100"},
    ]
    account.tickets.append(ticket(2, status="deleted"))
    account.organizations.append(organization(1, 103, name="Renamed"))
    tables = read(source, state)
    assert [(one["id"], one["status"]) for one in tables["zendesk__tickets"]] == [("2", "deleted")]
    assert [(one["id"], one["name"]) for one in tables["zendesk__organizations"]] == [("1", "Renamed")]
    assert not any(read(source, state).values())


def test_an_organization_changed_in_the_cursors_own_second_is_not_lost(
    source: Zendesk, account: ZendeskAccount
) -> None:
    account.organizations = [organization(1, 101), organization(2, 102)]
    state: dict[str, Any] = {}
    read(source, state)
    account.organizations[1] = organization(2, 102, name="Renamed")
    account.organizations.append(organization(3, 102))
    assert ids(read(source, state)["zendesk__organizations"]) == ["2", "3"]
    assert read(source, state)["zendesk__organizations"] == []


def test_many_organizations_in_one_second_do_not_turn_in_a_circle(source: Zendesk, account: ZendeskAccount) -> None:
    account.organizations = [organization(number, 100) for number in range(1, 6)] + [organization(6, 200)]
    assert ids(read(source)["zendesk__organizations"]) == ["1", "2", "3", "4", "5", "6"]


def test_without_an_end_of_stream_a_page_that_is_not_full_is_the_last(source: Zendesk, vendor: Vendor) -> None:
    full = [{"id": number} for number in range(1000)]
    vendor.misbehave(
        "/organizations",
        Reply(200, {"organizations": full, "count": 1000, "end_time": 500}),
        Reply(200, {"organizations": [full[-1], {"id": 1000}], "count": 2, "end_time": 501}),
    )
    assert len(read(source)["zendesk__organizations"]) == 1001


def test_an_empty_page_is_not_the_end(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.users = [{"id": 1}]
    vendor.misbehave("/users/cursor", Reply(200, {"users": [], "after_cursor": "c0", "end_of_stream": False}))
    assert ids(read(source)["zendesk__users"]) == ["1"]


def test_an_export_that_does_not_move_on_ends_the_load(source: Zendesk, vendor: Vendor) -> None:
    stuck = [
        Reply(200, {"users": [{"id": number}], "after_cursor": "c1", "end_of_stream": False}) for number in range(2)
    ]
    vendor.misbehave("/users/cursor", *stuck)
    with pytest.raises(
        SourceFailed, match="^zendesk: GET /api/v2/incremental/users/cursor answered with the same page twice"
    ):
        read(source)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (Reply(200, {"users": [{"id": 1}]}), "zendesk: GET /api/v2/incremental/users/cursor answered in an unexpected"),
        (
            Reply(200, {"users": [{"name": "x"}], "after_cursor": None, "end_of_stream": True}),
            None,
        ),
        (
            Reply(200, {"users": {"id": 1}, "after_cursor": None, "end_of_stream": True}),
            "zendesk__users: the API answered with a record of an unexpected shape",
        ),
    ],
    ids=["no cursor", "no id", "no list"],
)
def test_an_answer_of_another_shape_is_one_line(vendor: Vendor, source: Reply, line: str | None) -> None:
    vendor.misbehave("/users/cursor", source)
    zendesk = Zendesk(base_url=vendor.url, oauth_token=SECRET, patience=HURRIED)
    if line is None:
        # A record without its key is the gate's to refuse.
        assert ids(read(zendesk)["zendesk__users"]) == [None]
        return
    with pytest.raises(SourceFailed) as failure:
        read(zendesk)
    assert str(failure.value).startswith(line)


def test_half_an_emoji_lands_as_a_question_mark(source: Zendesk, vendor: Vendor) -> None:
    body = b'{"tickets":[{"id":1,"subject":"cut \\ud83d","tags":["\\ud83d"]}],"after_cursor":"c1","end_of_stream":true}'
    vendor.misbehave("/tickets/cursor", Reply(200, body))
    (landed,) = read(source)["zendesk__tickets"]
    assert (landed["subject"], landed["tags"]) == ("cut ?", '["?"]')


def test_the_legacy_api_token_signs_in_as_the_agent(account: ZendeskAccount, vendor: Vendor) -> None:
    read(Zendesk(base_url=vendor.url, email="agent@example.com", api_token=SECRET, patience=HURRIED))
    scheme, sent = vendor.asked[0].headers["Authorization"].split()
    assert (scheme, base64.b64decode(sent).decode()) == ("Basic", f"agent@example.com/token:{SECRET}")


def test_deleted_tickets_come_in_the_stream(source: Zendesk, account: ZendeskAccount, vendor: Vendor) -> None:
    account.tickets = [ticket(1), {"id": 2, "status": "deleted", "updated_at": "2026-11-10T10:00:00Z"}]
    landed = read(source)["zendesk__tickets"]
    assert [(one["id"], one["status"]) for one in landed] == [("1", "open"), ("2", "deleted")]
    assert not any("deleted_tickets" in one.path for one in vendor.asked)


def test_metrics_and_events_come_from_where_archived_tickets_are_not_missing(source: Zendesk, vendor: Vendor) -> None:
    read(source)
    assert not {"/api/v2/ticket_metrics", "/api/v2/ticket_audits", "/api/v2/tickets"} & {
        one.path for one in vendor.asked
    }


def test_a_system_update_that_leaves_updated_at_alone_is_not_lost(source: Zendesk, account: ZendeskAccount) -> None:
    account.tickets = [ticket(1, updated_at="2026-11-10T10:00:00Z", generated_timestamp=1)]
    state: dict[str, Any] = {}
    read(source, state)
    account.tickets.append(ticket(1, updated_at="2026-11-10T10:00:00Z", generated_timestamp=2, priority="high"))
    assert [one["priority"] for one in read(source, state)["zendesk__tickets"]] == ["high"]


def test_ticket_events_land_with_their_comments_and_changes(source: Zendesk, account: ZendeskAccount) -> None:
    children = [
        {"id": 11, "event_type": "Comment", "type": "Comment", "public": True, "body": "On it.", "author_id": 5},
        {"id": 12, "event_type": "Change", "status": "solved", "previous_value": "open", "via": "Web form"},
    ]
    account.ticket_events = [event(1, 100, timestamp=100, created_at="1970-01-01T00:01:40Z", child_events=children)]
    account.ticket_events += [event(2, 200, updater_id=5, via="Web form", system={"client": "x"})]
    first, second = read(source)["zendesk__ticket_events"]
    assert json.loads(first["child_events"] or "") == children
    assert (first["timestamp"], first["created_at"]) == ("100", "1970-01-01T00:01:40Z")
    assert (second["updater_id"], second["via"], second["event_type"]) == ("5", "Web form", "Audit")
    assert second["other_fields"] == '{"system":{"client":"x"}}'


def test_the_answers_to_newer_surveys_land_within_their_ticket_event(source: Zendesk, account: ZendeskAccount) -> None:
    answered = {"id": 21, "type": "SurveyResponseSubmitted", "rating": 2, "comment": "Told you so."}
    account.ticket_events = [event(1, 100, child_events=[{"id": 20, "type": "SurveyOffered"}, answered])]
    account.satisfaction_ratings = [rating(1, "good", "2025-01-01T00:00:00Z")]
    tables = read(source)
    assert answered in json.loads(tables["zendesk__ticket_events"][0]["child_events"] or "")
    assert ids(tables["zendesk__satisfaction_ratings"]) == ["1"]


def test_comments_are_asked_for_on_every_page_of_events(
    source: Zendesk, account: ZendeskAccount, vendor: Vendor
) -> None:
    account.ticket_events = [event(number, 100 + number) for number in range(5)]
    assert ids(read(source)["zendesk__ticket_events"]) == ["0", "1", "2", "3", "4"]
    asked = [one.query for one in vendor.asked if one.path.endswith("/ticket_events")]
    assert asked == [
        {"include": "comment_events", "start_time": start_time} for start_time in ("0", "101", "102", "103")
    ]


def test_start_time_is_inclusive_so_events_of_the_cursors_own_second_come_again_and_land_once(
    source: Zendesk, account: ZendeskAccount
) -> None:
    account.ticket_events = [event(1, 101), event(2, 102), event(3, 102)]
    account.ticket_metric_events = [metric_event(1, 101), metric_event(2, 102)]
    state: dict[str, Any] = {}
    read(source, state)
    account.ticket_events += [event(4, 102), event(5, 103)]
    account.ticket_metric_events += [metric_event(3, 102)]
    state = json.loads(json.dumps(state))
    tables = read(source, state)
    assert ids(tables["zendesk__ticket_events"]) == ["4", "5"]
    assert ids(tables["zendesk__ticket_metric_events"]) == ["3"]
    assert not any(read(source, state).values())


def test_a_time_based_page_never_splits_a_second(source: Zendesk, account: ZendeskAccount) -> None:
    account.ticket_events = [event(number, 100) for number in range(7)] + [event(7, 101), event(8, 101)]
    assert len(ids(read(source)["zendesk__ticket_events"])) == 9


def test_metric_events_never_say_that_the_stream_ends_so_a_page_under_a_thousand_does(
    source: Zendesk, account: ZendeskAccount, vendor: Vendor
) -> None:
    account.ticket_metric_events = [metric_event(number, 1_000 + number) for number in range(2_500)]
    assert len(read(source)["zendesk__ticket_metric_events"]) == 2_500
    asked = [one.query for one in vendor.asked if one.path.endswith("/ticket_metric_events")]
    assert asked == [{"start_time": start_time} for start_time in ("0", "1999", "2998")]


def test_full_pages_that_come_for_ever_end_the_load(source: Zendesk, vendor: Vendor) -> None:
    full = [one for _, one in (metric_event(number, 500) for number in range(1000))]
    stuck = Reply(200, {"ticket_metric_events": full, "count": 1000, "end_time": 500})
    vendor.misbehave("/ticket_metric_events", *[stuck] * 5)
    with pytest.raises(
        SourceFailed, match="GET /api/v2/incremental/ticket_metric_events answered with the same page twice"
    ):
        read(source)
    assert sum(one.path.endswith("/ticket_metric_events") for one in vendor.asked) == 3


def test_metric_events_in_pages_by_cursor_are_followed_too(source: Zendesk, vendor: Vendor) -> None:
    def page(numbers: range, following: str | None) -> Reply:
        events = [one for _, one in (metric_event(number, 1_000 + number) for number in numbers)]
        link = f"https://elsewhere.example.com/api/v2/incremental/ticket_metric_events?page[after]={following}"
        meta = {"has_more": following is not None}
        return Reply(200, {"ticket_metric_events": events, "meta": meta, "links": {"next": link}})

    vendor.misbehave("/ticket_metric_events", page(range(3), "x"), page(range(3, 5), None))
    state: dict[str, Any] = {}
    assert ids(read(source, state)["zendesk__ticket_metric_events"]) == ["0", "1", "2", "3", "4"]
    asked = [one.query for one in vendor.asked if one.path.endswith("/ticket_metric_events")]
    assert asked == [{"start_time": "0"}, {"page[after]": "x"}]
    assert state["zendesk__ticket_metric_events"]["start_time"] == 1_004


def test_groups_and_policies_land_again_only_when_their_content_changed(
    source: Zendesk, account: ZendeskAccount
) -> None:
    account.groups = [{"id": number, "name": f"Group {number}", "updated_at": "2026-01-01"} for number in range(5)]
    account.sla_policies = [{"id": 1, "title": "Default", "policy_metrics": [{"metric": "first_reply_time"}]}]
    state: dict[str, Any] = {}
    first = read(source, state)
    assert ids(first["zendesk__groups"]) == ["0", "1", "2", "3", "4"]
    assert first["zendesk__sla_policies"][0]["policy_metrics"] == '[{"metric":"first_reply_time"}]'
    state = json.loads(json.dumps(state))
    assert not any(read(source, state).values())
    # Policies have no history, and a changed target need not move updated_at.
    account.sla_policies[0]["policy_metrics"][0]["target"] = 30
    account.groups[4]["deleted"] = True
    changed = read(source, state)
    assert ids(changed["zendesk__groups"]) == ["4"]
    assert ids(changed["zendesk__sla_policies"]) == ["1"]


def test_a_list_is_followed_to_its_last_page_and_only_on_the_accounts_own_address(
    source: Zendesk, account: ZendeskAccount, vendor: Vendor
) -> None:
    account.groups = [{"id": number} for number in range(5)]
    vendor.misbehave("/slas/policies", Reply(200, {"sla_policies": [{"id": 1}], "next_page": "https://e.com/x?page=2"}))
    account.sla_policies = [{"id": 2}]
    tables = read(source)
    assert ids(tables["zendesk__groups"]) == ["0", "1", "2", "3", "4"]
    assert ids(tables["zendesk__sla_policies"]) == ["1", "2"]
    asked = [one.query for one in vendor.asked if one.path in ("/api/v2/groups", "/api/v2/slas/policies")]
    assert asked == [
        {"page[size]": "100"},
        {"page[after]": "2", "page[size]": "100"},
        {"page[after]": "4", "page[size]": "100"},
        {},
        {"page": "2"},
    ]


def test_a_list_that_does_not_move_on_ends_the_load(source: Zendesk, vendor: Vendor) -> None:
    stuck = Reply(200, {"groups": [{"id": 1}], "meta": {"has_more": True}, "links": {"next": "https://e.com/?page=1"}})
    vendor.misbehave("/groups", *[stuck] * 3)
    with pytest.raises(SourceFailed, match="^zendesk: GET /api/v2/groups answered with the same page twice"):
        read(source)


def test_an_answer_to_an_old_offer_is_not_missed(source: Zendesk, account: ZendeskAccount) -> None:
    account.satisfaction_ratings = [
        rating(1, "offered", "2024-01-01T08:00:00Z"),
        rating(2, "offered", "2026-11-01T08:00:00Z"),
        rating(3, "good", "2026-11-02T08:00:00Z"),
    ]
    state: dict[str, Any] = {}
    read(source, state)
    assert source.is_complete("zendesk__satisfaction_ratings")
    state = json.loads(json.dumps(state))
    assert not any(read(source, state).values())
    account.satisfaction_ratings[0] = rating(1, "bad", "2024-01-01T08:00:00Z", "2026-11-03T08:00:00Z", comment="Slow.")
    answered = read(source, state)["zendesk__satisfaction_ratings"]
    assert [(one["id"], one["score"], one["comment"]) for one in answered] == [("1", "bad", "Slow.")]
    # Given while the list was walked, on a page already read: older than the newest one seen.
    account.satisfaction_ratings[1] = rating(2, "good", "2026-11-01T08:00:00Z", "2026-11-03T07:59:00Z")
    assert ids(read(source, state)["zendesk__satisfaction_ratings"]) == ["2"]
    assert not any(read(source, state).values())


def test_ratings_are_read_from_their_own_list_since_those_of_tickets_are_null(
    source: Zendesk, account: ZendeskAccount
) -> None:
    account.tickets = [ticket(1, satisfaction_rating=None)]
    account.satisfaction_ratings = [rating(9, "bad", "2026-11-01T08:00:00Z", ticket_id=1)]
    tables = read(source)
    assert tables["zendesk__tickets"][0]["satisfaction_rating"] is None
    assert [(one["ticket_id"], one["score"]) for one in tables["zendesk__satisfaction_ratings"]] == [("1", "bad")]


@pytest.mark.parametrize("answered", [403, 404])
@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("/api/v2/groups", "zendesk__groups"),
        ("/api/v2/slas/policies", "zendesk__sla_policies"),
        ("/api/v2/satisfaction_ratings", "zendesk__satisfaction_ratings"),
    ],
)
def test_what_the_plan_does_not_offer_is_left_out_and_that_is_said(
    source: Zendesk, account: ZendeskAccount, vendor: Vendor, path: str, table: str, answered: int
) -> None:
    account.tickets = [ticket(1)]
    account.groups = [{"id": 1}]
    account.sla_policies = [{"id": 1}]
    account.satisfaction_ratings = [rating(1, "good", "2026-11-01T08:00:00Z")]
    vendor.misbehave(path, Reply(answered, {"error": "RecordNotFound"}))
    state: dict[str, Any] = {}
    tables = read(source, state)
    assert tables[table] == [] and ids(tables["zendesk__tickets"]) == ["1"]
    assert not source.is_complete(table) and source.is_complete("zendesk__tickets")
    reason = source.left_out(table) or ""
    assert reason.startswith("left out: zendesk: ") and f"GET {path}" in reason and str(answered) in reason
    # A plan that offers it later is read from its beginning.
    assert ids(read(source, state)[table]) == ["1"]
    assert source.is_complete(table) and source.left_out(table) is None


@pytest.mark.parametrize("path", ["/users/cursor", "/tickets/cursor", "/ticket_events", "/ticket_metric_events"])
def test_a_primary_resource_that_cannot_be_read_fails_the_load(source: Zendesk, vendor: Vendor, path: str) -> None:
    vendor.misbehave(path, Reply(404, {"error": "RecordNotFound"}))
    with pytest.raises(SourceFailed, match="answered 404"):
        read(source)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "0"},
        {"Rate-Limit-Limit": "700", "Rate-Limit-Remaining": "0"},
        {"RateLimit-Limit": "700", "RateLimit-Remaining": "0", "RateLimit-Reset": "14"},
        {"Zendesk-RateLimit-incremental-exports": "total=10; remaining=0; resets=14"},
    ],
    ids=["first", "second", "third", "by endpoint"],
)
def test_whatever_the_generation_of_its_limit_headers_retry_after_is_what_counts(
    source: Zendesk, account: ZendeskAccount, vendor: Vendor, headers: dict[str, str]
) -> None:
    account.ticket_events = [event(1, 100)]
    vendor.misbehave("/ticket_events", Reply(429, {"error": "TooManyRequests"}, {"Retry-After": "1", **headers}))
    started = time.monotonic()
    assert ids(read(source)["zendesk__ticket_events"]) == ["1"]
    assert time.monotonic() - started >= 1.0
    assert sum(one.path.endswith("/ticket_events") for one in vendor.asked) == 2


def test_weeks_of_silence_are_caught_up_within_ten_exports_a_minute(
    account: ZendeskAccount, source: Zendesk, vendor: Vendor
) -> None:
    account.ticket_events = [event(number, 100 + number) for number in range(50)]
    # Each time the limit is met, the vendor says how long to wait; no attempt is lost on the way.
    limit = Reply(429, {"error": "TooManyRequests"}, {"Retry-After": "0"})
    vendor.misbehave("/ticket_events", *[limit] * (HURRIED.attempts - 1))
    assert len(read(source)["zendesk__ticket_events"]) == 50
