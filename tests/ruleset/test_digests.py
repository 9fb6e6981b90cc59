"""The same digest is the same rule: layout does not count, and everything else does."""

import pytest

from reactor.ruleset import parse

RULE = """\
groups:
  - name: g
    select: [{label: a}]
    rules:
      - name: r
        summary: too much
        severity: info
        team: infra
        description: more
        when: memory > 1GiB
        for: 1m
        keep_for: 5s
        fresh: 2s
        cooldown: 1h
        limit: 5
        then: [{stop: {grace: 30s}}]
        dry_run: false
        exceptions:
          - {name: x, fields: [name, image], values: [[a, b]]}
"""


def digest(text: str) -> str:
    (rule,) = parse(text).rules
    return rule.digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("limit: 5", "limit: '5'   # a comment"),
        (
            "        team: infra\n        description: more\n",
            "        description: more\n        team: infra\n",
        ),
        ("1GiB", "1024MiB"),
        ("memory > 1GiB", "memory>1GiB"),
        ("memory > 1GiB", "(memory > 1GiB)"),
        ("for: 1m", "for: 60s"),
        ("grace: 30s", "grace: 0.5m"),
        ("        dry_run: false\n", ""),
        ("too much", "'too much'"),
        ("[{label: a}]", "\n      - label: 'a'"),
        ("groups:", "# the rules\n\n\ngroups:"),
        (
            "    select: [{label: a}]\n",
            "    select: [{label: a}]\n    defaults: {severity: critical, dry_run: false}\n",
        ),
    ],
)
def test_what_does_not_count(before: str, after: str) -> None:
    assert before in RULE
    assert digest(RULE.replace(before, after)) == digest(RULE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("name: g", "name: h"),
        ("name: r", "name: s"),
        ("label: a", "label: b"),
        ("label: a", "label: a="),
        ("too much", "much"),
        ("severity: info", "severity: critical"),
        ("team: infra", "team: ml"),
        ("description: more", "description: less"),
        ("1GiB", "1GB"),
        ("memory > 1GiB", "memory >= 1GiB"),
        ("for: 1m", "for: 61s"),
        ("keep_for: 5s", "keep_for: 6s"),
        ("fresh: 2s", "fresh: 3s"),
        ("cooldown: 1h", "cooldown: 2h"),
        ("limit: 5", "limit: 6"),
        ("        limit: 5\n", ""),
        ("grace: 30s", "grace: 31s"),
        ("[{stop: {grace: 30s}}]", "[stop]"),
        ("[{stop: {grace: 30s}}]", "[kill]"),
        ("dry_run: false", "dry_run: true"),
        ("[name, image]", "[image, name]"),
        ("[[a, b]]", "[[a, c]]"),
        ("{name: x", "{name: y"),
        ("        when: memory > 1GiB\n        for: 1m\n        keep_for: 5s\n", "        on: oom\n"),
    ],
)
def test_what_counts(before: str, after: str) -> None:
    assert before in RULE
    assert digest(RULE.replace(before, after)) != digest(RULE)


def test_form() -> None:
    """Sixteen hex digits, the same wherever the file lies."""
    (first,), (second,) = parse(RULE, "a.yaml").rules, parse(RULE, "b.yaml").rules
    assert first.place != second.place
    assert first.digest == second.digest
    assert len(first.digest) == 16
    assert int(first.digest, 16) >= 0
