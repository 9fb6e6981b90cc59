"""Looking at a run: whether it is the one that was meant, and whether it is over.

Only reading the engine's answers belongs here; what follows from them is in ``trying``.
An inspect is the truth about a run. Where it hangs or fails, the list still says whether the
container is alive at all, because the engine answers it without asking the container's shim.
"""

from dataclasses import dataclass
from enum import Enum, auto

from reactor.act.calls import Calls
from reactor.core.container import Container, Run
from reactor.core.ports import (
    DeadlinePassed,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    NoSuchContainer,
)


class Sight(Enum):
    """What was seen of a run."""

    ALIVE = auto()  # it is alive, for certain
    OVER = auto()  # it is not alive, for certain
    LATER_RUN = auto()  # the container has begun another one
    IMPOSTOR = auto()  # another container answers to this id
    GONE = auto()  # the engine does not know the container
    PERHAPS = auto()  # the container is alive; which run it is, nobody said
    STUCK = auto()  # the inspect hangs, and the container is alive
    UNREACHABLE = auto()  # the engine does not answer


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, of which container where an inspect said, and what was in the way."""

    sight: Sight
    container: Container | None = None
    detail: str = ""


async def look(calls: Calls, run: Run, deadline: float) -> Look:
    """Inspect, and ask the list where that does not help. Raises EngineForbids."""
    try:
        return _seen(await calls.inspect(deadline), run)
    except NoSuchContainer:
        return Look(Sight.GONE)
    except DeadlinePassed as error:
        return await look_at_list(calls, run, deadline, Look(Sight.STUCK, detail=str(error)))
    except EngineUnreachable as error:
        return Look(Sight.UNREACHABLE, detail=str(error))
    except EngineForbids:
        raise
    except EngineError as error:
        return await look_at_list(calls, run, deadline, Look(Sight.PERHAPS, detail=str(error)))


async def look_at_list(calls: Calls, run: Run, deadline: float, alive: Look) -> Look:
    """What the list says; ``alive`` is the answer if the container is alive there."""
    try:
        listed = await calls.list(deadline)
    except EngineUnreachable as error:
        return Look(Sight.UNREACHABLE, detail=str(error))
    except EngineForbids:
        raise
    except EngineError as error:
        return Look(Sight.PERHAPS, detail=str(error))
    row = next((row for row in listed if row.id == run.id), None)
    if row is None:
        return Look(Sight.GONE)
    return alive if row.alive else Look(Sight.OVER)


def _seen(container: Container, run: Run) -> Look:
    if container.id != run.id:
        return Look(Sight.IMPOSTOR, container)
    if container.run != run:
        return Look(Sight.LATER_RUN, container)
    return Look(Sight.ALIVE if container.alive else Sight.OVER, container)
