"""Gate 2 for quarantined_rows: what gate 1 holds back, a list for a person."""

from expectations import Rule

KEY = ("quarantine_id", "rule")
RULES = (
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A row is released by this id, as `make quarantine` prints it.",
        "quarantine_id",
        {"regex": r"^[0-9a-f]{12}$"},
    ),
)
