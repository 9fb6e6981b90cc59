"""What the core keeps of a run for the conditions over time, and what a view then tells."""

from dataclasses import replace

import pytest

from reactor.core.container import Container
from reactor.core.facts import Sample
from reactor.core.judging import needs_samples, view_of
from reactor.core.language.windows import BUCKETS
from reactor.core.rules import Condition, Rule, RuleSet, View
from reactor.core.state import Setup
from tests.core.build import Story, anew, box, over
from tests.core.written import MIB, condition


def story(*texts: str) -> Story:
    """A story in which these conditions are in force."""
    rules = (Rule(f"g/r{number}", "f:1", when=condition(text)) for number, text in enumerate(texts))
    return Story(Setup(RuleSet(tuple(rules))))


def seen(told: Story, at: float, n: int = 1) -> View:
    return view_of(told.setup, told.entry(n), at)


def said(told: Story, text: str, at: float) -> bool | None:
    return condition(text).test(seen(told, at))


def test_cpu_is_the_change_between_two_samples() -> None:
    told = story("cpu > 1.5").see(0, box(1))
    told.tell(Sample(1, box(1).run, cpu=10.0))
    assert seen(told, 1).cpu is None
    told.tell(Sample(3, box(1).run, cpu=13.0))
    assert seen(told, 3).cpu == 1.5
    assert seen(told, 14).cpu is None
    told.tell(Sample(4, box(1).run, cpu=15.0))
    assert told.ended() == [(1, "g/r0")]


def test_two_samples_that_are_close_together_say_nothing_of_cpu() -> None:
    """They come so where a run passes a bound, and their moments are not exact: 5 ms late is no 50 cores."""
    told = story("cpu > 1.5").see(0, box(1))
    told.tell(Sample(1, box(1).run, cpu=10.0))
    told.tell(Sample(3, box(1).run, cpu=12.0))
    told.tell(Sample(3.0001, box(1).run, cpu=12.005))
    assert seen(told, 3.0001).cpu == 1.0, "as it was"
    for n in range(1, 6):
        told.tell(Sample(3 + 0.05 * n, box(1).run, cpu=12 + 0.1 * n))
    assert seen(told, 3.25).cpu == pytest.approx(2.0), "and what was used meanwhile is not lost"
    told.tell(Sample(4.25, box(1).run, cpu=12.5))
    assert seen(told, 4.25).cpu == pytest.approx(0.1 / 1.05)


@pytest.mark.parametrize(
    ("at", "cpu"), [(3, 9.0), (20, 30.0), (3, None)], ids=["less than before", "after a gap", "not said"]
)
def test_cpu_that_makes_no_sense_is_unknown(at: float, cpu: float | None) -> None:
    told = story("cpu > 1.5").see(0, box(1))
    told.tell(Sample(1, box(1).run, cpu=10.0), Sample(at, box(1).run, cpu=cpu))
    assert seen(told, at).cpu is None


def test_a_fork_storm_is_ended_and_its_neighbour_is_not() -> None:
    """More than 50 a second over the window; the neighbour has as many processes and grows by 50."""
    told = story("rate(pids, 5s) > 50").see(0, box(1), box(2))
    for second in range(4):
        told.sample(second, box(1), pids=100 + 51 * second).sample(second, box(2), pids=200 + 50 * second)
    assert told.ended() == [(1, "g/r0")]
    assert told.decisions[0].at == 3
    assert told.decisions[0].reason == "rate(pids, 5s) 51 > 50"


def test_time_to_the_limit() -> None:
    told = story("time_to(memory, memory_limit) < 60s").see(0, box(1), box(2), box(3))
    for second in range(6):
        told.sample(second, box(1), memory=(100 + 20 * second) * MIB, memory_limit=1000 * MIB)
        told.sample(second, box(2), memory=(100 + 10 * second) * MIB, memory_limit=1000 * MIB)
        told.sample(second, box(3), memory=(900 - second) * MIB, memory_limit=1000 * MIB)
    assert told.ended() == [(1, "g/r0")]
    assert told.decisions[0].reason == "time_to(memory, memory_limit) 40s < 60s"


def test_a_gap_begins_a_window_anew() -> None:
    told = story("max(pids, 20s) > 500").see(0, box(1))
    for second in (0, 10):
        told.sample(second, box(1), pids=300)
    assert said(told, "max(pids, 20s) >= 300", 10) is True
    told.sample(21, box(1), pids=300)
    assert said(told, "max(pids, 20s) >= 300", 21) is None
    told.sample(31, box(1), pids=300)
    assert said(told, "max(pids, 20s) >= 300", 31) is True


def test_stale_samples_are_no_evidence_over_time() -> None:
    told = story("max(pids, 1m) > 500").see(0, box(1))
    for second in range(0, 40, 5):
        told.sample(second, box(1), pids=300)
    assert said(told, "max(pids, 1m) >= 300", 45) is True
    assert said(told, "max(pids, 1m) >= 300", 45.1) is None


def test_a_new_run_begins_a_window_anew() -> None:
    told = story("max(pids, 20s) > 500").see(0, box(1))
    told.sample(0, box(1), pids=300).sample(10, box(1), pids=300)
    told.see(11, anew(box(1), 11, 11.0))
    told.sample(12, anew(box(1), 11, 11.0), pids=300)
    assert said(told, "max(pids, 20s) >= 300", 12) is None


def test_what_is_kept_is_bounded() -> None:
    """Ten samples a second for a long time leave a bounded record, of the windows that rules name alone."""
    told = story("max(pids, 1m) > 500").see(0, box(1))
    for tenth in range(2_000):
        told.sample(tenth / 10, box(1), pids=3, memory=4)
    kept = told.entry(1).series
    assert [window.field for window in kept] == ["pids"]
    assert all(len(track.buckets) <= BUCKETS + 2 for track in kept.values())


def test_restarts_are_counted_over_runs() -> None:
    told = story("changes(restarts, 10m) > 2").see(0, box(1, restarts=0), box(2, restarts=0))
    for number in range(1, 4):
        told.see(100 * number, anew(box(1, restarts=number), number, 100.0 * number))
        told.see(100 * number, anew(box(2, restarts=min(number, 2)), number, 100.0 * number))
    assert told.ended() == [(1, "g/r0")]
    assert told.decisions[0].reason == "changes(restarts, 10m) 3 > 2"
    assert said(told, "changes(restarts, 10m) == 3", 699) is True
    assert said(told, "changes(restarts, 10m) == 2", 701) is True


def test_restarts_before_the_monitor_came_are_not_guessed() -> None:
    """An old container with many restarts had them at any time; a young one within the window."""
    told = story("changes(restarts, 10m) > 5")
    told.see(10_000, box(1, restarts=70), box(2, restarts=7, created=9_900.0))
    assert said(told, "changes(restarts, 10m) > 5", 10_000) is None
    assert told.ended() == [(2, "g/r0")]


def run(number: int, second: int, lasted_until: str = "", **changes: object) -> Container:
    return anew(box(1, restarts=number, finished_at=lasted_until, **changes), second, float(second))


def test_total_age_is_that_of_all_runs() -> None:
    told = story("total_age > 12h").see(1, box(1, restarts=0))
    assert seen(told, 5).total_age == 5
    told.see(21, run(1, 20, "2026-01-01T00:00:18.500000000Z"))
    assert seen(told, 25).total_age == 18.5 + 5


@pytest.mark.parametrize(
    "container",
    [
        run(2, 20, "2026-01-01T00:00:18Z"),
        run(1, 20, ""),
        run(1, 20, "2026-01-01T00:00:25Z"),
        replace(run(1, 20, "2026-01-01T00:00:18Z"), restarts=None),
    ],
    ids=["a run between", "no end", "an end after the start", "no count"],
)
def test_total_age_that_is_not_certain_is_unknown(container: Container) -> None:
    told = story("total_age > 12h").see(1, box(1, restarts=0)).see(21, container)
    assert seen(told, 25).total_age is None
    assert seen(told, 25).age == 5


def test_total_age_of_what_ran_before_is_unknown() -> None:
    told = story("total_age > 12h").see(1, box(1, restarts=3), box(2, restarts=0, created=-100.0))
    assert seen(told, 5).total_age is None
    assert seen(told, 5, 2).total_age is None


def test_what_an_inspect_tells() -> None:
    container = box(
        1,
        restarts=2,
        health="unhealthy",
        privileged=True,
        init=False,
        user="1000",
        log_driver="journald",
        ports=("8080/tcp",),
    )
    told = story("pids > 200").see(0, container)
    for text in (
        "restarts == 2",
        'health == "unhealthy"',
        "privileged && !init",
        'user == "1000"',
        'log_driver != "json-file"',
        '"8080/tcp" in ports && size(ports) == 1',
    ):
        assert said(told, text, 1) is True


@pytest.mark.parametrize(
    "text",
    [
        "restarts >= 1",
        'health != "healthy"',
        "privileged",
        "!init",
        'log_driver == "none"',
        "exit_code == 0",
        "cpu < 9",
    ],
)
def test_what_was_not_told_is_unknown(text: str) -> None:
    told = story("pids > 200").see(0, box(1), box(2, health="none"))
    assert said(told, text, 1) is None


def test_oom_kills_are_those_of_the_run() -> None:
    told = story("oom_kills > 1").see(0, box(1)).oom(21, 1)
    assert told.ended() == []
    told.oom(22, 1)
    assert told.ended() == [(1, "g/r0")]
    told.see(40, anew(box(1), 40, 40.0))
    assert seen(told, 41).oom_kills == 0


def test_exit_code_is_that_of_a_run_that_is_over() -> None:
    told = story("pids > 200").see(0, box(1, exit_code=5))
    assert seen(told, 1).exit_code is None
    told.see(2, over(box(1), 137))
    assert seen(told, 2).exit_code == 137
    assert said(told, "exit_code == 137", 2) is True


def test_which_runs_are_sampled() -> None:
    """Only what a sample can tell asks for samples; a total asks for those of all."""
    assert condition("max(cpu, 1m) > 1").reads == {"cpu"}
    assert condition("group.pids > 1").reads == {"group_pids"}
    assert condition("scope.memory > 1GiB").reads == {"memory"}
    assert condition("changes(restarts, 1m) > 1").reads == {"restarts"}
    assert condition("max(memory, 1m) > 80%").reads == {"memory", "memory_limit"}
    assert needs_samples(story("cpu > 1").see(0, box(1)).entry(1))
    assert not needs_samples(story("changes(restarts, 1m) > 1").see(0, box(1)).entry(1))


def tightened(text: str, asked: str) -> Condition | None:
    tighten = condition(text).tighten
    assert tighten is not None
    return tighten(asked)


@pytest.mark.parametrize(
    ("text", "asked", "becomes"),
    [
        ("age > 12h", "2h", "age > 2h"),
        ("age > 12h", "13h", "age > 12h"),
        ("age > 12h", " 30m ", "age > 30m"),
        ("12h < age", "2h", "2h < age"),
        ("pids >= 200", "100", "pids >= 100"),
        ("pids < 2", "5", "pids < 5"),
        ("pids < 2", "1", "pids < 2"),
        ("memory > 80%", "50%", "memory > 50%"),
        ("memory > 80%", "90%", "memory > 80%"),
        ("memory > 1GiB", "512MiB", "memory > 512MiB"),
        ("cpu > 2", "0.5", "cpu > 0.5"),
    ],
)
def test_a_label_makes_stricter_and_never_looser(text: str, asked: str, becomes: str) -> None:
    made = tightened(text, asked)
    assert made is not None
    assert made.text == becomes


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("age > 12h", "soon"),
        ("age > 12h", "2"),
        ("age > 12h", "-2h"),
        ("age > 12h", "2h || true"),
        ("age > 12h", "50%"),
        ("memory > 80%", "1GiB"),
        ("memory > 1GiB", "80%"),
        ("pids > 200", ""),
        ("pids > 200", "\u0661\u0660"),
        ("pids > 200", "9" * 40),
    ],
)
def test_what_is_no_such_constant_is_none(text: str, asked: str) -> None:
    assert tightened(text, asked) is None


@pytest.mark.parametrize(
    "text",
    [
        "age > 12h && pids > 3",
        "age == 12h",
        'name == "x"',
        "pids in [1, 2]",
        "scope.pids > 9",
        "pids > pids_limit",
        "rate(pids, 5s) > 9",
    ],
)
def test_what_cannot_be_tightened(text: str) -> None:
    assert condition(text).tighten is None


def test_the_tightened_can_be_tightened_again() -> None:
    made = tightened("age > 12h", "2h")
    assert made is not None
    assert made.tighten is not None
    assert made.tighten("3h") is made
    assert made.test(View("a", "b", "running", {}, age=7_201.0)) is True
