"""What is there of a stack: its containers, its images, and the ports that are taken.

Only looking belongs here; nothing is changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from reactor.core.container import Container, ContainerId, Listed
from reactor.core.ports import Engine, Maker, NoSuchContainer
from reactor.core.recipes import STACK_LABEL, Port
from reactor.core.stacks import Seen, Stack, recognise

SETTLED = 0.5


class Premises(Protocol):
    """What is asked of an engine besides. Calls raise EngineError."""

    async def image(self, reference: str) -> str | None:
        """The id of an image; None if it is not there."""
        ...

    async def ports(self) -> Mapping[ContainerId, tuple[Port, ...]]:
        """The ports of the host that each running container has."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """An engine, with all that a stack is made with.

    ``settled`` is for how many seconds a container without a health check has to run until it counts as up:
    many fail at once.
    """

    engine: Engine
    maker: Maker
    premises: Premises
    settled: float = SETTLED


async def look(engine: Engine, stack: Stack) -> Seen:
    """The containers that belong to a stack, and strangers that have one of its names."""
    names = frozenset(each.recipe.name for each in stack.services)
    found = [await find(engine, row.id) for row in await engine.list() if _may_be(row, stack, names)]
    return recognise(stack.name, names, (each for each in found if each is not None))


def _may_be(row: Listed, stack: Stack, names: Iterable[str]) -> bool:
    return row.name in names or row.labels.get(STACK_LABEL) == stack.name


async def find(engine: Engine, container: ContainerId) -> Container | None:
    """This very container; None if it is not there."""
    try:
        found = await engine.inspect(container)
    except NoSuchContainer:
        return None
    # Somebody can name a container like an id that is gone.
    return found if found.id == container else None


async def images_of(premises: Premises, stack: Stack) -> Mapping[str, str]:
    """The ids of the stack's images that are there."""
    found: dict[str, str] = {}
    for reference in dict.fromkeys(each.recipe.image for each in stack.services):
        image = await premises.image(reference)
        if image:
            found[reference] = image
    return found
