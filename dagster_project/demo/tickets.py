"""Troubles of customers as tickets, with the organizations and end users who report them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from dagster_project.demo.accounts import Account
from dagster_project.demo.stories import ONLY_THE_PLOT_FAILS, is_plotted
from dagster_project.demo.teams import holder_at
from dagster_project.demo.timeline import (
    DAY,
    HOUR,
    MINUTE,
    Record,
    Seed,
    at_work,
    end_of,
    number,
    start_of,
    working_day,
    working_moment,
)
from dagster_project.demo.users import Users

TICKETS_A_YEAR = 5.2
INCIDENTS = ("incident", "problem")
SUBJECTS = {
    "defect": ("Spindle drive stops", "Gripper loses pressure", "Conveyor belt tears", "Sensor reads <0 bar"),
    "discrepancy": ("Drawing and frame differ", "Wrong hole pattern on base plate", "Cabinet wired to the old plan"),
    "outage": ("Line is down", "Controller does not start", "Gateway offline since the morning"),
    "delivery": ("Crate arrived damaged", "Spare part missing in delivery", "Delivery date moved again"),
    "documentation": ("Manual does not match the machine", "Certificate missing"),
    "billing": ("Billed twice for a visit", "Wrong hourly rate"),
    "service": ("Engineer did not come", "Remote access refused", "Nobody calls back"),
    "other": ("Noise in the gearbox", "Question about the display", "Operator locked out"),
}
CATEGORIES = tuple(SUBJECTS)
CATEGORY_WEIGHTS = (24, 9, 11, 13, 8, 7, 12, 16)
VOICES = ("expectation", "preference", "aversion", "warning", "opportunity")
ASKING = (
    "How do we set the feed rate?",
    "Can we run 60 Hz?",
    "Please send the spare part list",
    "Export of the operating hours?",
)


@dataclass(slots=True)
class Trouble:
    """A ticket as the customer lives it, for those who decide about a renewal or call about it."""

    ticket: Record
    opened_on: date
    is_incident: bool
    is_severe: bool
    category: str
    is_surprise: bool = False
    is_plotted: bool = False
    solved_at: int | None = None


@dataclass
class HelpDesk:
    """Everything the ticketing system holds."""

    organizations: list[Record]
    end_users: list[Record]
    tickets: list[Record]


def simulate_tickets(
    seed: Seed, accounts: list[Account], users: Users, begin: date, as_of: date, horizon: date, shift: int = 0
) -> HelpDesk:
    """Two to four thousand tickets in four years; organizations known by company id, by domain only, or not at all."""
    rng = Random(f"{seed}/help desk")
    desk = HelpDesk([], [], [])
    served = [account for account in accounts if account.win_on is not None]
    for position, account in enumerate(served):
        add_organization(rng, desk, account, position)
        assert account.organization is not None
        account.requesters = [requester_of(rng, account, n) for n in range(1, rng.randint(2, 4))]
        desk.end_users.extend(account.requesters)
    strangers = add_strangers(rng, desk, begin, as_of) if shift == 0 else []
    number(desk.organizations, 360_001 + shift)
    number(desk.end_users, 900_001 + shift)
    for user in desk.end_users:
        user.fixed["organization_id"] = user.fixed["organization"].id if user.fixed["organization"] else None
    for account in served:
        assert account.win_on is not None and account.organization is not None
        own = Random(f"{seed}/tickets/{account.record.id}")
        start = account.win_on - timedelta(days=25)
        for day in days_of_trouble(own, account, start, horizon):
            if is_plotted(ONLY_THE_PLOT_FAILS, account.story, day, as_of):
                continue
            trouble = new_ticket(own, account, day, account.requesters, users)
            account.troubles.append(trouble)
    for organization, user in strangers:
        for _ in range(6):
            day = working_day(begin + timedelta(days=rng.randint(200, (horizon - begin).days - 30)))
            desk.tickets.append(stranger_ticket(rng, organization, user, day))
    return desk


def close_help_desk(desk: HelpDesk, accounts: list[Account], shift: int = 0) -> None:
    """Drop what would have been reported after a customer left, and number the tickets."""
    for account in accounts:
        if account.churned_on is not None:
            account.troubles = [t for t in account.troubles if t.opened_on <= account.churned_on + timedelta(days=20)]
        desk.tickets.extend(trouble.ticket for trouble in account.troubles)
    number(desk.tickets, 1 + shift)


def add_organization(rng: Random, desk: HelpDesk, account: Account, position: int) -> None:
    assert account.win_on is not None
    first_trouble = account.win_on - timedelta(days=26)
    created_at = max(working_moment(rng, first_trouble, 6, 7), account.record.created_at)
    domains = [account.domain] if rng.random() < 0.9 else [account.domain, f"service.{account.domain}"]
    known = rng.random()
    external_id = account.id if account.story or known < 0.72 else None
    if account.other_since is not None and account.twin is not None:
        external_id, domains = None, [account.twin.fixed["domain"]]
    if external_id is None and known > 0.94:
        domains = []
    if external_id is None and position % 5 == 0:
        domains = [domain.upper() for domain in domains]
    organization = Record(
        created_at,
        name=account.name,
        external_id=external_id,
        domain_names=domains,
        tags=[account.segment],
        organization_fields={"machine_park": rng.choice(("small", "large"))},
    )
    account.organization = organization
    desk.organizations.append(organization)
    if rng.random() < 0.3:
        organization.change("tags", [account.segment, "key_account"], at_work(created_at + rng.randint(40, 400) * DAY))


def new_end_user(
    rng: Random, organization: Record | None, domain: str, position: int, created_at: int | None = None
) -> Record:
    at = created_at or (organization.created_at if organization else 0)
    local = rng.choice(("maintenance", "production", "plant.manager", "shift.lead", "quality", "it"))
    name = f"{local.replace('.', ' ').title()} {position}"
    return Record(
        at, email=f"{local}{position}@{domain}", name=name, role="end-user", suspended=False, organization=organization
    )


def requester_of(rng: Random, account: Account, position: int) -> Record:
    """Three in four report under the address that the CRM knows of them, some in capitals."""
    user = new_end_user(rng, account.organization, account.domain, position)
    known = [contact for contact in account.people if contact.fixed.get("email") and contact.fixed.get("firstname")]
    if position <= len(known) and rng.random() < 0.75:
        contact = known[position - 1]
        email = str(contact.fixed["email"])
        user.fixed["email"] = email.upper() if rng.random() < 0.1 else email
        user.fixed["name"] = f"{contact.fixed['firstname']} {contact.fixed['lastname']}"
    return user


def add_strangers(rng: Random, desk: HelpDesk, begin: date, as_of: date) -> list[tuple[Record | None, Record]]:
    """Organizations nobody can join: an unknown company id, a free-mail domain, none at all, and one deleted later."""
    at = working_moment(rng, working_day(begin + timedelta(days=30)))
    unknown = Record(at, name="Old Mill Works", external_id="999999", domain_names=[], tags=[], organization_fields={})
    private = Record(
        at + 1_000,
        name="Private senders",
        external_id=None,
        domain_names=["gmail.com"],
        tags=[],
        organization_fields={},
    )
    empty = Record(at + 2_000, name="Entered twice", external_id=None, domain_names=[], tags=[], organization_fields={})
    empty.archived_at = working_moment(rng, working_day(as_of + timedelta(days=5)))
    empty.touch(empty.archived_at)
    desk.organizations.extend((unknown, private, empty))
    strangers: list[tuple[Record | None, Record]] = [
        (unknown, new_end_user(rng, unknown, "oldmill.example", 1)),
        (private, new_end_user(rng, private, "gmail.com", 2)),
        (None, new_end_user(rng, None, "nowhere.example", 3, created_at=at)),
    ]
    desk.end_users.extend(user for _, user in strangers)
    return strangers


def days_of_trouble(rng: Random, account: Account, start: date, horizon: date) -> list[date]:
    """Troubles come in clusters: after one, the next is likelier for some weeks."""
    size = {"enterprise": 1.6, "mid_market": 1.0, "small_business": 0.6}[account.segment]
    rate = TICKETS_A_YEAR * size * (0.4 + 0.6 * account.fragility) / 365
    days: list[date] = []
    day = start + timedelta(days=int(rng.expovariate(rate)))
    while day < horizon:
        days.append(working_day(day))
        clustered = rng.random() < 0.15
        day = days[-1] + timedelta(days=rng.randint(3, 40) if clustered else 1 + int(rng.expovariate(rate)))
    return [day for day in days if day < horizon]


def new_ticket(rng: Random, account: Account, day: date, requesters: list[Record], users: Users) -> Trouble:
    assert account.organization is not None
    kind = rng.choices(("incident", "problem", "question", "task", None), (42, 7, 33, 10, 8))[0]
    category = rng.choices(CATEGORIES, CATEGORY_WEIGHTS)[0]
    is_incident = kind in INCIDENTS
    tags = ticket_tags(rng, account, day, category, is_incident)
    if not is_incident and rng.random() < 0.06:
        tags.append("complaint")
        is_incident = True
    agent = answering_agent(rng, account, users, day)
    requester = rng.choice(requesters)
    by_agent = rng.random() < 0.2
    priority = rng.choices(("low", "normal", "high", "urgent", None), (18, 44, 18, 7, 13))[0]
    channel = rng.choices(("email", "web", "api", "voice", "monitoring"), (46, 34, 8, 9, 3))[0]
    ticket = Record(
        working_moment(rng, day),
        kind=kind,
        subject=rng.choice(SUBJECTS[category] if is_incident else ASKING),
        description=rng.choice(
            ("Please look into it.", "It happened again on <line 2> & we stand still.", "Since the last visit.")
        ),
        tags=tags,
        priority=priority,
        status="new",
        channel=channel,
        organization_id=account.organization.id,
        requester_id=requester.id,
        submitter_id=agent.id if by_agent else requester.id,
        assignee_id=None,
        due_at=None,
    )
    if kind == "task":
        ticket.fixed["due_at"] = start_of(day + timedelta(days=rng.randint(5, 30))) + 16 * HOUR
    trouble = Trouble(ticket, day, is_incident, is_incident and priority in ("high", "urgent"), category)
    live_ticket(rng, trouble, agent, account)
    trouble.is_surprise = trouble.is_severe and found_by(ticket, by_agent) in ("customer", "survey")
    return trouble


def found_by(ticket: Record, by_agent: bool) -> str:
    """Who found the trouble first: a tag says so, else the channel, else whoever wrote the ticket."""
    finders = [tag.removeprefix("found_by_") for tag in ticket.value("tags", ticket.created_at) if "found_by_" in tag]
    if finders:
        return str(finders[0])
    if ticket.value("channel", ticket.created_at) in ("api", "monitoring"):
        return "internal"
    return "front_line" if by_agent else "customer"


def ticket_tags(rng: Random, account: Account, day: date, category: str, is_incident: bool) -> list[str]:
    tags = []
    if is_incident:
        if category != "other":
            tags.append(category)
        if account.win_on is not None and day < account.win_on + timedelta(days=120):
            tags.append("phase_before_start" if rng.random() < 0.35 else "phase_delivery")
        elif rng.random() < 0.5:
            tags.append("phase_in_service")
        if rng.random() < 0.6:
            finders = ("internal", "front_line", "customer", "survey")
            tags.append(f"found_by_{rng.choices(finders, (25, 25, 42, 8))[0]}")
        if rng.random() < 0.1:
            tags.append("quality")
    if rng.random() < 0.05:
        tags.append(f"voc_{rng.choice(VOICES)}")
    if rng.random() < 0.4:
        tags.append(f"theme_{rng.choice(('hydraulics', 'drives', 'software', 'training', 'spare_parts'))}")
    return tags


def answering_agent(rng: Random, account: Account, users: Users, day: date) -> Record:
    lead = holder_at(account, "support_lead", end_of(day))
    if lead is not None and lead.record.id in users.agent_of and lead.is_employed_on(day) and rng.random() < 0.7:
        return users.agent_of[lead.record.id]
    if rng.random() < 0.08:
        return rng.choice(users.stranger_agents)
    standing = [
        agent
        for agent in users.agents
        if agent.created_at < start_of(day) and not agent.value("suspended", start_of(day))
    ]
    return rng.choice(standing)


def live_ticket(rng: Random, trouble: Trouble, agent: Record, account: Account) -> None:
    """New, open, back and forth, solved, perhaps reopened, closed: each step a change, the last by an automation."""
    ticket, at = trouble.ticket, trouble.ticket.created_at
    at += rng.randint(5, 400) * MINUTE
    at = at_work(at)
    ticket.change("status", "open", at)
    ticket.change("assignee_id", agent.id, at)
    ticket.change("replies", 1, at)
    patience = {"urgent": 0.5, "high": 1.0, "normal": 2.0, "low": 3.0}.get(
        ticket.fixed.get("priority") or "normal", 2.0
    )
    ends_at = at_work(at + int(rng.lognormvariate(0.6, 0.9) * patience * (0.6 + 0.4 * account.fragility) * DAY))
    if rng.random() < 0.5:
        ticket.change("status", rng.choice(("pending", "hold")), at_work(at + (ends_at - at) // 3))
        ticket.change("status", "open", at_work(at + 2 * (ends_at - at) // 3))
    if rng.random() < 0.08:
        ticket.change("priority", "high", at_work(at + (ends_at - at) // 2))
        trouble.is_severe = trouble.is_incident
    if rng.random() < 0.03:
        # Spam is thrown away, a merged ticket is closed by the merge.
        if rng.random() < 0.5:
            ticket.change("tags", [*ticket.fixed["tags"], "spam"], at_work(at + HOUR))
            delete_ticket(rng, ticket, at_work(at + 2 * HOUR))
        else:
            ticket.change("tags", [*ticket.fixed["tags"], "closed_by_merge"], at_work(at + 3 * HOUR))
            ticket.change("status", "closed", at_work(at + 3 * HOUR))
        trouble.is_incident = trouble.is_severe = False
        return
    ticket.change("replies", rng.randint(1, 6), ends_at)
    ticket.change("status", "solved", ends_at)
    while rng.random() < 0.11:
        reopened_at = at_work(ends_at + rng.randint(1, 6 * 24) * HOUR)
        ticket.change("status", "open", reopened_at)
        ends_at = at_work(reopened_at + rng.randint(4, 200) * HOUR)
        ticket.change("status", "solved", ends_at)
    trouble.solved_at = ends_at
    ticket.change("status", "closed", at_work(ends_at + rng.randint(7, 20) * DAY))
    if rng.random() < 0.3:
        ticket.touch_by_system(at_work(ends_at + rng.randint(21, 150) * DAY))


def delete_ticket(rng: Random, ticket: Record, at: int) -> None:
    """Deleted tickets stay in the stream; a month later their text is scrubbed by the system.

    No survey is offered or answered about it any more.
    """
    ticket.archived_at = at
    if "surveys" in ticket.fixed:
        ticket.fixed["surveys"] = [told for told in ticket.fixed["surveys"] if told[0] < at]
    ticket.touch(at)
    ticket.touch_by_system(at_work(at + 30 * DAY + rng.randint(1, 8) * HOUR))


def stranger_ticket(rng: Random, organization: Record | None, user: Record, day: date) -> Record:
    ticket = Record(
        working_moment(rng, day),
        kind="incident",
        subject=rng.choice(SUBJECTS["delivery"]),
        description="We are not sure whom to write to.",
        tags=["delivery"],
        priority="normal",
        status="new",
        channel="email",
        organization_id=organization.id if organization else None,
        requester_id=user.id,
        submitter_id=user.id,
        assignee_id=None,
        due_at=None,
    )
    solved_at = at_work(ticket.created_at + rng.randint(1, 9) * DAY)
    ticket.change("status", "open", at_work(ticket.created_at + HOUR))
    ticket.change("status", "solved", solved_at)
    return ticket
