"""Gate 2 for retention_by_month: retention over twelve months."""

from expectations import COLLAPSE, ZERO_TO_ONE, Rule

KEY = (
    "month",
    "segment",
)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr_start", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr_end", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "Kept revenue is not negative.", "grr", {"min_value": 0}),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "logo_retention", ZERO_TO_ONE),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "renewal_rate_12m", ZERO_TO_ONE),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "Who is kept was there.",
        kwargs={"column_A": "customers_start", "column_B": "customers_kept", "or_equal": True},
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Tripling within a year is a currency or a unit gone wrong, but for the smallest segments.",
        "nrr",
        {"max_value": 3, "mostly": 0.9},
        severity="warning",
    ),
)
