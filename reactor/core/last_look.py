"""The last look before acting: is what was decided still meant, by the rules and the knowledge of now?

A decision may have waited for a place, for a token, for the end of a monitor before this one. Here is what
may have changed since: the rules, holds and silences, what a container needs, whose it is. Does not belong
here: whether the container is still the one that was meant, which only the engine can say.
"""

from reactor.core.canary import RULE as CANARY
from reactor.core.commanding import ORDERS, is_order, is_our_own
from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Decision
from reactor.core.exempting import exempted
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.leases import is_gone, is_of_owners
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.leftovers import may_be_left
from reactor.core.obeying import is_held, may_act
from reactor.core.orphans import RULE as ORPHAN
from reactor.core.orphans import is_of_orphans
from reactor.core.parting import PARTINGS, TASK_OVER
from reactor.core.protection import GOVERNED, Standing
from reactor.core.rules import Rule, rules_of
from reactor.core.stages import Stage
from reactor.core.state import Setup, State
from reactor.core.topology import needed, place

BUILT_IN = frozenset({ORPHAN, OWNER_GONE, CANARY}) | PARTINGS
"""What is decided by no rule of anybody."""


def allows(setup: Setup, state: State, container: Container, decision: Decision, now: float) -> bool:
    """Still meant, in scope, neither skipped nor protected, an orphan?

    ``container`` is how it was seen just now, ``now`` the time of the core.
    """
    if is_order(decision):
        # A silence is for rules; a hold is for everything.
        return not is_held(state, now) and not is_our_own(setup.policy, container.id)
    if not may_act(state, decision, now) or not _is_meant(setup, container, decision):
        return False
    if decision.rule == LEFTOVERS and not may_be_left(container):
        return False
    if _is_needed(setup, state, decision):
        return False
    if not decision.cause and not _may_be_ownerless(setup, state, container, decision, now):
        return False
    standing = _standing(setup, state, container, decision.run.id)
    # By its own rule a canary goes, and nobody else does.
    return standing is Standing.CANARY if decision.rule == CANARY else standing in GOVERNED


def last_seen(state: State, run: Run) -> Container | None:
    """How a run was seen last, if it is the present one of its container, and no doubt is about that."""
    entry = state.entries.get(run.id)
    return None if entry is None or entry.run != run or entry.unsure else entry.container


def is_in_force(setup: Setup, decision: Decision) -> bool:
    """Whether what an earlier monitor decided by, rule and level, is still there."""
    if decision.rule == LEFTOVERS:
        return setup.leftovers_after is not None
    return decision.rule in {*BUILT_IN, *ORDERS} or bool(_rules_of(setup, decision))


def chain_of(setup: Setup, decision: Decision) -> tuple[Stage, ...]:
    """The stages of what an earlier monitor decided by, as the rule has them now; a cascade has none."""
    rules = () if decision.cause else _rules_of(setup, decision)
    return next((rule.then for rule in rules if rule.action is decision.action), ())


def runs_dry(setup: Setup, decision: Decision) -> bool:
    """Whether what an earlier monitor decided by only says by now what it would do."""
    if decision.rule == OWNER_GONE and not setup.owners_enforced:
        return True
    return any(rule.dry_run for rule in _rules_of(setup, decision))


def _rules_of(setup: Setup, decision: Decision) -> tuple[Rule, ...]:
    return rules_of(setup.rules.rules, decision.rule, decision.level)


def _is_meant(setup: Setup, container: Container, decision: Decision) -> bool:
    """Whether its rule is there still, acts, and does not spare it.

    What goes with its main goes, whatever became of the rule.
    """
    if decision.cause or decision.rule in {LEFTOVERS, *BUILT_IN}:
        return True
    live = (rule for rule in _rules_of(setup, decision) if not setup.runs_dry(rule))
    return any(exempted(setup.policy, rule, container) is None for rule in live)


def _is_needed(setup: Setup, state: State, decision: Decision) -> bool:
    """Whether it is to go for standing alone, and somebody needs it by now."""
    entry = state.entries.get(decision.run.id)
    lonely = decision.rule == LEFTOVERS or (decision.rule == TASK_OVER and not decision.cause)
    alone = lonely or is_of_orphans(setup.rules.rules, decision.rule, decision.level)
    return alone and entry is not None and needed(state, entry)


def _may_be_ownerless(
    setup: Setup, state: State, container: Container, decision: Decision, now: float
) -> bool:
    """Whether its owner is gone still, if that is what the decision is about. A rule needs no switch."""
    built_in = decision.rule == OWNER_GONE
    if not built_in and not is_of_owners(setup.rules.rules, decision.rule, decision.level):
        return True
    meant = setup.owners_enforced or not built_in
    return meant and is_gone(setup, state, container, now)


def _standing(setup: Setup, state: State, container: Container, id_: ContainerId) -> Standing:
    def standing(key: ContainerId) -> Standing | None:
        entry = state.entries.get(key)
        return entry.standing if entry is not None else None

    entry = state.entries.get(id_)
    known = entry.mains if entry is not None else setup.remembered.get(container.id, frozenset())
    return place(setup.policy, container, standing, known).standing
