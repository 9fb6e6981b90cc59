"""What may go wrong on the way out by OTLP, and what it may not do: end the loop, delay a stop, fill logs."""

import logging
import threading
from collections.abc import Callable

import pytest
import trio

from reactor.observe import sending
from reactor.observe.sending import LAST_WORDS, LONGEST_REASON, NotDelivered, Sender
from reactor.observe.tally import Tally


class Odd:
    """A sink that does with each text what it says; ``hold`` has it wait."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.opened = 0
        self.go = threading.Event()

    def open(self) -> "Odd":
        self.opened += 1
        return self

    def send(self, what: str) -> None:
        if what == "hold":
            self.go.wait(30)
        if what == "defect":
            raise AttributeError("\x1b[31m" + "x" * 9999)
        if what == "refused":
            raise NotDelivered("status 401")
        self.sent.append(what)

    def close(self) -> None:
        self.go.set()


def sender(sink: Odd, tally: Tally | None = None) -> Sender[str]:
    return Sender("things", "http://a/v1/things", sink.open, tally or Tally())


def says(text: str) -> Callable[[], str]:
    return lambda: text


def breaks() -> str:
    raise RecursionError("while it is made")


def unopened() -> Odd:
    raise ImportError("no such library")


async def test_whatever_is_raised_is_one_that_did_not_get_through(caplog: pytest.LogCaptureFixture) -> None:
    """Counted each time, logged when it changes, in one short line; the next one goes."""
    caplog.set_level(logging.INFO)
    tally, sink = Tally(), Odd()
    things = sender(sink, tally)
    made = [says("a"), says("defect"), breaks, says("refused"), says("b"), says("defect"), says("c")]
    assert [await things.send(make) for make in made] == [True, False, False, False, True, False, True]
    assert sink.sent == ["a", "b", "c"]
    assert tally.freeze().counters["reactor_exports_total"] == {("things", "ok"): 3, ("things", "failed"): 4}
    assert [each.getMessage() for each in caplog.records] == [
        "things do not get through",
        "things get through again",
    ] * 2
    why = vars(caplog.records[0])["why"]
    assert why.startswith("a defect: AttributeError: \\x1b[31m")
    assert len(why) <= LONGEST_REASON


async def test_an_exporter_that_cannot_be_had_is_asked_for_again() -> None:
    things = Sender[str]("things", "http://a", unopened, Tally())
    assert [await things.send(says("a")) for _ in range(2)] == [False, False]
    things.close()


async def test_the_loop_goes_on_after_a_defect() -> None:
    sink = Odd()
    things, texts = sender(sink), iter(["defect", "a", "refused", "b"])
    done = trio.Event()

    async def send() -> None:
        text = next(texts, "")
        if text:
            await things.send(says(text))
        else:
            done.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(things.run, trio.lowlevel.checkpoint, send)
        with trio.fail_after(5):
            await done.wait()
        nursery.cancel_scope.cancel()
    assert sink.sent == ["a", "b"]


async def test_at_the_end_there_is_a_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although nothing was due for long."""
    monkeypatch.setattr(sending, "LAST_WORDS", 30.0)  # It takes a thread, which a busy machine keeps waiting.
    sink = Odd()
    things = sender(sink)

    async def send() -> None:
        await things.send(says("last"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(things.run, trio.sleep_forever, send)
        await trio.testing.wait_all_tasks_blocked()
        assert not sink.sent
        nursery.cancel_scope.cancel()
    assert sink.sent == ["last"]


@pytest.mark.parametrize("when", ["under way", "the last"])
async def test_a_receiver_that_hangs_delays_a_stop_for_a_moment_only(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way and what is sent last have one moment together."""
    assert LAST_WORDS <= 2.0
    monkeypatch.setattr(sending, "LAST_WORDS", 1.0)
    sink, begun = Odd(), trio.Event()
    things = sender(sink)

    async def send() -> None:
        begun.set()
        await things.send(says("hold"))

    async def wait() -> None:
        if when == "the last":
            await trio.sleep_forever()
        await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(things.run, wait, send)
        await trio.testing.wait_all_tasks_blocked()
        assert begun.is_set() is (when == "under way")
        ended = trio.current_time()
        nursery.cancel_scope.cancel()
    # It hangs for thirty seconds; a busy machine may keep us waiting for some.
    assert 0.9 < trio.current_time() - ended < 15
    assert sink.go.is_set(), "the thread that waits is let go"
