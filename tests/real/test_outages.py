"""The engine is killed with -9 and comes back: everything is picked up again, and nobody is ended for it."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.engines import outage, processes_of
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, SHORT, Names, Scene, lifetime
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine

pytestmark = pytest.mark.real
LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
RULES = "  - name: safety\n    rules: [{name: pids, when: pids > 200}]\n"


@pytest.fixture
def lasting_engine() -> Iterator[PrivateEngine]:
    """An engine whose containers outlive it."""
    with PrivateEngine(live_restore=True) as engine:
        engine.import_busybox()
        yield engine


@pytest.fixture
def lasting_scene(
    lasting_engine: PrivateEngine, tmp_path: Path, measured: Callable[[str], None]
) -> Iterator[Scene]:
    """A scene on that engine."""
    with (
        Containers(lasting_engine.docker_host, removed_at_end=False) as containers,
        Truth(lasting_engine.docker_host) as witness,
    ):
        yield Scene(containers, witness, Names(), tmp_path, measured)


def picked_up_again(monitor: Monitor) -> None:
    """The monitor knows that it was blind, and says so."""
    until(monitor.is_ready, 30, "it is ready again")
    until(lambda: [line for line in monitor.said("reconciled", gap=True) if line["blind_s"] > 0], 10)
    until(lambda: monitor.said("the event stream is lost"), 10, "it says so")
    assert (monitor.metric("reactor_stream_reconnects_total", stream="events") or 0) >= 1
    assert (monitor.metric("reactor_blind_seconds_total") or 0) > 0
    assert (monitor.metric("reactor_gaps_total") or 0) >= 1


def test_what_is_to_run_always_stays_dead_until_the_engine_returns_and_is_judged_anew(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """Killed once per run; the others come back untouched; who died unseen is on record."""
    scene = private_scene
    with scene.monitor() as monitor:
        good = scene.run(deeds.AT_THE_LIMIT, task="good", restart="always", **LIMITS)
        skipped = scene.run(deeds.STORM, task="s", skip="", restart="always", **LIMITS)
        left = scene.run(task="left")
        gone = scene.run(deeds.exits(5, after=6), task="gone")
        bad = scene.guilty(scene.run(deeds.STORM, task="bad", restart="always", **LIMITS))
        scene.untouched(good, skipped, left, gone)
        scene.verdict()
        assert not scene.truth.state(bad)["Running"]
        with outage(private_engine, scene.truth):
            until(lambda: not processes_of(private_engine, gone), 20, "it ends while the engine is away")
        scene.guilty(bad, life=1)
        picked_up_again(monitor)
        scene.verdict()
        scene.report("a storm that is to run always: at first, and after the return of the engine")
        for container in (good, skipped):
            assert scene.truth.state(container)["Running"]
            assert len(scene.truth.lives(container)) == 2
        for container in (left, gone):
            (ended,) = until(partial(monitor.exits, container), 15, "its end is on record")
            told = scene.truth.state(container)
            assert ended["started_at"] == told["StartedAt"]
            assert ended["exit_code"] == told["ExitCode"]
        until(lambda: len(monitor.exits(bad)) == 2, 15, "so is that of its second run")
        assert [row["cause"] for row in monitor.exits(bad)] == ["reactor", "reactor"]


def test_what_outlives_the_engine_is_found_again_with_its_age(
    lasting_engine: PrivateEngine, lasting_scene: Scene
) -> None:
    """A storm begins and a lifetime ends while nobody can be asked; both are ended on the return, once."""
    scene, sign = lasting_scene, lasting_scene.folder / "sign"
    sign.mkdir()
    with scene.monitor(rules=lifetime(8) + RULES) as monitor:
        scene.bystanders()
        storm = scene.run(deeds.on_a_sign(deeds.STORM[-1]), task="storm", **LIMITS, **deeds.sees(sign))
        sidecar = scene.run(deeds.SERVE, serves="storm")
        gone = scene.run(deeds.exits(5, after=3), task="gone")
        old = scene.run(task="old", labels={SHORT: ""})
        scene.untouched(gone)
        until(lambda: monitor.said("a container is followed", id=old[:12]), 10)
        with outage(lasting_engine, scene.truth):
            (sign / "go").touch()
            until(lambda: len(processes_of(lasting_engine, storm)) == 250, 20, "the storm begins")
            until(lambda: not processes_of(lasting_engine, gone), 20, "one ends by itself")
            until(lambda: monitor.said("a container is to be ended", id=old[:12]), 20, "its time is over")
            assert scene.truth.lives(old)[0].died is None
        returned = time.time_ns()
        # The monitor may find out about the return before we do.
        for container in (storm, old):
            scene.guilty(container, since=returned, not_before=-5)
        scene.guilty(sidecar, 2 * PROMISE, since=returned, not_before=-5)
        picked_up_again(monitor)
        scene.verdict()
        scene.report("from the return of the engine: a storm, a lifetime, a sidecar")
        (ended,) = until(lambda: monitor.exits(gone), 10, "its end is on record")
        assert ended["exit_code"] == scene.truth.state(gone)["ExitCode"]
