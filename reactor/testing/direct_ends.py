"""The port ``Containment`` for containers of a world: they end, or freeze, past their engine.

What a kernel would do belongs here; what the engine of this world makes of an end that it did not order, its
restart policies included, is its own affair.
"""

import trio

from reactor.core.container import Container, Run, State
from reactor.core.ports import Contained
from reactor.testing.world import World

KILLED = 137


class DirectEnds:
    """Ends runs of a world past its engine. ``lost`` are those that it has no hold on, ``dies_for`` is how
    long it takes, in seconds, until it is seen that the processes of one are gone.

    ``ended`` and ``frozen`` are the runs that it ended and that it keeps frozen, ``thawed`` all that went on.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.lost: set[Run] = set()
        self.dies_for = 0.0
        self.ended: list[Run] = []
        self.frozen: set[Run] = set()
        self.thawed: list[Run] = []

    def contain(self, run: Run, container: Container | None, *, recorded: bool = True) -> Contained:
        """End this very run, or freeze it if it has a restart policy."""
        box = next((box for box in self._world.boxes if box.run == run), None)
        if container is None or run in self.lost or box is None or box.state is not State.RUNNING:
            return Contained(why="nothing of it is held")
        if box.recipe.policy.name != "no":
            if not recorded:
                return Contained(why="without a record nobody is frozen")
            self.frozen.add(run)
            return Contained("freezer", frozen=True)
        self.ended.append(run)
        self._world.exit(box, KILLED)
        return Contained("cgroup.kill", ended=True)

    async def wait_over(self, run: Run) -> None:
        """Wait for as long as it takes."""
        await trio.sleep(self.dies_for if run in self.ended else 0.0)

    def thaw(self, run: Run) -> str:
        """Let it go on."""
        if run in self.frozen:
            self.frozen.discard(run)
            self.thawed.append(run)
        return ""
