"""What is written rather than spoken: e-mails, short messages, and notes that hold a review, a voice or nothing."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.activities import COURTESY, DENSITY, SALES, SUBSTANCE, Diary, fill, is_scripted_day
from dagster_project.demo.contracts import OFFERINGS
from dagster_project.demo.people import Employee
from dagster_project.demo.stories import ONLY_THE_PLOT_NOTES, is_plotted
from dagster_project.demo.teams import holder_at
from dagster_project.demo.tickets import VOICES
from dagster_project.demo.timeline import (
    MINUTE,
    Record,
    Seed,
    at_work,
    day_of,
    iso_milliseconds,
    number,
    start_of,
    working_day,
    working_moment,
)

FIRST_EMAIL_ID = 6_000_001
FIRST_COMMUNICATION_ID = 7_000_001
FIRST_NOTE_ID = 8_000_001

# E-mails a month between a customer and the one who holds the role.
LETTERS = {"account_manager": 0.75, "csm": 0.75, "support_lead": 0.25}
ADMINISTRATION = ("Invoice 2204-{n}", "Scheduling of the next visit", "Automatic reply", "Out of office")
HOLDING = ("Still looking into the feeder", "No update yet on the spare part")
ASKED = (
    "Question about line {n}",
    "Re: operating hours",
    "Who is our contact now?",
    "AW: Line {n} again",
    "Our plans for the coming year",
)
TEXTS = (
    "Dear all,\n\nplease find the report attached.\n\nKind regards\n{who}\n-- \n{who}\nNordhaven Machines",
    "Hello,\n\nas discussed.\n\nOn Tuesday somebody wrote:\n> could we have a discount on the next order?\n> thanks",
    "Thank you for your patience, we will get back to you next week.\n\nBest regards\n{who}",
    "We went through the root cause with our engineers and found a workaround.\n\n{who}",
    "The new manual is on the portal.",
    "Line {n} has run without a stop since.",
)
SHORT = (
    "Running late, there at ten",
    "Part has arrived, thank you",
    "Can you call me about line {n}?",
    "Photo of the display sent",
    "Invitation to the webinar on drives",
)
VOICE_WEIGHTS = (26, 20, 14, 22, 18)
THEMES = ("hydraulics", "drives", "software", "training", "delivery")
QUOTES = {
    "expectation": "They expect an answer within a day, whoever is on duty.",
    "preference": "They would rather have one visit a quarter than a call a week.",
    "aversion": "They do not want to be asked for references again.",
    "warning": "The maintenance lead says it will fail again before summer if nobody looks at it.",
    "opportunity": "They plan a third line and asked who could equip it.",
}
PLAIN_NOTES = (
    "Gate pass needed, ask for Mr. Young.",
    "<p>Spare keys are with the porter.</p>",
    "New postal address from May.",
    "Prefers to be written to.",
)
LISTENERS = ("support_lead", "field_engineer", "csm", "account_manager")


def simulate_messages(seed: Seed, accounts: list[Account], diary: Diary) -> None:
    """Some 12,000 e-mails, 2,000 short messages and 3,000 notes of a default company, unnumbered."""
    for account in accounts:
        if account.win_on is None:
            continue
        rng = Random(f"{seed}/messages/{account.record.id}")
        for role in LETTERS:
            correspond(rng, diary, account, role)
        chat(rng, diary, account)
        take_notes(rng, diary, account)


def number_messages(diary: Diary, shift: int = 0) -> None:
    number(diary.emails, FIRST_EMAIL_ID + shift)
    number(diary.communications, FIRST_COMMUNICATION_ID + shift)
    number(diary.notes, FIRST_NOTE_ID + shift)
    for note, heard in diary.answers:
        note.fixed["hs_note_body"] = f"Done, the customer knows. #acted-{heard.id}"


def correspond(rng: Random, diary: Diary, account: Account, role: str) -> None:
    assert account.win_on is not None
    pause = 30 / (LETTERS[role] * (0.5 + 0.8 * account.care) * DENSITY[account.rhythm] * diary.touch_factor)
    day = account.win_on + timedelta(days=rng.randint(1, 20))
    while day < min(diary.horizon, (account.churned_on or diary.horizon) + timedelta(days=5)):
        workday = working_day(day)
        at = working_moment(rng, workday)
        employee = holder_at(account, role, at)
        if employee is not None and employee.is_employed_on(workday) and not is_scripted_day(diary, account, workday):
            write_email(rng, diary, account, employee, at)
        day += timedelta(days=1 + int(rng.gammavariate(1.6, pause / 1.6)))


def write_email(rng: Random, diary: Diary, account: Account, employee: Employee, at: int) -> None:
    """Two in three are ours; some bounce, wait to be sent, or are forwarded, and so never reached anybody."""
    direction = rng.choices(("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"), (66, 31, 3))[0]
    offering = None
    if direction == "INCOMING_EMAIL":
        subject = rng.choice(ASKED)
    else:
        kinds = (SUBSTANCE, COURTESY, SALES, ADMINISTRATION, HOLDING, ("News from Nordhaven",))
        texts = rng.choices(kinds, (24, 22, 13, 16, 4, 21))[0]
        offering = rng.choice(OFFERINGS) if texts is SALES else None
        subject = rng.choice(texts)
    status = "SENT"
    if direction == "EMAIL":
        status = rng.choices(("SENT", "BOUNCED", "FAILED", "SCHEDULED"), (94, 3, 1, 2))[0]
    send_email(
        rng, diary, account, employee, at,
        subject=fill(rng, subject, account, at, offering, employee),
        text=fill(rng, rng.choice(TEXTS), account, at, offering, employee),
        direction=direction, status=status, offering=offering if rng.random() < 0.7 else None,
    )  # fmt: skip


def send_email(
    rng: Random,
    diary: Diary,
    account: Account,
    employee: Employee,
    at: int,
    *,
    subject: str,
    text: str,
    direction: str = "EMAIL",
    status: str = "SENT",
    offering: str | None = None,
    is_scripted: bool = False,
) -> Record | None:
    if not start_of(diary.begin) <= at < start_of(diary.horizon):
        return None
    is_html = rng.random() < 0.4 and not is_scripted
    created_at = at_work(at + rng.randint(0, 5) * MINUTE)
    email = Record(
        created_at,
        hs_timestamp=iso_milliseconds(at),
        hs_email_subject=subject,
        hs_email_text=None if is_html else text,
        hs_email_html=f"<div>{text.replace(chr(10), '<br>')}</div>" if is_html else None,
        hs_email_direction=direction,
        hs_email_status=status,
        hubspot_owner_id=diary.users.owner_id(employee),
        hs_activity_type=None,
        offering=offering,
    )
    if status == "SCHEDULED" and rng.random() < 0.7:
        email.change("hs_email_status", "SENT", at_work(created_at + rng.randint(1, 20) * 60 * MINUTE))
    diary.link(rng, email, account, is_scripted)
    add_newcomer(rng, email, account)
    diary.emails.append(email)
    return email


def add_newcomer(rng: Random, record: Record, account: Account) -> None:
    known = [contact for contact in account.newcomers if contact.created_at <= record.created_at]
    if known and rng.random() < 0.35:
        record.link("contacts", str(rng.choice(known).id))


def chat(rng: Random, diary: Diary, account: Account) -> None:
    """Short messages, written to a person at the customer by whoever looks after it."""
    assert account.win_on is not None
    day = account.win_on + timedelta(days=rng.randint(10, 120))
    while day < min(diary.horizon, account.churned_on or diary.horizon):
        at = working_moment(rng, working_day(day))
        employee = holder_at(account, rng.choice(("csm", "field_engineer")), at)
        is_free = employee is not None and employee.is_employed_on(day_of(at))
        if is_free and not is_scripted_day(diary, account, day_of(at)):
            message = Record(
                at_work(at + rng.randint(0, 30) * MINUTE),
                hs_timestamp=iso_milliseconds(at),
                hs_communication_channel_type=rng.choice(("SMS", "WHATS_APP", "WHATS_APP", "LINKEDIN_MESSAGE")),
                hs_communication_body=fill(rng, rng.choice(SHORT), account, at, None, employee),
                hubspot_owner_id=diary.users.owner_id(employee),
                hs_activity_type=None,
            )
            diary.link(rng, message, account, False)
            add_newcomer(rng, message, account)
            diary.communications.append(message)
        day += timedelta(days=max(1, int(rng.uniform(40, 260) / diary.touch_factor)))


def take_notes(rng: Random, diary: Diary, account: Account) -> None:
    """What the customer was heard to say, what was done about it, account reviews, and much that is neither."""
    assert account.win_on is not None
    day = account.win_on + timedelta(days=rng.randint(10, 80))
    while day < min(diary.horizon, account.churned_on or diary.horizon):
        workday = working_day(day)
        at = working_moment(rng, workday)
        role = rng.choice(LISTENERS)
        employee = holder_at(account, role, at)
        is_free = employee is not None and employee.is_employed_on(workday)
        if is_free and not is_plotted(ONLY_THE_PLOT_NOTES, account.story, workday, diary.as_of):
            draw = rng.random()
            if draw < 0.45:
                heard = hear(rng, diary, account, employee, at)
                if heard is not None and rng.random() < 0.5:
                    act_on(rng, diary, account, *heard)
            elif draw < 0.56:
                take_note(rng, diary, account, employee, at, "Went through the account together.", "Account review")
            else:
                take_note(rng, diary, account, employee, at, rng.choice(PLAIN_NOTES))
        day += timedelta(days=int(rng.gammavariate(2.0, 34)))


def hear(rng: Random, diary: Diary, account: Account, employee: Employee | None, at: int) -> tuple[Record, str] | None:
    """Something a customer said and its theme; one in five is written into the call in which it was said."""
    kind, theme = rng.choices(VOICES, VOICE_WEIGHTS)[0], rng.choice(THEMES)
    body = f"{QUOTES[kind]} #voc-{kind} #theme-{theme}"
    if rng.random() < 0.2 and not is_scripted_day(diary, account, day_of(at)):
        record = diary.log(rng, account, employee, at, title="Call", is_meeting=False, body=body)
    else:
        record = take_note(rng, diary, account, employee, at, body)
    return None if record is None else (record, theme)


def take_note(
    rng: Random,
    diary: Diary,
    account: Account,
    employee: Employee | None,
    at: int,
    body: str,
    activity_type: str | None = None,
) -> Record | None:
    if not start_of(diary.begin) <= at < start_of(diary.horizon):
        return None
    note = Record(
        at_work(at + rng.randint(0, 20) * MINUTE),
        hs_timestamp=iso_milliseconds(at),
        hs_note_body=body,
        hubspot_owner_id=diary.users.owner_id(employee),
        hs_activity_type=activity_type,
    )
    diary.link(rng, note, account, is_scripted=True)
    diary.notes.append(note)
    return note


def act_on(rng: Random, diary: Diary, account: Account, heard: Record, theme: str) -> None:
    """A later note says what was done, by the record it answers (which has no number yet) or by its theme."""
    at = working_moment(rng, working_day(day_of(heard.created_at) + timedelta(days=rng.randint(3, 70))))
    employee = holder_at(account, "csm", at)
    if employee is None or not employee.is_employed_on(day_of(at)) or not account.is_served_on(day_of(at)):
        return
    if is_plotted(ONLY_THE_PLOT_NOTES, account.story, day_of(at), diary.as_of):
        return
    note = take_note(rng, diary, account, employee, at, f"Done, the customer knows. #acted #theme-{theme}")
    if note is not None and rng.random() < 0.6:
        diary.answers.append((note, heard))
