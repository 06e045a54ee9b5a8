"""Gate 2 for touch_rhythm: contact by the weeks of a quarter."""

from expectations import COLLAPSE, Rule

KEY = (
    "quarter",
    "week_of_quarter",
    "segment",
)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A quarter has thirteen weeks.",
        "week_of_quarter",
        {"min_value": 1, "max_value": 13},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "What is substantive is a touch.",
        kwargs={"column_A": "touches", "column_B": "substantive_touches", "or_equal": True},
    ),
)
