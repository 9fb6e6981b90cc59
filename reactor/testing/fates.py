"""What can be made to happen inside one container: an exit, an OOM kill, ill health, what it uses.

Only the words belong here, as a part of ``world``; what they do is in ``life`` and ``health``.
"""

from reactor.testing import health, life
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.tasks import Announced, Oom, Usage


class Fates:
    """The part of a world that decides what becomes of one container."""

    ground: Ground

    def set_health(self, box: Box, found: str) -> None:
        """Let its check find ``healthy`` or ``unhealthy`` from now on, or nothing yet: ``starting``."""
        health.put(self.ground, box, self.ground.settle(), found)

    def ail(self, box: Box, *, ill: bool = True) -> None:
        """Let its probes fail, or pass, from the next one on."""
        self.ground.settle()
        box.ill = ill

    def write(self, box: Box, size: int) -> None:
        """Let it write so many bytes to its own layer, where they stay until it is removed."""
        self.ground.settle()
        box.layer += size

    def exit(self, box: Box, code: int = 0) -> None:
        """Let its main process end now, by itself."""
        life.finish(self.ground, box, self.ground.settle(), code, "task")

    def oom(self, box: Box, *, fatal: bool = True, announced: Announced = Announced.BEFORE) -> None:
        """Let the kernel kill its main process, or a child, for lack of memory now."""
        life.oom(self.ground, box, self.ground.settle(), Oom(0.0, fatal, announced))

    def use(self, box: Box, usage: Usage | None) -> None:
        """Let it use exactly this from now on; None gives the word back to its task."""
        box.usage_override = usage
