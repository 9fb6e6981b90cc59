"""The alerts: sound for the real promtool, tested, made out of the rules, each with its runbook."""

import re
import subprocess
from pathlib import Path

import pytest

from reactor.alerting.alerts import NAMES
from reactor.app.cli import COMMANDS, main
from tests.grafana.files import (
    ALERTS,
    BY_HAND,
    OUT_OF_RULES,
    ROOT,
    RUNBOOKS,
    UNIT_TESTS,
    Read,
    alerts,
    all_alerts,
    runbooks,
    yaml,
)
from tools.observers import promtool

SEVERITIES = {"info", "warning", "critical"}


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = (promtool(), *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.observers
def test_promtool_finds_nothing() -> None:
    done = check("check", "rules", "--lint=all", "--lint-fatal", BY_HAND, OUT_OF_RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == 2


@pytest.mark.observers
def test_each_alert_fires_when_it_should_and_not_a_little_below_that() -> None:
    done = check("test", "rules", *UNIT_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("SUCCESS") == len(UNIT_TESTS)


@pytest.mark.observers
def test_the_unit_tests_notice_when_an_alert_never_fires(tmp_path: Path) -> None:
    """With expressions that are never true, each alert is missed by some test."""
    (tmp_path / "tests").mkdir()
    for path in (BY_HAND, OUT_OF_RULES):
        dull = re.sub(r"expr: (>-\n( {10}.*\n)+|.*\n)", "expr: vector(0) > 1\n", path.read_text())
        assert dull.count("vector(0)") == len(list(alerts(path)))
        (tmp_path / path.name).write_text(dull)
    for path in UNIT_TESTS:
        (tmp_path / "tests" / path.name).write_text(path.read_text())
    done = check("test", "rules", *(tmp_path / "tests").glob("*.yaml"))
    missed = set(re.findall(r'alertname="(\w+)"', done.stdout + done.stderr))
    assert done.returncode == 1
    assert missed == {alert["alert"] for alert in all_alerts()}


def test_every_alert_is_waited_for_and_has_a_moment_without_it() -> None:
    """In some test it fires, and in one of the same file nothing does."""
    fires = " ".join(path.read_text() for path in UNIT_TESTS)
    for alert in all_alerts():
        assert f'alertname="{alert["alert"]}"' in fires or f"alertname: {alert['alert']}\n" in fires
    for path in UNIT_TESTS:
        for test in yaml(path)["tests"]:
            found = [each["exp_samples"] for each in test.get("promql_expr_test", [])]
            found += [each.get("exp_alerts", []) for each in test.get("alert_rule_test", [])]
            assert any(found), f"{path.name}: {test['name']}: it never fires"
            series = test["input_series"]
            assert [] in found or len(series) > 2, f"{path.name}: {test['name']}: there is no near miss"


def test_the_alerts_of_the_shipped_rules_are_those_of_their_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """When this fails: ``reactor alerts rules/ > grafana/alerts/rules.yaml``."""
    assert main(["alerts", str(ROOT / "rules")]) == 0
    assert capsys.readouterr().out == OUT_OF_RULES.read_text()


@pytest.mark.parametrize("alert", all_alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on(alert: Read) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/alerts.md#{alert['alert'].lower()}"
    assert alert["annotations"]["description"].endswith(".")


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    names = {alert["alert"] for alert in all_alerts()} | set(NAMES)
    assert set(runbooks()) == names
    for name, text in runbooks().items():
        assert re.match(r"\*\*Means:\*\* .*\n\*\*Do:\*\* .", text, re.DOTALL), name


def test_runbooks_name_commands_that_there_are() -> None:
    named = set(re.findall(r"`reactor ([a-z]+)", RUNBOOKS.read_text()))
    assert named
    assert named <= set(COMMANDS)


def test_nothing_else_lies_among_the_alerts() -> None:
    assert {path.name for path in ALERTS.iterdir()} == {"reactor.yaml", "rules.yaml", "tests"}
