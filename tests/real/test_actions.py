"""What rules do beside killing, on a real engine: told before and after, limited, frozen, restarted, removed.

One monitor for all; which action is for whom is said by a label. Each has a neighbour for whom its rule is
not, or who has already what it would be given.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import Names, Scene
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers, unique_name

WAIT = 2
RULES = f"""\
groups:
  - name: told
    select: [{{label: case=told}}]
    rules:
      - name: deadline
        when: age > 1s
        then: [{{notice: {{wait: {WAIT}s}}}}, evidence, kill, {{webhook: oncall}}, {{exec: mark}}]
  - name: limited
    select: [{{label: case=limited}}]
    rules:
      - name: limits
        when: "!memory_limited || !pids_limited"
        then: [{{limit: {{pids: 64, memory: 64MiB, swap: 64MiB, only_missing: true}}}}]
  - name: paused
    select: [{{label: case=paused}}]
    rules: [{{name: age, when: age > 1s, then: [pause]}}]
  - name: restarted
    select: [{{label: case=restarted}}]
    rules: [{{name: age, when: age > 1s, then: [{{restart: {{grace: 10s}}}}], cooldown: 1h}}]
  - name: removed
    select: [{{label: case=removed}}]
    rules: [{{name: age, when: age > 1s, then: [remove]}}]
"""
MIB = 1024 * 1024
WITHIN = 30.0


@dataclass
class Hook:
    """Somebody's webhook: what came in, on a port of its own."""

    port: int = 0
    got: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    """A server that takes everything."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.got.append({"headers": dict(self.headers), **json.loads(body)})
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # The name is the base's.
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield hook
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder below which containers are told something."""
    return tmp_path_factory.mktemp("notices")


@pytest.fixture(scope="module")
def own() -> Names:
    """Label names that no other monitor governs."""
    return Names.of(unique_name())


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the operator's program writes what it was told."""
    return tmp_path_factory.mktemp("marks")


@pytest.fixture(scope="module")
def monitor(
    docker_host: str, truth: Truth, own: Names, hook: Hook, root: Path, marks: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Monitor]:  # fmt: skip
    """One monitor with these rules, and with what they may call."""
    folder = tmp_path_factory.mktemp("monitor")
    (folder / "secret").write_text("sixteen bytes or more\n")
    script = folder / "mark"
    script.write_text(f'#!/bin/sh\necho "$REACTOR_RULE" > {marks}/"$REACTOR_CONTAINER"\n')
    script.chmod(0o755)
    config = (
        f"webhooks: [{{name: oncall, url: 'http://127.0.0.1:{hook.port}/', secret_file: {folder}/secret}}]\n"
        f"programs: [{{name: mark, run: ['{script}']}}]\n"
        f"notices: {{root: '{root}'}}\n"
    )
    with Containers(docker_host) as containers:
        scene = Scene(containers, truth, own, folder)
        with scene.monitor(rules=RULES, config=config) as monitor:
            yield monitor


@pytest.fixture
def scene(
    containers: Containers, truth: Truth, own: Names, tmp_path: Path, measured: Callable[[str], None]
) -> Scene:
    """A scene under the eyes of that monitor."""
    return Scene(containers, truth, own, tmp_path, measured)


def run(scene: Scene, case: str, command: tuple[str, ...] = ("sleep", "100000"), **more: Any) -> str:
    """Run a container of this case."""
    return scene.run(command, task=unique_name(), labels={"case": case}, **more)


def bound(folder: Path) -> dict[str, Any]:
    return {str(folder): {"bind": "/run/reactor", "mode": "rw"}}


def is_over_and_told(scene: Scene, hook: Hook, marks: Path, container: str) -> bool:
    """Whether it has ended, and what stands behind the end was done."""
    over = not scene.truth.state(container)["Running"] and bool(scene.truth.lives(container)[0].died)
    return over and bool(marked(marks, container)) and bool(about(hook, container))


def marked(marks: Path, container: str) -> str:
    """What the operator's program has written about a container; there is a file before it is written to."""
    file = marks / container
    return file.read_text() if file.exists() else ""


def about(hook: Hook, container: str) -> list[dict[str, Any]]:
    """What the webhook was told of a container."""
    return [each for each in hook.got if each["subject"] == container]


def test_it_is_told_before_and_others_after_it(
    scene: Scene, monitor: Monitor, root: Path, hook: Hook, marks: Path
) -> None:
    """A folder outside of the root, and a link to it, are not written to; these end all the same."""
    folder = root / "task"
    folder.mkdir()
    outside = scene.folder / "outside"
    outside.mkdir()
    told = run(scene, "told", volumes=bound(folder))
    beyond = run(scene, "told", volumes=bound(outside))
    other = run(scene, "none", volumes=bound(folder))
    notice = until(lambda: (folder / "notice.json").exists() and (folder / "notice.json").read_text(), WITHIN)
    assert json.loads(str(notice))["rule"] == "told/deadline"
    assert json.loads(str(notice))["ends_in"] == WAIT
    for container in (told, beyond):
        until(partial(is_over_and_told, scene, hook, marks, container), WITHIN, "all stages are through")
    assert marked(marks, told) == "told/deadline\n"
    assert not list(outside.iterdir())
    (message,) = about(hook, told)
    assert (message["type"], message["data"]["rule"]) == ("reactor.decision", "told/deadline")
    assert message["headers"]["Reactor-Signature"].startswith("t=")
    written, died = (folder / "notice.json").stat().st_mtime, scene.truth.lives(told)[0].died
    assert died is not None
    assert died / 1e9 - written >= WAIT - 0.1
    assert scene.truth.state(other)["Running"]
    assert scene.truth.lives(told)[0].signals == ("9",)


def test_missing_limits_are_given_and_others_left(scene: Scene, monitor: Monitor) -> None:
    bare = run(scene, "limited")
    half = run(scene, "limited", mem="32m")
    full = run(scene, "limited", mem="32m", pids=16)
    other = run(scene, "none")
    until(lambda: _limits(scene, bare) == (64, 64 * MIB), WITHIN, "limits for who has none")
    until(lambda: _limits(scene, half) == (64, 32 * MIB), WITHIN, "limits for who has half of them")
    assert (_limits(scene, full), _limits(scene, other)) == ((16, 32 * MIB), (None, 0))
    assert all(scene.truth.state(each)["Running"] for each in (bare, half, full, other))


def test_one_is_frozen_one_restarted_one_removed(scene: Scene, monitor: Monitor) -> None:
    """The volume of the removed one is there still, with what stands in it; the neighbour runs on."""
    volume = scene.containers.client.volumes.create(unique_name())
    try:
        mounted = {volume.name: {"bind": "/data", "mode": "rw"}}
        writer = scene.containers.run(deeds.sh("echo kept > /data/file"), volumes=mounted)
        scene.containers.client.api.wait(writer)
        removed = run(scene, "removed", volumes=mounted)
        paused, restarted = run(scene, "paused"), run(scene, "restarted", deeds.SERVE)
        other = run(scene, "none")
        until(lambda: scene.truth.inspect(removed) is None, WITHIN, "it is removed")
        until(lambda: scene.truth.state(paused)["Paused"], WITHIN, "it is frozen")
        # Who asks the engine for its moment first may come when it has been restarted already.
        until(lambda: len(scene.truth.lives(restarted)) > 1, WITHIN, "it is restarted")
        again = scene.truth.state(restarted)["StartedAt"]
        reader = scene.containers.run(("cat", "/data/file"), volumes=mounted)
        scene.containers.client.api.wait(reader)
        assert scene.containers.client.api.logs(reader) == b"kept\n"
        state = scene.truth.state(restarted)
        assert (state["Running"], state["StartedAt"]) == (True, again)
        assert scene.truth.lives(restarted)[0].signals == ("15",)
        assert scene.truth.state(other)["Running"]
    finally:
        scene.containers.remove_all()
        volume.remove()


def _limits(scene: Scene, container: str) -> tuple[int | None, int]:
    found = scene.truth.inspect(container)
    assert found is not None
    return found["HostConfig"]["PidsLimit"], found["HostConfig"]["Memory"]
