"""Gate 2 for renewals: contract terms that came or come up."""

from expectations import COLLAPSE, Rule

KEY = ("renewal_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A term is due after it began.",
        kwargs={
            "column_A": "due_on",
            "column_B": "term_started_on",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr_due", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr_after", {"min_value": 0}),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "The first term is 1; a hundredth is a chain that loops.",
        "term_number",
        {"min_value": 1, "max_value": 100},
    ),
    Rule("ExpectColumnValuesToBeBetween", "Months are counted.", "pulse_months", {"min_value": 0}),
)
