"""The judge of the chaos finds whoever is missed, doubled, wrong, late or unexplained, and nobody else."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chaos.audit import Audit, Told
from tests.chaos.cast import CREATION_GRACE, Fate, Member
from tests.chaos.faults import Fault, Faults
from tests.chaos.judging import End, Offences, Trial, completed, offences, try_all
from tests.chaos.stage import Subject
from tests.real.truth import Life

SECOND = 10**9
NOW = 1_000 * SECOND


def _faults(*faults: Fault) -> Faults:
    return Faults(list(faults), [0, *(fault.ended for fault in faults if fault.engine)])


def _one(
    member: Member, lives: Sequence[Life], calls: Sequence[Told] = (), faults: Faults | None = None
) -> tuple[list[Trial], Offences]:
    trials = try_all({"a": lives}, [Subject("a", member.name, member)], calls, faults or _faults())
    return trials, offences(trials, [])


def _life(died: float | None = None, *signals: tuple[str, float]) -> Life:
    moments = tuple(NOW + int(at * SECOND) for _, at in signals)
    end = None if died is None else NOW + int(died * SECOND)
    return Life(NOW, end, tuple(signal for signal, _ in signals), moments)


def _told(at: float, verb: str = "kill") -> Told:
    return Told(NOW + int(at * SECOND), verb, "a")


GUILTY = Member("guilty", fate=Fate.ENDED)
OLD = Member("old", fate=Fate.ENDED, after=6.0)
GOOD = Member("good")


def test_one_kill_in_time_is_no_offence() -> None:
    (trial,), found = _one(GUILTY, [_life(2, ("9", 1.9))], [_told(1.8)])
    assert found == Offences()
    assert (trial.end, trial.late, trial.repeats) == (End.MONITOR, 2.0, 0)


def test_who_still_lives_is_missed() -> None:
    assert _one(GUILTY, [_life()])[1].missed == ("guilty (a), run 0",)
    assert _one(GOOD, [_life()])[1] == Offences()


def test_two_effective_kills_are_a_doubled_one_and_a_second_call_alone_is_none() -> None:
    calls = [_told(1.8), _told(1.85)]
    assert len(_one(GUILTY, [_life(2, ("9", 1.8), ("9", 1.9))], calls)[1].doubled) == 1
    (trial,), found = _one(GUILTY, [_life(2, ("9", 1.9))], calls)
    assert (found, trial.repeats) == (Offences(), 1)


def test_a_stop_and_the_kill_that_follows_are_not_doubled() -> None:
    assert _one(GUILTY, [_life(2, ("15", 1), ("9", 2))], [_told(1, "stop")])[1] == Offences()


def test_any_call_about_an_innocent_is_wrong_even_without_effect() -> None:
    assert len(_one(GOOD, [_life()], [_told(3)])[1].wrong) == 1


def test_before_its_time_is_wrong() -> None:
    assert len(_one(OLD, [_life(5, ("9", 5))], [_told(5)])[1].wrong) == 1
    assert _one(OLD, [_life(7, ("9", 6.1))], [_told(6.1)])[1] == Offences()


@pytest.mark.parametrize(("began", "ended", "late"), [(8, 9, ()), (-9, -8, ("guilty (a), run 0: 11.00 s",))])
def test_late_counts_from_the_end_of_the_last_fault(began: int, ended: int, late: tuple[str, ...]) -> None:
    fault = Fault(NOW + began * SECOND, NOW + ended * SECOND)
    (trial,), found = _one(GUILTY, [_life(11, ("9", 11))], [_told(11)], _faults(fault))
    assert found.late == late
    assert trial.after_a_fault is (began > 0)


def test_who_dies_with_the_engine_was_not_ended_by_the_monitor() -> None:
    """Its own signals come without a call; what was asked of it before it died it has forgotten."""
    outage = Fault(NOW + 2 * SECOND, NOW + 4 * SECOND, engine=True)
    faults = _faults(outage)
    faults.launches[-1] = NOW + 3 * SECOND
    for calls in ([], [_told(1.9)]):
        (trial,), found = _one(GUILTY, [_life(3.5, ("9", 3.4))], calls, faults)
        assert (trial.end, found) == (End.ENGINE, Offences())
    (trial,), _ = _one(GUILTY, [_life(4.5, ("9", 4.4))], [_told(4.3)], faults)
    assert trial.end is End.MONITOR


def test_a_death_that_nobody_brought_is_unexplained() -> None:
    assert len(_one(GOOD, [_life(3)])[1].unexplained) == 1
    assert _one(Member("leaving", leaves=True), [_life(3)])[1] == Offences()


def test_a_later_run_is_judged_for_itself() -> None:
    again = Life(NOW + 5 * SECOND)
    _, found = _one(GUILTY, [_life(2, ("9", 2)), again], [_told(2)])
    assert found.missed == ("guilty (a), run 1",)
    _, found = _one(GOOD, [_life(2), again], [_told(6)])
    assert found.wrong == ("good (a), run 1: told to kill",)


def test_a_sidecar_goes_after_its_main_and_not_before() -> None:
    main, side = Member("main", fate=Fate.ENDED), Member("side", fate=Fate.TAKEN, main="main")
    subjects = [Subject("s", "side", side), Subject("a", "main", main)]
    ended, calls = _life(2, ("9", 2)), [_told(2)]

    def judged(life: Life, main: Life, *told: Told) -> Offences:
        return offences(try_all({"s": [life], "a": [main]}, subjects, [*calls, *told], _faults()), [])

    stop = Told(NOW + 3 * SECOND, "stop", "s")
    assert judged(_life(3, ("15", 3)), ended, stop) == Offences()
    assert judged(_life(), ended).missed == ("side (s), run 0",)
    assert judged(_life(3, ("15", 3)), _life(), stop).wrong == ("side (s), run 0: told to stop",)
    assert len(judged(_life(1, ("15", 1)), ended, Told(NOW + SECOND, "stop", "s")).wrong) == 1
    early = Life(NOW + 9 * SECOND)
    trials = try_all({"s": [early], "a": [ended]}, subjects, calls, _faults())
    assert trials[0].breach == early.began + CREATION_GRACE / 2 * SECOND
    lonely = try_all({"s": [early], "a": []}, subjects, [], _faults())
    assert [trial.breach for trial in lonely] == [trials[0].breach]


def test_an_innocent_sidecar_may_go_when_its_main_never_ran_or_is_over_and_not_else() -> None:
    side, main = Member("side", main="main"), Member("main")
    subjects = [Subject("s", "side", side), Subject("a", "main", main)]
    lives, stop = _life(9, ("15", 9)), [Told(NOW + 9 * SECOND, "stop", "s")]
    for of_main, wrong in ([], 0), ([_life(3)], 0), ([_life()], 1):
        found = offences(try_all({"s": [lives], "a": of_main}, subjects, stop, _faults()), [])
        assert len(found.wrong) == wrong


def test_a_run_that_another_one_followed_is_over() -> None:
    """Its end was told by an engine that was killed before anybody heard of it."""
    first, second = completed([_life(), Life(NOW + 5 * SECOND)], {"StartedAt": "0001-01-01T00:00:00Z"})
    assert (first.died, second.died) == (second.began, None)


def test_what_only_an_event_told_is_no_evidence_once_the_engine_has_forgotten_it() -> None:
    member, outage = (
        Member("oomed", fate=Fate.ENDED, told=True),
        Fault(NOW + SECOND, NOW + 2 * SECOND, engine=True),
    )

    def missed(faults: Faults, *ooms: int) -> int:
        told = {"a": [NOW + int(oom * SECOND) for oom in ooms]}
        trials = try_all({"a": [_life()]}, [Subject("a", "oomed", member)], [], faults, told)
        return len(offences(trials, []).missed)

    assert missed(_faults(), 1) == missed(_faults(outage), 3) == 1
    assert missed(_faults()) == missed(_faults(outage), 0) == 0


def test_a_call_about_nobody_is_wrong() -> None:
    assert offences([], [Told(0, "kill", "x")]).wrong == ("the engine was told to kill x",)
    nobody = "ab" * 32
    assert offences([], [Told(0, "stop", nobody)]).wrong == (f"the engine was told to stop {nobody}",)
    assert offences([], [Told(0, "kill", nobody)]).wrong == (), "it is asked so whether it may"


def test_an_inspect_completes_what_the_events_did_not_tell() -> None:
    over = {"StartedAt": "2026-01-01T00:00:00Z", "FinishedAt": "2026-01-01T00:00:05Z", "Running": False}
    (life,) = completed([], over)
    assert life.died is not None
    assert life.died - life.began == 5 * SECOND
    again = {"StartedAt": "2026-01-01T00:01:00Z", "Running": True}
    first, second = completed([Life(life.began)], again)
    assert (first.died, second.died) == (second.began, None)
    assert completed([], {"StartedAt": "0001-01-01T00:00:00Z"}) == []


def test_the_engines_own_log_tells_of_every_call(tmp_path: Path) -> None:
    """A line that is half written is read when it is whole."""
    log = tmp_path / "log"
    line = 'time="2026-01-01T00:00:01.5Z" level=debug msg="Calling POST /v1.41/containers/{}"\n'
    log.write_text(
        line.format("abc/kill?signal=KILL") + line.format("abc/start") + line.format("def/stop")[:60]
    )
    audit = Audit(log)
    assert [(call.verb, call.id) for call in audit.calls()] == [("kill", "abc")]
    with log.open("a") as more:
        more.write(line.format("def/stop?t=10")[60:])
    kill, stop = audit.calls()
    assert (stop.verb, stop.id, stop.nano - kill.nano) == ("stop", "def", 0)
