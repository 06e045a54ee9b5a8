"""Files that people drop beside a simulated company: first a history, then news and corrections of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from dagster_project.demo.company import World
from dagster_project.demo.timeline import day_of

Row = dict[str, Any]
# Of so many customers the news correct a touch of the history.
CORRECTED = 3


def drop_history(world: World, folder: Path, as_of: date) -> None:
    """A first file of each table, with what had happened by a day."""
    rng = Random("history")
    month = as_of.replace(day=1)
    months = [before(month, count) for count in range(1, 8)]
    customers = customers_of(world)
    write(folder, "product_usage", as_of, [usage(rng, one, which) for one in customers for which in months])
    write(folder, "success_goals", as_of, [goal(rng, one, as_of, number) for one in customers for number in range(3)])
    costs = [cost(rng, {"customer_id": one}, which) for one in customers for which in months[::3]]
    segments = sorted({account.segment for account in world.accounts})
    costs += [cost(rng, {"segment": segment}, which) for segment in segments for which in months]
    write(folder, "retention_costs", as_of, costs)
    write(folder, "touches", as_of, [touch(rng, world, one, as_of, 200) for one in customers])
    heard = [voice(rng, world, one, as_of, 200) for one in customers]
    write(folder, "voice_of_customer", as_of, [*heard, *told_before_notes(world, as_of)])
    write(folder, "action_outcomes", as_of, [outcome(rng, one, as_of, 500) for one in customers])


def drop_news(world: World, folder: Path, as_of: date) -> None:
    """A second file of each table: another month, corrections of what the first one said, and things told late."""
    rng = Random("news")
    month = as_of.replace(day=1)
    customers = customers_of(world)
    told = [usage(rng, one, which) for one in customers for which in (month, before(month, 1))]
    write(folder, "product_usage", as_of, told)
    goals = told_already(folder, "success_goals")
    met = [{**one, "status": "met", "met_on": f"{as_of}"} for one in goals if one["status"] == "active"]
    write(folder, "success_goals", as_of, met[::2])
    write(folder, "retention_costs", as_of, [cost(rng, {"customer_id": one}, month) for one in customers])
    late = [touch(rng, world, one, as_of, 40) for one in customers[::2]]
    corrected = [
        touch(Random("corrected"), world, one, as_of - timedelta(days=12), 200) for one in customers[:CORRECTED]
    ]
    write(folder, "touches", as_of, late + corrected)
    # Acted on months ago, as a later file says for the first time.
    acted = [
        {**one, "acted_on_at": f"{date.fromisoformat(one['heard_at'][:10]) + timedelta(days=2)}"}
        for one in told_already(folder, "voice_of_customer")
        if one["acted_on_at"] is None
    ]
    heard = [voice(rng, world, one, as_of, 40) for one in customers[::2]]
    write(folder, "voice_of_customer", as_of, [*heard, *acted[::2]])
    corrected = [{**one, "outcome": "wrong"} for one in told_already(folder, "action_outcomes")[::3]]
    write(folder, "action_outcomes", as_of, [*corrected, *(outcome(rng, one, as_of, 10) for one in customers[::2])])


def told_already(folder: Path, table: str) -> list[Row]:
    files = sorted((folder / table).iterdir())
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def told_before_notes(world: World, as_of: date) -> Iterator[Row]:
    """What notes of the CRM say they acted on, told by a file under the very id that they name."""
    for note in world.notes[::2]:
        named = re.search(r"#acted-(\d+)", note.fixed.get("hs_note_body") or "")
        heard_on = day_of(note.created_at) - timedelta(days=3)
        if named and heard_on < as_of:
            company = next(link.to_id for link in note.links if link.to_kind == "companies")
            yield {
                "voice_id": named[1],
                "customer_id": f"hubspot:{company}",
                "heard_at": f"{heard_on}",
                "kind": "preference",
                "theme": None,
                "acted_on_at": None,
            }


def customers_of(world: World) -> list[str]:
    return [f"hubspot:{account.id}" for account in world.accounts[:40]]


def before(month: date, count: int) -> date:
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def write(folder: Path, table: str, as_of: date, rows: list[Row]) -> None:
    path = folder / table / f"{as_of}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def usage(rng: Random, customer_id: str, month: date) -> Row:
    bought = rng.choice([0, 10, 10, 25, None])
    figures = {"units_bought": bought, "units_used": rng.choice([rng.randint(0, 30), rng.randint(0, 30), None])}
    return {"customer_id": customer_id, "product": rng.choice("AB"), "month": f"{month:%Y-%m}", **figures}


def goal(rng: Random, customer_id: str, as_of: date, number: int) -> Row:
    agreed_on = as_of - timedelta(days=rng.randint(20, 500))
    due_on = agreed_on + timedelta(days=rng.randint(30, 300))
    status = rng.choice(["active", "met", "missed" if due_on < as_of else "active", "dropped"])
    met_on = min(as_of, agreed_on + timedelta(days=rng.randint(10, 200))) if status == "met" else None
    named = {"customer_id": customer_id, "goal": f"Goal {number}", "status": status}
    days = {"agreed_on": agreed_on, "due_on": due_on if rng.random() < 0.8 else None, "met_on": met_on}
    return {**named, **{name: f"{on}" for name, on in days.items() if on is not None}}


def cost(rng: Random, whose: Row, month: date) -> Row:
    amounts = {"acquisition_cost": rng.choice([None, 500, 1250.5]), "retention_cost": rng.choice([None, 80, 99.99])}
    return {**whose, "month": f"{month:%Y-%m}", **amounts}


def touch(rng: Random, world: World, customer_id: str, as_of: date, days: int) -> Row:
    channel = rng.choice(["social", "event", "call", "content", "field_visit"])
    contacts = [f"hubspot:{contact.id}" for contact in world.contacts[:200]]
    return {
        "touch_id": f"{customer_id}/{days}",
        "customer_id": customer_id,
        "occurred_at": f"{as_of - timedelta(days=rng.randint(0, days))}T{rng.randint(8, 17):02}:30:00Z",
        "channel": channel,
        "direction": rng.choice(["outbound", "outbound", "inbound"]),
        "substance": rng.choice(["substantive", "courtesy", "sales", None]),
        "theme": rng.choice(["education", "pumps", None]),
        "employee_id": rng.choice([f"bamboohr:{one.record.id}" for one in world.employees] + ["bamboohr:0"]),
        "contact_id": rng.choice([rng.choice(contacts), "hubspot:0"]) if channel == "call" else None,
        "duration_minutes": 30 if channel == "call" else None,
        "customer_talk_share": 0.6 if channel == "call" else None,
    }


def voice(rng: Random, world: World, customer_id: str, as_of: date, days: int) -> Row:
    heard_on = as_of - timedelta(days=rng.randint(0, days))
    acted_on = min(as_of, heard_on + timedelta(days=30)) if rng.random() < 0.4 else None
    return {
        "voice_id": f"{customer_id}/{days}",
        "customer_id": customer_id,
        "heard_at": f"{heard_on}T12:00:00Z",
        "kind": rng.choice(["warning", "opportunity", "expectation"]),
        "theme": rng.choice(["leaks", "pumps", "defect", "delivery"]),
        "channel": "social",
        "employee_id": rng.choice([None, f"bamboohr:{world.employees[0].record.id}"]),
        "department": rng.choice([None, "Marketing"]),
        "acted_on_at": f"{acted_on}" if acted_on else None,
        "quote": "Heard on a fair.",
    }


def outcome(rng: Random, customer_id: str, as_of: date, days: int) -> Row:
    return {
        "customer_id": customer_id,
        "driver": rng.choice(["long_silence", "no_contact_lately", "courtesy_instead_of_substance", "not a driver"]),
        "outcome": rng.choice(["done", "done", "wrong"]),
        "reason": "We called them.",
        "recorded_by": rng.choice(["Ann Lee", f"bamboohr:{rng.randint(1, 9)}"]),
        "recorded_on": f"{as_of - timedelta(days=rng.randint(1, days))}",
    }
