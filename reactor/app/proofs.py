"""Which rules have been in force before: by proofs, which the journal keeps from one start to the next.

A proof is made of what a rule says and of whom it may act on. A rule without a proof is new, and
so is an old one after the scope was widened: what it would do at once is counted before it acts.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from reactor.core.protection import Policy
from reactor.core.rules import Rule, RuleSet


def proof(digest: str, policy: Policy) -> str:
    """The proof of a rule with this digest under this policy."""
    return sha256(f"{digest}\n{_scope(policy)}".encode()).hexdigest()


def proven(rules: RuleSet, policy: Policy, known: frozenset[str]) -> frozenset[str]:
    """The digests of those rules whose proofs are known."""
    return frozenset(
        rule.digest for rule in rules.rules if rule.digest and proof(rule.digest, policy) in known
    )


def proofs(rules: Iterable[Rule], policy: Policy) -> Mapping[str, str]:
    """The proofs of these rules, and their names."""
    return {proof(rule.digest, policy): rule.name for rule in rules if rule.digest}


def _scope(policy: Policy) -> str:
    # Our own container is left out: each upgrade has another, and it is never acted upon.
    # Sets have no order of their own; everything else of a policy is said the same way every time.
    protected = sorted(policy.protected_ids)
    return repr((policy.labels, policy.scope, policy.protect, protected, policy.trusted_images))
