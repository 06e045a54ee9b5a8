"""Gate 2 for recommended_actions: what to do first for whom."""

from expectations import Rule

KEY = ("customer_id", "driver")
RULES = (
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "What belongs to nobody is done by nobody: the CRM names no one who is with us, and HR no one above.",
        "owner_id",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "Nobody can act before today.",
        kwargs={"column_A": "due_on", "column_B": "as_of_on", "or_equal": True},
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A reason without a record behind it cannot be looked up; some have none, as nothing ever happened.",
        "evidence",
        {"regex": r'"fact_id":', "mostly": 0.5},
        severity="warning",
    ),
)
