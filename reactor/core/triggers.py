"""Triggers: which of them count for a run, when they are used up, and how they are said.

Only the reading is here: OOM events are assigned in ``oomed``, the others are noticed in
``adopting`` and ``orphans`` and stand in an entry's ``due`` until they are judged to the end. Blindness and
the absence of an owner are found anew each time.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reactor.core.leases import lost_owner
from reactor.core.rules import Rule, Trigger
from reactor.core.state import Entry, Setup, State

OVER = frozenset({Trigger.DIE, Trigger.OOM})
"""The triggers that may be judged when the run is over: what is left of its task hangs on them."""
_PLAIN: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.OOM: "OOM event",
        Trigger.UNHEALTHY: "it became unhealthy",
        Trigger.START: "it started",
        Trigger.CREATE: "it was created",
    }
)
"""The triggers of which nothing more is to be said."""


def judgeable(setup: Setup, entry: Entry, at: float) -> bool:
    """Whether any rule may be asked about this run now."""
    if not entry.judged or entry.unsure:
        return False
    if entry.alive:
        return True
    if not entry.due:
        return False
    # An OOM may be reported after the death that it caused; the sidecars still hang on the verdict.
    return not entry.run.started_at or (entry.ended_at is not None and at - entry.ended_at <= setup.keep)


def counts(setup: Setup, entry: Entry, rule: Rule) -> bool:
    """Whether a rule can be judged for a run in this state at all."""
    if entry.alive:
        return rule.on is not Trigger.DIE
    if not entry.run.started_at:
        # There is no run to end yet; what is only said need not wait for one.
        return rule.on is Trigger.CREATE and setup.runs_dry(rule)
    return rule.on in OVER


def stays_due(entry: Entry, rule: Rule) -> bool:
    """Whether the trigger of a rule that cannot be judged now can be judged later."""
    return rule.on is Trigger.CREATE and not entry.run.started_at


def is_due(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> bool:
    """Whether the trigger of this rule is given."""
    if rule.on is Trigger.BLIND:
        return unseen_since(setup, state, entry, rule, at) is not None
    if rule.on is Trigger.OWNER_GONE:
        return lost_owner(setup, state, entry, at) is not None
    return rule.on in entry.due


def unseen_since(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> float | None:
    """Since when nothing is known of this run, if that is longer than this rule allows.

    Only while we looked: a monitor that was stopped, or got no time, saw nothing of anybody.
    """
    known = [at]
    if entry.asked is not None:
        known.append(entry.asked if entry.heard is None else max(entry.asked, entry.heard))
    if state.deaf is not None:
        known.append(state.deaf)
    since = min(known)
    if state.ticked is not None:
        if at - state.ticked > setup.stale_after:
            # We stood still ourselves. What came in meanwhile is read next.
            return None
        since = since if state.awake is None else max(since, state.awake)
    return since if at - since >= rule.hold and at - since > setup.fresh_for(rule) else None


def sentence(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> str:
    """What gave the reason to look at the condition; empty without a trigger."""
    match rule.on:
        case Trigger.DIE:
            code = entry.container.exit_code if entry.container.exit_code is not None else entry.last_exit
            return "it ended" if code is None else f"it ended with exit code {code}"
        case Trigger.CRASH_LOOP:
            return f"it ended {setup.crash_ends} times or more within {setup.crash_within:.0f} s"
        case Trigger.ORPHANED:
            return f"its main has been gone for {at - _alone_since(entry, at):.0f} s"
        case Trigger.OWNER_GONE:
            return _of_owner(setup, state, entry, at)
        case Trigger.BLIND:
            since = unseen_since(setup, state, entry, rule, at)
            what = "no events" if state.deaf is not None and state.deaf == since else "no reading of it"
            return f"{what} for {at - (at if since is None else since):.0f} s"
        case _:
            return _PLAIN.get(rule.on, "") if rule.on is not None else ""


def _of_owner(setup: Setup, state: State, entry: Entry, at: float) -> str:
    known = lost_owner(setup, state, entry, at)
    if known is None:
        return "its owner is gone"
    return f"its owner has been gone for {at - known.since:.0f} s: {known.why}"


def _alone_since(entry: Entry, at: float) -> float:
    return entry.alone.since if entry.alone is not None else at
