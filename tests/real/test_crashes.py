"""The monitor itself is killed, stopped or started twice: nothing is forgotten and nothing is done twice."""

import re
import subprocess
from typing import Any

import pytest

from tests.chaos.audit import nanoseconds
from tests.real import deeds
from tests.real.engines import hangs, wedge
from tests.real.monitor import Monitor, clean_environment
from tests.real.scene import PROMISE, SHORT, Scene, lifetime
from tests.real.waiting import until
from tools.private_engine import PrivateEngine

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
RULES = """\
groups:
  - name: test
    rules:
      - {name: lasting, when: pids > 200, for: 4s}
      - {name: lifetime, when: age > 9s}
"""
POLITE = f"""\
groups:
  - name: test
    select: [{{label: {SHORT}}}]
    rules: [{{name: polite, when: age > 3s, then: [{{stop: {{grace: 5s}}}}]}}]
"""
OPEN = "SELECT * FROM intents WHERE container = ? AND final = 0"
MINE = {SHORT: ""}


def is_ending(monitor: Monitor, engine: PrivateEngine, container: str) -> bool:
    """Whether the engine is busy with the kill: one that is slow for other reasons was told nothing yet."""
    return bool(monitor.rows(OPEN, container)) and hangs(engine, container)


def age_at(intent: dict[str, Any]) -> float:
    """How old the run was when it was decided on, in seconds, by the engine's record of its beginning."""
    return float(intent["wall"]) - nanoseconds(intent["started_at"]) / 1e9


def test_killed_in_the_middle_of_a_for_and_of_a_lifetime(lone_scene: Scene) -> None:
    """What lasts is ended by the next monitor, once; an age goes on as if there had been no crash."""
    scene = lone_scene
    with scene.monitor(rules=RULES) as monitor:
        old = scene.run(task="old")
        storm = scene.run(deeds.STORM, task="storm", **LIMITS)
        side = scene.run(deeds.SERVE, serves="storm")
        until(lambda: monitor.metric("reactor_rule_matches_total", rule="test/lasting"), 15, "it matches")
        monitor.kill9()
        young = scene.run(task="young")
        monitor.start()
        scene.innocent(young)
        scene.guilty(old, 9 + PROMISE, not_before=9)
        scene.guilty(storm, 4 + PROMISE, since=monitor.began, not_before=4)
        until(lambda: scene.truth.lives(storm)[0].died, 30, "the storm is ended")
        scene.guilty(side, since=scene.truth.lives(storm)[0].died)
        monitor.wait_ready()
        del scene.charges.innocent[young]
        scene.guilty(young, 9 + PROMISE, not_before=9)
        scene.verdict()
        scene.report("a monitor that was killed: for 4 s from its return, lifetimes of 9 s, a sidecar")
        (intent,) = monitor.intents(old)
        assert intent["rule"] == "test/lifetime"
        # Its life before the next monitor counts: an age that began anew would be less by these seconds.
        said = re.fullmatch(r"age (\d+)s(?: (\d+)ms)? > 9s", intent["reason"])
        assert said is not None, intent
        assert float(f"{said[1]}.{said[2] or 0:0>3}") == pytest.approx(age_at(intent), abs=0.5)


def test_killed_while_a_kill_is_in_flight(private_engine: PrivateEngine, private_scene: Scene) -> None:
    """The intent is in the journal; the next monitor finds out what became of it, and does not kill again."""
    scene = private_scene
    with scene.monitor(rules=lifetime(8)) as monitor:
        scene.bystanders()
        bad = scene.run(task="t", labels=MINE)
        with wedge(private_engine, bad):
            until(lambda: is_ending(monitor, private_engine, bad), 20, "the engine is busy with the kill")
            monitor.kill9()
            assert len(monitor.rows(OPEN, bad)) == 1
        monitor.start()
        monitor.wait_ready()
        scene.guilty(bad, 8 + 2 * PROMISE, not_before=8)
        scene.verdict()
        until(lambda: not monitor.rows(OPEN, bad), 10, "the intent is closed")
        assert [row["result"] for row in monitor.intents(bad)] == ["done"]
        taken_up = "an earlier monitor left intents behind; they are taken up"
        until(lambda: monitor.said(taken_up, intents=1), 10, "it says so")


def test_killed_in_the_middle_of_a_stop(lone_scene: Scene) -> None:
    """What is shutting down is not told so again; the next monitor waits for it, and knows it for ours."""
    scene = lone_scene
    with scene.monitor(rules=POLITE) as monitor:
        scene.bystanders()
        deaf = scene.run(deeds.sh("sleep 100000"), task="deaf", labels=MINE)
        until(lambda: scene.truth.events(deaf, "kill"), 15, "it is asked to stop")
        monitor.kill9()
        monitor.start()
        scene.guilty(deaf, 3 + 5 + PROMISE, not_before=3 + 5)
        scene.verdict()
        until(lambda: not monitor.rows(OPEN, deaf), 10, "the intent is closed")
        assert scene.truth.lives(deaf)[0].signals == ("15", "9")
        (intent,) = monitor.intents(deaf)
        # The engine goes on with a stop whatever becomes of who asked for it: if that was over when the next
        # monitor began, there was nothing to ask for.
        came = (intent["result"], intent["why"], intent["times"])
        assert came in {("done", "ended", 2), ("done", "already-over", 1)}
        assert "stop" not in intent["calls"]


def test_told_to_stop_in_the_middle_of_a_kill(private_engine: PrivateEngine, private_scene: Scene) -> None:
    """The kill is finished first; the exit code is 0."""
    scene = private_scene
    with scene.monitor(rules=lifetime(6)) as monitor:
        scene.bystanders()
        bad = scene.run(task="t", labels=MINE)
        with wedge(private_engine, bad) as free:
            until(lambda: is_ending(monitor, private_engine, bad), 20, "the engine is busy with the kill")
            monitor.terminate()
            until(lambda: monitor.said("stopping: waiting for what is in flight"), 10)
            assert not scene.truth.events(bad, "die")
            free()
            assert monitor.wait_ended() == 0
        scene.guilty(bad, 6 + PROMISE, not_before=6)
        scene.verdict()
        (intent,) = monitor.intents(bad)
        assert (intent["final"], intent["result"], intent["why"]) == (1, "done", "ended")


def test_a_second_monitor_on_the_same_journal_is_refused(lone_scene: Scene) -> None:
    """It says who has it; the first one goes on."""
    scene = lone_scene
    with scene.monitor() as first:
        second = subprocess.run(
            [*first.command(), "--control", "off"],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env=clean_environment(),
        )
        assert second.returncode == 2
        (line,) = [line for line in second.stderr.splitlines() if not line.startswith("{")]
        assert line == (
            f"reactor: the journal {first.journal_file} is in use by another reactor (pid {first.pid}): "
            "stop that one, or give this one a journal of its own"
        )
        scene.guilty(scene.run(deeds.STORM, task="t", **LIMITS))
        scene.verdict()
