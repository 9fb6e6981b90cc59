"""An update of a container: other limits, or another restart policy, while it runs or not.

Only what an update changes and what it refuses belongs here; the call is in ``api_containers``.
"""

from dataclasses import replace

from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.history import What
from reactor.testing.life import schedule
from reactor.testing.refusals import Refused
from reactor.testing.restarts import RestartPolicy
from reactor.testing.tasks import MIB, Limits

LEAST_MEMORY = 6 * MIB


def update(ground: Ground, box: Box, at: float, by: str, limits: Limits, policy: RestartPolicy) -> int:
    """Give it these limits and this policy, and tell of it."""
    if limits.memory is not None and limits.memory < LEAST_MEMORY:
        raise Refused(400, "Minimum memory limit allowed is 6MB")
    if box.recipe.auto_remove and policy.name != "no":
        raise Refused(
            409,
            f"Cannot update container {box.id}: Restart policy cannot be updated "
            "because AutoRemove is enabled for the container",
        )
    box.recipe = replace(box.recipe, limits=limits, policy=policy)
    if box.resumed_at is not None:
        # What becomes of a task by itself depends on what it may use.
        box.drop_turns()
        schedule(ground, box, at)
    ground.tell(box, "update", at)
    ground.note(box, What.UPDATED, at, by)
    return 200
