"""What ``docs/testing-rules.md`` shows is what the program does."""

import re
from pathlib import Path

import pytest

from reactor.app.cli import main
from reactor.app.ruletesting import config_kind
from reactor.ruletest import run_tests
from reactor.ruletest.models import BoxText, CaseText, ExpectText, FactText, FileText
from tests.ruletest.build import said, write

PAGE = (Path(__file__).parents[2] / "docs" / "testing-rules.md").read_text()
RULES, TESTS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
GREEN, RED = re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_blocks_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The files on the page, run as the page says, say what the page says."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    write(tmp_path / "rules", TESTS, RULES)
    command, _, rest = GREEN.partition("\n")
    assert main(command.split()[2:]) == 0
    assert capsys.readouterr().out == rest


def test_the_failure_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mistake that the page describes looks as the page shows it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    write(tmp_path / "rules", TESTS, RULES.replace("pids > 200", "pids >= 200"))
    assert main(["test", "rules"]) == 1
    assert capsys.readouterr().out.startswith(RED)


@pytest.mark.parametrize(
    "key",
    sorted(
        {key for model in (BoxText, CaseText, ExpectText, FactText, FileText) for key in model.model_fields}
    ),
)
def test_every_key_is_mentioned(key: str) -> None:
    """No key is left out."""
    assert re.search(rf"`{key}(:[^`]*)?`", PAGE)


@pytest.mark.parametrize("written", re.findall(r"`(\{[^`]*\}|\w+: \{[^`]*\})`", PAGE))
def test_short_examples(tmp_path: Path, written: str) -> None:
    """Facts and expectations within the text are read as well."""
    fact = written if written.startswith("{at") else f"{{at: 1s, {written}}}"
    facts, expect = ("[]", fact) if "unknown:" in fact else (f"[{fact}]", "{at: 1s, holds: job, rules: []}")
    body = f"tests: [{{name: it, containers: {{job: {{}}}}, facts: {facts}, expect: [{expect}]}}]\n"
    report = run_tests([write(tmp_path, body, RULES)], config_kind())
    assert report.errors == (), said(report, tmp_path)
