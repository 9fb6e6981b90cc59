"""Mains whose owner is gone, on a real engine: processes, containers, and leases over the real socket."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio

from reactor.http.address import Address
from reactor.http.client import Client
from tests.real.monitor import Monitor, clean_environment
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

TIMES = (
    "times: {orphan_after: 1s, creation_grace: 2s, sidecar_grace: 1s, reconcile_every: 1s, owner_grace: 2s}\n"
)
ENFORCED = f"{TIMES}owners: {{enforce: true}}\n"
RULES = "groups:\n  - name: g\n    rules: [{name: never, when: age > 99h}]\n"


def ask(monitor: Monitor, method: str, target: str, **body: object) -> tuple[int, Mapping[str, Any]]:
    """One call about leases, over the control socket."""

    async def call() -> tuple[int, bytes]:
        client = Client(Address.unix(str(monitor.control)))
        sent = json.dumps(body).encode() if body else b""
        answer = await client.request(method, f"/api/v1/leases{target}", body=sent, within=10)
        return answer.status, answer.body

    status, told = trio.run(call)
    return status, json.loads(told)


@contextmanager
def process() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process of this host, and how it is named."""
    with subprocess.Popen(["sleep", "1000"]) as found:
        try:
            start = Path(f"/proc/{found.pid}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            yield found, f"process:{found.pid}@{start}@{boot}"
        finally:
            found.kill()


def owned(scene: Scene, owner: str, task: str) -> str:
    return scene.run(task=task, labels={"reactor.owner": owner})


def test_who_is_gone_takes_its_main_and_its_sidecar_and_nobody_else(lone_scene: Scene) -> None:
    scene = lone_scene
    runner, other = scene.run(), scene.run()
    with process() as (gone, mine), process() as (_, theirs):
        guilty = [
            owned(scene, mine, "p"),
            scene.run(serves="p"),
            owned(scene, f"container:{runner}", "c"),
            owned(scene, "lease:given-up", "l"),
        ]
        scene.innocent(
            other,
            owned(scene, theirs, "p2"),
            owned(scene, "kim", "n"),
            owned(scene, f"container:{other}", "c2"),
            owned(scene, "lease:kept", "l2"),
            owned(scene, "lease:never-held", "l3"),
            owned(scene, f"process:{gone.pid}@1@00000000-0000-0000-0000-000000000000", "elsewhere"),
        )
        with scene.monitor(rules=RULES, config=ENFORCED) as monitor:
            tokens = {
                name: ask(monitor, "PUT", f"/{name}", ttl=600)[1]["token"] for name in ("given-up", "kept")
            }
            until(lambda: "alive" in explained(monitor, guilty[0]), 20, "its owner is found")
            scene.verdict()
            since = scene.truth.now()
            for each in guilty:
                scene.guilty(each, PROMISE + 5, since=since, not_before=1.9)
            gone.kill()
            gone.wait()
            scene.remove(runner)
            assert ask(monitor, "DELETE", f"/given-up?token={tokens['given-up']}")[0] == 200
            scene.verdict()
            assert {monitor.intents(each)[0]["rule"] for each in guilty} == {"owner-gone"}


def explained(monitor: Monitor, container: str) -> str:
    told = monitor.order("explain", container)
    return next((line for line in told.stdout.splitlines() if "its owner is" in line), "")


def test_a_lease_outlives_a_monitor_that_is_killed_and_is_only_said_to_be_gone(lone_scene: Scene) -> None:
    """Its token is good at the next one, an older one is not; and nothing is done that nobody switched on."""
    scene = lone_scene
    scene.innocent(main := owned(scene, "lease:job", "l"))
    with scene.monitor(rules=RULES, config=TIMES) as monitor:
        token = ask(monitor, "PUT", "/job", ttl=600)[1]["token"]
        monitor.kill9()
        monitor.start()
        monitor.wait_ready()
        assert ask(monitor, "PUT", "/job", ttl=1, token=token - 1)[0] == 409
        assert ask(monitor, "PUT", "/job", ttl=1, token=token)[0] == 200
        until(lambda: "gone" in explained(monitor, main), 20, "its lease runs out")
        scene.verdict()


def test_a_second_monitor_with_the_same_scope_does_not_start(lone_scene: Scene, tmp_path: Path) -> None:
    """Also with a journal of its own; after a kill -9 the next one does."""
    with lone_scene.monitor(rules=RULES) as first:
        second = [*first.command(), "--journal", str(tmp_path / "other.db"), "--control", "off"]
        told = subprocess.run(
            second, check=False, capture_output=True, text=True, timeout=60, env=clean_environment()
        )
        assert told.returncode == 2
        assert f"acts on this engine already: process {first.pid}" in told.stderr
        first.kill9()
        first.start()
        first.wait_ready()
