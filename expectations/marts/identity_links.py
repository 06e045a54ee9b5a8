"""Gate 2 for identity_links: what became of each source record."""

from expectations import COLLAPSE, Rule

KEY = (
    "source_system",
    "source_object",
    "source_record_id",
)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Most records become somebody; else the joins between systems are broken.",
        "entity_id",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A link that cannot be explained cannot be trusted.",
        "reason",
        severity="warning",
    ),
)
