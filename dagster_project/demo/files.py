"""What people of the demo company export now and then and drop: product usage, success goals, and what it all cost."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from dagster_project.demo.accounts import Account
from dagster_project.demo.company import World
from dagster_project.demo.timeline import months_later, working_day

PRODUCTS = ("Remote Monitoring", "Operator App", "Spare Parts Plan")
# Of what it will use one day, a customer uses so much in its first months.
LEARNING = (0.4, 0.6, 0.8)
GOALS = (
    "Two per cent fewer rejects",
    "Uptime of 97 %",
    "Changeover within 20 minutes",
    "Every shift trained",
    "Energy per unit down by a tenth",
)
# A month of each segment: what a customer costs to keep and to win, and what is spent on winning whomever.
COSTS = {"enterprise": (900, 24_000, 6_000), "mid_market": (350, 9_000, 4_000), "small_business": (120, 3_000, 2_000)}


@dataclass(frozen=True, slots=True)
class File:
    """A file for the folder of its table."""

    table: str
    name: str
    content: bytes


def drop(world: World, folder: Path) -> None:
    """Put the files where people put them; one that lies there is left as it is."""
    for file in files_of(world):
        path = folder / file.table / file.name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(file.content)


def files_of(world: World) -> list[File]:
    """One file a table with all that was known at the end of the as-of day: of the running month, its use so far."""
    suffix = f"_{world.part + 1}" if world.part else ""
    served = [account for account in world.accounts if account.win_on is not None and account.win_on <= world.as_of]
    usage = [row for account in served for row in usage_of(world, account)]
    goals = [row for account in served for row in goals_of(world, account)]
    costs = [row for account in served for row in costs_of(world, account)]
    if world.part == 0:
        costs += budgets_of(world)
    columns = ("customer_id", "product", "month", "units_bought", "units_used")
    return [
        File("product_usage", f"usage{suffix}.csv", as_csv(columns, usage)),
        File("success_goals", f"goals{suffix}.jsonl", as_json_lines(goals)),
        File(
            "retention_costs",
            f"costs{suffix}.csv",
            as_csv(("customer_id", "segment", "month", "acquisition_cost", "retention_cost"), costs),
        ),
    ]


def usage_of(world: World, account: Account) -> Iterator[Sequence[object]]:
    """One or two products from the month of the win on, used as much as this customer does, give or take."""
    rng = Random(f"{world.seed}/usage/{account.record.id}")
    for product in rng.sample(PRODUCTS, rng.choice((1, 1, 2))):
        bought = max(5, account.yearly_value // 3_000)
        grows_in = rng.randint(8, 60)
        for position, month in enumerate(months_under_contract(world, account)):
            if position == grows_in:
                bought += max(1, bought // 4)
            learned = LEARNING[position] if position < len(LEARNING) else 1.0
            used = round(bought * min(1.0, max(0.0, account.use * learned + rng.gauss(0, 0.05))))
            yield f"hubspot:{account.id}", product, f"{month:%Y-%m}", bought, used


def months_under_contract(world: World, account: Account) -> Iterator[date]:
    """First days of the months from the win to the loss or the as-of day, the last of which is seldom a whole one."""
    assert account.win_on is not None
    return months_until(account.win_on, min(world.as_of, account.churned_on or world.as_of))


def months_until(since: date, last_day: date) -> Iterator[date]:
    month = since.replace(day=1)
    while month <= last_day:
        yield month
        month = months_later(month, 1)


def is_over(world: World, month: date) -> bool:
    return months_later(month, 1) <= world.as_of + timedelta(days=1)


def goals_of(world: World, account: Account) -> Iterator[dict[str, Any]]:
    """About one a year. Who uses what it bought reaches its goals more often."""
    assert account.win_on is not None
    rng = Random(f"{world.seed}/goals/{account.record.id}")
    agreed_on = working_day(account.win_on + timedelta(days=rng.randint(20, 120)))
    is_ambassador = account.story == "happy_ambassador"
    for goal in rng.sample(GOALS, len(GOALS)):
        if agreed_on > min(world.as_of, account.churned_on or world.as_of):
            return
        due_on = working_day(agreed_on + timedelta(days=rng.randint(120, 270)))
        is_met = rng.random() < 0.25 + 0.65 * account.use or is_ambassador
        met_on = working_day(due_on - timedelta(days=rng.randint(2 if is_ambassador else -40, 60)))
        yield {
            "customer_id": f"hubspot:{account.id}",
            "goal": goal,
            "agreed_on": agreed_on.isoformat(),
            "due_on": due_on.isoformat(),
            **standing_of(world, account, due_on, met_on if is_met else None),
        }
        agreed_on = working_day(due_on + timedelta(days=rng.randint(40, 200)))


def standing_of(world: World, account: Account, due_on: date, met_on: date | None) -> dict[str, str | None]:
    """What the list says of a goal on the as-of day; one still open when the customer leaves is dropped."""
    if met_on is not None and met_on <= min(world.as_of, account.churned_on or world.as_of):
        return {"met_on": met_on.isoformat(), "status": "met"}
    if account.churned_on is not None and account.churned_on <= min(world.as_of, due_on):
        return {"met_on": None, "status": "dropped"}
    return {"met_on": None, "status": "missed" if due_on < world.as_of else "active"}


def costs_of(world: World, account: Account) -> Iterator[Sequence[object]]:
    """What winning the customer cost, and what each quarter keeps it."""
    assert account.win_on is not None
    rng = Random(f"{world.seed}/costs/{account.record.id}")
    keeping, winning, _ = COSTS[account.segment]
    won_in = account.win_on.replace(day=1)
    for position, month in enumerate(months_under_contract(world, account)):
        won = round(winning * rng.uniform(0.6, 1.5)) if month == won_in else None
        kept = round(3 * keeping * rng.uniform(0.7, 1.4) * (0.5 + account.care)) if position % 3 == 2 else None
        if is_over(world, month) and (won is not None or kept is not None):
            yield f"hubspot:{account.id}", None, f"{month:%Y-%m}", won, kept


def budgets_of(world: World) -> Iterator[Sequence[object]]:
    """What is spent on winning customers before anybody knows which: one row a segment and month."""
    rng = Random(f"{world.seed}/budgets")
    for month in months_until(world.begin, world.as_of):
        for segment, (_, _, budget) in COSTS.items() if is_over(world, month) else ():
            yield None, segment, f"{month:%Y-%m}", round(budget * rng.uniform(0.8, 1.2)), None


def as_csv(columns: Sequence[str], rows: list[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([columns, *rows])
    return text.getvalue().encode()


def as_json_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
