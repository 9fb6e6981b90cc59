"""What the host's own kernel says, on a real engine: zombies exactly, and what the host has left."""

from pathlib import Path

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

RULES = """\
groups:
  - name: kernel
    rules:
      - {name: zombies, when: zombies > 5}
      - {name: left, when: host.memory_available < 1%}
"""


def zombies_of(monitor: Monitor) -> dict[str, float]:
    """By container, as the monitor's own numbers have it."""
    return {
        dict(labels)["container_id"]: value
        for (name, labels), value in monitor.metrics().items()
        if name == "container_zombies"
    }


def available() -> int:
    """What this host has left, in bytes."""
    (line,) = (line for line in Path("/proc/meminfo").read_text().splitlines() if "MemAvailable" in line)
    return int(line.split()[1]) * 1024


def test_zombies_are_counted_exactly_and_the_host_is_known(lone_scene: Scene) -> None:
    """Six are too many; five are not, and neither are living children of a main that reaps none."""
    scene = lone_scene
    guilty = scene.run(deeds.zombies(6), task="six")
    five = scene.run(deeds.zombies(5), task="five")
    none = scene.run(deeds.processes(8), task="none")
    stranger = scene.run(deeds.zombies(9), labels={f"{scene.names.task}x": ""})
    scene.innocent(five, none, stranger)
    with scene.monitor(rules=RULES) as monitor:
        scene.guilty(guilty, 2 * PROMISE, since=monitor.began)
        until(lambda: {five, none} <= zombies_of(monitor).keys(), 10, "the processes were looked at")
        found = zombies_of(monitor)
        assert (found[five], found[none]) == (5, 0)
        assert stranger not in found
        numbers = monitor.metrics()
        assert numbers["reactor_host_memory_known", frozenset()] == 1
        left = numbers["reactor_host_memory_available_bytes", frozenset()]
        assert abs(left - available()) < 0.1 * available()
        scene.verdict()
        (intent,) = monitor.intents(guilty)
        assert intent["reason"] == "zombies 6 > 5"
        explained = monitor.order("explain", five).stdout
        assert "zombies 5 > 5" in explained
        assert "host.memory_available" in explained
        assert "is unknown" not in monitor.raw_log()
    scene.report("six zombies, from the start of the monitor on")
