"""Calls and meetings: courtesy, substance, pitches and chores, as people log them, early, late, wrongly or twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import PRESALE_DAYS, Account
from dagster_project.demo.contracts import OFFERINGS
from dagster_project.demo.people import Employee
from dagster_project.demo.stories import (
    COURTED_FOR,
    ONLY_THE_PLOT_SPEAKS,
    RENEWAL_DUE_IN,
    SUBSTANCE_ENDED,
    is_plotted,
)
from dagster_project.demo.teams import holder_at
from dagster_project.demo.timeline import (
    DAY,
    MINUTE,
    Record,
    Seed,
    at_work,
    day_of,
    end_of,
    iso_milliseconds,
    number,
    start_of,
    working_day,
    working_moment,
)
from dagster_project.demo.users import Users

FIRST_CALL_ID = 4_000_001
FIRST_MEETING_ID = 5_000_001

# Touches a month, and the share of them that are meetings.
RHYTHM = {"account_manager": (1.1, 0.2), "csm": (1.4, 0.3), "support_lead": (0.55, 0.12), "field_engineer": (0.3, 0.85)}

# How much more or less than that a customer hears of us, by the rhythm of its care. Of the silent hardly anybody
# thinks but those whom they call: two months pass and more.
DENSITY = {"usual": 1.0, "steady": 0.9, "silent": 0.05, "smothered": 1.9}

# What each role's touches are about: (substance, courtesy, sales, chores, nothing that a rule knows).
SUBJECT_WEIGHTS = {
    "account_manager": (22, 30, 24, 8, 16),
    "csm": (40, 28, 6, 9, 17),
    "support_lead": (52, 14, 1, 10, 23),
    "field_engineer": (48, 8, 3, 6, 35),
}
SUBSTANCE = (
    "Operator training for line {n}",
    "Workshop: fewer changeover losses",
    "How to read the uptime report",
    "Business review, quarter {q}",
    "Health check of machine {n}",
    "Roadmap session",
    "Success plan {y}",
    "Design review of the new gripper",
    "Commissioning of line {n}",
    "Upgrade of controller {n}",
    "Root cause of the stop on line {n}",
    "New regulation on machine safety",
    "Case study from your industry",
    "Benchmark with similar plants",
    "Fix for the feeder, explained",
    "Energy optimisation of the drives",
)
COURTESY = (
    "Checking in",
    "Monthly check in",
    "Just following up",
    "Touching base",
    "Keeping in touch",
    "Courtesy call",
    "Satisfaction call",
    "Hope all is well",
    "Just wanted to say thanks",
)
CHRISTMAS = ("Happy holidays", "Season's greetings")
SALES = (
    "Proposal for {offering}",
    "Quote: {offering}",
    "Demo of {offering}",
    "{offering}: special offer",
    "Pricing of {offering}",
    "Promotion: {offering}",
)
CHORES = ("Scheduling the next visit", "Reschedule Thursday", "Invoice question", "Scheduling: gate passes")
UNKNOWN = (
    "Call with {name}",
    "Call",
    "Conversation at the plant",
    "{name} / weekly",
    "Line {n}",
    "Notes <internal>",
    "Jour fixe & minutes",
)
VISITS = ("Visit", "On site, line {n}", "Walk through the plant", "Inspection tour")
BODIES = (
    "",
    "",
    "<p>Spoke with the shift lead. All noted.</p>",
    "<p>They are content with line {n}.<br>Next contact in some weeks.</p><p>--<br>{who}<br>Nordhaven Machines</p>",
    "Left our number. Two colleagues were in the room.",
    "<div>Talked about the plant &amp; the people.</div>",
    "Agenda sent before.\n\nBest regards\n{who}",
    "They asked about overtime on Saturday.",
)
BODY_WITH_SUBSTANCE = (
    "<p>Showed the night shift a <b>workaround</b> for the feeder.</p>",
    "Explained the migration step by step.",
    "<p>Went through the audit findings together.</p>",
)
BODY_WITH_SALES = ("Mentioned our discount for two machines.", "<p>They want pricing for a third line.</p>")
HELD = "COMPLETED"
NOT_HELD = ("NO_ANSWER", "BUSY", "FAILED", "CANCELED", "QUEUED")
LATE_SHARE = 0.06


@dataclass
class Diary:
    """All that is logged with customers, and what a logger needs to know.

    `answers` are notes that say what was done about an earlier record, once both have numbers. `touch_factor` is how
    many times more people speak and write than they would.
    """

    seed: Seed
    users: Users
    begin: date
    as_of: date
    horizon: date
    touch_factor: float = 1.0
    calls: list[Record] = field(default_factory=list)
    meetings: list[Record] = field(default_factory=list)
    emails: list[Record] = field(default_factory=list)
    communications: list[Record] = field(default_factory=list)
    notes: list[Record] = field(default_factory=list)
    answers: list[tuple[Record, Record]] = field(default_factory=list)

    def log(
        self,
        rng: Random,
        account: Account,
        employee: Employee | None,
        at: int,
        *,
        title: str,
        is_meeting: bool,
        body: str = "",
        minutes: int | None = None,
        activity_type: str | None = None,
        offering: str | None = None,
        is_inbound: bool = False,
        is_scripted: bool = False,
    ) -> Record | None:
        """Log one interaction at `at`; None if it lies outside the simulated time."""
        if not start_of(self.begin) <= at < start_of(self.horizon):
            return None
        owner_id = self.users.owner_id(employee) or str(self.users.reseller_desk.id)
        if minutes is None:
            minutes = rng.choice((30, 45, 60, 60, 90)) if is_meeting else rng.choice((3, 6, 9, 12, 15, 20, 25, 35))
        values: dict[str, str | None] = {
            "hubspot_owner_id": owner_id,
            "hs_activity_type": activity_type,
            "offering": offering,
        }
        if is_meeting:
            record = self.meeting(rng, account, at, minutes, title, body, values, is_scripted)
            self.meetings.append(record)
        else:
            record = self.call(rng, at, minutes, title, body, values, is_inbound, is_scripted)
            self.calls.append(record)
        if rng.random() < (0.15 if is_meeting else 0.3):
            record.fixed["customer_talk_share"] = f"{min(0.95, max(0.08, rng.gauss(0.55, 0.16))):.2f}"
        self.link(rng, record, account, is_scripted)
        return record

    def call(
        self,
        rng: Random,
        at: int,
        minutes: int,
        title: str,
        body: str,
        values: dict[str, str | None],
        is_inbound: bool,
        is_scripted: bool,
    ) -> Record:
        is_held = is_scripted or rng.random() > 0.08
        created_at = at + minutes * MINUTE + rng.randint(1, 50) * MINUTE
        if rng.random() < LATE_SHARE and not is_scripted:
            created_at += rng.randint(1, 9) * DAY
        return Record(
            at_work(created_at),
            hs_timestamp=iso_milliseconds(at),
            hs_call_title=title,
            hs_call_body=body or None,
            hs_call_direction="INBOUND" if is_inbound else "OUTBOUND",
            hs_call_duration=str(minutes * MINUTE if is_held else rng.randint(0, 20) * 1_000),
            hs_call_status=HELD if is_held else rng.choice(NOT_HELD),
            **values,
        )

    def meeting(
        self,
        rng: Random,
        account: Account,
        at: int,
        minutes: int,
        title: str,
        body: str,
        values: dict[str, str | None],
        is_scripted: bool,
    ) -> Record:
        """Planned ones get their outcome the same afternoon, or never; others are logged afterwards."""
        ends_at = at + minutes * MINUTE
        times: dict[str, str | None] = {
            "hs_timestamp": iso_milliseconds(at),
            "hs_meeting_start_time": iso_milliseconds(at),
            "hs_meeting_end_time": iso_milliseconds(ends_at),
            "hs_meeting_title": title,
            "hs_meeting_body": body or None,
        }
        recorded_at = at_work(ends_at + rng.randint(5, 90) * MINUTE)
        planned_on = working_day(day_of(at) - timedelta(days=rng.randint(3, 21)))
        created_at = max(working_moment(rng, planned_on), account.record.created_at + 5 * MINUTE)
        if rng.random() < 0.3 or is_scripted or created_at >= at:
            late = rng.random() < 0.15 and not is_scripted
            return Record(
                recorded_at + (rng.randint(1, 7) * DAY if late else 0), hs_meeting_outcome=HELD, **times, **values
            )
        record = Record(
            created_at,
            hs_meeting_outcome=None if rng.random() < 0.3 else "SCHEDULED",
            **times,
            **values,
        )
        draw = rng.random()
        if draw < 0.05:
            record.change("hs_meeting_outcome", "NO_SHOW", recorded_at)
        elif draw < 0.09:
            before = max(record.created_at + MINUTE, at - rng.randint(1, 3) * DAY)
            record.change("hs_meeting_outcome", rng.choice(("CANCELED", "RESCHEDULED")), before)
        elif record.fixed["hs_meeting_outcome"] is not None:
            record.change("hs_meeting_outcome", HELD, recorded_at)
        return record

    def link(self, rng: Random, record: Record, account: Account, is_scripted: bool) -> None:
        """To its company, or the record held beside it; seldom to none, a deal or contact only, or a second company."""
        draw = 1.0 if is_scripted or account.story is not None else rng.random()
        if account.other_since is not None and account.twin is not None and record.created_at >= account.other_since:
            record.link("companies", str(account.twin.id), "Primary")
        elif draw < 0.004:
            pass
        elif draw < 0.009 and account.contracts:
            record.link("deals", str(account.contracts[0].deal.id))
        elif draw < 0.013:
            # Filed under its company a day later, unless that would fall into the next month.
            filed_at = at_work(record.created_at + DAY)
            same_month = day_of(filed_at).month == day_of(record.created_at).month
            record.link("companies", account.id, at=filed_at if same_month else None)
        elif draw < 0.022:
            # Beside another company: with a primary label it is clear whose it is, without one the lower id takes it.
            record.link("companies", account.id, "Primary" if rng.random() < 0.6 else None)
            if (neighbour := account.neighbour(11)) is not None:
                record.link("companies", neighbour)
        elif draw < 0.032 and account.twin is not None and self.links_to_twin(account, record):
            record.link("companies", str(account.twin.id))
        else:
            record.link("companies", account.id)
        for contact in rng.sample(account.contacts, rng.randint(0, min(3, len(account.contacts)))):
            record.link("contacts", contact)

    def links_to_twin(self, account: Account, record: Record) -> bool:
        twin = account.twin
        return twin is not None and twin.created_at <= record.created_at < (twin.merged_at or end_of(self.horizon))


def simulate_activities(
    seed: Seed,
    accounts: list[Account],
    users: Users,
    begin: date,
    as_of: date,
    horizon: date,
    touch_factor: float = 1.0,
) -> Diary:
    """Some 28,000 calls and meetings of a default company, linked to companies, deals and contacts, unnumbered."""
    diary = Diary(seed, users, begin, as_of, horizon, touch_factor)
    for account in accounts:
        rng = Random(f"{seed}/activities/{account.record.id}")
        court_prospect(rng, diary, account)
        if account.win_on is None:
            continue
        if account.story == "courtesy_calls_only":
            pay_courtesy(rng, diary, account)
        if account.story == "courted_before_renewal":
            court_before_renewal(rng, diary, account)
        for role in RHYTHM:
            serve(rng, diary, account, role)
        if account.rhythm == "steady":
            feel_the_pulse(rng, diary, account)
        if account.story not in ONLY_THE_PLOT_SPEAKS:
            hand_over(rng, diary, account)
            answer_troubles(rng, diary, account)
            sit_together(rng, diary, account)
    return diary


def number_activities(diary: Diary, shift: int = 0) -> None:
    number(diary.calls, FIRST_CALL_ID + shift)
    number(diary.meetings, FIRST_MEETING_ID + shift)


def court_prospect(rng: Random, diary: Diary, account: Account) -> None:
    """Pitches and first visits before the win, by the account manager and a field engineer."""
    created_on = day_of(account.record.created_at)
    until = account.win_on or min(diary.horizon, created_on + timedelta(days=rng.randint(60, 400)))
    day = max(created_on, until - timedelta(days=PRESALE_DAYS)) + timedelta(days=rng.randint(1, 12))
    while day < until:
        at = working_moment(rng, working_day(day))
        seller = holder_at(account, "account_manager", at)
        if seller is None or seller.is_employed_on(day_of(at)):
            speak(rng, diary, account, seller, at, "account_manager", (20, 12, 48, 8, 12))
        day += timedelta(days=rng.randint(8, 40))


def serve(rng: Random, diary: Diary, account: Account, role: str) -> None:
    """A role's touches from the first day of the contract until the customer is gone, denser the better the care."""
    assert account.win_on is not None
    per_month, _ = RHYTHM[role]
    pause = 30 / (per_month * (0.45 + 0.9 * account.care) * DENSITY[account.rhythm] * diary.touch_factor)
    substance, *others = SUBJECT_WEIGHTS[role]
    weights = (substance * (0.3 + 1.2 * account.care), *others)
    if account.rhythm == "smothered":
        weights = (substance * 0.4, others[0] * 1.5, others[1] * 2, *others[2:])
    last_day = min(diary.horizon, (account.churned_on or diary.horizon) + timedelta(days=10))
    day = account.win_on + timedelta(days=rng.randint(2, 25))
    while day < last_day:
        workday = working_day(day)
        at = working_moment(rng, workday)
        employee = holder_at(account, role, at)
        if employee is not None and employee.is_employed_on(workday) and not is_scripted_day(diary, account, workday):
            speak(rng, diary, account, employee, at, role, weights)
        # Sellers have no time for customers in the last weeks of a quarter, when quotas are due.
        dip = 1.5 if role == "account_manager" and workday.month % 3 == 0 and workday.day > 10 else 1.0
        day += timedelta(days=1 + int(rng.gammavariate(2.0, pause * dip / 2)))


def feel_the_pulse(rng: Random, diary: Diary, account: Account) -> None:
    """A conversation of substance every month of the term, by whoever looks after the customer."""
    assert account.win_on is not None
    day = account.win_on + timedelta(days=rng.randint(5, 25))
    while day < min(diary.horizon, account.churned_on or diary.horizon):
        at = working_moment(rng, working_day(day))
        for role in ("csm", "account_manager", "support_lead"):
            employee = holder_at(account, role, at)
            if employee is not None and employee.is_employed_on(day_of(at)):
                title = fill(rng, rng.choice(SUBSTANCE), account, at, None, employee)
                diary.log(rng, account, employee, at, title=title, is_meeting=rng.random() < 0.4, minutes=40)
                break
        day += timedelta(days=rng.randint(26, 31))


def is_scripted_day(diary: Diary, account: Account, day: date) -> bool:
    """Days on which a story decides alone who speaks with its customer."""
    return is_plotted(ONLY_THE_PLOT_SPEAKS, account.story, day, diary.as_of)


def speak(
    rng: Random,
    diary: Diary,
    account: Account,
    employee: Employee | None,
    at: int,
    role: str,
    weights: tuple[float, ...],
) -> Record | None:
    """One touch of a role on something the weights choose."""
    is_meeting = rng.random() < RHYTHM[role][1]
    kind = rng.choices(("substance", "courtesy", "sales", "chores", "unknown"), weights)[0]
    offering = rng.choice(OFFERINGS) if kind == "sales" else None
    texts = {"substance": SUBSTANCE, "courtesy": COURTESY, "sales": SALES, "chores": CHORES, "unknown": UNKNOWN}[kind]
    if kind == "courtesy" and day_of(at).month == 12 and day_of(at).day > 8:
        texts = CHRISTMAS
    activity_type = None
    if is_meeting and role == "field_engineer":
        activity_type = "Field visit"
        texts = VISITS if kind == "unknown" else texts
    elif is_meeting and kind == "substance" and rng.random() < 0.12:
        activity_type = rng.choice(("Event", "Webinar", "Business review", "Training"))
    body = rng.choice(BODIES)
    if kind == "unknown" and rng.random() < 0.25:
        body = rng.choice(BODY_WITH_SUBSTANCE + BODY_WITH_SALES)
    return diary.log(
        rng,
        account,
        employee,
        at,
        title=fill(rng, rng.choice(texts), account, at, offering, employee),
        is_meeting=is_meeting,
        body=fill(rng, body, account, at, offering, employee),
        activity_type=activity_type,
        offering=offering if rng.random() < 0.7 else None,
        is_inbound=not is_meeting and rng.random() < 0.17,
    )


def fill(rng: Random, text: str, account: Account, at: int, offering: str | None, employee: Employee | None) -> str:
    if "{" not in text:
        return text
    day = day_of(at)
    who = f"{employee.first_name} {employee.last_name}" if employee else "Reseller Desk"
    return text.format(
        n=rng.randint(1, 9), q=(day.month + 2) // 3, y=day.year, name=account.name, offering=offering, who=who
    )


def hand_over(rng: Random, diary: Diary, account: Account) -> None:
    """A warm change of faces: the old one says goodbye, the new one calls within days."""
    for spells in account.teams.values():
        for before, after in zip(spells, spells[1:], strict=False):
            if not after.is_warm or before.employee is None or after.employee is None:
                continue
            for employee, days in ((before.employee, -rng.randint(2, 20)), (after.employee, rng.randint(1, 20))):
                day = working_day(day_of(after.since) + timedelta(days=days))
                if employee.is_employed_on(day) and account.is_served_on(day):
                    title = "Introduction of your new contact" if days > 0 else "Handover and open points"
                    is_meeting = rng.random() < 0.4
                    diary.log(rng, account, employee, working_moment(rng, day), title=title, is_meeting=is_meeting)


def answer_troubles(rng: Random, diary: Diary, account: Account) -> None:
    """Calls and visits about a ticket, which name it."""
    for trouble in account.troubles:
        if not trouble.is_incident or rng.random() > (0.75 if trouble.is_severe else 0.25):
            continue
        for days in range(rng.choice((1, 1, 2))):
            role = rng.choice(("support_lead", "field_engineer", "csm"))
            at = working_moment(rng, working_day(trouble.opened_on + timedelta(days=1 + 2 * days)), 8)
            employee = holder_at(account, role, at)
            if employee is None or not employee.is_employed_on(day_of(at)):
                continue
            about = rng.choice(
                (
                    "Root cause and next step",
                    "Still looking into it",
                    "Call about the stop",
                    "Workaround until the part arrives",
                )
            )
            is_visit = role == "field_engineer"
            diary.log(
                rng, account, employee, at,
                title=f"[#{trouble.ticket.id}] {about}",
                is_meeting=is_visit,
                activity_type="Field visit" if is_visit else None,
            )  # fmt: skip


def sit_together(rng: Random, diary: Diary, account: Account) -> None:
    """Internal account reviews, which are no touches."""
    assert account.win_on is not None
    day = account.win_on + timedelta(days=rng.randint(60, 160))
    while day < diary.horizon and account.is_served_on(day):
        at = working_moment(rng, working_day(day), 8, 11)
        employee = holder_at(account, "csm", at)
        if employee is not None and employee.is_employed_on(day_of(at)):
            title = f"Account team: {account.name}"
            diary.log(rng, account, employee, at, title=title, is_meeting=True, activity_type="Account review")
        day += timedelta(days=int(rng.uniform(100, 200) / (0.4 + account.care)))


def pay_courtesy(rng: Random, diary: Diary, account: Account) -> None:
    """Twice a month a friendly call, nothing else, since SUBSTANCE_ENDED days before the as-of day."""
    day = diary.as_of - timedelta(days=SUBSTANCE_ENDED - 3)
    while day < diary.horizon:
        at = working_moment(rng, working_day(day))
        for role in ("csm", "account_manager"):
            employee = holder_at(account, role, at)
            if employee is not None and employee.is_employed_on(day_of(at)):
                title = rng.choice(CHRISTMAS if day.month == 12 else COURTESY)
                minutes = rng.choice((4, 6, 8, 11))
                diary.log(rng, account, employee, at, title=title, is_meeting=False, minutes=minutes, is_scripted=True)
                break
        day += timedelta(days=rng.randint(11, 17))


def court_before_renewal(rng: Random, diary: Diary, account: Account) -> None:
    """Reviews, visits and offers from COURTED_FOR days before the as-of day until the renewal is due."""
    plot = (
        ("account_manager", "Business review before the renewal", None),
        ("csm", "Success plan for the next term", None),
        ("field_engineer", "Health check of all lines", "Field visit"),
        ("account_manager", "Proposal for the renewal", None),
        ("csm", "Operator training", None),
        ("account_manager", "Pricing of the renewal", None),
    )
    day = diary.as_of - timedelta(days=COURTED_FOR)
    due_on = diary.as_of + timedelta(days=RENEWAL_DUE_IN)
    position = 0
    while day < min(due_on, diary.horizon):
        role, title, activity_type = plot[position % len(plot)]
        at = working_moment(rng, working_day(day))
        employee = holder_at(account, role, at) or holder_at(account, "csm", at)
        diary.log(
            rng, account, employee, at,
            title=title, is_meeting=True, minutes=60, activity_type=activity_type, is_scripted=True,
        )  # fmt: skip
        position += 1
        day += timedelta(days=rng.randint(5, 8))
