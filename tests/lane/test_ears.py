"""The lane's ear: one bell that hears everything, another one when it does not, or a reason for none."""

import os
import select
from collections.abc import Iterator

import pytest

from reactor.cgroups.forks import ForkBell
from reactor.lane.ears import TRIES_AGAIN, Ear
from tests.cgroups.test_reading import open_files


class Rope(ForkBell):
    """In place of the kernel's: an eventfd that the test rings."""

    def __init__(self) -> None:
        self.file = os.eventfd(0, os.EFD_NONBLOCK)
        self.is_true = self.fits = self.hears_moves = True

    def fileno(self) -> int:
        return self.file

    def rang(self) -> bool:
        rang = bool(select.select([self.file], [], [], 0)[0])
        if rang:
            os.eventfd_read(self.file)
        return rang

    def ring(self) -> None:
        os.eventfd_write(self.file, 1)

    @property
    def is_broken(self) -> bool:
        return not self.fits

    def hears_all(self) -> bool:
        return self.fits

    def works(self) -> bool:
        return self.is_true

    def close(self) -> None:
        os.close(self.file)


class Belfry:
    """Ears over ropes; ``refused`` is what the kernel says."""

    def __init__(self) -> None:
        self.ropes: list[Rope] = []
        self.refused: OSError | None = None
        self.is_true = True
        self.epoll = select.epoll()
        self.ear = Ear(self.epoll, self._hang)

    def _hang(self) -> Rope:
        if self.refused is not None:
            raise self.refused
        self.ropes.append(Rope())
        self.ropes[-1].is_true = self.is_true
        return self.ropes[-1]


@pytest.fixture
def belfry() -> Iterator[Belfry]:
    before = open_files()
    made = Belfry()
    yield made
    made.ear.close()
    made.epoll.close()
    assert open_files() == before, "nothing stays open"


def test_it_wakes_nobody_until_it_is_listened_to_and_then_for_what_it_rang_before(belfry: Belfry) -> None:
    assert belfry.ear.renew(100.0)
    belfry.ropes[0].ring()
    assert belfry.epoll.poll(0) == []
    belfry.ear.listen()
    ((number, _),) = belfry.epoll.poll(0)
    assert belfry.ear.is_mine(number)
    belfry.ear.mute()
    assert belfry.epoll.poll(0) == []
    assert belfry.ear.rang()
    assert not belfry.ear.rang()


def test_another_one_is_hung_up_when_processors_come_or_something_was_missed(belfry: Belfry) -> None:
    ear = belfry.ear
    assert ear.renew(100.0)
    assert not ear.renew(100.0 + TRIES_AGAIN)
    belfry.ropes[0].fits = False
    assert ear.renew(100.1 + TRIES_AGAIN), "it would ring for ever: at once"
    assert not ear.renew(100.2 + TRIES_AGAIN)
    assert ear.renew(100.3 + TRIES_AGAIN, in_doubt=True)
    assert len(belfry.ropes) == 3
    assert ear.is_mine(belfry.ropes[2].file)


def test_where_there_is_none_it_is_said_why_and_tried_again_later(belfry: Belfry) -> None:
    ear, belfry.refused = belfry.ear, OSError(1, "Operation not permitted")
    assert not ear.renew(100.0)
    assert (ear.is_there, ear.why) == (False, "Operation not permitted")
    assert not ear.rang()
    belfry.refused = None
    assert not ear.renew(101.0)
    belfry.is_true = False
    assert not ear.renew(100.0 + TRIES_AGAIN)
    assert (ear.is_there, ear.why) == (False, "it was hung up, and does not ring")
    belfry.is_true = True
    assert ear.renew(100.0 + 2 * TRIES_AGAIN)
    assert ear.why == ""
    belfry.refused = OSError(24, "Too many open files")
    assert ear.renew(101.0 + 2 * TRIES_AGAIN, in_doubt=True), "there is none any more: that is news as well"
    assert not ear.is_there
