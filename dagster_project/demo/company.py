"""The demo company: a maker of connected machines with service contracts, simulated from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dagster_project.demo.accounts import Account, simulate_accounts
from dagster_project.demo.activities import number_activities, simulate_activities
from dagster_project.demo.contacts import simulate_contacts
from dagster_project.demo.contracts import PIPELINES, simulate_contracts
from dagster_project.demo.conversations import TicketEvent, converse
from dagster_project.demo.corrections import correct
from dagster_project.demo.messages import number_messages, simulate_messages
from dagster_project.demo.people import Employee, Staff, simulate_people
from dagster_project.demo.plots import plot_contacts, plot_troubles
from dagster_project.demo.promises import MetricEvent, measure
from dagster_project.demo.stories import STORIES, Story
from dagster_project.demo.surveys import simulate_surveys
from dagster_project.demo.teams import release_teams, simulate_teams, write_owner_fields
from dagster_project.demo.tickets import close_help_desk, simulate_tickets
from dagster_project.demo.timeline import IDS_A_PART, Record, Seed
from dagster_project.demo.trainings import Training, simulate_trainings
from dagster_project.demo.users import simulate_users

__all__ = ["DEFAULT_AS_OF", "DEFAULT_SEED", "STORIES", "Story", "World", "simulate"]

DEFAULT_SEED = 7
DEFAULT_AS_OF = date(2026, 11, 18)
FEWEST_CUSTOMERS = 20
FEWEST_PROSPECTS = 6
FEWEST_YEARS = 2
DAYS_TO_COME = 60


@dataclass
class World:
    """What each vendor holds, its whole past and 60 days after the as-of day, in the order of the vendors' ids."""

    seed: int
    part: int
    begin: date
    as_of: date
    horizon: date
    companies: list[Record]
    contacts: list[Record]
    owners: list[Record]
    deals: list[Record]
    calls: list[Record]
    meetings: list[Record]
    emails: list[Record]
    communications: list[Record]
    notes: list[Record]
    feedback_submissions: list[Record]
    pipelines: list[dict[str, Any]]
    organizations: list[Record]
    agents: list[Record]
    end_users: list[Record]
    tickets: list[Record]
    ticket_events: list[TicketEvent]
    metric_events: list[MetricEvent]
    ratings: list[Record]
    trainings: list[Training]
    employees: list[Employee]
    accounts: list[Account]
    staff: Staff
    stories: dict[str, Story]


def simulate(
    seed: int = DEFAULT_SEED,
    customers: int = 240,
    prospects: int = 60,
    years: int = 4,
    employees: int = 70,
    as_of: date = DEFAULT_AS_OF,
    part: int = 0,
    touch_factor: float = 1.0,
) -> World:
    """The same arguments give the same world. A large company is many parts, of which part 0 has the stories.

    Fewer than 20 customers, 6 prospects, 30 employees or 2 years is a ValueError: the stories would not fit in.
    """
    if customers < FEWEST_CUSTOMERS or prospects < FEWEST_PROSPECTS or years < FEWEST_YEARS:
        fewest = f"{FEWEST_CUSTOMERS} customers, {FEWEST_PROSPECTS} prospects and {FEWEST_YEARS} years"
        raise ValueError(f"the stories need at least {fewest}, not {customers}, {prospects} and {years}")
    begin = as_of - timedelta(days=round(365.25 * years))
    horizon = as_of + timedelta(days=DAYS_TO_COME)
    own: Seed = seed if part == 0 else f"{seed}/part {part}"
    shift = part * IDS_A_PART
    staff = simulate_people(own, employees, begin, as_of, horizon, part)
    users = simulate_users(own, staff, begin, part)
    accounts = simulate_accounts(own, customers, prospects, begin, as_of, horizon, part)
    contacts = simulate_contacts(own, accounts, begin, as_of, horizon, shift)
    simulate_teams(own, accounts, staff, as_of, horizon)
    desk = simulate_tickets(own, accounts, users, begin, as_of, horizon, shift)
    plot_troubles(accounts, staff, users, as_of)
    deals = simulate_contracts(own, accounts, users, begin, as_of, horizon, shift)
    close_help_desk(desk, accounts, shift)
    release_teams(own, accounts, horizon)
    write_owner_fields(accounts, users, horizon)
    diary = simulate_activities(own, accounts, users, begin, as_of, horizon, touch_factor)
    simulate_messages(own, accounts, diary)
    surveys = simulate_surveys(own, accounts, diary)
    plot_contacts(accounts, staff, diary, surveys)
    surveys.number(shift)
    correct(own, diary, desk, accounts)
    number_activities(diary, shift)
    number_messages(diary, shift)
    ticket_events = converse(own, desk.tickets, shift)
    under_contract = [(trouble.ticket, account.segment) for account in accounts for trouble in account.troubles]
    companies = [account.record for account in accounts] + [
        account.twin for account in accounts if account.twin is not None
    ]
    return World(
        seed=seed,
        part=part,
        begin=begin,
        as_of=as_of,
        horizon=horizon,
        companies=sorted(companies, key=lambda record: record.id),
        contacts=contacts,
        owners=users.owners,
        deals=deals,
        calls=diary.calls,
        meetings=diary.meetings,
        emails=diary.emails,
        communications=diary.communications,
        notes=diary.notes,
        feedback_submissions=surveys.submissions,
        pipelines=PIPELINES,
        organizations=desk.organizations,
        agents=users.agents,
        end_users=desk.end_users,
        tickets=desk.tickets,
        ticket_events=ticket_events,
        metric_events=measure(own, under_contract, shift),
        ratings=surveys.ratings,
        trainings=simulate_trainings(own, staff, begin, horizon, shift),
        employees=staff.employees,
        accounts=accounts,
        staff=staff,
        stories=STORIES,
    )
