"""A defect while somebody is answered is a 500, a line in the log and a count; the server goes on."""

import json
import logging

import pytest
import trio

from reactor.http.server import Aborted, Answer, ClientGone, Request, StreamingResponse, Writer, sentence
from reactor.web.defects import unbroken
from tests.access.scene import scene
from tests.http.test_server import GET, said, serving


class Broken:
    """A handler that breaks as its path says; and how often a defect was counted."""

    def __init__(self) -> None:
        self.counted = 0

    def count(self) -> None:
        self.counted += 1

    async def handle(self, request: Request) -> Answer:
        await trio.lowlevel.checkpoint()
        match request.path:
            case "/raises":
                raise KeyError("\x1b[31m" + "x" * 9999)
            case "/group":
                raise ExceptionGroup("several", [ValueError("one"), KeyError("two")])
            case "/answers":
                return sentence(500, "by itself")
            case "/aborts":
                raise Aborted(reset=False)
            case "/gone":
                raise ClientGone
            case "/stream":
                return StreamingResponse(self.body)
        return sentence(200, "well")

    async def body(self, writer: Writer) -> None:
        await writer.send(b"begun")
        raise RuntimeError("in the middle")


def ask(path: str) -> bytes:
    return GET.replace(b"/ ", f"{path} ".encode())


@pytest.mark.parametrize(
    ("path", "begin", "defects"),
    [
        ("/raises", b"HTTP/1.1 500", 1),
        ("/group", b"HTTP/1.1 500", 1),
        ("/answers", b"HTTP/1.1 500", 1),
        ("/stream", b"HTTP/1.1 200", 1),
        ("/aborts", b"", 0),
        ("/gone", b"", 0),
        ("/", b"HTTP/1.1 200", 0),
    ],
)
async def test_a_defect_breaks_one_answer(
    path: str, begin: bytes, defects: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the server nor anybody else."""
    broken = Broken()
    async with serving(unbroken(broken.handle, broken.count)) as port:
        answer = await said(port, ask(path))
        assert answer.startswith(begin)
        assert bool(answer) is bool(begin)
        assert not answer.endswith(b"0\r\n\r\n"), "nobody takes half of a stream for the whole"
        assert broken.counted == defects
        assert (await said(port, ask("/"))).endswith(b"well\n")
    logged = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(logged) == (defects if path != "/answers" else 0)
    assert b"x" * 100 not in answer


async def test_who_is_cancelled_is_no_defect() -> None:
    async def handler(_: Request) -> Answer:
        await trio.sleep_forever()
        raise AssertionError

    broken = Broken()
    with trio.move_on_after(0.01) as scope:
        await unbroken(handler, broken.count)(Request("GET", "/", {}, {}))
    assert scope.cancelled_caught
    assert broken.counted == 0


async def test_behind_the_front_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the door, too, and where the file of the door is read."""
    broken = Broken()
    async with scene(site=broken.handle) as there:
        for path in ("/raises", "/stream", "/answers"):
            await said(there.port, ask(path).replace(b"h\r", b"localhost\r"))
        monkeypatch.setattr("reactor.access.doors.foreign_host", None)
        answer = await there.ask("/")
        assert (answer.status, list(json.loads(answer.body))) == (500, ["error"])
        assert there.tally.freeze().counters["reactor_web_defects_total"] == {(): 4}
