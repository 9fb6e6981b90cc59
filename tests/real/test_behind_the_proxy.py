"""Behind the shipped proxy, on a real engine: all works, cuts lose nothing, and without rights it is said."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from reactor.app.socketproxy.haproxy import Silences
from reactor.core.container import ContainerId, Limits, Run
from reactor.core.ports import StreamEnded
from reactor.core.recipes import Recipe
from reactor.engine.asked import Need
from reactor.engine.calls import DockerEngine
from reactor.engine.canaries import Canaries
from reactor.engine.endpoint import resolve
from reactor.engine.holders import holders
from reactor.engine.making import Making
from reactor.engine.premises import Premises
from tests.cuts.cutting import (
    HurriedMonitor,
    Terms,
    behind_a_proxy,
    cut_and_breach,
    engine_socket,
    neighbours,
)
from tests.real import deeds
from tests.real.monitor import clean_environment, program
from tests.real.scene import SHORT, Scene
from tests.real.waiting import until
from tests.tooling.socket_proxy import SocketProxy
from tools.private_engine import TEST_IMAGE

pytestmark = pytest.mark.real

CUTS = 120
"""As many as there are in ten minutes when what is quiet is cut after five seconds."""
MIB = 1024 * 1024
LIMITS = Limits(64, 32 * MIB, 32 * MIB, 1.0)


@pytest.fixture
def open_proxy(tmp_path: Path, docker_host: str) -> Iterator[SocketProxy]:
    """A proxy that lets through all that is ever asked."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    with SocketProxy(folder, engine_socket(docker_host), tuple(Need)) as proxy:
        yield proxy


def test_as_many_cuts_as_in_ten_minutes_and_nothing_is_missed(lone_scene: Scene) -> None:
    """Within a minute, with breaches of five kinds and their near misses, and the proxy killed as well."""
    scene = lone_scene
    neighbours(scene)
    silences = Silences(questions=10, streams=0.15, deeds=20)
    terms = Terms(60.0, CUTS, (0.3, 1.5), 8.0, silences, monitor=HurriedMonitor)
    with behind_a_proxy(scene, terms) as (monitor, proxy):
        told = cut_and_breach(scene, proxy, terms, seed=1)
        scene.verdict()
        assert told.cuts >= CUTS, told
        assert set(told.breaches) == {"family", "lifetime", "memory", "oom", "storm"}
        cuts = monitor.said("the event stream ended and is opened again")
        assert {line["level"] for line in cuts} == {"info"}
        assert len(monitor.said("the event stream is lost")) <= told.killed, "a cut alone is no alarm"
        # The cuts go on: it is ready again and again.
        until(monitor.is_ready, 20)
    scene.report(f"{told.cuts} cuts, proxy killed {told.killed} times")


async def test_every_call_that_is_ours_comes_to_what_it_should(open_proxy: SocketProxy) -> None:
    engine = DockerEngine(resolve(open_proxy.docker_host, {}))
    making, canaries = Making.on(engine), Canaries.on(engine, "KFG5:XKXD-0123456789abcdef")
    info = await engine.identify()
    assert info.local
    made = await making.create(Recipe(f"t-{os.getpid()}-pg", TEST_IMAGE, LIMITS, ("sleep", "9999")))
    await making.start(made)
    found = await engine.inspect(made)
    assert found.image_labels is not None
    assert found.alive
    async with engine.open_stats(Run(made, found.run.started_at)) as frames:
        while await anext(frames) is None:
            pass
    assert await engine.layer_size(made) is not None
    assert (
        await engine.update(made, Limits(48, 16 * MIB, 16 * MIB, 1.0)),
        await engine.tail(made, 20, 999),
    ) == (200, "")
    assert (await engine.pause(made), await engine.unpause(made)) == (204, 204)
    assert (await engine.restart(made, 0), await engine.stop(made, 0)) == (204, 204)
    assert await engine.remove(made, force=False) == 204
    canary = await canaries.make(TEST_IMAGE, f"{os.getpid():08x}")
    await canaries.start(canary)
    other = Canaries.on(DockerEngine(resolve(open_proxy.docker_host, {})), canaries.whose)
    assert await other.left() == (canary,)
    assert await engine.kill(canary) == 204
    with trio.fail_after(20):
        while not await canaries.take_away(canary):  # noqa: ASYNC110 - the engine tells nobody
            await trio.sleep(0.1)
    premises = Premises.on(engine)
    assert await premises.image(TEST_IMAGE)
    assert made not in await premises.ports()
    assert made not in {each.id for each in await holders(engine)}
    assert ContainerId(made) not in {row.id for row in await engine.list()}
    async with engine.open_events(info.now - 60) as events:
        assert (await anext(events)).action
    assert [line for line in open_proxy.log().splitlines() if line.startswith("403 ")] == []


async def test_a_quiet_event_stream_is_cut_and_that_is_its_end(tmp_path: Path, docker_host: str) -> None:
    silences = Silences(streams=0.2)
    with SocketProxy(tmp_path, engine_socket(docker_host), (), silences=silences) as proxy:
        engine = DockerEngine(resolve(proxy.docker_host, {}))
        async with engine.open_events((await engine.identify()).now + 3600) as events:
            with pytest.raises(StreamEnded), trio.fail_after(10):
                await anext(events)


def test_without_the_right_to_kill_it_observes_says_so_and_acts_when_it_may(lone_scene: Scene) -> None:
    scene = lone_scene
    # Where the kernel lets us, ends that are direct go on without that right.
    terms = Terms(0, 0, (0, 0), 0, Silences(), "containment: off\n", monitor=HurriedMonitor)
    neighbours(scene)
    with behind_a_proxy(scene, terms) as (monitor, proxy):
        proxy.permit(Need.OBSERVE)
        proxy.stop()
        proxy.start()
        storm = scene.run(deeds.STORM, task="storm", pids=deeds.PIDS)
        until(lambda: monitor.said("the engine lets us end nothing"), 20)
        until(lambda: "only observing" in monitor.readiness(), 5)
        assert monitor.metric("reactor_may_kill") == 0
        refusal = f'403 "POST /v1.41/containers/{storm}/kill'
        until(lambda: refusal in proxy.log(), 20)
        assert proxy.log().count(refusal) <= 8, "it is not tried again and again"
        assert scene.truth.state(storm)["Running"]
        found = rights_by_the_doctor(proxy)
        assert found["verdict"] == "failed"
        assert "forbids this (status 403)" in found["said"]
        assert "reactor proxy-config" in found["remedy"]
        proxy.permit(Need.ACT)
        proxy.stop()
        proxy.start()
        scene.guilty(storm, promise=60)
        until(lambda: monitor.said("the engine lets us end containers again"), 25)
        scene.verdict()
        assert monitor.metric("reactor_may_kill") == 1
        assert "only observing" not in monitor.readiness()
        assert len(monitor.said("the engine lets us end nothing")) == 1
        assert rights_by_the_doctor(proxy)["verdict"] == "ok"


def rights_by_the_doctor(proxy: SocketProxy) -> dict[str, str]:
    """What the doctor finds of rights."""
    command = program("doctor", "--docker-host", proxy.docker_host, "--json")
    done = subprocess.run(command, check=False, capture_output=True, timeout=60, env=clean_environment())
    checks: list[dict[str, str]] = json.loads(done.stdout)["checks"]
    return next(each for each in checks if each["check"] == "rights")


def test_a_stream_that_is_kept_and_brings_nothing_is_found_out(lone_scene: Scene) -> None:
    """A proxy is replaced, and the old one hangs, with our streams in its hands."""
    scene = lone_scene
    terms = Terms(0, 0, (0, 0), 0, Silences())
    neighbours(scene)
    with behind_a_proxy(scene, terms) as (monitor, proxy):
        old = proxy.hand_over()
        try:
            os.kill(old.pid, signal.SIGSTOP)
            scene.guilty(scene.run(deeds.STORM, task="storm", pids=deeds.PIDS))
            scene.guilty(scene.run(task="old", labels={SHORT: ""}, pids=deeds.PIDS), promise=15, not_before=3)
            scene.verdict()
            until(lambda: (monitor.metric("reactor_stream_deaf_total") or 0) >= 1, 20)
            until(monitor.is_ready, 10)
        finally:
            old.kill()
            old.wait()
        scene.guilty(scene.run(deeds.STORM, task="after", pids=deeds.PIDS))
        scene.verdict()


LEAVES_IN_TIME = deeds.sh('trap "sleep 4; exit 0" TERM; while true; do sleep 0.05; done')
STOPS = """\
groups:
  - name: polite
    select: [{{label: {label}}}]
    rules: [{{name: lifetime, when: age > 1s, then: [{{stop: {{grace: 10s}}}}]}}]
"""


def test_a_proxy_that_does_not_wait_for_a_stop_takes_nothing_from_its_grace(lone_scene: Scene) -> None:
    scene = lone_scene
    folder = scene.folder / "proxy"
    folder.mkdir()
    neighbours(scene)
    rules = scene.folder / "rules.yaml"
    rules.write_text(STOPS.format(label="polite"))
    silences = Silences(questions=2, streams=5, deeds=1.5)
    engine = engine_socket(scene.containers.docker_host)
    with SocketProxy(folder, engine, (Need.ACT,), silences=silences) as proxy:
        with HurriedMonitor(scene.folder, proxy.docker_host, rules=rules, config=scene.config()):
            polite = scene.run(LEAVES_IN_TIME, task="polite", labels={"polite": ""}, pids=deeds.PIDS)
            scene.guilty(polite, promise=15, not_before=4)
            scene.verdict()
        assert '504 "POST' in proxy.log()
    (life,) = scene.truth.lives(polite)
    assert life.signals == ("15",)
    assert scene.truth.state(polite)["ExitCode"] == 0
