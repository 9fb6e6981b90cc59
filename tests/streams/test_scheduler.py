"""TrioScheduler: exact times, order, disposal and fairness, all on a virtual clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest
import reactivex
import trio
from reactivex import Subject, abc, operators
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler, TimeoutScheduler
from trio.testing import MockClock, wait_all_tasks_blocked

from reactor.streams.scheduler import BATCH, COMPACT_FROM, AlreadyRun, ForeignThread, TrioScheduler

WALL = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_other_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forgotten scheduler would start a thread or block the loop; here it fails the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("an operator found no scheduler")

    monkeypatch.setattr(TimeoutScheduler, "singleton", refuse)
    monkeypatch.setattr(CurrentThreadScheduler, "schedule_relative", refuse)


async def started(nursery: trio.Nursery) -> TrioScheduler:
    """A scheduler that runs, its wall clock anchored at WALL."""
    rx = TrioScheduler(wall=WALL.timestamp)
    started_with: TrioScheduler = await nursery.start(rx.run)
    assert started_with is rx
    return started_with


def stamp(into: list[float]) -> Callable[..., None]:
    """An action that writes down when it ran."""
    return lambda *_: into.append(trio.current_time())


async def test_runs_at_the_exact_moment_after_hours(autojump_clock: MockClock) -> None:
    """A due time two hours and a bit ahead is met to the last digit."""
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        rx.schedule_relative(7200.125, stamp(times))
        rx.schedule_relative(timedelta(hours=1), stamp(times))
        rx.schedule_relative(-5, stamp(times))
        rx.schedule(stamp(times))
        await trio.sleep(10_000)
        nursery.cancel_scope.cancel()
    assert times == [0.0, 0.0, 3600.0, 7200.125]


async def test_absolute_times_are_wall_clock(autojump_clock: MockClock) -> None:
    """A date 30 days ahead and the same as a number; one that is past runs at once."""
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        await trio.sleep(5)
        for moment in (WALL + timedelta(days=30), (WALL + timedelta(days=31)).timestamp(), WALL):
            rx.schedule_absolute(moment, stamp(times))
        await trio.sleep(40 * 86400)
        nursery.cancel_scope.cancel()
    assert times == [5.0, 30 * 86400.0, 31 * 86400.0]


async def test_now_is_anchored_once_and_follows_the_loop(autojump_clock: MockClock) -> None:
    """Now moves with trio's clock alone: the wall clock is read once."""
    readings = iter([WALL.timestamp()])
    rx = TrioScheduler(wall=lambda: next(readings))
    assert rx.now == WALL
    await trio.sleep(1.5)
    assert rx.now == WALL + timedelta(seconds=1.5)


async def test_ties_run_in_the_order_of_scheduling(autojump_clock: MockClock) -> None:
    """Fifty actions for one moment, from different calls, keep their order."""
    seen: list[int] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        for number in range(50):
            schedule = [rx.schedule_relative, rx.schedule_absolute][number % 2]
            due: Any = [3.0, WALL + timedelta(seconds=3)][number % 2]
            schedule(due, lambda _, state: seen.append(state or 0), number)
        await trio.sleep(4)
        nursery.cancel_scope.cancel()
    assert seen == list(range(50))


async def test_a_past_due_time_does_not_jump_the_queue(autojump_clock: MockClock) -> None:
    """What should have run long ago waits behind what was scheduled before it."""
    seen: list[int] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        await trio.sleep(10)
        rx.schedule(lambda *_: seen.append(1))
        rx.schedule_relative(-5, lambda *_: seen.append(2))
        rx.schedule_absolute(WALL, lambda *_: seen.append(3))
        rx.schedule(lambda *_: seen.append(4))
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert seen == [1, 2, 3, 4]


async def test_what_is_scheduled_before_the_run_is_kept(autojump_clock: MockClock) -> None:
    """A graph may subscribe before its scheduler is started."""
    times: list[float] = []
    rx = TrioScheduler(wall=WALL.timestamp)
    rx.schedule_relative(2, stamp(times))
    async with trio.open_nursery() as nursery:
        await nursery.start(rx.run)
        await trio.sleep(3)
        nursery.cancel_scope.cancel()
    assert times == [2.0]


async def test_an_earlier_action_shortens_the_nap(autojump_clock: MockClock) -> None:
    """The pump sleeps until the hour; what is due in a second is not late for that."""
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        rx.schedule_relative(3600, stamp(times))
        await trio.sleep(1)
        rx.schedule_relative(1, stamp(times))
        await trio.sleep(4000)
        nursery.cancel_scope.cancel()
    assert times == [2.0, 3600.0]


async def test_a_disposed_action_does_not_run(autojump_clock: MockClock) -> None:
    """Disposing takes back what waits; twice is as good as once; the others run."""
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        gone = rx.schedule_relative(1, stamp(times))
        rx.schedule_relative(2, stamp(times))
        gone.dispose()
        gone.dispose()
        assert (rx.statistics().waiting, rx.statistics().next_due) == (1, 2.0)
        await trio.sleep(3)
        nursery.cancel_scope.cancel()
    assert times == [2.0]


@pytest.mark.parametrize("when", ["after", "during"])
async def test_disposing_reaches_what_the_action_left(autojump_clock: MockClock, when: str) -> None:
    """The disposable that an action returned goes with the action's own, also if that was first."""
    ended: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)

        def action(*_: object) -> abc.DisposableBase:
            if when == "during":
                handle.dispose()
            return Disposable(stamp(ended))

        handle = rx.schedule(action)
        await trio.sleep(1)
        handle.dispose()
        handle.dispose()
        nursery.cancel_scope.cancel()
    assert ended == [1.0 if when == "after" else 0.0]


async def test_tombstones_are_swept_when_they_are_the_larger_half(autojump_clock: MockClock) -> None:
    """Debouncing for hours must not fill the heap; the order of the living survives the sweep."""
    seen: list[int] = []
    total = COMPACT_FROM * 4
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        handles = [
            rx.schedule_relative(100 - number / total, lambda _, state: seen.append(state or 0), number)
            for number in range(total)
        ]
        for handle in handles[: total // 2]:
            handle.dispose()
        assert (rx.statistics().dead, rx.statistics().sweeps) == (total // 2, 0)
        handles[total // 2].dispose()
        assert (rx.statistics().dead, rx.statistics().sweeps) == (0, 1)
        await trio.sleep(101)
        nursery.cancel_scope.cancel()
    assert seen == list(range(total - 1, total // 2, -1))


async def test_a_sweep_in_the_middle_of_a_pass_loses_nothing(autojump_clock: MockClock) -> None:
    """An action may dispose of most of the heap that is being worked through."""
    seen: list[int] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        doomed: list[abc.DisposableBase] = []

        def dispose_of_most(*_: object) -> None:
            for handle in doomed:
                handle.dispose()

        rx.schedule_relative(1, dispose_of_most)
        for number in range(COMPACT_FROM * 2):
            handle = rx.schedule_relative(1, lambda _, state: seen.append(state or 0), number)
            if number % 4:
                doomed.append(handle)
        await trio.sleep(2)
        assert rx.statistics().sweeps > 0
        nursery.cancel_scope.cancel()
    assert seen == list(range(0, COMPACT_FROM * 2, 4))


async def test_debounce_takes_the_scheduler_from_subscribe(autojump_clock: MockClock) -> None:
    """No scheduler is given to the operator, only to subscribe."""
    seen: list[tuple[float, int]] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        source: Subject[int] = Subject()
        source.pipe(operators.debounce(2.0)).subscribe(
            lambda value: seen.append((trio.current_time(), value)), scheduler=rx
        )
        for value in range(4):
            source.on_next(value)
            await trio.sleep(1 if value < 2 else 10)
        nursery.cancel_scope.cancel()
    assert seen == [(4.0, 2), (14.0, 3)]


async def test_interval_and_timer_take_the_scheduler_from_subscribe(autojump_clock: MockClock) -> None:
    """Both kinds of repetition keep their grid exactly, for a long time; disposing ends them."""
    interval: list[float] = []
    timer: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        one = reactivex.interval(0.25).subscribe(stamp(interval), scheduler=rx)
        other = reactivex.timer(0, 5).subscribe(stamp(timer), scheduler=rx)
        await trio.sleep(3600.1)
        one.dispose()
        other.dispose()
        await trio.sleep(100)
        assert rx.statistics().waiting == 0
        nursery.cancel_scope.cancel()
    assert interval == [number * 0.25 for number in range(1, 14_401)]
    assert timer == [number * 5.0 for number in range(721)]


async def test_a_self_rescheduling_action_starves_nobody(autojump_clock: MockClock) -> None:
    """An action that is due again at once still leaves each other task its turns."""
    turns = 0
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)

        def again(scheduler: abc.SchedulerBase, _: object) -> None:
            scheduler.schedule(again)

        rx.schedule(again)
        for _ in range(100):
            await trio.lowlevel.checkpoint()
            turns += 1
        ran = rx.statistics().ran
        nursery.cancel_scope.cancel()
    assert turns == 100
    assert 50 <= ran <= 150  # one for each turn of the loop, give or take trio's shuffling


async def test_a_crowd_at_one_moment_is_taken_in_batches(autojump_clock: MockClock) -> None:
    """Other tasks run between batches, and the order is still that of scheduling."""
    seen: list[int] = []
    sizes: list[int] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        for number in range(BATCH * 5):
            rx.schedule(lambda _, state: seen.append(state or 0), number)
        while len(seen) < BATCH * 5:
            await trio.lowlevel.checkpoint()
            sizes.append(len(seen))
        nursery.cancel_scope.cancel()
    assert seen == list(range(BATCH * 5))
    steps = [later - earlier for earlier, later in zip([0, *sizes], sizes, strict=False)]
    assert max(steps) <= 2 * BATCH  # trio may run the pump twice between two turns of ours
    assert len([step for step in steps if step]) >= 3


async def test_an_exception_comes_out_of_run(autojump_clock: MockClock) -> None:
    """What an action raises ends run and is not swallowed."""

    def fail(*_: object) -> NoReturn:
        raise LookupError("broken action")

    rx = TrioScheduler(wall=WALL.timestamp)
    rx.schedule_relative(3, fail)
    with pytest.raises(LookupError, match="broken action"):
        await rx.run()
    assert trio.current_time() == 3.0


async def test_an_exception_of_a_subscriber_comes_out_of_run(autojump_clock: MockClock) -> None:
    """The same through a whole stream."""

    def fail(_: int) -> NoReturn:
        raise LookupError("broken subscriber")

    rx = TrioScheduler(wall=WALL.timestamp)
    reactivex.timer(1.0).subscribe(fail, scheduler=rx)
    with pytest.raises(LookupError, match="broken subscriber"):
        await rx.run()


async def test_a_foreign_thread_is_refused() -> None:
    """Scheduling, disposing and asking for the time: none of it from elsewhere."""
    rx = TrioScheduler()
    handle = rx.schedule_relative(1, lambda *_: None)
    calls: list[Callable[[], object]] = [
        lambda: rx.schedule(lambda *_: None),
        lambda: rx.schedule_relative(1, lambda *_: None),
        lambda: rx.schedule_absolute(WALL, lambda *_: None),
        lambda: rx.now,
        handle.dispose,
    ]
    for call in calls:
        with pytest.raises(ForeignThread, match="memory channel"):
            await trio.to_thread.run_sync(call)
    assert rx.statistics().waiting == 1


async def test_a_second_run_is_refused(autojump_clock: MockClock) -> None:
    """While it runs, and after."""
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        with pytest.raises(AlreadyRun):
            await rx.run()
        nursery.cancel_scope.cancel()
    with pytest.raises(AlreadyRun):
        await rx.run()


async def test_cancelling_ends_the_run_and_runs_nothing_more(autojump_clock: MockClock) -> None:
    """A cancelled scheduler leaves what is due undone."""
    times: list[float] = []
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        rx.schedule_relative(1, stamp(times))
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert times == []
    assert rx.statistics().waiting == 1


async def test_statistics_tell_how_it_stands(autojump_clock: MockClock) -> None:
    """Waiting, dead and ran are told apart."""
    async with trio.open_nursery() as nursery:
        rx = await started(nursery)
        assert (rx.statistics().waiting, rx.statistics().next_due) == (0, None)
        rx.schedule(lambda *_: None)
        rx.schedule_relative(9, lambda *_: None)
        rx.schedule_relative(10, lambda *_: None).dispose()
        await trio.sleep(1)
        statistics = rx.statistics()
        nursery.cancel_scope.cancel()
    assert (statistics.waiting, statistics.dead, statistics.ran, statistics.next_due) == (1, 1, 1, 9.0)
