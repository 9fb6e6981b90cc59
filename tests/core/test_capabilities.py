"""What rules lose on an engine that cannot do everything, and what they do not."""

from reactor.core.capabilities import CAN_ALL, LOST, Capabilities, Elsewhere, Harm, harms
from reactor.core.rules import Rule
from reactor.ruleset import parse

RULES = """\
groups:
  - name: g
    rules:
      - {name: pids, when: pids > 200}
      - {name: share, when: pids > 90%}
      - {name: memory, when: memory > 80%}
      - {name: oom, on: oom}
      - {name: age, when: age > 1h}
      - {name: limits, on: start, then: [{limit: {pids: 256}}]}
      - {name: whole, when: scope.memory > 8GiB, victims: most memory}
      - {name: host, when: host.memory_available < 5%, victims: most memory}
"""
PODMAN = Capabilities(oom_events=False, limit_updates=False, memory_in_use=False, pids_limit=False)


def rules() -> tuple[Rule, ...]:
    return parse(RULES).rules


def lost(found: tuple[Harm, ...]) -> set[tuple[str, str]]:
    return {(harm.rule.removeprefix("g/"), harm.capability) for harm in found if not harm.covered}


def test_on_an_engine_that_can_all_nothing_is_lost() -> None:
    assert CAN_ALL.missing() == ()
    assert harms(rules(), CAN_ALL, Elsewhere()) == ()


def test_each_rule_is_told_what_it_loses_with_its_place() -> None:
    found = harms(rules(), PODMAN, Elsewhere())
    assert lost(found) == {
        ("share", "pids_limit"),
        ("memory", "memory_in_use"),
        ("oom", "oom_events"),
        ("limits", "limit_updates"),
        ("whole", "memory_in_use"),
        ("host", "memory_in_use"),
    }
    assert all(harm.place.rpartition(":")[2].isdigit() and harm.meaning for harm in found)


def test_what_the_kernel_tells_is_not_lost() -> None:
    found = harms(rules(), PODMAN, Elsewhere(ooms=True, readings=True))
    assert lost(found) == {("limits", "limit_updates")}
    assert len(found) == 6


def test_without_accounts_even_the_kernel_has_nothing_to_tell() -> None:
    can = Capabilities(memory_accounts=False, pids_accounts=False)
    found = harms(rules(), can, Elsewhere(ooms=True, readings=True))
    assert {rule for rule, _ in lost(found)} == {"pids", "share", "memory", "whole", "host"}


def test_each_thing_that_can_be_missing_has_its_words() -> None:
    assert set(LOST) == set(Capabilities.__slots__)
