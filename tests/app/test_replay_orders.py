"""What was ordered is in the recording: the replay is the same as then, and other rules know of none."""

from pathlib import Path

import pytest

from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.facts import Fact, Held, Released, Resumed, Silenced, Unsilenced
from reactor.core.orders import Hold, Silence
from reactor.core.state import Setup
from tests.app.test_replay import BAD, BETWEEN, lived, rule_file, rules, run, story
from tests.recording.build import NOW, writer


def _ordered() -> list[Fact]:
    """A hold over the breach, and a silence over the one that comes near it."""
    orders: list[Fact] = [
        Silenced(5.5, Silence("s1", 5.5, 900.0, "ada", "a build", BETWEEN.id, "between")),
        Held(10.5, Hold("h1", 10.5, "ada", "a look")),
        Resumed(20.05, "ada"),
        Released(20.06, "ada"),
        Unsilenced(24.05, "s1", "ada"),
    ]
    return sorted([*story(), *orders], key=lambda fact: fact.at)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    setup = Setup(rules(), breaker=BreakerTerms(), budgets=BudgetTerms(hard=Budget(1, 10.0)))
    items = lived(setup, _ordered())
    said = [(each.run.id, each.dry_run, round(each.at, 2)) for _, found in items for each in found]
    assert said[:2] == [(BAD.id, True, 16.0), (BAD.id, False, 20.9)]
    made = writer(tmp_path / "a.reactor", setup)
    made.write(items, NOW)
    made.close(NOW)
    return tmp_path / "a.reactor"


def test_the_same_as_then(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, recording)
    assert (code, err) == (0, "")
    assert out.endswith("3 decisions were recorded; the replay decides the same as then\n")


def test_other_rules_are_not_held(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, recording, "--rules", rule_file(tmp_path, 190))
    assert code == 0
    assert "11.000 s" in " ".join(out.split()), "it would have been ended at the breach"
