"""Which engine is meant by a path, and what is answered where there is no monitor."""

import logging
from typing import cast

import h11
import pytest
import trio
from trio.testing import MockClock

from reactor.app.counters import Asked
from reactor.app.fleet.member import Stage, Standing
from reactor.app.fleet.wing import Wing, Wings
from reactor.app.front import open_front
from reactor.app.log import JsonFormatter
from reactor.app.settings import Settings, WebTerms
from reactor.http.server import Aborted, Answer, Handler, Request, Response, StreamingResponse, Writer
from reactor.observe.tally import Tally
from reactor.web.listen import parse_listen

RECORD = logging.LogRecord("reactor.app", logging.INFO, "", 0, "somebody is to be ended", None, None)


def asked(path: str, method: str = "GET") -> Request:
    return Request(method, path, {}, {"host": "127.0.0.1"})


async def echo(request: Request) -> Answer:
    return Response(200, request.path.encode())


async def hall(_: Request) -> Answer:
    return Response(200, b"the hall")


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, b"the hall"),
        ("/metrics", 200, b"the hall"),
        ("/engines", 200, b"the hall"),
        ("/engines/east/", 200, b"/"),
        ("/engines/east/api/v1/status", 200, b"/api/v1/status"),
        ("/engines/east//x", 200, b"//x"),
        ("/engines/east/engines/west/", 200, b"/engines/west/"),
        ("/engines/eas/", 404, b""),
        ("/engines/eastt/", 404, b""),
        ("/engines//", 404, b""),
        ("/engines/../east/", 404, b""),
        ("/engines/EAST/", 404, b""),
    ],
)
async def test_the_path_says_which_engine_is_meant(path: str, status: int, body: bytes) -> None:
    answer = await Wings({"east": echo}, hall).answer(asked(path))
    assert isinstance(answer, Response)
    assert answer.status == status
    assert status == 404 or answer.body == body


async def test_without_the_slash_a_browser_is_sent_to_where_relative_links_are_right() -> None:
    answer = await Wings({"east": echo}, hall).answer(asked("/engines/east"))
    assert isinstance(answer, Response)
    assert (answer.status, [*answer.headers]) == (308, [("Location", "east/")])


def wing(standing: Standing, *, orders: bool = False, renewing: bool = True) -> Wing:
    settings = Settings(web=WebTerms(orders=orders))
    return Wing(standing, open_front(settings, parse_listen("127.0.0.1:0")), b"t", Tally(), renewing=renewing)


@pytest.mark.parametrize("place", ["by_web", "by_socket", "by_token"])
async def test_an_empty_wing_says_why_at_every_place(place: str) -> None:
    empty = wing(Standing("east", Stage.AWAY, "nobody listens"))
    answer = await getattr(empty, place)(asked("/v1/kill", "GET"))
    assert isinstance(answer, Response)
    assert answer.status == 503
    assert b"east: nobody listens" in answer.body


async def test_orders_to_an_empty_wing_are_refused() -> None:
    answer = await wing(Standing("east"), orders=True).by_web(asked("/v1/kill", "POST"))
    assert isinstance(answer, Response)
    assert answer.status == 503


class Streaming:
    """Stands for what a monitor answers: a stream without an end, at every place."""

    def __init__(self) -> None:
        self.leases_begun = 0
        self.lines: list[str] = []

    def begin_leases(self) -> None:
        self.leases_begun += 1

    def by_web(self) -> Handler:
        return self._stream

    by_socket = by_web

    def by_token(self, token: bytes) -> Handler:
        assert token == b"t"
        return self._stream

    async def _stream(self, _: Request) -> Answer:
        self.lines.append(JsonFormatter().format(RECORD))
        return StreamingResponse(self._endless)

    async def _endless(self, _: Writer) -> None:
        await trio.sleep_forever()


@pytest.mark.parametrize("place", ["by_web", "by_socket", "by_token"])
async def test_who_looks_at_a_monitor_that_is_gone_sees_his_stream_end(
    place: str, autojump_clock: MockClock
) -> None:
    """He would take what it last said for what is."""
    full, over = wing(Standing("east"), orders=True), trio.Event()

    async def sent(_: bytes) -> None:
        return

    async def look(answer: StreamingResponse) -> None:
        with pytest.raises(Aborted):
            await answer.body(Writer(sent, h11.Connection(h11.SERVER)))
        over.set()

    async with trio.open_nursery() as nursery:
        with full.occupied():
            await full.open(cast("Asked", Streaming()), nursery)
            answer = await getattr(full, place)(asked("/api/v1/decisions/stream"))
            assert isinstance(answer, StreamingResponse)
            nursery.start_soon(look, answer)
            await trio.sleep(100)
            assert not over.is_set()
        with trio.fail_after(1):
            await over.wait()
    gone = await getattr(full, place)(asked("/api/v1/decisions/stream"))
    assert isinstance(gone, Response)
    assert gone.status == 503


@pytest.mark.parametrize("place", ["by_web", "by_socket", "by_token"])
async def test_what_an_order_leads_to_is_said_with_the_engine(place: str) -> None:
    """The task that serves the socket is of no engine, and decisions are made in it all the same."""
    asked, full = Streaming(), wing(Standing("east"), orders=True)
    async with trio.open_nursery() as nursery:
        with full.occupied():
            await full.open(cast("Asked", asked), nursery)
            await getattr(full, place)(Request("POST", "/v1/kill", {}, {"host": "127.0.0.1"}))
    assert ['"engine":"east"' in line for line in asked.lines] == [True]
    assert '"engine"' not in JsonFormatter().format(RECORD)


@pytest.mark.parametrize("renewing", [True, False])
async def test_no_lease_runs_out_where_nobody_can_renew_it(renewing: bool) -> None:
    """Without a control socket and a place for runners, those of an earlier monitor would all end."""
    asked, full = Streaming(), wing(Standing("east"), renewing=renewing)
    async with trio.open_nursery() as nursery:
        with full.occupied():
            await full.open(cast("Asked", asked), nursery)
    assert asked.leases_begun == renewing
