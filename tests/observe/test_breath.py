"""Long work in a thread gives the loop its turn freely."""

import sys
from collections.abc import Iterator

import pytest
import trio

from reactor.observe.breath import OFTEN, breathing


@pytest.fixture
def no_other_turns() -> Iterator[None]:
    """Python takes nobody's turn away: only who gives it up lets others go on."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60.0)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("no_other_turns")
async def test_the_loop_has_its_turns_meanwhile() -> None:
    """Many of them; without the pauses there would be none before the work is done."""
    turns = 0

    def work() -> int:
        return sum(len(str(each)) for number in breathing(range(200 * OFTEN)) for each in range(number % 40))

    async with trio.open_nursery() as nursery:

        async def turn() -> None:
            nonlocal turns
            while True:
                await trio.sleep(0.0001)
                turns += 1

        nursery.start_soon(turn)
        await trio.to_thread.run_sync(work)
        nursery.cancel_scope.cancel()
    assert turns >= 5


def test_nothing_is_left_out() -> None:
    assert list(breathing(range(1000), often=7)) == list(range(1000))
