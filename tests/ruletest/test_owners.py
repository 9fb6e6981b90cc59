"""Rules about owners under test: what is found of them is a fact like others."""

from pathlib import Path

import pytest

from reactor.app.ruletesting import config_kind
from reactor.ruletest import run_tests
from tests.ruletest.build import said, write

RULES = """
groups:
  - name: batch
    select: [{label: batch}]
    rules: [{name: tell, on: owner-gone, then: [{webhook: oncall}]}]
"""
TESTS = """
config: {owners: {enforce: true}, times: {owner_grace: 30s, creation_grace: 0s}}
tests:
  - name: one is told of, one goes as usual with its sidecar, the others stay
    containers:
      told: {labels: {reactor.task: a, reactor.owner: "lease:ci", batch: ""}, pids: 1}
      usual: {labels: {reactor.task: b, reactor.owner: "lease:ci"}}
      helper: {labels: {reactor.sidecar-of: b}}
      other: {labels: {reactor.task: c, reactor.owner: "file:other"}}
      never: {labels: {reactor.task: d, reactor.owner: "lease:never"}}
    facts:
      - {at: 0s, owners: {"lease:ci": alive, "file:other": alive}}
      - {at: 10s, owners: {"lease:ci": gone}}
    expect:
      - {at: 40s, webhook: told, rule: batch/tell, because: "its owner has been gone for 30 s: "}
      - {at: 40s, stop: usual, rule: owner-gone}
      - {at: 40s, stop: helper, because_of: usual}
    until: 10m
  - name: unknown breaks the time
    containers:
      told: {labels: {reactor.task: a, reactor.owner: "lease:ci", batch: ""}, age: 1h}
    facts:
      - {at: 10s, owners: {"lease:ci": gone}}
      - {at: 35s, owners: {"lease:ci": unknown}}
      - {at: 40s, owners: {"lease:ci": gone}}
    expect:
      - {at: 70s, webhook: told, rule: batch/tell}
"""


def test_what_is_found_of_owners_is_a_fact(tmp_path: Path) -> None:
    report = run_tests([write(tmp_path, TESTS, RULES)], config_kind())
    assert report.errors == (), said(report, tmp_path)
    assert [verdict.passed for verdict in report.verdicts] == [True, True], said(report, tmp_path)


@pytest.mark.parametrize(
    ("owners", "message"),
    [
        ("{kim: gone}", "nobody looks for this owner: 'owners' is for 'process:…', 'lease:…' and 'file:…'"),
        ("{lease:a b: gone}", "no such owner can be found: a lease has a name of letters"),
        ("{lease:a: dead}", "'owners' is not 'dead'"),
        ("gone", "limits.test.yaml:1:66: 'owners' is a map, as in {lease:ci: gone}"),
    ],
)
def test_each_mistake_has_its_place(tmp_path: Path, owners: str, message: str) -> None:
    facts = f"[{{at: 1s, owners: {owners}}}]"
    body = f"tests: [{{name: it, containers: {{a: {{}}}}, facts: {facts}, expect: []}}]\n"
    report = run_tests([write(tmp_path, body, RULES)], config_kind())
    assert len(report.errors) == 1, said(report, tmp_path)
    assert message in str(report.errors[0])
