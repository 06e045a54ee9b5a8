"""Gate 1 for HubSpot's meetings."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A touch is followed back to its record by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "When the meeting began; a few lack it, most lacking it is a lost field.",
        "properties.hs_meeting_start_time",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Whether the meeting was held is read from it; an unknown word counts as not held.",
        "properties.hs_meeting_outcome",
        {"value_set": ["SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"]},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A touch belongs to the company associated with it; without associations every touch would be nobody's.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all meetings do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
