"""A page that says by which test something is shown names one that there is."""

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, pages

NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_is_named_exists(page: Path) -> None:
    missing = [
        f"{file}::{function}"
        for file, function in NAMED.findall(page.read_text())
        if not (ROOT / file).is_file() or (function and function not in functions(ROOT / file))
    ]
    assert missing == []


def test_each_failure_mode_names_the_test_that_tries_it() -> None:
    """What is promised and not tried is no promise."""
    page = (ROOT / "docs" / "failure-modes.md").read_text()
    rows = [row for row in page.splitlines() if row.startswith("| ") and not row.startswith("| what happens")]
    assert len(rows) > 30
    assert [row for row in rows if not re.search(r"\| `tests/\S+::test_\w+` \|$", row)] == []


def functions(file: Path) -> set[str]:
    """The names of the functions in a file."""
    tree = ast.parse(file.read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
