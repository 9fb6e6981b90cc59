"""Readiness: whether the start of a run is over, by the word of its own health check."""

import pytest

from reactor.core.container import Container, State
from reactor.core.judging import view_of
from reactor.core.rules import Rule
from tests.core.build import Story, anew, box, over, story
from tests.core.written import condition

CHECKED = {"health_check": True}


def ready(told: Story, at: float = 9) -> bool | None:
    return view_of(told.setup, told.entry(1), at).ready


def seen(*healths: str, **changes: object) -> Story:
    """One container that was looked at so often, with these findings."""
    told = story()
    for at, health in enumerate(healths):
        told.see(at, box(1, health=health, **{**CHECKED, **changes}))
    return told


@pytest.mark.parametrize(
    ("healths", "expected"),
    [
        (["starting"], False),
        (["healthy"], True),
        (["starting", "healthy"], True),
        (["starting", "healthy", "unhealthy"], True),
        (["healthy", "", "unhealthy"], True),
        (["starting", "healthy", "starting"], True),
        # It never came up.
        (["starting", "unhealthy"], False),
        # It may have been healthy before we came, and after what could not be read.
        (["unhealthy"], None),
        ([""], None),
        (["starting", ""], None),
    ],
)
def test_with_a_health_check(healths: list[str], expected: bool | None) -> None:
    assert ready(seen(*healths)) is expected


@pytest.mark.parametrize(("there", "expected"), [(False, True), (None, None)])
def test_without_a_health_check_it_is_ready_and_unread_it_is_unknown(
    there: bool | None, expected: bool | None
) -> None:
    assert ready(seen("", health_check=there)) is expected


@pytest.mark.parametrize("state", [State.PAUSED, State.RESTARTING, State.EXITED])
@pytest.mark.parametrize("there", [True, False])
def test_what_does_not_run_is_neither(state: State, *, there: bool) -> None:
    told = seen("healthy", health_check=there)
    told.see(2, box(1, state=state, health="", health_check=there))
    assert ready(told) is None


def test_a_pause_takes_nothing_back_and_the_next_run_begins_anew() -> None:
    first = box(1, health="healthy", **CHECKED)
    told = story().see(0, first).see(1, box(1, state=State.PAUSED, **CHECKED)).see(2, box(1, **CHECKED))
    assert ready(told) is True
    second = anew(box(1, health="starting", **CHECKED), 5, 3)
    told.see(3, over(first)).see(4, second)
    assert ready(told) is False


def test_a_rule_waits_for_it_and_judges_who_is_ill_later() -> None:
    """The breach is there from the beginning; a neighbour that is still starting is left alone."""
    told = story(Rule("g/memory", "f:1", when=condition("ready && pids > 200")))
    boxes: dict[int, Container] = {n: box(n, health="starting", **CHECKED) for n in (1, 2, 3)}
    told.see(0, *boxes.values())
    for at, healths in ((1, ("starting",) * 3), (2, ("healthy", "starting", "unhealthy"))):
        for n, health in enumerate(healths, 1):
            boxes[n] = box(n, health=health, **CHECKED)
            told.see(at, boxes[n]).sample(at, boxes[n], pids=201)
    assert told.at() == [(1, 2)]
    ill = story(Rule("g/memory", "f:1", when=condition("ready && pids > 200")))
    ill.see(0, boxes[1]).see(1, box(1, health="unhealthy", **CHECKED)).sample(2, boxes[1], pids=201)
    assert ill.at() == [(1, 2)]
