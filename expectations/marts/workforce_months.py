"""Gate 2 for workforce_months: who was there, came and went by department."""

from expectations import COLLAPSE, Rule

KEY = (
    "department",
    "month",
)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Figures of under five people tell of a person.",
        "headcount",
        {"min_value": 5},
    ),
    Rule("ExpectColumnValuesToBeBetween", "Nobody joins less than once.", "joiners", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "Nobody leaves less than once.", "leavers", {"min_value": 0}),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "More than everybody leaving within a year is a history misread, but for seasonal work.",
        "churn_rate",
        {"min_value": 0, "max_value": 1, "mostly": 0.95},
        severity="warning",
    ),
)
