"""Gate 1 for BambooHR's employees: what may be kept of a person is listed here a second time, apart from the source."""

from expectations import LANDED, MISREAD_PAGES, ONLY_WHAT_HR_ALLOWS, Rule

KEY = ("employeeId",)
RULES = (
    Rule(
        "ExpectTableColumnsToMatchSet",
        ONLY_WHAT_HR_ALLOWS,
        kwargs={"column_set": ["employeeId", "firstName", "lastName", "workEmail", "hireDate", "reportsToId", *LANDED]},
    ),
    Rule("ExpectColumnValuesToNotBeNull", "Histories and owners are joined by this id.", "employeeId"),
    Rule("ExpectColumnProportionOfUniqueValuesToBeBetween", MISREAD_PAGES, "employeeId", {"min_value": 0.5}),
    Rule(
        "ExpectColumnValuesToNotBeNull",
        "Owners and agents find their HR record by e-mail; most lacking it is a hidden field.",
        "workEmail",
        {"mostly": 0.5},
    ),
    Rule(
        "ExpectColumnValuesToMatchRegex",
        "A day as YYYY-MM-DD; 0000-00-00 is BambooHR's none.",
        "hireDate",
        {"regex": r"^(?:\d{4}-\d{2}-\d{2})?$"},
    ),
    Rule(
        "ExpectTableRowCountToBeBetween",
        "Half of all employees do not vanish between two whole readings.",
        kwargs={"min_share_of_past": 0.5},
        of_whole_readings=True,
    ),
)
