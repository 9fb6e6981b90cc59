"""Passwords: right ones are remembered, wrong ones are slow for whoever guesses, and nobody's loop pays."""

import bcrypt
import pytest
import trio
import trio.testing

from reactor.access import passwords
from reactor.access.passwords import BURST, MOST_WAITING, RATE, Passwords, Verdict, decoy
from tests.access.scene import HASH

USERS = {"ada": HASH.encode()}
RIGHT = b"open sesame"


class Bench:
    """Stands in the place of bcrypt: says what it was asked, and takes as long as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[bytes, bytes]] = []
        monkeypatch.setattr(passwords, "_compare", self._compare)

    def _compare(self, password: bytes, hashed: bytes) -> bool:
        self.asked.append((password, hashed))
        return password == RIGHT and hashed == USERS["ada"]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_real_hashes_of_all_three_kinds_are_read() -> None:
    """htpasswd writes 2y, others 2a and 2b; they mean the same."""
    for kind in ("2a", "2b", "2y"):
        users = {"ada": f"${kind}${HASH[4:]}".encode()}
        assert await Passwords().check(users, "ada", RIGHT, "") is Verdict.RIGHT
        assert await Passwords().check(users, "ada", b"open barley", "") is Verdict.WRONG
    long = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4))
    assert await Passwords().check({"ada": long}, "ada", b"x" * 500, "") is Verdict.RIGHT
    assert await Passwords().check(USERS, "ada", b"\0\xff", "") is Verdict.WRONG
    assert not bcrypt.checkpw(b"anything", decoy(USERS))


async def test_a_hash_that_the_library_refuses_is_made_by_no_password() -> None:
    """And ends nobody's monitor."""
    refused = {"ada": b"$2y$04$" + b"z" * 53}
    with pytest.raises(ValueError, match="salt"):
        bcrypt.checkpw(RIGHT, refused["ada"])
    assert await Passwords().check(refused, "ada", RIGHT, "") is Verdict.WRONG


async def test_who_was_right_is_not_checked_again_until_the_file_says_otherwise(bench: Bench) -> None:
    checking = Passwords()
    for _ in range(3):
        assert await checking.check(USERS, "ada", RIGHT, "a") is Verdict.RIGHT
    assert len(bench.asked) == 1
    assert await checking.check({"ada": b"$2b$04$" + b"x" * 53}, "ada", RIGHT, "a") is Verdict.WRONG
    assert len(bench.asked) == 2


async def test_somebody_unknown_costs_as_much_as_somebody_known(bench: Bench) -> None:
    users = {**USERS, "kim": b"$2b$12$" + b"x" * 53}
    assert await Passwords().check(users, "eve", RIGHT, "a") is Verdict.WRONG
    [(_, hashed)] = bench.asked
    assert hashed[:7] == b"$2b$12$"


async def test_nobody_comes_in_as_somebody_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_compare", lambda *_: True)
    checking = Passwords()
    assert [await checking.check(USERS, "eve", b"x", "a") for _ in range(2)] == [Verdict.WRONG] * 2


async def test_who_guesses_is_made_to_wait_and_others_are_not(
    bench: Bench, autojump_clock: trio.testing.MockClock
) -> None:
    checking = Passwords()
    guesses = [await checking.check(USERS, "ada", b"%d" % n, "guesser") for n in range(30)]
    assert guesses.count(Verdict.WRONG) == BURST
    assert guesses[int(BURST) :] == [Verdict.TOO_OFTEN] * (30 - int(BURST))
    # Neither is the right one let in from there before its time, nor do others notice.
    assert await checking.check(USERS, "ada", RIGHT, "guesser") is Verdict.TOO_OFTEN
    assert await checking.check(USERS, "ada", RIGHT, "scraper") is Verdict.RIGHT
    assert await checking.check(USERS, "ada", RIGHT, "guesser") is Verdict.RIGHT
    await trio.sleep(1 / RATE + 0.1)
    assert await checking.check(USERS, "ada", b"again", "guesser") is Verdict.WRONG


async def test_a_flood_from_everywhere_is_turned_away_and_who_was_right_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One check at a time; few wait; and what was right before waits for nobody."""
    begun, go_on = [], trio.Event()

    async def slow(_function: object, password: bytes, _hashed: bytes, **_: object) -> bool:
        begun.append(password)
        await go_on.wait()
        return False

    checking = Passwords()
    assert await checking.check(USERS, "ada", RIGHT, "scraper") is Verdict.RIGHT
    monkeypatch.setattr(trio.to_thread, "run_sync", slow)
    found: list[Verdict] = []

    async def guess(number: int) -> None:
        found.append(await checking.check(USERS, "ada", b"%d" % number, f"192.0.2.{number}"))

    async with trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(guess, number)
        await trio.testing.wait_all_tasks_blocked()
        assert found == [Verdict.TOO_BUSY] * (100 - MOST_WAITING)
        assert len(begun) <= 1
        assert await checking.check(USERS, "ada", RIGHT, "192.0.2.1") is Verdict.RIGHT
        go_on.set()
    assert found.count(Verdict.WRONG) == MOST_WAITING


async def test_between_two_checks_there_is_a_rest(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    """Of a second of guessing at most a quarter is spent on it."""

    async def slow(*_: object, **__: object) -> bool:
        await trio.sleep(0.25)
        return False

    monkeypatch.setattr(trio.to_thread, "run_sync", slow)
    checking, began = Passwords(), trio.current_time()
    for number in range(4):
        await checking.check(USERS, "ada", b"x", f"192.0.2.{number}")
    assert trio.current_time() - began == pytest.approx(3 * 1.0 + 0.25)
