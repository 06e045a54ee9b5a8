"""Gate 1 for BambooHR's types of training, compared whole every time."""

from expectations import LANDED, ONLY_WHAT_HR_ALLOWS, Rule

KEY = ("id",)
RULES = (
    Rule("ExpectTableColumnsToMatchSet", ONLY_WHAT_HR_ALLOWS, kwargs={"column_set": ["id", "name", *LANDED]}),
    Rule("ExpectColumnValuesToNotBeNull", "Trainings name their type by this id.", "id"),
    Rule("ExpectColumnValuesToBeUnique", "Types come in one answer; twice would double their trainings.", "id"),
    Rule("ExpectColumnValuesToNotBeNull", "Which training it is; people read the name.", "name", severity="warning"),
)
