"""Gate 2 for renewal_survival: how many contracts live through their n-th term."""

from expectations import ZERO_TO_ONE, Rule

KEY = (
    "term_number",
    "segment",
)
RULES = (
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "No more are lost than were due.",
        kwargs={"column_A": "due", "column_B": "lost", "or_equal": True},
    ),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "survival", ZERO_TO_ONE),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An interval holds its estimate.",
        kwargs={
            "column_A": "survival_high",
            "column_B": "survival",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An interval holds its estimate.",
        kwargs={
            "column_A": "survival",
            "column_B": "survival_low",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
)
