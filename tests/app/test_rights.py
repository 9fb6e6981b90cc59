"""Whether the engine lets us end anything: asked at the start, seldom, and again when it refused."""

import pytest
import trio
from trio.testing import MockClock

from reactor.app.rights import DIRECTLY, Rights, sees_to_rights
from reactor.core.container import ContainerId
from reactor.core.ports import EngineForbids, EngineUnreachable
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Fail, Kind
from reactor.testing.world import World

NOBODY = ContainerId("0" * 64)
DENIED = Fail(EngineForbids("POST: a proxy forbids this (status 403)"))


async def test_what_is_refused_is_said_once_and_asked_for_until_it_is_let_through(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    engine = DirectEngine(World())
    rights = Rights(engine, lambda: NOBODY, DIRECTLY)
    engine.script.always(Kind.KILL, DENIED)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rights.watch)
        await trio.sleep(601)
        assert rights.may_kill() is False
        assert rights.lack().startswith(DIRECTLY)
        assert engine.script.counts[Kind.KILL] == 41, "four times a minute and no more"
        assert [record.getMessage() for record in caplog.records] == ["the engine lets us end nothing"]
        engine.script.always(Kind.KILL, None)
        await trio.sleep(15)
        assert (rights.may_kill(), rights.lack()) == (True, "")
        assert caplog.records[-1].getMessage() == "the engine lets us end containers again"
        asked = engine.script.counts[Kind.KILL]
        await trio.sleep(3500)
        assert engine.script.counts[Kind.KILL] == asked
        nursery.cancel_scope.cancel()


async def test_an_engine_that_does_not_answer_says_nothing_about_rights(autojump_clock: MockClock) -> None:
    engine = DirectEngine(World())
    rights = Rights(engine, lambda: NOBODY)
    engine.script.next(Kind.KILL, Fail(EngineUnreachable("gone")))
    engine.script.next(Kind.KILL, DENIED)
    engine.script.next(Kind.KILL, Fail(EngineUnreachable("gone")))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rights.watch)
        found = []
        for _ in range(4):
            await trio.sleep(7.5)
            found.append(rights.may_kill())
            await trio.sleep(7.5)
        assert found == [None, False, False, True]
        nursery.cancel_scope.cancel()


def test_who_runs_dry_needs_no_right() -> None:
    assert sees_to_rights(DirectEngine(World()), dry_run=True) == ()
