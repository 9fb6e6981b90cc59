"""From what was seen of a container to its entry: adopted, gone on, begun anew, or over.

Here a run begins and ends for the core. Nothing is judged here, and nothing is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reactor.core.container import Container, ContainerId
from reactor.core.ending import end
from reactor.core.notes import Adopted, Note
from reactor.core.protection import GOVERNED, Standing, claims_exemption_in_vain
from reactor.core.state import Entry, Setup, State
from reactor.core.topology import Place, place


@dataclass(slots=True)
class Draft:
    """A state in the making: changed entries by id, and the notes so far. It does not outlive a step."""

    state: State
    changed: dict[ContainerId, Entry] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def entry(self, key: ContainerId) -> Entry | None:
        """The entry as it stands now."""
        return self.changed.get(key) or self.state.entries.get(key)

    def standing(self, key: ContainerId) -> Standing | None:
        """Where a container stands; what has left the engine stands nowhere."""
        entry = self.entry(key)
        return entry.standing if entry is not None else None

    def finish(self) -> State:
        """The state with all changes in it."""
        moved = any(self._moved(key, entry) for key, entry in self.changed.items())
        entries = self.state.entries.put_all(self.changed)
        return replace(self.state, entries=entries, roster=self.state.roster + moved)

    def _moved(self, key: ContainerId, entry: Entry) -> bool:
        old = self.state.entries.get(key)
        if old is None:
            return entry.alive
        return (old.run, old.alive, old.standing) != (entry.run, entry.alive, entry.standing)


def see(setup: Setup, draft: Draft, container: Container, at: float) -> None:
    """Take in one container as an inspect found it."""
    old = draft.entry(container.id)
    placed = _place(setup, draft, container, old)
    if old is None:
        entry = _adopt(setup, draft, container, placed, at)
    elif old.run == container.run:
        entry = _go_on(setup, draft, old, container, placed, at)
    else:
        entry = _begin_anew(setup, draft, old, container, placed, at)
    if entry.ended_at is None and container.run.started_at and not container.alive:
        entry, note = end(entry, at)
        if old is None:
            # What was over before we came is put on record; nobody is called to account for it.
            entry = replace(entry, oom_due=False)
            note = replace(note, old=container.run not in setup.away)
        draft.notes.append(note)
    draft.changed[container.id] = entry


def vanish(draft: Draft, key: ContainerId, at: float) -> None:
    """The engine does not know the container any more; its entry waits a little for late news."""
    entry = draft.entry(key)
    if entry is None or entry.gone_at is not None:
        return
    if entry.ended_at is None and entry.run.started_at:
        entry, note = end(entry, at, vanished=True)
        draft.notes.append(note)
    draft.changed[key] = replace(entry, gone_at=at, ended_at=entry.ended_at or at)


def _place(setup: Setup, draft: Draft, container: Container, old: Entry | None) -> Place:
    known = old.mains if old is not None else setup.remembered.get(container.id, frozenset())
    return place(setup.policy, container, draft.standing, known)


def _placed(setup: Setup, entry: Entry, placed: Place) -> Entry:
    rules = setup.rules.rules if placed.standing in GOVERNED else ()
    chosen = tuple(
        rule
        for rule in rules
        if not rule.select or any(s.matches(entry.container, placed.own) for s in rule.select)
    )
    return replace(
        entry,
        standing=placed.standing,
        own=placed.own,
        task=placed.task,
        serves=placed.serves,
        mains=placed.mains,
        rules=chosen,
    )


def _adopt(setup: Setup, draft: Draft, container: Container, placed: Place, at: float) -> Entry:
    fresh = Entry(
        container, container, placed.standing, seen_at=at, own=placed.own, first_seen=at, adopted_at=at
    )
    entry = _placed(setup, fresh, placed)
    _note_adoption(setup, draft, entry, at)
    return entry


def _go_on(setup: Setup, draft: Draft, old: Entry, container: Container, placed: Place, at: float) -> Entry:
    # A start that was once known for certain stays so: a later look can only be less certain.
    born = old.container.born if old.container.born is not None else container.born
    created = old.container.created if old.container.created is not None else container.created
    kept = replace(container, born=born, created=created)
    # Only a new look takes a doubt away; the list alone does not say which run it is.
    unsure = old.unsure and container is old.source
    entry = replace(old, container=kept, source=container, seen_at=at, unsure=unsure, gone_at=None)
    same = (old.standing, old.mains, old.serves) == (placed.standing, placed.mains, placed.serves)
    if same and old.own == placed.own:
        return entry
    entry = _placed(setup, entry, placed)
    _note_adoption(setup, draft, entry, at)
    return entry


def _begin_anew(
    setup: Setup, draft: Draft, old: Entry, container: Container, placed: Place, at: float
) -> Entry:
    first = not old.run.started_at
    if not first and old.ended_at is None:
        _, note = end(old, at, vanished=True)
        draft.notes.append(note)
    fresh = Entry(
        container,
        container,
        placed.standing,
        seen_at=at,
        own=placed.own,
        first_seen=old.first_seen,
        adopted_at=at,
        met_main=old.met_main,
        # An OOM that was reported before the first start became visible is of this run.
        ooms=old.ooms if first else 0,
        oom_due=old.oom_due if first else False,
        old_oom=not first and (old.ooms > 0 or old.container.oom_killed),
        last_exit=old.last_exit if first else None,
    )
    entry = _placed(setup, fresh, placed)
    _note_adoption(setup, draft, entry, at)
    return entry


def _note_adoption(setup: Setup, draft: Draft, entry: Entry, at: float) -> None:
    if not entry.run.started_at:
        return
    draft.notes.append(
        Adopted(
            at,
            entry.container,
            entry.standing,
            entry.mains,
            entry.task or entry.serves,
            unreadable_image=entry.container.image_labels is None,
            vain_skip=claims_exemption_in_vain(setup.policy, entry.container),
        )
    )


def joiners_last(containers: Mapping[ContainerId, Container]) -> list[Container]:
    """In an order in which most edges find their main already placed: without joins, then by creation."""
    return sorted(
        containers.values(),
        key=lambda c: (bool(c.joins), c.created if c.created is not None else 0.0, c.id),
    )
