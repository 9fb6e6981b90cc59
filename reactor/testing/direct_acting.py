"""What can be done through an engine without a socket: the half of it that acts.

Only finding a container and waiting for what was asked belongs here; what a world makes of it is in
``signals`` and ``updates``, looks and streams are in ``direct``.
"""

from collections.abc import Callable

from reactor.core.container import ContainerId, Limits
from reactor.core.log_text import last_lines
from reactor.core.ports import EngineAnswered, EngineUnreachable, NoSuchContainer
from reactor.testing.box import Box
from reactor.testing.direct_records import FULL_ID
from reactor.testing.faults import Kind, Script
from reactor.testing.outputs import entries
from reactor.testing.refusals import Refused
from reactor.testing.updates import change_to
from reactor.testing.world import World

BY = "engine-call"


class DirectActing:
    """The calls that do something, and the one for the output."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.script = Script()

    async def kill(self, container: ContainerId) -> int:
        """Send SIGKILL and wait for the end, as an engine does."""
        check_id(container)

        async def answer() -> int:
            return await self._act(container, lambda box: self.world.kill(box, BY))

        return await self.script.run(Kind.KILL, answer)

    async def stop(self, container: ContainerId, grace: float) -> int:
        """Stop it and wait for the end."""
        check_id(container)

        async def answer() -> int:
            return await self._act(container, lambda box: self.world.stop(box, grace, BY))

        return await self.script.run(Kind.STOP, answer, deadline=grace + 15.0)

    async def restart(self, container: ContainerId, grace: float) -> int:
        """Stop it, wait for the end, and start it."""
        check_id(container)

        async def answer() -> int:
            stopped = await self._act(container, lambda box: self.world.begin_restart(box, grace, BY))
            if stopped not in {204, 304}:
                return stopped
            return await self._act(container, lambda box: self.world.restart(box, BY), over=False)

        return await self.script.run(Kind.RESTART, answer, deadline=grace + 30.0)

    async def pause(self, container: ContainerId) -> int:
        """Freeze it."""
        return await self._quick(Kind.PAUSE, container, lambda box: self.world.pause(box, BY))

    async def unpause(self, container: ContainerId) -> int:
        """Let it go on."""
        return await self._quick(Kind.UNPAUSE, container, lambda box: self.world.unpause(box, BY))

    async def update(self, container: ContainerId, limits: Limits) -> int:
        """Give it these limits."""
        change = change_to(limits)
        return await self._quick(Kind.UPDATE, container, lambda box: self.world.change(box, change, None, BY))

    async def remove(self, container: ContainerId, *, force: bool) -> int:
        """Remove it and wait until it is gone."""
        check_id(container)

        async def answer() -> int:
            box: Box | None = None

            def remove(found: Box) -> int:
                nonlocal box
                box = found
                return self.world.remove(found, force=force, by=BY)

            status = await self._act(container, remove, over=False)
            if box is not None and status == 204:
                await box.gone.wait()
            return status

        return await self.script.run(Kind.REMOVE, answer)

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """The last lines of its output, fit to be shown."""
        check_id(container)

        async def answer() -> str:
            box = self._find(container)
            if box.id != container:
                raise NoSuchContainer("another container answers to this id")
            while box.wedged is not None and box.inspect_hangs:
                await box.wedged.wait()
            try:
                found = entries(box, max(0, lines))
            except Refused as refused:
                raise EngineAnswered(refused.status, refused.message) from None
            return last_lines(b"".join(entry.text for entry in found), lines, most)

        return await self.script.run(Kind.TAIL, answer)

    async def _quick(self, kind: Kind, container: ContainerId, action: Callable[[Box], int]) -> int:
        check_id(container)

        async def answer() -> int:
            return await self._act(container, action, over=False)

        return await self.script.run(kind, answer)

    async def _act(self, container: ContainerId, action: Callable[[Box], int], *, over: bool = True) -> int:
        """Do something, wait until a stuck shim has done it, and if need be until the run is over."""
        try:
            box = self._find(container)
            stuck, end = box.wedged, box.over
            status = action(box)
        except NoSuchContainer:
            return 404
        except Refused as refused:
            return refused.status
        if stuck is not None:
            await stuck.wait()
        if over and box.has_process:
            await end.wait()
        return status

    def _reach(self) -> None:
        if not self.world.ground.up:
            raise EngineUnreachable("nobody listens")

    def _find(self, container: ContainerId) -> Box:
        self._reach()
        try:
            # A name answers, too: a container can be named like another one's id.
            return self.world.find(container)
        except Refused as refused:
            raise NoSuchContainer(refused.message) from None


def check_id(container: str) -> None:
    """Refuse what an engine would take for a name."""
    if FULL_ID.fullmatch(container) is None:
        raise ValueError("an engine call needs a full id of 64 hexadecimal digits")
