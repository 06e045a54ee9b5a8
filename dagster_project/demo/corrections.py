"""What people put right afterwards: edits, deletions and late entries, some of each on every day to come."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.activities import Diary
from dagster_project.demo.teams import holder_at
from dagster_project.demo.tickets import HelpDesk, delete_ticket
from dagster_project.demo.timeline import DAY, Record, Seed, day_of, start_of, working_day, working_moment

NOTE = "<p>Added later: one more person was in the room.</p>"


class Found:
    """Records by the day of their creation, to find one of a certain age."""

    def __init__(self, records: list[Record], keep_out: set[str]) -> None:
        standing = [r for r in records if r.archived_at is None and not any(link.to_id in keep_out for link in r.links)]
        self.records = sorted(standing, key=lambda record: record.created_at)
        self.days = [record.created_at for record in self.records]

    def between(
        self,
        rng: Random,
        since: int,
        until: int,
    ) -> Record | None:
        """Any standing record created in that time."""
        low, high = bisect_left(self.days, since), bisect_left(self.days, until)
        for _ in range(20):
            if low >= high:
                return None
            record = self.records[rng.randrange(low, high)]
            if record.archived_at is None:
                return record
        return None


def correct(seed: Seed, diary: Diary, desk: HelpDesk, accounts: list[Account]) -> None:
    """Story customers are left alone, so that their plots stay as told."""
    rng = Random(f"{seed}/corrections")
    storied = {account.id for account in accounts if account.story is not None}
    storied |= {str(account.twin.id) for account in accounts if account.story is not None and account.twin is not None}
    calls, meetings = Found(diary.calls, storied), Found(diary.meetings, storied)
    messages = [Found(records, storied) for records in (diary.emails, diary.notes, diary.communications)]
    contacts = [contact for account in accounts if account.story is None for contact in account.people]
    organizations = {account.organization.id for account in accounts if account.story and account.organization}
    tickets = Found([t for t in desk.tickets if t.fixed["organization_id"] not in organizations], set())
    days = (diary.horizon - diary.begin).days
    for position in range(40, days - 1):
        day = diary.begin + timedelta(days=position)
        is_to_come = day >= diary.as_of
        if is_to_come or rng.random() < 0.3:
            edit(rng, calls, "hs_call_body", day)
            edit(rng, meetings, "hs_meeting_body", day)
        if is_to_come or rng.random() < 0.12:
            remove(rng, calls if rng.random() < 0.7 else meetings, day)
        if is_to_come or rng.random() < 0.08:
            remove(rng, rng.choice(messages), day)
        if is_to_come or rng.random() < 0.2:
            retitle(rng, rng.choice(contacts), day)
        if is_to_come or rng.random() < 0.04:
            throw_away_ticket(rng, tickets, day)
        if is_to_come:
            log_late(rng, diary, accounts, day)
    recalculate(rng, diary, accounts)
    rename(rng, diary, accounts)
    archive_companies(rng, diary, accounts)


def edit(rng: Random, found: Found, name: str, day: date) -> None:
    record = found.between(rng, start_of(day) - 30 * DAY, start_of(day) - DAY)
    if record is not None:
        at = working_moment(rng, day)
        record.change(name, (record.value(name, at) or "") + NOTE, at)


def remove(rng: Random, found: Found, day: date) -> None:
    """Into the recycle bin; older than a month as often as not, so that months already told must keep it."""
    age = rng.choice((4, 20, 60, 120))
    record = found.between(rng, start_of(day) - age * DAY, start_of(day) - DAY)
    if record is not None:
        record.archived_at = max(
            working_moment(rng, day), record.modified[-1] if record.modified[-1] < start_of(day) + DAY else 0
        )


def retitle(rng: Random, contact: Record, day: date) -> None:
    at = working_moment(rng, day)
    if contact.created_at < at and contact.archived_at is None:
        contact.change("jobtitle", rng.choice(("Production Manager", "Maintenance Engineer", "Line Operator")), at)


def throw_away_ticket(rng: Random, found: Found, day: date) -> None:
    ticket = found.between(rng, start_of(day) - 50 * DAY, start_of(day) - 2 * DAY)
    if ticket is not None:
        delete_ticket(rng, ticket, working_moment(rng, day))


def log_late(rng: Random, diary: Diary, accounts: list[Account], day: date) -> None:
    """Calls of the days before, and one of the month before, entered today."""
    for age in (rng.randint(2, 9), rng.randint(25, 50)):
        held_on = working_day(day - timedelta(days=age))
        served = [account for account in accounts if account.story is None and account.is_served_on(held_on)]
        account = rng.choice(served)
        at = working_moment(rng, held_on)
        employee = holder_at(account, "csm", at)
        record = diary.log(rng, account, employee, at, title="Training on the new panel", is_meeting=False, minutes=25)
        if record is not None:
            created_at = max(working_moment(rng, day), record.created_at)
            record.created_at = created_at
            record.modified = [created_at]
            record.links = [type(link)(link.to_kind, link.to_id, created_at, link.label) for link in record.links]


def recalculate(rng: Random, diary: Diary, accounts: list[Account]) -> None:
    """The CRM's own recalculations: the modification time moves, nothing else does."""
    for position in range(30, (diary.horizon - diary.begin).days):
        day = diary.begin + timedelta(days=position)
        for account in rng.sample(accounts, min(4, len(accounts))):
            if account.record.created_at < start_of(day):
                account.record.touch(working_moment(rng, day))


def rename(rng: Random, diary: Diary, accounts: list[Account]) -> None:
    """New names and segments, in the CRM and sometimes in the ticketing system."""
    plain = [account for account in accounts if account.story is None]
    for days in (-400, -130, -30, 1, 3, 6, 10, 15, 22, 30, 41, 52):
        account = rng.choice(plain)
        at = working_moment(rng, working_day(diary.as_of + timedelta(days=days)))
        if account.record.created_at < at:
            account.record.change("name", f"{account.name} Group", at, "CRM_UI")
            if account.organization is not None and account.organization.created_at < at:
                account.organization.change("name", f"{account.name} Group", at)
        other = rng.choice(plain)
        if other.record.created_at < at:
            other.record.change("segment", rng.choice(("enterprise", "mid_market")), at, "CRM_UI")


def archive_companies(rng: Random, diary: Diary, accounts: list[Account]) -> None:
    """Prospects nobody believes in, and one customer by mistake."""
    prospects = [account for account in accounts if account.win_on is None]
    customers = [account for account in accounts if account.story is None and account.is_served_on(diary.as_of)]
    for account, days in zip([*rng.sample(prospects, 3), rng.choice(customers)], (-50, -12, 3, 8), strict=True):
        at = working_moment(rng, working_day(diary.as_of + timedelta(days=days)))
        if account.record.created_at < at and day_of(at) < diary.horizon:
            account.record.archived_at = at
