"""A lease is held as long as it can be renewed, and lost as soon as it is somebody else's."""

import threading

import pytest

from reactor.client.asking import Refused
from reactor.client.leases import Lease, NotHeld


class Office:
    """Gives one lease; what it answers is set by the test."""

    def __init__(self, *answers: "int | Exception | None") -> None:
        self.answers = list(answers)
        self.asked: list[int | None] = []
        self.enough = threading.Event()

    def renew(self, token: int | None) -> int | None:
        self.asked.append(token)
        answer = self.answers.pop(0) if self.answers else 7
        if not self.answers:
            self.enough.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_it_is_renewed_by_its_token_until_it_is_let_go() -> None:
    office = Office(7, 7, None, 7)
    with Lease(office.renew, 0.15) as lease:
        assert office.enough.wait(5)
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
