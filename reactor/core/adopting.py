"""From what was seen of a container to its entry: adopted, gone on, begun anew, or over.

Here a run begins and ends for the core. Nothing is judged here, and nothing is asked.
"""

from collections.abc import Mapping
from dataclasses import replace

from reactor.core.container import Container, ContainerId
from reactor.core.draft import Draft
from reactor.core.dying import words_before
from reactor.core.ending import end, ended_note
from reactor.core.lasting import renewed
from reactor.core.lifetimes import past_of_first, past_of_next
from reactor.core.notes import Adopted, OomSeen
from reactor.core.noticing import came_later, handed_on, take_notice
from reactor.core.oomed import came_before_the_look, early_of, take_oom
from reactor.core.protection import Standing, claims_exemption_in_vain
from reactor.core.repeating import done_before
from reactor.core.rules import Trigger
from reactor.core.sampling import freed_by, take_look, without_samples
from reactor.core.selecting import LABEL_SAID, select
from reactor.core.state import Entry, OomsTold, Setup
from reactor.core.swift import shared
from reactor.core.topology import Place, place


def see(setup: Setup, draft: Draft, container: Container, at: float) -> None:
    """Take in one container as an inspect found it."""
    old = draft.entry(container.id)
    placed = _place(setup, draft, container, old)
    if old is None:
        entry = _adopt(setup, draft, container, placed, at)
    elif old.run == container.run:
        entry = _learn_end(draft, old, _go_on(setup, draft, old, container, placed, at), at)
    else:
        entry = _begin_anew(setup, draft, old, container, placed, at)
    if entry.ended_at is None and container.run.started_at and not container.alive:
        entry, note = end(entry, at)
        if old is None and not came_later(draft.state, container):
            # What was over before we came is put on record; nobody is called to account for it.
            entry = replace(entry, due=frozenset())
            note = replace(note, old=container.run not in setup.away)
        draft.notes.append(note)
    draft.changed[container.id] = take_look(take_notice(setup, draft.state, old, entry, at), at)


def _learn_end(draft: Draft, old: Entry, entry: Entry, at: float) -> Entry:
    """A later look at a run that is over can say how it ended, where the list said only that it did."""
    if old.ended_at is None or entry.ended_at is None or entry.container.alive:
        return entry
    before, after = ended_note(old, at), ended_note(entry, at, again=True)
    if (before.exit_code, before.oom) == (after.exit_code, after.oom):
        return entry
    draft.notes.append(after)
    return replace(entry, due=entry.due | {Trigger.OOM}) if after.oom and not before.oom else entry


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


def _placed(setup: Setup, draft: Draft, entry: Entry, placed: Place, at: float) -> Entry:
    entry = replace(
        entry,
        standing=placed.standing,
        own=placed.own,
        task=placed.task,
        serves=placed.serves,
        mains=placed.mains,
    )
    entry, notes = select(setup, entry, at)
    draft.notes += notes
    return entry


def _adopt(setup: Setup, draft: Draft, container: Container, placed: Place, at: float) -> Entry:
    early = early_of(draft.state, container)
    struck, died = words_before(draft.state, container)
    fresh = Entry(
        container,
        container,
        placed.standing,
        seen_at=at,
        own=placed.own,
        first_seen=at,
        adopted_at=at,
        past=past_of_first(container),
        extended=draft.state.extensions.get(container.id),
        struck=struck,
        died=None if container.alive else died,
        meant=setup.meant.get(container.run),
    )
    for fact in early:
        fresh = take_oom(fresh, fact)
    entry = _placed(setup, draft, fresh, placed, at)
    entry = replace(entry, latched=shared(entry.latched | done_before(setup, entry)))
    _note_adoption(setup, draft, entry, at)
    draft.notes += [OomSeen(at, container.run)] * entry.ooms
    return entry


def _go_on(setup: Setup, draft: Draft, old: Entry, container: Container, placed: Place, at: float) -> Entry:
    # A start that was once known for certain stays so: a later look can only be less certain.
    born = old.container.born if old.container.born is not None else container.born
    created = old.container.created if old.container.created is not None else container.created
    kept = replace(container, born=born, created=created)
    # Only a new look takes a doubt away; the list alone does not say which run it is.
    unsure = old.unsure and container is old.source
    entry = replace(old, container=kept, source=container, seen_at=at, unsure=unsure, gone_at=None)
    if old.ended_at is not None and container.alive and container is not old.source:
        # The newest look is the truth, also where an earlier one took the run for over.
        # Nobody counted its zombies meanwhile.
        entry = replace(entry, ended_at=None, revived=True, zombies=None)
    same = (old.standing, old.mains, old.serves) == (placed.standing, placed.mains, placed.serves)
    # A rule can select by name, and a name can change.
    if same and (old.own, old.container.name) == (placed.own, container.name):
        return entry
    entry = _placed(setup, draft, entry, placed, at)
    _note_adoption(setup, draft, entry, at)
    return entry


def _begin_anew(
    setup: Setup, draft: Draft, old: Entry, container: Container, placed: Place, at: float
) -> Entry:
    first = not old.run.started_at
    oomed = came_before_the_look(old, container)
    if not first and old.ended_at is None:
        ended, note = end(old, at, vanished=True)
        draft.notes.append(note)
        draft.replaced.append(replace(ended, due=frozenset({Trigger.DIE})))
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
        ooms=max(int(oomed), old.ooms if first else 0),
        due=handed_on(old, first=first, oomed=oomed),
        last_oom=old.last_oom if oomed else 0,
        ooms_told=old.ooms_told if oomed or first else OomsTold(),
        old_oom=not first and (old.ooms > 0 or old.container.oom_killed),
        last_exit=old.last_exit if first else None,
        earlier=old.earlier,
        said=frozenset(each for each in old.said if each.startswith(LABEL_SAID)),
        series=without_samples(old.series),
        past=past_of_next(old, container),
        freed=freed_by(setup, renewed(draft.state, old), at),
        layer=old.layer,
        extended=old.extended,
        meant=setup.meant.get(container.run),
    )
    entry = _placed(setup, draft, fresh, placed, at)
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
            entry.task if entry.standing is Standing.MAIN else entry.serves,
            unreadable_image=entry.container.image_labels is None and not entry.container.image_awaited,
            awaited_image=entry.container.image_awaited,
            vain_skip=claims_exemption_in_vain(setup.policy, entry.container),
        )
    )


def joiners_last(containers: Mapping[ContainerId, Container]) -> list[Container]:
    """In an order in which most edges find their main already placed: without joins, then by creation."""
    return sorted(
        containers.values(),
        key=lambda c: (bool(c.joins), c.created if c.created is not None else 0.0, c.id),
    )
