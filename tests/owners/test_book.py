"""Leases: who holds them, who is refused, and what a time without a monitor costs nobody."""

import pytest

from reactor.core.owners import Presence
from reactor.core.ports import KeptLease
from reactor.owners.book import LeaseBook
from reactor.owners.lease import LeaseRefused


def opened(at: float = 0.0, *kept: KeptLease) -> tuple[LeaseBook, list[KeptLease]]:
    written: list[KeptLease] = []
    book = LeaseBook(written.append)
    book.recall(kept)
    book.open(at)
    return book, written


def presence(book: LeaseBook, at: float, name: str = "a") -> Presence:
    book.pass_time(at)
    return book.look(name, at).presence


def test_a_lease_lives_until_its_last_renewal_runs_out() -> None:
    book, _ = opened()
    token = book.take("a", 4, "ada", 0).kept.token
    assert presence(book, 3.9) is Presence.ALIVE
    book.renew("a", token, 4, 3.9)
    assert presence(book, 7.8) is Presence.ALIVE
    assert presence(book, 7.9) is Presence.GONE
    assert book.renew("a", token, 4, 9).kept.token == token, "nobody took it meanwhile"
    assert presence(book, 9) is Presence.ALIVE


def test_what_nobody_ever_held_is_unknown() -> None:
    book, _ = opened()
    assert presence(book, 99) is Presence.UNKNOWN


def test_the_holder_before_is_refused() -> None:
    """Its token is older: it was taken for gone, and must not keep the next one's task alive, or end it."""
    book, _ = opened()
    first = book.take("a", 2, "ada", 0).kept.token
    with pytest.raises(LeaseRefused, match="somebody else holds"):
        book.take("a", 2, "kim", 1.9)
    second = book.take("a", 2, "kim", 2).kept.token
    assert second > first
    for token in (first, second + 1, 0):
        with pytest.raises(LeaseRefused, match="not the present one"):
            book.renew("a", token, 2, 2.5)
        with pytest.raises(LeaseRefused, match="not the present one"):
            book.give_up("a", token, 2.5)
    assert presence(book, 3.9) is Presence.ALIVE


def test_what_was_given_up_is_gone_at_once_and_can_be_taken_again() -> None:
    book, _ = opened()
    token = book.take("a", 60, "", 0).kept.token
    book.give_up("a", token, 1)
    assert presence(book, 1) is Presence.GONE
    with pytest.raises(LeaseRefused, match="was given up"):
        book.renew("a", token, 60, 2)
    assert book.take("a", 60, "", 3).kept.token > token


def test_the_next_monitor_gives_everybody_the_whole_time_and_forgets_no_token() -> None:
    """Not before it can be asked: until then nobody could have renewed."""
    _, written = opened()
    kept = KeptLease("a", 7, 10, "ada"), KeptLease("b", 9, 10, "kim", given_up=True)
    book = LeaseBook(written.append)
    book.recall(kept)
    assert [book.look(name, 500).presence for name in "ab"] == [Presence.UNKNOWN, Presence.GONE]
    book.open(500)
    assert presence(book, 504) is Presence.ALIVE
    assert presence(book, 508) is Presence.ALIVE
    assert presence(book, 510) is Presence.GONE
    assert book.take("c", 10, "", 511).kept.token == 10
    assert written == [KeptLease("c", 10, 10, "")]


def test_time_in_which_we_were_stopped_counts_for_nobody() -> None:
    book, _ = opened()
    book.take("a", 10, "", 0)
    assert presence(book, 2) is Presence.ALIVE
    assert presence(book, 602) is Presence.ALIVE, "stopped for 600 s"
    assert [presence(book, at) for at in (606, 609.9)] == [Presence.ALIVE] * 2
    assert presence(book, 610.1) is Presence.GONE


def test_a_connection_holds_a_lease_and_its_end_starts_the_time() -> None:
    book, _ = opened()
    token = book.take("a", 4, "", 0).kept.token
    book.hold("a", token, 1)
    book.hold("a", token, 1)
    assert [presence(book, at) for at in (4, 8, 12)] == [Presence.ALIVE] * 3
    book.let_go("a", token, 12)
    assert presence(book, 16) is Presence.ALIVE, "another connection holds it"
    book.let_go("a", token, 17)
    assert presence(book, 20.9) is Presence.ALIVE
    assert presence(book, 21) is Presence.GONE


@pytest.mark.parametrize(("name", "ttl"), [("a b", 5), ("../a", 5), ("", 5), ("a" * 129, 5), ("a", 0.5)])
def test_what_makes_no_sense_is_refused(name: str, ttl: float) -> None:
    book, _ = opened()
    with pytest.raises(LeaseRefused):
        book.take(name, ttl, "", 0)
    assert book.leases() == ()


def test_there_is_room_for_the_living_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactor.owners.book.MOST", 2)
    book, written = opened()
    book.take("a", 2, "", 0)
    book.take("b", 60, "", 0)
    with pytest.raises(LeaseRefused, match="2 leases already"):
        book.take("c", 2, "", 1)
    book.take("c", 2, "", 3)
    assert [each.kept.name for each in book.leases()] == ["b", "c"]
    assert [each.name for each in written if each.forgotten] == ["a"]


def test_it_counts_what_became_of_leases_each_once() -> None:
    book, _ = opened()
    a = book.take("a", 4, "", 0).kept.token
    b = book.take("b", 60, "", 0).kept.token
    c = book.take("c", 60, "", 0).kept.token
    book.hold("a", a, 1)
    for at in (2, 4, 6):
        book.pass_time(at)
    book.let_go("a", a, 6)
    book.renew("b", b, 60, 7)
    book.give_up("c", c, 7)
    book.give_up("c", c, 8)
    assert book.statistics(8).standing == {"held": 2, "over": 0, "given-up": 1}
    for at in (8, 10, 12, 14, 100, 102):
        book.pass_time(at)
    told = book.statistics(102)
    assert told.standing == {"held": 1, "over": 1, "given-up": 1}, "b got 86 s back"
    assert told.events == {"taken": 3, "renewed": 1, "given-up": 1, "ran-out": 1, "refused": 0}
    assert (told.connections, book.statistics(2).connections) == (0, 0)
