"""What an engine still remembers of the ends of some containers: signals and deaths from before our time.

Asked once, at a start, about runs that an earlier monitor meant to end. Only for the record: nothing is
decided on it, and an engine that does not say, or was started anew, costs nothing but a moment.
"""

from collections.abc import Iterator, Mapping

import trio

from reactor.core.container import Container, ContainerId
from reactor.core.facts import Happened, Happening
from reactor.core.ports import Engine, EngineError, Event
from reactor.engine.watch import ENDING_SIGNALS

LONGEST_BACK = 3600.0
"""An engine keeps a few hundred events; on a quiet one those may be of days ago."""
QUIET = 0.3
"""What is remembered comes at once; after so many seconds without a word there is no more of it."""


async def words_about(
    engine: Engine, wanted: Mapping[ContainerId, Container], since: float, deadline: float = 2.0
) -> tuple[Happened, ...]:
    """The signals that end and the deaths of these containers, from ``since`` on by the engine's clock."""
    events: list[Event] = []
    began, now = trio.current_time(), since
    with trio.move_on_after(deadline):
        try:
            now = (await engine.identify()).now
            began = trio.current_time()
            await _listen(engine, max(since, now - LONGEST_BACK), now, events)
        except EngineError:
            pass
    return tuple(_facts(events, wanted, began - now))


async def _listen(engine: Engine, since: float, until: float, events: list[Event]) -> None:
    async with engine.open_events(since) as stream:
        while True:
            with trio.move_on_after(QUIET) as patience:
                event = await anext(stream)
            if patience.cancelled_caught or event.time_nano > until * 1e9:
                return
            events.append(event)


def _facts(events: list[Event], wanted: Mapping[ContainerId, Container], offset: float) -> Iterator[Happened]:
    """``offset`` is what has to be added to the engine's time to get ours."""
    for event in events:
        container = wanted.get(event.id)
        if container is None:
            continue
        at = event.time_nano / 1e9 + offset
        if event.action == Happening.DIE:
            yield Happened(at, Happening.DIE, event.id, event.time_nano)
        # A label of that name would hide which signal it was.
        elif (
            event.action == Happening.KILL
            and event.signal in ENDING_SIGNALS
            and "signal" not in container.labels
        ):
            yield Happened(at, Happening.KILL, event.id, event.time_nano)
