"""Gate 2 for seed_faults: rows of edited rules that have no effect. That there are some, dbt tells and reports."""

from expectations import Rule

KEY = (
    "seed_file",
    "seed_row",
)
RULES = (
    Rule(
        "ExpectColumnValuesToBeInSet",
        "A row is wrong, its time is over, or what it names is not there.",
        "verdict",
        {"value_set": ["left_out", "expired", "unresolved"]},
    ),
)
