"""Whoever is ended takes its sidecars along, and nobody else's; whoever is left behind goes, too."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}


def died(scene: Scene, container: str) -> int:
    """When a container died, by the engine's clock."""
    return until(lambda: scene.truth.events(container, "die"), 20, "its death")[0].nano


def in_order(scene: Scene, containers: Sequence[str]) -> list[str]:
    """These containers in the order of their first signals; of a direct end there is only the death."""

    def begins(container: str) -> int:
        events = scene.truth.events(container, "kill") or scene.truth.events(container, "die")
        return events[0].nano

    return sorted(containers, key=begins)


def test_a_main_takes_along_whoever_is_joined_to_it(scene: Scene, watcher: Monitor) -> None:
    """By label, by network, by PID namespace, and in a chain; the main goes first."""
    (sign := scene.folder / "sign").mkdir()
    main = scene.run(deeds.on_a_sign(deeds.STORM[-1]), task="t", **LIMITS, **deeds.sees(sign))
    labelled = scene.run(deeds.SERVE, serves="t")
    joined = scene.run(deeds.SERVE, network_mode=f"container:{main}")
    chained = scene.run(deeds.SERVE, network_mode=f"container:{joined}")
    of_its_pids = scene.run(deeds.SERVE, pid_mode=f"container:{main}")
    other = scene.run(task="other")
    scene.innocent(
        other,
        scene.run(deeds.SERVE, serves="tt"),
        scene.run(task="tt"),
        scene.run(deeds.SERVE, network_mode=f"container:{other}"),
        scene.run(deeds.SERVE, serves="t", network_mode=f"container:{other}"),
        scene.run(deeds.SERVE, serves="t", skip="yes"),
        scene.run(deeds.SERVE),
    )
    # Who is found after the main is over was not taken along by it.
    for each in (main, labelled, joined, chained, of_its_pids):
        until(partial(watcher.said, "a container is followed", id=each[:12]), 20, "all are known")
    scene.guilty(main, since=scene.truth.now())
    (sign / "go").touch()
    since = died(scene, main)
    for sidecar in (labelled, joined, chained):
        scene.guilty(sidecar, since=since)
    until(lambda: not scene.truth.state(of_its_pids)["Running"], 20, "whoever shares its PIDs dies with it")
    scene.verdict()
    scene.report("a main that begins to fork on a sign, then three sidecars from its death on")
    assert in_order(scene, [labelled, joined, chained, main])[0] == main
    for sidecar in (labelled, joined, chained):
        assert scene.truth.state(sidecar)["ExitCode"] == 0, "a sidecar is asked politely"
        (intent,) = until(partial(watcher.closed, sidecar), 15, "it is on record")
        assert (intent["action"], intent["result"]) == ("stop", "done")
        assert intent["cause"] == watcher.intents(main)[0]["id"]
    for each in (main, labelled, joined, chained, of_its_pids):
        until(partial(watcher.exits, each), 10, "the exits are on record")


def test_two_that_serve_each_other_both_go(scene: Scene, watcher: Monitor) -> None:
    """A cycle comes to an end."""
    names = scene.names
    one = scene.run(deeds.STORM, labels={names.task: "one", names.sidecar_of: "two"}, **LIMITS)
    two = scene.run(deeds.SERVE, labels={names.task: "two", names.sidecar_of: "one"}, **LIMITS)
    scene.guilty(one)
    scene.guilty(two)
    scene.verdict()


def test_a_sidecar_that_breaks_a_rule_goes_alone(scene: Scene, watcher: Monitor) -> None:
    """Its main goes on, is told, and so do its other sidecars."""
    main = scene.run(task="t")
    good, bad = scene.run(serves="t"), scene.run(deeds.STORM, serves="t", **LIMITS)
    scene.innocent(main, good)
    scene.guilty(bad)
    scene.verdict()
    told = "a sidecar was ended for its own breach; its main goes on"
    until(lambda: watcher.said(told, main=main[:12]), 10, "its main is told")


def test_a_sidecar_that_is_left_behind_is_ended(scene: Scene, watcher: Monitor) -> None:
    """Its main was removed, or is over; not if the main is paused, or if another one still needs it."""
    (sign := scene.folder / "sign").mkdir()
    ends: dict[str, Any] = {"command": deeds.on_a_sign("exit 0"), **deeds.sees(sign)}
    removed, over = scene.run(task="removed"), scene.run(task="over", **ends)
    orphans = {
        removed: [scene.run(serves="removed"), scene.run(network_mode=f"container:{removed}")],
        over: [scene.run(deeds.SERVE, serves="over"), scene.run(network_mode=f"container:{over}")],
    }
    paused, shared = scene.run(task="paused"), scene.run(task="shared", **ends)
    also_shared = scene.run(task="shared")
    scene.innocent(scene.run(serves="paused"), scene.run(serves="shared"), also_shared, paused)
    scene.containers.client.api.pause(paused)
    scene.untouched(over, shared)
    for each in (*orphans[removed], *orphans[over], also_shared):
        until(partial(watcher.said, "a container is followed", id=each[:12]), 20, "all are known")
    (sign / "go").touch()
    scene.remove(removed)
    for main, left_behind in orphans.items():
        since = died(scene, main)
        for orphan in left_behind:
            scene.guilty(orphan, since=since, not_before=1.0)
    scene.verdict()
    scene.report("four sidecars that were left behind, 1 s after that at the earliest")
    for orphan in (*orphans[removed], *orphans[over]):
        (intent,) = until(partial(watcher.intents, orphan), 15, "it is on record")
        assert (intent["rule"], intent["action"]) == ("orphan", "stop")


def test_a_sidecar_may_come_before_its_main_and_not_stay_alone(scene: Scene, watcher: Monitor) -> None:
    """It has the creation grace for that, which counts from its creation, not from its start."""
    scene.innocent(scene.run(serves="late"), scene.run(task="late"))
    since = scene.truth.now()
    scene.guilty(scene.run(serves="never"), 5 + PROMISE, since=since, not_before=5.0)
    scene.verdict()
    scene.report("a sidecar without a main, with a creation grace of 5 s")
