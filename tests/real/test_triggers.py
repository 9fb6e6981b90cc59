"""What a rule can wait for beside a condition: each trigger once, with those who nearly gave it.

One monitor and one set of rules for all of them, so that each rule also sees the others' containers; who
is whose is said by a label.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

BLIND = 6
"""Seconds; two readings of one that is seen may lie seconds apart on a loaded machine."""
ENDS = 5
"""So many ends within a minute are a crash loop."""
CONFIG = (
    "profile: streams\nmost_streams: 2\n"
    "times: {orphan_after: 1s, creation_grace: 1s, sidecar_grace: 1s, reconcile_every: 1s}\n"
)
RULES = f"""\
groups:
  - name: on
    rules:
      - {{name: unhealthy, on: unhealthy}}
      - {{name: start, on: start, when: 'labels["test"] == "start"'}}
      - {{name: create, on: create, when: 'labels["test"] == "create"'}}
      - {{name: loop, on: crash-loop}}
      - {{name: die, on: die, when: exit_code == 3}}
      - {{name: orphaned, on: orphaned, when: 'labels["test"] == "orphaned"'}}
      - {{name: blind, on: blind, for: {BLIND}s, fresh: 2s}}
  - name: read
    select: [{{label: read}}]
    rules: [{{name: pids, when: pids > 100}}]
"""
TURNS_BAD = deeds.sh("sleep 2; touch /bad; sleep 100000")


def check(test: str, **more: Any) -> dict[str, Any]:
    """A health check that is made five times a second."""
    return {"test": ["CMD-SHELL", test], "interval": 200_000_000, "retries": 2, **more}


GOOD_UNTIL_BAD = check("[ ! -e /bad ]")
STILL_STARTING = check("false", start_period=3600 * 10**9)


@pytest.fixture
def before(lone_scene: Scene) -> dict[str, str]:
    """Those who are there when the monitor comes. Two are read, and there is no stream for a third."""
    scene = lone_scene
    return {
        "read": scene.run(task="read", labels={"read": ""}),
        "read-too": scene.run(task="read-too", labels={"read": ""}),
        "runs": scene.run(task="runs", labels={"test": "start"}),
        "rests": scene.run(deeds.ONCE_AND_AGAIN, task="rests", labels={"test": "start"}),
        "created": scene.create(task="created", labels={"test": "create"}),
        "main": scene.run(task="main"),
    }


@pytest.fixture
def monitor(lone_scene: Scene, before: dict[str, str]) -> Iterator[Monitor]:
    """The monitor of these rules; the two are read when it is handed over."""
    scene = lone_scene
    until(lambda: not scene.truth.state(before["rests"])["Running"], 10, "it rests")
    with scene.monitor(rules=RULES, config=CONFIG) as monitor:
        until(lambda: len(read_by(monitor)) == 2, 15, "two are read")
        yield monitor


def read_by(monitor: Monitor) -> set[str]:
    """Those of whom it has readings."""
    return {dict(labels)["container_id"] for name, labels in monitor.metrics() if name == "container_threads"}


def test_each_trigger_counts_for_whom_it_came_and_for_nobody_else(
    lone_scene: Scene, before: dict[str, str], monitor: Monitor
) -> None:
    """All of them are there together; it is waited for last."""
    scene = lone_scene
    loop, *calmer = loops(scene)
    ended = {
        **a_third_is_not_seen(scene),
        **turns_bad(scene),
        **ends_with_a_code(scene),
        **is_left_behind(scene),
        **begins(scene, before),
    }
    scene.charges.names.update(ended)
    scene.innocent(before["read"], before["read-too"], before["runs"], before["main"])
    end_once_less_often(scene, *calmer)
    until(lambda: is_over(scene, loop), 30, "the loop is ended")
    scene.verdict()
    scene.report(f"each trigger once, one after 1 s, one after 2 s, and the blind one after its {BLIND} s")
    for container, rule in ended.items():
        ends = until(partial(monitor.closed, container), 15, "it is on record")
        assert [each["rule"] for each in ends] == [rule]
    loop_was_ended_once(scene, monitor, loop)
    nearly_ill(scene)


def turns_bad(scene: Scene) -> dict[str, str]:
    """A health check that fails after two seconds; and all that is no ill health."""
    checked: dict[str, Any] = {"healthcheck": GOOD_UNTIL_BAD}
    strange = {f"{scene.names.task}x": "t"}
    bad = scene.guilty(scene.run(TURNS_BAD, task="t", **checked), 2 + PROMISE, not_before=2)
    frozen = scene.run(task="frozen", **checked)
    for name, container in {
        "unhealthy": scene.run(TURNS_BAD, labels=strange, **checked),
        "healthy": scene.run(task="healthy", **checked),
        "starting": scene.run(TURNS_BAD, task="starting", healthcheck=STILL_STARTING),
        "unchecked": scene.run(TURNS_BAD, task="unchecked"),
        "frozen": frozen,
    }.items():
        scene.charges.names[container] = name
        scene.innocent(container)
    scene.containers.client.api.pause(frozen)
    return {bad: "on/unhealthy"}


def nearly_ill(scene: Scene) -> None:
    """The neighbours came to what makes them neighbours."""
    for name in ("unhealthy", "healthy", "starting"):
        container = scene.named(name)
        until(partial(is_in_health, scene, container, name), 15, f"it is {name}")
    assert "Health" not in scene.truth.state(scene.named("unchecked"))


def is_in_health(scene: Scene, container: str, health: str) -> bool:
    """Whether the engine says so of it."""
    return bool(scene.truth.state(container)["Health"]["Status"] == health)


def begins(scene: Scene, before: dict[str, str]) -> dict[str, str]:
    """A run that begins, of a new container and of an old one; a container that is made, and then begins."""
    start, create = {"test": "start"}, {"test": "create"}
    scene.containers.client.api.start(before["rests"])
    scene.guilty(before["rests"], life=1)
    scene.containers.client.api.start(before["created"])
    scene.innocent(before["created"], scene.run(task="other"))
    scene.untouched(scene.create(task="never-begins", labels=create))
    return {
        before["rests"]: "on/start",
        scene.guilty(scene.run(task="begins", labels=start)): "on/start",
        scene.guilty(scene.run(task="made", labels=create)): "on/create",
    }


def ends_with_a_code(scene: Scene) -> dict[str, str]:
    """What is left of a task goes when its main ended with this code, and stays with another."""
    # Whoever is to go with its main must be there before that.
    goes, stays = (scene.run(deeds.SERVE, serves=f"code-{code}", labels={"test": "none"}) for code in (3, 4))
    scene.innocent(stays)
    scene.guilty(goes, 2 * PROMISE, since=scene.truth.now(), not_before=1)
    scene.untouched(*(scene.run(deeds.exits(code, after=1), task=f"code-{code}") for code in (3, 4)))
    return {goes: "on/die"}


def is_left_behind(scene: Scene) -> dict[str, str]:
    """A sidecar whose main was removed, if the rule is for it; and one whose main is there."""
    lost, mine = scene.run(task="lost"), {"test": "orphaned"}
    orphan = scene.run(serves="lost", labels=mine)
    scene.innocent(scene.run(serves="lost", labels={"test": "none"}), scene.run(serves="main", labels=mine))
    since = scene.truth.now()
    scene.remove(lost)
    return {scene.guilty(orphan, since=since, not_before=1): "on/orphaned"}


def a_third_is_not_seen(scene: Scene) -> dict[str, str]:
    """There are two streams; nobody wants to read the one beside it, so that is not unseen."""
    scene.innocent(scene.run(task="unread"))
    blind = scene.run(task="blind", labels={"read": ""})
    return {scene.guilty(blind, BLIND + PROMISE, not_before=BLIND): "on/blind"}


def loops(scene: Scene) -> tuple[str, str, str]:
    """One that is restarted again and again; two that will end once less often, by policy and by hand."""
    tries, ends = {"Name": "on-failure", "MaximumRetryCount": ENDS - 2}, deeds.exits(1, after=0.1)
    loop = scene.run(ends, task="loop", restart="always")
    calmer, by_hand = scene.run(ends, task="calmer", restart_policy=tries), scene.run(ends, task="by-hand")
    scene.untouched(calmer, by_hand)
    return loop, calmer, by_hand


def end_once_less_often(scene: Scene, calmer: str, by_hand: str) -> None:
    """Start the one by hand as often as it may be."""
    for number in range(1, ENDS):
        until(partial(has_ended, scene, by_hand, number), 20, "it ends")
        if number < ENDS - 1:
            scene.containers.client.api.start(by_hand)
    until(partial(has_ended, scene, calmer, ENDS - 1), 20, "it gives up")


def has_ended(scene: Scene, container: str, times: int) -> bool:
    """Whether it has ended so often, and is over."""
    lives = scene.truth.lives(container)
    return len([life for life in lives if life.died]) == times and is_over(scene, container)


def is_over(scene: Scene, container: str) -> bool:
    """Whether it neither runs nor is about to."""
    return bool(scene.truth.state(container)["Status"] == "exited")


def loop_was_ended_once(scene: Scene, monitor: Monitor, loop: str) -> None:
    """After its fifth end and not before, for good, and with one effective call at most."""
    lives = scene.truth.lives(loop)
    assert is_over(scene, loop)
    assert scene.truth.inspect(loop) is not None
    assert len(lives) in range(ENDS, ENDS + 3), lives
    assert all(not life.signals for life in lives[: ENDS - 1]), lives
    assert sum(len(life.signals) for life in lives) <= 1, lives
    intents = until(lambda: [each for each in monitor.intents(loop) if each["final"]], 10, "it is on record")
    assert {each["rule"] for each in intents} == {"on/loop"}
    assert [each["result"] for each in intents] == ["done"]
