"""From what is in the world to the records of the core.

Only translation belongs here; calls, streams and their faults are in ``direct``.
"""

import re

from reactor.core.container import Container, ContainerId, Limits, Listed, Run, State
from reactor.core.facts import Sample
from reactor.core.ports import Event
from reactor.testing.box import Box
from reactor.testing.clock import written
from reactor.testing.events import Message
from reactor.testing.gauge import Reading
from reactor.testing.health import finding
from reactor.testing.traits import has_own_network
from reactor.testing.turns import Limits as Given
from reactor.testing.world import World

FULL_ID = re.compile(r"[0-9a-f]{64}")
SHARED = "container:"
ENDED = frozenset({State.EXITED, State.DEAD, State.REMOVING, State.RESTARTING})


def container_record(
    world: World, box: Box, born: float | None, created: float | None, finished: float | None
) -> Container:
    """The record of an inspect. The three moments are what the engine's front knows of them.

    Long, because a record has that many fields: one line for each.
    """
    recipe, traits = box.recipe, box.recipe.traits
    joins = (m.removeprefix(SHARED) for m in _modes(box) if m.startswith(SHARED))
    # The zero of a container that runs says nothing; a start that failed has left its code.
    told = box.state in ENDED or (box.state is State.CREATED and box.exit_code != 0)
    return Container(
        run=box.run,
        name=box.name,
        image=recipe.image_ref,
        state=box.state,
        image_id=recipe.image.id,
        labels=dict(recipe.labels),
        image_labels=_image_labels(world, box),
        born=born,
        created=created,
        joins=frozenset(ContainerId(j) for j in joins if FULL_ID.fullmatch(j)),
        auto_remove=recipe.auto_remove,
        restart_policy="" if recipe.policy.name == "no" else recipe.policy.name,
        pid=box.pid,
        pids_limit=recipe.limits.pids,
        memory_limit=recipe.limits.memory,
        exit_code=box.exit_code if told else None,
        oom_killed=box.oom_killed,
        finished_at=written(box.finished) if box.finished else "",
        finished=finished,
        limits=_limits(recipe.limits),
        restarts=box.restarts,
        health=finding(box),
        privileged=traits.privileged,
        init=traits.init,
        user=traits.user,
        log_driver=traits.log_driver,
        ports=traits.ports if has_own_network(recipe.network_mode) else (),
        binds=dict(traits.binds),
        health_check=traits.health is not None,
        memory_limited=recipe.limits.memory is not None,
        pids_limited=recipe.limits.pids is not None,
        cpu_limited=recipe.limits.cpus is not None,
        command=" ".join(recipe.command or ("sleep", "infinity")),
        own_pids=recipe.pid_mode in {"", "private"},
    )


def _limits(limits: Given) -> Limits:
    swap = limits.swap if limits.swap is not None and limits.swap > 0 else None
    return Limits(limits.pids, limits.memory, swap, limits.cpus)


def _image_labels(world: World, box: Box) -> dict[str, str] | None:
    images = world.ground.images.values()
    return next((dict(i.labels) for i in images if i.id == box.recipe.image.id), None)


def _modes(box: Box) -> tuple[str, str, str]:
    return (box.recipe.network_mode, box.recipe.pid_mode, box.recipe.ipc_mode)


def listed_record(box: Box) -> Listed:
    """The record of a row of the list."""
    recipe = box.recipe
    health = box.health if box.listed is State.RUNNING else ""
    joined = recipe.network_mode.startswith("container:")
    return Listed(
        box.id, box.name, recipe.image_ref, recipe.image.id, box.listed, dict(recipe.labels), health, joined
    )


def sample_record(reading: Reading, box: Box, run: Run) -> Sample | None:
    """The record of a reading; None where an engine sends zeros."""
    if reading.usage is None:
        return None
    limits, usage = box.recipe.limits, reading.usage
    return Sample(reading.at, run, usage.pids, limits.pids, usage.memory, limits.memory, usage.cpu)


def event_record(message: Message) -> Event:
    """The record of an event."""
    # The text after the colon of an exec is a stranger's.
    action = message.action.partition(":")[0]
    code, signal = (_number(message.attributes.get(key, "")) for key in ("exitCode", "signal"))
    return Event(action, ContainerId(message.id), message.nanos, code, signal)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else None
