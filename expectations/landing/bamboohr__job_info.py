"""Gate 1 for BambooHR's job rows; an employee read without any has one row without a date."""

from expectations import LANDED, ONLY_WHAT_HR_ALLOWS, Rule

KEY = ("employeeId", "date")
RULES = (
    Rule(
        "ExpectTableColumnsToMatchSet",
        ONLY_WHAT_HR_ALLOWS,
        kwargs={"column_set": ["employeeId", "date", "department", "jobTitle", *LANDED]},
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Whose history it is.", "employeeId"),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Few employees have no job on record; most without one is a hidden table.",
        "date",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A day as YYYY-MM-DD orders the history.",
        "date",
        {"regex": r"^\d{4}-\d{2}-\d{2}"},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Moves between departments are read from it; most lacking it is a hidden field.",
        "department",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all history does not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
