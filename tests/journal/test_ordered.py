"""What operators ordered: durable before anybody says so, good over restarts whatever clocks do."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from reactor.core.container import Run
from reactor.core.orders import Hold, Orders, Silence
from reactor.journal import ordered, schema
from reactor.journal.history import Line, read_history
from reactor.journal.journal import Journal
from reactor.journal.orderdesk import ORDER_PATIENCE
from reactor.journal.ordered import ACKNOWLEDGEMENT, EXTENSION, Deed, standing
from reactor.journal.rows import Moment
from tests.journal.build import cid, rows, running

DAY = 86_400.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


@dataclass
class Clocks:
    """A machine's clocks, which can jump and begin anew."""

    wall: float = 1000.0
    boot: float = 50.0
    boot_id: str = "one"

    def journal(self, path: Path) -> Journal:
        return Journal(
            path, wall=lambda: self.wall, boot=lambda: self.boot, boot_id=self.boot_id, inline=True
        )

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds

    async def orders(self, path: Path) -> tuple[Orders, int]:
        journal = self.journal(path)
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: journal.run(task_status=task_status))
            nursery.cancel_scope.cancel()
        return journal.orders(), journal.by_wall


async def _give(clocks: Clocks, path: Path, *orders: Hold | Silence) -> None:
    journal = clocks.journal(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: journal.run(task_status=task_status))
        for order in orders:
            journal.order(order)
        assert await journal.kept()
        nursery.cancel_scope.cancel()


def _hold(lasts: float | None = 100.0) -> Hold:
    now = trio.current_time()
    return Hold("h", now, "ada", "a look", None if lasts is None else now + lasts)


def _silence(lasts: float = 100.0) -> Silence:
    now = trio.current_time()
    return Silence("s", now, now + lasts, "kim", "a build", container=cid(1), name="c1")


async def test_what_is_kept_is_on_the_disk_for_whoever_is_killed_next(path: Path) -> None:
    async with running(path) as journal:
        assert await journal.kept(), "nothing was ordered"
        journal.order(_hold())
        assert await journal.kept()
        assert rows(path, "SELECT id, lifted FROM orders") == [("h", None)]
        journal.lift("h", "kim")
        assert await journal.kept()
        assert rows(path, "SELECT id, lifted_by FROM orders") == [("h", "kim")]


async def test_what_cannot_be_written_is_said_not_to_be_kept_and_is_written_later(path: Path) -> None:
    async with running(path) as journal:
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        journal.order(_hold())
        began = trio.current_time()
        assert not await journal.kept()
        # As long as it is locked it would wait for ever; a busy machine may keep us waiting for a while.
        assert trio.current_time() - began <= ORDER_PATIENCE + 10
        blocker.execute("ROLLBACK")
        blocker.close()
        with trio.fail_after(10):
            await journal.wait_written()
        journal.lift("h", "kim")
        assert await journal.kept()
    assert rows(path, "SELECT id, lifted_by FROM orders") == [("h", "kim")]


async def test_a_journal_that_is_no_file_keeps_nothing_and_does_not_hold_anybody_up(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    async with running(tmp_path / "taken" / "reactor.db") as journal:
        journal.order(_hold())
        with trio.fail_after(ORDER_PATIENCE + 10):
            assert not await journal.kept()


@pytest.mark.parametrize("jump", [-400 * DAY, -3600.0, 0.0, 3600.0, 400 * DAY])
async def test_within_a_boot_no_jump_of_the_wall_clock_changes_what_lasts(
    path: Path, autojump_clock: MockClock, jump: float
) -> None:
    clocks = Clocks()
    await _give(clocks, path, _hold(), _silence())
    clocks.pass_by(60)
    clocks.wall += jump
    orders, by_wall = await clocks.orders(path)
    now = trio.current_time()
    assert orders.hold is not None
    assert orders.hold.until == pytest.approx(now + 40)
    assert orders.hold.since == pytest.approx(now - 60)
    assert [each.until for each in orders.silences] == [pytest.approx(now + 40)]
    assert by_wall == 0
    clocks.pass_by(41)
    assert await clocks.orders(path) == (Orders(), 0)


@pytest.mark.parametrize("boot_id", ["two", ""])
@pytest.mark.parametrize(
    ("wall", "left"), [(1060.0, 40.0), (1099.0, 1.0), (1101.0, None), (-5000.0, 100.0), (10**9, None)]
)
async def test_after_a_reboot_the_wall_clock_counts_and_makes_nothing_longer(
    path: Path, autojump_clock: MockClock, boot_id: str, wall: float, left: float | None
) -> None:
    clocks = Clocks()
    await _give(clocks, path, _hold(), _silence())
    clocks.wall, clocks.boot, clocks.boot_id = wall, 3.0, boot_id
    orders, by_wall = await clocks.orders(path)
    if left is None:
        assert (orders, by_wall) == (Orders(), 0)
        return
    assert orders.hold is not None
    assert orders.hold.until == pytest.approx(trio.current_time() + left)
    assert by_wall == 2


async def test_a_hold_without_an_end_outlives_all(path: Path, autojump_clock: MockClock) -> None:
    clocks = Clocks()
    await _give(clocks, path, _hold(None))
    clocks.wall, clocks.boot_id = -(10**9), "two"
    orders, by_wall = await clocks.orders(path)
    assert orders.hold is not None
    assert (orders.hold.until, by_wall) == (None, 0)


times = st.floats(-1e8, 1e8)


# A busy machine is no reason to fail.
@settings(deadline=None)
@given(wall=times, now=times, passed=st.floats(0, 1e7), lasts=st.floats(0.001, 1e6), same=st.booleans())
@example(wall=0.0, now=0.0, passed=1.001, lasts=1.001, same=True)
def test_nothing_lasts_longer_than_it_was_given_or_shorter_by_the_boot_clock(
    wall: float, now: float, passed: float, lasts: float, same: bool
) -> None:
    given_at = Moment(0.0, wall, "one", 10.0)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.prepare(connection, Path("x"))
        row = ordered.order(Hold("h", 0.0, "ada", "", lasts), given_at)
        connection.execute(row.statement, row.values)
        boot_id = "one" if same else "two"
        orders, by_wall = standing(connection, Moment(5.0, now, boot_id, 10.0 + passed))
    if orders.hold is None:
        assert (passed >= lasts * 0.999) if same else (now - wall >= lasts * 0.999)
        return
    assert orders.hold.until is not None
    assert 0 < orders.hold.until - 5.0 <= lasts * 1.001 + 1e-6
    assert by_wall == (not same)


async def test_history_says_who_ordered_what(path: Path) -> None:
    async with running(path, wall=lambda: 5000.0) as journal:
        now = trio.current_time()
        journal.order(Hold("h", now - 40, "ada", "a look"))
        journal.order(Silence("s", now - 30, now + 70, "kim", "a build", container=cid(1), name="c1"))
        journal.order(Silence("r", now - 20, now + 70, "kim", "noisy", rule="g/r"))
        journal.did(Deed(EXTENSION, now - 10, "lee", "a backup", cid(2), "c2", lasts=7200.0))
        journal.did(Deed(ACKNOWLEDGEMENT, now - 5, "lee", "", rule="g/new"))
        journal.lift("h", "kim")
        journal.lift("s", "")
        assert await journal.kept()

    def told(lines: tuple[Line, ...]) -> list[tuple[str, str, str, str, bool]]:
        return [
            (each.action, each.who, each.container[-1:], each.reason or each.rule, each.over)
            for each in lines
        ]

    for_all = [
        ("hold", "ada", "", "a look", False),
        ("silence", "kim", "", "noisy", False),
        ("ack", "lee", "", "g/new", False),
        ("hold", "kim", "", "a look", True),
    ]
    found = read_history(path)
    assert {each.kind for each in found} == {"order"}
    assert sorted(told(found)) == sorted(
        [
            *for_all,
            ("silence", "kim", "1", "a build", False),
            ("extension", "lee", "2", "a backup", False),
            ("silence", "", "1", "a build", True),
        ]
    )
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert [each.lasts for each in found if each.action == "extension"] == [pytest.approx(7200)]
    assert sorted(told(read_history(path, container=cid(2)))) == sorted(
        [*for_all, ("extension", "lee", "2", "a backup", False)]
    )
    assert told(read_history(path, since=4992.0))[0][0] == "ack"
    assert len(read_history(path, limit=2)) == 2


async def test_a_hold_that_another_has_taken_the_place_of_does_not_come_back(
    path: Path, autojump_clock: MockClock
) -> None:
    """Two people ordered one, and it was resumed once: the next monitor must not be held by the first."""
    clocks = Clocks()
    await _give(clocks, path, replace(_hold(None), id="first"), _hold(None))
    orders, _ = await clocks.orders(path)
    assert orders.hold is not None
    assert orders.hold.id == "h"
    journal = clocks.journal(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: journal.run(task_status=task_status))
        journal.lift("h", "kim")
        assert await journal.kept()
        nursery.cancel_scope.cancel()
    assert await clocks.orders(path) == (Orders(), 0)


async def test_whom_we_paused_is_known_to_the_next_monitor(path: Path) -> None:
    """And nobody else: neither who was let go on, nor any order of an operator's."""
    paused, let_go = Run(cid(1), "2026-01-01T00:00:00.5Z"), Run(cid(2), "")
    clocks = Clocks()
    await _give(clocks, path, Hold("h", 0.0, "me", "why"))
    journal = clocks.journal(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: journal.run(task_status=task_status))
        for run in (paused, let_go):
            journal.pause(run, "c", "until its sidecars are ready")
        journal.unpaused(let_go, "they are")
        assert await journal.kept()
        nursery.cancel_scope.cancel()
    after = clocks.journal(path)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: after.run(task_status=task_status))
        assert after.paused() == (paused,)
        assert after.orders().hold is not None
        nursery.cancel_scope.cancel()
