"""Mains whose owner is gone, on a real engine: processes, containers, and leases over the real socket."""

import json
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio

from reactor import client
from reactor.http.address import Address
from reactor.http.client import Client
from tests.real.monitor import Monitor, clean_environment
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until

TIMES = (
    "times: {orphan_after: 1s, creation_grace: 2s, sidecar_grace: 1s, reconcile_every: 1s, owner_grace: 2s}\n"
)
ENFORCED = f"{TIMES}owners: {{enforce: true}}\n"
TOKEN = "0123456789abcdef-token"  # noqa: S105  # Of this test only.
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


@contextmanager
def beating(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A runner of this host that writes to its file all the time."""
    # As urgent as the monitor makes itself: on a busy machine it gets its turns to look, and so must this.
    beat = ["nice", "-n", "-10", "/bin/sh", "-c", 'while echo >> "$0"; do sleep 0.5; done', str(file)]
    with subprocess.Popen(beat) as runner:
        try:
            yield runner
        finally:
            runner.kill()


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
            ends = [until(partial(monitor.closed, each), 15, "it is on record") for each in guilty]
            assert {rows[0]["rule"] for rows in ends} == {"owner-gone"}


def test_a_file_and_a_connection_over_tcp_hold_their_mains_and_nobody_elses(lone_scene: Scene) -> None:
    """Files that do not move any more, or are taken away; a connection that breaks; a lease given up."""
    scene, folder = lone_scene, lone_scene.folder
    (beats := folder / "beats").mkdir()
    (folder / "token").write_text(f"{TOKEN}\n")
    (beats / "link").symlink_to(folder / "token")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    guilty = [
        owned(scene, "file:crashes", "f"),
        scene.run(serves="f"),
        owned(scene, "file:stops", "f2"),
        owned(scene, "lease:ended", "l"),
        owned(scene, "lease:broken", "l2"),
    ]
    scene.innocent(
        owned(scene, "file:beats", "f3"),
        owned(scene, "file:never", "f4"),
        owned(scene, "file:link", "f5"),
        owned(scene, "lease:held", "l3"),
    )
    config = (
        f"{TIMES}owners: {{enforce: true, heartbeats: {{root: {beats}, ttl: 5s}}}}\n"
        f"api: {{listen: '127.0.0.1:{port}', token_file: {folder / 'token'}}}\n"
    )
    with (
        beating(beats / "crashes") as runner,
        beating(beats / "stops") as stopping,
        beating(beats / "beats"),
        scene.monitor(rules=RULES, config=config) as monitor,
        closing(held(port, "held")),
        closing(held(port, "broken")) as broken,
    ):
        with client.Client(f"http://127.0.0.1:{port}", TOKEN).lease("ended", ttl=600):
            # No file stands still until then: who does so for its TTL is gone, though it never moved at all.
            for each in (*guilty[:1], *guilty[2:]):
                until(partial(is_alive, monitor, each), 20, "its owner is found")
            scene.verdict()
            since = scene.truth.now()
            for each in guilty:
                scene.guilty(each, PROMISE + 12, since=since, not_before=1.9)
            runner.kill()
            # Not before it has gone may its file be taken away: it would make another one.
            stopping.kill()
            stopping.wait()
            (beats / "stops").unlink()
            broken.close()
        scene.verdict()
        ends = [until(partial(monitor.closed, each), 15, "it is on record") for each in guilty]
        assert {rows[0]["rule"] for rows in ends} == {"owner-gone"}
        assert monitor.metric("reactor_orphans_ended_total", standing="main") == 4
        assert monitor.metric("reactor_lease_events_total", event="given-up") == 1


def held(port: int, name: str) -> socket.socket:
    """An open connection over TCP that holds a lease."""
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    head = f"POST /api/v1/leases/{name}/hold HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    line.sendall(f'{head}Content-Length: 10\r\n\r\n{{"ttl": 1}}'.encode())
    said = b""
    while b"}" not in said:
        said += line.recv(4096)
    assert b" 200 " in said
    return line


def is_alive(monitor: Monitor, container: str) -> bool:
    """Whether its owner is known to be there."""
    return "alive" in explained(monitor, container)


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
