"""One container that cannot be ended does not keep the others alive."""

from tests.real.engines import hangs, wedge
from tests.real.scene import PROMISE, SHORT, Scene, lifetime
from tests.real.waiting import until
from tools.private_engine import PrivateEngine

GIVES_UP_AFTER = 15.0
"""Seconds that a kill may take before the run goes into quarantine: the engine itself may need 12."""


def test_a_run_that_is_wedged_is_reported_and_others_are_ended_in_time(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """A suspended shim also stops the engine's statistics for everybody; a lifetime does not need them."""
    scene, mine = private_scene, {SHORT: ""}
    with scene.monitor(rules=lifetime(3)) as monitor:
        scene.bystanders()
        stuck = scene.run(task="stuck", labels=mine)
        with wedge(private_engine, stuck):
            until(lambda: hangs(private_engine, stuck), 20, "the engine is busy with the kill")
            for number in range(12):
                scene.guilty(scene.run(task=f"other-{number}", labels=mine), 3 + PROMISE, not_before=3)
            scene.verdict()
            scene.report("lifetimes of 3 s beside a wedged container")
            (said,) = until(
                lambda: monitor.said("the container does not end yet; it is tried again", why="wedged"),
                GIVES_UP_AFTER + PROMISE,
                "it is reported",
            )
            assert (said["id"], said["level"]) == (stuck[:12], "error")
            assert monitor.metric("reactor_outbox_quarantined") == 1
            assert scene.truth.events(stuck, "die") == []
        until(lambda: scene.truth.events(stuck, "die"), 20, "it ends when it can")
        until(lambda: monitor.metric("reactor_outbox_quarantined") == 0, 20, "and leaves the quarantine")
        (intent,) = monitor.intents(stuck)
        assert (intent["final"], intent["result"], intent["why"]) == (1, "done", "ended")
        (life,) = scene.truth.lives(stuck)
        assert set(life.signals) == {"9"}
        scene.verdict()
