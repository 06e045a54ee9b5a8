"""Gate 1 for HubSpot's owners, the archived ones included: who left has a name only here."""

from expectations import MISREAD_PAGES, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "Role histories, deals and touches name owners by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.4}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An owner finds their HR record by e-mail; queues have none, so a tenth may lack it.",
        "email",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule("ExpectColumnValuesToMatchRegex", "A mail address has an @.", "email", {"regex": "@"}, severity="warning"),
    Rule("ExpectColumnValuesToBeInSet", "Leavers are told by it.", "archived", {"value_set": ["true", "false"]}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of a company's owners do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
