"""Who holds more memory than he is to have is not given that limit where the kernel would end him for it."""

from typing import Any

import pytest

from reactor.core.container import ContainerId, Limits
from reactor.core.ports import EngineError
from tests.engine.fake import QUICK, Fake, fake_engine
from tests.engine.payloads import A, inspect, line

MIB = 1024 * 1024
ONE = ContainerId(A)
UPDATE = f"POST /containers/{A}/update"
STATS = f"GET /containers/{A}/stats"
WANTED = Limits(pids=20, memory=64 * MIB)


def frame(usage: int, cache: int = 0) -> dict[str, Any]:
    """A reading with so much memory."""
    memory = {"usage": usage, "limit": 256 * MIB, "stats": {"inactive_file": cache}}
    return {"read": "2026-11-21T04:18:00Z", "pids_stats": {"current": 3}, "memory_stats": memory}


def changes(fake: Fake) -> int:
    """How often it was asked to change something."""
    return sum(asked.startswith("POST") for asked in fake.asked)


@pytest.mark.parametrize(
    ("usage", "cache", "status"),
    [(64 * MIB, 0, 200), (64 * MIB + 1, 0, 500), (90 * MIB, 30 * MIB, 200)],
    ids=["just as much", "a byte more", "the rest can be dropped"],
)
async def test_whoever_holds_more_keeps_his_limits(usage: int, cache: int, status: int) -> None:
    async with fake_engine() as (fake, engine):
        fake.inform(CgroupVersion="2")
        fake.say(UPDATE, body={"Warnings": None})
        empty = {"read": "0001-01-01T00:00:00Z"}
        fake.stream(STATS, line(empty) + b"\n", line(frame(usage, cache)) + b"\n")
        assert await engine.update(ONE, WANTED) == status
        assert changes(fake) == (status == 200)


async def test_what_cannot_be_read_is_not_nothing() -> None:
    async with fake_engine(QUICK) as (fake, engine):
        fake.inform(CgroupVersion="2")
        fake.hang(STATS)
        with pytest.raises(EngineError):
            await engine.update(ONE, WANTED)
        fake.stream(STATS, last=b"")
        with pytest.raises(EngineError):
            await engine.update(ONE, WANTED)
        assert changes(fake) == 0


@pytest.mark.parametrize("state", ["exited", "created"])
async def test_who_does_not_run_holds_nothing(state: str) -> None:
    async with fake_engine() as (fake, engine):
        fake.inform(CgroupVersion="2")
        fake.say(f"GET /containers/{A}/json", body=inspect(state__Status=state, state__Running=False))
        fake.say(UPDATE, body={"Warnings": None})
        assert await engine.update(ONE, WANTED) == 200


@pytest.mark.parametrize(("version", "wanted"), [("1", WANTED), ("2", Limits(pids=20))])
async def test_nobody_is_read_where_nobody_would_be_ended(version: str, wanted: Limits) -> None:
    async with fake_engine() as (fake, engine):
        fake.inform(CgroupVersion=version)
        fake.say(UPDATE, body={"Warnings": None})
        assert await engine.for_acting().update(ONE, wanted) == 200
        assert not [asked for asked in fake.asked if "/stats" in asked]


async def test_those_who_act_know_it_of_those_who_look() -> None:
    """They share what was agreed on."""
    async with fake_engine() as (fake, engine):
        fake.inform(CgroupVersion="2")
        fake.stream(STATS, line(frame(65 * MIB)) + b"\n")
        await engine.identify()
        assert await engine.for_acting().update(ONE, WANTED) == 500
        assert changes(fake) == 0
