"""Gate 2 for retention_costs: what winning and keeping customers cost."""

from expectations import COLLAPSE, Rule

KEY = ("retention_cost_id",)
RULES = (Rule("ExpectTableRowCountToBeBetween", COLLAPSE, kwargs={"min_share_of_past": 0.9}),)
