"""``reactor health`` over real sockets: who is well, who is not, and who is nobody or no monitor at all."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.app.cli import main
from reactor.http.server import serve
from reactor.http.server_unix import open_unix_listener
from reactor.web.control import TERMS, Controls, control

Capture = pytest.CaptureFixture[str]
NO_MONITOR = "unhealthy: what listens there does not answer like a monitor\n"
UNREADABLE = "not ready: the answer cannot be read\n"


@pytest.fixture(autouse=True)
def _nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REACTOR_CONTROL", raising=False)


@asynccontextmanager
async def monitor(path: Path, **told: Any) -> AsyncIterator[None]:
    """The control socket of a monitor with this status."""

    def status() -> Mapping[str, Any]:
        return told

    def never(_: object) -> Mapping[str, Any]:
        raise AssertionError("it is only asked how it is")

    async def not_this_one() -> Mapping[str, Any]:
        raise AssertionError("nobody reloads")

    handler = control(Controls(status, never, not_this_one, never, never))
    listener = await open_unix_listener(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, [listener], handler, terms=TERMS))
        yield
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def somebody(path: Path, answer: Callable[[trio.SocketStream], Awaitable[None]]) -> AsyncIterator[None]:
    """Who listens there reads a request and answers in his own way."""

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            try:
                await stream.receive_some()
                await answer(stream)
            except trio.BrokenResourceError:
                """Whoever asked has gone."""

    listener = await open_unix_listener(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_listeners, handle, [listener]))
        yield
        nursery.cancel_scope.cancel()


async def health(*arguments: str | Path) -> int:
    """Its exit code, while those who answer go on."""
    return await trio.to_thread.run_sync(main, ["health", *map(str, arguments)])


async def asked(capsys: Capture, *arguments: str | Path) -> tuple[int, str, str]:
    """Its exit code, and what stands on stdout and stderr."""
    code = await health(*arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


async def test_a_loop_that_turns_is_healthy_whatever_it_does_not_see(tmp_path: Path, capsys: Capture) -> None:
    """An engine that is away is no reason to restart a monitor."""
    path = tmp_path / "c.sock"
    async with monitor(path, not_ready="the engine is not heard"):
        assert await asked(capsys, "--control", path) == (0, "healthy\n", "")


async def test_ready_is_who_sees_everything_as_well(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "c.sock"
    async with monitor(path, not_ready=""):
        assert await asked(capsys, "--control", path, "--ready") == (0, "ready\n", "")


async def test_who_is_not_ready_says_why_and_reaches_no_terminal(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "c.sock"
    async with monitor(path, not_ready="no list\x1b[31m of containers yet"):
        code, out, err = await asked(capsys, "--control", path, "--ready")
    assert (code, out) == (1, "")
    assert err.startswith("not ready: no list")
    assert err.rstrip("\n").isprintable()


async def test_the_environment_names_it_and_the_flag_comes_first(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here.sock", tmp_path / "there.sock"
    monkeypatch.setenv("REACTOR_CONTROL", str(there))
    async with monitor(here):
        assert (await asked(capsys))[0] == 1
        assert await asked(capsys, "--control", here) == (0, "healthy\n", "")
    async with monitor(there):
        assert await asked(capsys) == (0, "healthy\n", "")


async def test_the_only_one_is_found_and_of_two_one_has_to_be_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question for a yes or a no knows one code for a no."""
    monkeypatch.setattr("reactor.app.finding.control_folder", lambda _: tmp_path)
    code, out, err = await asked(capsys)
    assert (code, out) == (1, "")
    assert "no running monitor is found" in err
    async with monitor(tmp_path / "a.sock"):
        assert await asked(capsys) == (0, "healthy\n", "")
        async with monitor(tmp_path / "b.sock"):
            code, out, err = await asked(capsys)
            assert (code, out) == (1, "")
            assert "choose by --engine or --control" in err


async def test_nobody_listens(tmp_path: Path, capsys: Capture) -> None:
    """No file at all; one that a monitor left which was killed; and one that is no socket."""
    gone, left, file = tmp_path / "gone.sock", tmp_path / "left.sock", tmp_path / "file.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(left))
    file.write_text("")
    for path, why in (
        (gone, "No such file or directory"),
        (left, "Connection refused"),
        (file, "Connection refused"),
    ):
        assert await asked(capsys, "--control", path) == (1, "", f"unhealthy: {path}: {why}\n")


async def test_a_path_that_no_socket_can_have(tmp_path: Path, capsys: Capture) -> None:
    code, out, err = await asked(capsys, "--control", tmp_path / ("x" * 200))
    assert (code, out) == (1, "")
    assert "too long" in err


@pytest.mark.parametrize("address", ["https://127.0.0.1:9711", "http://127.0.0.1:9710", "unix:///run/c.sock"])
async def test_it_is_asked_at_a_socket_and_not_over_tcp(address: str, capsys: Capture) -> None:
    """Where orders are taken over TLS, a health check has no business: a mistake, and no state of health."""
    code, out, err = await asked(capsys, "--control", address)
    assert (code, out) == (2, "")
    assert "name it with --control SOCKET" in err


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\x01\x02\xff" * 100,
        b"\x15\x03\x01\x00\x02\x02\x46",  # what a TLS server says to whoever speaks HTTP to it
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 500 Internal Server Error\r\n\r\nhealthy",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"200",
    ],
)
@pytest.mark.parametrize("flags", [(), ("--ready",)], ids=["", "ready"])
async def test_what_is_no_monitor_is_not_healthy(
    tmp_path: Path, capsys: Capture, answer: bytes, flags: tuple[str, ...]
) -> None:
    path = tmp_path / "c.sock"
    async with somebody(path, lambda stream: stream.send_all(answer)):
        assert await asked(capsys, "--control", path, *flags) == (1, "", NO_MONITOR)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"{}", b'{"ready": true}', b"\xff\xfe", b"[" * 200_000]
)
async def test_a_status_that_cannot_be_read_is_not_ready(
    tmp_path: Path, capsys: Capture, body: bytes
) -> None:
    """Unknown is no yes."""
    path = tmp_path / "c.sock"
    async with somebody(path, lambda stream: stream.send_all(b"HTTP/1.1 200 OK\r\n\r\n" + body)):
        assert await asked(capsys, "--control", path, "--ready") == (1, "", UNREADABLE)


async def test_who_is_silent_or_slow_has_no_more_than_the_time_that_was_given(
    tmp_path: Path, capsys: Capture
) -> None:
    """In all, and not for each byte."""
    silent, slow = tmp_path / "silent.sock", tmp_path / "slow.sock"

    async def drips(stream: trio.SocketStream) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n\r\n" * 100:
            await stream.send_all(bytes([byte]))
            await trio.sleep(0.02)

    async def says_nothing(_: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with somebody(silent, says_nothing), somebody(slow, drips):
        for path in (silent, slow):
            with trio.fail_after(10):
                said = await asked(capsys, "--control", path, "--within", "0.3")
            assert said == (1, "", f"unhealthy: {path}: it does not answer in time\n")


async def test_an_answer_without_an_end_has_one(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "c.sock"

    async def floods(stream: trio.SocketStream) -> None:
        await stream.send_all(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send_all(b"x" * 65536)

    async with somebody(path, floods):
        assert await asked(capsys, "--control", path, "--ready", "--within", "20") == (1, "", UNREADABLE)


async def test_as_a_program_beside_a_monitor(tmp_path: Path) -> None:
    """As an image's health check runs it: by its exit code, with one line, and nothing that costs."""
    path = tmp_path / "c.sock"
    code = (
        "import json, sys; from reactor.app.cli import main;"
        "code = main(sys.argv[1:]);"
        "print(json.dumps(sorted({'trio', 'docker', 'h11', 'pydantic', 'reactivex'} & sys.modules.keys())));"
        "sys.exit(code)"
    )
    command = [sys.executable, "-c", code, "health", "--control", str(path)]
    async with monitor(path):
        done = await trio.to_thread.run_sync(
            partial(subprocess.run, command, check=False, capture_output=True, text=True, env={**os.environ})
        )
    assert (done.returncode, done.stderr) == (0, "")
    said, loaded = done.stdout.splitlines()
    assert (said, json.loads(loaded)) == ("healthy", [])
