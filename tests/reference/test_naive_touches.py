"""The naive mart says of touches, contacts and surveys what the definitions say, on landings done by hand."""

from __future__ import annotations

from pathlib import Path

from tests.reference.naive_mart import NaiveMart
from tests.reference.small_company import (
    acme,
    call,
    change,
    comment,
    contact,
    month,
    note,
    only,
    record,
    ticket,
    ticket_event,
)


def touch(mart: NaiveMart, touch_id: str) -> dict[str, object]:
    touches = mart.table("touches").set_index("touch_id")
    return {str(name): value for name, value in touches.loc[touch_id].items()}


def email(key: int, on: str, **properties: str) -> dict[str, object]:
    return record(key, {"hs_timestamp": f"{on}T09:00:00Z", **properties}, created=on, companies=[1])


def test_a_call_about_a_roadmap_is_a_substantive_pulse_check_by_ann(tmp_path: Path) -> None:
    mart = acme(tmp_path, "2024-06-30", hubspot__calls=[call(1, "2024-06-01", hs_call_title="Roadmap")])
    expected = {
        **{"customer_id": "hubspot:1", "channel": "call", "direction": "outbound", "initiative": "proactive"},
        **{"substance": "substantive", "substance_rule": "title_roadmap", "theme": "review", "is_pulse_check": True},
    }
    found = touch(mart, "hubspot:call:1")
    assert found | expected == found


def test_a_pitch_with_kind_words_is_courtesy_by_title_and_still_sales(tmp_path: Path) -> None:
    pitch = call(1, "2024-06-01", hs_call_title="Checking in", hs_call_body="Our new pricing", offering="Drives")
    found = touch(acme(tmp_path, "2024-06-30", hubspot__calls=[pitch]), "hubspot:call:1")
    assert (found["substance"], found["is_sales"], found["theme"]) == ("courtesy", True, "Drives")


def test_only_emails_that_were_sent_or_received_are_touches(tmp_path: Path) -> None:
    emails = [
        email(1, "2024-06-01", hs_email_direction="EMAIL", hs_email_status="SENT"),
        email(2, "2024-06-02", hs_email_direction="INCOMING_EMAIL"),
        email(3, "2024-06-03", hs_email_direction="FORWARDED_EMAIL"),
        email(4, "2024-06-04", hs_email_direction="EMAIL", hs_email_status="BOUNCED"),
    ]
    touches = acme(tmp_path, "2024-06-30", hubspot__emails=emails).table("touches")
    assert list(touches["direction"]) == ["outbound", "inbound"]


def test_a_note_is_no_touch_but_an_account_review_counts_as_one_held(tmp_path: Path) -> None:
    reviewed = note(1, "2024-06-20", "We sat together")
    reviewed["properties"] = {**reviewed["properties"], "hs_activity_type": "Account review"}
    mart = acme(tmp_path, "2024-06-30", hubspot__notes=[reviewed])
    assert mart.table("touches").empty
    assert month(mart, "2024-06")["days_since_account_review"] == 10


def test_an_answer_on_an_incident_is_reactive_and_on_a_question_the_customers_move(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-06-30",
        zendesk__tickets=[ticket(100, "2024-06-01"), ticket(101, "2024-06-01", type="question")],
        zendesk__ticket_events=[
            ticket_event(1, 100, "2024-06-01T12:00:00Z", comment(80, "It leaks")),
            ticket_event(2, 100, "2024-06-02T12:00:00Z", comment(70, "Still looking into it")),
            ticket_event(3, 100, "2024-06-02T13:00:00Z", comment(70, "between us", public=False)),
            ticket_event(4, 101, "2024-06-03T12:00:00Z", comment(70, "Yes, you can")),
        ],
    )
    assert touch(mart, "zendesk:comment:10")["initiative"] == "customer"
    holding = touch(mart, "zendesk:comment:20")
    expected = {"initiative": "reactive", "substance_rule": "ticket_answer", "is_holding_reply": True}
    assert holding | expected == holding
    assert (holding["employee_id"], holding["department"]) == ("bamboohr:5", "Customer Success")
    assert touch(mart, "zendesk:comment:40")["initiative"] == "customer"
    assert len(mart.table("touches")) == 3
    assert month(mart, "2024-06")["holding_replies_180d"] == 1


def test_a_call_on_an_incident_that_the_ticket_tool_dropped_is_proactive_again(tmp_path: Path) -> None:
    merged = ticket(100, "2024-06-01", tags=["closed_by_merge"])
    calls = [call(1, "2024-06-02", hs_call_title="Leak [#100]")]
    mart = acme(tmp_path, "2024-06-30", hubspot__calls=calls, zendesk__tickets=[merged])
    assert touch(mart, "hubspot:call:1")["initiative"] == "proactive"


def test_the_persona_comes_from_the_buying_role_then_from_the_title(tmp_path: Path) -> None:
    contacts = [
        contact(1, hs_buying_role="END_USER;BUDGET_HOLDER", jobtitle="CEO"),
        contact(2, jobtitle="Vice-President, IT"),
        contact(3, jobtitle="Head of Engineering"),
        contact(4, jobtitle="Chiefly a poet", hs_buying_role="INFLUENCER"),
    ]
    found = acme(tmp_path, "2024-06-30", hubspot__contacts=contacts).table("contacts")
    assert list(found["persona"]) == ["decision_maker", "executive", "manager", "unknown"]


def test_a_meeting_with_three_people_touches_three_contacts_and_two_personas(tmp_path: Path) -> None:
    contacts = [contact(1, jobtitle="CTO"), contact(2, jobtitle="Engineer"), contact(3)]
    meeting = record(
        9,
        {"hs_meeting_start_time": "2024-06-01T09:00:00Z", "hs_meeting_end_time": "2024-06-01T09:20:00Z"},
        created="2024-06-01",
        contacts=[3, 2, 1],
    )
    mart = acme(tmp_path, "2024-06-30", hubspot__contacts=contacts, hubspot__meetings=[meeting])
    held = touch(mart, "hubspot:meeting:9")
    assert (held["customer_id"], held["contact_id"], held["persona"]) == ("hubspot:1", "hubspot:1", "executive")
    assert held["substance_rule"] == "held_meeting"
    assert len(mart.table("touch_contacts")) == 3
    june = month(mart, "2024-06")
    assert (june["personas_touched_180d"], june["user_touch_share_180d"]) == (2, 0.5)
    assert june["is_single_threaded"] is False


def test_a_late_entry_counts_in_no_month_before_it_was_recorded(tmp_path: Path) -> None:
    late = {**call(1, "2024-05-20"), "createdAt": "2024-06-03T00:00:00Z"}
    mart = acme(tmp_path, "2024-06-30", hubspot__calls=[late])
    assert month(mart, "2024-05")["touches_90d"] == 0
    assert month(mart, "2024-06")["days_since_touch"] == 41


def test_an_offered_rating_is_a_touch_of_ours_and_its_answer_one_of_theirs(tmp_path: Path) -> None:
    rating = {"id": "5", "score": "good", "ticket_id": "100", "requester_id": "80", "comment": None}
    rating |= {"created_at": "2024-06-05T00:00:00Z", "updated_at": "2024-06-07T00:00:00Z"}
    mart = acme(
        tmp_path,
        "2024-06-30",
        zendesk__tickets=[ticket(100, "2024-06-01", type="question")],
        zendesk__satisfaction_ratings=[rating],
    )
    touches = mart.table("touches")
    assert list(touches["direction"]) == ["outbound", "inbound"]
    assert list(touches["substance"]) == ["administrative", "unclassified"]
    june = month(mart, "2024-06")
    assert (june["last_csat"], june["surveys_sent_365d"], june["survey_action_lag_days_365d"]) == (1.0, 1, 23.0)


def test_a_rating_of_five_comes_from_the_events_of_its_ticket(tmp_path: Path) -> None:
    mart = acme(
        tmp_path,
        "2024-06-30",
        zendesk__tickets=[ticket(100, "2024-06-01")],
        zendesk__ticket_events=[
            ticket_event(1, 100, "2024-06-02T00:00:00Z", {"event_type": "SurveyOffered", "survey_type": "csat"}),
            ticket_event(2, 100, "2024-06-04T00:00:00Z", {"event_type": "SurveyResponseSubmitted", "rating": 4}),
        ],
        hubspot__calls=[call(1, "2024-06-14")],
    )
    survey = only(mart, "survey_responses")
    assert (survey["survey_type"], survey["score"], survey["score_max"]) == ("csat", 4.0, 5.0)
    assert survey["action_lag_days"] == 10
    assert month(mart, "2024-06")["last_csat"] == 0.8


def test_a_solved_ticket_changes_no_touch(tmp_path: Path) -> None:
    solved = ticket_event(1, 100, "2024-06-02T00:00:00Z", change(status="solved", previous_value="open"))
    mart = acme(tmp_path, "2024-06-30", zendesk__tickets=[ticket(100, "2024-06-01")], zendesk__ticket_events=[solved])
    assert mart.table("touches").empty
