"""Gate 2 for voice_of_customer: what customers were heard to say."""

from expectations import COLLAPSE, Rule

KEY = ("voice_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "What nobody said helps nobody; more than half is a lost association.",
        "customer_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Without a theme, a warning is tied to no incident and no theme can act on it.",
        "theme",
        {"mostly": 0.5},
        severity="warning",
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "It was acted on after it was heard.",
        kwargs={
            "column_A": "acted_on_at",
            "column_B": "heard_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
)
