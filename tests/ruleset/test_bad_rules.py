"""One file per mistake in ``tests/bad_rules``, each with the exact message beside it."""

from pathlib import Path

import pytest

from reactor.ruleset import BadRules, parse
from tests.core.written import LANGUAGE

FOLDER = Path(__file__).parent.parent / "bad_rules"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_bad_file(file: Path) -> None:
    """The file is refused with exactly the lines of the ``.expected`` file, in that order."""
    with pytest.raises(BadRules) as refused:
        parse(file.read_bytes().decode(), file.name, LANGUAGE)
    said = "".join(f"{error}\n" for error in refused.value.errors)
    assert said == file.with_suffix(".expected").read_text()


def test_every_mistake_has_its_message() -> None:
    """No file stands alone, and there are enough of them to mean something."""
    assert {file.stem for file in FILES} == {file.stem for file in FOLDER.glob("*.expected")}
    assert len(FILES) >= 100


def test_five_mistakes_in_one_run() -> None:
    """Mistakes do not hide each other, whatever layer finds them."""
    assert len((FOLDER / "many-mistakes.expected").read_text().splitlines()) >= 5
