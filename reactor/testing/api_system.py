"""The calls about the engine itself and about images.

Only answering belongs here; shapes are in ``blanks`` and ``documents``.
"""

import os
from typing import Any

from reactor.core.container import State
from reactor.http.server import Response
from reactor.testing.api_call import Call
from reactor.testing.blanks import INFO, VERSION
from reactor.testing.clock import written
from reactor.testing.image_documents import image_document, image_row
from reactor.testing.refusals import Refused


async def ping(call: Call) -> Response:
    """Say that somebody is there."""
    del call
    return Response(200, b"OK")


async def version(call: Call) -> dict[str, Any]:
    """Say which versions of the API there are."""
    del call
    return dict(VERSION)


async def info(call: Call) -> dict[str, Any]:
    """Say who the engine is, what it has and what time it is there."""
    ground = call.world.ground
    states = [box.state for box in call.world.boxes]
    paused = states.count(State.PAUSED)
    running = states.count(State.RUNNING) + states.count(State.RESTARTING)
    return dict(INFO) | {
        # Worlds of two processes are two engines, however alike they are.
        "ID": f"{ground.seed}-{os.getpid()}",
        "Containers": len(states),
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(states) - running - paused,
        "Images": len(ground.images),
        "SystemTime": written(ground.clock.nanos()),
        "NEventsListener": len(ground.events.listeners),
        "MemTotal": ground.host_memory,
        "KernelVersion": ground.host_kernel,
    }


async def images(call: Call) -> list[dict[str, Any]]:
    """List the images."""
    return [image_row(image) for image in call.world.ground.images.values()]


async def image(call: Call) -> dict[str, Any]:
    """Inspect one image."""
    reference = call.parts["ref"]
    try:
        return image_document(call.world.find_image(reference))
    except Refused as refused:
        raise Refused(404, f"no such image: {reference}: {refused.message}") from None


async def volumes(_: Call) -> dict[str, Any]:
    """List the volumes: this world has none."""
    return {"Volumes": [], "Warnings": None}


ENDPOINTS = (
    ("GET", r"/_ping", ping),
    ("GET", r"/version", version),
    ("GET", r"/info", info),
    ("GET", r"/volumes", volumes),
    ("GET", r"/images/json", images),
    ("GET", r"/images/(?P<ref>.+)/json", image),
)
