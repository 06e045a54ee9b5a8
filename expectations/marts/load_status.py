"""Gate 2 for load_status: how fresh each source table is."""

from expectations import Rule

KEY = ("source_table",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", "Without a load nothing can be trusted.", kwargs={"min_value": 1}),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Old data behind a new report looks fresh; the report says so too.",
        "freshness",
        {"value_set": ["fresh"]},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToBeBetween",
        "A refused load leaves its table as it was before.",
        "rules_failed",
        {"max_value": 0},
        severity="warning",
    ),
)
