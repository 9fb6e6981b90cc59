"""What tasks are to have beside them, and what they have: the two that are held against each other.

Only the records are here, and what the containers of a task come to. What follows from rules is in
``asking``, and what from the difference in ``planning``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.container import ContainerId, Run
from reactor.core.made import made_of, may_be_made
from reactor.core.protection import Policy, Standing
from reactor.core.recipes import TEMPLATE_LABEL, Template
from reactor.core.state import Alone, Entry


class Phase(StrEnum):
    """How it stands with one sidecar of a task."""

    WAITING = "waiting"  # those before it are not ready yet
    MAKING = "making"  # it is to be made, or to be started
    STARTING = "starting"  # it runs, and is not ready yet
    READY = "ready"
    FAILED = "failed"  # it is tried again later, or the task is ended
    IGNORED = "ignored"  # it failed, and the task goes on without it
    ENDING = "ending"
    OVER = "over"


PASSED = frozenset({Phase.READY, Phase.IGNORED})
"""Whoever comes after one of these need not wait for it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a task is to have, in order.

    ``of_main`` are the templates that each main is to have itself, with what those need: no main is ended for
    what another one asked for. ``held_for`` are those for which a main is paused until they are ready, and
    has nothing for the mains that are not held. ``unknown`` are names that a main asks for and no set offers.
    """

    templates: tuple[Template, ...] = ()
    of_main: Mapping[Run, frozenset[str]] = field(default_factory=dict)
    held_for: Mapping[Run, frozenset[str]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What is known of one task: its living mains in scope, those that are over, and what was made for it.

    ``made`` are its made sidecars that are there, by their templates; ``unreadable`` are the templates of
    those that have the name and the labels of one, and may be strangers. ``needed`` tells that somebody of
    this task lives at all, in scope or not; ``unsure`` are those whose run could not be confirmed: while
    there are any, what is missing may only be unknown.
    """

    name: str
    mains: tuple[Entry, ...] = ()
    ended: tuple[Entry, ...] = ()
    made: Mapping[str, Entry] = field(default_factory=dict)
    needed: bool = False
    unsure: tuple[ContainerId, ...] = ()
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tried:
    """The last failure of a sidecar: the how manyth, when, and when it may be tried again.

    ``template`` is what it was then: another text is another try. ``run`` is the container that failed, None
    where none was made.
    """

    template: Template
    count: int
    at: float
    until: float
    why: str
    text: str
    run: Run | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a task beside what the engine knows; a new monitor begins without most of it.

    ``held`` are the mains that we paused, and since when; ``released`` those that are not to be paused again;
    ``ruled`` those of the held that a rule is about to pause, too: they are not let go on meanwhile.
    ``alone`` is since when no main of it was there.
    """

    tried: Mapping[str, Tried] = field(default_factory=dict)
    held: Mapping[Run, float] = field(default_factory=dict)
    released: frozenset[Run] = frozenset()
    ruled: frozenset[Run] = frozenset()
    alone: Alone | None = None


def task_of(policy: Policy, entry: Entry) -> str:
    """The task to which a container belongs, as its main or as what was made for it; empty if to none."""
    made = made_of(policy, entry.container)
    if made is not None:
        return made.task
    if may_be_made(policy, entry.container):
        return entry.container.labels[policy.labels.sidecar_of]
    return "" if entry.serves else entry.task


def task_from(policy: Policy, name: str, entries: Iterable[Entry]) -> Task:
    """What these containers, all of one task, come to."""
    mains: list[Entry] = []
    ended: list[Entry] = []
    made: dict[str, Entry] = {}
    unsure: list[ContainerId] = []
    unreadable: set[str] = set()
    needed = False
    for entry in sorted(entries, key=_age):
        if entry.unsure and entry.gone_at is None:
            unsure.append(entry.run.id)
        found = made_of(policy, entry.container)
        if found is not None:
            if entry.gone_at is None:
                made[found.template] = entry
        elif may_be_made(policy, entry.container):
            # It may be ours and it may be anybody's: it stands in the way of this one, and of no other.
            if entry.gone_at is None:
                unreadable.add(entry.container.labels[TEMPLATE_LABEL])
        elif entry.alive:
            needed = True
            if entry.standing is Standing.MAIN:
                mains.append(entry)
        else:
            ended.append(entry)
    return Task(
        name, tuple(mains), tuple(ended), made, needed, tuple(unsure), frozenset(unreadable - made.keys())
    )


def _age(entry: Entry) -> tuple[float, str]:
    created = entry.container.created
    return (created if created is not None else entry.first_seen, entry.run.id)
