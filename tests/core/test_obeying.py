"""Hold and silences at exact moments: nobody dies, nothing is lost, and what ran before goes on."""

from reactor.core.cautions import HoldBegan, HoldOver, SilenceBegan, SilenceOver
from reactor.core.decisions import Result, Why
from reactor.core.facts import Held, Resumed, Silenced, Unsilenced
from reactor.core.gate import is_gated
from reactor.core.orders import Hold, Silence
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule
from tests.core.build import Story, age_over, anew, box, cid, pids_over, story

PIDS = Rule("g/pids", "f:1", when=pids_over(200))
OLD = Rule("g/age", "f:2", when=age_over(10))
HOLD = Hold("h1", 1.0, "ada", "a look at it", None)


def _held(hold: Hold = HOLD, at: float = 1.0) -> Story:
    return story(PIDS).see(0, box(1), box(2)).tell(Held(at, hold))


def test_while_it_holds_all_is_said_once_and_nothing_done_and_then_it_is() -> None:
    told = _held()
    for at in range(2, 6):
        told.sample(at, box(1), pids=201).sample(at, box(2), pids=200).tick(at)
    assert [each.dry_run for each in told.decisions] == [True]
    told.tell(Resumed(6, "ada")).sample(6.5, box(1), pids=201).sample(6.5, box(2), pids=200)
    assert told.live() == [1]
    assert [type(note) for note in told.notes if isinstance(note, HoldBegan | HoldOver)] == [
        HoldBegan,
        HoldOver,
    ]


def test_what_is_under_way_comes_off_and_takes_no_sidecar_along() -> None:
    side = box(2, labels={"reactor.sidecar-of": "t1"})
    told = story(PIDS).see(0, box(1), side).sample(0.5, box(1), pids=201)
    told.tell(Held(1, HOLD)).outcome(1.5, told.decisions[0])
    assert told.live() == [1]
    free = story(PIDS).see(0, box(1), side).sample(0.5, box(1), pids=201)
    assert free.outcome(1.5, free.decisions[0]).live() == [1, 2]


def test_what_was_refused_before_the_hold_stays_refused_after_it() -> None:
    told = story(PIDS).see(0, box(1)).sample(0.5, box(1), pids=201)
    told.outcome(0.7, told.decisions[0], Result.REFUSED, Why.PROTECTED)
    told.tell(Held(1, HOLD), Resumed(2, "ada")).sample(3, box(1), pids=201)
    assert len(told.decisions) == 1


def test_a_hold_for_a_time_ends_by_itself() -> None:
    told = _held(Hold("h1", 1.0, "ada", "", 5.0)).sample(2, box(1), pids=201).tick(4.9)
    assert told.live() == []
    told.tick(5).sample(5, box(1), pids=201)
    assert told.live() == [1]
    assert [note.by for note in told.said(HoldOver) if isinstance(note, HoldOver)] == [""]


def _silence(until: float = 10.0, **what: str) -> Silence:
    return Silence("s1", 1.0, until, "ada", "a long build", **what)


def test_a_silence_spares_one_container_for_its_time_and_no_other() -> None:
    told = story(PIDS).see(0, box(1), box(2)).tell(Silenced(1, _silence(container=cid(1))))
    told.sample(2, box(1), pids=201).sample(2, box(2), pids=201).tick(9.9)
    assert told.live() == [2]
    told.sample(10, box(1), pids=201)
    assert told.live() == [2, 1]
    told.tick(10)
    assert [type(note) for note in told.notes if isinstance(note, SilenceBegan | SilenceOver)] == [
        SilenceBegan,
        SilenceOver,
    ]
    assert told.state.curbs.orders is None


def test_it_is_for_the_container_and_not_for_its_name() -> None:
    told = story(PIDS).see(0, box(1)).tell(Silenced(1, _silence(container=cid(1), name="c1")))
    told.vanish(2, 1).see(3, box(7, name="c1")).sample(4, box(7, name="c1"), pids=201)
    assert told.live() == [7]


def test_a_later_run_of_the_container_is_spared_as_well() -> None:
    told = story(PIDS).see(0, box(1)).tell(Silenced(1, _silence(container=cid(1))))
    again = anew(box(1), 40, 2.0)
    told.see(3, again).sample(4, again, pids=201)
    assert told.live() == []


def test_a_silent_rule_is_silent_for_all_and_others_are_not() -> None:
    told = story(PIDS, OLD).see(0, box(1), box(2, born=8.0)).tell(Silenced(1, _silence(60, rule="g/pids")))
    told.sample(2, box(1), pids=201).sample(2, box(2), pids=201).tick(11)
    assert told.ended() == [(1, "g/age")]
    told.tell(Unsilenced(12, "s1", "ada")).sample(12, box(2), pids=201)
    assert told.ended() == [(1, "g/age"), (2, "g/pids")]


def test_a_spared_sidecar_stays_when_its_main_is_ended() -> None:
    side = box(2, labels={"reactor.sidecar-of": "t1"})
    told = story(PIDS).see(0, box(1), side).tell(Silenced(0, _silence(container=cid(2))))
    told.sample(0.5, box(1), pids=201).outcome(1.5, told.decisions[0])
    assert told.live() == [1]


def test_a_silent_new_rule_is_not_let_through_by_the_gate() -> None:
    rule = Rule("g/new", "f:1", when=pids_over(200), digest="n")
    told = story(rule, gate=GateTerms()).tell(Silenced(0, _silence(20, rule="g/new")))
    told.snapshot(0, *(box(n) for n in range(1, 11)))
    for at in range(1, 15):
        for n in range(1, 11):
            told.sample(at, box(n), pids=201)
        told.tick(at)
    assert is_gated(told.setup, told.state, rule)
    assert told.decisions == []
