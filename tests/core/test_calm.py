"""How often anybody is judged: counts, and no times."""

from dataclasses import replace

from reactor.core.container import Container
from reactor.core.facts import Sample, Snapshot, Tick
from reactor.core.ranges import NOWHERE, between
from reactor.core.rules import Mark, Rule, RuleSet, View
from reactor.core.state import Setup
from reactor.core.step import step
from reactor.core.watched import SELDOM, USUAL, wanted_readings
from tests.core.build import Story, box, cid
from tests.core.written import condition

MANY = 300


class Counted:
    """A rule that counts how often it is asked."""

    def __init__(self, text: str, number: int) -> None:
        self.asked = 0
        made = condition(text)
        test = made.test

        def asks(view: View) -> bool | None:
            self.asked += 1
            return test(view)

        self.rule = Rule(f"g/{number}", "f:1", when=replace(made, test=asks))


def watched(counted: list[Counted], boxes: list[Container]) -> Story:
    """All of them are read and judged once, and nobody is near anything."""
    told = Story(Setup(RuleSet(tuple(each.rule for each in counted))))
    told.tell(Snapshot(1.0, 1.0, 1, tuple(boxes)))
    for one in boxes:
        told.tell(Sample(1.5, one.run, 10, 256, 10, 100, 1.0))
    told.tick(2.0).tick(3.0)
    for each in counted:
        each.asked = 0
    return told


def asked(counted: list[Counted]) -> int:
    return sum(each.asked for each in counted)


def test_a_second_in_which_nothing_happens_asks_no_rule_of_anybody() -> None:
    counted = [Counted("pids > 200", 0), Counted("memory > 80%", 1), Counted("age > 12h", 2)]
    told = watched(counted, [box(n) for n in range(MANY)])
    told.tick(4.0).tick(5.0).tick(6.0)
    assert asked(counted) == 0
    assert len(told.state.deadlines) >= MANY


def test_a_reading_between_the_same_bounds_asks_no_rule_however_many_there_are() -> None:
    counted = [Counted(f"pids > {200 + n}", n) for n in range(50)]
    told = watched(counted, [box(1)])
    for second in range(4, 30):
        told.sample(second, box(1), pids=10 + second, pids_limit=256, memory=20, memory_limit=100)
        told.tick(second + 0.5)
    assert asked(counted) == 0
    told.sample(30, box(1), pids=201, pids_limit=256, memory=20, memory_limit=100)
    assert told.at() == [(1, 30)]
    assert asked(counted) >= 50


def test_who_is_stirred_alone_is_judged() -> None:
    """One comes near what it must not pass, and its neighbours have the same rule."""
    counted = [Counted("pids > 200", 0)]
    boxes = [box(n) for n in range(MANY)]
    told = watched(counted, boxes)
    told.sample(4.0, boxes[7], pids=201, pids_limit=256, memory=10, memory_limit=100)
    told.tick(4.5)
    assert told.at() == [(7, 4.0)]
    assert asked(counted) <= 3


def test_a_deadline_is_met_without_looking_before() -> None:
    """An age is passed in its second by those who reach it, and by nobody else."""
    counted = [Counted("age > 100s", 0)]
    boxes = [box(n, born=float(n)) for n in range(MANY)]
    told = Story(Setup(RuleSet((counted[0].rule,))))
    told.tell(Snapshot(1.0, 1.0, 1, tuple(boxes)))
    told.tick(2.0).tick(3.0)
    counted[0].asked = 0
    for second in range(4, 60):
        told.tick(second)
    # Everybody has his turn in the heap once a minute, and is found to be too early without being judged.
    assert asked(counted) == 0
    for second in range(60, 150):
        told.tick(second + 0.5)
    assert told.at() == [(n, n + 100.5) for n in range(50)]


def test_other_rules_have_everybody_judged_once() -> None:
    counted = [Counted("pids > 200", 0)]
    told = watched(counted, [box(n) for n in range(MANY)])
    other = replace(told.setup, stale_after=9.0)
    result = step(other, told.state, Tick(4.0))
    assert counted[0].asked == MANY
    step(other, result.state, Tick(5.0))
    assert counted[0].asked == MANY


def test_a_heap_does_not_grow_with_the_readings() -> None:
    """An expression has to be asked each time, and whoever is judged anew keeps his place."""
    told = watched([Counted("pids * 2 > 100", 0)], [box(1)])
    for second in range(4, 120):
        told.sample(second, box(1), pids=10 + second % 7, pids_limit=256, memory=20, memory_limit=100)
        told.tick(second + 0.5)
    assert len(told.state.deadlines) < 15


def test_of_many_each_is_read_more_seldom_for_a_sum_and_nobody_for_nothing() -> None:
    """A thousand readings a second are enough for a total; whoever is asked for a course keeps his second."""
    total, bound = Rule("g/t", "f:1", when=condition("scope.pids > 4000")), Counted("pids > 200", 0).rule
    course = Rule("g/c", "f:1", when=condition("max(pids, 1m) > 100"))
    for rules, every in (((total, bound), 3.0), ((bound,), SELDOM), ((total, course), USUAL)):
        told = Story(Setup(RuleSet(rules)))
        told.tell(Snapshot(1.0, 1.0, 1, tuple(box(n) for n in range(3000))))
        wanted = wanted_readings(told.setup, told.state)
        assert len(wanted) == 3000
        assert {each.every for each in wanted} == {every}
        assert {each.at_rest for each in wanted} == {USUAL if course in rules else SELDOM}, "a sum that stays"
    told = Story(Setup(RuleSet((Rule("g/a", "f:1", when=condition("age > 1h")),)))).see(1.0, box(1))
    assert wanted_readings(told.setup, told.state) == frozenset()


def test_the_room_of_a_reading() -> None:
    """It ends before the number itself, above and below; on the number there is none."""
    marks = [Mark("pids", 20, 1), Mark("pids", 1, 2, relative=True)]
    assert between(30, 100, marks) == (21, 49)
    assert between(20, 100, marks) == (20, 20)
    assert between(50, 101, marks)[1] == 50
    assert between(51, 101, marks)[0] == 51
    assert between(30, None, marks)[0] == 21
    assert between(None, 100, marks) == NOWHERE
    assert between(30, 0, marks) == NOWHERE


def test_a_stranger_costs_nothing() -> None:
    """Who is out of scope is in nobody's round."""
    counted = [Counted("pids > 200", 0)]
    told = watched(counted, [box(1), *(box(n, labels={}) for n in range(2, MANY))])
    assert told.state.entries.stirred == frozenset()
    assert cid(2) in told.state.entries
