"""Deals as they stood on a day, the contract terms that they open, renew and expand, and what these are worth."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

from tests.reference.days import add_months, day, instant, number
from tests.reference.identity import Identity
from tests.reference.landing import Fact, Landing, Row

PIPELINES = {"New Business": "new_business", "Renewals": "renewal", "Expansion": "expansion"}


@dataclass(frozen=True, kw_only=True)
class Deal(Fact):
    deal_id: str
    number: int
    customer_id: str | None
    properties: Row
    history: dict[str, list[tuple[datetime, str | None]]]
    stages: dict[tuple[str, str], tuple[str | None, str]]

    def value(self, name: str, as_of: date) -> str | None:
        known = [value for at, value in self.history.get(name, []) if at.date() <= as_of]
        return known[-1] if known and known[-1] != "" else None

    def state(self, as_of: date) -> DealState | None:
        if not self.known(as_of):
            return None
        pipeline, outcome = self.stages.get(
            (self.value("pipeline", as_of) or "", self.value("dealstage", as_of) or ""), (None, "open")
        )
        close_on = day(self.value("closedate", as_of))
        if outcome != "open" and (close_on is None or close_on > as_of):
            outcome = "open"
        start_on = day(self.value("contract_start_date", as_of)) or close_on
        end_on = day(self.value("contract_end_date", as_of))
        if end_on is None and start_on is not None:
            end_on = add_months(start_on, 12) - timedelta(days=1)
        arr = number(self.value("hs_arr", as_of))
        return DealState(
            deal=self,
            kind=PIPELINES.get(pipeline or ""),
            outcome=outcome,
            close_on=close_on,
            start_on=start_on,
            end_on=end_on,
            notice_on=day(self.value("notice_date", as_of)),
            arr=arr if arr is not None else number(self.value("amount", as_of)),
            currency=self.value("deal_currency_code", as_of) or "USD",
        )


@dataclass(frozen=True)
class DealState:
    deal: Deal
    kind: str | None
    outcome: str
    close_on: date | None
    start_on: date | None
    end_on: date | None
    notice_on: date | None
    arr: float | None
    currency: str


@dataclass
class Term:
    contract: Deal
    number: int
    opened_by: DealState
    renewal: DealState | None = None
    expansions: list[DealState] = field(default_factory=list)
    following: Term | None = None

    @property
    def start_on(self) -> date:
        assert self.opened_by.start_on
        return self.opened_by.start_on

    @property
    def due_on(self) -> date:
        assert self.opened_by.end_on
        return self.opened_by.end_on

    def decided_on(self, as_of: date) -> date | None:
        if self.renewal is not None:
            return self.renewal.close_on if self.renewal.outcome != "open" else None
        return self.due_on + timedelta(days=90) if (as_of - self.due_on).days > 90 else None

    def runs_until(self, as_of: date) -> date | None:
        """First day on which the term no longer runs; null while nothing ends it."""
        if self.following is not None:
            return self.following.start_on
        return self.decided_on(as_of)

    def runs(self, on: date, as_of: date) -> bool:
        until = self.runs_until(as_of)
        return self.start_on <= on and (until is None or on < until)

    def counted_expansions(self, as_of: date) -> list[DealState]:
        """Expansions closed by the earlier of due day and as-of day."""
        limit = min(self.due_on, as_of)
        return [expansion for expansion in self.expansions if expansion.close_on and expansion.close_on <= limit]


class Deals:
    def __init__(self, landing: Landing, identity: Identity, seeds: Path) -> None:
        self.landing = landing
        self.identity = identity
        self.seeds = seeds

    @cached_property
    def stages(self) -> dict[tuple[str, str], tuple[str | None, str]]:
        """Pipeline label and outcome of each pipeline's stages."""
        found: dict[tuple[str, str], tuple[str | None, str]] = {}
        for row in self.landing.rows("hubspot__deal_pipelines"):
            for stage in json.loads(row["stages"]):
                metadata = stage.get("metadata") or {}
                outcome = "open"
                if str(metadata.get("isClosed")).lower() == "true":
                    outcome = "won" if float(metadata.get("probability") or 0) == 1 else "lost"
                found[(row["id"], stage["id"])] = (row["label"], outcome)
        return found

    @cached_property
    def all(self) -> list[Deal]:
        found = []
        for record in self.landing.hubspot("hubspot__deals"):
            if not record.counts:
                continue
            history = record.history()
            for name, value in record.properties.items():
                history.setdefault(name, [(record.recorded_at, value)])
            found.append(
                Deal(
                    source_system="hubspot",
                    source_record_id=record.source_record_id,
                    recorded_at=record.recorded_at,
                    removed_at=record.removed_at,
                    deal_id=f"hubspot:{record.source_record_id}",
                    number=int(record.source_record_id),
                    customer_id=self.identity.customer_of(record),
                    properties=record.properties,
                    history=history,
                    stages=self.stages,
                )
            )
        return found

    @cached_property
    def customers(self) -> dict[int, str | None]:
        """The customer of each deal by the deal's number."""
        return {deal.number: deal.customer_id for deal in self.all}

    @cached_property
    def by_customer(self) -> dict[str | None, list[Deal]]:
        found: dict[str | None, list[Deal]] = {}
        for deal in self.all:
            found.setdefault(deal.customer_id, []).append(deal)
        return found

    def states(self, customer_id: str | None, as_of: date) -> list[DealState]:
        return [state for deal in self.by_customer.get(customer_id, []) if (state := deal.state(as_of))]

    def state_of(self, deal: Deal, as_of: date) -> DealState:
        """The state of a deal that is known."""
        state = deal.state(as_of)
        assert state
        return state

    @cached_property
    def rates(self) -> dict[str, list[tuple[date, float]]]:
        found: dict[str, list[tuple[date, float]]] = {}
        with (self.seeds / "rates" / "exchange_rates.csv").open() as file:
            for row in csv.DictReader(file):
                dated = (date.fromisoformat(row["valid_on"]), float(row["rate"]))
                found.setdefault(row["currency"], []).append(dated)
        return {currency: sorted(dated) for currency, dated in found.items()}

    def dollars(self, state: DealState, as_of: date) -> float:
        """ARR of a deal at the rate of its close day, of an open one at that of the as-of day."""
        on = as_of if state.outcome == "open" or state.close_on is None else state.close_on
        return (state.arr or 0.0) * self.rate(state.currency, on)

    def rate(self, currency: str, on: date) -> float:
        """Dollars for one unit of a currency by the latest rate of a day."""
        if currency == "USD":
            return 1.0
        return [rate for valid_on, rate in self.rates[currency] if valid_on <= on][-1]

    def customer_since(self, customer_id: str, as_of: date) -> date | None:
        """Close day of the first won new-business deal."""
        return min(
            (s.close_on for s in self.states(customer_id, as_of) if is_won_new_business(s) and s.close_on), default=None
        )

    @cache  # noqa: B019 - an instance lives as long as one test
    def terms(self, customer_id: str | None, as_of: date) -> list[Term]:
        """Terms of the customer's contracts as known, with the renewals and expansions that go with them."""
        states = self.states(customer_id, as_of)
        opening = [s for s in states if s.outcome == "won" and s.kind in ("new_business", "renewal") and s.start_on]
        renewals = [s for s in states if s.kind == "renewal" and s.start_on]
        chosen = renewals_of_terms(opening, renewals)
        used = {renewal.deal.deal_id for renewal in chosen.values()}
        by_deal = {state.deal.deal_id: state for state in opening}
        fitting = {r.deal.deal_id for r in renewals if any(distance(term, r) is not None for term in opening)}
        found: list[Term] = []
        for state in opening:
            if state.kind == "renewal" and (state.deal.deal_id in used or state.deal.deal_id in fitting):
                continue
            term = Term(state.deal, 1, state)
            while True:
                found.append(term)
                term.renewal = chosen.get(term.opened_by.deal.deal_id)
                if term.renewal is None or term.renewal.outcome != "won":
                    break
                term.following = Term(term.contract, term.number + 1, by_deal[term.renewal.deal.deal_id])
                term = term.following
        for state in states:
            if state.kind == "expansion" and state.outcome == "won":
                assert state.close_on
                running = [term for term in found if term.runs(state.close_on, as_of)]
                if running:
                    max(running, key=lambda t: (t.start_on, -t.opened_by.deal.number)).expansions.append(state)
        return found

    def arr(self, terms: list[Term], on: date, as_of: date) -> float:
        """ARR of the terms that run on a day, with the expansions closed by then."""
        return sum(
            self.dollars(term.opened_by, as_of)
            + sum(self.dollars(e, as_of) for e in term.expansions if e.close_on and e.close_on <= on)
            for term in terms
            if term.runs(on, as_of)
        )

    def arr_due(self, term: Term, as_of: date) -> float | None:
        counted = [term.opened_by, *term.counted_expansions(as_of)]
        if all(state.arr is None for state in counted):
            return None
        return sum(self.dollars(state, as_of) for state in counted)

    def outcome(self, term: Term, as_of: date) -> str:
        if term.decided_on(as_of) is None:
            return "open"
        if term.renewal is None or term.renewal.outcome == "lost":
            return "churned"
        counted = [term.opened_by, *term.counted_expansions(as_of)]
        if len({state.currency for state in (term.renewal, *counted)}) == 1:
            due = sum(state.arr or 0.0 for state in counted)
            after = term.renewal.arr or 0.0
        else:
            due = sum(self.dollars(state, as_of) for state in counted)
            after = self.dollars(term.renewal, as_of)
        if abs(after - due) <= 0.01 * due:
            return "renewed"
        return "expanded" if after > due else "contracted"


def is_won_new_business(state: DealState) -> bool:
    return state.kind == "new_business" and state.outcome == "won"


def distance(term: DealState, renewal: DealState) -> int | None:
    """Days from the day after the term's end to the renewal's start; null if the renewal does not fit the term."""
    assert term.end_on and term.start_on and renewal.start_on
    apart = abs((renewal.start_on - term.end_on).days - 1)
    fits = apart <= 60 and term.start_on < renewal.start_on and term.deal is not renewal.deal
    return apart if fits else None


def renewals_of_terms(opening: list[DealState], renewals: list[DealState]) -> dict[str, DealState]:
    """The renewal deal of each term, by the deal that opened the term; each deal is used once, by its nearest term."""
    chosen: dict[str, DealState] = {}
    used: set[str] = set()
    while True:
        suitors: dict[str, list[DealState]] = {}
        for renewal in renewals:
            if renewal.deal.deal_id in used:
                continue
            free = [
                (apart, term.deal.number, term)
                for term in opening
                if term.deal.deal_id not in chosen and (apart := distance(term, renewal)) is not None
            ]
            if free:
                suitors.setdefault(min(free, key=lambda entry: entry[:2])[2].deal.deal_id, []).append(renewal)
        if not suitors:
            return chosen
        for term in opening:
            for_term = suitors.get(term.deal.deal_id)
            if for_term:
                best = min(
                    for_term,
                    key=lambda r: (["won", "open", "lost"].index(r.outcome), distance(term, r), r.deal.number),
                )
                chosen[term.deal.deal_id] = best
                used.add(best.deal.deal_id)


def churned_on(terms: list[Term], as_of: date) -> date | None:
    """Day on which the last running contract ended; null while any runs."""
    if not terms or any(term.runs(as_of, as_of) for term in terms):
        return None
    last = [term for term in terms if term.following is None]
    untils = [max(until, term.start_on) for term in last if (until := term.runs_until(as_of)) is not None]
    return max((until for until in untils if until <= as_of), default=None)


def next_term(terms: list[Term], as_of: date) -> tuple[Term | None, Term | None]:
    """The earliest undecided term, and the running term of its contract."""
    undecided = [term for term in terms if term.decided_on(as_of) is None]
    if not undecided:
        return None, None
    term = min(undecided, key=lambda t: (t.due_on, t.contract.number))
    running = [t for t in terms if t.contract is term.contract and t.runs(as_of, as_of)]
    return term, max(running, key=lambda t: t.start_on, default=None)


def seller_at_first_win(deals: Deals, identity: Identity, customer_id: str, as_of: date) -> str | None:
    """Employee who held the role seller when the first deal was won."""
    won = [(s.close_on, s.deal.number, s.deal) for s in deals.states(customer_id, as_of) if is_won_new_business(s)]
    deal = min(won)[2]
    closed = instant(deal.value("closedate", as_of))
    assert closed
    history = [(at, owner) for at, owner in deal.history.get("hubspot_owner_id", []) if at.date() <= as_of]
    before = [owner for at, owner in history if at <= closed] or [owner for _, owner in history[:1]]
    return identity.employee_of_owner(before[-1] or None) if before else None
