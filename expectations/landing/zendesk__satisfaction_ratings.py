"""Gate 1 for Zendesk's satisfaction ratings, offered and given; a plan without them lands none."""

from expectations import MISREAD_PAGES, TIMESTAMP, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectColumnValuesToNotBeNull", "A rating is followed back to its record by this id.", "id"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "id", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A customer is asked about a ticket, and known by it; most lacking it is a lost field.",
        "ticket_id",
        {"mostly": 0.9},
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Whether, and how, a customer answered.", "score"),
    Rule(
        "ExpectColumnValuesToBeInSet",
        "Good, bad and not answered are told by it; an unknown word means the vendor changed its vocabulary.",
        "score",
        {
            "value_set": [
                "offered",
                "unoffered",
                "good",
                "good_with_comment",
                "good_without_comment",
                "bad",
                "bad_with_comment",
                "bad_without_comment",
            ]
        },
    ),
    Rule("ExpectColumnValuesToMatchRegex", "When the customer was asked.", "created_at", TIMESTAMP),
    Rule("ExpectColumnValuesToMatchRegex", "When the customer answered; orders versions.", "updated_at", TIMESTAMP),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all ratings do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
