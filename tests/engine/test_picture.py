"""The picture of the engine: whom a list has looked at again, and what a list changes of a look."""

from dataclasses import replace

import pytest

from reactor.core.container import Container, ContainerId, Listed, Run, State
from reactor.engine.picture import Picture
from tests.engine.payloads import STARTED, A, B

KEY = ContainerId(A)
SEEN = Container(Run(KEY, STARTED), "a", "i", State.RUNNING, health="healthy")
ROW = Listed(KEY, "a", "i", "", State.RUNNING, health="healthy")


def picture(container: Container = SEEN) -> Picture:
    """A picture with one container in it, and a neighbour."""
    made = Picture()
    made.saw(container, 5.0)
    made.saw(replace(container, run=Run(ContainerId(B), STARTED)), 5.0)
    return made


@pytest.mark.parametrize(
    ("row", "looked_at"),
    [
        (ROW, False),
        (replace(ROW, health=""), False),
        (replace(ROW, health="unhealthy"), True),
        (replace(ROW, health="starting"), True),
        (replace(ROW, state=State.PAUSED, health=""), True),
    ],
)
def test_a_list_that_speaks_of_another_health_has_it_looked_at(row: Listed, looked_at: bool) -> None:
    """A list that does not speak of it has not, or every list of some engines would."""
    neighbour = replace(ROW, id=ContainerId(B))
    assert picture().to_look_at([row, neighbour], all_alive=False) == ([KEY] if looked_at else [])


@pytest.mark.parametrize("state", [State.PAUSED, State.EXITED, State.RESTARTING])
def test_in_another_state_an_older_finding_says_nothing(state: State) -> None:
    found = picture().snapshot([replace(ROW, state=state)], at=9.0, began=8.0, number=1).containers
    assert [(one.state, one.health) for one in found] == [(state, "")]
    same = picture().snapshot([ROW], at=9.0, began=8.0, number=1).containers
    assert [(one.state, one.health) for one in same] == [(State.RUNNING, "healthy")]


def test_a_list_says_of_the_doubtful_what_it_knows() -> None:
    made = picture()
    made.missed(KEY, 8.5)
    row = replace(ROW, labels={"reactor.task": "t"}, joined=True)
    snapshot = made.snapshot([row, replace(ROW, id=ContainerId(B))], at=9.0, began=8.0, number=1)
    assert (snapshot.unsure, dict(snapshot.rows)) == (frozenset({KEY}), {KEY: row})


def test_who_waits_for_his_first_look_is_a_surprise_once() -> None:
    """A list shows one whom no event told of: that is asked after. The next list shows nothing new of it."""
    made, late = Picture(), replace(ROW, id=ContainerId(B))
    assert made.surprises([ROW]) == [KEY]
    made.snapshot([ROW], at=9.0, began=8.0, number=1)
    assert made.surprises([ROW, late]) == [late.id]
    # Gone in between, it is another matter.
    made.snapshot([late], at=19.0, began=18.0, number=2)
    assert made.surprises([ROW, late]) == [KEY]
