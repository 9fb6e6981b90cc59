"""The graph: repeats dropped, ticks in time, nothing fed from inside."""

import pytest
import trio
from trio.testing import MockClock

from reactor.core.facts import Fact, Happened, Happening, Seen
from reactor.core.notes import OomSeen
from reactor.core.state import Setup, Step
from reactor.streams.graph import Graph, Repeats
from reactor.streams.scheduler import TrioScheduler
from tests.core.build import Story, box, cid, rules

NANO = 1767225600 * 10**9 + 5 * 10**9


def test_a_repeated_event_is_known_and_an_old_one_is_forgotten() -> None:
    repeats = Repeats(most=3)
    events = [Happened(0.0, Happening.OOM, cid(1), n) for n in range(4)]
    assert [repeats.is_new(event) for event in events] == [True] * 4
    assert not repeats.is_new(events[3])
    assert repeats.is_new(events[0]), "only the last three are remembered"
    assert repeats.dropped == 1


async def test_an_event_that_is_replayed_counts_once(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    steps: list[Step] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(rules()), scheduler, now=trio.current_time)
        graph.subscribe(steps.append)
        graph.feed(Seen(trio.current_time(), box(1)))
        for _ in range(3):
            graph.feed(Happened(trio.current_time(), Happening.OOM, cid(1), NANO))
        nursery.cancel_scope.cancel()
    assert sum(isinstance(note, OomSeen) for step in steps for note in step.notes) == 1
    assert sum(len(step.decisions) for step in steps) == 1


async def test_time_goes_on_by_ticks_of_a_second(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    ends: list[float] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(rules()), scheduler, now=trio.current_time)
        graph.subscribe(lambda step: ends.extend(decision.at for decision in step.decisions))
        began = trio.current_time()
        graph.feed(Seen(began, box(1, born=began - 43200 + 2.5, created=None)))
        await trio.sleep(10)
        nursery.cancel_scope.cancel()
    assert [round(at - began, 6) for at in ends] == [3.0]


async def test_nothing_comes_due_after_the_clock_was_stopped(autojump_clock: MockClock) -> None:
    """While the last kills are waited for nobody is seen any more; outcomes are still taken in."""
    scheduler = TrioScheduler()
    steps: list[Step] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(rules()), scheduler, now=trio.current_time)
        graph.subscribe(steps.append)
        began = trio.current_time()
        graph.feed(Seen(began, box(1, born=began - 43200 + 2.5, created=None)))
        graph.stop_clock()
        await trio.sleep(10)
        assert not any(step.decisions for step in steps)
        heard = len(steps)
        graph.feed(Seen(trio.current_time(), box(2)))
        assert len(steps) == heard + 1
        nursery.cancel_scope.cancel()


async def test_feeding_from_inside_is_refused(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(Setup(rules()), scheduler, now=trio.current_time)
        graph.subscribe(lambda _: graph.feed(Seen(0.0, box(2))))
        with pytest.raises(RuntimeError, match="from inside the graph"):
            graph.feed(Seen(0.0, box(1)))
        nursery.cancel_scope.cancel()


async def test_the_graph_and_the_plain_step_agree(autojump_clock: MockClock) -> None:
    scheduler = TrioScheduler()
    story = Story()
    facts: list[Fact] = [Seen(0.0, box(1)), Seen(0.0, box(2)), Happened(1.0, Happening.OOM, cid(2), NANO)]
    async with trio.open_nursery() as nursery:
        await nursery.start(scheduler.run)
        graph = Graph(story.setup, scheduler, now=trio.current_time)
        decided: list[str] = []
        graph.subscribe(lambda step: decided.extend(decision.id for decision in step.decisions))
        for fact in facts:
            graph.feed(fact)
        nursery.cancel_scope.cancel()
    assert decided == [decision.id for decision in story.tell(*facts).decisions]
