"""One container that cannot be ended does not keep the others alive."""

import json
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median

from tests.real.engines import hangs, wedge
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, SHORT, Scene, lifetime
from tests.real.truth import seconds
from tests.real.waiting import until
from tools.private_engine import PrivateEngine

GIVES_UP_AFTER = 15.0
"""Seconds that a kill may take before the run goes into quarantine: the engine itself may need 12."""
LIVES = 6
"""Seconds that those have who are to be wedged in time: on a busy machine a start alone takes some."""
HOW = f"""\
  - name: politely
    select: [{{label: how=stop}}]
    rules: [{{name: lifetime, when: age > {LIVES}s, then: [{{stop: {{grace: 1s}}}}]}}]
  - name: for-ever
    select: [{{label: how=remove}}]
    rules: [{{name: lifetime, when: age > {LIVES}s, then: [remove]}}]
"""


def test_runs_that_are_wedged_are_reported_and_tried_again_and_others_are_ended_in_time(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """A suspended shim also stops the engine's statistics for everybody; a lifetime does not need them.

    A kill, a stop and a removal are stuck at once. Each step waits for its answer, the next is harder or
    rarer, and an operator is told all the time.
    """
    scene, mine = private_scene, {SHORT: ""}
    with ExitStack() as held, scene.monitor(rules=lifetime(LIVES) + HOW) as monitor:
        scene.bystanders()

        def wedged(task: str, labels: Mapping[str, str]) -> str:
            """At once after his start: on a busy machine the last of three would be over before his turn."""
            container = scene.run(task=task, labels=labels)
            held.enter_context(wedge(private_engine, container))
            return container

        stuck = wedged("stuck", mine)
        stopped, removed = (wedged(how, {"how": how}) for how in ("stop", "remove"))
        all_stuck = (stuck, stopped, removed)
        until(lambda: hangs(private_engine, stuck), 20, "the engine is busy with the kill")
        for number in range(12):
            scene.guilty(scene.run(task=f"other-{number}", labels=mine), LIVES + PROMISE, not_before=LIVES)
        scene.verdict()
        scene.report(f"lifetimes of {LIVES} s beside three wedged containers")
        (said,) = until(
            lambda: monitor.said(
                "the container does not end yet; it is tried again", why="wedged", id=stuck[:12]
            ),
            GIVES_UP_AFTER + PROMISE,
            "it is reported",
        )
        assert said["level"] == "error"
        until(lambda: monitor.metric("reactor_outbox_quarantined") == 3, 2 + 1 + 15 + 2 * PROMISE, "all are")
        remark = "runs that the engine does not end, and that are tried again: 3"
        until(lambda: remark in monitor.readiness(), 5, "whoever asks whether it is ready is told")
        assert not any(scene.truth.events(container, "die") for container in all_stuck)
        held.close()
        until(lambda: monitor.metric("reactor_outbox_quarantined") == 0, 30, "they come off")
        until(lambda: scene.truth.inspect(removed) is None, 10, "one is removed")
        for container in (stuck, stopped):
            until(partial(scene.truth.events, container, "die"), 10, "the others are ended")
        assert "that are tried again" not in monitor.readiness()
        for container, call in ((stuck, "kill"), (stopped, "stop"), (removed, "kill")):
            (intent,) = until(partial(monitor.closed, container), 15, "it is on record")
            assert (intent["final"], intent["result"], intent["why"]) == (1, "done", "ended")
            _assert_tried(json.loads(intent["calls"]), call)
        (life,) = scene.truth.lives(stuck)
        assert set(life.signals) == {"9"}
        scene.verdict()


def _assert_tried(calls: list[tuple[str, float, float, int, str]], first: str) -> None:
    """A look, the call until its deadline, a look at the list; a pause, and the list again."""
    assert [call[0] for call in calls[:4]] == ["inspect", first, "list", "list"]
    _, began, took, status, note = calls[1]
    assert began < PROMISE
    # It may hear of its deadline late on a busy host, and never before it.
    assert -1 <= took - (GIVES_UP_AFTER + (first == "stop")) <= PROMISE
    assert (status, note) == (0, "no answer in time")
    pause = calls[3][1] - (calls[2][1] + calls[2][2])
    assert 0.5 <= pause <= 1 + PROMISE


AT_ONCE = 3
OTHERS = 4
ROUNDS = 2
LOST_AFTER = 2.0
"""Seconds after which a hanging call counts no more; long before it is doubted and others go beside it."""
READ = "the rules were read again and are in force"
NEVER, AT_ONCE_DUE = lifetime(100_000), lifetime(1)


def _all_at_once(scene: Scene, monitor: Monitor, others: list[str]) -> tuple[list[float], list[float]]:
    """Let all who have the label be due in the same moment.

    Gives the seconds from the decision to the deaths of these, and those until somebody first looked at them.
    """
    rules = scene.folder / "rules.yaml"
    rules.write_text(AT_ONCE_DUE)
    before = len(monitor.said(READ))
    # Before they are read: the first may be over when we come to know that they were.
    due = time.time_ns()
    monitor.hang_up()
    until(lambda: len(monitor.said(READ)) > before, 10, "the rules are read")
    reading = seconds(time.time_ns() - due)
    for other in others:
        scene.guilty(other, reading + PROMISE, since=due)
    scene.verdict()
    rules.write_text(NEVER)
    monitor.hang_up()
    # From the decision on: when the rules are read is our own doing.
    intents = [until(partial(monitor.closed, other), 15, "it is on record")[0] for other in others]
    decided = min(intent["wall"] for intent in intents)
    died = [(scene.truth.lives(other)[0].died or 0) / 1e9 - decided for other in others]
    return died, [json.loads(intent["calls"])[0][1] for intent in intents]


def _medians(rounds: list[tuple[list[float], list[float]]]) -> tuple[float, float]:
    """Of all deaths and of all first looks."""
    deaths = median(each for died, _ in rounds for each in died)
    return deaths, median(each for _, looked in rounds for each in looked)


def test_twice_as_many_stuck_as_calls_at_once_slow_nobody_down(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """All are due in one moment, those that are stuck first in line, alone and beside them in turns.

    How much slower they are is measured by ``python -m bench --stuck``, on a machine that does nothing else.
    """
    scene, mine = private_scene, {SHORT: ""}
    usual, beside = [], []
    with scene.monitor(rules=NEVER, config=f"at_once: {AT_ONCE}\n") as monitor:
        scene.bystanders()
        for _ in range(ROUNDS):
            alone = [scene.run(task="t", labels=mine) for _ in range(OTHERS)]
            usual.append(_all_at_once(scene, monitor, alone))
            # Of what is decided together the smallest ids come first.
            ids = sorted(scene.run(task="t", labels=mine) for _ in range(OTHERS + 2 * AT_ONCE))
            stuck, others = ids[: 2 * AT_ONCE], ids[2 * AT_ONCE :]
            with ExitStack() as held:
                for container in stuck:
                    held.enter_context(wedge(private_engine, container))
                beside.append(_all_at_once(scene, monitor, others))
                assert not any(scene.truth.events(container, "die") for container in stuck)
                assert (monitor.metric("reactor_outbox_beside") or 0) >= AT_ONCE
            for container in stuck:
                until(partial(scene.truth.events, container, "die"), 30, "it ends when it can")
        died, looked = _medians(usual)
        died_beside, looked_beside = _medians(beside)
        scene.report(
            f"{OTHERS} alone, {OTHERS} beside {2 * AT_ONCE} that are stuck: medians from the decision "
            f"{died:.3f} s and {died_beside:.3f} s, first looked at after {looked:.3f} s and "
            f"{looked_beside:.3f} s; all"
        )
    assert looked_beside < LOST_AFTER, "nobody waits until those that hang are given up"
