"""The calls of those who act, on a scripted engine: what is asked, what is meant by it, how long it takes."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
import trio

from reactor.core.container import ContainerId, Limits
from reactor.core.ports import (
    DeadlinePassed,
    EngineAnswered,
    EngineForbids,
    EngineUnreachable,
    NoSuchContainer,
)
from reactor.engine import logs
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from tests.engine.fake import fake_engine
from tests.engine.payloads import A, B, inspect

ONE = ContainerId(A)
LOOK = f"GET /containers/{A}/json"
LOGS = f"GET /containers/{A}/logs"
LIMITS = Limits(7, 64 * 1024 * 1024, None, 0.5)
SHORT = Deadlines(restart=0.3, pause=0.3, update=0.3, remove=0.3, tail=0.3)
LONG = 4.0
"""Less than the least that any of these may take usually."""

Deed = Callable[[DockerEngine], Awaitable[int]]
DEEDS: dict[str, Deed] = {
    f"POST /containers/{A}/restart": lambda engine: engine.restart(ONE, 0),
    f"POST /containers/{A}/pause": lambda engine: engine.pause(ONE),
    f"POST /containers/{A}/unpause": lambda engine: engine.unpause(ONE),
    f"POST /containers/{A}/update": lambda engine: engine.update(ONE, LIMITS),
    f"DELETE /containers/{A}": lambda engine: engine.remove(ONE, force=True),
}
EACH = pytest.mark.parametrize(
    ("what", "deed"), DEEDS.items(), ids=[key.split(A)[-1] or "/remove" for key in DEEDS]
)


@EACH
async def test_the_status_is_the_answer_and_a_refusal_is_none(what: str, deed: Deed) -> None:
    async with fake_engine() as (fake, engine):
        for status in (200, 204, 304, 400, 404, 409, 500, 501, 503):
            fake.say(what, status, {"message": "No such container: x"} if status > 300 else None)
            assert await deed(engine) == status
        for status in (401, 403, 407):
            fake.say(what, status, raw=b"<html>403</html>")
            with pytest.raises(EngineForbids, match="forbids"):
                await deed(engine)


@EACH
async def test_each_has_a_deadline_and_is_asked_once(what: str, deed: Deed) -> None:
    """After it nobody knows whether it was done: whoever wanted it has to look."""
    async with fake_engine(SHORT) as (fake, engine):
        await engine.identify()
        fake.hang(what)
        began = trio.current_time()
        with pytest.raises(DeadlinePassed):
            await deed(engine)
        assert 0.2 < trio.current_time() - began < LONG
        assert len([one for one in fake.asked if one.partition("?")[0].replace("/v1.41", "") == what]) == 1


@EACH
async def test_a_connection_that_breaks_is_not_tried_again(what: str, deed: Deed) -> None:
    async with fake_engine() as (fake, engine):

        async def slam(_stream: trio.abc.Stream) -> None:
            return

        fake.answers[what] = slam
        with pytest.raises(EngineUnreachable, match="before an answer came"):
            await deed(engine)
        assert len([one for one in fake.asked if one.partition("?")[0].replace("/v1.41", "") == what]) == 1


@EACH
async def test_each_can_be_called_off(what: str, deed: Deed) -> None:
    async with fake_engine() as (fake, engine):
        await engine.identify()
        fake.hang(what)
        with trio.move_on_after(0.1) as patience:
            await deed(engine)
        assert patience.cancelled_caught


async def test_what_is_asked_word_for_word() -> None:
    async with fake_engine() as (fake, engine):
        await engine.identify()
        fake.asked.clear()
        await engine.restart(ONE, 2.5)
        await engine.restart(ONE, -1)
        for call in (engine.pause, engine.unpause):
            await call(ONE)
        await engine.update(ONE, LIMITS)
        await engine.remove(ONE, force=False)
        await engine.remove(ONE, force=True)
        assert [one.replace(f"/v1.41/containers/{A}", "") for one in fake.asked] == [
            *("POST /restart?t=3", "POST /restart?t=0", "POST /pause", "POST /unpause", "POST /update"),
            *("DELETE ?force=0&v=0", "DELETE ?force=1&v=0"),
        ]


async def test_an_update_is_json_with_both_limits_of_memory_and_no_more_cpus_than_there_are() -> None:
    got: list[bytes] = []
    async with fake_engine() as (fake, engine):
        fake.inform(NCPU=2)
        await engine.identify()
        acting = engine.for_acting()

        async def listen(head: bytes, stream: trio.abc.Stream) -> None:
            got.append(head)
            while b"}" not in got[-1]:
                got[-1] += bytes(await stream.receive_some())
            await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

        fake.overhear[f"POST /containers/{A}/update"] = listen
        assert await acting.update(ONE, Limits(7, 64 * 1024 * 1024, None, 8.0)) == 200
    head, _, body = got[0].partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert json.loads(body) == {
        "PidsLimit": 7,
        "Memory": 64 * 1024 * 1024,
        "MemorySwap": 64 * 1024 * 1024,
        "NanoCpus": 2_000_000_000,
    }


async def test_the_end_of_the_output() -> None:
    async with fake_engine() as (fake, engine):
        fake.stream(LOGS, b"\1\0\0\0\0\0\0\4one\n", b"\2\0\0", b"\0\0\0\0\5two\xff\n")
        assert await engine.tail(ONE, 5, 100) == "one\ntwo\ufffd"
        assert fake.asked[-1] == f"GET /v1.41/containers/{A}/logs?stdout=1&stderr=1&tail=5"
        fake.say(LOOK, body=inspect(config__Tty=True))
        fake.stream(LOGS, b"\1\0\0\0\0\0\0\4one\r\n")
        assert await engine.tail(ONE, 5, 100) == "????????one"


async def test_why_there_is_no_output() -> None:
    async with fake_engine() as (fake, engine):
        fake.say(LOGS, 501, {"message": "configured logging driver does not support reading"})
        with pytest.raises(EngineAnswered, match="501"):
            await engine.tail(ONE, 5, 100)
        fake.say(LOGS, 403, raw=b"<html>")
        with pytest.raises(EngineForbids):
            await engine.tail(ONE, 5, 100)
        fake.say(LOOK, body=inspect(Id=B))
        with pytest.raises(NoSuchContainer, match="another container"):
            await engine.tail(ONE, 5, 100)
        assert not [one for one in fake.asked[-1:] if "logs" in one]


async def test_output_that_does_not_end_is_bounded_in_time_and_in_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with fake_engine(replace(SHORT, tail=LONG)) as (fake, engine):
        await engine.identify()

        async def pour(stream: trio.abc.Stream) -> None:
            await stream.send_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                await stream.send_all(b"8\r\n\1\0\0\0\0\1\0\0\r\n10000\r\n" + 65536 * b"x" + b"\r\n")

        fake.answers[LOGS] = pour
        monkeypatch.setattr(logs, "MOST_READ", 1_000_000)
        assert await engine.tail(ONE, 5, 10) == "…xxxxxxx"
    async with fake_engine(SHORT) as (fake, engine):
        await engine.identify()
        fake.hang(LOGS)
        began = trio.current_time()
        with pytest.raises(DeadlinePassed):
            await engine.tail(ONE, 5, 100)
        assert trio.current_time() - began < LONG


async def test_output_that_breaks_off_is_no_answer() -> None:
    async with fake_engine() as (fake, engine):
        fake.stream(LOGS, b"\1\0\0\0\0\0\0\4one\n", last=b"")
        with pytest.raises(EngineUnreachable):
            await engine.tail(ONE, 5, 100)
