"""What is true of the simulated company beyond what any vendor holds: which causes befell which term, and their sizes.

Written beside the data for those who judge a mart's findings; no source, model or report reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.demo.causes import BASE_RATE, CAUSES, churn_probability
from dagster_project.demo.company import World

TERMS_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("contract_id", pa.string()),
        ("term_number", pa.int32()),
        ("due_on", pa.date32()),
        ("causes", pa.list_(pa.string())),
        ("churn_probability", pa.float64()),
        ("outcome", pa.string()),
        ("decided_on", pa.date32()),
    ]
)


def terms_of(world: World) -> Iterator[dict[str, Any]]:
    """Every term whose end was drawn, the days to come included; the stories' ends are written, not drawn."""
    for account in world.accounts:
        for contract in account.contracts if account.story is None else ():
            for term in contract.terms:
                if term.outcome is not None:
                    yield {
                        "customer_id": f"hubspot:{account.id}",
                        "contract_id": f"hubspot:{contract.deal.id}",
                        "term_number": term.number,
                        "due_on": term.due_on,
                        "causes": term.causes,
                        "churn_probability": churn_probability(term.causes),
                        "outcome": term.outcome,
                        "decided_on": term.decided_on,
                    }


def write_truth(world: World, folder: Path) -> None:
    """`terms/` has a file a part; sizes, sources and stories are the same for all parts and come with the first."""
    (folder / "terms").mkdir(parents=True, exist_ok=True)
    terms = pa.Table.from_pylist(list(terms_of(world)), TERMS_SCHEMA)
    pq.write_table(terms, folder / "terms" / f"{world.part:04d}.parquet")
    if world.part:
        return
    told = {
        "seed": world.seed,
        "as_of": world.as_of.isoformat(),
        "base_rate": BASE_RATE,
        "causes": [asdict(cause) for cause in CAUSES.values()],
        "stories": [asdict(story) for story in world.stories.values()],
    }
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    (folder / "causes.json").write_text(text, encoding="utf-8")
