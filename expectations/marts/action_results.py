"""Gate 2 for action_results: what people said of recommended actions, and the renewals that followed."""

from expectations import ZERO_TO_ONE, Rule

KEY = ("driver",)
RULES = (
    Rule("ExpectColumnValuesToBeBetween", "A share lies between 0 and 1.", "wrong_share", ZERO_TO_ONE),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "No more retained than there were.",
        kwargs={"column_A": "n_done", "column_B": "retained_done", "or_equal": True},
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "No more retained than there were.",
        kwargs={"column_A": "n_without", "column_B": "retained_without", "or_equal": True},
    ),
)
