"""The queue in memory: its order, its bound and what it drops."""

import trio

from reactor.journal.backlog import Backlog
from reactor.journal.rows import Row


def row(text: str) -> Row:
    return Row(text, ())


def drained(backlog: Backlog) -> list[str]:
    texts: list[str] = []
    while backlog:
        texts += [row.statement for row in backlog.take().rows]
    return texts


async def test_intents_overtake_everything_else() -> None:
    backlog = Backlog()
    backlog.put([row("a"), row("b")])
    backlog.put_intent(row("intent"))
    first = backlog.take()
    assert [r.statement for r in first.rows] == ["intent"]
    assert first.synced
    second = backlog.take()
    assert [r.statement for r in second.rows] == ["a", "b"]
    assert not second.synced


async def test_a_full_backlog_drops_the_oldest_that_is_no_intent() -> None:
    backlog = Backlog(capacity=3)
    backlog.put_intent(row("intent"))
    backlog.put(row(str(n)) for n in range(5))
    assert len(backlog) == 3
    assert backlog.dropped == 3
    assert drained(backlog) == ["intent", "3", "4"]


async def test_with_nothing_but_intents_the_oldest_intent_goes() -> None:
    """Memory has an end even when the disk never comes back."""
    backlog = Backlog(capacity=2)
    for n in range(4):
        backlog.put_intent(row(str(n)))
    assert drained(backlog) == ["2", "3"]
    assert backlog.dropped == 2


async def test_a_batch_is_bounded() -> None:
    backlog = Backlog(batch=2)
    backlog.put(row(str(n)) for n in range(5))
    assert [len(backlog.take().rows) for _ in range(3)] == [2, 2, 1]


async def test_what_is_put_back_keeps_its_place_and_its_intents_are_told() -> None:
    backlog = Backlog()
    receipt = backlog.put_intent(row("first"))
    batch = backlog.take()
    backlog.put_intent(row("second"))
    backlog.put_back(batch)
    with trio.fail_after(1):
        await receipt.wait()
    assert not receipt.written
    assert drained(backlog) == ["first", "second"]


async def test_waiting_ends_with_what_comes(autojump_clock: trio.testing.MockClock) -> None:
    backlog = Backlog()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(backlog.wait)
        await trio.sleep(3)
        backlog.put([row("a")])
    assert trio.current_time() == 3
