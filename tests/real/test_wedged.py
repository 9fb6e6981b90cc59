"""One container that cannot be ended does not keep the others alive."""

import time
from contextlib import ExitStack

from tests.real.engines import hangs, wedge
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, SHORT, Scene, lifetime
from tests.real.truth import seconds
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


AT_ONCE = 3
OTHERS = 6
USUAL = 1.3
"""Seconds from a breach to the death that are usual at most on a machine that does nothing else."""
READ = "the rules were read again and are in force"
NEVER, AT_ONCE_DUE = lifetime(100_000), lifetime(1)


def _all_at_once(scene: Scene, monitor: Monitor, others: list[str]) -> list[float]:
    """Let all who have the label be due in the same moment; seconds from there to the deaths of these."""
    rules = scene.folder / "rules.yaml"
    rules.write_text(AT_ONCE_DUE)
    before = len(monitor.said(READ))
    monitor.hang_up()
    until(lambda: len(monitor.said(READ)) > before, 10, "the rules are read")
    due = time.time_ns()
    for other in others:
        scene.guilty(other, since=due, not_before=-1)
    scene.verdict()
    rules.write_text(NEVER)
    monitor.hang_up()
    return sorted(seconds((scene.truth.lives(other)[0].died or 0) - due) for other in others)


def test_twice_as_many_stuck_as_calls_at_once_slow_nobody_down(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """All are due in one moment, those that are stuck first: each holds its place for a moment only."""
    scene, mine = private_scene, {SHORT: ""}
    with ExitStack() as stack, scene.monitor(rules=NEVER, config=f"at_once: {AT_ONCE}\n") as monitor:
        scene.bystanders()
        usual = _all_at_once(scene, monitor, [scene.run(task="t", labels=mine) for _ in range(OTHERS)])
        stuck = [scene.run(task="stuck", labels=mine) for _ in range(2 * AT_ONCE)]
        others = [scene.run(task="t", labels=mine) for _ in range(OTHERS)]
        for container in stuck:
            stack.enter_context(wedge(private_engine, container))
        took = _all_at_once(scene, monitor, others)
        scene.report(f"in one moment, {OTHERS} alone and {OTHERS} beside {len(stuck)} that are stuck")
        assert took[-1] < 2 * max(usual[-1], USUAL)
        assert not any(scene.truth.events(container, "die") for container in stuck)
