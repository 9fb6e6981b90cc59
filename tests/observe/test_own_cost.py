"""What the monitor costs, and how late its loop is."""

import os
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.observe.own import read_own, watch_loop
from reactor.observe.tally import Tally


def test_our_own_cost_is_the_kernels_word() -> None:
    """Against what Python knows of this process by other ways."""
    own = read_own()
    used = os.times()
    assert own.cpu is not None
    assert abs(own.cpu - used.user - used.system) < 0.1
    assert own.threads == len(os.listdir("/proc/self/task"))
    assert own.memory is not None
    assert 10_000_000 < own.memory < 4_000_000_000
    with Path(os.devnull).open() as one_more:
        assert own.open_fds is not None
        assert one_more.fileno() >= 0
        assert read_own().open_fds == own.open_fds + 1


def test_a_name_with_parentheses_does_not_shift_the_fields(tmp_path: Path) -> None:
    """A process may call itself anything."""
    fields = ["S", *(str(number) for number in range(4, 53))]
    tmp_path = tmp_path / "self"
    tmp_path.mkdir()
    (tmp_path / "stat").write_text(f"7 (a) b) c) {' '.join(fields)}\n")
    (tmp_path / "statm").write_text("100 25 3 4 0 6 0\n")
    (tmp_path / "fd").mkdir()
    (tmp_path / "fd" / "0").touch()
    ticks = os.sysconf("SC_CLK_TCK")
    memory = 25 * os.sysconf("SC_PAGE_SIZE")
    own = read_own(proc=tmp_path.parent)
    assert (own.cpu, own.memory, own.threads, own.open_fds) == ((14 + 15) / ticks, memory, 20, 1)


def test_without_proc_the_cost_is_unknown(tmp_path: Path) -> None:
    """Not zero, and not an error."""
    own = read_own(1, tmp_path / "nowhere")
    assert (own.cpu, own.memory, own.threads, own.open_fds) == (None, None, None, None)
    assert (own.lane_cpu, own.lane_memory) == (None, None)


async def test_the_loop_is_asked_every_second(autojump_clock: MockClock) -> None:
    """Sixty times a minute; on a virtual clock nothing is ever late."""
    tally = Tally()
    with trio.move_on_after(60.5):
        await watch_loop(tally)
    spread = tally.freeze().spreads["reactor_loop_lag_seconds"][()]
    assert (spread.counts[0], sum(spread.counts), spread.total) == (60, 60, 0.0)


async def test_a_held_loop_is_seen(mock_clock: MockClock) -> None:
    """Two seconds during which nobody got a turn land in the bucket of two and a half."""
    tally = Tally()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch_loop, tally)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(3.0)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    spread = tally.freeze().spreads["reactor_loop_lag_seconds"][()]
    assert (spread.counts[10], spread.total) == (1, 2.0)
