"""Zombies of a run: known by a look at all processes, and by nothing else."""

from reactor.core.facts import ZombiesSeen
from reactor.core.judging import view_of
from reactor.core.restraint import GateTerms
from reactor.core.rules import Order, Rule
from reactor.core.step import wanted_samples, wanted_zombies
from tests.core.build import Story, anew, box, story, total_over
from tests.core.written import condition

RULE = Rule("g/zombies", "f:1", when=condition("zombies > 20"))
A, B, C = box(1), box(2), box(3)


def seen(told: Story, at: float, counts: dict[int, int], began: float | None = None) -> Story:
    runs = {told.entry(n).run: count for n, count in counts.items()}
    return told.tell(ZombiesSeen(at, at if began is None else began, runs))


def known(told: Story, n: int, at: float) -> int | None:
    return view_of(told.setup, told.entry(n), at).zombies


def test_the_bound_and_a_neighbour_at_it() -> None:
    told = story(RULE).see(0, A, B, C)
    seen(told, 1, {1: 21, 2: 20, 3: 0})
    assert told.ended() == [(1, "g/zombies")]
    assert told.decisions[0].reason == "zombies 21 > 20"


def test_who_was_not_seen_is_unknown_at_once_and_a_look_is_no_evidence_for_ever() -> None:
    told = story(RULE).see(0, A, B)
    assert known(told, 1, 0) is None
    seen(told, 2, {1: 3, 2: 0}, began=1)
    assert (known(told, 1, 46), known(told, 2, 46)) == (3, 0)
    assert known(told, 1, 46.5) is None
    seen(told, 16, {2: 1})
    assert (known(told, 1, 16), known(told, 2, 16)) == (None, 1)


def test_a_count_of_an_earlier_run_is_none_of_the_next() -> None:
    told = story(RULE).see(0, A)
    seen(told, 1, {1: 5})
    told.see(2, anew(A, 9, 2.0))
    assert known(told, 1, 2) is None
    told.tell(ZombiesSeen(3, 3, {A.run: 500}))
    assert known(told, 1, 3) is None
    assert told.decisions == []


def test_only_those_are_wanted_that_a_rule_is_for() -> None:
    stranger = box(4, labels={})
    told = story(RULE).see(0, A, stranger)
    assert wanted_zombies(told.setup, told.state) == {A.run}
    assert wanted_samples(told.state) == frozenset(), "no stats stream is opened for it"
    told = story(Rule("g/r", "f:1", when=condition("pids > 20"))).see(0, A)
    assert wanted_zombies(told.setup, told.state) == frozenset()
    told = story(Rule("g/r", "f:1", when=total_over(10), victims=Order("zombies"))).see(0, A)
    assert wanted_zombies(told.setup, told.state) == {A.run}


def test_for_lasts_from_one_look_to_the_next() -> None:
    told = story(Rule("g/r", "f:1", when=condition("zombies > 20"), hold=60.0)).see(0, A, B)
    for at in range(1, 90):
        if at % 15 == 1:
            seen(told, at, {1: 30, 2: 30 if at < 60 else 20})
        told.tick(at)
    assert told.at() == [(1, 61)]


def test_a_new_rule_waits_for_the_first_look_before_it_is_counted() -> None:
    rule = Rule("g/zombies", "f:1", when=condition("zombies > 20"), digest="d")
    told = story(rule, gate=GateTerms()).snapshot(0, *(box(n) for n in range(1, 7)))
    for at in range(1, 6):
        told.tick(at)
    seen(told, 6, dict.fromkeys(range(1, 7), 30))
    for at in range(6, 12):
        told.tick(at)
    assert told.decisions == []
    assert len(told.state.curbs.gate.matches) == 6


def test_where_nobody_can_look_other_rules_wait_no_longer_than_usual() -> None:
    rules = (
        Rule("g/zombies", "f:1", when=condition("zombies > 20"), digest="d"),
        Rule("g/old", "f:2", when=condition("age > 12s"), digest="e"),
    )
    told = story(*rules, gate=GateTerms()).snapshot(0, box(1), box(2, born=100.0))
    for at in range(1, 15):
        told.tick(at)
    assert told.ended() == [(1, "g/old")]
