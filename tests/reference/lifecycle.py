"""customer_lifecycle: the customers of now in one table, with names, owners and what looks across customers."""

from __future__ import annotations

import pandas

from tests.reference.facts import Facts
from tests.reference.health import Health
from tests.reference.landing import Row
from tests.reference.proof import Proof


class Lifecycle:
    def __init__(self, facts: Facts, health: Health, proof: Proof) -> None:
        self.facts = facts
        self.health = health
        self.proof = proof

    def customer_lifecycle(self) -> pandas.DataFrame:
        customers = {row["customer_id"]: dict(row) for _, row in self.facts.customers().iterrows()}
        names = {row["employee_id"]: row["full_name"] for _, row in self.facts.employees().iterrows()}
        return pandas.DataFrame(
            [self.row(row, customers[row["customer_id"]], names) for row in self.health.rows if row["is_current"]],
            dtype=object,
        )

    def row(self, row: Row, customer: Row, names: Row) -> Row:
        told = ("customer_name", "domain", "industry", "region", "customer_since_on", "has_ghost_owner")
        owners = ("account_manager", "csm")
        return {
            **row,
            **{name: customer[name] for name in told},
            **{f"{owner}_id": customer[f"{owner}_id"] for owner in owners},
            **{f"{owner}_name": names.get(customer[f"{owner}_id"]) for owner in owners},
            "arr_due_12m": self.proof.arr_due_12m(row["customer_id"]),
            "renewal_risk": self.proof.renewal_risk(row["health_band"]),
            "expected_loss": self.proof.expected_loss(row["customer_id"], row["health_band"]),
        }
