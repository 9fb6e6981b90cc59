"""Counters of cgroups: a rise is told once, and never what was counted before anybody looked."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.cgroups.mounts import Layout, Mount, Trees
from reactor.core.container import ContainerId
from reactor.core.facts import Happened, Witness
from reactor.core.notes import Adopted, Cause, Ended, Note
from reactor.core.protection import Standing
from reactor.core.state import State, Step
from reactor.kmsg.counters import EVERY, CounterWatch
from tests.core.build import box, cid
from tests.kernel.build import FakeProc, v1

ONE, TWO = cid(1), cid(2)


@dataclass
class Stand:
    """A tree of version 1 of plain files."""

    root: Path
    needed: bool = True
    fed: list[Happened] = field(default_factory=list)

    def __post_init__(self) -> None:
        proc = FakeProc(self.root / "proc")
        for n in (1, 2):
            proc.process(100 * n, 1, v1(cid(n)))
            self.kills(n, 0)
        mount = Mount(str(self.root / "memory"), "/", 1, controllers=frozenset({"memory"}))
        trees = Trees({"memory": mount})
        assert trees.layout is not Layout.NONE
        self.watch = CounterWatch(
            trees, self.fed.append, lambda: self.needed, proc=self.root / "proc", wall=lambda: 7
        )

    def kills(self, n: int, count: int) -> None:
        file = self.root / "memory/docker" / cid(n) / "memory.oom_control"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"oom_kill_disable 0\nunder_oom 0\noom_kill {count}\n")

    def told(self, *notes: Note) -> None:
        self.watch.step(Step(State(), (), notes))

    def began(self, n: int, *, born: float = -1000.0, finished_at: str = "") -> None:
        container = replace(box(n, pid=100 * n, born=born), finished_at=finished_at)
        self.told(Adopted(trio.current_time(), container, Standing.MAIN))

    def whom(self) -> list[tuple[ContainerId, Witness]]:
        return [(fact.id, fact.by) for fact in self.fed]


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


async def test_a_rise_is_told_once_of_whoever_has_risen(
    autojump_clock: MockClock, stand: Stand, nursery: trio.Nursery
) -> None:
    stand.kills(1, 3)
    nursery.start_soon(stand.watch.run)
    stand.began(1)
    stand.began(2)
    await trio.sleep(2 * EVERY)
    assert stand.whom() == [], "three were there before"
    stand.kills(1, 5)
    await trio.sleep(5 * EVERY)
    assert stand.whom() == [(ONE, Witness.COUNTER)]
    stand.kills(2, 1)
    stand.told(Ended(trio.current_time(), box(2).run, "c2", Cause.ITSELF))
    await trio.sleep(2 * EVERY)
    assert len(stand.fed) == 1, "it is over"


async def test_of_a_run_that_began_just_now_all_counts(
    autojump_clock: MockClock, stand: Stand, nursery: trio.Nursery
) -> None:
    nursery.start_soon(stand.watch.run)
    await trio.sleep(1)
    stand.kills(1, 1)
    stand.kills(2, 1)
    stand.began(1, born=trio.current_time() - 0.1)
    stand.began(2, born=trio.current_time() - 100)
    await trio.sleep(2 * EVERY)
    assert stand.whom() == [(ONE, Witness.COUNTER)]


async def test_what_a_run_before_has_left_behind_is_not_this_ones(
    autojump_clock: MockClock, stand: Stand, nursery: trio.Nursery
) -> None:
    """A cgroup that could not be removed can be the next run's again, with all that it counted."""
    nursery.start_soon(stand.watch.run)
    await trio.sleep(1)
    stand.kills(1, 1)
    stand.began(1, born=trio.current_time() - 0.1, finished_at="2026-01-01T00:00:00Z")
    await trio.sleep(2 * EVERY)
    assert stand.whom() == []
    stand.kills(1, 2)
    await trio.sleep(2 * EVERY)
    assert stand.whom() == [(ONE, Witness.COUNTER)]


async def test_while_the_log_is_read_nothing_is_counted_nor_afterwards_what_was_in_it(
    autojump_clock: MockClock, stand: Stand, nursery: trio.Nursery
) -> None:
    stand.needed = False
    nursery.start_soon(stand.watch.run)
    await trio.sleep(2 * EVERY)
    stand.began(1, born=trio.current_time())
    stand.kills(1, 2)
    await trio.sleep(2 * EVERY)
    stand.needed = True
    await trio.sleep(2 * EVERY)
    assert stand.fed == []
    stand.kills(1, 3)
    await trio.sleep(2 * EVERY)
    assert stand.whom() == [(ONE, Witness.COUNTER)]


async def test_one_that_is_gone_is_no_rise(
    autojump_clock: MockClock, stand: Stand, nursery: trio.Nursery
) -> None:
    nursery.start_soon(stand.watch.run)
    stand.began(1)
    await trio.sleep(2 * EVERY)
    file = stand.root / "memory/docker" / ONE / "memory.oom_control"
    file.unlink()
    await trio.sleep(2 * EVERY)
    stand.kills(1, 4)
    await trio.sleep(2 * EVERY)
    assert stand.fed == [], "what is found anew may be counted from long ago"
