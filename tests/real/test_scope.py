"""Who may be touched: scope, skip labels, images with labels of their own, protection by configuration."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Names, Scene
from tests.real.waiting import until
from tests.tooling.containers import Containers, unique_name
from tools import engine_api, engine_files

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}


@pytest.fixture
def labelled_image(containers: Containers, names: Names) -> Iterator[str]:
    """An image that carries the task label and the skip label."""
    image = f"{unique_name()}:test"
    rootfs = engine_api.busybox_rootfs(engine_files.busybox_file())
    changes = (f"LABEL {names.skip}=image", f"LABEL {names.task}=image")
    engine_api.import_image(containers.docker_host, rootfs, image, changes)
    yield image
    containers.remove_all()
    containers.client.images.remove(image)


def test_labels_of_an_image_neither_exempt_nor_bring_into_scope(
    scene: Scene, watcher: Monitor, labelled_image: str
) -> None:
    """Only what the container was given counts."""
    scene.innocent(scene.run(deeds.STORM, image=labelled_image, **LIMITS))
    bad = scene.guilty(scene.run(deeds.STORM, image=labelled_image, task="own", **LIMITS))
    worse = scene.guilty(scene.run(deeds.STORM, image=labelled_image, task="own", skip="mine", **LIMITS))
    scene.verdict()
    for container in (bad, worse):
        vain = "it carries the skip label of its image, which exempts nobody"
        (said,) = until(partial(watcher.said, vain, id=container[:12]), 10, "it says so")
        assert said["level"] == "warning"


def test_whoever_is_protected_is_not_touched_not_even_in_a_cascade(lone_scene: Scene) -> None:
    """By full id and by name; the monitor comes when all of them are in breach already."""
    name = unique_name()
    by_id = lone_scene.run(deeds.STORM, task="t", **LIMITS)
    by_name = lone_scene.run(deeds.STORM, task="t", name=f"{name}-db", **LIMITS)
    sidecar = lone_scene.run(serves="bad", name=f"{name}-db-2")
    lone_scene.innocent(by_id, by_name, sidecar)
    lone_scene.guilty(lone_scene.run(deeds.STORM, task="bad", name=f"{name}-dx", **LIMITS))
    lone_scene.guilty(lone_scene.run(deeds.STORM, task="t", name=f"x{name}-db", **LIMITS))
    config = f'protect: {{ids: ["{by_id}"], containers: [{{name: "{name}-db*"}}]}}\n'
    with lone_scene.monitor(config=config) as monitor:
        for container in lone_scene.charges.guilty:
            # Their breach is older than the monitor.
            lone_scene.charges.guilty[container] = []
            lone_scene.guilty(container, 2 * PROMISE, since=monitor.began)  # It has to begin first.
        lone_scene.verdict()
        lone_scene.report("two that were in breach before the monitor came, from its start on")
        assert monitor.metric("reactor_containers", standing="protected") == 3


def test_a_name_like_another_ones_id_saves_nobody_and_hits_nobody(scene: Scene, watcher: Monitor) -> None:
    """The engine looks for names before it looks for beginnings of ids."""
    bad = scene.create(deeds.STORM, task="t", **LIMITS)
    scene.innocent(scene.run(task="t", name=bad), scene.run(task="t", name=bad[:12]))
    scene.containers.client.api.start(bad)
    scene.guilty(bad)
    scene.verdict()


def test_who_bears_the_id_of_one_that_is_gone_is_not_ended_in_its_place(lone_scene: Scene) -> None:
    """An intent is left open by a monitor that crashed, the container goes, another one is called like it."""
    with lone_scene.monitor() as monitor:
        bad = lone_scene.guilty(lone_scene.run(deeds.STORM, task="t", **LIMITS))
        until(lambda: monitor.intents(bad) and monitor.intents(bad)[0]["final"], 20, "it is ended")
        monitor.kill9()
        lone_scene.verdict()
        lone_scene.remove(bad)
        lone_scene.innocent(lone_scene.run(deeds.AT_THE_LIMIT, task="t", name=bad, **LIMITS))
        monitor.reopen_intents()
        monitor.start()
        monitor.wait_ready()
        (intent,) = until(lambda: [row for row in monitor.intents(bad) if row["final"]], 20, "it is closed")
        assert (intent["result"], intent["why"]) == ("done", "gone")
        lone_scene.verdict()
