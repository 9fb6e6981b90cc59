"""How an end came about, as far as events tell: a signal by the engine, the death, an earlier monitor."""

from dataclasses import replace

import pytest

from reactor.core.decisions import Decision, Result, Why
from reactor.core.facts import Happened, Happening
from reactor.core.notes import Cause, Ended
from reactor.core.rules import Rule

from .build import Story, anew, box, cid, over, pids_over, story

NANO = 10**9
START = 1767225600


def told(at: float, what: Happening, n: int = 1, second: int = 20) -> Happened:
    return Happened(at, what, cid(n), (START + second) * NANO)


def ends(told_of: Story) -> list[tuple[Cause, bool]]:
    notes = [note for note in told_of.notes if isinstance(note, Ended)]
    return [(note.cause, note.again) for note in notes]


@pytest.mark.parametrize("code", [137, 143, 0, 3])
def test_an_end_after_somebodys_signal_is_the_engines(code: int) -> None:
    made = Story().see(0, box(1), box(2))
    made.tell(told(20, Happening.KILL), told(21, Happening.DIE)).see(21.1, over(box(1), code))
    made.see(22, over(box(2), code))
    assert ends(made) == [(Cause.ENGINE, False), (Cause.ITSELF, False)]


def test_a_polite_signal_that_was_ignored_for_long_is_no_cause() -> None:
    made = Story().see(0, box(1))
    made.tell(told(20, Happening.KILL), told(80.5, Happening.DIE, second=80)).see(81, over(box(1), 3))
    assert ends(made) == [(Cause.ITSELF, False)]


def test_a_signal_that_an_earlier_run_got_says_nothing_about_this_one() -> None:
    made = Story().see(0, box(1)).see(30, anew(box(1), 30, 30.0))
    made.tell(told(31, Happening.KILL, second=20), told(40, Happening.DIE, second=40))
    made.see(41, over(anew(box(1), 30, 30.0), 1))
    assert ends(made)[-1] == (Cause.ITSELF, False)


def test_what_is_told_of_a_later_run_says_nothing_about_the_one_that_died() -> None:
    made = Story().see(0, box(1)).tell(told(20, Happening.DIE))
    made.tell(told(21, Happening.KILL, second=21), told(22, Happening.DIE, second=22)).see(
        23, over(box(1), 4)
    )
    assert ends(made) == [(Cause.ITSELF, False)]
    (note,) = (note for note in made.notes if isinstance(note, Ended))
    assert note.died == 20


def test_a_signal_that_is_heard_of_late_mends_the_cause() -> None:
    made = Story().see(0, box(1)).see(20, over(box(1), 137)).tell(told(20.5, Happening.KILL))
    assert ends(made) == [(Cause.ITSELF, False), (Cause.ENGINE, True)]


def _storm() -> tuple[Story, Decision]:
    made = story(Rule("r", "f:1", when=pids_over(200))).see(0, box(1)).sample(1, box(1), pids=201)
    (decision,) = made.decisions
    return made, decision


def test_our_own_signal_is_ours() -> None:
    made, decision = _storm()
    made.tell(told(1.1, Happening.KILL), told(1.2, Happening.DIE)).see(1.3, over(box(1), 137))
    made.outcome(1.4, decision)
    assert ends(made) == [(Cause.REACTOR, False)]


def test_somebody_who_was_quicker_is_told_apart_once_the_outcome_says_so() -> None:
    made, decision = _storm()
    made.tell(told(1.1, Happening.KILL)).outcome(1.2, decision, Result.REFUSED, Why.PROTECTED)
    made.tell(told(1.3, Happening.DIE)).see(1.4, over(box(1), 137))
    assert ends(made) == [(Cause.ENGINE, False)]


@pytest.mark.parametrize(("code", "cause"), [(137, Cause.REACTOR), (0, Cause.ITSELF)])
def test_what_an_earlier_monitor_meant_to_kill_and_is_found_killed_was_most_likely_it(
    code: int, cause: Cause
) -> None:
    _, decision = _storm()
    made = story(Rule("r", "f:1", when=pids_over(200))).snapshot(50, over(box(1), code))
    made.outcome(51, decision, Result.DONE, Why.ALREADY_OVER)
    assert ends(made)[-1][0] is cause


def test_the_recent_samples_are_kept_and_bounded_and_are_of_one_run() -> None:
    made = story(Rule("r", "f:1", when=pids_over(200))).see(0, box(1))
    for second in range(40):
        made.sample(second, box(1), pids=second)
    assert [sample.pids for sample in made.entry(1).recent] == list(range(10, 40))
    again = anew(box(1), 50, 50.0)
    made.see(50, again).sample(51, again, pids=7)
    assert [sample.pids for sample in made.entry(1).recent] == [7]


def test_words_about_nobody_change_nothing() -> None:
    made = Story()
    before = made.state
    made.tell(told(1, Happening.KILL), told(1, Happening.DIE))
    assert made.state == before
    never = replace(box(1), run=replace(box(1).run, started_at=""))
    made.see(2, never).tell(told(3, Happening.KILL))
    assert made.entry(1).struck is None
