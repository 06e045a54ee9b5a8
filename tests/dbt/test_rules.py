"""The dbt unit tests, one for every rule and every branch of a CASE, run in one call on the empty warehouse."""

from pathlib import Path

from tests.dbt.landing_writer import invoke_dbt, parsed_project


def test_every_rule_and_branch_does_what_its_unit_test_says(empty_warehouse: Path) -> None:
    assert len(parsed_project().unit_tests) > 100
    invoke_dbt(empty_warehouse, ["test", "--select", "resource_type:unit_test"])
