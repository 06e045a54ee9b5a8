"""The dbt unit tests, one for every rule and every branch of a CASE, run in one call on the empty warehouse."""

import shutil
from pathlib import Path

from tests.dbt.landing_writer import invoke_dbt, parsed_project


def test_every_rule_and_branch_does_what_its_unit_test_says(empty_warehouse: Path, tmp_path: Path) -> None:
    data_dir = Path(shutil.copytree(empty_warehouse, tmp_path / "data"))
    assert len(parsed_project().unit_tests) > 100
    invoke_dbt(data_dir, ["test", "--select", "resource_type:unit_test"])
