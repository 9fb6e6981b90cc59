"""What a snapshot of the whole engine means: who is new, who died unseen, who is alone.

The snapshot is the truth. Orphans are counted here, list by list, and ended in ``orphans``.
"""

from collections import Counter
from dataclasses import replace

from reactor.core.adopting import joiners_last, see, vanish
from reactor.core.container import Container, ContainerId, Run
from reactor.core.draft import Draft
from reactor.core.facts import Snapshot
from reactor.core.notes import Cause, Ended, Reconciled
from reactor.core.orphans import Hidden, count_alone
from reactor.core.protection import may_be_governed
from reactor.core.state import Entry, Setup, State
from reactor.core.topology import living_by_task


def reconcile(setup: Setup, state: State, snapshot: Snapshot) -> tuple[Draft, tuple[ContainerId, ...]]:
    """Take in a snapshot; returns who changed. The report comes from ``report`` once it was judged."""
    draft = Draft(state)
    containers = {container.run.id: container for container in snapshot.containers}
    news = {key: each for key, each in containers.items() if not _is_known(state.entries.get(key), each)}
    for container in joiners_last(news):
        see(setup, draft, container, snapshot.at)
    _place_late_joiners(setup, draft, snapshot)
    for key in snapshot.unsure:
        _doubt(draft, key)
    listed = containers.keys() | snapshot.unsure | snapshot.unread
    for entry in state.entries.values():
        if entry.seen_at < snapshot.began and entry.container.run.id not in listed:
            vanish(draft, entry.run.id, snapshot.at)
    changed = tuple(draft.changed)
    began = state.began if state.began is not None else snapshot.began
    unconfirmed = frozenset(key for key in snapshot.unsure if _may_be_governed(setup, state, snapshot, key))
    is_late = state.returned is not None and snapshot.began < state.returned
    back, since = (state.returned, state.unlisted) if is_late else (None, None)
    draft.state = replace(draft.finish(), snapshots=snapshot.number, began=began, unconfirmed=unconfirmed)
    draft.state = replace(draft.state, returned=back, unlisted=since)
    draft.changed = {}
    _count_orphans(setup, draft, snapshot)
    return draft, changed


def _is_known(entry: Entry | None, container: Container) -> bool:
    """Whether this very look was taken in already; where a joiner stands depends on others, too."""
    if entry is None or entry.source is not container or container.joins:
        return False
    return not entry.unsure and entry.gone_at is None


def _place_late_joiners(setup: Setup, draft: Draft, snapshot: Snapshot) -> None:
    """A chain of shared namespaces is placed link by link, however the list was ordered."""
    joiners = [container for container in snapshot.containers if container.joins]
    for _ in joiners:
        before = {container.id: draft.standing(container.id) for container in joiners}
        for container in joiners:
            entry = draft.entry(container.id)
            if entry is not None:
                see(setup, draft, entry.source, snapshot.at)
        if before == {container.id: draft.standing(container.id) for container in joiners}:
            return


def _may_be_governed(setup: Setup, state: State, snapshot: Snapshot, key: ContainerId) -> bool:
    """Whether one that could not be confirmed may be in scope; one that was seen before is known better."""
    entry, row = state.entries.get(key), snapshot.rows.get(key)
    if entry is not None:
        return entry.governed
    return row is None or key in setup.remembered or may_be_governed(setup.policy, row)


def _doubt(draft: Draft, key: ContainerId) -> None:
    entry = draft.entry(key)
    if entry is not None and not entry.unsure:
        draft.changed[key] = replace(entry, unsure=True)


def _count_orphans(setup: Setup, draft: Draft, snapshot: Snapshot) -> None:
    sidecars = [entry for entry in draft.state.living() if entry.is_sidecar and not entry.ending]
    if not sidecars:
        return
    tasks = living_by_task(draft.state)
    hidden = Hidden(setup.policy, draft.state, snapshot)
    for entry in sidecars:
        counted = count_alone(draft.state, entry, snapshot.at, tasks, hidden)
        if counted is not entry:
            draft.changed[entry.run.id] = counted


def ended_while_away(setup: Setup, state: State, snapshot: Snapshot) -> list[Ended]:
    """Runs that an earlier monitor followed and that this first snapshot does not hold any more."""
    if snapshot.number != 1:
        return []
    unknown = snapshot.unsure | snapshot.unread
    return [
        Ended(snapshot.at, run, name, _unseen(setup, run))
        for run, name in setup.away.items()
        if run.id not in unknown and ((entry := state.entries.get(run.id)) is None or entry.run != run)
    ]


def _unseen(setup: Setup, run: Run) -> Cause:
    """Of a run that is gone only what an earlier monitor saw for itself is known: an intent fits any end."""
    meant = setup.meant.get(run)
    return Cause.REACTOR if meant is not None and meant.ended else Cause.UNSEEN


def report(setup: Setup, before: State, after: State, snapshot: Snapshot, acted_on: int) -> Reconciled:
    """The reconcile report of a snapshot: what changed since its list was taken."""
    living = [*after.living()]
    left = Counter(map(_left, living))
    found = [entry for entry in after.entries.values() if _found_dead(setup, entry, snapshot)]
    return Reconciled(
        at=snapshot.at,
        number=snapshot.number,
        gap=snapshot.gap,
        blind=snapshot.blind,
        listed=len(snapshot.containers) + len(snapshot.unsure) + len(snapshot.unread),
        adopted=sum(entry.adopted_at >= snapshot.began for entry in living),
        found_dead=len(found) + len(ended_while_away(setup, after, snapshot)),
        orphans=sum(_newly_alone(before, entry) for entry in living if entry.alone is not None),
        acted_on=acted_on,
        left=dict(sorted(left.items())),
    )


def _found_dead(setup: Setup, entry: Entry, snapshot: Snapshot) -> bool:
    if entry.ended_at is None or entry.ended_at < snapshot.began:
        return False
    return entry.adopted_at < snapshot.began or entry.run in setup.away


def _left(entry: Entry) -> str:
    if entry.unsure:
        return "unsure"
    if entry.ending:
        return "being-ended"
    if entry.alone is not None:
        return "orphan-waiting"
    return "within-rules" if entry.governed else entry.standing.value


def _newly_alone(before: State, entry: Entry) -> bool:
    old = before.entries.get(entry.run.id)
    return old is None or old.alone is None
