"""What a service manager is told of several engines."""

from typing import cast

import pytest

from reactor.app.fleet.member import Stage, Standing
from reactor.app.numbers import Numbers
from reactor.app.systemd.subject import WAITED_FOR, SeveralMonitors


class Figures:
    """Stands for the numbers of a monitor that watches."""

    def __init__(self, why: str = "") -> None:
        self._why = why

    @property
    def is_ready(self) -> bool:
        return not self._why

    def why_not_ready(self) -> str:
        return self._why


def watching(name: str, why: str = "") -> Standing:
    return Standing(name, Stage.WATCHING, numbers=cast("Numbers", Figures(why)))


@pytest.mark.parametrize(
    ("other", "ready"),
    [
        (Standing("west"), False),
        (Standing("west", Stage.AWAY, "nobody listens"), True),
        (Standing("west", Stage.BROKEN, "a defect"), True),
        (watching("west", "the first reconcile is not done yet"), False),
        (watching("west"), True),
    ],
)
def test_it_is_ready_when_each_was_listed_or_found_to_be_away(other: Standing, ready: bool) -> None:
    """An engine that is away would keep the manager waiting until it gives up all of us."""
    subject = SeveralMonitors({"east": watching("east"), "west": other}, 10.0, lambda: 0.0)
    assert subject.is_ready is ready


@pytest.mark.parametrize("hangs", [Standing("west"), watching("west", "it has not been listed")])
def test_one_that_hangs_is_waited_for_only_so_long(hangs: Standing) -> None:
    """It said who it is and no more; a manager that waits is to hear that the others are guarded."""
    now = [100.0]
    subject = SeveralMonitors({"east": watching("east"), "west": hangs}, 10.0, lambda: now[0])
    assert not subject.is_ready
    now[0] += WAITED_FOR - 0.1
    assert not subject.is_ready
    now[0] += 0.1
    assert subject.is_ready


def test_the_line_tells_first_who_is_not_watched() -> None:
    away = Standing("west", Stage.AWAY, "nobody listens")
    subject = SeveralMonitors({"east": watching("east"), "west": away}, 10.0)
    assert subject.status() == "west: nobody listens; watching 1 of 2 engines"
