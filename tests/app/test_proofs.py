"""Proofs of rules: the same from one process to the next, others whenever the effect may be wider."""

from dataclasses import replace

import pytest

from reactor.app.proofs import proof, proofs, proven
from reactor.core.protection import LabelNames, Policy, Standing, is_exempt
from reactor.core.rules import Rule, RuleSet, Selector
from tests.core.build import box, cid

POLICY = Policy(protect=(Selector(name="db-*"),), protected_ids=frozenset(cid(n) for n in range(1, 20)))


def test_a_proof_is_the_same_in_every_process() -> None:
    """Written down once: neither a hash seed nor the order of a set may change it."""
    assert proof("d", POLICY) == "37679337c3fe6c1706f850abd038fa422864119bacb6699c5eca16bf8e1970e1"


def test_an_upgrade_of_our_own_container_costs_no_proof() -> None:
    rules = RuleSet((Rule("g/r", "f:1", digest="d"),))
    before, after = replace(POLICY, own=cid(100)), replace(POLICY, own=cid(101))
    assert proven(rules, after, frozenset(proofs(rules.rules, before))) == {"d"}
    assert is_exempt(after, box(101)) is Standing.PROTECTED
    assert is_exempt(after, box(100)) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(POLICY, protect=()),
        replace(POLICY, protected_ids=frozenset(cid(n) for n in range(1, 19))),
        replace(POLICY, scope=(Selector(name="*"),)),
        replace(POLICY, trusted_images=("*",)),
        replace(POLICY, labels=LabelNames(task="team")),
        replace(POLICY, labels=LabelNames(skip="other")),
    ],
)
def test_whatever_widens_the_scope_is_another_proof(other: Policy) -> None:
    assert proof("d", other) != proof("d", POLICY)
