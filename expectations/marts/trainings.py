"""Gate 2 for trainings: what employees have completed."""

from expectations import COLLAPSE, Rule

KEY = ("training_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "HR lists whose training it is; many without are an employee list read in part.",
        "employee_id",
        {"mostly": 0.9},
        severity="warning",
    ),
)
