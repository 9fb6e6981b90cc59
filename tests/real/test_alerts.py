"""One scenario, seen by a real Prometheus and told to a real Alertmanager: the right alerts fire and resolve.

Fork storms, a container out of memory, an orphan, a wedged run, an engine that is down, canaries that do not
come through and rule files with a mistake. Afterwards every expression of every board must have returned
something, on what Prometheus saw, and nothing that is counted began at anything but nothing.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from reactor.alerting import alerts_of, rule_file
from reactor.observe.names import Kind
from reactor.ruleset import load
from tests.grafana.boards import asked, counted, filled
from tests.grafana.files import BY_HAND
from tests.real import deeds
from tests.real.engines import hangs, outage, wedge
from tests.real.monitor import SHIPPED_RULES
from tests.real.observers import Observers, observed
from tests.real.scene import Scene
from tests.real.waiting import InVain, until
from tools.observers import promtool
from tools.private_engine import TEST_IMAGE, PrivateEngine

SITE = """\
groups:
  - name: site
    # By name, so that an alert can tell whom it is about.
    select: [{name: "old-*"}]
    rules: [{name: old, when: age > 2s}]
  - name: drawn
    # Each kind of number that a board draws a line for.
    rules:
      - {name: busy, when: cpu > 1.9, dry_run: true}
      - {name: full, when: pids > 99% || memory > 4GiB, dry_run: true}
"""
NOBODY_IS_OLD = SITE.replace("age > 2s", "age > 1d")
STORMS = 12
"""More than ten, from which on kills are above normal."""
AT_ONCE = {
    "ReactorKillsAboveNormal",
    "ReactorOomKills",
    "ReactorOrphans",
    "ReactorContainerNearLimit",
    "ReactorCanaryLate",
}
WEDGED = {"ReactorKillWedged", "ReactorContainerBeyondLimit"}
MISTAKE = {"ReactorRulesNotReloaded"}
AWAY = {"ReactorBlind", "ReactorReconcileFailing"}

CANARIES = "reactor-test-canary:late"
"""An image that the engine does not have at first, so that no canary comes through."""
CONFIG = f"""\
canary: {{every: 10s, image: '{CANARIES}'}}
times: {{orphan_after: 1s, creation_grace: 5s, sidecar_grace: 1s, reconcile_every: 1s}}
"""


@pytest.mark.observers
def test_the_right_alerts_fire_and_resolve_and_the_boards_have_something_to_show(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    scene = private_scene
    rules = _rules(scene.folder)
    with (
        scene.monitor(rules=rules, config=CONFIG) as monitor,
        observed(scene.folder, monitor.address, _alerts(rules)) as seen,
    ):
        (rules / "site.yaml").write_text(NOBODY_IS_OLD)
        monitor.hang_up()
        began = time.time()
        scene.bystanders()
        near = scene.run(
            deeds.processes(190), task="near", name="near", pids=deeds.PIDS, mem=deeds.MEMORY, nano_cpus=10**9
        )
        scene.innocent(near)
        stuck = scene.run(task="stuck", name="old-and-stuck")
        with wedge(private_engine, stuck):
            (rules / "site.yaml").write_text(SITE)
            monitor.hang_up()
            _misbehave(scene)
            # An engine that is slow for other reasons is no sign: the intent comes before the kill.
            until(
                lambda: monitor.intents(stuck) and hangs(private_engine, stuck),
                20,
                "the engine is busy with the kill",
            )
            (rules / "site.yaml").write_text("groups: nonsense\n")
            monitor.hang_up()
            seen.wait_for(*AT_ONCE, *MISTAKE, within=30)
            scene.containers.client.api.tag(TEST_IMAGE, *CANARIES.split(":"))
            (rules / "site.yaml").write_text(SITE)
            monitor.hang_up()
            seen.wait_for(*WEDGED, within=40)
            until(lambda: seen.shown() >= WEDGED, 10, "an operator is told")
            assert _promtool_says(monitor.raw_metrics()) == ""
        until(lambda: scene.truth.events(stuck, "die"), 20, "it ends when it can")
        scene.verdict()
        with outage(private_engine, scene.truth):
            seen.wait_for(*AWAY, within=20)
        seen.wait_for_none(within=40)
        assert seen.told == seen.fired(began) == AT_ONCE | WEDGED | MISTAKE | AWAY
        # The first canary that came through may have done so just now, and a rate needs two looks at it.
        with suppress(InVain):
            until(lambda: not _empty(seen, began, near), 20)
        assert _empty(seen, began, near) == []
        assert list(_born(seen, began)) == []


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


def _promtool_says(text: str) -> str:
    """What Prometheus' own tool has to say against these metrics."""
    command = (promtool(), "check", "metrics")
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    return done.stdout + done.stderr


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
        if not _has_numbers(seen.curve(filled(one.expr, container=container, span="10s"), began))
    ]


def _born(seen: Observers, began: float) -> Iterator[str]:
    """The counters that came into being by an event, so that their first one was no increase."""
    for name in counted(Kind.COUNTER):
        for series in seen.curve(name, began):
            (first, value), *_ = series["values"]
            if float(first) > began + 1 and float(value) > 0:
                yield str(series["metric"])


def _has_numbers(series: list[Any]) -> bool:
    return any(not isnan(float(value)) for each in series for _, value in each["values"])
