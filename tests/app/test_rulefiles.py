"""What a command says that does not begin because of its rules."""

from pathlib import Path

import pytest

from reactor.app.complaint import USAGE, Complaint
from reactor.app.rulefiles import load_rules
from reactor.core.layers import READ


def test_mistakes_with_their_lines(tmp_path: Path) -> None:
    """Each mistake with its place, its line and a caret; a command that cannot begin ends with 2."""
    file = tmp_path / "r.yaml"
    file.write_text("groups:\n  - name: g\n    rules:\n      - {name: r, when: pid > 2, limit: 0}\n")
    with pytest.raises(Complaint) as refused:
        load_rules([file])
    assert refused.value.code == USAGE
    assert refused.value.lines == (
        f"{file}:4:25: unknown name 'pid': did you mean 'pids'?",
        "          - {name: r, when: pid > 2, limit: 0}",
        "                            ^",
        f"{file}:4:41: 'limit' is a whole number from 1 to 1000000",
        "          - {name: r, when: pid > 2, limit: 0}",
        "                                            ^",
    )


def test_shipped_rules_where_none_are_named() -> None:
    assert {rule.name.partition("/")[0] for rule in load_rules(None).rules} >= {"safety"}


def test_no_shipped_rule_makes_the_engine_walk_over_files() -> None:
    """Whoever wants the layers of all containers measured every few minutes asks for it."""
    assert [rule.name for rule in load_rules(None).rules if rule.when and READ in rule.when.reads] == []
