"""Gate 2 for unresolved_references: what points to nothing."""

from expectations import Rule

KEY = (
    "source_system",
    "source_object",
    "source_record_id",
)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "What a person mends it by.", "reason"),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "A reference is last seen after it was first.",
        kwargs={
            "column_A": "last_seen_at",
            "column_B": "first_seen_at",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
)
