"""``for`` over a silence: evidence that is missing for longer than a sample keeps is no evidence of lasting.

Time goes on all the while and the last reading is looked at again until it is stale; what counts is
when it was read.
"""

import pytest

from reactor.core.container import Container
from reactor.core.rules import Condition, Rule
from tests.core.build import Story, box, story, total_over
from tests.core.written import condition

STALE, HOLD = 10.0, 20.0
SIDE = box(5, labels={"reactor.sidecar-of": "t1"})


def rule(when: str | Condition, **more: float) -> Rule:
    """A rule that ends after twenty seconds without a break."""
    made = condition(when) if isinstance(when, str) else when
    return Rule("g/r", "f:1", when=made, hold=HOLD, **more)  # type: ignore[arg-type]  # Durations only.


def silent(told: Story, who: tuple[Container, ...], back: float, **values: int) -> None:
    """Readings each second from 1 to 5, then none until ``back``; time goes on each half second."""
    for half in range(2, 120):
        at = half / 2
        if at == back // 0.5 / 2 and back % 0.5:
            told.tick(at)
            at = back
        if at <= 5 or at >= back:
            for each in who:
                told.sample(at, each, **values)
        told.tick(at)


@pytest.mark.parametrize(
    ("back", "ended"), [(10.0, 21.0), (15.0, 21.0), (15.001, 35.5), (16.0, 36.0), (20.0, 40.0)]
)
def test_a_silence_that_is_longer_than_a_sample_keeps_begins_for_anew(back: float, ended: float) -> None:
    """The last reading is of 5, and is looked at until 15."""
    told = story(rule("pids > 200"), stale_after=STALE).see(0, box(1))
    silent(told, (box(1),), back, pids=201)
    assert told.at() == [(1, ended)]


def test_a_neighbour_that_is_read_meanwhile_has_no_gap() -> None:
    told = story(rule("pids > 200")).see(0, box(1), box(2))
    for at in range(1, 42):
        told.sample(at, box(2), pids=201)
        if at <= 5 or at >= 20:
            told.sample(at, box(1), pids=201)
        told.tick(at + 0.5)
    assert told.at() == [(2, 21), (1, 40)]


@pytest.mark.parametrize(("back", "ended"), [(15.0, 21.0), (16.0, 36.0)])
def test_nor_does_a_break_of_the_monitor_itself_hide_it(back: float, ended: float) -> None:
    """Time last went on at 9: that was no reading."""
    told = story(rule("pids > 200")).see(0, box(1))
    for at in range(1, 6):
        told.sample(at, box(1), pids=201)
    told.tick(9)
    for at in range(int(back), int(ended) + 1):
        assert told.at() == []
        told.sample(at, box(1), pids=201)
    assert told.at() == [(1, ended)]


def test_what_needs_no_reading_has_no_gap() -> None:
    """An age is known all the while, and says it alone; without it, the same readings are not enough."""
    either = story(rule("age > 0s || pids > 200")).see(0, box(1))
    silent(either, (box(1),), 20, pids=201)
    assert either.at() == [(1, 21.0)]
    both = story(rule("age > 0s && pids > 200")).see(0, box(1))
    silent(both, (box(1),), 20, pids=201)
    assert both.at() == [(1, 40.0)]


@pytest.mark.parametrize(("back", "ended"), [(15, 21), (16, 36)])
def test_of_a_group_the_oldest_reading_counts(back: int, ended: int) -> None:
    """The main is read all the while, its sidecar is not."""
    told = story(rule("group.pids > 300")).see(0, box(1), SIDE)
    for at in range(1, 60):
        told.sample(at, box(1), pids=201)
        if at <= 5 or at >= back:
            told.sample(at, SIDE, pids=201)
        told.tick(at)
    assert told.at()[0][1] == ended


@pytest.mark.parametrize(("keep", "back", "ended"), [(12, 15, 21), (12, 16, 36), (0, 15, 21), (0, 16, 36)])
def test_nor_of_a_total(keep: float, back: float, ended: float) -> None:
    """What is not known is missing in it, and that is no evidence of a break that is over soon."""
    told = story(rule(total_over(300), keep=keep)).see(0, box(1), box(2)).snapshot(0, box(1), box(2))
    silent(told, (box(1), box(2)), back, pids=201)
    assert told.at()[0][1] == ended


def test_whoever_is_not_needed_for_a_total_is_no_gap_in_it() -> None:
    """Its last reading is old, and then too old; the others are enough by themselves."""
    told = story(rule(total_over(300))).snapshot(0, box(1), box(2), box(3))
    told.sample(1, box(3), pids=5)
    for at in range(1, 22):
        told.sample(at, box(1), pids=201).sample(at, box(2), pids=201).tick(at)
    assert told.at()[0][1] == 21
