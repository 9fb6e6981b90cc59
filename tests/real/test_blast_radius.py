"""New rules that would end many at once are held back, until somebody says that it is meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
BUSY = 4
"""How many are held, once all have been looked at: the gate does not wait for those for ever."""
RULES = "groups:\n  - name: test\n    rules:\n      - {{name: pids, when: pids > {most}}}\n"
MILD, HARSH, BROKEN = (RULES.format(most=most) for most in ("200", "20", "20MiB"))


@pytest.fixture
def busy_scene(lone_scene: Scene) -> Scene:
    """Eight containers, four of which would break a harsher rule; and one beside them that it would spare."""
    scene = lone_scene
    for number in range(BUSY):
        busy = scene.run(deeds.processes(30), task=f"busy-{number}", **LIMITS)
        idle = scene.run(deeds.processes(20), task=f"idle-{number}", **LIMITS)
        scene.innocent(busy, idle)
    return scene


def busy(scene: Scene) -> list[str]:
    """Those that the harsh rule would end."""
    return [
        container
        for container in scene.charges.names
        if scene.truth.inspect(container)["Config"]["Labels"][scene.names.task].startswith("busy")  # type: ignore[index]  # They are there.
    ]


def is_held(monitor: Monitor) -> list[Any]:
    """What the monitor holds back, by its own word to another terminal."""
    told: list[Any] = json.loads(monitor.order("status", "--json").stdout)["held"]
    return told


def let_act(scene: Scene, monitor: Monitor) -> None:
    """Acknowledge, and see that exactly those go."""
    assert monitor.order("ack").returncode == 1, "nobody read it"
    assert len(is_held(monitor)) == BUSY
    token = json.loads(monitor.order("status", "--json").stdout)["token"]
    # From the order that counts: to start a program for each of the others takes long on a busy machine.
    since = scene.truth.now()
    told = monitor.order("ack", token, "--who", "the tests")
    assert told.returncode == 0, told
    for container in busy(scene):
        del scene.charges.innocent[container]
        scene.guilty(container, PROMISE, since=since)
    scene.verdict()
    assert not is_held(monitor)
    assert monitor.order("ack", "--yes").returncode == 1


def put(scene: Scene, rules: str) -> Path:
    """Other rules in the place of the ones before."""
    file = scene.folder / "rules.yaml"
    file.write_text(rules)
    return file


def test_a_reload_that_would_end_half_of_all_is_held(busy_scene: Scene) -> None:
    """An invalid one changes nothing; what was in force goes on; after the acknowledgement it proceeds."""
    scene = busy_scene
    with scene.monitor(rules=MILD, config="gate: {share: 30%}\n") as monitor:
        version = json.loads(monitor.order("status", "--json").stdout)["version"]
        put(scene, BROKEN)
        refused = monitor.order("reload")
        assert refused.returncode == 1
        assert "20MiB" in refused.stderr
        status = json.loads(monitor.order("status", "--json").stdout)
        assert status["version"] == version
        assert len(status["reload_errors"]) == 1
        assert monitor.metric("reactor_rules_reload_successful") == 0
        scene.guilty(scene.run(deeds.STORM, task="storm", **LIMITS))
        scene.verdict()
        put(scene, HARSH)
        monitor.hang_up()
        until(lambda: len(is_held(monitor)) == BUSY, 20, "it is held")
        assert sorted(each["id"] for each in is_held(monitor)) == sorted(
            container for container in busy(scene) if container in scene.charges.innocent
        )
        assert monitor.metric("reactor_gate_held") == BUSY
        scene.verdict()
        let_act(scene, monitor)


def test_a_restart_is_no_way_around_it(busy_scene: Scene) -> None:
    """Neither with other rules, nor with an empty journal; and what was acknowledged stays so."""
    scene = busy_scene
    with scene.monitor(rules=MILD, config="gate: {share: 30%}\n") as monitor:
        until(lambda: monitor.said("new rules are in force"), 20)
        assert monitor.stop() == 0
        put(scene, HARSH)
        monitor.start()
        monitor.wait_ready()
        until(lambda: len(is_held(monitor)) == BUSY, 20, "it is held after a restart")
        scene.verdict()
        monitor.kill9()
        for file in scene.folder.glob("journal.db*"):
            file.unlink()
        monitor.start()
        monitor.wait_ready()
        until(lambda: len(is_held(monitor)) == BUSY, 20, "it is held with an empty journal")
        scene.verdict()
        let_act(scene, monitor)
        monitor.kill9()
        more = scene.run(deeds.processes(30), task="busy-9", **LIMITS)
        monitor.start()
        scene.guilty(more, 2 * PROMISE)
        scene.verdict()
