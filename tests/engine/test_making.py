"""Making containers on a scripted engine: what it is told, what its answers mean, how long it takes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.core.container import ContainerId, Limits
from reactor.core.ports import (
    CannotMake,
    DeadlinePassed,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    NoSuchContainer,
)
from reactor.core.recipes import Bind, Port, Probe, Recipe
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import resolve
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.making import Making, document
from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.engine.fake import fake_engine
from tests.engine.payloads import A
from tests.hostile import HOSTILE, is_harmless

MIB = 1024 * 1024
ONE = ContainerId(A)
PLAIN = Recipe("t-1-pg", "postgres:16", Limits(100, 64 * MIB, None, 2.0))
CREATE, START = "POST /containers/create", f"POST /containers/{A}/start"
SHORT = Deadlines(create=0.3, start=0.3)


def host(recipe: Recipe, cpus: int = 0) -> dict[str, Any]:
    """What the engine is told of the host's side of it."""
    told = document(recipe, cpus)["HostConfig"]
    assert isinstance(told, dict)
    return told


def test_what_is_not_in_a_recipe_is_left_to_the_image() -> None:
    assert not {"Cmd", "Entrypoint", "Healthcheck", "StopTimeout"} & set(document(PLAIN))
    told = host(PLAIN, 8)
    assert (told["PidsLimit"], told["Memory"], told["MemorySwap"]) == (100, 64 * MIB, 64 * MIB)
    assert (told["NanoCpus"], told["Init"], told["NetworkMode"]) == (2_000_000_000, True, "default")
    assert told["RestartPolicy"] == {"Name": "no", "MaximumRetryCount": 0}
    assert not {"Binds", "LogConfig", "Privileged", "CapAdd", "SecurityOpt"} & set(told)


def test_what_is_in_a_recipe_is_told() -> None:
    full = replace(
        PLAIN,
        command=(),
        entrypoint=("a", "b"),
        environment={"A": "1", "B": "x=y"},
        labels={"k": "v"},
        binds=(Bind("/data/pg", "/data", read_only=True),),
        ports=(Port(80, 8080), Port(80, 0, address=""), Port(53, protocol="udp")),
        probe=Probe(("CMD-SHELL", "true"), 1.5, 0.25, 30.0, 4),
        user="1:2",
        working_dir="/w",
        network_mode=f"container:{A}",
        init=False,
        stop_grace=0.5,
        restart="on-failure:3",
        read_only=True,
    )
    told, there = document(full), host(full)
    assert (told["Cmd"], told["Entrypoint"], told["Env"]) == ([], ["a", "b"], ["A=1", "B=x=y"])
    assert (told["User"], told["WorkingDir"], told["StopTimeout"]) == ("1:2", "/w", 1)
    assert told["Labels"] == {"k": "v"}
    assert told["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}}
    assert told["Healthcheck"] == {
        "Test": ["CMD-SHELL", "true"],
        "Interval": 1_500_000_000,
        "Timeout": 250_000_000,
        "StartPeriod": 30_000_000_000,
        "Retries": 4,
    }
    (mount,) = there["Mounts"]
    assert (mount["Type"], mount["Source"], mount["Target"]) == ("bind", "/data/pg", "/data")
    assert (mount["ReadOnly"], mount["BindOptions"]) == (True, {"CreateMountpoint": False})
    assert there["PortBindings"]["80/tcp"] == [
        {"HostIp": "127.0.0.1", "HostPort": "8080"},
        {"HostIp": "", "HostPort": ""},
    ]
    assert there["PortBindings"]["53/udp"] == [{"HostIp": "127.0.0.1", "HostPort": ""}]
    assert (there["Init"], there["ReadonlyRootfs"]) == (False, True)
    assert there["NetworkMode"] == f"container:{A}"
    assert there["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}


def test_no_more_cpus_are_asked_for_than_there_are() -> None:
    assert host(PLAIN, 1)["NanoCpus"] == 1_000_000_000
    assert host(PLAIN, 0)["NanoCpus"] == 2_000_000_000


async def test_what_an_engine_is_asked() -> None:
    async with fake_engine() as (fake, engine):
        making = Making.on(engine)
        got = b""

        async def listen(request: bytes, stream: trio.abc.Stream) -> None:
            nonlocal got
            got = request
            while not got.endswith(b"}}"):
                got += bytes(await stream.receive_some())
            await fake.answers[CREATE](stream)

        fake.inform(NCPU=1)
        fake.say(CREATE, 201, {"Id": A, "Warnings": []})
        fake.overhear[CREATE] = listen
        assert await making.create(replace(PLAIN, name="a b&c=d")) == ONE
        assert fake.asked[-1] == "POST /v1.41/containers/create?name=a%20b%26c%3Dd"
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"content-type: application/json" in head
        assert json.loads(body) == document(PLAIN, 1)
        for status in (204, 304):
            fake.say(START, status)
            await making.start(ONE)


async def test_what_an_answer_means() -> None:
    async with fake_engine() as (fake, engine):
        making = Making.on(engine)
        for status, words, why in (
            (404, "No such image: postgres:16", "image"),
            (409, "Conflict. The container name is already in use", "name"),
            (400, "bind source path does not exist: /x", "bind"),
            (500, "no space left on device", "refused"),
        ):
            fake.say(CREATE, status, {"message": words})
            with pytest.raises(CannotMake, match=words.split(":")[0]) as refused:
                await making.create(PLAIN)
            assert refused.value.why == why
        fake.say(START, 500, {"message": "port is already allocated"})
        with pytest.raises(CannotMake) as refused:
            await making.start(ONE)
        assert refused.value.why == "port"
        fake.say(START, 404, {"message": f"No such container: {A}"})
        with pytest.raises(NoSuchContainer):
            await making.start(ONE)


async def test_what_is_no_answer_of_the_engine_is_none_of_these() -> None:
    """A proxy that denies, is busy or has lost its engine says nothing about the container."""
    async with fake_engine() as (fake, engine):
        making = Making.on(engine)
        for status, error in ((403, EngineForbids), (401, EngineForbids), (503, EngineAnswered)):
            for what in (CREATE, START):
                fake.say(what, status, raw=b"<html>")
            for call in (making.create(PLAIN), making.start(ONE)):
                with pytest.raises(error) as refused:
                    await call
                assert not isinstance(refused.value, CannotMake)
        for body in (b'{"Id": "short"}', b"{}", b"[]", b""):
            fake.say(CREATE, 201, raw=body)
            with pytest.raises(EngineSaidNonsense):
                await making.create(PLAIN)


async def test_each_has_a_deadline_and_is_asked_once() -> None:
    async with fake_engine() as (fake, engine):
        making = Making.on(engine, SHORT)
        await engine.identify()
        for what in (CREATE, START):
            fake.hang(what)
        for call in (making.create(PLAIN), making.start(ONE)):
            with pytest.raises(DeadlinePassed):
                await call
        assert sum("POST" in asked for asked in fake.asked) == 2


async def test_a_connection_that_is_cut_is_no_refusal() -> None:
    async def cut(stream: trio.abc.Stream) -> None:
        await stream.aclose()

    async with fake_engine() as (fake, engine):
        fake.answers[CREATE] = cut
        with pytest.raises(EngineUnreachable):
            await Making.on(engine).create(PLAIN)


async def test_who_is_not_named_by_a_full_id_is_not_started() -> None:
    async with fake_engine() as (fake, engine):
        with pytest.raises(ValueError, match="full"):
            await Making.on(engine).start(ContainerId("t-1-pg"))
        assert not any("start" in asked for asked in fake.asked)


async def test_a_strangers_words_come_through_unchanged_or_not_at_all(tmp_path: Path) -> None:
    """As values they are taken as they are, as a name they are refused, and shown they harm nobody."""
    world = World()
    world.add_image("postgres:16", {}, ("serves",))
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, tmp_path / "d.sock")
        engine = DockerEngine(resolve(f"unix://{tmp_path / 'd.sock'}", {}))
        making = Making.on(engine)
        for number, (kind, text) in enumerate(HOSTILE.items()):
            with pytest.raises(EngineError) as refused:
                await making.create(replace(PLAIN, name=text[:2000]))
            assert is_harmless(str(refused.value)), kind
            given = replace(PLAIN, name=f"n-{number}", labels={"task": text}, environment={"TASK": text})
            try:
                found = await engine.inspect(await making.create(given))
            except CannotMake:
                assert kind == "surrogates"
            else:
                assert found.labels == {"task": text}
        assert {box.name for box in world.boxes} <= {f"n-{number}" for number in range(len(HOSTILE))}
        nursery.cancel_scope.cancel()
