"""Equal records are one, and no more are known than are meant to be."""

import pytest

from reactor.lane.alike import Alike
from tests.cgroups.build import run_of
from tests.lane.build import Post


def test_equal_records_are_one() -> None:
    alike = Alike()
    first = alike.one((int("1000"), int("2000")))
    assert alike.one((int("1000"), int("2000"))) is first
    assert alike.one((int("1000"), int("2001"))) == (1000, 2001)


def test_those_that_are_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactor.lane.alike.MOST", 3)
    alike = Alike()
    made = [alike.one((number, 0)) for number in range(10)]
    assert made == [(number, 0) for number in range(10)]
    assert alike.one((9, int("0"))) is made[9]
    assert alike.one((0, int("0"))) is not made[0]


def test_runs_with_the_same_rules_and_limits_share_their_numbers(here: Post) -> None:
    for number in (1, 2):
        here.run(number)
        here.arm(number)
    first, second = here.lookout._crew.eyes.values()
    assert first.numbers is second.numbers
    assert first.word.memory_shares is second.word.memory_shares
    assert first.strung is second.strung
    assert first.word.home.run == run_of(1)
