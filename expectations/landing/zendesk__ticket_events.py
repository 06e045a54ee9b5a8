"""Gate 1 for Zendesk's ticket events: what happened to tickets, their comments and survey answers included."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A reply is followed back to its event by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule("ExpectColumnValuesToNotBeNull", "Which ticket it happened to.", "ticket_id"),
    Rule("ExpectColumnValuesToMatchRegex", "When it happened orders a ticket's history.", "created_at", TIMESTAMP),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "What happened stands in a list; without it no comment, status or survey answer would be seen.",
        "child_events",
        {"regex": r"^\["},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "An event without that list says nothing; a few may, most lacking it is a lost field.",
        "child_events",
        {"mostly": 0.9},
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all events do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
