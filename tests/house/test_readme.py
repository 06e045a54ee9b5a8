"""The README says what is so: its variables, commands, marts and links are those of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from dagster_project.settings import PROJECT_DIR

README = (PROJECT_DIR / "README.md").read_text()
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md"]


def first_cells(heading: str) -> list[str]:
    """What stands in backticks in the first column of the table whose first heading this is."""
    lines = README.splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith(f"| {heading} |")]
    cells = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells += re.findall(r"`([^`]+)`", line.split("|")[1])
    return cells


def test_the_variables_are_those_of_the_example_file_each_once() -> None:
    assert sorted(first_cells("variable")) == sorted(dotenv_values(PROJECT_DIR / ".env.example"))


def test_the_mart_tables_are_those_that_dbt_builds_each_once() -> None:
    built = [path.stem for path in (PROJECT_DIR / "dbt" / "models" / "marts").glob("*.sql")]
    assert sorted(first_cells("mart table")) == sorted(built)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_named_is_one_of_the_makefile(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_DIR / "Makefile").read_text(), re.MULTILINE))
    text = (PROJECT_DIR / document).read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_and_folder_named_is_there(document: str) -> None:
    text = (PROJECT_DIR / document).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    folders = re.findall(r"`((?:dagster_project|dbt|expectations|seeds|reports|tests)/[\w/.]*)`", text)
    assert [name for name in links + folders if not (PROJECT_DIR / name).exists()] == []


def test_every_folder_of_the_project_stands_in_the_readme() -> None:
    kept = {path.name for path in PROJECT_DIR.iterdir() if path.is_dir() and is_ours(path)}
    assert [name for name in sorted(kept - {"tests"}) if f"`{name}/`" not in README] == []


def is_ours(path: Path) -> bool:
    return not path.name.startswith((".", "_"))


def test_the_readme_fits_in_a_hundred_and_twenty_lines() -> None:
    assert len(README.splitlines()) <= 120
