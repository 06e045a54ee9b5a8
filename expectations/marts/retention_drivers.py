"""Gate 2 for retention_drivers: how renewals came out by where a driver had been."""

from expectations import ZERO_TO_ONE, Rule

KEY = (
    "driver",
    "bucket",
)
RULES = (
    Rule("ExpectColumnValuesToBeBetween", "A bucket that nobody was in has no row.", "n", {"min_value": 1}),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "rate", ZERO_TO_ONE),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An interval holds its rate.",
        kwargs={"column_A": "rate_high", "column_B": "rate", "or_equal": True},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "An interval holds its rate.",
        kwargs={"column_A": "rate", "column_B": "rate_low", "or_equal": True},
    ),
)
