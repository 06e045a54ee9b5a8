"""Gate 2 for customers: the companies of the CRM."""

from expectations import COLLAPSE, Rule

KEY = ("customer_id",)
RULES = (
    Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.8}),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "A mart without a customer answers nothing; it may not replace one that does.",
        kwargs={"min_value": 1},
        of="any",
    ),
    Rule("ExpectColumnValuesToBeBetween", "Revenue is not negative.", "arr", {"min_value": 0}),
    Rule(
        "ExpectColumnSumToBeBetween",
        "Half of the revenue does not vanish overnight.",
        "arr",
        {"min_share_of_past": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Reports are read by name.",
        "customer_name",
        {"mostly": 0.9},
        severity="warning",
    ),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "A customer whose first win is unknown has no months.",
        "customer_since_on",
        where="is_customer == True",
    ),
)
