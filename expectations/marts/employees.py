"""Gate 2 for employees: our people."""

from expectations import COLLAPSE, Rule

KEY = ("employee_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectColumnPairValuesAToBeGreaterThanB",
        "Nobody leaves before they came; a rehire has the newer employment.",
        kwargs={
            "column_A": "terminated_on",
            "column_B": "hired_on",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Of most owners and agents HR knows whether they are still here; else e-mails no longer match.",
        "is_active",
        {"mostly": 0.5},
        severity="warning",
    ),
)
