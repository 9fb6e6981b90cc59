"""What the documents point to exists: make targets, tests on a real engine. Links are in ``tests/docs``."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
MAKE = re.compile(r"(?:`|^)make ([a-z][a-z0-9-]*)(?=[`\s]*(?:`|$|#|ARGS))", re.MULTILINE)
TEST = re.compile(r"tests/real/test_\w+\.py")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(MAKE.findall(text)) <= targets


def test_every_test_on_a_real_engine_stands_in_the_evidence_and_nothing_else() -> None:
    named = set(TEST.findall((ROOT / "docs" / "evidence.md").read_text()))
    assert named == {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "real").glob("test_*.py")}
