"""Gate 2 for restatements: what the refresh changes in months already published."""

from expectations import Rule

KEY = (
    "customer_id",
    "month",
    "column",
)
RULES = (
    Rule(
        "ExpectColumnValuesToNotBeInSet",
        "A month once over is told as of its last day for ever.",
        "column",
        {"value_set": ["as_of_on", "is_current"]},
    ),
)
