"""The two tasks: what they feed, when, and what they say where nothing can be known."""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import Run
from reactor.core.facts import Fact, HostSeen, ZombiesSeen
from reactor.kernel.watching import KernelWatch
from tests.core.build import cid, started
from tests.kernel.build import KIB, FakeProc, v2
from tests.kernel.test_memory import OURS

ONE, TWO = Run(cid(1), started()), Run(cid(2), started())


@dataclass
class Wish:
    """What the rules in force ask for."""

    host: bool = True
    zombies: frozenset[Run] = frozenset()
    fed: list[Fact] = field(default_factory=list)
    news: trio.Event = field(default_factory=trio.Event)

    def take(self, fact: Fact) -> None:
        self.fed.append(fact)
        self.news.set()
        self.news = trio.Event()

    async def wait(self, count: int) -> None:
        """Wait for what another thread sees; its time is not ours."""
        with trio.fail_after(5):
            while len(self.fed) < count:
                await self.news.wait()

    def watch(self, proc: Path) -> KernelWatch:
        return KernelWatch(self.take, lambda: self.host, lambda: self.zombies, proc)


async def test_the_host_is_told_once_a_second_while_somebody_asks(
    autojump_clock: MockClock, tmp_path: Path, nursery: trio.Nursery
) -> None:
    proc, wish = FakeProc(tmp_path), Wish()
    watch = wish.watch(tmp_path)
    watch.connected(OURS)
    began = trio.current_time()
    nursery.start_soon(watch.watch_host)
    await trio.sleep(1.5)
    proc.memory(16_000, 7_000)
    await trio.sleep(1)
    wish.host = False
    await trio.sleep(10)
    total = 16_000 * KIB
    assert wish.fed == [
        HostSeen(began, total, 8_000 * KIB),
        HostSeen(began + 1, total, 8_000 * KIB),
        HostSeen(began + 2, total, 7_000 * KIB),
    ]


async def test_of_another_host_nothing_is_told_and_the_reason_is_said_once(
    autojump_clock: MockClock, tmp_path: Path, nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    FakeProc(tmp_path)
    wish = Wish()
    watch = wish.watch(tmp_path)
    watch.connected(replace(OURS, memory=1))
    with caplog.at_level(logging.WARNING, "reactor.kernel"):
        nursery.start_soon(watch.watch_host)
        await trio.sleep(30.5)
        assert wish.fed == []
        (said,) = caplog.records
        assert "host.memory_available is unknown" in said.message
        assert "another host" in said.__dict__["why"]
        # The engine is another one after a reconnect.
        watch.connected(OURS)
        await trio.sleep(1)
        assert len(wish.fed) == 1
        watch.connected(replace(OURS, kernel="5.0"))
        await trio.sleep(5)
    assert len(wish.fed) == 1
    assert len(caplog.records) == 1


async def test_zombies_are_counted_for_the_runs_that_are_known(tmp_path: Path, nursery: trio.Nursery) -> None:
    """At once, for those that can be seen; a run of which nothing is seen is left out."""
    proc, wish = FakeProc(tmp_path), Wish(zombies=frozenset({ONE, TWO}))
    proc.process(100, 1, v2(ONE.id))
    proc.zombie(101, 100, v2(ONE.id))
    nursery.start_soon(wish.watch(tmp_path).watch_zombies)
    await wish.wait(1)
    (seen,) = wish.fed
    assert isinstance(seen, ZombiesSeen)
    assert seen.counts == {ONE: 1}
    assert seen.began <= seen.at


async def test_that_nobody_can_be_seen_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> None:
    FakeProc(tmp_path)
    monkeypatch.setattr("reactor.kernel.watching.ZOMBIES_EVERY", 0.01)
    wish = Wish(zombies=frozenset({ONE}))
    with caplog.at_level(logging.WARNING, "reactor.kernel"):
        nursery.start_soon(wish.watch(tmp_path).watch_zombies)
        await wish.wait(5)
    assert all(isinstance(fact, ZombiesSeen) and not fact.counts for fact in wish.fed)
    assert [record.message for record in caplog.records] == [
        "zombies are unknown, and rules that read them do nothing"
    ]


async def test_nobody_asks_and_nobody_looks(
    autojump_clock: MockClock, tmp_path: Path, nursery: trio.Nursery
) -> None:
    wish = Wish(host=False)
    nursery.start_soon(wish.watch(tmp_path / "nowhere").watch_zombies)
    await trio.sleep(100)
    assert wish.fed == []
