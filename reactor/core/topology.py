"""Edges between containers: who is whose sidecar, who still needs whom, who goes with whom.

An edge comes from a sidecar's own label or from a namespace that it shares, and is captured
in the sidecar's entry while its main is there. It can only make the sidecar itself go: no
label reaches a container of another task.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reactor.core.container import Container, ContainerId
from reactor.core.protection import GOVERNED, Policy, Standing, is_exempt, is_main, own_labels
from reactor.core.state import Entry, State

StandingOf = Callable[[ContainerId], Standing | None]
Tasks = Mapping[str, Sequence[Entry]]
"""The living by the task that they name as their own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container stands, and by which edges."""

    standing: Standing
    own: Mapping[str, str]
    task: str = ""
    serves: str = ""
    mains: frozenset[ContainerId] = frozenset()


def place(
    policy: Policy, container: Container, standing_of: StandingOf, known: frozenset[ContainerId]
) -> Place:
    """Where this container stands. ``known`` are edges of it that were captured before.

    A main joins the namespace of another main as a neighbour, not as its sidecar: only a
    container's own label can make it both. An edge that was captured before holds while its main
    is gone, and not when the main is there and out of scope by now.
    """
    own = own_labels(policy, container)
    if container.canary:
        return Place(Standing.CANARY, own)
    # Whoever is exempt or out of scope may still be the main that a sidecar lives for.
    task = own.get(policy.labels.task, "")
    exempt = is_exempt(policy, container)
    if exempt is not None:
        return Place(exempt, own, task)
    serves = own.get(policy.labels.sidecar_of, "")
    main = is_main(policy, container)
    edges = frozenset(
        other
        for other in known | container.joins
        if (standing := standing_of(other)) in GOVERNED or (standing is None and other in known)
    )
    mains = frozenset() if main and not serves else edges
    if main:
        return Place(Standing.MAIN, own, task, serves, mains)
    if serves or mains:
        return Place(Standing.SIDECAR, own, task, serves, mains)
    return Place(Standing.WATCHED, own, task)


def living_by_task(state: State) -> Tasks:
    """Worth it for whoever asks about many sidecars: each would have to walk through all the living."""
    tasks: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in state.living():
        if entry.task:
            tasks[entry.task].append(entry)
    return tasks


def needed(
    state: State,
    sidecar: Entry,
    without: frozenset[ContainerId] = frozenset(),
    tasks: Tasks | None = None,
) -> bool:
    """Whether a living main other than those in ``without`` still needs this sidecar."""
    return any(True for _ in mains_of(state, sidecar, without, tasks))


def mains_of(
    state: State,
    sidecar: Entry,
    without: frozenset[ContainerId] = frozenset(),
    tasks: Tasks | None = None,
) -> Iterable[Entry]:
    """The living mains of a sidecar, by namespace first and then by label."""
    for main in sidecar.mains:
        entry = state.entries.get(main)
        if main not in without and entry is not None and entry.alive:
            yield entry
    if not sidecar.serves:
        return
    for entry in tasks.get(sidecar.serves, ()) if tasks is not None else state.living():
        if entry.task == sidecar.serves and entry.run.id not in without and entry.run.id != sidecar.run.id:
            yield entry


def cascade(state: State, main: Entry) -> tuple[Entry, ...]:
    """The living sidecars that go with a main, the last started first."""
    return reach(state, (main,))


def reach(state: State, mains: Iterable[Entry]) -> tuple[Entry, ...]:
    """The living sidecars that go if all of these go, the last started first.

    Sidecars of sidecars go too. Shared ones stay while a main outside the cascade lives.
    The set only grows and is bounded by the living, so that a cycle comes to an end.
    """
    sidecars = [entry for entry in state.living() if entry.is_sidecar]
    if not sidecars:
        return ()
    ends = {main.run.id: main for main in mains}
    going, tasks, grown = dict(ends), living_by_task(state), True
    while grown:
        grown = False
        gone = frozenset(going)
        for entry in sidecars:
            if entry.run.id in going or not _hangs_on(entry, going):
                continue
            if not needed(state, entry, without=gone, tasks=tasks):
                going[entry.run.id] = entry
                grown = True
    along = (entry for key, entry in going.items() if key not in ends)
    return tuple(sorted(along, key=_start, reverse=True))


def _hangs_on(sidecar: Entry, going: Mapping[ContainerId, Entry]) -> bool:
    if not sidecar.mains.isdisjoint(going):
        return True
    return bool(sidecar.serves) and any(
        entry.standing is Standing.MAIN and entry.task == sidecar.serves for entry in going.values()
    )


def _start(entry: Entry) -> tuple[float, str]:
    born = entry.container.born
    return (born if born is not None else float("inf"), entry.run.id)
