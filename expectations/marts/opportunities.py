"""Gate 2 for opportunities: what the front line heard and nobody has acted on. There may be none."""

from expectations import Rule

KEY = ("customer_id",)
RULES = (
    Rule("ExpectColumnValuesToBeBetween", "Who has none is not listed.", "opportunities_open", {"min_value": 1}),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "The last was heard no earlier than the first.",
        kwargs={"column_A": "last_heard_on", "column_B": "first_heard_on", "or_equal": True},
    ),
)
