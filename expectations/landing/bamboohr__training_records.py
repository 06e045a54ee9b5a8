"""Gate 1 for BambooHR's training records; an employee read without any has one row without an id."""

from expectations import LANDED, ONLY_WHAT_HR_ALLOWS, Rule

KEY = ("employeeId", "id")
RULES = (
    Rule(
        "ExpectTableColumnsToMatchSet",
        ONLY_WHAT_HR_ALLOWS,
        kwargs={"column_set": ["employeeId", "id", "type", "completed", *LANDED]},
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Whose training it is.", "employeeId"),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Which training it was; a training without a type is a hidden field.",
        "type",
        where="id == id",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A day as YYYY-MM-DD; 0000-00-00 is BambooHR's none.",
        "completed",
        {"regex": r"^(?:\d{4}-\d{2}-\d{2})?$"},
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all training records do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
