"""A monitor behind a proxy that cuts its streams, breaches that happen meanwhile, and innocents beside."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reactor.app.socketproxy.haproxy import Silences
from reactor.engine.asked import Need
from tests.real import deeds
from tests.real.monitor import SHIPPED_RULES, Monitor
from tests.real.scene import SHORT, Scene
from tests.tooling.socket_proxy import SocketProxy

LIFETIME = 3.0
NEEDS = (Need.ACT,)
_SHORT = f"""\
groups:
  - name: short
    select: [{{label: {SHORT}}}]
    rules: [{{name: lifetime, when: age > {LIFETIME:g}s}}]
"""


class HurriedMonitor(Monitor):
    """A monitor that rests for moments only."""

    def command(self) -> list[str]:
        """How it is started."""
        return ["tests.cuts.hurried" if word == "reactor" else word for word in super().command()]


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long, at least how many cuts, how long between breaches, and how often the proxy is killed."""

    seconds: float
    cuts: int
    between: tuple[float, float]
    killed_every: float
    silences: Silences
    config: str = ""
    monitor: type[Monitor] = Monitor


@dataclass(slots=True)
class Told:
    """What happened."""

    cuts: int = 0
    killed: int = 0
    breaches: dict[str, int] = field(default_factory=dict)


def engine_socket(docker_host: str) -> str:
    """The path in the address of an engine."""
    assert docker_host.startswith("unix://"), docker_host
    return docker_host.removeprefix("unix://")


@contextmanager
def behind_a_proxy(scene: Scene, terms: Terms) -> Iterator[tuple[Monitor, SocketProxy]]:
    """A monitor whose engine is the proxy before the scene's."""
    folder = scene.folder / "proxy"
    folder.mkdir()
    rules = scene.folder / "rules"
    rules.mkdir()
    (rules / "safety.yaml").write_text((SHIPPED_RULES / "safety.yaml").read_text())
    (rules / "short.yaml").write_text(_SHORT)
    engine = engine_socket(scene.containers.docker_host)
    with SocketProxy(folder, engine, NEEDS, silences=terms.silences) as proxy:
        config = scene.config(terms.config)
        with terms.monitor(scene.folder, proxy.docker_host, rules=rules, config=config) as monitor:
            yield monitor, proxy


def neighbours(scene: Scene) -> None:
    """Those who nearly break a rule."""
    scene.bystanders()
    full: dict[str, Any] = {
        "command": deeds.NEARLY_FULL,
        "shm_size": "64m",
        "pids": deeds.PIDS,
        "mem": deeds.MEMORY,
    }
    scene.innocent(scene.run(task="nearly-full", **full))


def cut_and_breach(scene: Scene, proxy: SocketProxy, terms: Terms, seed: int) -> Told:
    """Have one after the other break a rule while the streams are cut, until time and cuts are enough."""
    chance = random.Random(seed)  # noqa: S311 - a schedule needs no secrecy
    told, began = Told(), time.monotonic()
    kinds, number = sorted(BREACHES), 0
    killed = began
    while time.monotonic() - began < terms.seconds:
        kind = kinds[number % len(kinds)]
        BREACHES[kind](scene, f"{kind}-{number}")
        told.breaches[kind] = told.breaches.get(kind, 0) + 1
        number += 1
        if time.monotonic() - killed > terms.killed_every:
            # All at once, also what is under way: the streams of readings, looks, and ends.
            proxy.stop()
            proxy.start()
            killed, told.killed = time.monotonic(), told.killed + 1
        time.sleep(chance.uniform(*terms.between))
        if proxy.cuts() >= terms.cuts and time.monotonic() - began > terms.seconds / 2 and terms.cuts:
            break
    told.cuts = proxy.cuts()
    return told


def _storm(scene: Scene, name: str) -> None:
    scene.guilty(scene.run(deeds.STORM, task=name, pids=deeds.PIDS))


def _memory(scene: Scene, name: str) -> None:
    scene.guilty(scene.run(deeds.RAMP, task=name, pids=deeds.PIDS, mem=deeds.MEMORY))


def _lifetime(scene: Scene, name: str) -> None:
    old = scene.run(task=name, labels={SHORT: ""}, pids=deeds.PIDS)
    scene.guilty(old, promise=LIFETIME + 10, not_before=LIFETIME)


def _oom(scene: Scene, name: str) -> None:
    scene.guilty(scene.run(deeds.OOM_CHILD, task=name, pids=deeds.PIDS, mem="32m"))


def _family(scene: Scene, name: str) -> None:
    limits: dict[str, Any] = {"pids": deeds.PIDS}
    sidecar = scene.run(deeds.SERVE, serves=name, **limits)
    scene.guilty(scene.run(deeds.STORM, task=name, **limits))
    scene.guilty(sidecar, promise=20)


BREACHES: dict[str, Callable[[Scene, str], None]] = {
    "storm": _storm,
    "memory": _memory,
    "lifetime": _lifetime,
    "oom": _oom,
    "family": _family,
}
