"""Gate 1 for HubSpot's feedback submissions."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A survey answer is followed back to its record by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "When it was answered; a few lack it, most lacking it is a lost field.",
        "properties.hs_submission_timestamp",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Which scale the score is on; most lacking it is a lost field.",
        "properties.hs_survey_type",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A score is a number; words would be read as no score.",
        "properties.hs_value",
        {"regex": r"^-?\d+(?:\.\d+)?$"},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Whose answer it is; without associations every answer would be nobody's.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all feedback submissions do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
