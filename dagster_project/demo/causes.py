"""Why a contract term is lost, as planted: what weighs how much, by whose finding, and which terms it befell.

Beside each cause stands who found it and how far that can be believed; the sizes are log odds, so that they add up.
Outcomes are drawn from these alone; what the vendors hold shows the causes, never the odds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from dagster_project.demo.accounts import LOW_USE, Account
from dagster_project.demo.promises import broken
from dagster_project.demo.teams import Spell
from dagster_project.demo.tickets import Trouble
from dagster_project.demo.timeline import DAY, day_of, start_of

BASE_RATE = 0.04


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that moves the odds of losing a term. Grade A is causal or a meta-analysis, B observational,
    C and D a vendor or an unknown method; a placebo has no source and no weight."""

    name: str
    log_odds: float
    grade: str | None
    source: str | None


CAUSES = {
    cause.name: cause
    for cause in (
        Cause("departure_cold_and_new", 0.75, "A", "Shi, Sridhar, Grewal, Lilien 2017"),
        Cause("departure_warm_and_experienced", -0.25, "B+", "Schmitz, Friess, Alavi, Habel 2020"),
        Cause("departure_otherwise", 0.45, "A", "Park & Shaw 2013; Hancock 2013"),
        Cause("severe_incident", 0.20, "A-/B", "Bolton, Lemon, Bramlett 2006"),
        Cause("second_incident_within_90_days", 0.70, "B", "Knox & van Oest 2014"),
        Cause("surprise", 0.35, "A-/B", "Bolton, Lemon, Bramlett 2006"),
        Cause("broken_promise", 0.50, "B-D", "Gneezy & Epley; CEB"),
        Cause("slow_promise_kept", 0.05, "B-D", "Gneezy & Epley; CEB"),
        Cause("pulse_checks_all_through", -0.60, "B", "Ascarza, Netzer, Hardie 2018"),
        Cause("silence", 0.65, "B", "Ascarza, Netzer, Hardie 2018"),
        Cause("over_contact", 0.50, "A/B", "Ascarza 2016; Becker 2020; Godfrey 2011"),
        Cause("surveys_unanswered", 0.35, "C", "Waypoint 2010"),
        Cause("low_utilization", 0.40, "B", "Ascarza & Hardie 2013"),
        Cause("placebo", 0.0, None, None),
    )
}
RHYTHMS = {"steady": "pulse_checks_all_through", "silent": "silence", "smothered": "over_contact"}
EXPERIENCED_DAYS = 365
SLOW_DAYS = 6


def causes_of(account: Account, due_on: date) -> list[str]:
    """What befell the customer in the year before a term's due day, by the names of CAUSES."""
    since = due_on - timedelta(days=365)
    found = departures(account, since, due_on)
    troubles = [t for t in account.troubles if since < t.opened_on < due_on and t.is_incident]
    found += incidents(troubles) + kept_or_broken(troubles, account.segment)
    if account.rhythm in RHYTHMS:
        found.append(RHYTHMS[account.rhythm])
    if not account.is_answering:
        found.append("surveys_unanswered")
    if account.use < LOW_USE:
        found.append("low_utilization")
    if account.is_fair_visitor:
        found.append("placebo")
    return found


def churn_probability(causes: list[str]) -> float:
    log_odds = math.log(BASE_RATE / (1 - BASE_RATE)) + sum(CAUSES[name].log_odds for name in causes)
    return 1 / (1 + math.exp(-log_odds))


def departures(account: Account, since: date, until: date) -> list[str]:
    """Changes because a person left the company, each by how the successor came; the first of a kind counts."""
    found: set[str] = set()
    for spells in account.teams.values():
        for before, after in zip(spells, spells[1:], strict=False):
            if start_of(since) <= after.since < start_of(until) and has_left(before, after):
                found.add(succession(after))
    return sorted(found)


def has_left(before: Spell, after: Spell) -> bool:
    person = before.employee
    return person is not None and not person.is_employed_on(day_of(after.since + 46 * DAY))


def succession(after: Spell) -> str:
    if after.employee is None:
        return "departure_cold_and_new"
    is_experienced = (day_of(after.since) - after.employee.hired_on).days >= EXPERIENCED_DAYS
    if after.is_warm and is_experienced:
        return "departure_warm_and_experienced"
    return "departure_otherwise" if after.is_warm or is_experienced else "departure_cold_and_new"


def incidents(troubles: list[Trouble]) -> list[str]:
    severe = sorted(t.opened_on for t in troubles if t.is_severe)
    found = ["severe_incident"] if severe else []
    if any((later - earlier).days <= 90 for earlier, later in zip(severe, severe[1:], strict=False)):
        found.append("second_incident_within_90_days")
    if any(t.is_surprise for t in troubles):
        found.append("surprise")
    return found


def kept_or_broken(troubles: list[Trouble], segment: str) -> list[str]:
    """A broken promise, or else a fix that took its time and was kept."""
    kept = [broken(trouble.ticket, segment) for trouble in troubles]
    if any(kept):
        return ["broken_promise"]
    is_slow = any(
        is_broken is False and t.solved_at is not None and t.solved_at - t.ticket.created_at > SLOW_DAYS * DAY
        for t, is_broken in zip(troubles, kept, strict=True)
    )
    return ["slow_promise_kept"] if is_slow else []
