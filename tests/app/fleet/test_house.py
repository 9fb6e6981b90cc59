"""The sockets that several engines share: what is told there to whom, before any monitor is there."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing

from reactor.app.engines import Meant
from reactor.app.fleet.member import Stage
from reactor.app.fleet.watching import House, Sockets, watch_several
from reactor.app.front import open_front
from reactor.app.settings import Api, Settings
from reactor.app.systemd.notifying import Notifier
from reactor.core.rules import RuleSet
from reactor.engine.endpoint import resolve
from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import Request, Response
from reactor.http.server_unix import own_unix_listener
from reactor.observe.otel import BadSetting
from reactor.web import control
from reactor.web.listen import parse_listen

TOKEN = b"the token of runners"
SETTINGS = Settings(api=Api(parse_listen("127.0.0.1:0"), TOKEN))


def engines(folder: Path, settings: Settings = SETTINGS) -> list[Meant]:
    return [Meant(name, resolve(f"unix://{folder / name}.sock", {}), settings) for name in ("east", "secret")]


def house(folder: Path) -> House:
    front = open_front(SETTINGS, parse_listen("127.0.0.1:0"))
    return House(engines(folder), RuleSet((), "v"), None, front, Notifier())


@pytest.mark.parametrize(
    "path", ["/", "/engines/secret", "/engines/secret/", "/engines/secret/api/v1/decisions", "/engines/none/"]
)
@pytest.mark.parametrize("shown", ["", "Bearer another"])
async def test_who_has_no_token_is_told_nothing_of_engines(path: str, shown: str, tmp_path: Path) -> None:
    """Neither what they are called nor why one is away: an address may stand in that."""
    found = house(tmp_path)
    away = found.standings["secret"]
    away.stage, away.why = Stage.AWAY, "GET /version: nobody listens at 10.1.2.3"
    headers = {"host": "x", **({"authorization": shown} if shown else {})}
    answer = await found.by_token()(Request("GET", path, {}, headers))
    assert isinstance(answer, Response)
    assert answer.status == 401
    assert b"secret" not in answer.body
    assert b"10.1.2.3" not in answer.body


async def test_who_has_the_token_is_told_why_nobody_answers(tmp_path: Path) -> None:
    found = house(tmp_path)
    shown = {"authorization": f"Bearer {TOKEN.decode()}"}
    asked = Request("GET", "/engines/east/api/v1/decisions", {}, shown)
    answer = await found.by_token()(asked)
    assert isinstance(answer, Response)
    assert (answer.status, answer.body) == (503, b'{"error": "east: starting"}\n')
    answer = await found.by_token()(replace(asked, path="/"))
    assert isinstance(answer, Response)
    assert answer.status == 409


async def test_what_nobody_can_follow_is_said_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same for all engines, and no mistake of one: each would break, and begin again, for ever."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")
    found = engines(tmp_path, Settings(listen="off", control="off"))
    with trio.fail_after(20), pytest.raises(BadSetting, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        await watch_several(found, RuleSet((), "v"), None, Notifier())


async def test_those_who_follow_one_engine_leave_room_for_who_asks_another_one(tmp_path: Path) -> None:
    """Each has seats for streams and for leases; together as many as the socket of one has connections."""
    found, path = house(tmp_path), tmp_path / "control.sock"
    async with own_unix_listener(path) as listener, AsyncExitStack() as open_, trio.open_nursery() as nursery:
        await found.answer(Sockets([], [], [listener]), nursery)
        for _ in range(control.TERMS.connections):
            await open_.enter_async_context(await trio.open_unix_socket(str(path)))
        await trio.testing.wait_all_tasks_blocked(0.1)
        answer = await Client(Address.unix(str(path))).request("GET", "/-/healthy", within=5.0)
        assert answer.status == 200
        nursery.cancel_scope.cancel()
