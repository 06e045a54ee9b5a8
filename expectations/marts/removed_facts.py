"""Gate 2 for removed_facts: facts that no longer stand."""

from expectations import Rule

KEY = (
    "fact_table",
    "id",
)
RULES = (
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A fact is removed after it was recorded.",
        kwargs={
            "column_A": "removed_at",
            "column_B": "recorded_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        # A vendor's clocks can do that; what never stood counts in no month, and nobody should wait for it.
        severity="warning",
    ),
)
