"""What a container uses at a moment, and when the engine looks: once a second, at all of them.

Only readings belong here; the JSON of a stats frame is in ``documents``.
"""

import math
from dataclasses import dataclass

import trio

from reactor.core.container import ContainerId
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.tasks import Usage

INTERVAL = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading; ``usage`` is None where a real engine writes a frame of zeros."""

    at: float
    usage: Usage | None


def read(ground: Ground, box: Box) -> Reading:
    """Look at one container now."""
    now = ground.settle()
    if not box.has_process or _lost_its_network(ground, box):
        return Reading(now, None)
    usage = box.usage_override or box.recipe.task.usage(box.ran(now), box.recipe.limits)
    return Reading(now, usage)


def _lost_its_network(ground: Ground, box: Box) -> bool:
    """The network counters are read first, and failing there throws the whole reading away."""
    mode = box.recipe.network_mode
    if not mode.startswith("container:"):
        return False
    main = ground.boxes.get(ContainerId(mode.removeprefix("container:")))
    return main is None or not main.has_process


async def wait_sweep(ground: Ground, box: Box) -> bool:
    """Wait until the engine looks again: at whole seconds of our clock, unless its collector is stuck.

    False as soon as the container is removed: then nobody looks any more.
    """
    with trio.move_on_at(math.floor(ground.clock.now() / INTERVAL + 1) * INTERVAL):
        await box.gone.wait()
    while ground.stats_frozen is not None:
        await ground.stats_frozen.wait()
    return not box.gone.is_set()
