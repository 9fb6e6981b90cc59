"""What the host's kernel says, in tests of rules: the host's memory, and zombies."""

from pathlib import Path

from tests.ruletest.build import case, said

RULES = """\
groups:
  - name: host
    rules:
      - name: left
        when: host.memory_available < 25%
        victims: most memory
  - name: one
    rules:
      - name: zombies
        when: zombies > 20
"""
HOST = "host: {memory_available: 17GiB, memory_total: 64GiB}\n"
JOBS = """\
containers:
  a: {labels: {reactor.task: a}, memory: 2GiB, memory_limit: 64GiB}
  b: {labels: {reactor.task: b}, memory: 3GiB, memory_limit: 64GiB}
  c: {labels: {reactor.task: c}, memory: 1GiB, memory_limit: 64GiB, zombies: 20}
"""


def test_what_a_rule_ends_gives_its_memory_back_until_the_test_says_anew(tmp_path: Path) -> None:
    body = f"""\
{HOST}{JOBS}
facts:
  - {{at: 5s, host: {{memory_available: from 16GiB to 14GiB in 10s}}}}
  - {{at: 40s, host: {{memory_available: 14.5GiB}}}}
until: 2m
expect:
  - {{at: 6s, kill: b, rule: host/left}}
  - {{at: 40s, kill: a, rule: host/left}}
"""
    assert said(case(tmp_path, body, RULES), tmp_path) == []


def test_what_is_unknown_ends_nobody(tmp_path: Path) -> None:
    """From the beginning, or after a while in which nothing was told."""
    body = f"""\
{JOBS}
until: 1m
expect: []
"""
    assert said(case(tmp_path, body, RULES), tmp_path) == []
    held = RULES.replace("victims", "for: 20s\n        victims")
    body = f"""\
host: {{memory_available: 1GiB}}
{JOBS}
facts:
  - {{at: 5s, host: {{memory_available: unknown}}}}
  - {{at: 40s, host: {{memory_available: 15GiB}}}}
until: 70s
expect:
  - {{at: 60s, kill: b, rule: host/left}}
"""
    assert said(case(tmp_path, body, held), tmp_path) == []


def test_zombies_are_counted_in_each_second_and_unknown_ones_never(tmp_path: Path) -> None:
    body = f"""\
{JOBS}
facts:
  - {{at: 10.5s, b: {{zombies: from 0 to 40 in 40s}}}}
  - {{at: 20s, a: {{zombies: 21}}}}
until: 2m
expect:
  - {{at: 5s, unknown: a, rules: [one/zombies]}}
  - {{at: 5s, unknown: c, rules: []}}
  - {{at: 20s, kill: a, rule: one/zombies, because: zombies 21 > 20}}
  - {{at: 32s, kill: b, rule: one/zombies}}
"""
    assert said(case(tmp_path, body, RULES), tmp_path) == []


def test_why_a_total_of_the_host_did_not_decide(tmp_path: Path) -> None:
    for host, why in (
        (HOST, "does not hold: host.memory_available 26.6% (17 GiB of 64 GiB) < 25%"),
        ("", "unknown: host.memory_available is not known"),
    ):
        body = f"{host}{JOBS}\nexpect: [{{at: 5s, kill: a, rule: host/left}}]\n"
        assert any(why in line for line in said(case(tmp_path, body, RULES), tmp_path))


def test_an_age_and_zombies_may_be_skipped_together(tmp_path: Path) -> None:
    rules = "groups:\n  - name: g\n    rules:\n      - {name: old, when: age > 12h && zombies > 2}\n"
    body = """\
host: {memory_available: 5GiB}
containers:
  a: {labels: {reactor.task: a}, zombies: 3}
  b: {labels: {reactor.task: b}, zombies: 2}
until: 13h
expect:
  - {at: 43201s, kill: a, rule: g/old}
"""
    assert said(case(tmp_path, body, rules), tmp_path) == []
