"""Gate 2 for health_backtest: scores and drivers held against the renewals that followed."""

from expectations import ZERO_TO_ONE, Rule

KEY = (
    "predictor",
    "segment",
)
RULES = (
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "No more churned than there were.",
        kwargs={"column_A": "n", "column_B": "churned", "or_equal": True},
    ),
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "brier_score", ZERO_TO_ONE),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "Nothing of what is known of renewals ranks so well months ahead: the outcome has leaked into the value.",
        "auc",
        {"min_value": 0, "max_value": 0.9},
        severity="warning",
    ),
)
