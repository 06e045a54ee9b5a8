"""Gate 1 for BambooHR's list of changed employees, the only sign of a deletion."""

from expectations import LANDED, ONLY_WHAT_HR_ALLOWS, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule(
        "ExpectTableColumnsToMatchSet",
        ONLY_WHAT_HR_ALLOWS,
        kwargs={"column_set": ["id", "action", "lastChanged", *LANDED]},
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Which employee changed.", "id"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "A deletion is told by it; an unknown word would leave the deleted standing.",
        "action",
        {"value_set": ["Inserted", "Updated", "Deleted", "inserted", "updated", "deleted"]},
    ),
    Rule("ExpectColumnValuesToMatchRegex", "When HR changed it.", "lastChanged", TIMESTAMP),
)
