"""Gate 1 for HubSpot's companies."""

from expectations import MISREAD_PAGES, STANDING, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Every fact about a customer is joined by this id.", "id"),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "HubSpot's record ids are digits; they become customer_id.",
        "id",
        {"regex": r"^\d+$"},
    ),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToMatchRegex", "The vendor's creation time starts the second clock.", "createdAt", TIMESTAMP
    ),
    Rule("ExpectColumnValuesToMatchRegex", "The vendor's change time orders versions.", "updatedAt", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A property that was asked for comes back even when empty; without it the property was deleted or hidden.",
        "properties",
        {"regex": r'(?s)(?=.*"name":)(?=.*"hs_lastmodifieddate":)'},
        where=STANDING,
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A customer without a name is a line nobody can read; a few are sloppy entry, most are a lost field.",
        "properties.name",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Who served a customer from when is read from the history, which has to be asked for apart.",
        "propertiesWithHistory",
        {"mostly": 0.5},
    ),
    Rule("ExpectColumnValuesToBeInSet", "Deletion is read from it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all companies do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
