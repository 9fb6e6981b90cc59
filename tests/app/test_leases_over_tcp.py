"""Leases where runners ask over TCP: by the client and its token, and nothing at all without."""

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from reactor import client
from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server_listeners import open_tcp_listeners
from reactor.testing.world import World
from tests.app.embedded import apart, monitored
from tests.real.monitor import Monitor

TOKEN = "0123456789abcdef-token"  # noqa: S105  # Of this test only.
PATH = "/api/v1/leases"
CONFIG = """
times: {{owner_grace: 1s, creation_grace: 0s, sidecar_grace: 1s, reconcile_every: 1s}}
owners: {{enforce: true, heartbeats: {{root: {folder}/beats, ttl: 5s}}}}
api: {{listen: '127.0.0.1:{port}', token_file: {folder}/token}}
{more}
"""
NO_TOKEN = {"error": "a token is needed: Authorization: Bearer TOKEN"}


@dataclass
class Place:
    """A monitor, and where it is asked."""

    world: World
    monitor: Monitor
    port: int

    async def ask(
        self, method: str, target: str, body: object = None, token: str | None = TOKEN
    ) -> tuple[int, Any]:
        sent = json.dumps(body).encode() if body is not None else b""
        shown = {"Authorization": f"Bearer {token}"} if token is not None else {}
        where = Client(Address.tcp("127.0.0.1", self.port))
        answer = await where.request(method, PATH + target, body=sent, headers=shown, within=5)
        return answer.status, json.loads(answer.body)

    @property
    def runner(self) -> client.Client:
        return client.Client(f"http://127.0.0.1:{self.port}", TOKEN)

    def task(self, name: str, owner: str) -> str:
        labels = {"reactor.task": name, "reactor.owner": owner}
        return self.world.spawn(name=name, labels=labels).id

    async def is_over(self, name: str) -> None:
        """Wait until it has ended."""
        with trio.fail_after(25):
            while self.world.find(name).alive:
                await trio.testing.wait_all_tasks_blocked(0.02)


@asynccontextmanager
async def place(folder: Path, more: str = "") -> AsyncIterator[Place]:
    [free] = await open_tcp_listeners(0)
    port = free.socket.getsockname()[1]
    await free.aclose()
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "beats").mkdir()
    async with monitored(folder, CONFIG.format(folder=folder, port=port, more=more)) as (world, monitor):
        yield Place(world, monitor, port)


async def test_without_the_token_nothing_is_told_and_nothing_changed(tmp_path: Path) -> None:
    async with place(tmp_path) as there:
        status, lease = await there.ask("PUT", "/job", {"ttl": 600, "holder": "ci"})
        assert (status, lease["token"]) == (201, 1)
        for token in (None, "x", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "1"):
            for method, target, body in (
                ("PUT", "/job", {"ttl": 1, "token": 1}),
                ("PUT", "/new", {"ttl": 1}),
                ("DELETE", "/job?token=1", None),
                ("POST", "/other/hold", {"ttl": 1}),
                ("GET", "/job", None),
                ("GET", "", None),
            ):
                assert await there.ask(method, target, body, token) == (401, NO_TOKEN)
        told = {**lease, "state": "alive", "said": ""}
        assert await there.ask("GET", "/job") == (200, told)
        assert await there.ask("GET", "") == (200, {"leases": [told]})
        assert await there.ask("GET", "/none") == (404, {"error": "nobody has ever held this lease"})
        answer = await Client(Address.unix(str(there.monitor.control))).request("GET", PATH, within=5)
        assert json.loads(answer.body) == {"leases": [told]}, "one book for both"


async def test_a_runner_that_ends_gives_its_lease_up_and_what_it_left_goes(tmp_path: Path) -> None:
    """Also where there is no control socket; the tasks of others, and of who runs on, stay."""
    async with place(tmp_path) as there:
        there.task("main", "lease:job")
        there.task("kept", "lease:kept")
        there.task("never", "lease:never")
        with pytest.raises(client.Refused, match="somebody else holds this lease"):
            await apart(partial(_hold_twice, there.runner))
        kept = await apart(partial(_hold_and_leave, there.runner))
        await there.is_over("main")
        assert (await there.ask("GET", "/job"))[1]["said"] == "its lease was given up"
        assert there.world.find("kept").alive
        assert there.world.find("never").alive
        (intent,) = there.monitor.intents(there.world.find("main").id)
        assert intent["rule"] == "owner-gone"
        again = await apart(partial(_go_on, there.runner, kept))
        assert again == kept


def _hold_twice(runner: client.Client) -> None:
    with runner.lease("job", ttl=600, holder="ci"), runner.lease("job", ttl=600):
        pass


def _hold_and_leave(runner: client.Client) -> int | None:
    with runner.lease("kept", ttl=600, give_up=False) as lease:
        return lease.token


def _go_on(runner: client.Client, token: int | None) -> int | None:
    with runner.lease("kept", ttl=600, token=token, give_up=False) as lease:
        return lease.token


async def test_a_connection_over_tcp_holds_a_lease_and_a_file_keeps_a_task(tmp_path: Path) -> None:
    """Without a control socket: leases run out all the same."""
    async with place(tmp_path, "control: 'off'") as there:
        there.task("held", "lease:held")
        there.task("beaten", "file:in/beat")
        there.task("moving", "file:moving")
        there.task("outside", "file:link/token")
        (tmp_path / "beats" / "link").symlink_to(tmp_path)
        (tmp_path / "beats" / "in").mkdir()
        (tmp_path / "beats" / "in" / "beat").touch()
        stream = await trio.open_tcp_stream("127.0.0.1", there.port)
        head = f"POST {PATH}/held/hold HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
        await stream.send_all(f'{head}Content-Length: 10\r\n\r\n{{"ttl": 1}}'.encode())
        with trio.fail_after(5):
            while b'"token": 1' not in await stream.receive_some():
                pass
        with beating(tmp_path / "beats" / "moving"):
            await there.is_over("beaten")
            assert there.world.find("held").alive, "for longer than its time, by the connection alone"
            await stream.aclose()
            await there.is_over("held")
            assert there.world.find("moving").alive
            assert there.world.find("outside").alive


@contextmanager
def beating(file: Path) -> Iterator[None]:
    """A runner that writes to its file all the time."""
    beat = ["/bin/sh", "-c", 'while : >> "$0" && touch "$0"; do sleep 0.5; done', str(file)]
    with subprocess.Popen(beat) as runner:
        try:
            yield
        finally:
            runner.kill()
