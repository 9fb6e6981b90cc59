"""A lease is held as long as it can be renewed, and lost as soon as it is somebody else's."""

import threading

import pytest

from reactor.client.asking import Refused, Unreachable
from reactor.client.leases import Lease, NotHeld


class Office:
    """Gives one lease; what it answers is set by the test."""

    def __init__(self, *answers: "int | Exception | None", deaf: bool = False) -> None:
        self.deaf = deaf
        self.answers = list(answers)
        self.asked: list[int | None] = []
        self.given_up: list[int] = []
        self.enough = threading.Event()

    def renew(self, token: int | None) -> int | None:
        self.asked.append(token)
        answer = self.answers.pop(0) if self.answers else 7
        if not self.answers:
            self.enough.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give_up(self, token: int) -> None:
        self.given_up.append(token)
        if self.deaf:
            raise Unreachable("nobody there")


def test_it_is_renewed_by_its_token_until_it_is_let_go() -> None:
    office = Office(7, 7, None, 7)
    # Its thread may be kept waiting for two thirds of that before the lease is lost.
    with Lease(office.renew, 4.5) as lease:
        assert office.enough.wait(30)
        assert not lease.lost.is_set()
    assert office.asked[:4] == [None, 7, 7, 7]
    assert lease.token == 7


@pytest.mark.parametrize("answers", [(7, Refused(409, "taken")), (7, None, None, None, None, None)])
def test_it_is_lost_when_somebody_else_has_it_or_nobody_answers(answers: "tuple[int | None, ...]") -> None:
    with Lease(Office(*answers).renew, 0.15) as lease:
        assert lease.lost.wait(5)


def test_one_that_cannot_be_taken_is_not_held() -> None:
    with pytest.raises(NotHeld), Lease(Office(None).renew, 1):
        pass
    with pytest.raises(Refused), Lease(Office(Refused(409, "taken")).renew, 1):
        pass


@pytest.mark.parametrize("deaf", [False, True])
def test_it_is_given_up_at_the_end_and_an_error_stays_the_one_that_it_was(*, deaf: bool) -> None:
    office = Office(deaf=deaf)
    with Lease(office.renew, 30, give_up=office.give_up):
        assert office.given_up == []
    assert office.given_up == [7]
    with pytest.raises(KeyError), Lease(office.renew, 30, give_up=office.give_up):
        raise KeyError
    assert office.given_up == [7, 7]


def test_what_is_lost_is_not_given_up_and_what_is_to_run_on_is_left() -> None:
    """The token of whoever has it now is another one, and nobody asks who is gone."""
    office = Office(7, Refused(409, "taken"))
    with Lease(office.renew, 0.15, give_up=office.give_up) as lease:
        assert lease.lost.wait(5)
    with Lease(office.renew, 30):
        pass
    assert office.given_up == []


def test_one_goes_on_with_a_lease_by_its_token() -> None:
    office = Office(9)
    with Lease(office.renew, 30, token=9) as lease:
        assert lease.token == 9
    assert office.asked[0] == 9
