"""Who is wanted and who is read; and who is so young that nothing of it is history."""

import os
import subprocess
from pathlib import Path

import pytest

from reactor.cgroups.finding import Home
from reactor.core.language.bounds import Bound
from reactor.core.watched import Watched
from reactor.lane import births
from reactor.lane.births import FRESH_FOR, is_fresh
from reactor.lane.roll import LOOK_AGAIN, Roll
from tests.cgroups.build import run_of

TICKS = os.sysconf("SC_CLK_TCK")


def watched(number: int, bound: float = 200.0) -> Watched:
    return Watched(run_of(number), 0, frozenset({Bound("pids", bound)}), 5.0)


def test_whoever_came_last_is_handed_over_first() -> None:
    """He may have begun just now, and the others were there before."""
    roll, old, new = Roll(), [watched(1), watched(2)], watched(3)
    roll.want(frozenset(old))
    roll.want(frozenset({*old, new}))
    assert roll.not_read(0.0)[0] is new
    assert len(roll.not_read(0.0)) == 3
    roll.arm(new, Home(new.run, {}), fresh=True)
    assert set(roll.not_read(0.0)) == set(old)
    assert (roll.here, roll.elsewhere) == (1, 2)


def test_other_bounds_are_handed_over_again_with_the_same_key() -> None:
    roll, first = Roll(), watched(1)
    roll.want(frozenset({first}))
    word = roll.arm(first, Home(first.run, {}), fresh=True)
    again = watched(1, 100.0)
    roll.want(frozenset({again}))
    assert not roll.is_wanted(first)
    assert roll.not_read(0.0) == [again]
    assert roll.arm(again, word.home, fresh=word.fresh).key == word.key
    assert roll.not_read(0.0) == []
    roll.want(frozenset())
    assert [each.key for each in roll.no_longer_wanted().values()] == [word.key]
    assert roll.run_of(word.key) is None


def test_who_was_lost_rests_and_nobody_else_has_to_read_it() -> None:
    roll, one = Roll(), watched(1)
    roll.want(frozenset({one}))
    word = roll.arm(one, Home(one.run, {}), fresh=False)
    roll.lose(word.key, 10.0)
    assert (roll.not_read(10.1), roll.others(on=True)) == ([], frozenset())
    assert roll.others(on=False) == {one.run}
    assert roll.not_read(10.0 + LOOK_AGAIN) == [one]
    roll.leave(one.run, 12.0, gone=False)
    assert roll.others(on=True) == {one.run}


@pytest.mark.parametrize(
    ("began", "since", "fresh"),
    [
        (100.0, 99.0, True),
        (100.0, 100.5, False),
        (97.0, 50.0, True),
        (96.5, 50.0, False),
        (101.0, 50.0, False),
    ],
)
def test_fresh_is_who_began_just_now_and_under_our_eyes(
    tmp_path: Path, began: float, since: float, *, fresh: bool
) -> None:
    """Not who was there before us, who is some seconds old, or who comes out of the future."""
    (tmp_path / "7").mkdir()
    fields = ["S", *["0"] * 18, str(int(began * TICKS)), "0", "0"]
    (tmp_path / "7/stat").write_text(f"7 (a ) b) {' '.join(fields)}\n")
    assert is_fresh(tmp_path, 7, since, 97.0 + FRESH_FOR) is fresh
    assert not is_fresh(tmp_path, 8, since, 100.0), "not seen is not fresh"


def test_a_real_process_is_on_the_same_clock() -> None:
    before = births.now()
    with subprocess.Popen(["sleep", "60"]) as process:
        assert is_fresh(Path("/proc"), process.pid, before - 1.0, births.now())
        assert not is_fresh(Path("/proc"), process.pid, births.now() + 1.0, births.now())
        assert not is_fresh(Path("/proc"), process.pid, before - 1.0, births.now() + FRESH_FOR)
        process.kill()
