"""The operator's brakes on a real engine: the breaker and its budget, a hold, and what they let through."""

import json
from typing import Any

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, QUIET, Scene
from tests.real.waiting import until

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
AGED, ALL = 12, 30
RULES = """
groups:
  - name: test
    rules:
      - {name: pids, when: pids > 200}
      - {name: lifetime, when: age > 4s && name.startsWith("aged-")}
"""


def _status(monitor: Monitor) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(monitor.order("status", "--json").stdout)
    return told


def _dead(scene: Scene, containers: list[str]) -> int:
    return sum(not scene.truth.state(container)["Running"] for container in containers)


def test_the_breaker_and_a_hold(lone_scene: Scene) -> None:
    """12 of 30 match at once: nobody goes, but a fork storm does; then a hold holds all, and they all go."""
    scene = lone_scene
    config = "breaker: {within: 30s}\nbudgets: {rule: 5 per 10m}\n"
    young = [scene.run(task=f"young-{n}") for n in range(ALL - AGED)]
    aged = [scene.run(task=f"aged-{n}", name=f"aged-{scene.folder.name}-{n}") for n in range(AGED)]
    scene.innocent(*young, *aged)
    began = scene.truth.now()
    # All of them are beyond it when the monitor begins: they match at one moment.
    until(lambda: scene.truth.now() - began > 4.5e9, 20)
    with scene.monitor(rules=RULES, config=config) as monitor:
        until(lambda: monitor.said("so many match that the breaker is open: only hard verdicts go on"), 30)
        (opened,) = _status(monitor)["breakers"]
        assert opened["owner"] == ""
        assert (opened["matches"], opened["of"]) == (AGED, ALL)
        scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
        scene.verdict()
        assert monitor.metric("reactor_breaker_open") == 1

        assert monitor.order("hold", "--why", "a look at it", "--who", "the tests").returncode == 0
        held = scene.run(deeds.STORM, task="held", **LIMITS)
        until(lambda: any(each["container"] == scene.charges.names[held] for each in _would(monitor)), 20)
        assert monitor.stop() == 0
        monitor.start()
        monitor.wait_ready()
        assert _status(monitor)["hold"]["who"] == "the tests"
        until(lambda: any(each["container"] == scene.charges.names[held] for each in _would(monitor)), 20)
        scene.innocent(held)
        scene.verdict()
        del scene.charges.innocent[held]

        since = scene.truth.now()
        assert monitor.order("resume", "--who", "the tests").returncode == 0
        scene.guilty(held, PROMISE, since=since)
        scene.verdict()
        until(lambda: _status(monitor)["breakers"], 20, "they match still, and are counted anew")
        since = scene.truth.now()
        assert monitor.order("resume", "--breaker").returncode == 0
        until(lambda: _dead(scene, aged) == 5, 20, "as many go as the budget has")
        until(lambda: _status(monitor)["budgets"] == {"rule test/lifetime": AGED - 5}, 10)
        assert _dead(scene, aged) == 5
        for container in aged:
            if not scene.truth.state(container)["Running"]:
                del scene.charges.innocent[container]
                scene.guilty(container, PROMISE + QUIET, since=since)
        scene.verdict()


def _would(monitor: Monitor) -> list[Any]:
    return list(monitor.said("dry run: would end a container"))
