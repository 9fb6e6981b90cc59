"""How an end came about, as far as events tell: a signal by the engine, the death, an earlier monitor."""

from dataclasses import replace

import pytest

from reactor.core.decisions import Decision, Result, Why
from reactor.core.facts import Happened, Happening
from reactor.core.meant import Meant
from reactor.core.notes import Basis, Cause, Ended
from reactor.core.recent import unpacked
from reactor.core.rules import Rule
from reactor.core.verbs import Action

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


KILL, STOP = Meant(Action.KILL, (START + 29) * NANO), Meant(Action.STOP, (START + 22) * NANO, grace=10.0)
OURS, OTHERS, OWN = (
    (Cause.REACTOR, Basis.INTENT),
    (Cause.ENGINE, Basis.SEEN),
    (Cause.ITSELF, Basis.SEEN),
)
MEANT = {
    "what was to be killed is found killed": (KILL, 137, False, {}, OURS),
    "and the engine tells of a signal": (KILL, 137, True, {}, OURS),
    "its engine was away when it ended": (KILL, 255, False, {}, OURS),
    "the engine was away, and it was asked to stop": (STOP, 255, False, {}, OURS),
    "the engine was away, and nothing was meant": (None, 255, False, {}, OWN),
    "it came to its own end before": (KILL, 0, False, {}, OWN),
    "somebody asked it to stop before our kill": (KILL, 143, True, {}, OTHERS),
    "what was to be stopped heeded": (STOP, 143, False, {}, OURS),
    "heeded in its own way, by the engine's word": (STOP, 0, True, {}, OURS),
    "stopped in its own way, and nobody told of a signal": (STOP, 0, False, {}, OWN),
    "did not heed, and was killed": (STOP, 137, False, {}, OURS),
    "an end that nobody knows": (KILL, None, False, {}, (Cause.UNSEEN, Basis.SEEN)),
    "an end before the intent": (replace(KILL, at=(START + 36) * NANO), 137, False, {}, OWN),
    "an end long after it": (replace(KILL, at=(START - 31) * NANO), 137, False, {}, OWN),
    "an end within the grace": (replace(STOP, at=(START - 31) * NANO), 137, False, {}, OURS),
    "a moment that nobody can read": (KILL, 137, False, {"finished_at": "soon"}, OWN),
    "the kernel was quicker": (KILL, 137, False, {"oom_killed": True}, (Cause.OOM, Basis.SEEN)),
    "its outcome is on record": (
        replace(KILL, ended=True),
        None,
        False,
        {},
        (Cause.REACTOR, Basis.SEEN),
    ),
    "nothing was meant": (None, 137, False, {}, OWN),
}


@pytest.mark.parametrize("case", MEANT.values(), ids=MEANT)
def test_the_end_of_what_an_earlier_monitor_meant_to_end(
    case: tuple[Meant | None, int | None, bool, dict[str, object], tuple[Cause, Basis]],
) -> None:
    """What fits is most likely ours, and said to be no more; a stranger's run beside it is its own."""
    meant, code, struck, more, expected = case
    made = story(Rule("r", "f:1", when=pids_over(200)), meant={box(1).run: meant} if meant else {})
    made.snapshot(50, over(box(1), exit_code=code, **more), over(box(2), 137))  # type: ignore[arg-type]  # As below.
    if struck:
        made.tell(told(29.5, Happening.KILL, second=29), told(30, Happening.DIE, second=30))
    last = {note.run: note for note in made.notes if isinstance(note, Ended)}
    assert (last[box(1).run].cause, last[box(1).run].basis) == expected
    assert (last[box(2).run].cause, last[box(2).run].basis) == OWN


def test_what_was_meant_is_for_one_run_and_what_is_gone_is_not_guessed_at() -> None:
    later = over(anew(box(1), 25, 25.0), 137)
    meant = {box(n).run: KILL for n in (1, 2)} | {box(3).run: replace(KILL, ended=True)}
    made = story(meant=meant, away={box(n).run: f"c{n}" for n in (1, 2, 3)}).snapshot(50, later)
    causes = {
        (int(note.run.id, 16), note.run.started_at): note.cause
        for note in made.notes
        if isinstance(note, Ended)
    }
    assert causes == {
        (1, later.run.started_at): Cause.ITSELF,
        (1, box(1).run.started_at): Cause.UNSEEN,
        (2, box(2).run.started_at): Cause.UNSEEN,
        (3, box(3).run.started_at): Cause.REACTOR,
    }


def test_a_death_that_is_told_of_afterwards_is_put_on_record() -> None:
    made = story(meant={box(1).run: KILL}).snapshot(50, over(box(1), 137))
    made.tell(told(29.9, Happening.KILL, second=30), told(30, Happening.DIE, second=30))
    (*_, note) = (note for note in made.notes if isinstance(note, Ended))
    assert (note.died, note.cause, note.again) == (30, Cause.REACTOR, True)


def test_what_was_told_before_anybody_had_seen_a_container_is_of_its_run() -> None:
    """At a start the words come before the list; for the run before, and the one after, they say nothing."""
    made = Story()
    made.tell(told(1, Happening.KILL), told(2, Happening.DIE), told(2, Happening.DIE, 2))
    made.tell(told(0, Happening.KILL, 3, second=-9), told(0, Happening.DIE, 3, second=-8))
    made.tell(told(9, Happening.KILL, 4, second=40), told(9, Happening.DIE, 4, second=40))
    made.snapshot(3, over(box(1), 137), over(box(2), 137), over(box(3), 137), over(box(4), 137))
    found = {int(n.run.id, 16): (n.cause, n.died) for n in made.notes if isinstance(n, Ended)}
    assert found == {
        1: (Cause.ENGINE, 2),
        2: (Cause.ITSELF, 2),
        3: (Cause.ITSELF, None),
        4: (Cause.ITSELF, None),
    }


def test_words_about_the_next_run_are_not_about_the_one_that_is_over() -> None:
    made = Story().snapshot(50, over(box(1), 137))
    made.tell(told(60, Happening.KILL, second=40), told(60.1, Happening.DIE, second=40))
    assert made.entry(1).died is None
    assert ends(made) == [(Cause.ITSELF, False)]


def test_the_recent_samples_are_kept_and_bounded_and_are_of_one_run() -> None:
    made = story(Rule("r", "f:1", when=pids_over(200))).see(0, box(1))
    for second in range(40):
        made.sample(second, box(1), pids=second)
    assert [sample.pids for sample in unpacked(made.entry(1).recent, made.entry(1).run)] == list(
        range(10, 40)
    )
    again = anew(box(1), 50, 50.0)
    made.see(50, again).sample(51, again, pids=7)
    kept = unpacked(made.entry(1).recent, made.entry(1).run)
    assert [sample.pids for sample in kept] == [7]


def test_words_about_nobody_change_nothing() -> None:
    made = Story()
    before = made.state
    made.tell(told(1, Happening.KILL), told(1, Happening.DIE))
    assert replace(made.state, words=()) == before
    for n in range(10, 1000):
        made.tell(told(1, Happening.DIE, n))
    assert len(made.state.words) == 256
    never = replace(box(1), run=replace(box(1).run, started_at=""))
    made.see(2, never).tell(told(3, Happening.KILL))
    assert made.entry(1).struck is None
