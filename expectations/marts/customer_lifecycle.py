"""Gate 2 for customer_lifecycle: customers as they stand now."""

from expectations import COLLAPSE, Rule

KEY = ("customer_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Reports are read by name.",
        "customer_name",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A term undecided for more than a year is a renewal nobody entered.",
        "days_to_renewal",
        {"min_value": -365},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Most customers have an account manager; else the role properties are mapped wrongly.",
        "account_manager_id",
        {"mostly": 0.5},
        severity="warning",
    ),
)
