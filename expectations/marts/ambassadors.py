"""Gate 2 for ambassadors: customers who could speak for us. There may be none."""

from expectations import Rule

KEY = ("customer_id",)
RULES = (
    Rule("ExpectColumnValuesToBeBetween", "Nobody is asked without a reason.", "reasons", {"min_value": 1}),
    Rule("ExpectColumnValuesToBeBetween", "Who said less does not speak for us.", "nps", {"min_value": 9}),
)
