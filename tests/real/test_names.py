"""One name in a tight loop: whoever bears it next is somebody else, and fresh."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.audit import ARGUMENTS, Audit, nanoseconds
from tests.real.scene import PROMISE, SHORT, Names, Scene, lifetime
from tests.real.truth import Truth, seconds
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools import engine_api
from tools.private_engine import TEST_IMAGE, PrivateEngine

pytestmark = pytest.mark.real
MOST, LEAST = 200, 20
STAYS_EVERY = 10
"""So often one of them stays until it is ended, and its name goes to the next one at once."""
OLDEST = 1.0
LASTS = 15.0
"""Seconds of looping; an engine on a machine that does nothing else makes all of them in that time."""


@pytest.fixture
def talking_engine() -> Iterator[PrivateEngine]:
    """An engine that writes down which calls it gets: a removal and a kill by the monitor look alike else."""
    with PrivateEngine(arguments=ARGUMENTS) as engine:
        engine.import_busybox()
        yield engine


@pytest.fixture
def talking_scene(
    talking_engine: PrivateEngine, tmp_path: Path, measured: Callable[[str], None]
) -> Iterator[Scene]:
    """A scene on it."""
    with (
        Containers(talking_engine.docker_host, removed_at_end=False) as containers,
        Truth(talking_engine.docker_host) as witness,
    ):
        yield Scene(containers, witness, Names(), tmp_path, measured)


def _next(host: str, name: str) -> str:
    wanted = {
        "Image": TEST_IMAGE,
        "Cmd": ["sleep", "100000"],
        "Labels": {Names().task: "t", SHORT: ""},
        "HostConfig": {"NetworkMode": "none"},
    }
    body = json.dumps(wanted).encode()
    made = json.loads(engine_api.call(host, "POST", f"/containers/create?name={name}", body))
    engine_api.call(host, "POST", f"/containers/{made['Id']}/start")
    container: str = made["Id"]
    return container


def test_one_name_again_and_again_and_no_fresh_one_is_ended(
    talking_engine: PrivateEngine, talking_scene: Scene
) -> None:
    """Only those that stayed are ended, each once, and none before its time."""
    scene, host, began = talking_scene, talking_engine.docker_host, time.monotonic()
    stayed: dict[str, int] = {}
    number = 0
    with scene.monitor(rules=lifetime(OLDEST)) as monitor:
        while number < MOST and (number < LEAST or time.monotonic() < began + LASTS):
            number += 1
            container = _next(host, "one-name")
            if number % STAYS_EVERY == 0:
                until(partial(scene.truth.events, container, "die"), OLDEST + PROMISE, "it is ended")
                scene.guilty(container, OLDEST + PROMISE, not_before=OLDEST - 0.2)
                # A start is told when the record of it is on the disk; on a busy one that takes long.
                stayed[container] = nanoseconds(scene.truth.state(container)["StartedAt"])
            engine_api.call(host, "DELETE", f"/containers/{container}?force=1")
        until(lambda: not monitor.metric("reactor_outbox_in_flight"), 10, "nothing is under way")
    scene.report(f"a lifetime of {OLDEST:g} s under a name that was used {number} times")
    # Whether it may kill is asked with an id that nobody has.
    calls = [call for call in Audit(talking_engine.log).calls() if scene.truth.lives(call.id)]
    fresh = [call for call in calls if call.id not in stayed and _age(scene, call.id, call.nano) < OLDEST]
    assert fresh == []
    for container, start in stayed.items():
        (call,) = [call for call in calls if call.id == container]
        assert (call.verb, seconds(call.nano - start) >= OLDEST - 0.2) == ("kill", True)
    assert {row["result"] for row in monitor.rows("SELECT result FROM intents")} == {"done"}


def _age(scene: Scene, container: str, nano: int) -> float:
    """How old its run was then; the event of a start is told a little after the start itself."""
    return seconds(nano - scene.truth.lives(container)[0].began) + 0.2
