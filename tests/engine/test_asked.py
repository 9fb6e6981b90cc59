"""The table of calls is what the engine is asked: no call is missing in it, and none stands there in vain."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product

import pytest

from reactor.core.container import ContainerId, Limits, Run
from reactor.core.ports import CannotMake, EngineError
from reactor.core.recipes import Recipe
from reactor.engine import canaries, limits, making
from reactor.engine.asked import CALLS, Asked, Need
from reactor.engine.canaries import Canaries
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.holders import holders
from reactor.engine.making import Making
from reactor.engine.premises import Premises
from tests.engine.fake import fake_engine
from tests.engine.payloads import STARTED, A

ONE = ContainerId(A)
MIB = 1024 * 1024
WHOSE = "KFG5:XKXD:2JQ3:72PM-0123456789abcdef"
PLAIN = Recipe("t-1-pg", "registry.example.org:5000/db/postgres:16@sha256:" + "0" * 64, Limits(100, 64 * MIB))
SAID = (EngineError, EngineSaidNonsense, CannotMake, canaries.NoSuchImage)


async def test_each_call_is_in_the_table_and_each_of_the_table_is_made() -> None:
    async with fake_engine() as (fake, engine):
        fake.say("GET /containers/json", body=[])
        await engine.identify()
        await engine.list()
        await engine.inspect(ONE)
        for since in (None, 0.0, 1795262400.123456789):
            with suppress(*SAID):
                async with engine.open_events(since):
                    pass
        with suppress(*SAID):
            async with engine.open_stats(Run(ONE, STARTED)):
                pass
        for call in (
            engine.layer_size(ONE), engine.kill(ONE), engine.stop(ONE, 0), engine.stop(ONE, 299.5),
            engine.restart(ONE, 10), engine.pause(ONE), engine.unpause(ONE), engine.tail(ONE, 20, 1000),
            engine.update(ONE, Limits(256, 64 * MIB, 128 * MIB, 0.5)), engine.remove(ONE, force=False),
            Making.on(engine).create(PLAIN), Making.on(engine).start(ONE), holders(engine),
            Canaries.on(engine, WHOSE).make("busybox:1.36", "0123abcd"),
            Canaries.on(engine, WHOSE).take_away(ONE), Canaries.on(engine, WHOSE).left(),
            Premises.on(engine).image(PLAIN.image), Premises.on(engine).ports(),
        ):  # fmt: skip
            with suppress(*SAID):
                await call
    found = {line: [each.name for each in CALLS if each.fits(*line.split(" ", 1))] for line in fake.asked}
    assert [line for line, names in found.items() if not names] == []
    assert {name for names in found.values() for name in names} == {each.name for each in CALLS}


def one(name: str) -> Asked:
    return next(each for each in CALLS if each.name == name)


def test_bodies_are_those_that_are_sent() -> None:
    given = product((None, 1, 256), (None, 6 * MIB, 2**40), (None, 0.01, 2.0))
    for each in (Limits(pids, memory, None, cpu) for pids, memory, cpu in given):
        body = limits.written(each, 4)
        fits = re.search(one("update").body, body.decode()) is not None
        assert fits is (each != Limits()), body
        assert len(body) <= one("update").most
    for image in ("busybox", "a.b/c-d__e:1.0", PLAIN.image):
        body = canaries.written(image, WHOSE)
        assert re.search(one("make_canary").body, body.decode()), body
        assert len(body) <= one("make_canary").most
    assert re.search(one("make").body, str(making.document(PLAIN)).replace("'", '"'))


@pytest.mark.parametrize(
    "body",
    [
        '{"RestartPolicy": {"Name": "always"}}', '{"PidsLimit": 0}', '{"PidsLimit": -1}', "{}", "[]",
        '{"Memory": 1, "RestartPolicy": {}}', '{"memory": 1}', '{"Memory": 1}{"Devices": []}',
        '{"Memory": 1e9}', '{"Memory":\t1}', ' {"Memory": 1}',
    ],
)  # fmt: skip
def test_an_update_can_change_nothing_but_limits_and_lift_none(body: str) -> None:
    assert re.search(one("update").body, body) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"CapDrop":["ALL"]', '"CapDrop":[]'),
        ('"AutoRemove":true', '"AutoRemove":true,"Privileged":true'),
        ('"User":"65534:65534"', '"User":"0:0"'),
        ('"Image":"busybox"', '"Image":"busybox","HostConfig":{"Binds":["/:/host"]},"x":"y"'),
        ('"Image":"busybox"', '"Image":"../busybox"'),
        ("sleep 120", "rm -rf /"),
    ],
)
def test_a_canary_is_made_byte_for_byte(before: str, after: str) -> None:
    body = canaries.written("busybox", WHOSE).decode()
    assert before in body
    assert re.search(one("make_canary").body, body.replace(before, after)) is None
    assert re.search(one("make_canary").body, body + "{}") is None


def refusable() -> Iterator[str]:
    """Targets that look like a call and are none."""
    names = ("web", A[:12], A[:63], A + "a", A.upper())
    yield from (f"/v1.41/containers/{name}/kill?signal=KILL" for name in names)
    yield from (f"/v1.41/containers/{A}/kill{query}" for query in ("", "?", "?signal=TERM", "?signal=KILL&x"))
    yield f"/containers/{A}/kill?signal=KILL"
    yield f"/v1.23/containers/{A}/kill?signal=KILL"
    yield f"/v1.41/containers/{A}/kill?signal=KILL\n"
    yield f"/v1.41/containers/{A}/exec"


@pytest.mark.parametrize("target", [*refusable()])
def test_what_only_looks_like_a_kill_is_none(target: str) -> None:
    assert not [each for each in CALLS if each.fits("POST", target)]


def test_who_observes_only_asks() -> None:
    assert {each.method for each in CALLS if each.is_for([Need.OBSERVE])} == {"GET"}
    assert {each.path for each in CALLS if each.is_for([Need.ACT]) and each.method != "GET"} == {
        f"/containers/{{id}}/{deed}" for deed in ("kill", "stop", "restart", "pause", "unpause")
    }
