"""Two real engines, one process: each has its violators ended, and no matter what befalls the other one."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.real import deeds
from tests.real.scene import LONGEST_WAIT, Scene
from tests.real.several import SeveralMonitors
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine

INTENDED = "SELECT container FROM intents WHERE NOT dry_run"


@pytest.fixture
def other_scene(
    private_engine: PrivateEngine, private_containers: Containers, lone_scene: Scene
) -> Iterator[Scene]:
    """The same labels on an engine that may be killed."""
    with Truth(private_engine.docker_host) as witness:
        yield Scene(private_containers, witness, lone_scene.names, lone_scene.folder)


def storm(scene: Scene, name: str) -> None:
    scene.guilty(scene.run(deeds.STORM, task=name, pids=deeds.PIDS))


def test_one_engine_is_killed_and_the_other_one_is_guarded_as_before(
    lone_scene: Scene, other_scene: Scene, private_engine: PrivateEngine, tmp_path: Path
) -> None:
    engines = {"east": lone_scene.containers.docker_host, "west": private_engine.docker_host}
    with SeveralMonitors(tmp_path, engines, config=lone_scene.config()) as monitor:
        lone_scene.bystanders()
        for scene in (lone_scene, other_scene):
            storm(scene, "first")
        for scene in (lone_scene, other_scene):
            scene.verdict()
        began = time.time_ns()
        private_engine.kill9()
        until(lambda: "west" in monitor.readiness(), LONGEST_WAIT, "west is known to be away")
        storm(lone_scene, "while the other one is away")
        lone_scene.verdict()
        assert monitor.asked("/engines/east/-/ready") == (200, "Ready.\n")
        assert monitor.metric("reactor_engine_up", engine="west") == 0
        assert monitor.metric("reactor_engine_up", engine="east") == 1
        private_engine.restart()
        other_scene.truth.outage(began, time.time_ns())
        until(monitor.is_ready, LONGEST_WAIT, "west is watched again")
        # Those from before would have been ended by the engine itself, which was killed.
        other_scene.bystanders()
        storm(other_scene, "afterwards")
        for scene in (lone_scene, other_scene):
            scene.verdict()
        for name, scene in (("east", lone_scene), ("west", other_scene)):
            ours = {row["container"] for row in monitor.of(name).rows(INTENDED)}
            assert ours == set(scene.charges.guilty), "each journal has its own engine's only"


def test_an_engine_that_is_not_there_yet_is_taken_up_when_it_comes(
    lone_scene: Scene, private_engine: PrivateEngine, tmp_path: Path
) -> None:
    """It is named before it is there, as after a power cut."""
    private_engine.terminate()
    engines = {"east": lone_scene.containers.docker_host, "west": private_engine.docker_host}
    monitor = SeveralMonitors(tmp_path, engines, config=lone_scene.config())
    monitor.start()
    try:
        until(monitor.has_begun, LONGEST_WAIT, "it listens")
        until(partial(_is, monitor, "east", "watching"), LONGEST_WAIT, "east is watched")
        storm(lone_scene, "alone")
        lone_scene.verdict()
        assert monitor.standing("west")["stage"] == "away"
        private_engine.restart()
        until(monitor.is_ready, LONGEST_WAIT, "all is watched")
        assert monitor.stop() == 0
    finally:
        monitor.end()


def _is(monitor: SeveralMonitors, engine: str, state: str) -> bool:
    return bool(monitor.standing(engine)["stage"] == state)
