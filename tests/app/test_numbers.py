"""The numbers of a moment: which clock they are on."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.numbers import Numbers
from reactor.observe.own import OwnCost
from reactor.observe.snapshot import collect
from reactor.observe.tally import Tally
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import running, task


async def test_cpu_time_began_when_its_run_did_whatever_the_clocks_say(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Clocks that differ by a little each time are the same two clocks; one that was set is another."""
    world, skew = World(), [0.0]
    box = task(world, "steady")
    world.use(box, Usage(pids=3))

    def wall() -> float:
        return 1.7e9 + trio.current_time() + skew[0]

    async with running(world, tmp_path) as monitor:
        numbers = Numbers(monitor.numbers.sources, Tally(), wall)

        def began() -> float:
            families = {each.row.name: each for each in collect(numbers.capture(), OwnCost()).families}
            return families["container_cpu_time_seconds_total"].since[box.id,]

        await trio.sleep(5)
        first = began()
        assert first == pytest.approx(1.7e9 + trio.current_time() - 5, abs=1)
        for skew[0] in (0.01, -0.02, 0.003):
            await trio.sleep(1.7)
            assert began() == first
        skew[0] = 3600.0
        assert began() == pytest.approx(first + 3600, abs=0.1)
