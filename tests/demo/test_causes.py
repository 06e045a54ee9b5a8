"""Planted causes: drawn from published sizes, weak one by one, and a placebo that does nothing."""

from datetime import timedelta
from functools import cache

import pytest

from dagster_project.demo.accounts import simulate_accounts
from dagster_project.demo.causes import CAUSES, causes_of, churn_probability
from dagster_project.demo.company import DEFAULT_AS_OF, World
from dagster_project.demo.contacts import simulate_contacts
from dagster_project.demo.contracts import simulate_contracts
from dagster_project.demo.people import simulate_people
from dagster_project.demo.teams import simulate_teams
from dagster_project.demo.tickets import simulate_tickets
from dagster_project.demo.truth import terms_of
from dagster_project.demo.users import simulate_users

Drawn = list[tuple[list[str], bool]]


@cache
def drawn(seed: int, customers: int = 500) -> Drawn:
    """Causes and loss of every decided term of a larger company, whose conversations nobody needs for that."""
    begin, horizon = DEFAULT_AS_OF - timedelta(days=1_461), DEFAULT_AS_OF + timedelta(days=60)
    staff = simulate_people(seed, customers // 4, begin, DEFAULT_AS_OF, horizon)
    users = simulate_users(seed, staff, begin)
    accounts = simulate_accounts(seed, customers, 20, begin, DEFAULT_AS_OF, horizon)
    simulate_contacts(seed, accounts, begin, DEFAULT_AS_OF, horizon)
    simulate_teams(seed, accounts, staff, DEFAULT_AS_OF, horizon)
    simulate_tickets(seed, accounts, users, begin, DEFAULT_AS_OF, horizon)
    simulate_contracts(seed, accounts, users, begin, DEFAULT_AS_OF, horizon)
    terms = [t for a in accounts if a.story is None for c in a.contracts for t in c.terms if t.outcome is not None]
    return [(term.causes, term.outcome == "churned") for term in terms]


def pooled() -> Drawn:
    return drawn(1) + drawn(2)


def lost_share(terms: Drawn) -> float:
    return sum(lost for _, lost in terms) / len(terms)


def odds(terms: Drawn) -> float:
    """Mean probability of a loss, which has no luck of the draw in it."""
    return sum(churn_probability(causes) for causes, _ in terms) / len(terms)


def auc(terms: Drawn, names: set[str]) -> float:
    """How often a lost term bears more of these causes than a kept one, ties counting half."""
    lost = [len(names.intersection(causes)) for causes, is_lost in terms if is_lost]
    kept = [len(names.intersection(causes)) for causes, is_lost in terms if not is_lost]
    return sum((a > b) + 0.5 * (a == b) for a in lost for b in kept) / (len(lost) * len(kept))


@pytest.mark.parametrize(
    "name",
    [
        "departure_cold_and_new", "second_incident_within_90_days", "surprise", "broken_promise",
        "pulse_checks_all_through", "silence", "over_contact", "surveys_unanswered", "low_utilization",
    ],
)  # fmt: skip
def test_a_planted_cause_moves_the_share_of_lost_terms_its_way(name: str) -> None:
    with_it = [term for term in pooled() if name in term[0]]
    without = [term for term in pooled() if name not in term[0]]
    assert len(with_it) > 50
    assert (odds(with_it) > odds(without)) == (CAUSES[name].log_odds > 0)


def test_a_second_incident_soon_after_the_first_costs_more_than_one_that_was_alone_for_long() -> None:
    severe = [term for term in pooled() if "severe_incident" in term[0]]
    soon = [term for term in severe if "second_incident_within_90_days" in term[0]]
    far_apart = [term for term in severe if "second_incident_within_90_days" not in term[0]]
    assert odds(soon) > odds(far_apart)


def test_a_slow_promise_kept_costs_less_than_a_broken_one() -> None:
    slow = [term for term in pooled() if "slow_promise_kept" in term[0]]
    broken = [term for term in pooled() if "broken_promise" in term[0]]
    assert odds(slow) < odds(broken)


def test_the_successor_decides_what_a_departure_does() -> None:
    warm = [t for t in pooled() if "departure_warm_and_experienced" in t[0] and "departure_cold_and_new" not in t[0]]
    cold = [t for t in pooled() if "departure_cold_and_new" in t[0] and "departure_warm_and_experienced" not in t[0]]
    assert odds(warm) < odds(cold)


def test_turnover_alone_stays_a_weak_predictor() -> None:
    turnover = {name for name in CAUSES if name.startswith("departure")}
    assert 0.50 < auc(pooled(), turnover) <= 0.65


def test_the_placebo_has_no_weight_and_everybody_else_has_a_source() -> None:
    for cause in CAUSES.values():
        assert (cause.log_odds == 0) == (cause.source is None) == (cause.grade is None) == (cause.name == "placebo")
    assert churn_probability(["placebo"]) == churn_probability([])
    assert abs(auc(pooled(), {"placebo"}) - 0.5) < 0.05


def test_about_one_term_in_ten_is_lost_whatever_the_seed() -> None:
    for seed in (1, 2):
        assert 0.07 <= lost_share(drawn(seed)) <= 0.14


def test_the_truth_tells_of_every_drawn_term_and_of_no_story(company: World) -> None:
    told = list(terms_of(company))
    assert len(told) > 300
    storied = {story.customer_id for story in company.stories.values()}
    assert not storied & {term["customer_id"] for term in told}
    account = next(a for a in company.accounts if f"hubspot:{a.id}" == told[0]["customer_id"])
    assert causes_of(account, told[0]["due_on"]) == told[0]["causes"]


def test_the_truth_stands_in_no_record_that_a_vendor_holds(company: World) -> None:
    """But for the placebo, which a company's record shows, so that it can be mistaken for a cause."""
    for record in company.companies:
        assert not {*record.fixed, *record.changes} & {"causes", "rhythm", "care", "fragility", "churn_probability"}
    assert {r.fixed.get("met_at_fair") for r in company.companies} >= {"true", "false"}
