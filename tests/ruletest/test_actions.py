"""Expectations of actions beside kill and stop, and what these do to the world of a test."""

from pathlib import Path

import pytest

from reactor.app.cli import main

RULES = """\
groups:
  - name: g
    rules:
      - name: limits
        when: "!pids_limited || !memory_limited"
        then: [{limit: {pids: 256, memory: 1GiB, only_missing: true}}]
      - name: full
        when: memory > 80%
      - {name: old, when: age > 1h, then: [restart]}
      - {name: frozen, when: pids > 100, then: [pause]}
      - {name: leftover, when: pids > 200, then: [remove]}
"""
PASSES = """\
tests:
  - name: limits that are set count from then on, and nobody is ended by that
    containers:
      bare: {labels: {reactor.task: t}, pids_limited: false, memory_limited: false, memory: 900MiB}
      half: {labels: {reactor.task: u}, pids_limit: 512, memory_limited: false, memory: 1MiB}
    facts: [{at: 5s, bare: {pids: 250}}]
    expect:
      - {at: 0s, limit: bare, rule: g/limits}
      - {at: 0s, limit: half, rule: g/limits}
      - {at: 0s, kill: bare, rule: g/full}
      - {at: 2s, holds: half, rules: []}
  - name: a restart begins another run, and what is removed is not there
    containers:
      old: {labels: {reactor.task: t}, age: 2h, pids_limit: 9, memory_limit: 1GiB}
      big: {labels: {reactor.task: u}, pids: 201, pids_limit: 999, memory_limit: 1GiB}
    expect:
      - {at: 0s, restart: old, rule: g/old}
      - {at: 3601s, restart: old, rule: g/old}
      - {at: 0s, pause: big, rule: g/frozen}
      - {at: 0s, remove: big, rule: g/leftover}
    until: 3605s
"""


def verdict(folder: Path, text: str) -> int:
    (folder / "r.yaml").write_text(RULES)
    (folder / "r.test.yaml").write_text(text)
    return main(["test", str(folder)])


def test_each_action_can_be_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = verdict(tmp_path, PASSES)
    assert (code, capsys.readouterr().out) == (0, "2 of 2 tests passed\n")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("limit: bare", "kill: bare"), ("restart: old", "stop: old"), ("remove: big", "notice: big")],
)
def test_another_action_is_told_apart(
    right: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(tmp_path, PASSES.replace(right, wrong, 1)) == 1
    assert f"and no {wrong.partition(':')[0]}" in capsys.readouterr().out
