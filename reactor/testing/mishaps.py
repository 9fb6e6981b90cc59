"""What can be done to a whole engine, or to its grip on one container, from outside.

Only the words belong here, as a part of ``world``; what they do is in ``outage``.
"""

from reactor.testing import outage
from reactor.testing.box import Box
from reactor.testing.ground import Ground


class Mishaps:
    """The half of a world that breaks it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    def wedge(self, box: Box, *, inspect_hangs: bool = True) -> None:
        """Let its shim get stuck: kill, stop and inspect of it hang, the list still works."""
        outage.wedge(box, inspect_hangs=inspect_hangs)

    def free(self, box: Box) -> None:
        """Let a stuck shim go on."""
        outage.free(box, self.ground.settle())

    def freeze_stats(self) -> None:
        """Let all stats streams fall silent, as one stuck shim makes them."""
        outage.freeze_stats(self.ground)

    def thaw_stats(self) -> None:
        """Let stats go on."""
        outage.thaw_stats(self.ground)

    def crash(self) -> None:
        """Kill the engine; the containers run on."""
        outage.crash(self.ground, self.ground.settle())

    def shut_down(self) -> None:
        """Stop the engine in order, and all containers with it."""
        outage.shut_down(self.ground, self.ground.settle())

    def boot(self, *, live_restore: bool = False) -> None:
        """Start the engine again after a crash or a shutdown."""
        outage.boot(self.ground, self.ground.settle(), live_restore=live_restore)

    def flood(self, box: Box, count: int = 100) -> None:
        """Execute commands in a container: three events each."""
        outage.flood(self.ground, box, count, self.ground.settle())
