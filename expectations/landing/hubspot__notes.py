"""Gate 1 for HubSpot's notes."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A note that a rule makes a touch or a voice is followed back by this id.",
        "id",
    ),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "When the note was written; a few lack it, most lacking it is a lost field.",
        "properties.hs_timestamp",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A note is about the company associated with it; without associations it would be about nobody.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all notes do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
