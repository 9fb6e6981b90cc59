"""One scenario, seen by a real Prometheus and told to a real Alertmanager: the right alerts fire and resolve.

Afterwards every expression of every board must have returned something, on what Prometheus saw.
"""

import time
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from reactor.alerting import alerts_of, rule_file
from reactor.ruleset import load
from tests.grafana.boards import asked, filled
from tests.grafana.files import BY_HAND
from tests.real import deeds
from tests.real.engines import hangs, outage, wedge
from tests.real.monitor import SHIPPED_RULES
from tests.real.observers import Observers, observed
from tests.real.scene import Scene
from tests.real.waiting import until
from tools.private_engine import PrivateEngine

SITE = """\
groups:
  - name: site
    # By name, so that an alert can tell whom it is about.
    select: [{name: "old-*"}]
    rules: [{name: old, when: age > 4s}]
  - name: cores
    rules: [{name: busy, when: cpu > 1.9, dry_run: true}]
"""
STORMS = 12
"""More than ten, from which on kills are above normal."""
AT_ONCE = {"ReactorKillsAboveNormal", "ReactorOomKills", "ReactorOrphans", "ReactorContainerNearLimit"}
WEDGED = {"ReactorKillWedged", "ReactorContainerBeyondLimit"}
MISTAKE = {"ReactorRulesNotReloaded"}
AWAY = {"ReactorBlind", "ReactorReconcileFailing"}

MISSING_HERE = {
    "reactor_canary_": "no canary is sent here",
    "reactor_host_memory_available_bytes": "known only where the engine runs on the monitor's own host",
}
"""What no series is expected of, and why."""


@pytest.mark.observers
def test_the_right_alerts_fire_and_resolve_and_the_boards_have_something_to_show(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    scene = private_scene
    rules = _rules(scene.folder)
    with (
        scene.monitor(rules=rules) as monitor,
        observed(scene.folder, monitor.address, _alerts(rules)) as seen,
    ):
        began = time.time()
        scene.bystanders()
        near = scene.run(
            deeds.processes(190), task="near", name="near", pids=deeds.PIDS, mem=deeds.MEMORY, nano_cpus=10**9
        )
        scene.innocent(near)
        stuck = scene.run(task="stuck", name="old-and-stuck")
        with wedge(private_engine, stuck):
            _misbehave(scene)
            until(lambda: hangs(private_engine, stuck), 20, "the engine is busy with the kill")
            (rules / "site.yaml").write_text("groups: nonsense\n")
            monitor.hang_up()
            seen.wait_for(*AT_ONCE, *MISTAKE, within=30)
            (rules / "site.yaml").write_text(SITE)
            monitor.hang_up()
            seen.wait_for(*WEDGED, within=40)
            until(lambda: seen.shown() >= WEDGED, 10, "an operator is told")
        until(lambda: scene.truth.events(stuck, "die"), 20, "it ends when it can")
        scene.verdict()
        with outage(private_engine, scene.truth):
            seen.wait_for(*AWAY, within=20)
        seen.wait_for_none(within=40)
        assert seen.told == seen.fired(began) == AT_ONCE | WEDGED | MISTAKE | AWAY
        assert _empty(seen, began, near) == []


def _rules(folder: Path) -> Path:
    """The shipped rules, and one more file beside them."""
    rules = folder / "rules"
    rules.mkdir()
    for path in SHIPPED_RULES.glob("*.yaml"):
        if not path.name.endswith(".test.yaml"):
            (rules / path.name).write_text(path.read_text())
    (rules / "site.yaml").write_text(SITE)
    return rules


def _alerts(rules: Path) -> Iterator[tuple[str, str]]:
    yield "reactor.yaml", BY_HAND.read_text()
    yield "rules.yaml", rule_file(alerts_of(load([rules]).rules), "docs/alerts.md")


def _misbehave(scene: Scene) -> None:
    """Storms, a container that runs out of memory, and a sidecar without its main."""
    orphan = scene.run(deeds.SERVE, serves="nobody-any-more")
    scene.guilty(orphan, 30)
    # Out of scope, since else the rule about memory may be sooner than the kernel.
    scene.untouched(scene.run(deeds.OOM_MAIN, mem="32m"))
    for number in range(STORMS):
        scene.guilty(scene.run(deeds.processes(210), task=f"storm-{number}", pids=deeds.PIDS))


def _empty(seen: Observers, began: float, container: str) -> list[str]:
    """The expressions of the boards that returned nothing all the time, but for those that cannot here."""
    return [
        f"{one.board}, {one.panel}: {one.expr}"
        for one in asked()
        if not any(name in one.expr for name in MISSING_HERE)
        and not _has_numbers(seen.curve(filled(one.expr, container=container, span="10s"), began))
    ]


def _has_numbers(series: list[Any]) -> bool:
    return any(not isnan(float(value)) for each in series for _, value in each["values"])
