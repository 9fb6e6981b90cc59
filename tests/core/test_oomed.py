"""One OOM kill counts once, whoever tells of it, in whatever order, and however often."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container, Run, State
from reactor.core.facts import Happened, Happening, Witness
from reactor.core.notes import Cause, Ended, OomSeen
from reactor.core.oomed import LATE_BY_KERNEL, SAME
from tests.core.build import Story, anew, box, cid, over, started

NANO = 10**9
START = 1767225600
"""What ``started()`` is, in seconds."""
ENGINE, LOG, COUNTER, HOST = Witness.ENGINE, Witness.LOG, Witness.COUNTER, Witness.HOST


def word(second: float, by: Witness = LOG, n: int = 1, at: float | None = None) -> Happened:
    """Somebody tells of a kill in this second after the start."""
    when = second if at is None else at
    return Happened(when, Happening.OOM, cid(n), START * NANO + round(second * NANO), by)


def moment(second: float) -> str:
    """So long after the start, in the engine's words."""
    return f"{started(int(second))[:-10]}{round(second % 1 * NANO):09d}Z"


@pytest.mark.parametrize(
    ("words", "kills"),
    [
        ([(20, LOG)], 1),
        ([(20, LOG), (20.03, ENGINE)], 1),
        ([(20.03, ENGINE), (20, LOG)], 1),
        ([(20, LOG), (20.03, ENGINE), (20.05, ENGINE)], 1),
        ([(20, LOG), (21, LOG)], 2),
        ([(20, LOG), (20.1, LOG), (20.2, ENGINE), (20.3, ENGINE), (20.4, ENGINE)], 2),
        ([(20.1, ENGINE), (20.2, ENGINE), (20, LOG), (20.01, LOG)], 2),
        ([(20, LOG), (26, ENGINE)], 2),
        ([(20, ENGINE), (40, ENGINE), (39.9, LOG), (40.5, LOG)], 3),
        ([(20, COUNTER), (20.1, ENGINE)], 1),
        ([(20, ENGINE), (21.5, COUNTER)], 1),
        ([(20, LOG), (21.5, COUNTER)], 1),
        ([(20, COUNTER), (30, COUNTER)], 2),
        ([(20, HOST)], 0),
        ([(20, HOST), (20.1, ENGINE)], 0),
    ],
)
def test_a_kill_counts_once(words: list[tuple[float, Witness]], kills: int) -> None:
    told = Story().see(0, box(1), box(2))
    told.tell(*(word(second, by) for second, by in words))
    assert told.entry(1).ooms == kills
    assert len([note for note in told.notes if isinstance(note, OomSeen) and note.by is not HOST]) == kills
    assert told.ended() == ([(1, "safety/oom")] if kills else [])
    assert told.entry(2).ooms == 0


KILLS = st.lists(st.floats(0.2, 30), min_size=1, max_size=6)


@given(KILLS, st.data())
@settings(max_examples=200, deadline=None)
def test_with_the_log_the_count_is_exact_whatever_the_engine_adds(
    pauses: list[float], data: st.DataObject
) -> None:
    """The engine tells of each kill not at all, once or twice, up to four seconds later."""
    told, second, words = Story().see(0, box(1)), 20.0, []
    for pause in pauses:
        second += pause
        words.append((second, LOG))
        lags = data.draw(st.lists(st.floats(0, 4), max_size=2))
        words += [(second + lag, ENGINE) for lag in lags]
    told.tell(*(word(at, by) for at, by in sorted(words, key=lambda each: each[0])))
    assert told.entry(1).ooms == len(pauses)


@given(KILLS, st.data())
@settings(max_examples=200, deadline=None)
def test_in_any_order_no_kill_is_missed_and_none_is_counted_twice(
    pauses: list[float], data: st.DataObject
) -> None:
    """Each kill is told of once by the engine or the log or both, and what was told is shuffled."""
    seconds = [20 + sum(pauses[: number + 1]) for number in range(len(pauses))]
    words = []
    for second in seconds:
        by = data.draw(st.sampled_from([(LOG,), (ENGINE,), (LOG, ENGINE)]))
        words += [word(second + (0.1 if each is ENGINE else 0), each, at=100.0) for each in by]
    ooms = Story().see(0, box(1)).tell(*data.draw(st.permutations(words))).entry(1).ooms
    by_log = sum(each.by is LOG for each in words)
    assert max(1, by_log - _near_the_engine(words)) <= ooms <= len(words)
    alone = [each for each in words if not any(_is_other_near(each, other) for other in words)]
    assert ooms >= len(alone), "what has nothing near it is a kill of its own"


def _is_other_near(one: Happened, other: Happened) -> bool:
    return one is not other and abs(one.time_nano - other.time_nano) <= SAME


def _near_the_engine(words: list[Happened]) -> int:
    return sum(each.by is ENGINE for each in words)


def test_what_the_engine_told_before_anybody_had_seen_it_is_the_same_kill() -> None:
    """Its event came first, then the look, then the log: a container that died within milliseconds."""
    told = Story().tell(word(0.2, ENGINE), word(0.25, ENGINE, n=2)).see(1, box(1), box(2))
    told.tell(word(0.1, LOG), word(9, LOG, n=2))
    assert (told.entry(1).ooms, told.entry(2).ooms) == (1, 2)


def test_the_end_is_put_down_to_it_though_the_engine_never_told() -> None:
    a = box(1)
    told = Story().see(0, a, box(2)).tell(word(29)).see(30, over(a, 137)).see(30, over(box(2), 137))
    ended = {note.run.id: note for note in told.said(Ended) if isinstance(note, Ended)}
    assert (ended[cid(1)].cause, ended[cid(1)].oom) == (Cause.OOM, True)
    assert (ended[cid(2)].cause, ended[cid(2)].oom) == (Cause.ITSELF, False)


def test_read_after_the_end_it_is_told_again_with_the_better_cause() -> None:
    a = box(1)
    told = Story().see(0, a).see(30, over(a, 137)).tell(word(29.9, at=31))
    causes = [(note.cause, note.again) for note in told.said(Ended) if isinstance(note, Ended)]
    assert causes == [(Cause.ITSELF, False), (Cause.OOM, True)]
    assert told.ended() == [(1, "safety/oom")], "its sidecars hang on it"


def test_the_want_of_the_host_is_a_cause_and_no_reason() -> None:
    """Nothing is due by it, nor by the flag that the engine sets for it."""
    a = box(1)
    told = Story().see(0, a).tell(word(20, HOST)).see(30, over(a, 137, oom_killed=True)).tick(31)
    (ended,) = (note for note in told.said(Ended) if isinstance(note, Ended))
    assert (ended.cause, ended.oom) == (Cause.OOM, True)
    assert told.ended() == []


def test_a_kill_in_another_run_is_not_this_ones() -> None:
    """The one before, by the kernel's moment; the next one, right after the end of this one."""
    a = box(1)
    late = LATE_BY_KERNEL / NANO
    before = replace(anew(a, 40, 40), finished_at=moment(39.6))
    assert Story().see(0, before).tell(word(39.5, at=41)).ended() == []
    assert Story().see(0, a).see(30, over(a, 1)).tell(word(30 + late / 2, at=31)).entry(1).ooms == 1
    told = Story().see(0, a).see(30, over(a, 1)).tell(word(30 + 2 * late, at=33))
    assert told.entry(1).ooms == 0
    told.see(34, anew(a, 31, 31)).tell(word(30 + 2 * late + 0.1, ENGINE, at=34))
    assert told.entry(1).run.started_at == started(31)
    assert told.entry(1).ooms == 1
    assert told.ended() == [(1, "safety/oom")]


LATE_STAMP = over(replace(box(1), run=Run(cid(1), started(31))), 137)
"""Its engine wrote down the start after the end: it ended at 30 s, and its start is said to be at 31 s."""


@pytest.mark.parametrize("seen", ["running", "created", "not at all"])
@pytest.mark.parametrize("word_comes", ["before its end", "after its end"])
def test_a_start_that_was_written_down_after_the_end_hides_no_kill(seen: str, word_comes: str) -> None:
    """The innocent beside it has the same late start, and no kill."""
    told, kill = Story(), word(29.9, at=31.2)
    running = replace(LATE_STAMP, state=State.RUNNING, exit_code=None, finished_at="")
    created = replace(running, run=Run(cid(1), ""), state=State.CREATED, born=None)
    if seen != "not at all":
        told.see(29, running if seen == "running" else created)
    other = replace(LATE_STAMP, run=Run(cid(2), started(31)), exit_code=0)
    if word_comes == "before its end":
        told.tell(kill)
    told.see(31.3, LATE_STAMP).see(31.3, other)
    if word_comes == "after its end":
        told.tell(kill)
    ended = [note for note in told.notes if isinstance(note, Ended) and note.run.id == cid(1)]
    assert (ended[-1].oom, ended[-1].cause) == (True, Cause.OOM)
    assert told.entry(2).ooms == 0


def test_a_kill_of_the_run_before_is_not_this_ones_however_it_ends() -> None:
    """Also where the engine tells of the next run first, and that one is over soon."""
    first = box(1)
    second = replace(anew(first, 31, 31.0), finished_at=started(30))
    told = Story().see(0, first).see(31.1, second).tell(word(29.9, at=31.2))
    assert told.entry(1).ooms == 0
    assert [run for run, _ in told.ended()] == []
    told.see(40, over(second, 1, finished_at=started(39)))
    assert not [note for note in told.notes if isinstance(note, Ended) and note.oom]


AGAIN = replace(anew(box(1), 31, 31.0), finished_at=moment(30.5), restarts=1)
FIRST = replace(AGAIN, finished_at="", restarts=0)
"""The same run, of a container that never ran before."""


@pytest.mark.parametrize("known", ["first", "afterwards"])
@pytest.mark.parametrize(
    ("run", "second", "kills"),
    [
        # Its start was written down up to a second late.
        (FIRST, 30.1, 1),
        (FIRST, 29.9, 0),
        # A last end that cannot be read is one all the same.
        (replace(FIRST, finished_at="lately"), 30.1, 0),
        # A run before it ended at 30.5 s: whichever side of that, this one is not ended for it.
        (AGAIN, 30.7, 0),
        (AGAIN, 30.4, 0),
        # Of one that is over the last end is its own.
        (over(FIRST, 137, finished_at=moment(31.01)), 30.5, 1),
        (over(FIRST, 137, finished_at=moment(31.01)), 29.9, 0),
        (over(FIRST, 1, finished_at=moment(31.01)), 30.5, 0),
        (over(AGAIN, 137, finished_at=moment(31.01)), 30.5, 0),
        (over(replace(FIRST, restarts=None), 137, finished_at=moment(31.01)), 30.5, 0),
    ],
)
def test_a_kill_before_its_start_was_written_down_is_its_own_if_no_run_was_before(
    run: Container, second: float, kills: int, known: str
) -> None:
    """Of what the engine tells nothing is: its word may come late, and then is about the run before."""
    told, kill = Story(), word(second, at=31.2)
    told.see(31.1, run).tell(kill) if known == "first" else told.tell(kill).see(31.3, run)
    assert told.entry(1).ooms == kills
    # Nothing hangs on one who was over before anybody saw him.
    is_judged = kills and (run.alive or known == "first")
    assert [rule for _, rule in told.ended()] == (["safety/oom"] if is_judged else [])
    assert Story().see(31.1, run).tell(word(second, ENGINE, at=31.2)).entry(1).ooms == 0
