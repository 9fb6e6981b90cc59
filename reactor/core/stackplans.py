"""What makes of the containers that are there the stack that its file asks for: a pure function.

Whoever is to go goes first, the last in order before the others; then they come, each after what it needs. A
plan is made anew from what is there, so that it does not matter how far an earlier one came. Carrying it out,
and whatever may go wrong there, is a matter of ``app``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reactor.core.container import ALIVE, ContainerId, State
from reactor.core.stacks import Present, Seen, Service, Stack, ordered

SLACK = 0.05
"""Seconds that two starts can seem to be apart and are not: what is told of them comes from two clocks."""


class Fate(StrEnum):
    """What becomes of a service."""

    KEEP = "unchanged"
    START = "started"
    RECREATE = "recreated"
    CREATE = "created"


class Act(StrEnum):
    """One step of a plan."""

    TAKE = "take"  # stop it, with grace, and remove it
    CREATE = "create"
    START = "start"
    WAIT = "wait"  # until it is ready


@dataclass(frozen=True, slots=True)
class Step:
    """One step, for one service. ``container`` is the one that is meant, None for that of this very plan."""

    act: Act
    service: str
    container: ContainerId | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """What becomes of one service, and why."""

    service: Service
    fate: Fate
    why: str = ""
    present: Present | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each service, in order, and the steps that it takes; none if all is as it should be."""

    lots: tuple[Lot, ...]
    steps: tuple[Step, ...]

    @property
    def writes(self) -> bool:
        """Whether anything is changed."""
        return any(step.act is not Act.WAIT for step in self.steps)


def plan_up(
    stack: Stack, seen: Seen, images: Mapping[str, str] | None = None, *, remove_orphans: bool = False
) -> Plan:
    """What brings the stack up. ``images`` are the ids of images, by what recipes call them."""
    lots = lots_of(stack, seen, images or {})
    orphans = seen.orphans(stack) if remove_orphans else ()
    steps = (
        *(Step(Act.TAKE, each.service, each.id) for each in orphans),
        *(
            Step(Act.TAKE, lot.service.name, lot.present.id)
            for lot in reversed(lots)
            if _goes(lot) and lot.present
        ),
        *_coming(lots),
    )
    return Plan(lots, steps)


def plan_down(stack: Stack, seen: Seen, *, remove_orphans: bool = False) -> tuple[Step, ...]:
    """What takes the stack down: the last in order goes first."""
    orphans = seen.orphans(stack) if remove_orphans else ()
    mine = [seen.own[each.name] for each in reversed(ordered(stack.services)) if each.name in seen.own]
    return tuple(Step(Act.TAKE, each.service, each.id) for each in (*orphans, *mine))


def lots_of(stack: Stack, seen: Seen, images: Mapping[str, str]) -> tuple[Lot, ...]:
    """What becomes of each, in the order in which they come."""
    lots: dict[str, Lot] = {}
    for service in ordered(stack.services):
        lots[service.name] = _lot(service, seen, images, lots)
    return tuple(lots.values())


def _lot(service: Service, seen: Seen, images: Mapping[str, str], lots: Mapping[str, Lot]) -> Lot:
    found = seen.own.get(service.name)
    if found is None:
        return Lot(service, Fate.CREATE)
    why = _why_anew(service, found, images) or _why_joined(service, found, lots.get(service.joins))
    if why:
        return Lot(service, Fate.RECREATE, why, found)
    if found.state in ALIVE:
        return Lot(service, Fate.KEEP, "", found)
    return Lot(service, Fate.START, _how_it_ended(found), found)


def _why_anew(service: Service, found: Present, images: Mapping[str, str]) -> str:
    """Why this container cannot be the service's any more; empty if it can."""
    if found.digest != service.digest:
        return "changed"
    image = images.get(service.recipe.image, "")
    if image and found.image_id and image != found.image_id:
        return "its image is another one by now"
    if found.state in {State.DEAD, State.REMOVING}:
        return "it is half removed"
    # A monitor gives a sidecar a moment without its task from when it was *made*: an old one would be ended.
    if service.serves and found.state not in ALIVE:
        return _how_it_ended(found)
    return ""


def _why_joined(service: Service, found: Present, other: Lot | None) -> str:
    """Why it hangs in a network that is no more; empty if it does not."""
    if not service.joins or other is None:
        return ""
    if other.fate is not Fate.KEEP or other.present is None or other.present.id not in found.joins:
        return f"it shares the network of {service.joins}"
    later = (
        None not in (found.born, other.present.born) and (other.present.born or 0) > (found.born or 0) + SLACK
    )
    return f"{service.joins} was started after it" if later else ""


def _how_it_ended(found: Present) -> str:
    if found.state is State.CREATED:
        return "it was never started"
    return "it had ended" if found.exit_code is None else f"it had ended with exit code {found.exit_code}"


def _goes(lot: Lot) -> bool:
    return lot.fate is Fate.RECREATE


def _coming(lots: tuple[Lot, ...]) -> Iterator[Step]:
    """The steps that bring each up and wait for it: first for whom another one needs, at last for all."""
    waited: set[str] = set()
    by_name = {lot.service.name: lot for lot in lots}
    for lot in lots:
        name = lot.service.name
        if lot.fate is Fate.KEEP:
            continue
        for other in lot.service.needs:
            if other in lot.service.needs_healthy and other in by_name and other not in waited:
                waited.add(other)
                yield from _waiting(by_name[other])
        if lot.fate is not Fate.START:
            yield Step(Act.CREATE, name)
        yield Step(Act.START, name, lot.present.id if lot.present and lot.fate is Fate.START else None)
    for lot in lots:
        if lot.service.name not in waited:
            yield from _waiting(lot)


def _waiting(lot: Lot) -> Iterator[Step]:
    found = lot.present
    if lot.fate is Fate.KEEP and found is not None and is_ready(found):
        return
    kept = found.id if found is not None and lot.fate is not Fate.RECREATE else None
    yield Step(Act.WAIT, lot.service.name, kept)


def is_ready(found: Present) -> bool:
    """Whether it runs and, where there is a way to tell, is healthy."""
    return found.state is State.RUNNING and found.health in {"", "healthy"}
