"""Gate 1 for HubSpot's deal pipelines, read whole every time."""

from expectations import Allowance, Rule

KEY = ("id",)
# A pipeline held back would take the kind and outcome of all its deals with it.
ALLOWANCE = Allowance(share=0, rows=0)
RULES = (
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Without a pipeline no deal is won, lost or open.",
        kwargs={"min_value": 1},
        of_whole_readings=True,
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Deals name their pipeline by this id.", "id"),
    Rule("ExpectColumnValuesToBeUnique", "Pipelines come in one answer; twice would double their deals' stages.", "id"),
    Rule(
        "ExpectColumnValuesToNotBeNull", "Whether a deal is new business or a renewal is read from the label.", "label"
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "Whether a stage is won or lost stands in its metadata; without it every deal would look open.",
        "stages",
        {"regex": r'(?s)(?=.*"isClosed")(?=.*"probability")'},
    ),
)
