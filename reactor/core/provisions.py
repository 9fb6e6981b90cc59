"""What tasks are to have beside them, and what they have: the two that are held against each other.

Only the records are here, and how they come from rules and from what is known of containers. What follows
from the difference is in ``planning``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.container import ContainerId, Run
from reactor.core.made import made_of, may_be_made
from reactor.core.protection import Policy, Standing
from reactor.core.recipes import SIDECARS_LABEL, TEMPLATE_LABEL, Provisions, SidecarSet, Template
from reactor.core.state import Alone, Entry

MOST_WORDS, LONGEST_WORD = 64, 64
"""How many words a main may ask for, and how long they are; names of templates have at most 63 characters."""


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


def wanted_of(provisions: Provisions, mains: Sequence[Entry]) -> Wanted:
    """What a task with these living mains is to have."""
    names: list[str] = []
    asked: dict[str, None] = {}
    offered = {name for each in provisions.sets if each.asked for name in each.templates}
    templates = {each.name: each for each in provisions.templates}
    of_main: dict[Run, frozenset[str]] = {}
    held_for: dict[Run, frozenset[str]] = {}
    for main in mains:
        asking = _asked(main)
        asked |= dict.fromkeys(asking)
        given = [(each, _given(each, main, asking)) for each in provisions.sets]
        own = [name for _, some in given for name in some]
        names += own
        of_main[main.run] = _with_needs(own, templates)
        held = _with_needs([name for each, some in given if each.hold for name in some], templates)
        if held:
            held_for[main.run] = held
    unknown = tuple(name for name in asked if name not in offered) if provisions.sets else ()
    return Wanted(_in_order(names, templates), of_main, held_for, unknown)


def _with_needs(names: Iterable[str], templates: Mapping[str, Template]) -> frozenset[str]:
    return frozenset(each.name for each in _in_order(names, templates))


def _asked(main: Entry) -> tuple[str, ...]:
    """What its label names. It is a stranger's text: so much of it is read, and no more."""
    words = main.own.get(SIDECARS_LABEL, "").split(",", MOST_WORDS)[:MOST_WORDS]
    # One that is cut is longer than any name of a template.
    return tuple(word.strip()[:LONGEST_WORD] for word in words if word.strip())


def _given(each: SidecarSet, main: Entry, asking: Sequence[str]) -> tuple[str, ...]:
    if each.select and not any(one.matches(main.container, main.own) for one in each.select):
        return ()
    return tuple(name for name in each.templates if not each.asked or name in asking)


def _in_order(names: Iterable[str], templates: Mapping[str, Template]) -> tuple[Template, ...]:
    """As they stand in the sets, and each behind those that it needs, which come along."""
    found: dict[str, Template] = {}
    entered: set[str] = set()

    def enter(name: str) -> None:
        template = templates.get(name)
        if template is None or name in entered:
            return
        entered.add(name)
        for other in template.needs:
            enter(other)
        found[name] = template

    for name in names:
        enter(name)
    return tuple(found.values())
