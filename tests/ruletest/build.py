"""Small builders for rule tests: a test file in, what came of it out."""

from pathlib import Path
from textwrap import dedent, indent

from reactor.app.ruletesting import config_kind
from reactor.ruletest import Report, failure, run_tests

RULES = """\
groups:
  - name: limits
    rules:
      - name: pids
        when: pids > 200
      - name: old
        when: age > 1h
      - name: held
        when: memory > 80%
        for: 30s
      - name: oom
        on: oom
      - name: careful
        when: pids > 100
        dry_run: true
"""


def write(folder: Path, tests: str, rules: str = RULES, name: str = "limits") -> Path:
    """A rule file and its test file; returns the latter."""
    (folder / f"{name}.yaml").write_text(rules)
    path = folder / f"{name}.test.yaml"
    path.write_text(dedent(tests))
    return path


def run(folder: Path, tests: str, rules: str = RULES) -> Report:
    """Run a whole test file."""
    return run_tests([write(folder, tests, rules)], config_kind())


def case(folder: Path, body: str, rules: str = RULES) -> Report:
    """Run one test, of which only the body is given."""
    return run(folder, f"tests:\n  - name: it\n{indent(dedent(body), '    ')}", rules)


def said(report: Report, folder: Path) -> list[str]:
    """Everything that a report has to say of mistakes and failures, without the folder."""
    lines = [str(error) for error in report.errors]
    for verdict in report.failed:
        lines += failure(verdict)
    return [line.removeprefix(f"{folder}/") for line in lines]
