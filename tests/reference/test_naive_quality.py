"""The naive mart says of incidents, promises, warnings and silence what the definitions say, done by hand."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.reference.days import instant
from tests.reference.small_company import (
    acme,
    call,
    change,
    comment,
    metric_event,
    month,
    note,
    only,
    ticket,
    ticket_event,
)

HOUR = {"target": 60, "business_hours": False, "target_in_seconds": 3600}


def status(key: int, at: str, after: str, before: str) -> dict[str, object]:
    return ticket_event(key, 100, at, change(status=after, previous_value=before))


def test_an_incident_that_was_solved_and_reopened_is_open_and_counts_one_reopen(tmp_path: Path) -> None:
    events = [
        status(1, "2024-05-02T12:00:00Z", "solved", "open"),
        status(2, "2024-06-01T12:00:00Z", "open", "solved"),
    ]
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[ticket(100, "2024-05-01")], zendesk__ticket_events=events)
    incident = only(mart, "quality_incidents")
    assert (incident["resolved_at"], incident["reopen_count"]) == (None, 1)
    may, june = month(mart, "2024-05"), month(mart, "2024-06")
    assert (may["open_incidents"], may["reopens_180d"], may["median_resolution_hours_180d"]) == (0, 0, 24.0)
    assert (june["open_incidents"], june["reopens_180d"]) == (1, 1)


def test_closing_a_solved_incident_neither_resolves_nor_reopens_it_again(tmp_path: Path) -> None:
    events = [
        status(1, "2024-05-02T12:00:00Z", "solved", "open"),
        status(2, "2024-05-09T12:00:00Z", "closed", "solved"),
    ]
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[ticket(100, "2024-05-01")], zendesk__ticket_events=events)
    incident = only(mart, "quality_incidents")
    assert (incident["resolved_at"], incident["reopen_count"]) == (instant("2024-05-02T12:00:00Z"), 0)


def test_without_events_the_metric_set_says_when_an_incident_was_solved(tmp_path: Path) -> None:
    solved = ticket(100, "2024-05-01", status="solved", metric_set={"solved_at": "2024-05-03T12:00:00Z"})
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[solved])
    assert only(mart, "quality_incidents")["resolved_at"] == instant("2024-05-03T12:00:00Z")


def test_a_priority_raised_in_june_was_not_severe_in_may(tmp_path: Path) -> None:
    events = [
        ticket_event(1, 100, "2024-05-01T12:00:00Z", {"event_type": "Create", "priority": "low"}),
        ticket_event(
            2,
            100,
            "2024-06-01T12:00:00Z",
            {"type": "Change", "field_name": "priority", "value": "urgent", "previous_value": "low"},
        ),
    ]
    raised = ticket(100, "2024-05-01", priority="urgent", tags=["found_by_survey"])
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[raised], zendesk__ticket_events=events)
    assert (month(mart, "2024-05")["surprises_180d"], month(mart, "2024-06")["surprises_180d"]) == (0, 1)
    assert only(mart, "quality_incidents")["severity"] == "critical"


def test_a_first_answer_after_the_promised_hour_breaks_the_promise(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-06-30",
        zendesk__tickets=[ticket(100, "2024-06-01")],
        zendesk__ticket_events=[
            ticket_event(1, 100, "2024-06-01T12:00:00Z", comment(80, "It leaks")),
            ticket_event(2, 100, "2024-06-01T13:30:00Z", comment(70, "On our way")),
        ],
        zendesk__ticket_metric_events=[
            metric_event(1, "reply_time", "activate", "2024-06-01T12:10:00Z"),
            metric_event(2, "reply_time", "apply_sla", "2024-06-01T12:10:00Z", HOUR),
        ],
    )
    incident = only(mart, "quality_incidents")
    assert incident["first_response_due_at"] == instant("2024-06-01T13:10:00Z")
    assert incident["first_response_kept"] is False
    assert month(mart, "2024-06")["promise_kept_rate_180d"] == 0.0


@pytest.mark.parametrize(
    ("is_withdrawn", "due"), [(False, instant("2024-06-03T09:00:00Z")), (True, instant("2024-06-01T13:00:00Z"))]
)
def test_business_hours_are_told_by_the_vendors_breach_unless_it_was_withdrawn(
    tmp_path: Path, is_withdrawn: bool, due: datetime
) -> None:
    breach = metric_event(3, "resolution_time", "breach", "2024-06-03T09:00:00Z")
    mart = acme(
        tmp_path,
        "2024-06-30",
        zendesk__tickets=[ticket(100, "2024-06-01", due_at="2024-06-20T00:00:00Z")],
        zendesk__ticket_metric_events=[
            metric_event(1, "resolution_time", "activate", "2024-06-01T12:00:00Z"),
            metric_event(2, "resolution_time", "apply_sla", "2024-06-01T12:00:00Z", {**HOUR, "business_hours": True}),
            {**breach, "deleted": "true" if is_withdrawn else "false"},
        ],
    )
    assert only(mart, "quality_incidents")["resolution_due_at"] == due
    assert month(mart, "2024-06")["overdue_incidents"] == 1


def test_a_due_date_is_the_promise_where_no_agreement_is_and_is_undecided_before_it(tmp_path: Path) -> None:
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[ticket(100, "2024-06-01", due_at="2024-07-05T00:00:00Z")])
    incident = only(mart, "quality_incidents")
    assert (incident["resolution_due_at"], incident["resolution_kept"]) == (instant("2024-07-05T00:00:00Z"), None)
    assert month(mart, "2024-06")["overdue_incidents"] == 0


def test_a_repeat_within_ninety_days_names_the_incident_before_it(tmp_path: Path) -> None:
    tickets = [
        ticket(100, "2024-03-01", tags=["defect"]),
        ticket(101, "2024-05-30", tags=["defect"]),
        ticket(102, "2024-06-01", tags=["delivery"]),
    ]
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=tickets)
    incidents = mart.table("quality_incidents").set_index("incident_id")
    assert incidents.loc["zendesk:101", "repeat_of"] == "zendesk:100"
    assert incidents.loc["zendesk:102", "repeat_of"] is None
    assert incidents.loc["zendesk:102", "days_since_previous_incident"] == 2
    june = month(mart, "2024-06")
    assert (june["repeat_incidents_180d"], june["second_incidents_180d"]) == (1, 2)


def test_who_warned_of_leaks_is_told_so_and_the_earliest_warning_says_how_long_it_festered(tmp_path: Path) -> None:
    notes = [
        note(1, "2024-03-01", "They fear leaks #voc-warning #theme-leaks"),
        note(2, "2024-05-01", "Again #voc-warning #theme-leaks"),
        note(3, "2024-05-02", "Likes blue #voc-preference #theme-leaks"),
    ]
    leak = ticket(100, "2024-06-01", tags=["defect", "theme_leaks"])
    mart = acme(tmp_path, "2024-06-30", hubspot__notes=notes, zendesk__tickets=[leak])
    incident = only(mart, "quality_incidents")
    assert incident["was_warned"] is True
    assert str(incident["warned_by_voice_id"]).startswith("hubspot:note:2")
    assert incident["festered_days"] == 92
    june = month(mart, "2024-06")
    assert (june["warned_incidents_365d"], june["voice_365d"], june["warnings_unacted"]) == (1, 3, 2)


def test_a_warning_acted_on_before_the_incident_did_not_fester(tmp_path: Path) -> None:
    notes = [
        note(1, "2024-03-01", "They fear leaks #voc-warning #theme-leaks"),
        note(2, "2024-03-15", "New seals #acted #theme-leaks"),
        note(3, "2024-03-16", "Deal with the other one #acted-999"),
    ]
    leak = ticket(100, "2024-06-01", tags=["theme_leaks"])
    mart = acme(tmp_path, "2024-06-30", hubspot__notes=notes, zendesk__tickets=[leak])
    assert only(mart, "voice_of_customer")["acted_on_at"] == instant("2024-03-15T10:00:00Z")
    assert only(mart, "quality_incidents")["was_warned"] is False
    assert month(mart, "2024-02")["warnings_unacted"] == 0
    assert month(mart, "2024-03")["warnings_unacted"] == 0


def test_a_customer_unheard_for_sixty_days_after_our_last_word_went_quiet_until_it_writes_again(
    tmp_path: Path,
) -> None:
    mart = acme(
        tmp_path,
        "2024-07-31",
        hubspot__calls=[call(1, "2024-07-10", hs_call_direction="INBOUND")],
        zendesk__tickets=[ticket(100, "2024-04-01")],
        zendesk__ticket_events=[
            ticket_event(1, 100, "2024-04-01T12:00:00Z", comment(80, "It leaks")),
            ticket_event(2, 100, "2024-04-10T12:00:00Z", comment(70, "Sorry")),
        ],
    )
    assert [month(mart, f"2024-0{number}")["is_quiet_after_complaint"] for number in (5, 6, 7)] == [False, True, False]
    assert only(mart, "quality_incidents")["went_quiet"] is True


def test_a_ticket_imported_with_a_creation_in_the_past_counts_from_the_load_that_brought_it(tmp_path: Path) -> None:
    said = ticket_event(1, 101, "2024-05-05T12:00:00Z", comment(80, "It leaks"))
    mart = acme(
        tmp_path,
        "2024-06-30",
        first_on="2024-04-30",
        later=[
            (
                "2024-06-10",
                {
                    "zendesk__tickets": [ticket(101, "2024-03-01"), ticket(102, "2024-05-20")],
                    "zendesk__ticket_events": [said],
                },
            )
        ],
        zendesk__tickets=[ticket(100, "2024-02-01")],
    )
    counted = [month(mart, f"2024-0{number}")["incidents_180d"] for number in (3, 4, 5, 6)]
    assert counted == [1, 1, 2, 3]
    assert [month(mart, f"2024-0{number}")["touches_90d"] for number in (3, 5, 6)] == [0, 0, 1]
    assert only(mart, "quality_incidents", incident_id="zendesk:101")["opened_at"] == instant("2024-03-01T12:00:00Z")
