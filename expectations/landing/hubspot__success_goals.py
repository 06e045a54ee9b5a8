"""Gate 1 for goals that a company keeps as an object of its own in HubSpot."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A goal is followed back to its record by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Whose goal it is; without associations every goal would be nobody's.",
        "associations",
        {"regex": r'"companies":'},
        where=STANDING,
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Any other word counts neither as active nor as met: name the property in seeds/mappings/crm_properties.csv.",
        "properties.status",
        {"regex": r"^(?i:active|met|missed|dropped)$"},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Past months read what stood then from the history, which has to be asked for apart.",
        "propertiesWithHistory",
        {"mostly": 0.5},
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all goals do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
