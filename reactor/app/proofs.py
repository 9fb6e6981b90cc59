"""Which rules have been in force before: by proofs, which the journal keeps from one start to the next.

A proof is made of what a rule says, of whom it may act on, and of those settings that decide
when it holds. A rule without a proof is new, and so is an old one after the scope was widened or such a
setting was changed: what it would do at once is counted before it acts.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from reactor.core.judging import SAMPLED
from reactor.core.layers import READ
from reactor.core.protection import Policy
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.state import Setup


def proof(rule: Rule, setup: Setup) -> str:
    """The proof of this rule under this setup."""
    said = (rule.digest, _scope(setup.policy), *_settings(rule, setup))
    return sha256("\n".join(said).encode()).hexdigest()


def proven(rules: RuleSet, setup: Setup, known: frozenset[str]) -> frozenset[str]:
    """The digests of those rules whose proofs are known."""
    return frozenset(rule.digest for rule in rules.rules if rule.digest and proof(rule, setup) in known)


def proofs(rules: Iterable[Rule], setup: Setup) -> Mapping[str, str]:
    """The proofs of these rules, and their names."""
    return {proof(rule, setup): rule.name for rule in rules if rule.digest}


def _scope(policy: Policy) -> str:
    # Our own container is left out: each upgrade has another, and it is never acted upon.
    # Sets have no order of their own; everything else of a policy is said the same way every time.
    protected = sorted(policy.protected_ids)
    return repr((policy.labels, policy.scope, policy.protect, protected, policy.trusted_images))


def _settings(rule: Rule, setup: Setup) -> Iterator[str]:
    """The settings on which it hangs whether this rule holds, and no others.

    Whether another value widens or narrows it is not asked: a longer ``stale_after`` widens a rule about
    readings and narrows one about blindness. To be counted once more costs a few seconds.
    """
    if _hangs_on_evidence(rule):
        yield f"stale_after={float(setup.stale_after)!r}"
    if rule.when is not None and READ in rule.when.reads:
        yield f"layer_every={float(setup.layer_every)!r}"
    if rule.on is Trigger.ORPHANED:
        yield f"orphan_after={float(setup.orphan_after)!r} creation_grace={float(setup.creation_grace)!r}"
    if rule.on is Trigger.OWNER_GONE:
        yield f"owner_grace={float(setup.owner_grace)!r} creation_grace={float(setup.creation_grace)!r}"
    if rule.on is Trigger.CRASH_LOOP:
        yield f"crash_ends={setup.crash_ends} crash_within={float(setup.crash_within)!r}"


def _hangs_on_evidence(rule: Rule) -> bool:
    """Whether it matters to this rule how old a reading may be, or how long none may come."""
    if rule.on is Trigger.BLIND or rule.hold:
        return True
    when = rule.when
    return when is not None and bool(when.windows or when.total is not None or when.reads & SAMPLED)
