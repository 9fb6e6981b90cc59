"""Sidecars whose main is gone: counted list by list, and ended when that is certain.

"Gone" means: in two lists no living main, for ``orphan_after`` seconds without a break; and for
a sidecar that never had one, not before its creation grace is over, since sidecars are often
created first.
"""

from collections.abc import Iterable
from dataclasses import replace

from reactor.core.container import ContainerId
from reactor.core.deciding import begin, decide
from reactor.core.decisions import Decision
from reactor.core.facts import Snapshot
from reactor.core.made import grace_of
from reactor.core.orders import silence_of
from reactor.core.protection import Policy
from reactor.core.rules import Rule, Trigger, rules_of
from reactor.core.state import Alone, Entry, Setup, State
from reactor.core.topology import Tasks, needed
from reactor.core.verbs import Action

RULE = "orphan"
"""The name of what is done where no rule says otherwise."""


def is_of_orphans(rules: Iterable[Rule], name: str, level: str = "") -> bool:
    """Whether a decision by this rule is about a sidecar that is alone: its main may be back by now."""
    return name == RULE or any(rule.on is Trigger.ORPHANED for rule in rules_of(rules, name, level))


def count_alone(state: State, entry: Entry, at: float, tasks: Tasks, hidden: "Hidden") -> Entry:
    """The entry with this list counted, which proves nothing where the main may be among the unknown."""
    if needed(state, entry, tasks=tasks):
        return met(entry)
    if hidden.may_be_main_of(entry):
        return entry if entry.alone is None else replace(entry, alone=None)
    alone = Alone(at, 1) if entry.alone is None else replace(entry.alone, lists=entry.alone.lists + 1)
    return replace(entry, alone=alone)


def met(entry: Entry) -> Entry:
    """The entry of a sidecar whose main is there: whatever was counted against it counts no more."""
    return entry if entry.alone is None and entry.met_main else replace(entry, alone=None, met_main=True)


class Hidden:
    """Those of a list that are alive and could not be confirmed: any may be the main that somebody misses."""

    def __init__(self, policy: Policy, state: State, snapshot: Snapshot) -> None:
        self._ids = snapshot.unsure
        self._tasks = {_task_of(policy, state, snapshot, key) for key in snapshot.unsure}

    def may_be_main_of(self, sidecar: Entry) -> bool:
        """Whether this sidecar's main may be one of them, as far as labels and namespaces tell."""
        if not sidecar.mains.isdisjoint(self._ids):
            return True
        return bool(sidecar.serves) and not self._tasks.isdisjoint({sidecar.serves, None})


def _task_of(policy: Policy, state: State, snapshot: Snapshot, key: ContainerId) -> str | None:
    """The task that a container names as its own; None if nobody knows. Labels outlive a run."""
    entry, hint = state.entries.get(key), snapshot.hints.get(key)
    if entry is not None:
        return entry.task
    return hint.get(policy.labels.task, "") if hint is not None else None


def judge_orphan(setup: Setup, entry: Entry, at: float) -> tuple[Entry, Decision | None]:
    """End a sidecar without a living main if that main is gone for certain.

    Where a rule says what is to be done with orphans, it is that rule's moment and nothing else.
    """
    if not _is_orphan(setup, entry, at):
        return entry, None
    if any(rule.on is Trigger.ORPHANED for rule in entry.rules):
        return replace(entry, due=entry.due | {Trigger.ORPHANED}), None
    if silence_of(setup.silences, entry.run.id, RULE, at) is not None:
        return entry, None
    if entry.unsure or entry.ending or at < entry.quiet_until or RULE in entry.latched:
        return entry, None
    since = entry.alone.since if entry.alone is not None else at
    decision = decide(
        entry,
        Action.STOP,
        RULE,
        f"its main has been gone for {at - since:.0f} s",
        at,
        since=since,
        grace=grace_of(setup, entry),
        dry_run=setup.dry_run,
    )
    entry = replace(entry, decided=entry.decided + 1)
    if setup.dry_run:
        return replace(entry, latched=entry.latched | {RULE}), decision
    return begin(entry, decision), decision


def _is_orphan(setup: Setup, entry: Entry, at: float) -> bool:
    if entry.alone is None or entry.alone.lists < 2 or at - entry.alone.since < setup.orphan_after:
        return False
    if entry.met_main:
        return True
    began = entry.container.created if entry.container.created is not None else entry.first_seen
    return at - began >= setup.creation_grace
