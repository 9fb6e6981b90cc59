"""What tasks use as time goes on, and which command lines stand for which task."""

import pytest

from reactor.testing.commands import parse_command
from reactor.testing.documents import spoken
from reactor.testing.tasks import (
    GIB,
    MIB,
    CannotStart,
    Exit,
    Exits,
    FillsCache,
    Forks,
    Grows,
    Limits,
    Oom,
    OomsChild,
    OomsMain,
    Serves,
    Sleeps,
    Task,
)


def test_a_fork_storm_grows_until_something_stops_it() -> None:
    storm = Forks(per_second=50, after=1.0, most=1000)
    assert [storm.usage(t, Limits()).pids for t in (0.0, 1.0, 1.5, 3.0, 600.0)] == [1, 1, 26, 101, 1000]
    assert storm.usage(600.0, Limits(pids=256)).pids == 256


def test_a_memory_ramp_reaches_its_share_and_holds_it() -> None:
    ramp, limits = Grows(0.9, over=10.0), Limits(memory=100 * MIB)
    assert [ramp.usage(t, limits).memory // MIB for t in (0.0, 5.0, 10.0, 1e6)] == [1, 45, 90, 90]
    assert ramp.turns(limits) == ()
    assert ramp.usage(10.0, Limits(host=GIB)).memory == int(0.9 * GIB)


def test_a_ramp_beyond_the_limit_dies_on_the_way() -> None:
    assert Grows(2.0, over=10.0).turns(Limits(memory=MIB)) == (Oom(5.0),)
    assert Grows(2.0, over=10.0).usage(9.0, Limits(memory=100 * MIB)).memory == 100 * MIB


def test_a_reader_of_files_holds_little_of_its_own() -> None:
    usage = FillsCache(0.5, over=2.0).usage(1.0, Limits(memory=100 * MIB))
    assert (usage.memory, usage.cache) == (2 * MIB, 25 * MIB)


def test_ends_come_in_the_order_of_time() -> None:
    assert OomsChild(1.0, lasts=2.0, code=3, times=2).turns(Limits()) == (
        Oom(1.0, fatal=False),
        Oom(1.0, fatal=False),
        Exit(3.0, 3),
    )
    assert OomsMain().turns(Limits()) == (Oom(0.0),)
    assert Sleeps().turns(Limits()) == ()


@pytest.mark.parametrize(
    ("command", "task"),
    [
        (["sleep", "100000"], Exits(100_000.0)),
        (["sleep", "infinity"], Sleeps()),
        (["true"], Exits(0.0)),
        (["false"], Exits(0.0, 1)),
        (["sh", "-c", "sleep 0.3; exit 3"], Exits(0.3, 3)),
        (["/bin/sh", "-c", "exit 7; sleep 5"], Exits(0.0, 7)),
        (["sh", "-c", "sleep inf"], Sleeps()),
        (
            ["sh", "-c", "trap 'exit 5' TERM; while true; do sleep 0.1; done"],
            Sleeps(polite=0.05, polite_code=5),
        ),
        (["forks", "50"], Forks(50.0)),
        (["grows", "0.5", "3"], Grows(0.5, 3.0)),
        (["fills-cache"], FillsCache()),
        (["ooms", "2"], OomsMain(2.0)),
        (["ooms-child"], OomsChild()),
        (["serves"], Serves()),
        (["/no/such/program", "x"], CannotStart()),
        ([], CannotStart()),
    ],
)
def test_commands_stand_for_tasks(command: list[str], task: Task) -> None:
    assert parse_command(command) == task


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (150, "2 minutes"),
        (3600, "About an hour"),
        (7200, "2 hours"),
        (48 * 3600, "2 days"),
    ],
)
def test_spans_are_said_as_an_engine_says_them(seconds: int, words: str) -> None:
    assert spoken(seconds) == words
