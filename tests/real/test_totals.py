"""The founding incident in small: many containers, each within its limits, and together too much."""

from functools import partial
from typing import Any

from tests.real import deeds
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

LIMITS: dict[str, Any] = {"pids": deeds.PIDS}
MOST = 200
RULES = f"""\
groups:
  - name: whole
    rules:
      - {{name: pids, when: scope.pids > {MOST}, victims: most pids}}
      - {{name: one, when: pids > 100}}
"""
SIZES = (10, 20, 30, 40, 50, 60, 70, 80)


def test_victims_go_the_largest_first_until_the_total_is_met_and_not_one_more(lone_scene: Scene) -> None:
    """None breaks a rule of its own; three have to go, and a fourth would have been one too many.

    Whichever readings come first, the same three are the ones: that is why the sizes are these.
    """
    scene = lone_scene
    tasks = {size: scene.run(deeds.processes(size), task=f"size-{size}", **LIMITS) for size in SIZES}
    stranger = scene.run(deeds.STORM, labels={f"{scene.names.task}x": ""}, **LIMITS)
    skipped = scene.run(deeds.processes(90), task="skipped", skip="", **LIMITS)
    scene.innocent(stranger, skipped, *(tasks[size] for size in SIZES[:5]))
    with scene.monitor(rules=RULES) as monitor:
        for size in SIZES[5:]:
            scene.guilty(tasks[size], 2 * PROMISE, since=monitor.began)
        scene.verdict()
        scene.report("three of eight that were too much together, from the start of the monitor on")
        for size in SIZES[5:]:
            (intent,) = until(partial(monitor.closed, tasks[size]), 15, "it is on record")
            assert (intent["rule"], intent["why"]) == ("whole/pids", "ended")
            assert "scope.pids" in intent["reason"]
        left = sum(SIZES[:5])
        until(lambda: total(monitor.metrics()) == left, 15, "the rest is what is left")
        more = scene.run(deeds.processes(45), task="still within it", **LIMITS)
        scene.innocent(more)
        until(lambda: total(monitor.metrics()) == left + 45, 15, "it is counted")
        scene.verdict()


def total(metrics: dict[tuple[str, frozenset[tuple[str, str]]], float]) -> float:
    """The processes of all containers in scope, by the monitor's own numbers."""
    standing = {
        dict(labels)["container_id"]: dict(labels)["standing"]
        for name, labels in metrics
        if name == "reactor_container_info"
    }
    return sum(
        value
        for (name, labels), value in metrics.items()
        if name == "container_threads" and standing.get(dict(labels)["container_id"]) == "main"
    )
