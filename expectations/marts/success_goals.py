"""Gate 2 for success_goals: goals agreed with customers."""

from expectations import COLLAPSE, Rule

KEY = ("success_goal_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A goal of nobody helps nobody; more than half is a lost association.",
        "customer_id",
        {"mostly": 0.5},
        severity="warning",
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "What was met before it was agreed was no goal.",
        kwargs={
            "column_A": "met_on",
            "column_B": "agreed_on",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        severity="warning",
    ),
)
