"""People at customers and prospects as the CRM knows them: titles, buying roles, addresses and companies."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.people import FIRST_NAMES, LAST_NAMES
from dagster_project.demo.timeline import DAY, MINUTE, Record, Seed, number, working_day, working_moment

FIRST_CONTACT_ID = 200_001

# (title, its buying roles in the order people fill them in, how often one meets it).
TITLES: tuple[tuple[str, tuple[str | None, ...], int], ...] = (
    ("Chief Operating Officer", ("EXECUTIVE_SPONSOR", "EXECUTIVE_SPONSOR;BUDGET_HOLDER", None), 6),
    ("CEO", ("EXECUTIVE_SPONSOR", "DECISION_MAKER", None), 4),
    ("Vice President Operations", ("DECISION_MAKER", "EXECUTIVE_SPONSOR", None), 4),
    ("Plant Manager", ("DECISION_MAKER", "BUDGET_HOLDER", None), 16),
    ("Head of Maintenance", ("DECISION_MAKER", "CHAMPION", None), 14),
    ("Purchasing Manager", ("BUDGET_HOLDER", None, "BLOCKER"), 9),
    ("Maintenance Technician", ("END_USER", None, None), 12),
    ("Process Engineer", ("INFLUENCER", "END_USER", None), 12),
    ("IT Administrator", (None, "END_USER", "BLOCKER"), 6),
    ("Shift Lead", ("END_USER", None, "OTHER"), 10),
    ("Machine Operator", ("END_USER", "END_USER", None), 9),
    ("", (None, None, "OTHER"), 5),
)


def simulate_contacts(
    seed: Seed, accounts: list[Account], begin: date, as_of: date, horizon: date, shift: int = 0
) -> list[Record]:
    """One to four people a company from its first day and some who came later, numbered; accounts know theirs."""
    contacts: list[Record] = []
    for account in accounts:
        rng = Random(f"{seed}/contacts/{account.record.id}")
        taken: set[str] = set()
        for position in range(rng.randint(1, 4) if account.story is None else 4):
            created_at = account.record.created_at + (5 + 2 * position) * MINUTE
            account.people.append(new_contact(rng, account, created_at, taken))
        contacts.extend(account.people)
        contacts.extend(later_contacts(rng, account, taken, horizon))
    rng = Random(f"{seed}/contacts")
    spread_over_companies(rng, accounts)
    if shift == 0:
        contacts.extend(private_senders(rng, begin))
    enter_twice(rng, accounts, contacts, as_of)
    leave(rng, accounts, as_of)
    number(contacts, FIRST_CONTACT_ID + shift)
    return contacts


def new_contact(rng: Random, account: Account, created_at: int, taken: set[str]) -> Record:
    title, roles, _ = rng.choices(TITLES, [weight for _, _, weight in TITLES])[0]
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    draw = rng.random()
    email: str | None = f"{mailbox(first, last)}@{account.domain}"
    if draw < 0.04:
        email = f"{mailbox(first, last)}.{account.record.id}@gmail.com"
    elif draw < 0.08:
        first, last, title, roles = "", "", "", (None,)
        email = f"info@{account.domain}"
    elif draw < 0.12:
        email = None
    if email in taken:
        email = None
    elif email is not None:
        taken.add(email)
    contact = Record(
        created_at,
        firstname=first or None,
        lastname=last or None,
        email=email,
        jobtitle=title or None,
        hs_buying_role=rng.choice(roles),
        lifecyclestage="customer" if account.win_on else "lead",
    )
    contact.link("companies", account.id, "Primary" if rng.random() < 0.93 else None)
    return contact


def mailbox(first: str, last: str) -> str:
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    return plain.lower()


def later_contacts(rng: Random, account: Account, taken: set[str], horizon: date) -> list[Record]:
    """New faces at a customer, who turn up in messages and surveys from then on; a promotion changes a title."""
    found: list[Record] = []
    if account.win_on is None:
        return found
    day = account.win_on + timedelta(days=rng.randint(60, 700))
    while day < horizon and len(found) < 2:
        found.append(new_contact(rng, account, working_moment(rng, working_day(day)), taken))
        day += timedelta(days=rng.randint(200, 900))
    account.newcomers = found
    for contact in account.people:
        if rng.random() < 0.12:
            day = account.win_on + timedelta(days=rng.randint(30, 900))
            if day < horizon:
                at = working_moment(rng, working_day(day))
                contact.change("jobtitle", "Plant Manager", at, "CRM_UI")
                contact.change("hs_buying_role", "DECISION_MAKER", at, "CRM_UI")
    return found


def spread_over_companies(rng: Random, accounts: list[Account]) -> None:
    """Some people work for two companies: the primary one is theirs, without a label the lower id is."""
    plain = [account for account in accounts if account.story is None]
    for account in rng.sample(plain, max(1, len(plain) // 20)):
        other = rng.choice([a for a in plain if a.record.id < account.record.id] or [account])
        if other is not account and other.record.created_at <= account.people[0].created_at:
            account.people[0].link("companies", other.id)


def private_senders(rng: Random, begin: date) -> list[Record]:
    """People nobody has filed under a company."""
    at = working_moment(rng, working_day(begin + timedelta(days=20)))
    return [
        Record(at + n * MINUTE, firstname=first, lastname="Unknown", email=email, jobtitle=None, lifecyclestage="lead")
        for n, (first, email) in enumerate((("Kim", "kim.unknown@gmail.com"), ("Sam", "sam@nowhere.example")))
    ]


def enter_twice(rng: Random, accounts: list[Account], contacts: list[Record], as_of: date) -> None:
    """The same person twice, merged into the first entry: long ago, and after the as-of day."""
    grown = [account for account in accounts if account.story is None and account.win_on is not None]
    for account, days in zip(rng.sample(grown, 4), (-400, -45, 3, 18), strict=True):
        known = account.people[0]
        merged_at = working_moment(rng, working_day(as_of + timedelta(days=days)))
        created_at = merged_at - rng.randint(5, 30) * DAY
        if created_at <= known.created_at:
            continue
        twice = Record(
            created_at,
            firstname=known.fixed.get("firstname"),
            lastname=known.fixed.get("lastname"),
            email=f"purchasing@{account.domain}",
            jobtitle="Purchasing Manager",
            lifecyclestage="customer",
        )
        twice.link("companies", account.id, "Primary")
        known.absorb(twice, merged_at)
        contacts.append(twice)


def leave(rng: Random, accounts: list[Account], as_of: date) -> None:
    """People who left their company are archived by whoever hears of it."""
    plain = [account for account in accounts if account.story is None and len(account.people) > 2]
    for days in (-500, -300, -150, -60, -30, -9, 2, 11, 25, 40):
        contact = rng.choice(plain).people[-1]
        at = working_moment(rng, working_day(as_of + timedelta(days=days)))
        if contact.created_at < at - 60 * DAY and contact.archived_at is None:
            contact.archived_at = at
