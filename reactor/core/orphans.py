"""Sidecars whose main is gone: counted list by list, and ended when that is certain.

"Gone" means: in two lists no living main, for ``orphan_after`` seconds; and for a sidecar
that never had one, not before its creation grace is over, since sidecars are often
created first.
"""

from dataclasses import replace

from reactor.core.decisions import Action, Decision
from reactor.core.judging import decide
from reactor.core.state import Alone, Entry, Setup, State
from reactor.core.topology import needed

RULE = "orphan"


def count_alone(state: State, entry: Entry, at: float, *, blind: bool) -> Entry:
    """The entry with this list counted. A list with unknown containers proves nothing against a sidecar."""
    if needed(state, entry):
        if entry.alone is None and entry.met_main:
            return entry
        return replace(entry, alone=None, met_main=True)
    if blind:
        return entry
    alone = Alone(at, 1) if entry.alone is None else replace(entry.alone, lists=entry.alone.lists + 1)
    return replace(entry, alone=alone)


def judge_orphan(setup: Setup, state: State, entry: Entry, at: float) -> tuple[Entry, Decision | None]:
    """End a sidecar whose main is gone for certain."""
    if not _is_orphan(setup, entry, at) or needed(state, entry):
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
        grace=setup.sidecar_grace,
        dry_run=setup.dry_run,
    )
    latched = entry.latched | {RULE} if setup.dry_run else entry.latched
    ending = "" if setup.dry_run else decision.id
    return replace(entry, ending=ending, latched=latched, decided=entry.decided + 1), decision


def _is_orphan(setup: Setup, entry: Entry, at: float) -> bool:
    if entry.alone is None or entry.alone.lists < 2 or at - entry.alone.since < setup.orphan_after:
        return False
    if entry.met_main:
        return True
    began = entry.container.created if entry.container.created is not None else entry.first_seen
    return at - began >= setup.creation_grace
