"""SECURITY.md: the table has a row for each requirement of ASVS 5.0.0, levels 1 and 2, and names what is there."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "SECURITY.md").read_text()

# The levels of all requirements of the standard, section by section: 1.5.1 is of level 1, 1.5.2 of 2, 1.5.3 of 3.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
STATES = {
    "held": "held",
    "written": "written",
    "part": "in part",
    "operator": "left to the operator",
    "n/a": "not applicable",
    "open": "open",
}


def rows():
    """The rows of the table, as they stand: number, requirement, state, held by, tests."""
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in TEXT.splitlines()]
    return [row for row in cells if re.fullmatch(r"\d+\.\d+\.\d+", row[0])]


ROWS = rows()


def test_the_standard_has_as_many_requirements_of_each_level_as_it_says():
    assert Counter("".join(LEVELS.values())) == {"1": 70, "2": 183, "3": 92}


def test_there_is_one_row_for_each_requirement_of_levels_1_and_2_in_their_order():
    asked = [
        f"{section}.{number}"
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level in "12"
    ]
    assert [row[0] for row in ROWS] == asked


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_how_it_stands_and_why(row):
    _, requirement, state, why, tests = row
    assert requirement
    assert why
    assert state in STATES
    assert state != "held" or "::" in tests  # what nobody tries is not held


def test_the_rows_are_counted():
    told = re.search(r"^<!-- counted --> (\d+) requirements: (.+)\.$", TEXT, re.MULTILINE)
    assert int(told[1]) == len(ROWS)
    counts = Counter(row[2] for row in ROWS)
    assert told[2] == ", ".join(f"{counts[state]} {words}" for state, words in STATES.items())


def test_every_path_that_is_named_is_there():
    named = set(
        re.findall(
            r"`((?:accounts|explorer|registry|static|templates|tests)(?:/[\w./-]+)?|[\w.-]+\.(?:py|md|toml|lock))`",
            TEXT,
        )
    )
    assert len(named) > 60
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row[4] != "–"], ids=lambda row: row[0])
def test_every_test_that_is_named_is_there(row):
    named = re.findall(r"`([^`]+)`", row[4])
    assert named
    for test in named:
        path, _, function = test.partition("::")
        tree = ast.parse((ROOT / "tests" / path).read_text())
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test
        assert function.startswith("test_")


def test_every_section_that_a_row_names_is_there():
    sections = set(re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)) | {"Rights"}  # of the README
    named = {name for row in ROWS for name in re.findall(r"\*([A-Z][^*]+)\*", row[3])}
    assert len(named) > 5
    assert named <= sections


def test_the_source_and_its_licence_are_named():
    assert "CC BY-SA 4.0" in TEXT
    assert "OWASP ASVS" in TEXT
