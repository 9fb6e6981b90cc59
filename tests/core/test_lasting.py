"""What a reader vouches for is held against telling each again, and against carrying it over each time."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container
from reactor.core.decisions import Decision
from reactor.core.facts import Fact, Reloaded, Sample, Seen, Snapshot, Still, Tick, ZombiesSeen
from reactor.core.lasting import LULL, renewed
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.state import Setup, State, Step
from reactor.core.step import step
from tests.core.build import Story, box, over
from tests.core.test_calm import Counted, asked
from tests.core.test_calm_properties import (
    KINDS,
    Answer,
    Teller,
    forgetful,
    remembered,
    setups,
)
from tests.core.written import condition

READERS = (1, 1, 1, 1, 2)


class Voucher(Teller):
    """The same, where somebody reads who tells only what moves."""

    def __init__(self, *, apart: bool) -> None:
        super().__init__(apart=apart)
        self.by, self.as_of = 1, 0.0

    def vouch(self, pause: float, n: int, back: float, *, lapses: bool, by: int) -> None:
        """Nothing else has moved."""
        self.at += pause
        self.by = by
        lapsed = frozenset({self.now[n].run} if lapses else ())
        self.facts.append(Still(self.at, self.by, max(0.0, self.at - back), lapsed))

    def read(self) -> None:
        """The last one was a reading by this reader."""
        last = self.facts[-1]
        if isinstance(last, Sample):
            self.facts[-1] = replace(last, by=self.by)


MOVES = st.tuples(
    st.sampled_from((*KINDS, *["still"] * 25)),
    st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.0, 2.0, 5.0, 13.0]),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([None, 1, 5, 15, 19, 20, 21, 26, 31, 90]),
    st.sampled_from([None, 32, 64]),
    st.sampled_from([0.0, 0.5, 3.0, 7.0]),
    st.sampled_from(READERS),
    st.booleans(),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Fact | Answer]:
    """What is seen in half a minute or so, most of it by readings that last."""
    teller = Voucher(apart=draw(st.booleans()))
    for kind, pause, n, value, limit, back, by, often in draw(st.lists(MOVES, max_size=60)):
        if kind == "still":
            teller.vouch(pause, n, back, lapses=value == 90, by=by)
        else:
            teller.tell(kind, pause, n, value, limit)
            if often or value != 5:
                teller.read()
    return teller.facts


def carried_over(state: State) -> State:
    """The state in which each entry has what it would be renewed to; nobody is calm."""
    entries = {entry.run.id: renewed(state, entry) for entry in state.entries.values()}
    return forgetful(replace(state, entries=state.entries.put_all(entries)))


def told(made: tuple[Setup, ...], facts: Iterable[Fact | Answer], *, naive: bool) -> list[Step]:
    """The steps that these facts lead to."""
    state, steps, reloads = State(), list[Step](), 0
    decisions = list[Decision]()
    for each in facts:
        fact = each.fact(decisions) if isinstance(each, Answer) else each
        reloads += isinstance(fact, Reloaded)
        steps.append(step(made[reloads % len(made)], carried_over(state) if naive else state, fact))
        state = steps[-1].state
        decisions += steps[-1].decisions
    return steps


@settings(max_examples=60, deadline=None)
@given(setups(), stories(), st.sampled_from([6.0, 9.0, 12.0]))
def test_what_lasts_is_judged_as_if_it_were_carried_over(
    made: tuple[Setup, ...], facts: list[Fact | Answer], stale: float
) -> None:
    """The same decisions and notes, in the same order; and the same memory in the end."""
    made = tuple(replace(each, stale_after=stale) for each in made)
    facts = [*facts, *(Tick(facts[-1].at + seconds) for seconds in range(1, 16))]
    quick, slow = told(made, facts, naive=False), told(made, facts, naive=True)
    for one, other in zip(quick, slow, strict=True):
        assert one.decisions == other.decisions
        assert one.notes == other.notes
    ends = [carried_over(each[-1].state) for each in (quick, slow)]
    assert remembered(ends[0]) == remembered(ends[1])


MANY = 40
WHAT = (5, 256, 10, 100, 1.0)


def lasting(*rules: Rule, at_once: bool = False, **setup: float) -> tuple[Story, list[Container]]:
    """Many who were read by somebody who vouches for it, or who tells each of them every second."""
    told = Story(Setup(RuleSet(rules), **setup))  # type: ignore[arg-type]  # All of them are seconds.
    boxes = [box(n, born=0.0) for n in range(1, MANY)]
    told.tell(Snapshot(1.0, 1.0, 1, tuple(boxes)))
    told.tell(*(Sample(1.5, one.run, *WHAT, by=0 if at_once else 1) for one in boxes)).tick(2.0)
    return told, boxes


def go_on(told: Story, boxes: list[Container], until: int, *, at_once: bool) -> None:
    """Nobody moves."""
    for at in range(int(told.state.ticked or 0) + 1, until):
        if at_once:
            told.tell(*(Sample(float(at), one.run, *WHAT) for one in boxes))
        else:
            told.tell(Still(float(at), 1, float(at)))
        told.tick(float(at))


def test_to_vouch_for_many_asks_no_rule_of_anybody() -> None:
    counted = Counted("pids > 200", 0)
    told, boxes = lasting(counted.rule, Rule("g/blind", "f:1", on=Trigger.BLIND, hold=30.0))
    # Before somebody vouched for the first time, it was not known that anybody would.
    go_on(told, boxes, 40, at_once=False)
    counted.asked = 0
    go_on(told, boxes, 90, at_once=False)
    assert asked([counted]) == 0
    assert renewed(told.state, told.entry(1)).heard == 89.0


def test_what_is_decided_is_the_same_as_if_each_had_been_told_again() -> None:
    """A rule that needs fresh readings all the time until an age comes, one about the whole, one in vain."""
    rules = (
        Rule("g/old", "f:1", when=condition("pids > 4 && age > 20s"), hold=3.0),
        Rule("g/whole", "f:1", when=condition(f"scope.pids > {5 * MANY - 30}"), hold=6.0, dry_run=True),
        Rule("g/never", "f:1", when=condition("pids > 5"), fresh=9.0),
        Rule("g/blind", "f:1", on=Trigger.BLIND, hold=4.0),
    )
    found = []
    for at_once in (True, False):
        told, boxes = lasting(*rules, at_once=at_once)
        go_on(told, boxes, 40, at_once=at_once)
        found.append({(each.run, each.rule, int(each.at)) for each in told.decisions})
    assert found[0] == found[1]
    assert len(found[0]) > MANY


def test_who_is_vouched_for_no_more_is_unknown_and_then_found_blind() -> None:
    """Everybody when the reader falls silent, one alone when it lapses, and both in time."""
    for silent in (True, False):
        rules = (
            Rule("g/blind", "f:1", on=Trigger.BLIND, hold=30.0),
            Rule("g/old", "f:1", when=condition("pids > 200" if silent else "pids > 4 && age > 110s")),
        )
        told, boxes = lasting(*rules)
        # For so long that nobody waits for a moment of his own any more.
        go_on(told, boxes, 95, at_once=False)
        told.tell(Still(94.6, 1, 94.5, frozenset() if silent else frozenset({boxes[0].run})))
        last = 94.0 if not silent else 94.5
        for at in range(95, 135):
            if not silent:
                told.tell(Still(at - 0.4, 1, at - 0.5))
            told.tick(float(at))
        blind = {each.run: each.at for each in told.decisions if each.rule == "g/blind"}
        assert blind[boxes[0].run] == (124.0 if not silent else 125.0)
        assert len(blind) == (len(boxes) if silent else 1)
        old = {each.run for each in told.decisions if each.rule == "g/old"}
        assert old == (set() if silent else {one.run for one in boxes[1:]})
        assert last + LULL < 110


def test_another_reader_does_not_vouch_for_what_the_one_before_had_told() -> None:
    told, boxes = lasting(Rule("g/never", "f:1", when=condition("pids > 200")))
    told.tell(Still(5.0, 1, 4.5), Sample(6.0, boxes[0].run, *WHAT, by=2), Still(30.0, 2, 29.0))
    moments = [renewed(told.state, told.entry(n)).sample for n in (1, 2)]
    assert [each and (each.at, each.by) for each in moments] == [(29.0, 2), (4.5, 0)]


def test_processor_time_is_counted_from_when_it_was_read() -> None:
    told, boxes = lasting(Rule("g/never", "f:1", when=condition("cpu > 2")))
    told.tell(Still(19.6, 1, 19.5), Sample(21.5, boxes[0].run, 5, 256, 10, 100, 11.0, by=1))
    assert told.entry(1).cores == 0.5


def test_a_rate_over_a_gap_for_which_nobody_answered_is_unknown() -> None:
    """Whoever was read by the lane long ago may have worked then and not now."""
    busy, idle = box(1), box(2)
    told = Story(Setup(RuleSet((Rule("g/c", "f:1", when=condition("cpu > 0.5")),)))).snapshot(0, busy, idle)
    told.tell(*(Sample(2, each.run, 5, None, 1000, None, 1.0, by=1) for each in (busy, idle)))
    told.tell(Still(3.0, 1, 3.0))
    for at in range(4, 40):
        told.tell(Still(at, 1, at, frozenset({busy.run} if at == 4 else ())))
    told.tell(*(Sample(40, each.run, 5, None, 1000, None, 37.0) for each in (busy, idle)))
    assert told.entry(1).cores is None, "nobody answered for it since 4"
    assert told.entry(2).cores == 36 / 38


def test_who_was_taken_for_over_was_not_counted_meanwhile() -> None:
    """A count of zombies of before is no evidence when the run turns out to go on."""
    here = box(1)
    told = Story(Setup(RuleSet((Rule("g/z", "f:1", when=condition("zombies > 50 && age > 60s")),))))
    told.snapshot(0, here).tell(ZombiesSeen(2, 2, {here.run: 100})).tell(Seen(4, over(here)))
    for at in (17, 32, 47, 62, 77):
        told.tell(ZombiesSeen(at, at, {})).tick(at)
    told.tell(Seen(80, replace(here, name="c1"))).tick(81)
    assert told.entry(1).ended_at is None
    assert not told.decisions
    told.tell(ZombiesSeen(92, 92, {here.run: 100})).tick(93)
    assert len(told.decisions) == 1
