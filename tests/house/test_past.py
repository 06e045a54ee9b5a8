"""A load held against its table's earlier loads: volume, freshness, and the fields that models use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dagster_project.assets.landing import rules_of_landing
from dagster_project.fields import as_json, fields_of, from_json, kind_read, models_using
from dagster_project.past import Batch, PastLoad, PastLoads, judge_by_past
from dagster_project.settings import KNOWN_SOURCES
from expectations import (
    FIELDS_ARE_KNOWN,
    FIELDS_ARE_THERE,
    FIELDS_KEEP_THEIR_KIND,
    FRESHNESS_IS_USUAL,
    VALUES_KEEP_THEIR_SHAPE,
    VOLUME_IS_USUAL,
    Outcome,
    Rule,
)
from tests.house.mutations import BAD_TEXT, LANDED, good_rows, landed, landed_tables

# Loads are recorded in UTC, without a zone.
MONDAY = datetime.fromisoformat("2026-03-02T04:00:00")
CALLS, TICKETS, DEALS = "hubspot__calls", "zendesk__tickets", "hubspot__deals"


def daily(counts: list[int], first: datetime = MONDAY) -> PastLoads:
    """A whole reading and a load of changes every day after it."""
    whole = PastLoad(first - timedelta(days=1), is_complete=True, row_count=9_000)
    changes = (PastLoad(first + timedelta(days=day), False, count) for day, count in enumerate(counts))
    return PastLoads((whole, *changes))


def judged(rule: Rule, batch: Batch) -> Outcome:
    (outcome,) = [one for one in judge_by_past(batch) if one.rule is rule]
    return outcome


def volume(past: PastLoads, rows: int, *, landed_at: datetime | None = None, is_complete: bool = False) -> Outcome:
    """What is said of a load of so many tickets, a day after the last unless said."""
    every = good_rows("landing", TICKETS) * (rows // 24 + 1)
    brought = landed(TICKETS, every[:rows] if rows else [])
    when = landed_at or past.loads[-1].landed_at + timedelta(days=1)
    return judged(VOLUME_IS_USUAL, Batch(TICKETS, brought, is_complete, past, when))


def test_forty_days_of_five_hundred_and_then_none_is_worth_a_warning() -> None:
    outcome = volume(daily([500] * 40), 0)
    assert not outcome.passed and not outcome.refuses
    assert outcome.detail == "0 rows, usually 500"


def test_no_tickets_on_a_sunday_are_no_collapse_where_sundays_are_quiet() -> None:
    past = daily(([500] * 5 + [3, 0]) * 6 + [500] * 5 + [3])
    assert past.loads[-1].landed_at.strftime("%A") == "Saturday"
    assert volume(past, 0).passed


def test_no_tickets_on_a_sunday_are_one_where_sundays_are_as_busy_as_mondays() -> None:
    assert not volume(daily([500] * 41), 0, landed_at=MONDAY + timedelta(days=41)).passed


def test_a_growing_company_is_held_against_its_last_weeks() -> None:
    assert not volume(daily([10 * day for day in range(1, 71)]), 24).passed
    assert volume(daily([10 * day for day in range(1, 71)]), 120).passed
    assert volume(daily([200 - 2 * day for day in range(70)]), 48).passed


def test_a_second_refresh_of_the_same_day_brings_little_by_nature() -> None:
    past = daily([500] * 40)
    assert volume(past, 0, landed_at=past.loads[-1].landed_at + timedelta(hours=1)).passed
    assert volume(past, 0, landed_at=past.loads[-1].landed_at).passed


def test_a_table_of_few_changes_may_have_none() -> None:
    assert volume(daily([3] * 40), 0).passed


def test_a_table_without_a_past_is_held_against_nothing() -> None:
    assert volume(daily([500] * 3), 0).passed
    assert judged(VOLUME_IS_USUAL, Batch(TICKETS, landed(TICKETS, []), False, PastLoads(), MONDAY)).passed


def test_whole_readings_are_never_compared_with_changes() -> None:
    assert volume(daily([500] * 40), 24, is_complete=True).passed


def freshness(ages_in_hours: list[float], now_in_hours: float) -> Outcome:
    """What is said of a load whose newest record is so old, after daily ones with records of such ages."""
    loads = tuple(
        PastLoad(when, False, 1, (when - timedelta(hours=age)).isoformat() + "Z")
        for day, age in enumerate(ages_in_hours)
        if (when := MONDAY + timedelta(days=day))
    )
    when = MONDAY + timedelta(days=len(loads) - 1) + timedelta(hours=now_in_hours)
    newest = loads[-1].newest_record_at if loads else None
    return judged(FRESHNESS_IS_USUAL, Batch(TICKETS, landed(TICKETS, []), False, PastLoads(loads), when, newest))


def test_a_feed_that_is_silent_for_longer_than_ever_is_worth_a_warning() -> None:
    outcome = freshness([1.0] * 20, 72)
    assert not outcome.passed and not outcome.refuses
    assert outcome.detail == "nothing newer for 3.0 days, at most 0.0 before"


def test_a_silence_as_long_as_ever_before_is_none() -> None:
    rhythm = [1.0, 25.0, 49.0, 73.0, 97.0] * 4
    assert freshness([*rhythm, 1.0], 97).passed
    assert not freshness([*rhythm, 1.0], 200).passed


def test_a_day_of_silence_is_none_even_at_the_busiest_vendor() -> None:
    assert freshness([0.1] * 20, 20).passed


def test_a_record_dated_in_the_future_hides_no_silence() -> None:
    ahead = [PastLoad(MONDAY + timedelta(days=day), False, 1, f"2099-01-{day + 1:02}T00:00:00Z") for day in range(3)]
    known = [
        PastLoad(MONDAY + timedelta(days=day), False, 1, (MONDAY + timedelta(days=day, hours=-1)).isoformat())
        for day in range(3, 20)
    ]
    when = MONDAY + timedelta(days=30)
    batch = Batch(TICKETS, landed(TICKETS, []), False, PastLoads((*ahead, *known)), when, "2099-02-01T00:00:00Z")
    assert not judged(FRESHNESS_IS_USUAL, batch).passed


def test_a_table_whose_vendor_tells_no_times_is_never_silent() -> None:
    assert freshness([], 500).passed


def fields(table: str, changed: list[dict[str, Any]], before: list[dict[str, Any]] | None = None) -> list[Outcome]:
    """What is said of rows of a table that landed good rows, or those given, before; only what does not hold."""
    past = landed(table, before or good_rows("landing", table))
    known = from_json(as_json(fields_of(table, past)))
    loads = PastLoads((PastLoad(MONDAY, True, past.num_rows, None, known),))
    rows = landed(table, changed)
    batch = Batch(table, rows, False, loads, MONDAY + timedelta(days=1), None, fields_of(table, rows))
    return [outcome for outcome in judge_by_past(batch) if not outcome.passed]


@pytest.mark.parametrize("table", sorted(LANDED))
def test_good_rows_have_the_fields_that_good_rows_had(table: str) -> None:
    assert fields(table, good_rows("landing", table)) == []


def received(table: str, **changes: Any) -> list[dict[str, Any]]:
    """The good rows as a vendor sends them, changed in the same way; None takes a field away."""
    changed = [{**LANDED[table](number), **changes} for number in range(1, 24)]
    return [landed_tables()[table].record(row) for row in changed]


def test_a_field_that_vanished_refuses_the_load_and_names_field_and_models() -> None:
    (outcome,) = fields(TICKETS, received(TICKETS, updated_at=None))
    assert outcome.rule is FIELDS_ARE_THERE and outcome.refuses
    assert outcome.detail == "updated_at, used by raw_zendesk__ticket_versions, raw_zendesk__tickets"


def test_a_property_that_vanished_refuses_even_a_load_of_three_and_an_empty_one_does_not() -> None:
    calls = received(CALLS, properties={"hs_timestamp": "2026-04-01T08:00:00Z", "hs_call_direction": "INBOUND"})
    (outcome,) = fields(CALLS, calls[:3])
    assert outcome.rule is FIELDS_ARE_THERE
    assert outcome.detail == (
        "properties.hs_call_duration, used by stg_hubspot__calls; properties.hs_call_status, used by stg_hubspot__calls"
    )
    assert fields(CALLS, calls[:2]) == []
    emptied = {"hs_timestamp": None, "hs_call_direction": None, "hs_call_duration": None, "hs_call_status": None}
    assert fields(CALLS, received(CALLS, properties=emptied)[:3]) == []


def test_a_field_that_only_some_records_have_may_be_in_none_of_a_few() -> None:
    mostly = [*received(TICKETS)[:18], *received(TICKETS, organization_id=None)[:6]]
    few, many = received(TICKETS, organization_id=None)[:19], received(TICKETS, organization_id=None)[:20]
    assert fields(TICKETS, few, mostly) == []
    (outcome,) = fields(TICKETS, many, mostly)
    assert outcome.detail == "organization_id, used by stg_zendesk__tickets"


def test_removed_records_may_lack_what_standing_ones_have() -> None:
    gone = received(TICKETS, status="deleted", priority=None, type=None, organization_id=None, metric_set=None)
    assert fields(TICKETS, gone) == []
    archived = received(DEALS, archived=True, properties={}, propertiesWithHistory=None)
    assert fields(DEALS, archived) == []


def test_a_field_that_no_model_uses_may_vanish() -> None:
    before = received(TICKETS, external_id="7", group_id=3)
    assert fields(TICKETS, received(TICKETS), before) == []


def test_a_property_that_holds_words_where_a_model_reads_numbers_refuses_the_load() -> None:
    words = LANDED[CALLS](1)["properties"] | {"hs_call_duration": "ten minutes"}
    (outcome,) = fields(CALLS, received(CALLS, properties=words))
    assert outcome.rule is FIELDS_KEEP_THEIR_KIND and outcome.refuses
    assert outcome.detail == "properties.hs_call_duration, used by stg_hubspot__calls, was number"


def test_times_may_come_as_milliseconds_and_ids_may_turn_into_words() -> None:
    milliseconds = LANDED[CALLS](1)["properties"] | {"hs_timestamp": "1775030400000"}
    assert fields(CALLS, received(CALLS, properties=milliseconds)) == []
    assert fields(TICKETS, received(TICKETS, organization_id="acme")) == []


def test_a_list_that_became_an_object_refuses_the_load_and_in_one_row_is_that_rows_fault() -> None:
    organizations, table = received("zendesk__organizations"), "zendesk__organizations"
    named = received(table, domain_names={"0": "example.com"})
    found = {outcome.rule.name: outcome for outcome in fields(table, named)}
    assert found[FIELDS_KEEP_THEIR_KIND.name].refuses
    assert found[FIELDS_KEEP_THEIR_KIND.name].detail == "domain_names, used by stg_zendesk__organizations, was list"
    (outcome,) = fields(table, [*organizations[:5], named[5], *organizations[6:]])
    assert (outcome.rule, outcome.failing_rows) == (VALUES_KEEP_THEIR_SHAPE, (5,))


def test_json_that_is_empty_is_none_and_an_empty_object_is_one() -> None:
    empty = [*received(CALLS)[:5], *received(CALLS, properties={})[:1]]
    assert fields(CALLS, empty) == []
    (outcome,) = fields(CALLS, [*received(CALLS)[:5], *received(CALLS, properties="")[:1]])
    assert (outcome.rule, outcome.failing_rows) == (VALUES_KEEP_THEIR_SHAPE, (5,))


def test_what_changes_never_brought_is_not_missed_among_changes() -> None:
    whole, changes = received(TICKETS, tags=["a"]), received(TICKETS, tags=None)
    seen = [fields_of(TICKETS, landed(TICKETS, rows)) for rows in (whole, changes)]
    rows = landed(TICKETS, changes)
    for loads, told in (
        ((PastLoad(MONDAY, True, 23, None, seen[0]),), True),
        ((PastLoad(MONDAY, True, 23, None, seen[0]), PastLoad(MONDAY, False, 23, None, seen[1])), False),
    ):
        batch = Batch(TICKETS, rows, False, PastLoads(loads), MONDAY, None, seen[1])
        assert judged(FIELDS_ARE_THERE, batch).passed is not told


def test_a_text_that_looks_like_a_list_is_a_text() -> None:
    assert fields(TICKETS, [*received(TICKETS)[:5], *received(TICKETS, subject="[1]")[:5]]) == []


def test_a_new_field_is_told_once_by_name_and_no_value() -> None:
    new = received(TICKETS, sentiment=BAD_TEXT)
    (outcome,) = fields(TICKETS, new)
    assert outcome.rule is FIELDS_ARE_KNOWN and not outcome.refuses
    assert outcome.detail == "sentiment"
    assert fields(TICKETS, new, new) == []


def test_a_new_property_is_told_with_the_column_that_holds_it() -> None:
    extended = LANDED[CALLS](1)["properties"] | {"hs_call_summary": BAD_TEXT}
    (outcome,) = fields(CALLS, received(CALLS, properties=extended))
    assert (outcome.rule, outcome.detail) == (FIELDS_ARE_KNOWN, "properties.hs_call_summary")


def test_a_field_named_like_a_person_is_told_without_its_name() -> None:
    (outcome,) = fields(TICKETS, received(TICKETS, **{"zaphod@example.com": 1}))
    assert outcome.detail == "a field of an odd name"


def test_of_a_table_that_never_had_rows_no_field_is_new() -> None:
    rows = landed(TICKETS, received(TICKETS, sentiment="good"))
    batch = Batch(TICKETS, rows, False, PastLoads(), MONDAY, None, fields_of(TICKETS, rows))
    assert judged(FIELDS_ARE_KNOWN, batch).passed


def test_an_object_of_very_many_keys_is_data_and_no_fields() -> None:
    by_id = {f"field_{number}": 1 for number in range(300)}
    assert "other_fields.field_1" not in fields_of(TICKETS, landed(TICKETS, received(TICKETS, **by_id)))


@pytest.mark.parametrize(
    ("table", "path", "model"),
    [
        (TICKETS, "tags", "stg_zendesk__tickets"),
        (TICKETS, "via.channel", "stg_zendesk__tickets"),
        (TICKETS, "updated_at", "raw_zendesk__tickets"),
        (CALLS, "properties.hs_call_body", "stg_hubspot__calls"),
        ("hubspot__companies", "propertiesWithHistory.csm_owner_id", "stg_hubspot__company_role_history"),
        ("bamboohr__job_info", "jobTitle", "stg_bamboohr__job_history"),
        ("files__touches", "substance", "stg_files__touches"),
    ],
)
def test_which_model_uses_a_field_is_read_from_its_sql_and_the_mappings(table: str, path: str, model: str) -> None:
    assert model in models_using(table, path)


def test_what_no_model_names_is_used_by_none() -> None:
    for table, path in (
        (TICKETS, "custom_fields"),
        (TICKETS, "other_fields.x"),
        (CALLS, "properties.hs_all_owner_ids"),
    ):
        assert models_using(table, path) == []


def test_every_landed_table_of_every_vendor_is_used_by_some_model() -> None:
    assert [
        table for table in LANDED if table.split("__")[0] in KNOWN_SOURCES and not models_using(table, rules_key(table))
    ] == []


def rules_key(table: str) -> str:
    return str(next(rule.column for rule in rules_of_landing(table) if rule.column))


def test_how_a_field_is_read_is_told_by_the_macro_that_reads_it() -> None:
    assert kind_read(CALLS, "properties.hs_call_duration") == "number"
    assert kind_read(TICKETS, "due_at") == "time"
    assert kind_read(TICKETS, "organization_id") == ""
