"""Readings from the kernel's cgroups: the same verdicts, sooner, and also where the engine's fail."""

import os
import signal

import pytest

from tests.real import deeds
from tests.real.engines import wedge
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until
from tools.private_engine import PrivateEngine

AT_THE_LIMIT_AND_ONE = deeds.processes(201)
BY_LANE = "reactor_lane_runs"


@pytest.mark.parametrize("profile", ["normal", "fast"])
def test_who_breaks_a_limit_is_ended_and_who_nearly_does_is_not(lone_scene: Scene, profile: str) -> None:
    """One process too many, a storm, memory in use; not who is at the limit, page cache, or a stranger."""
    scene = lone_scene
    with scene.monitor(config=f"profile: {profile}\n") as monitor:
        scene.bystanders()
        near = scene.run(deeds.AT_THE_LIMIT, task="near", pids=deeds.PIDS)
        cache = scene.run(deeds.PAGE_CACHE, task="cache", mem=deeds.MEMORY)
        scene.innocent(
            near, cache, scene.run(deeds.STORM, labels={f"{scene.names.task}x": "t"}, pids=deeds.PIDS)
        )
        scene.guilty(scene.run(deeds.STORM, task="storm", pids=deeds.PIDS))
        scene.guilty(scene.run(AT_THE_LIMIT_AND_ONE, task="one", pids=deeds.PIDS))
        scene.guilty(scene.run(deeds.SHARED_RAMP, task="memory", mem=deeds.MEMORY))
        scene.verdict()
        scene.report(f"profile {profile}: fork storm, one process too many, memory")
        until(lambda: (monitor.metric(BY_LANE) or 0) >= 2, 10, "who lives is read by the lane")
        assert monitor.metric("reactor_lane_up") == 1
        assert monitor.metric("reactor_stats_streams") == 0, "the engine is not asked for readings"
        shown = until(lambda: monitor.metric("container_memory_working_set_bytes", container_id=cache), 10)
        assert shown is not None
        assert shown < 0.4 * (64 << 20)
        assert monitor.metric("container_threads", container_id=near) == 200


def test_another_run_of_the_same_container_is_read_anew(lone_scene: Scene) -> None:
    """Its directory has the same path; the first run was innocent, and so is a container that stays calm."""
    scene = lone_scene
    with scene.monitor(config="profile: fast\n") as monitor:
        scene.untouched(scene.run(deeds.TWO_RUNS, task="calm", restart="always", pids=deeds.PIDS))
        again = scene.run(deeds.CALM_AT_FIRST, task="again", pids=deeds.PIDS)
        until(lambda: monitor.metric("container_threads", container_id=again), 10, "the first run is read")
        until(lambda: scene.truth.events(again, "die"), 20, "the first run is over")
        scene.containers.client.api.start(again)
        scene.guilty(again, PROMISE, life=1)
        scene.verdict()


def test_the_lane_is_killed_and_the_streams_take_over(lone_scene: Scene) -> None:
    """Nobody is missed meanwhile, and it comes back."""
    scene = lone_scene
    with scene.monitor(config="profile: normal\n") as monitor:
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="near", pids=deeds.PIDS))
        until(lambda: monitor.metric(BY_LANE) == 1, 10, "it is read by the lane")
        (said,) = monitor.said("the fast lane looks")
        os.kill(int(said["pid"]), signal.SIGKILL)
        scene.guilty(scene.run(deeds.STORM, task="storm", pids=deeds.PIDS))
        scene.verdict()
        until(lambda: monitor.metric("reactor_lane_deaths_total") == 1, 20, "it is counted")
        until(lambda: monitor.metric(BY_LANE) == 1, 20, "and read by another one")
        assert monitor.said("the fast lane is down; the engine's streams are read instead")


def test_a_stuck_shim_does_not_blind_it(private_engine: PrivateEngine, private_scene: Scene) -> None:
    """One suspended shim stops the engine's readings of everybody; the kernel's go on."""
    scene, sign = private_scene, private_scene.folder / "sign"
    sign.mkdir()
    with scene.monitor(config="profile: fast\n") as monitor:
        stuck = scene.run(task="stuck", pids=deeds.PIDS)
        late = scene.run(deeds.on_a_sign(deeds.STORM[-1]), task="late", pids=deeds.PIDS, **deeds.sees(sign))
        scene.innocent(stuck, scene.run(deeds.AT_THE_LIMIT, task="near", pids=deeds.PIDS))
        until(lambda: monitor.metric(BY_LANE) == 3, 10, "all are read by the lane")
        with wedge(private_engine, stuck):
            scene.guilty(late, since=scene.truth.now())
            (sign / "go").touch()
            scene.verdict()
        scene.report("a fork storm while another container's shim is stuck")
