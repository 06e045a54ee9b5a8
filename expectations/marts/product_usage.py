"""Gate 2 for product_usage: what customers bought and used."""

from expectations import COLLAPSE, Rule

KEY = ("product_usage_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Use of nobody raises nobody's utilization; more than half is a file that names customers in another way.",
        "customer_id",
        {"mostly": 0.5},
        severity="warning",
    ),
)
