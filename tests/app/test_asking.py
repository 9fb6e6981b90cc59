"""Which monitor a command speaks to, and what is said when there is none."""

import json
import socket
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio

from reactor.app.asking import ask, find_way
from reactor.app.complaint import FOUND, Complaint
from reactor.app.finding import Found, find_control
from reactor.app.places import default_control
from reactor.app.pulse import health
from reactor.client import Client
from reactor.http.server import Answer, Request, Response, serve
from reactor.http.server_routes import Routes, routed
from reactor.http.server_unix import own_unix_listener
from reactor.web.control import refusal
from reactor.web.listen import Listen, open_listeners


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever listens here answers, and on a busy machine not within half a second; others refuse at once."""
    monkeypatch.setattr("reactor.app.finding.WITHIN", 20.0)


def listening(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    path.parent.mkdir(exist_ok=True)
    listener.bind(str(path))
    return listener


def test_the_one_that_is_named_then_the_environments_then_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    named = tmp_path / "named.sock"
    unnamed = Namespace(control=None)
    assert find_way(Namespace(control=named), environ).address.path == str(named)
    assert find_way(unnamed, {**environ, "REACTOR_CONTROL": str(named)}).address.path == str(named)
    only = tmp_path / "reactor" / "a.sock"
    with listening(only):
        (only.parent / "left.txt").touch()
        assert find_control(environ) == Found(str(only))
        with listening(only.with_name("b.sock")), pytest.raises(Complaint) as two:
            find_control(environ)
        assert "there are 2 control sockets" in str(two.value)
        assert str(only) in str(two.value)


def test_without_any_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(Complaint, match="no running monitor is found"):
        find_control({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_socket_that_a_monitor_left_behind_is_no_monitor(tmp_path: Path) -> None:
    with (
        listening(tmp_path / "left.sock"),
        pytest.raises(Complaint, match=r"no monitor listens at .*left\.sock"),
    ):
        ask(Namespace(control=tmp_path / "left.sock"), "GET", "/v1/status")


def saying(engine: str, below: str = "") -> Routes:
    """A monitor that says which engine it watches, and what it was asked."""

    async def handle(request: Request) -> Answer:
        told = {"engine": engine, "not_ready": "", "decisions": [], "cursor": f"at {request.path}"}
        return Response(200, json.dumps(told).encode(), "application/json")

    return {f"{below}{path}": {"GET": handle} for path in ("/v1/status", "/-/healthy", "/api/v1/decisions")}


@asynccontextmanager
async def monitors(folder: Path, *engines: str) -> AsyncIterator[dict[str, str]]:
    """One for each engine, by its own socket in the usual folder; the environment that names that."""
    (folder / "reactor").mkdir(mode=0o700)
    async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
        for number, engine in enumerate(engines):
            path = folder / "reactor" / f"{number}.sock"
            listener = await stack.enter_async_context(own_unix_listener(path))
            await nursery.start(serve, [listener], routed(saying(engine)))
        yield {"XDG_RUNTIME_DIR": str(folder)}
        nursery.cancel_scope.cancel()


async def test_one_of_several_is_chosen_by_its_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever chooses none, or one that nobody watches, is told which there are."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("REACTOR_CONTROL", raising=False)
    async with monitors(tmp_path, "ci", "lab", "twice", "twice") as environ:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        folder = tmp_path / "reactor"
        with listening(folder / "left.sock"):
            pass

        async def said(engine: str) -> str:
            with pytest.raises(Complaint) as complaint:
                await trio.to_thread.run_sync(find_control, environ, engine)
            return str(complaint.value)

        one = await trio.to_thread.run_sync(find_control, environ, "lab")
        assert one == Found(str(folder / "1.sock"))
        told = await trio.to_thread.run_sync(
            partial(ask, Namespace(control=None, engine="ci"), "GET", "/v1/status")
        )
        assert told["engine"] == "ci"
        assert await said("") == "\n".join(
            [
                f"reactor: there are 5 control sockets in {folder}: choose by --engine or --control",
                f"  {folder / '0.sock'}  ci",
                f"  {folder / '1.sock'}  lab",
                f"  {folder / '2.sock'}  twice",
                f"  {folder / '3.sock'}  twice",
                f"  {folder / 'left.sock'}  (nobody answers)",
            ]
        )
        assert (await said("la")).startswith(f"reactor: no monitor with a control socket in {folder} watches")
        assert (await said("twice")).startswith("reactor: 2 monitors call an engine twice")
        well = Namespace(control=None, engine="lab", ready=True, within=5.0)
        assert await trio.to_thread.run_sync(health, well) == 0
        with pytest.raises(Complaint) as none:
            await trio.to_thread.run_sync(health, Namespace(**{**vars(well), "engine": "no"}))
        assert none.value.code == FOUND


async def test_the_only_one_is_not_taken_for_another_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    async with monitors(tmp_path, "ci") as environ:
        with pytest.raises(Complaint, match="watches an engine called lab"):
            await trio.to_thread.run_sync(find_control, environ, "lab")
        assert (await trio.to_thread.run_sync(find_control, environ)).named.endswith("/0.sock")


async def test_at_an_address_an_engine_is_below_a_path() -> None:
    """By the path itself, or by the flag; runners' library takes it, too."""
    listeners = await open_listeners(Listen("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
    routes = {**saying("all"), **saying("one", "/engines/far one")}
    async with trio.open_nursery() as nursery:
        await nursery.start(serve, listeners, routed(routes))

        async def asked(control: str, engine: str = "") -> object:
            options = Namespace(control=control, engine=engine)
            return (await trio.to_thread.run_sync(partial(ask, options, "GET", "/v1/status")))["engine"]

        assert await asked(address) == "all"
        assert await asked(f"{address}/engines/far%20one/") == "one"
        assert await asked(address, "far one") == "one"
        below = await trio.to_thread.run_sync(Client(f"{address}/engines/far%20one/").decisions)
        with pytest.raises(Complaint, match="nobody answers below /engines/none"):
            await asked(address, "none")
        assert below.cursor == "at /engines/far one/api/v1/decisions"
        assert (await trio.to_thread.run_sync(Client(address).decisions)).cursor == "at /api/v1/decisions"
        nursery.cancel_scope.cancel()


async def test_of_one_process_with_several_engines_each_is_below_a_path_of_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found among the sockets or named; the socket of one engine is no other's."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    async with monitors(tmp_path, "alone") as environ, trio.open_nursery() as nursery:
        folder = tmp_path / "reactor"
        house, alone = folder / "engines.sock", folder / "0.sock"

        async def status(_: Request) -> Answer:
            return Response(200, json.dumps({"engines": [{"name": "ci"}, {"name": "far one"}]}).encode())

        async def away(_: Request) -> Answer:
            return refusal(503, "ci: nobody listens")

        routes = {"/v1/status": {"GET": status}, **saying("far one", "/engines/far one")}
        routes["/engines/ci/-/healthy"] = {"GET": away}
        async with own_unix_listener(house) as listener:
            await nursery.start(serve, [listener], routed(routes))
            way = await trio.to_thread.run_sync(find_way, Namespace(control=None, engine="far one"), environ)
            assert (way.address.path, way.prefix) == (str(house), "/engines/far%20one")
            asked = partial(ask, Namespace(control=house, engine="far one"), "GET", "/v1/status")
            assert (await trio.to_thread.run_sync(asked))["engine"] == "far one"
            named = {**environ, "REACTOR_CONTROL": str(alone)}
            way = await trio.to_thread.run_sync(find_way, Namespace(control=None, engine="alone"), named)
            assert (way.address.path, way.prefix) == (str(alone), "")
            with pytest.raises(Complaint, match="watches no engine called ci, but alone"):
                await trio.to_thread.run_sync(find_way, Namespace(control=alone, engine="ci"), environ)
            ill = Namespace(control=house, engine="ci", ready=False, within=5.0)
            with pytest.raises(Complaint, match="unhealthy: ci: nobody listens"):
                await trio.to_thread.run_sync(health, ill)
            with pytest.raises(Complaint, match=r"engines\.sock  ci, far one"):
                await trio.to_thread.run_sync(find_way, Namespace(control=None), environ)
            nursery.cancel_scope.cancel()


def test_at_an_address_of_the_environment_an_engine_is_below_it() -> None:
    way = find_way(Namespace(control=None, engine="ci"), {"REACTOR_CONTROL": "http://h:1/x/"})
    assert way.prefix == "/x/engines/ci"


def test_the_path_of_a_socket_is_short_whatever_the_engine_calls_itself() -> None:
    """A socket's path has at most 107 bytes."""
    path = default_control("X/../" * 50, {}, root=True)
    assert path.parent == Path("/run/reactor")
    assert len(str(path)) < 60
