"""Gate 2 for survey_responses: whom we asked, and what they answered."""

from expectations import COLLAPSE, Rule

KEY = ("survey_response_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An answer of nobody helps nobody; more than half is a lost association.",
        "customer_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A survey is answered after it was sent.",
        kwargs={
            "column_A": "responded_at",
            "column_B": "sent_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A score beyond its maximum is on another scale.",
        kwargs={
            "column_A": "score_max",
            "column_B": "score",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "What comes later than 30 days after an answer is not done upon it.",
        "action_lag_days",
        {"min_value": 0, "max_value": 30},
    ),
)
