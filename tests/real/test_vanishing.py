"""Containers that are not there any more when somebody looks, reads or acts."""

from functools import partial

from tests.real import deeds
from tests.real.engines import suspended
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, SHORT, Scene, lifetime
from tests.real.waiting import until
from tools import engine_api
from tools.private_engine import PrivateEngine

LIVES = 8


def test_the_readings_of_a_stopped_container_are_no_data(scene: Scene, watcher: Monitor) -> None:
    """Its frames are full of zeros; its next run is judged by its own."""
    calm = scene.run(deeds.CALM_AT_FIRST, task="t", pids=deeds.PIDS)
    # Whoever was read between his beginning and his first fork is told of again in five seconds only.
    until(lambda: watcher.metric("container_threads", container_id=calm), 15, "it is sampled")
    scene.untouched(calm)
    until(lambda: not scene.truth.state(calm)["Running"], 15, "it ends")
    until(lambda: watcher.exits(calm), 10, "its end is on record")
    until(lambda: watcher.metric("container_threads", container_id=calm) is None, 10, "its series are gone")
    scene.charges.untouched.discard(calm)
    scene.containers.client.api.start(calm)
    scene.guilty(calm, life=1)
    scene.verdict()
    scene.report("a storm in the second run of a container that was stopped")
    until(lambda: len(watcher.exits(calm)) == 2, 15, "its second end is on record")
    assert [row["cause"] for row in watcher.exits(calm)] == ["itself", "reactor"]


def test_containers_that_end_in_the_moment_of_their_lifetime(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """They end by themselves, and remove themselves, just when the monitor comes for them."""
    scene = private_scene
    with scene.monitor(rules=lifetime(2)) as monitor:
        scene.bystanders()
        for number in range(LIVES):
            command = deeds.exits(0, after=1.9 + number / 20)
            scene.run(command, task="t", labels={SHORT: ""}, auto_remove=number % 2 == 0)
        mine = [key for key in scene.charges.names if key not in scene.charges.innocent]
        for container in mine:
            until(partial(scene.truth.events, container, "die"), 20, "it is over")
            scene.guilty(container, 2 + PROMISE)
        until(lambda: not monitor.metric("reactor_outbox_in_flight"), 10, "nothing is under way")
        scene.verdict()
        until(lambda: not monitor.rows("SELECT id FROM intents WHERE NOT final"), 15, "all are on record")
        assert {row["result"] for row in monitor.rows("SELECT result FROM intents")} <= {"done"}


def test_a_container_that_goes_between_the_decision_and_the_call(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """The engine holds its breath, is told to remove it, and then asked by the monitor to kill it."""
    scene = private_scene
    with scene.monitor(rules=lifetime(6)) as monitor:
        scene.bystanders()
        gone = scene.run(task="t", labels={SHORT: ""})
        side = scene.run(deeds.SERVE, serves="t")
        until(lambda: monitor.said("a container is followed", id=gone[:12]), 10)
        with suspended(private_engine) as engine:
            removal = engine.ask_nowait("DELETE", f"/containers/{gone}?force=1")
            until(lambda: monitor.said("a container is to be ended", id=gone[:12]), 15, "it is decided")
        assert removal.result(30) == b""
        until(lambda: scene.truth.inspect(gone) is None, 10, "it is gone")
        (intent,) = until(lambda: [row for row in monitor.intents(gone) if row["final"]], 30, "it is closed")
        assert intent["result"] == "done"
        died = scene.truth.events(gone, "die")[0].nano
        scene.guilty(side, since=died)
        scene.verdict()
    assert engine_api.answers(private_engine.docker_host)
