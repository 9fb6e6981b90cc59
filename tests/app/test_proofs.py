"""Proofs of rules: the same from one process to the next, others whenever the effect may be wider."""

from dataclasses import replace

import pytest

from reactor.app.proofs import proof, proofs, proven
from reactor.core.protection import LabelNames, Policy, Standing, is_exempt
from reactor.core.rules import Rule, RuleSet, Total, Trigger
from reactor.core.selector import Selector
from reactor.core.state import Setup
from tests.core.build import age_over, box, cid, condition, pids_over, total_over

POLICY = Policy(protect=(Selector(name="db-*"),), protected_ids=frozenset(cid(n) for n in range(1, 20)))
AGED = Rule("g/aged", "f:1", when=age_over(5), digest="d")
LASTING = replace(AGED, name="g/lasting", hold=5)
READING = Rule("g/reading", "f:2", when=pids_over(5), digest="d")
WHOLE = Rule("g/whole", "f:3", when=total_over(5), digest="d")
LOOPING, ORPHANED, OWNERLESS, BLIND, OOM = (
    Rule(f"g/{trigger}", "f:4", on=trigger, digest="d")
    for trigger in (Trigger.CRASH_LOOP, Trigger.ORPHANED, Trigger.OWNER_GONE, Trigger.BLIND, Trigger.OOM)
)
HOST = Rule(
    "g/host",
    "f:3",
    when=replace(condition(lambda _: None), total=Total("host", "memory_available", "<", 5)),
    digest="d",
)
WRITING = Rule("g/writing", "f:5", when=condition(lambda _: None, "layer_writes"), digest="d")
ALL = (AGED, LASTING, READING, WHOLE, HOST, WRITING, LOOPING, ORPHANED, OWNERLESS, BLIND, OOM)
SETUP = Setup(RuleSet(ALL), POLICY)


def test_a_proof_is_the_same_in_every_process() -> None:
    """Written down once: neither a hash seed nor the order of a set may change it."""
    assert proof(AGED, SETUP) == "37679337c3fe6c1706f850abd038fa422864119bacb6699c5eca16bf8e1970e1"


def test_an_upgrade_of_our_own_container_costs_no_proof() -> None:
    rules = RuleSet((AGED,))
    before, after = (replace(SETUP, policy=replace(POLICY, own=cid(n))) for n in (100, 101))
    assert proven(rules, after, frozenset(proofs(rules.rules, before))) == {"d"}
    assert is_exempt(after.policy, box(101)) is Standing.PROTECTED
    assert is_exempt(after.policy, box(100)) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(POLICY, protect=()),
        replace(POLICY, protected_ids=frozenset(cid(n) for n in range(1, 19))),
        replace(POLICY, scope=(Selector(name="*"),)),
        replace(POLICY, trusted_images=("*",)),
        replace(POLICY, labels=LabelNames(task="team")),
        replace(POLICY, labels=LabelNames(skip="other")),
        replace(POLICY, labels=LabelNames(owner="team")),
    ],
)
def test_whatever_widens_the_scope_is_another_proof(other: Policy) -> None:
    assert all(proof(rule, replace(SETUP, policy=other)) != proof(rule, SETUP) for rule in ALL)


@pytest.mark.parametrize(
    ("changed", "gated"),
    [
        ({"stale_after": 20.0}, (LASTING, READING, WHOLE, HOST, BLIND)),
        ({"layer_every": 600.0}, (WRITING,)),
        ({"orphan_after": 1.0}, (ORPHANED,)),
        ({"creation_grace": 1.0}, (ORPHANED, OWNERLESS)),
        ({"owner_grace": 1.0}, (OWNERLESS,)),
        ({"crash_ends": 2}, (LOOPING,)),
        ({"crash_within": 600.0}, (LOOPING,)),
        ({"sidecar_grace": 1.0, "keep": 60.0, "again_after": 1.0}, ()),
        ({"stale_after": 10}, ()),
    ],
)
def test_a_setting_that_changes_when_a_rule_holds_costs_its_proof_and_no_others(
    changed: dict[str, float], gated: tuple[Rule, ...]
) -> None:
    """The last is the same number, written without a point."""
    other = replace(SETUP, **changed)  # type: ignore[arg-type]  # Fields of the setup.
    lost = tuple(rule for rule in ALL if proof(rule, other) != proof(rule, SETUP))
    assert lost == gated
