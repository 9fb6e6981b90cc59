"""What is known by an inspect alone: writes to the layer, limits as such, readiness."""

import json
from functools import partial
from typing import Any

from tests.real import deeds
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until
from tools import engine_api

LIMITS: dict[str, Any] = {"pids": deeds.PIDS, "mem": deeds.MEMORY}
MOST = 50 * 1024 * 1024
COMES_UP_AFTER = 2.0
RULES = """\
groups:
  - name: seldom
    rules:
      - {name: layer, when: layer_writes > 50MiB}
      - {name: limits, when: "!memory_limited || !pids_limited"}
      - {name: ready, when: 'ready && labels["judged"] == "yes"'}
"""


def writes(file: str, then: str = "") -> tuple[str, ...]:
    """Writes 50 MiB to a file, does this, and stays."""
    return deeds.sh(f"dd if=/dev/zero of={file} bs=1M count=50; {then}sync; touch /done; exec sleep 100000")


def checked(test: str) -> dict[str, Any]:
    """A health check that has all the time in the world."""
    return {"test": ["CMD-SHELL", test], "interval": 500_000_000, "retries": 1000}


def has_written(scene: Scene, container: str, size: int) -> bool:
    """Whether so much stands in its layer, by the engine's word."""
    path = f"/containers/{container}/json?size=1"
    answer = json.loads(engine_api.call(scene.containers.docker_host, "GET", path))
    return bool(answer["SizeRw"] == size)


def test_layers_limits_and_readiness(lone_scene: Scene) -> None:
    """Each guilty one beside one that nearly is; the size is exact to the byte, readiness to its moment."""
    scene = lone_scene
    judged = {"judged": "yes"}
    writer = scene.run(writes("/file", "printf x > /more; "), task="writer", **LIMITS)
    exactly = scene.run(writes("/file"), task="exactly", **LIMITS)
    volume = scene.run(writes("/data/file", "printf x > /more; "), task="volume", volumes=["/data"], **LIMITS)
    stranger = scene.run(writes("/file", "printf x > /more; "), labels={f"{scene.names.task}x": ""})
    for container, size in ((writer, MOST + 1), (exactly, MOST), (volume, 1), (stranger, MOST + 1)):
        until(partial(has_written, scene, container, size), 30, f"{size} bytes are in its layer")
    scene.innocent(exactly, volume, stranger)
    with scene.monitor(rules=RULES) as monitor:
        scene.guilty(writer, 2 * PROMISE, since=monitor.began)  # It has to begin first.
        for missing in LIMITS:
            some = {key: value for key, value in LIMITS.items() if key != missing}
            scene.guilty(scene.run(task=f"without-{missing}", **some))
        scene.innocent(scene.run(task="with both", **LIMITS))
        at_once = scene.guilty(scene.run(task="unchecked", labels=judged, **LIMITS))
        comes_up = scene.run(
            deeds.sh(f"sleep {COMES_UP_AFTER}; touch /up; exec sleep 100000"),
            task="comes-up",
            labels=judged,
            healthcheck=checked("test -e /up"),
            **LIMITS,
        )
        never_up = scene.run(task="never-up", labels=judged, healthcheck=checked("false"), **LIMITS)
        scene.guilty(comes_up, COMES_UP_AFTER + PROMISE, not_before=COMES_UP_AFTER)
        scene.innocent(never_up)
        scene.verdict()
        scene.report("a layer, two without a limit, one without a check, one that is ready after 2 s")
        reasons = {
            writer: ("seldom/layer", "layer_writes just over 50 MiB > 50MiB"),
            at_once: ("seldom/ready", 'ready && labels["judged"] "yes" == "yes"'),
            comes_up: ("seldom/ready", 'ready && labels["judged"] "yes" == "yes"'),
        }
        for container, expected in reasons.items():
            (intent,) = until(partial(monitor.intents, container), 10, "it is on record")
            assert (intent["rule"], intent["reason"]) == expected
        # Layers are measured one after the other, and the guilty one's may have been the first.
        for container, size in ((exactly, MOST), (volume, 1)):
            measured = partial(monitor.metric, "container_layer_size_bytes", container_id=container)
            assert until(measured, 20, "its layer was measured") == size
        assert monitor.metric("container_layer_size_bytes", container_id=stranger) is None
        assert monitor.metric("reactor_layer_measures_total", result="failed") == 0
        assert monitor.metric("reactor_stats_streams") == 0
