"""Runners are told: by pages, by the stream, by a webhook; over crashes of the monitor, each once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from reactor.app.feeding import status_of
from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import Answer, Request, Response, serve
from reactor.http.server_listeners import open_tcp_listeners
from reactor.journal.news import News
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.embedded import apart, monitored

ENDED = News(
    *("x-1", 0.0, "ab", "c" * 64, "s", "web", "kill", "g/r", "pids 231 > 200", "", "ab", False, "t"),
    *("done", "ended", "", 137, "reactor"),
)


@pytest.mark.parametrize(
    ("changes", "status", "why"),
    [
        ({}, "cancelled", "reactor ended it by g/r: pids 231 > 200"),
        ({"ended_by": "", "exit_code": None}, "cancelled", "reactor ended it by"),
        ({"why": "already-over", "ended_by": "oom"}, "failed", "ran out of memory"),
        (
            {"why": "already-over", "ended_by": "itself", "exit_code": 3},
            "failed",
            "by itself with exit code 3",
        ),
        ({"why": "already-over", "ended_by": "itself", "exit_code": 0}, "completed", "exit code 0"),
        ({"why": "already-over", "ended_by": "engine"}, "failed", "through the engine"),
        ({"why": "gone", "ended_by": "", "exit_code": None}, "failed", "nobody saw how"),
        ({"result": "refused", "why": "protected", "ended_by": ""}, "", "goes on"),
        ({"dry_run": True, "result": "refused", "why": "dry-run", "ended_by": ""}, "", "goes on"),
        ({"action": "pause", "why": "carried-out", "ended_by": ""}, "", "goes on"),
        ({"action": "restart"}, "", "goes on"),
    ],
)
def test_the_words_that_runners_use(changes: dict[str, Any], status: str, why: str) -> None:
    said, because = status_of(replace(ENDED, **changes))
    assert said == status
    assert why in because


def storm(world: World, name: str, **labels: str) -> str:
    box = world.spawn(name=name, labels={"reactor.task": f"task-{name}", **labels})
    world.use(box, Usage(pids=231))
    return str(box.id)


async def page(monitor: Any, query: str = "") -> Any:
    answer = await Client(Address.unix(str(monitor.control))).request(
        "GET", f"/api/v1/decisions{query}", within=5
    )
    return json.loads(answer.body)


async def names_until(monitor: Any, since: str, *wanted: str) -> str:
    """Wait until these came behind a cursor, and nobody else; the cursor behind them."""
    with trio.fail_after(20):
        while True:
            told = await page(monitor, f"?since={since}")
            names = [each["name"] for each in told["decisions"]]
            if sorted(names) == sorted(wanted):
                return str(told["cursor"])
            assert set(names) <= set(wanted), names
            await trio.testing.wait_all_tasks_blocked(0.02)


@asynccontextmanager
async def hooked(heard: list[Any]) -> AsyncIterator[int]:
    async def take(request: Request) -> Answer:
        heard.append(json.loads(request.body))
        return Response(204)

    [listener] = await open_tcp_listeners(0)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: serve([listener], take, task_status=task_status))
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


async def told_to(heard: list[Any], times: int) -> None:
    """Wait until the hook was called so often: it is apart from the pages, and may come after them."""
    with trio.fail_after(20):
        while len(heard) < times:
            await trio.testing.wait_all_tasks_blocked(0.02)


async def test_what_happened_is_told_once_over_a_crash_of_the_monitor(tmp_path: Path) -> None:
    """By page, certificate and webhook; a neighbour at the limit is no news."""
    heard: list[Any] = []
    async with hooked(heard) as port:
        config = f"webhooks: [{{name: runner, url: 'http://127.0.0.1:{port}/'}}]\ntell: [runner]\n"
        async with monitored(tmp_path, config) as (world, monitor):
            near = world.spawn(name="near", labels={"reactor.task": "near"})
            world.use(near, Usage(pids=200))
            first = storm(world, "first")
            cursor = await names_until(monitor, "", "first")
            [told] = (await page(monitor))["decisions"]
            assert (told["container"], told["task"], told["status"]) == (first, "task-first", "cancelled")
            assert (told["exit_code"], told["ended_by"], told["rule"]) == (137, "reactor", "g/pids")
            assert told["status_reason"] == f"reactor ended it by g/pids: {told['reason']}"
            answer = await Client(Address.unix(str(monitor.control))).request(
                "GET", f"/api/v1/decisions/{told['id']}", within=5
            )
            paper = json.loads(answer.body)
            assert (answer.status, paper["id"], paper["ending"]["exit_code"]) == (200, told["id"], 137)
            await told_to(heard, 1)
            monitor.kill9()
            storm(world, "second")
            monitor.start()
            await apart(partial(monitor.wait_ready))
            await names_until(monitor, cursor, "second")
            await names_until(monitor, "", "first", "second")
            await told_to(heard, 2)
            assert near.alive
    assert [(each["type"], each["data"]["name"]) for each in heard] == [
        ("reactor.outcome", "first"),
        ("reactor.outcome", "second"),
    ]
    assert heard[0]["data"]["why"] == "ended"


async def test_the_stream_tells_within_moments_and_the_tcp_port_asks_for_the_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef-token\n")
    [free] = await open_tcp_listeners(0)
    port = free.socket.getsockname()[1]
    await free.aclose()
    config = f"api: {{listen: '127.0.0.1:{port}', token_file: {token}}}\n"
    async with monitored(tmp_path, config) as (world, _):
        client = Client(Address.tcp("127.0.0.1", port))
        assert (await client.request("GET", "/api/v1/decisions", within=5)).status == 401
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        async with stream:
            head = "GET /api/v1/decisions/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            await stream.send_all(f"{head}0123456789abcdef-token\r\n\r\n".encode())
            seen = ""
            with trio.fail_after(15):
                while "event: hello" not in seen:
                    seen += (await stream.receive_some()).decode()
                storm(world, "first")
                while "event: decision" not in seen or "\n\n" not in seen.partition("event: decision")[2]:
                    seen += (await stream.receive_some()).decode()
        told = json.loads(seen.partition("event: decision\ndata: ")[2].partition("\n")[0])
        assert (told["name"], told["status"], told["exit_code"]) == ("first", "cancelled", 137)
