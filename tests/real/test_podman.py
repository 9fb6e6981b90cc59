"""Reactor on podman: limits, a lifetime over an outage of the service, and what is said to be missing.

Podman has no daemon: while its service is away, containers live on, and nobody may be taken for dead.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, SHORT, Names, Scene, lifetime
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.podman_life import PrivatePodman

LIMITS: dict[str, Any] = {"pids": deeds.PIDS, "mem": deeds.MEMORY}
LIFETIME = 12.0
RULES = (
    lifetime(LIFETIME)
    + """\
  - name: safety
    rules:
      - {name: pids, when: pids > 200}
      - {name: memory, when: memory > 80%}
      - {name: oom, on: oom}
  - name: care
    select: [{label: limit-me}]
    rules:
      - name: limits
        on: start
        then: [{limit: {pids: 300}}]
"""
)


@pytest.fixture
def podman_scene(private_podman: PrivatePodman, tmp_path: Path) -> Iterator[Scene]:
    """A scene on a podman of its own."""
    with Truth(private_podman.docker_host) as witness:
        containers = Containers(private_podman.docker_host, removed_at_end=False)
        with containers:
            yield Scene(containers, witness, Names(), tmp_path)


def test_what_breaks_the_rules_is_ended_and_an_outage_of_the_service_changes_nothing(
    podman_scene: Scene, private_podman: PrivatePodman
) -> None:
    """In front of neighbours that nearly do the same, one of them full of page cache."""
    scene = podman_scene
    with scene.monitor(rules=RULES, config="profile: normal\n") as monitor:
        _is_told_what_is_missing(monitor)
        scene.innocent(
            scene.run(deeds.AT_THE_LIMIT, task="at-the-limit", **LIMITS),
            scene.run(deeds.PAGE_CACHE, task="cache", **LIMITS),
            scene.run(deeds.STORM, labels={"reactor.taskx": "storm"}, pids=deeds.PIDS),
            scene.run(task="stormx"),
            scene.run(deeds.SERVE, serves="stormx"),
        )
        # After the others: however long these take to begin, it has its time before it when all are read.
        old = scene.run(task="old", labels={SHORT: ""})
        until(lambda: monitor.metric("reactor_lane_runs") == 5, 20, "their cgroups are read")
        private_podman.kill9()
        until(lambda: monitor.said("the event stream is lost"), 10, "it is noticed")
        private_podman.restart()
        side = scene.run(deeds.SERVE, serves="storm")
        storm = scene.run(deeds.STORM, task="storm", **LIMITS)
        hog = scene.run(deeds.RAMP, task="hog", **LIMITS)
        child = scene.run(deeds.OOM_CHILD, task="child", mem="32m")
        until(lambda: all(_is_over(scene, each) for each in (storm, side, hog, child)), 30, "they are ended")
        for each, rules in {
            storm: {"safety/pids"},
            hog: {"safety/memory"},
            child: {"safety/oom", "safety/memory"},
        }.items():
            assert until(partial(monitor.intents, each), 10, "it is on record")[0]["rule"] in rules
        until(lambda: _is_over(scene, old), 40, "its lifetime is over")
        _lived(scene, old)
        assert until(partial(monitor.intents, old), 10, "it is on record")[0]["rule"] == "test/lifetime"
        for bystander in scene.charges.innocent:
            name = scene.charges.names[bystander]
            assert (name, monitor.intents(bystander), monitor.exits(bystander)) == (name, [], [])
            assert not _is_over(scene, bystander)


def _lived(scene: Scene, container: str) -> None:
    """It was given its lifetime, whatever was away in between, and not much more."""
    state = scene.truth.state(container)
    began, ended = (datetime.fromisoformat(state[key][:26] + "+00:00") for key in ("StartedAt", "FinishedAt"))
    assert LIFETIME <= (ended - began).total_seconds() < LIFETIME + PROMISE


def _is_over(scene: Scene, container: str) -> bool:
    return not scene.truth.state(container)["Running"]


def _is_told_what_is_missing(monitor: Monitor) -> None:
    """At the load, with its place, and whether something else makes up for it."""
    told = {line["rule"]: line for line in monitor.said("the engine cannot do what a rule needs")}
    assert set(told) == {"care/limits"}
    assert told["care/limits"]["missing"] == "limit_updates"
    covered = monitor.said("the engine cannot do what a rule needs, and something else can")
    assert {line["rule"] for line in covered} == {"safety/memory", "safety/oom"}
    assert all(":" in line["place"] for line in (*covered, told["care/limits"]))
    assert monitor.metric("reactor_engine_capability", capability="oom-events") == 0
