"""Gate 2 for action_outcomes: what people said came of recommended actions."""

from expectations import Rule

KEY = ("action_outcome_id",)
RULES = (
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An action upon nobody known lets nothing rest; more than half is a file with the ids of another system.",
        "customer_id",
        {"mostly": 0.5},
        severity="warning",
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "Nothing rests before it was done or found wrong.",
        kwargs={"column_A": "rests_until_on", "column_B": "recorded_on", "or_equal": True},
    ),
)
