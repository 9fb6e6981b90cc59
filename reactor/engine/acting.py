"""The calls that do something to a container, and the one that asks for its output.

Each goes over a fresh connection, with a full id and a deadline of its own, and can be cancelled.
What is asked of an engine otherwise is in ``calls``; whether and when to act is decided above.
"""

import math
from dataclasses import dataclass

import trio

from reactor.core.container import ContainerId, Limits
from reactor.core.log_text import last_lines
from reactor.core.ports import DeadlinePassed, NoSuchContainer
from reactor.engine import decode, limits, logs
from reactor.engine.answers import broken
from reactor.engine.deadlines import Deadlines
from reactor.engine.lanes import Lanes
from reactor.http.errors import HttpError

ROOM = 4
"""How many bytes of output are read for each that is shown: what is no text becomes longer or shorter."""

HELD = 500
"""The status for less memory than it holds: that of engines whose kernel refuses it."""


@dataclass(slots=True)
class Spoken:
    """What was agreed on with an engine, and how many CPUs it has (0 if it did not say).

    ``takes_memory`` tells that a limit below what somebody holds would end him there. It is shared, so that
    one negotiation serves all who speak.
    """

    version: str = ""
    cpus: int = 0
    takes_memory: bool = False


class Acting:
    """The part of an engine that acts; whoever adds the other one can negotiate."""

    def __init__(self, lanes: Lanes, deadlines: Deadlines, spoken: Spoken) -> None:
        self._lanes = lanes
        self._deadlines = deadlines
        self._spoken = spoken

    async def _path(self, path: str) -> str:
        """The path with the version that was agreed on."""
        raise NotImplementedError

    async def _held(self, container: ContainerId) -> float:
        """The memory that it has in use, in bytes; more than any limit if that is not known."""
        raise NotImplementedError

    async def kill(self, container: ContainerId) -> int:
        """Send SIGKILL and return the status."""
        return await self._post(container, "kill?signal=KILL", self._deadlines.kill)

    async def stop(self, container: ContainerId, grace: float) -> int:
        """Ask it to stop, have it killed after ``grace`` seconds, and return the status."""
        patience = _patience(grace)
        return await self._post(container, f"stop?t={patience}", patience + self._deadlines.stop)

    async def restart(self, container: ContainerId, grace: float) -> int:
        """Stop it as ``stop`` does, start it, and return the status."""
        patience = _patience(grace)
        return await self._post(container, f"restart?t={patience}", patience + self._deadlines.restart)

    async def pause(self, container: ContainerId) -> int:
        """Freeze it and return the status."""
        return await self._post(container, "pause", self._deadlines.pause)

    async def unpause(self, container: ContainerId) -> int:
        """Let it go on and return the status."""
        return await self._post(container, "unpause", self._deadlines.pause)

    async def update(self, container: ContainerId, limits_: Limits) -> int:
        """Give it these limits and return the status."""
        decode.full_id(container)
        path = await self._path(f"/containers/{container}/update")
        wanted = limits_.memory
        if wanted is not None and self._spoken.takes_memory and await self._held(container) > wanted:
            return HELD
        body = limits.written(limits_, self._spoken.cpus)
        return await self._lanes.act(path, self._deadlines.update, body=body)

    async def remove(self, container: ContainerId, *, force: bool) -> int:
        """Remove it without its volumes and return the status."""
        path = await self._path(f"/containers/{decode.full_id(container)}?force={force:d}&v=0")
        return await self._lanes.act(path, self._deadlines.remove, method="DELETE")

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """The last lines of its output, fit to be shown."""
        within = self._deadlines.tail
        with trio.move_on_after(within):
            return await self._tail(decode.full_id(container), max(0, lines), most)
        raise DeadlinePassed(f"the logs of a container did not come within {within:g} s")

    async def _tail(self, container: ContainerId, lines: int, most: int) -> str:
        # The answer has frames unless there is a terminal, and says nowhere which of the two it is.
        path = await self._path(f"/containers/{container}/json")
        body = decode.inspected((await self._lanes.ask(path, self._deadlines.inspect)).body)
        if body.id != container:
            raise NoSuchContainer(f"GET {path}: another container answers to this id")
        path = await self._path(f"/containers/{container}/logs?stdout=1&stderr=1&tail={lines}")
        async with self._lanes.stream(path, self._deadlines.tail) as answer:
            try:
                end = await logs.read_end(answer, ROOM * max(0, most), plain=logs.has_terminal(body))
            except HttpError as error:
                raise broken(error, f"GET {path}") from error
        return last_lines(bytes(end), lines, most, cut=end.cut)

    async def _post(self, container: ContainerId, what: str, within: float) -> int:
        path = await self._path(f"/containers/{decode.full_id(container)}/{what}")
        return await self._lanes.act(path, within)


def _patience(grace: float) -> int:
    # Without a number the container's own would count; its creator chose it, and it may mean "never".
    return max(0, math.ceil(grace))
