"""Each named customer carries its story by the mart's rules, worked out here from the vendors' records alone."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from dagster_project.demo.company import STORIES, World, simulate
from dagster_project.demo.conversations import TicketEvent
from dagster_project.demo.people import Employee, rows_of
from dagster_project.demo.teams import ROLE_PROPERTIES
from dagster_project.demo.timeline import Record, day_of, end_of

# MAPPING.md's phrases in their order within a title: administrative, courtesy, substantive, sales.
PHRASES = {
    "administrative": "scheduling|reschedule|out of office|automatic reply|invoice|unsubscribe",
    "courtesy": "checking in|check in|touching base|keep in touch|keeping in touch|just following up|"
    "just wanted to say|happy holidays|season s greetings|hope all is well|satisfaction call|courtesy call",
    "substantive": "training|workshop|webinar|onboarding|how to|best practice|business review|qbr|ebr|health check|"
    "roadmap|success plan|benchmark|audit|design review|commissioning|upgrade|migration|optimisation|optimization|"
    "root cause|drawing review|industry|regulation|trend|standard|white paper|case study|answer|solution|fix|"
    "resolved|workaround",
    "sales": "proposal|quote|offer|promotion|discount|demo|pricing",
}
TITLE_ORDER = ("administrative", "courtesy", "substantive", "sales")
BODY_ORDER = ("administrative", "substantive", "sales", "courtesy")


def normalized(text: str | None) -> str:
    return " " + re.sub(r"[\W_]+", " ", re.sub(r"<[^>]*>", " ", text or "").lower()).strip() + " "


def matches(text: str, substance: str) -> bool:
    return any(f" {phrase} " in text for phrase in PHRASES[substance].split("|"))


class Touch:
    """A call or meeting as known at the end of the as-of day."""

    def __init__(self, record: Record, at: int, is_meeting: bool) -> None:
        def read(name: str) -> str | None:
            value = record.value(name, at)
            return None if value in (None, "") else str(value)

        self.is_meeting = is_meeting
        started = read("hs_meeting_start_time" if is_meeting else "hs_timestamp")
        assert started is not None
        self.occurred_on = datetime.fromisoformat(started).astimezone(UTC).date()
        self.is_review = read("hs_activity_type") == "Account review"
        self.is_inbound = read("hs_call_direction") == "INBOUND"
        outcome = read("hs_meeting_outcome")
        self.is_held = outcome in ("COMPLETED", None) if is_meeting else read("hs_call_status") == "COMPLETED"
        minutes = int(read("hs_call_duration") or 0) / 60_000
        if is_meeting:
            ended = datetime.fromisoformat(read("hs_meeting_end_time") or started)
            minutes = (ended - datetime.fromisoformat(started)).total_seconds() / 60
        fields = [
            normalized(read("hs_activity_type")),
            normalized(read("hs_meeting_title" if is_meeting else "hs_call_title")),
        ]
        body = normalized(read("hs_meeting_body" if is_meeting else "hs_call_body"))
        found = [s for text in fields for s in TITLE_ORDER if matches(text, s)] + [
            s for s in BODY_ORDER if matches(body, s)
        ]
        self.is_sales = any(matches(text, "sales") for text in (*fields, body))
        self.is_reactive = "[#" in (read("hs_meeting_title" if is_meeting else "hs_call_title") or "")
        if not is_meeting and not self.is_held:
            self.substance = "administrative"
        elif found:
            self.substance = found[0]
        else:
            self.substance = "substantive" if is_meeting and minutes >= 20 else "unclassified"

    @property
    def is_pulse_check(self) -> bool:
        proactive = not self.is_inbound and not self.is_reactive
        return proactive and self.substance == "substantive" and not self.is_sales and self.is_held


def touches_of(world: World, customer: str) -> list[Touch]:
    """Of the company in STORIES, known at the end of the as-of day, account reviews and meetings not held left out."""
    at = end_of(world.as_of)
    number = STORIES[customer].customer_id.removeprefix("hubspot:")
    touches = []
    for records, is_meeting in ((world.calls, False), (world.meetings, True)):
        for record in records:
            companies = sorted(
                (link for link in record.links if link.to_kind == "companies"), key=lambda link: int(link.to_id)
            )
            primary = next((link for link in companies if link.label == "Primary"), companies[0] if companies else None)
            if primary is None or primary.to_id != number or record.created_at > at or record.is_archived_at(at):
                continue
            touch = Touch(record, at, is_meeting)
            if not touch.is_review and touch.occurred_on <= world.as_of and (touch.is_held or not is_meeting):
                touches.append(touch)
    return sorted(touches, key=lambda touch: touch.occurred_on)


def number_of(story: str) -> str:
    return STORIES[story].customer_id.removeprefix("hubspot:")


def linked(world: World, records: list[Record], company: str) -> list[Record]:
    """Standing records of a company as known at the end of the as-of day."""
    at = end_of(world.as_of)
    return [
        r
        for r in records
        if r.created_at <= at
        and not r.is_archived_at(at)
        and any(link.to_kind == "companies" and link.to_id == company for link in r.links)
    ]


def tickets_of(world: World, story: str) -> list[Record]:
    at = end_of(world.as_of)
    account = next(a for a in world.accounts if a.story == story)
    assert account.organization is not None
    organization = account.organization.id
    return [t for t in world.tickets if t.fixed["organization_id"] == organization and t.created_at <= at]


def events_of(world: World, ticket: Record) -> list[TicketEvent]:
    return [event for event in world.ticket_events if event.ticket is ticket and event.at <= end_of(world.as_of)]


def days_ago(world: World, moment: int) -> int:
    return (world.as_of - day_of(moment)).days


def crm_of(world: World, story: str) -> Record:
    return next(r for r in world.companies if f"hubspot:{r.id}" == STORIES[story].customer_id)


def employee_of(world: World, owner_id: str) -> Employee:
    owner = next(o for o in world.owners if str(o.id) == owner_id)
    email = str(owner.value("email", end_of(world.as_of))).lower()
    return next(e for e in world.employees if e.email == email)


def left_on(employee: Employee, at: int) -> list[date]:
    rows = rows_of(employee, "employmentStatus", at)
    return [
        r.effective_on for r in rows if r.values["employmentStatus"] == "Terminated" and r.effective_on <= day_of(at)
    ]


def changes_of_year(world: World, story: str) -> list[tuple[str, str]]:
    """(role, end cause) of the spells that ended by a change within 365 days."""
    at = end_of(world.as_of)
    found = []
    for role, name in ROLE_PROPERTIES.items():
        history = crm_of(world, story).history(name, at)[::-1]
        for before, after in zip(history, history[1:], strict=False):
            ended_on = day_of(after.at)
            if before.value in ("", after.value) or ended_on <= world.as_of - timedelta(days=365):
                continue
            person = employee_of(world, before.value)
            window = ended_on + timedelta(days=45)
            if any(day_of(before.at) <= day <= window for day in left_on(person, at)):
                found.append((role, "employee_left"))
                continue
            jobs = sorted((r for r in rows_of(person, "jobInfo", at)), key=lambda row: row.effective_on)[1:]
            moved = any(abs((r.effective_on - ended_on).days) <= 45 and r.effective_on <= world.as_of for r in jobs)
            found.append((role, "internal_move" if moved else "reassignment"))
    return found


@pytest.fixture(scope="module", params=[None, 1, 2], ids=["default", "small 1", "small 2"])
def world(request: pytest.FixtureRequest, company: World) -> World:
    if request.param is None:
        return company
    small = {"customers": 24, "prospects": 8, "years": 2 + request.param % 2, "employees": 30}
    return simulate(seed=request.param, as_of=date(2025, 3, 28 + request.param), **small)


def test_every_story_customer_bears_its_id_and_name(world: World) -> None:
    for story in STORIES.values():
        assert crm_of(world, story.name).value("name", end_of(world.as_of)) == story.customer_name


def test_musical_chairs_sees_seven_changes_because_people_left_or_moved(world: World) -> None:
    changes = changes_of_year(world, "musical_chairs")
    causes = [cause for _, cause in changes]
    assert len(changes) == 7
    assert causes.count("employee_left") == 4
    assert causes.count("internal_move") == 3
    assert len({role for role, _ in changes}) == 4


def test_no_other_customer_sees_as_many_changes_as_musical_chairs(company: World) -> None:
    """Those who left apart: everybody is taken off them."""
    at, year_ago = end_of(company.as_of), end_of(company.as_of - timedelta(days=365))
    gone = {account.record.id for account in company.accounts if account.churned_on is not None}
    for record in company.companies:
        histories = [record.history(name, at) for name in ROLE_PROPERTIES.values()]
        changes = [c for history in histories for c in history[:-1] if c.at > year_ago]
        assert record.id == 1001 or record.id in gone or len(changes) < 7


def test_the_crm_still_names_an_account_manager_who_left_until_some_days_later(world: World) -> None:
    at = end_of(world.as_of)
    record = crm_of(world, "ghost_owner")
    ghost = employee_of(world, record.value("hubspot_owner_id", at))
    gone_since = left_on(ghost, at)
    assert gone_since
    assert (world.as_of - max(gone_since)).days >= 60
    later = end_of(world.as_of + timedelta(days=20))
    successor = employee_of(world, record.value("hubspot_owner_id", later))
    assert successor is not ghost
    assert not left_on(successor, later)


def test_courtesy_calls_go_on_all_year_without_substance(world: World) -> None:
    year = [t for t in touches_of(world, "courtesy_calls_only") if t.occurred_on > world.as_of - timedelta(days=365)]
    assert len(year) >= 20
    assert {touch.substance for touch in year} == {"courtesy"}
    assert (world.as_of - year[-1].occurred_on).days <= 21


def test_the_courted_customer_heard_nothing_until_the_last_quarter_of_its_term(world: World) -> None:
    account = next(a for a in world.accounts if a.story == "courted_before_renewal")
    term = next(t for t in account.contracts[0].terms if t.starts_on <= world.as_of <= t.due_on)
    assert 0 < (term.due_on - world.as_of).days <= 60
    assert term.renewal is not None
    touches = touches_of(world, "courted_before_renewal")
    last_quarter = term.due_on - timedelta(days=89)
    in_term = [touch for touch in touches if touch.occurred_on >= term.starts_on]
    assert not [touch for touch in in_term if touch.occurred_on < last_quarter]
    assert sum(touch.is_pulse_check for touch in in_term) >= 3
    days = [touch.occurred_on for touch in touches]
    assert max((b - a).days for a, b in zip(days, days[1:], strict=False)) >= 250


def test_a_survey_told_of_a_severe_fault_that_nobody_had_reported(world: World) -> None:
    at = end_of(world.as_of)
    (answer,) = [
        s
        for s in linked(world, world.feedback_submissions, number_of("surprise_by_survey"))
        if days_ago(world, s.created_at) < 180
    ]
    assert (answer.value("hs_survey_type", at), answer.value("hs_sentiment", at)) == ("CSAT", "NEGATIVE")
    (ticket,) = [t for t in tickets_of(world, "surprise_by_survey") if days_ago(world, t.created_at) < 180]
    assert answer.created_at < ticket.created_at
    assert "found_by_survey" in ticket.value("tags", at)
    assert ticket.value("priority", at) == "urgent"


def test_a_warning_was_heard_twice_and_not_acted_on_before_it_came_true(world: World) -> None:
    notes = linked(world, world.notes, number_of("told_you_so"))
    recent = [note for note in notes if days_ago(world, note.created_at) < 190]
    (failure,) = [t for t in tickets_of(world, "told_you_so") if days_ago(world, t.created_at) < 180]
    bodies = [str(note.fixed["hs_note_body"]) for note in recent]
    assert ["#voc-warning #theme-hydraulics" in body for body in bodies] == [True, True]
    assert all(note.created_at < failure.created_at for note in recent)
    assert all((day_of(failure.created_at) - day_of(note.created_at)).days <= 180 for note in recent)
    assert "theme_hydraulics" in failure.value("tags", end_of(world.as_of))
    assert failure.value("priority", end_of(world.as_of)) == "high"


def test_after_the_complaint_was_answered_the_customer_was_not_heard_of_again(world: World) -> None:
    at = end_of(world.as_of)
    (complaint,) = [t for t in tickets_of(world, "gone_quiet") if days_ago(world, t.created_at) < 200]
    assert complaint.value("priority", at) == "high"
    solved_at = next(change.at for change in complaint.changes["status"] if change.value == "solved")
    assert days_ago(world, solved_at) > 60
    company = number_of("gone_quiet")
    held = [r for r in linked(world, [*world.calls, *world.meetings], company) if moment_held(r) > solved_at]
    assert held == []
    letters = [r for r in linked(world, world.emails, company) if r.created_at > solved_at]
    assert {r.value("hs_email_direction", at) for r in letters} <= {"EMAIL"}
    assert [r for r in linked(world, world.feedback_submissions, company) if r.created_at > solved_at] == []
    later = [event for ticket in tickets_of(world, "gone_quiet") for event in events_of(world, ticket)]
    assert not [event for event in later if event.at > solved_at and event.comments]
    assert not [r for r in world.ratings if r.fixed["ticket"] is complaint]


def moment_held(record: Record) -> int:
    return int(datetime.fromisoformat(str(record.fixed["hs_timestamp"])).timestamp() * 1_000)


def test_one_company_stands_in_the_crm_twice_and_only_together_is_it_what_it_is(world: World) -> None:
    story = STORIES["two_records"]
    assert story.other_customer_id is not None
    other = story.other_customer_id.removeprefix("hubspot:")
    at = end_of(world.as_of)
    first, second = (next(r for r in world.companies if str(r.id) == n) for n in (number_of("two_records"), other))
    assert second.value("name", at).startswith(first.value("name", at))
    assert first.value("domain", at) != second.value("domain", at)
    assert first.merged_at is second.merged_at is None
    activities = [*world.calls, *world.meetings, *world.emails]

    def recent(company: str) -> list[Record]:
        return [r for r in linked(world, activities, company) if days_ago(world, moment_held(r)) < 200]

    assert recent(number_of("two_records")) == []
    assert len(recent(other)) > 5
    assert linked(world, world.deals, number_of("two_records"))
    assert linked(world, world.deals, other) == []
    account = next(a for a in world.accounts if a.story == "two_records")
    assert account.organization is not None
    assert account.organization.value("domain_names", at) == [second.value("domain", at)]
    assert account.organization.value("external_id", at) is None


def test_six_offerings_are_pitched_by_five_people_within_half_a_year(world: World) -> None:
    at = end_of(world.as_of)
    records = linked(world, [*world.calls, *world.meetings], number_of("flavour_of_the_month"))
    pitches = [r for r in records if r.value("offering", at) and days_ago(world, moment_held(r)) < 180]
    assert len({r.value("offering", at) for r in pitches}) >= 6
    assert len({r.value("hubspot_owner_id", at) for r in pitches}) >= 5


def test_the_ambassador_gives_top_marks_and_hears_of_us_every_month(world: World) -> None:
    at = end_of(world.as_of)
    answers = linked(world, world.feedback_submissions, number_of("happy_ambassador"))
    marks = [s.value("hs_value", at) for s in answers if days_ago(world, s.created_at) < 365]
    assert marks == ["10", "10"]
    recent = [t for t in tickets_of(world, "happy_ambassador") if days_ago(world, t.created_at) < 365]
    assert [t.value("status", at) for t in recent] == ["closed"] or len(recent) == 1
    year = [t for t in touches_of(world, "happy_ambassador") if t.occurred_on > world.as_of - timedelta(days=365)]
    months = {(t.occurred_on.year, t.occurred_on.month) for t in year if t.is_pulse_check}
    assert len(months) >= 10
