"""Binds that lie within each other: whoever writes above what another one binds could put a link there.

Only what is written is compared here. Where a path really leads is asked right before each start.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reactor.core.recipes import Bind
from reactor.core.templating import DATA
from reactor.ruleset.drafts import ServiceDraft, Spot
from reactor.ruleset.errors import RuleError

_OF_TASK = f"${{{DATA}}}/"


@dataclass(frozen=True, slots=True)
class _Bound:
    """One bind, where it stands, and in whose folders."""

    bind: Bind
    spot: Spot
    service: str
    task: str

    @property
    def path(self) -> tuple[str, ...]:
        return (self.task, *self.bind.source.split("/"))


def nested(services: Iterable[ServiceDraft], task_of: Callable[[ServiceDraft], str]) -> Iterator[RuleError]:
    """Every bind that is written to and lies above another one's. ``task_of`` tells who has which folders."""
    found = [each for service in services for each in _bounds(service, task_of(service))]
    inside = {each.path[:length]: each for each in reversed(found) for length in range(1, len(each.path))}
    for each in found:
        inner = inside.get(each.path)
        if inner is not None and not each.bind.read_only:
            whose = f"'{inner.service}' binds" if inner.service != each.service else "is bound, too"
            message = f"it could put a link in the place of {inner.bind.source}, which {whose}"
            message = f"{message}, at {inner.spot.where}"
            yield each.spot.at_value(f"{message}: bind this one with :ro, or two folders beside each other")


def _bounds(service: ServiceDraft, task: str) -> Iterator[_Bound]:
    for index, bind in enumerate(service.text.volumes if service.text is not None else ()):
        spot = service.spot.below("volumes", index)
        yield _Bound(bind, spot, service.name, task if bind.source.startswith(_OF_TASK) else "")
