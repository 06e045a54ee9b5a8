"""Contracts won, renewed, expanded and lost, and the CRM deals that tell of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from dagster_project.demo.accounts import Account
from dagster_project.demo.causes import causes_of, churn_probability
from dagster_project.demo.stories import RENEWAL_DUE_IN
from dagster_project.demo.teams import holder_at
from dagster_project.demo.timeline import (
    DAY,
    HOUR,
    Record,
    Seed,
    at_work,
    day_of,
    iso_milliseconds,
    months_later,
    number,
    start_of,
    working_day,
    working_moment,
)
from dagster_project.demo.users import Users

FIRST_DEAL_ID = 300_001
OFFERINGS = (
    "Remote Monitoring",
    "Uptime Guarantee",
    "Spare Parts Plan",
    "Retrofit Kit",
    "Operator App",
    "Machine Leasing",
)
LOSS_REASONS = ("Price", "Competitor", "Service quality", "Project stopped", "No budget", "No decision")
CREATED = "2022-01-10T09:00:00.000Z"


def _stages(first: int | None, names: tuple[tuple[str, str, float], ...]) -> list[dict[str, Any]]:
    stages = []
    for position, (name, label, probability) in enumerate(names):
        is_closed = probability in (0.0, 1.0)
        stages.append(
            {
                "id": name if first is None else str(first + position),
                "label": label,
                "displayOrder": position,
                "metadata": {"isClosed": "true" if is_closed else "false", "probability": str(probability)},
                "createdAt": CREATED,
                "updatedAt": CREATED,
                "archived": False,
            }
        )
    return stages


def _pipeline(pipeline_id: str, label: str, order: int, stages: list[dict[str, Any]]) -> dict[str, Any]:
    times = {"createdAt": CREATED, "updatedAt": CREATED, "archived": False}
    return {"id": pipeline_id, "label": label, "displayOrder": order, "stages": stages, **times}


PIPELINES = [
    _pipeline(
        "default",
        "New Business",
        0,
        _stages(
            None,
            (
                ("appointmentscheduled", "Appointment scheduled", 0.2),
                ("qualifiedtobuy", "Qualified", 0.4),
                ("presentationscheduled", "Presentation", 0.6),
                ("contractsent", "Contract sent", 0.9),
                ("closedwon", "Closed won", 1.0),
                ("closedlost", "Closed lost", 0.0),
            ),
        ),
    ),
    _pipeline(
        "75010",
        "Renewals",
        1,
        _stages(
            75_011,
            (
                ("", "Upcoming", 0.7),
                ("", "In talks", 0.8),
                ("", "Offer sent", 0.9),
                ("", "Renewed", 1.0),
                ("", "Not renewed", 0.0),
            ),
        ),
    ),
    _pipeline(
        "75020",
        "Expansion",
        2,
        _stages(75_021, (("", "Idea", 0.3), ("", "Offer sent", 0.6), ("", "Won", 1.0), ("", "Lost", 0.0))),
    ),
]
STAGES = {pipeline["label"]: [stage["id"] for stage in pipeline["stages"]] for pipeline in PIPELINES}
PIPELINE_IDS = {pipeline["label"]: pipeline["id"] for pipeline in PIPELINES}


@dataclass
class Term:
    """One term of a contract. `decided_on` is None while open at the horizon; `renewal` is the deal that decides it.

    `causes` befell it, by the names of CAUSES; no vendor holds them.
    """

    number: int
    starts_on: date
    due_on: date
    arr: int
    notice_on: date | None = None
    outcome: str | None = None
    decided_on: date | None = None
    renewal: Record | None = None
    causes: list[str] = field(default_factory=list)


@dataclass
class Contract:
    """A contract opened by a won new-business deal."""

    deal: Record
    won_on: date
    terms: list[Term] = field(default_factory=list)


class Selling:
    """Writes deals. Values are text, as the vendor stores them; some portals hold dates as epoch milliseconds."""

    def __init__(self, seed: Seed, users: Users, begin: date, as_of: date, horizon: date) -> None:
        self.seed, self.users = seed, users
        self.begin, self.as_of, self.horizon = begin, as_of, horizon
        self.deals: list[Record] = []

    def open_deal(
        self,
        rng: Random,
        account: Account,
        pipeline: str,
        name: str,
        created_at: int,
        arr: int,
        closes_on: date,
        **values: str | None,
    ) -> Record:
        owner = holder_at(account, "account_manager", created_at)
        owner_id = self.users.owner_id(owner) if owner else account.record.value("hubspot_owner_id", created_at)
        deal = Record(
            created_at,
            dealname=name,
            pipeline=PIPELINE_IDS[pipeline],
            dealstage=STAGES[pipeline][0],
            amount=str(arr),
            hs_arr=str(arr) if rng.random() > 0.05 else None,
            closedate=self.instant(rng, working_moment(rng, closes_on)),
            deal_currency_code=account.currency,
            hubspot_owner_id=owner_id or None,
            dealtype="newbusiness" if pipeline == "New Business" else "existingbusiness",
            **{key: value for key, value in values.items() if value is not None},
        )
        self.link_company(rng, deal, account)
        self.deals.append(deal)
        return deal

    def instant(self, rng: Random, at: int) -> str:
        return str(at) if rng.random() < 0.1 else iso_milliseconds(at)

    def link_company(self, rng: Random, deal: Record, account: Account) -> None:
        draw = rng.random()
        if draw < 0.012 and account.story is None and deal.fixed["pipeline"] == PIPELINE_IDS["Expansion"]:
            return
        deal.link("companies", account.id, "Primary")
        if draw > 0.96 and (neighbour := account.neighbour(7)) is not None:
            # A reseller's or parent's record beside it, with the lower id but not primary.
            deal.link("companies", neighbour)
        for contact in account.contacts[: rng.randint(0, 2)]:
            deal.link("contacts", contact)

    def walk(self, rng: Random, deal: Record, pipeline: str, until: int) -> None:
        """Through the open stages up to shortly before `until`."""
        stages = STAGES[pipeline][1:-2]
        for position, stage in enumerate(stages):
            at = deal.created_at + (until - deal.created_at) * (position + 1) // (len(stages) + 1)
            if at < until and rng.random() < 0.85:
                deal.change("dealstage", stage, at_work(at), "CRM_UI")

    def close(
        self, rng: Random, deal: Record, pipeline: str, closed_on: date, is_won: bool, late: bool, **values: str
    ) -> int:
        """Record the outcome; if `late`, some days afterwards with a back-dated close date."""
        closed_at = working_moment(rng, closed_on)
        recorded_at = at_work(closed_at + (rng.randint(2, 6) * DAY if late else 0))
        deal.change("dealstage", STAGES[pipeline][-2 if is_won else -1], recorded_at, "CRM_UI")
        deal.change("closedate", self.instant(rng, closed_at), recorded_at, "CRM_UI")
        for name, value in values.items():
            deal.change(name, value, recorded_at, "CRM_UI")
        return recorded_at


def simulate_contracts(
    seed: Seed, accounts: list[Account], users: Users, begin: date, as_of: date, horizon: date, shift: int = 0
) -> list[Record]:
    """Deals of all three pipelines, numbered; every account's contracts, and the day it left, are set on the way."""
    selling = Selling(seed, users, begin, as_of, horizon)
    for account in accounts:
        rng = Random(f"{seed}/contracts/{account.record.id}")
        if account.win_on is None:
            court_in_vain(rng, selling, account)
            continue
        account.contracts.append(win(rng, selling, account, account.win_on, "Machine and service contract"))
        if account.story is None and rng.random() < 0.08:
            second_on = working_day(account.win_on + timedelta(days=rng.randint(200, 600)))
            if second_on < min(as_of - timedelta(days=30), account.churned_on or as_of):
                account.contracts.append(win(rng, selling, account, second_on, "Second line"))
        expand(rng, selling, account)
        set_churn(account, horizon)
    add_misfits(Random(f"{seed}/misfits"), selling, accounts)
    number(selling.deals, FIRST_DEAL_ID + shift)
    return selling.deals


def court_in_vain(rng: Random, selling: Selling, account: Account) -> None:
    """A prospect's new-business deals: open, or lost after some months."""
    for _ in range(rng.choice((0, 1, 1, 2))):
        created_at = at_work(account.record.created_at + rng.randint(5, 90) * DAY)
        if created_at > start_of(selling.horizon) - DAY:
            return
        closes_on = working_day(day_of(created_at) + timedelta(days=rng.randint(50, 160)))
        deal = selling.open_deal(
            rng, account, "New Business", f"{account.name}: first line", created_at, account.yearly_value, closes_on,
            offering=rng.choice(OFFERINGS),
        )  # fmt: skip
        lost_on = working_day(closes_on + timedelta(days=rng.randint(-20, 40)))
        selling.walk(rng, deal, "New Business", start_of(lost_on))
        if lost_on < selling.horizon and rng.random() < 0.8:
            selling.close(rng, deal, "New Business", lost_on, False, False, closed_lost_reason=rng.choice(LOSS_REASONS))


def win(rng: Random, selling: Selling, account: Account, won_on: date, label: str) -> Contract:
    """A won new-business deal and all terms that follow it."""
    created_on = max(day_of(account.record.created_at), won_on - timedelta(days=rng.randint(45, 130)))
    created_at = max(working_moment(rng, working_day(created_on)), account.record.created_at + HOUR)
    guess = int(account.yearly_value * rng.uniform(0.8, 1.3)) // 100 * 100
    expected_on = working_day(won_on + timedelta(days=rng.randint(-30, 45)))
    deal = selling.open_deal(
        rng,
        account,
        "New Business",
        f"{account.name}: {label}",
        created_at,
        guess,
        expected_on,
        offering=rng.choice(OFFERINGS),
    )
    selling.walk(rng, deal, "New Business", start_of(won_on))
    if rng.random() < 0.1:
        successor = selling.users.owner_id(holder_at(account, "account_manager", created_at + 20 * DAY))
        if successor and successor != deal.fixed.get("hubspot_owner_id"):
            deal.change("hubspot_owner_id", successor, at_work(created_at + 20 * DAY), "CRM_UI")
    arr = account.yearly_value
    starts_on = won_on if rng.random() < 0.3 else won_on + timedelta(days=rng.randint(1, 30))
    years = 2 if rng.random() < 0.12 and account.story is None else 1
    if account.story == "courted_before_renewal":
        # The term that runs on the as-of day must end RENEWAL_DUE_IN days after it.
        due_on = selling.as_of + timedelta(days=RENEWAL_DUE_IN)
        starts_on = due_on + timedelta(days=1)
        while months_later(starts_on, -12) >= won_on:
            starts_on = months_later(starts_on, -12)
    due_on = months_later(starts_on, 12 * years) - timedelta(days=1)
    notice_on = due_on - timedelta(days=rng.choice((30, 60, 90))) if rng.random() < 0.7 else None
    terms = {"contract_start_date": starts_on.isoformat(), "hs_arr": str(arr), "amount": str(arr)}
    if years == 2 or rng.random() < 0.9:
        terms["contract_end_date"] = due_on.isoformat()
    if notice_on is not None:
        terms["notice_date"] = day_text(rng, notice_on)
    selling.close(rng, deal, "New Business", won_on, True, late=rng.random() < 0.05 and account.story is None, **terms)
    contract = Contract(deal, won_on, [Term(1, starts_on, due_on, arr, notice_on)])
    while contract.terms[-1].due_on - timedelta(days=120) < selling.horizon and decide(rng, selling, account, contract):
        pass
    return contract


def day_text(rng: Random, day: date) -> str:
    """Days are ISO text; older records hold epoch milliseconds."""
    return str(start_of(day)) if rng.random() < 0.1 else day.isoformat()


def decide(rng: Random, selling: Selling, account: Account, contract: Contract) -> bool:
    """Decide the last term. True if a next term follows."""
    term = contract.terms[-1]
    term.causes = causes_of(account, term.due_on)
    is_lost = rng.random() < churn_probability(term.causes)
    decided_on = working_day(term.due_on + timedelta(days=rng.randint(-35, 5)))
    if rng.random() < 0.12:
        decided_on = working_day(term.due_on + timedelta(days=rng.randint(8, 45)))
    if account.story is not None:
        is_lost = account.story == "courted_before_renewal" and term.due_on > selling.as_of
        decided_on = working_day(term.due_on - timedelta(days=6))
    if is_lost and account.story is None and rng.random() < 0.12:
        # Nobody even opened a renewal deal; the contract lapses.
        term.outcome, term.decided_on = "churned", term.due_on + timedelta(days=90)
        return False
    created_on = working_day(max(term.starts_on, term.due_on - timedelta(days=rng.randint(100, 125))))
    created_at = working_moment(rng, created_on)
    next_start = term.due_on + timedelta(days=1)
    if rng.random() < 0.15 and account.story is None:
        next_start += timedelta(days=rng.randint(1, 20))
    due_on = months_later(next_start, 12) - timedelta(days=1)
    deal = selling.open_deal(
        rng, account, "Renewals", f"{account.name}: renewal {term.number}", created_at, term.arr,
        working_day(term.due_on),
        contract_start_date=next_start.isoformat(),
        contract_end_date=due_on.isoformat() if rng.random() < 0.95 else None,
    )  # fmt: skip
    term.renewal = deal
    selling.walk(rng, deal, "Renewals", start_of(decided_on))
    add_rival_deals(rng, selling, account, term, next_start)
    if decided_on >= selling.horizon:
        return False
    late = rng.random() < 0.08 and account.story is None
    term.decided_on = decided_on
    if is_lost:
        term.outcome = "churned"
        selling.close(
            rng, deal, "Renewals", decided_on, False, late, closed_lost_reason=loss_reason(rng, account, term.due_on)
        )
        return False
    factor = rng.choices((1.0, rng.uniform(1.03, 1.16), rng.uniform(0.65, 0.95)), (52, 36, 12))[0]
    term.outcome = "renewed" if factor == 1.0 else "expanded" if factor > 1 else "contracted"
    arr = term.arr if factor == 1.0 else int(term.arr * factor) // 10 * 10
    notice_on = due_on - timedelta(days=60) if rng.random() < 0.7 else None
    values = {"hs_arr": str(arr), "amount": str(arr)}
    if notice_on is not None:
        values["notice_date"] = day_text(rng, notice_on)
    selling.close(rng, deal, "Renewals", decided_on, True, late, **values)
    contract.terms.append(Term(term.number + 1, next_start, due_on, arr, notice_on))
    return True


def add_rival_deals(rng: Random, selling: Selling, account: Account, term: Term, next_start: date) -> None:
    """Now and then somebody opens a second deal for the same term, and closes it as lost or forgets it."""
    if rng.random() > 0.04 or account.story is not None:
        return
    created_at = working_moment(rng, working_day(term.due_on - timedelta(days=rng.randint(20, 80))))
    starts_on = next_start + timedelta(days=rng.randint(0, 25))
    deal = selling.open_deal(
        rng, account, "Renewals", f"{account.name}: renewal (copy)", created_at, term.arr, working_day(term.due_on),
        contract_start_date=starts_on.isoformat(),
    )  # fmt: skip
    if rng.random() < 0.6:
        closed_on = working_day(day_of(created_at) + timedelta(days=12))
        selling.close(rng, deal, "Renewals", closed_on, False, False, closed_lost_reason="Entered twice")
    elif rng.random() < 0.5:
        deal.archived_at = at_work(created_at + rng.randint(3, 30) * DAY)


def loss_reason(rng: Random, account: Account, due_on: date) -> str:
    severe = any(t.is_severe and due_on - timedelta(days=200) < t.opened_on < due_on for t in account.troubles)
    return "Service quality" if severe and rng.random() < 0.6 else rng.choice(LOSS_REASONS)


def expand(rng: Random, selling: Selling, account: Account) -> None:
    """Expansion deals while a term runs; two in three are won and add to it."""
    assert account.win_on is not None
    last_term = account.contracts[0].terms[-1]
    until = min(last_term.due_on, selling.horizon) - timedelta(days=20)
    day = account.win_on + timedelta(days=120)
    while True:
        day = working_day(day + timedelta(days=1 + int(rng.expovariate(0.2) * 365)))
        if day + timedelta(days=70) >= until or account.story is not None:
            return
        arr = int(account.yearly_value * rng.uniform(0.06, 0.25)) // 100 * 100 + 500
        created_at = working_moment(rng, day)
        closes_on = working_day(day + timedelta(days=rng.randint(15, 60)))
        deal = selling.open_deal(
            rng,
            account,
            "Expansion",
            f"{account.name}: more machines",
            created_at,
            arr,
            closes_on,
            offering=rng.choice(OFFERINGS),
        )
        selling.walk(rng, deal, "Expansion", start_of(closes_on))
        if rng.random() < 0.65:
            selling.close(rng, deal, "Expansion", closes_on, True, late=rng.random() < 0.1)
            renew_with_it(account, closes_on, arr)
        elif rng.random() < 0.7:
            selling.close(rng, deal, "Expansion", closes_on, False, False, closed_lost_reason=rng.choice(LOSS_REASONS))


def renew_with_it(account: Account, closes_on: date, arr: int) -> None:
    """What was added to a term is part of every later one, and so of the deals that renew them."""
    running = [c for c in account.contracts if c.terms[0].starts_on <= closes_on and not is_over(c, closes_on)]
    if not running:
        return
    contract = max(running, key=lambda one: max(t.starts_on for t in one.terms if t.starts_on <= closes_on))
    for term in contract.terms:
        if term.starts_on > closes_on:
            term.arr += arr
        if term.due_on >= closes_on and term.renewal is not None:
            raise_by(term.renewal, arr)


def is_over(contract: Contract, day: date) -> bool:
    last = contract.terms[-1]
    return last.outcome == "churned" and last.decided_on is not None and last.decided_on <= day


def raise_by(deal: Record, arr: int) -> None:
    for name in ("amount", "hs_arr"):
        if name in deal.changes:
            deal.changes[name] = [replace(one, value=str(int(one.value) + arr)) for one in deal.changes[name]]
        elif deal.fixed.get(name) is not None:
            deal.fixed[name] = str(int(deal.fixed[name]) + arr)


def set_churn(account: Account, horizon: date) -> None:
    """The day the last contract ended, if all have."""
    ends = [
        contract.terms[-1].decided_on if contract.terms[-1].outcome == "churned" else None
        for contract in account.contracts
    ]
    days = [day for day in ends if day is not None]
    if len(days) == len(ends) and max(days) < horizon:
        account.churned_on = max(days)


def add_misfits(rng: Random, selling: Selling, accounts: list[Account]) -> None:
    """Won renewals that fit no term, deals of no company, and deals deleted by hand."""
    running = [
        account for account in accounts if account.story is None and account.contracts and account.churned_on is None
    ]
    for account in rng.sample(running, 2):
        term = account.contracts[0].terms[-1]
        day = working_day(term.starts_on + timedelta(days=170))
        if day >= selling.horizon:
            continue
        created_at = working_moment(rng, working_day(day - timedelta(days=30)))
        deal = selling.open_deal(
            rng,
            account,
            "Renewals",
            f"{account.name}: old workshop",
            created_at,
            4_000,
            day,
            contract_start_date=day.isoformat(),
        )
        selling.close(rng, deal, "Renewals", day, True, False)
    for _ in range(2):
        account = rng.choice(running)
        day = working_day(selling.begin + timedelta(days=rng.randint(100, 900)))
        created_at = max(working_moment(rng, day), account.record.created_at)
        deal = selling.open_deal(
            rng, account, "New Business", "Walk-in inquiry", created_at, 9_000, working_day(day + timedelta(days=60))
        )
        deal.links.clear()
    for days in (-40, 4, 19):
        account = rng.choice(running)
        created_at = working_moment(rng, working_day(selling.as_of + timedelta(days=days - 25)))
        closes_on = working_day(selling.as_of + timedelta(days=days + 60))
        deal = selling.open_deal(
            rng, account, "Expansion", f"{account.name}: typed by mistake", created_at, 7_700, closes_on
        )
        deal.archived_at = working_moment(rng, working_day(selling.as_of + timedelta(days=days)))
