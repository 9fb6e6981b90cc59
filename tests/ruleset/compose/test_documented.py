"""The page about sidecars has a row for each key, and its examples can be put in force."""

import re
from pathlib import Path

import pytest

from reactor.core.recipes import OnFailure
from reactor.core.templating import VARIABLES
from reactor.ruleset import parse
from reactor.ruleset.compose import elsewhere
from reactor.ruleset.compose.limits import USUAL
from reactor.ruleset.compose.models import DeployText, FolderText, HealthText, ReactorText, ServiceText
from reactor.ruleset.models import SetText, keys_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sidecars.md").read_text()
SUBSET = PAGE[PAGE.index("## The subset") :]
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", SUBSET, re.DOTALL | re.MULTILINE)
ROWS = [*keys_of(ServiceText), *keys_of(ReactorText), *keys_of(SetText)]


@pytest.mark.parametrize("key", ROWS)
def test_every_key_has_its_row(key: str) -> None:
    assert re.search(rf"^\| `{key}` \|", SUBSET, re.MULTILINE)


@pytest.mark.parametrize("word", [*keys_of(HealthText), *keys_of(FolderText), *VARIABLES, *OnFailure])
def test_every_word_is_mentioned(word: str) -> None:
    assert re.search(rf"\b{word}\b", SUBSET)


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks(block: str) -> None:
    assert parse(block, "docs/sidecars.md").provisions.templates


def test_there_are_blocks() -> None:
    assert BLOCKS


def test_the_usual_limits() -> None:
    """What the page says of them is what is given, and what the shipped rule gives."""
    assert (USUAL.pids, USUAL.memory, USUAL.swap, USUAL.cpu) == (256, 8 << 30, 8 << 30, 2.0)
    for row, said in (("mem_limit", "8 GiB"), ("pids_limit", "256"), ("cpus", "2")):
        assert re.search(rf"^\| `{row}` \|.*\| {said} \|$", SUBSET, re.MULTILINE)
    (rule,) = parse((ROOT / "rules" / "limits.yaml").read_text()).rules
    assert rule.then[0].limits == USUAL


def test_what_compose_has_beyond() -> None:
    """No key is both taken and refused."""
    assert not elsewhere.SERVICE.keys() & set(keys_of(ServiceText))
    assert not elsewhere.HEALTH.keys() & set(keys_of(HealthText))
    assert not elsewhere.DEPLOY.keys() & set(keys_of(DeployText))
    assert len(elsewhere.SERVICE) > 60
