"""What happens in the six stories that trouble, surveys and messages tell: deterministic, whatever the seed."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.activities import Diary
from dagster_project.demo.contracts import OFFERINGS
from dagster_project.demo.messages import send_email, take_note
from dagster_project.demo.people import Employee, Staff
from dagster_project.demo.stories import (
    ANSWERED_BEFORE,
    COMPLAINED_BEFORE,
    MENDED_BEFORE,
    PITCHED_SINCE,
    PROVED_RIGHT_BEFORE,
    SURPRISED_BEFORE,
    SURVEYED_BEFORE,
    WARNED_BEFORE,
)
from dagster_project.demo.surveys import Surveys, submit
from dagster_project.demo.teams import holder_at
from dagster_project.demo.tickets import Trouble
from dagster_project.demo.timeline import HOUR, Record, day_of, start_of, working_day
from dagster_project.demo.users import Users

PITCHERS = ("seller 2", "csm 4", "field 2", "support 3", "field promoted")


def moment(as_of: date, days_before: int, hour: int) -> int:
    """An hour of the working day that lies so many days before the as-of day, or of the Monday after it."""
    return start_of(working_day(as_of - timedelta(days=days_before))) + hour * HOUR


def plot_troubles(accounts: list[Account], staff: Staff, users: Users, as_of: date) -> None:
    """The tickets that the plots need; everybody else's stay away from them."""
    if not staff.cast:
        return
    agent = users.agent_of[staff.cast["support 3"].record.id]
    for account in accounts:
        match account.story:
            case "surprise_by_survey":
                fail(
                    account, agent, "Gripper loses pressure, found in the survey",
                    ["defect", "found_by_survey", "phase_in_service", "theme_drives"], "urgent",
                    moment(as_of, SURPRISED_BEFORE, 9), moment(as_of, MENDED_BEFORE, 15), by_agent=True,
                )  # fmt: skip
            case "told_you_so":
                fail(
                    account, agent, "Hydraulic pump failed, line is down",
                    ["outage", "found_by_customer", "phase_in_service", "theme_hydraulics"], "high",
                    moment(as_of, PROVED_RIGHT_BEFORE, 8), moment(as_of, PROVED_RIGHT_BEFORE - 6, 16),
                )  # fmt: skip
            case "gone_quiet":
                fail(
                    account, agent, "Third stop this month, we have had enough",
                    ["service", "complaint", "found_by_customer", "phase_in_service"], "high",
                    moment(as_of, COMPLAINED_BEFORE, 8), moment(as_of, ANSWERED_BEFORE, 15),
                )  # fmt: skip
            case "happy_ambassador":
                fail(
                    account, agent, "Display shows the wrong language", ["documentation", "found_by_customer"], "low",
                    moment(as_of, 95, 9), moment(as_of, 95, 13),
                )  # fmt: skip


def fail(
    account: Account,
    agent: Record,
    subject: str,
    tags: list[str],
    priority: str,
    opened_at: int,
    solved_at: int,
    by_agent: bool = False,
) -> None:
    """An incident answered within the hour and solved once and for all."""
    assert account.organization is not None
    requester = account.requesters[0]
    ticket = Record(
        opened_at,
        kind="incident",
        subject=subject,
        description="As we told your engineer.",
        tags=tags,
        priority=priority,
        status="new",
        channel="web",
        organization_id=account.organization.id,
        requester_id=requester.id,
        submitter_id=agent.id if by_agent else requester.id,
        assignee_id=None,
        due_at=None,
    )
    ticket.change("status", "open", opened_at + HOUR)
    ticket.change("assignee_id", agent.id, opened_at + HOUR)
    ticket.change("status", "solved", solved_at)
    is_severe = priority in ("high", "urgent")
    opened_on = day_of(opened_at)
    trouble = Trouble(ticket, opened_on, True, is_severe, tags[0], is_severe, is_plotted=True, solved_at=solved_at)
    account.troubles.append(trouble)
    account.troubles.sort(key=lambda one: one.opened_on)


def plot_contacts(accounts: list[Account], staff: Staff, diary: Diary, surveys: Surveys) -> None:
    """Surveys, notes, e-mails and pitches of the plots."""
    for account in accounts:
        rng = Random(f"{diary.seed}/plots/{account.record.id}")
        match account.story:
            case "surprise_by_survey":
                at = moment(diary.as_of, SURVEYED_BEFORE, 10)
                words = "The gripper has lost pressure for months. Nobody ever asked us."
                submit(rng, surveys, account, at, "CSAT", 0.0, words)
            case "told_you_so":
                for days in WARNED_BEFORE:
                    warn(rng, diary, account, staff.cast["field 2"], moment(diary.as_of, days, 11))
            case "gone_quiet":
                write_into_silence(rng, diary, account)
            case "flavour_of_the_month":
                pitch(rng, diary, account, [staff.cast[part] for part in PITCHERS])
            case "happy_ambassador":
                for days in (200, 17):
                    submit(rng, surveys, account, moment(diary.as_of, days, 9), "NPS", 1.0, "We tell everybody.")
                note = "They offered to show our line to visitors and plan a third one. #voc-opportunity #theme-drives"
                take_note(rng, diary, account, staff.cast["csm 4"], moment(diary.as_of, 40, 14), note)


def warn(rng: Random, diary: Diary, account: Account, engineer: Employee, at: int) -> None:
    body = "Pump 2 is worn; they asked for a replacement before it fails. #voc-warning #theme-hydraulics"
    take_note(rng, diary, account, engineer, at, body)


def write_into_silence(rng: Random, diary: Diary, account: Account) -> None:
    """An e-mail of ours every three weeks or so, which nobody answers."""
    for days in range(ANSWERED_BEFORE - 8, -40, -20):
        at = moment(diary.as_of, days, 9)
        employee = holder_at(account, "csm", at)
        if employee is not None and employee.is_employed_on(day_of(at)):
            subject = "How to read the uptime report" if days % 40 else "Just following up"
            send_email(
                rng, diary, account, employee, at, subject=subject, text="We hope all runs well.", is_scripted=True
            )


def pitch(rng: Random, diary: Diary, account: Account, pitchers: list[Employee]) -> None:
    """Every few weeks somebody else comes with something else."""
    for position, days in enumerate(range(PITCHED_SINCE, 4, -14)):
        offering = OFFERINGS[position % len(OFFERINGS)]
        diary.log(
            rng,
            account,
            pitchers[position % len(pitchers)],
            moment(diary.as_of, days, 8 + position % 6),
            title=f"Demo of {offering}",
            is_meeting=position % 2 == 0,
            minutes=30,
            offering=offering,
            is_scripted=True,
        )
