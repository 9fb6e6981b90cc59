"""A real Swarm of three engines with the shipped stack: a monitor on each, one cut off and back again."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.real import deeds
from tests.real.scene import Names, Scene
from tests.real.swarming import Stack, load, service
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.image.making import IMAGE
from tools.swarm import Node, PrivateSwarm

pytestmark = pytest.mark.real

# The monitors themselves and their Prometheus are in scope here, and one rule is about them alone.
CONFIG = """
scope: [{label: reactor.task}, {image: "reactor:*"}, {image: "prometheus:*"}]
times: {reconcile_every: 2s}
breaker: {off: true}
"""
RULES = f"""
groups:
  - name: test
    rules:
      - {{name: pids, when: pids > 200}}
  - name: themselves
    select: [{{image: "{IMAGE}"}}]
    rules:
      - {{name: old, when: age > 1s}}
"""
DOWN_WITHIN, BACK_WITHIN = 60.0, 60.0


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The Swarm with its images; nothing is deployed yet."""
    with PrivateSwarm() as swarm:
        load(swarm, tmp_path)
        files = tmp_path / "files"
        files.mkdir()
        yield Stack(swarm, files)


@pytest.fixture
def scenes(stack: Stack, tmp_path: Path) -> Iterator[list[Scene]]:
    """A scene on each node, with a witness and innocents of its own."""
    with ExitStack() as open_:
        yield [open_.enter_context(_scene(node, tmp_path)) for node in stack.swarm.nodes]


@contextmanager
def _scene(node: Node, folder: Path) -> Iterator[Scene]:
    with Containers(node.docker_host, removed_at_end=False) as containers, Truth(node.docker_host) as truth:
        scene = Scene(containers, truth, Names(), folder)
        scene.bystanders()
        yield scene


def test_each_node_is_watched_by_its_own_monitor_and_one_that_is_cut_off_goes_on(
    stack: Stack, scenes: list[Scene]
) -> None:
    """Each node's violator is ended by its own monitor: all together, one cut off, and it back again."""
    stack.deploy(RULES, CONFIG)
    monitors = [stack.monitor(node) for node in stack.swarm.nodes]
    _storm_on_each(scenes)
    until(lambda: sorted(stack.up().values()) == [1, 1, 1], 30, "Prometheus has found them by DNS")
    assert stack.alerts() > 2

    _brought_back(stack)

    stack.swarm.network.cut(3)
    _storm_on_each(scenes)
    until(lambda: stack.swarm.states()["node-3"] == "down", DOWN_WITHIN, "the manager misses it")
    _storm_on_each(scenes)
    assert [stack.monitor(node) for node in stack.swarm.nodes] == monitors, "the very same monitors"
    until(lambda: sum(stack.up().values()) == 2, 30, "Prometheus sees two of them")

    stack.swarm.network.mend(3)
    stack.swarm.wait_ready(3)
    until(lambda: stack.watched() == {1, 2, 3}, BACK_WITHIN, "Swarm has one monitor on each node again")
    until(stack.ready, BACK_WITHIN, "and they watch")
    _storm_on_each(scenes)
    until(lambda: sorted(stack.up().values()) == [1, 1, 1], 60, "Prometheus has found the third one again")
    for node, scene, before in zip(stack.swarm.nodes, scenes, monitors, strict=True):
        told = scene.truth.events(before, "kill")
        ours = [each for each in told if each.signal not in {"15", "SIGTERM"}]
        assert not ours, f"nobody ends a monitor by its rules: {told}"
        assert node.number == 3 or stack.monitor(node) == before


def _storm_on_each(scenes: list[Scene]) -> None:
    for scene in scenes:
        scene.guilty(scene.run(deeds.STORM, task="storm", pids=deeds.PIDS))
    for scene in scenes:
        scene.verdict()


def _brought_back(stack: Stack) -> None:
    """A service whose task storms is ended again and again, and the monitor there says what to do."""
    node = stack.swarm.nodes[1]
    with service(stack.swarm, "storms", deeds.STORM, {"reactor.task": "storms"}, on="node-2"):
        found = partial(stack.log, node, "a service is brought back whenever it is ended")
        line = until(found, 90, "it is recognised")[0]
    assert (line["level"], line["service"], line["times"]) == ("warning", "storms", 3)
    (again,) = stack.status(node)["services"]
    assert (again["by"], again["service"], again["rule"]) == ("Swarm", "storms", "test/pids")
    assert "docker service update --limit-pids N storms" in again["remedy"]
