"""Starts and ages: who is believed, and when nobody is."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import ContainerId, Run
from reactor.core.ports import Anchor
from reactor.engine.ages import Ages
from reactor.engine.clocks import KernelClocks
from reactor.engine.errors import EngineSaidNonsense, EngineTooNew, EngineTooOld
from reactor.engine.times import header_seconds, seconds, since
from reactor.engine.versions import negotiate
from tests.engine.payloads import A

NOON = "2026-11-21T12:00:00Z"
NOON_SECONDS = 1795262400.0
RUN = Run(ContainerId(A), NOON)


class Kept:
    """Anchors in a dict."""

    def __init__(self) -> None:
        self.anchors: dict[Run, Anchor] = {}

    def anchor(self, run: Run) -> Anchor | None:
        return self.anchors.get(run)

    def keep(self, run: Run, anchor: Anchor) -> None:
        self.anchors[run] = anchor


class FakeClocks:
    """A machine that was booted ``ahead`` seconds before our clock began; processes start when told."""

    def __init__(self, ahead: float = 1000.0, boot_id: str = "boot-1") -> None:
        self.boot_id = boot_id
        self.ahead = ahead
        self.at = 0.0
        self.starts: dict[int, float] = {}

    def since_boot(self) -> float:
        return self.at + self.ahead

    def process_start(self, pid: int, container: str) -> float | None:
        return self.starts.get(pid) if container == A else None


class Bench:
    """Ages with fakes; ``born`` asks at a moment of our clock, the engine's clock being ``noon + later``."""

    def __init__(
        self, *, local: bool = True, kept: Kept | None = None, clocks: FakeClocks | None = None
    ) -> None:
        self.kept = kept or Kept()
        self.clocks = clocks or FakeClocks()
        self.ages = Ages(self.kept, self.clocks, local=local)

    def born(self, at: float, *, pid: int = 0, run: Run = RUN, engine: float | None = None) -> float | None:
        self.clocks.at = at
        if engine is not None:
            self.ages.engine.learn(NOON_SECONDS + engine, at, at)
        return self.ages.born(run, pid, at)


def test_a_start_lies_as_far_back_as_the_engine_says() -> None:
    """Our wall clock has no part in it: only two times of the engine's are compared."""
    assert Bench().born(500.0, engine=60.0) == pytest.approx(440.0)


def test_a_start_that_was_told_once_stays_whatever_the_engines_clock_does() -> None:
    bench = Bench()
    assert bench.born(500.0, engine=60.0) == pytest.approx(440.0)
    assert bench.born(501.0, engine=86_400.0) == pytest.approx(440.0)
    assert bench.born(502.0, engine=-86_400.0) == pytest.approx(440.0)


def test_a_suspend_makes_nobody_older() -> None:
    """Our clock stands still in a suspend, the one since boot does not."""
    bench = Bench()
    assert bench.born(500.0, engine=60.0) == pytest.approx(440.0)
    bench.clocks.ahead += 36_000
    assert bench.born(501.0, engine=36_061.0) == pytest.approx(440.0)


def test_after_a_restart_of_ours_the_anchor_is_believed_and_not_the_engines_clock() -> None:
    first = Bench()
    first.born(500.0, engine=60.0)
    second = Bench(kept=first.kept, clocks=FakeClocks(ahead=1490.0))
    # The same moment since boot, on a clock of ours that began 490 s later; the engine's was set by a day.
    assert second.born(20.0, engine=86_400.0) == pytest.approx(440.0 - 490.0)


def test_an_anchor_of_another_boot_is_not_believed_and_is_replaced() -> None:
    kept = Kept()
    kept.anchors[RUN] = Anchor("boot-0", 5.0)
    assert Bench(kept=kept).born(500.0, engine=60.0) == pytest.approx(440.0)
    assert kept.anchors[RUN] == Anchor("boot-1", pytest.approx(1440.0))  # type: ignore[arg-type]


def test_an_anchor_is_kept_once() -> None:
    kept = Kept()
    Bench(kept=kept).born(500.0, engine=60.0)
    before = kept.anchors[RUN]
    Bench(kept=kept).born(700.0, engine=500.0)
    assert kept.anchors[RUN] == before == Anchor("boot-1", pytest.approx(1440.0))  # type: ignore[arg-type]


def test_another_run_of_the_same_container_has_its_own_start() -> None:
    bench = Bench()
    again = Run(ContainerId(A), "2026-11-21T12:00:50.123456789Z")
    assert bench.born(500.0, engine=60.0) == pytest.approx(440.0)
    assert bench.born(500.0, run=again) == pytest.approx(490.123456789)


def test_the_process_agrees() -> None:
    bench = Bench()
    bench.clocks.starts[7] = 1437.0  # The main process is there a little before the engine notes its start.
    assert bench.born(500.0, pid=7, engine=60.0) == pytest.approx(440.0)
    assert bench.ages.disagreements == 0


@pytest.mark.parametrize("took", [0.5, 6.0, 59.0])
def test_a_start_that_took_long_counts_from_when_it_was_written_down(took: float) -> None:
    """A busy host: nobody is ended too soon, and nobody left out."""
    bench = Bench()
    bench.clocks.starts[7] = 1440.0 - took
    assert bench.born(500.0, pid=7, engine=60.0) == pytest.approx(440.0)
    assert bench.ages.disagreements == 0
    again = Bench(kept=bench.kept, clocks=bench.clocks)
    assert again.born(501.0, pid=7, engine=61.0) == pytest.approx(440.0), "nor is it with the next monitor"


@pytest.mark.parametrize(("engine", "process"), [(66.0, 1440.0), (86_460.0, 1440.0), (60.0, 1379.0)])
def test_a_process_that_says_otherwise_makes_the_start_unknown(engine: float, process: float) -> None:
    """The engine's clock was set between the start and now; nothing tells by how much."""
    bench = Bench()
    bench.clocks.starts[7] = process
    assert bench.born(500.0, pid=7, engine=engine) is None
    assert bench.ages.disagreements == 1
    assert bench.kept.anchors == {}
    bench.clocks.starts[7] = 1440.0
    assert bench.born(501.0, pid=7, engine=61.0) == pytest.approx(440.0), "and it is asked for again"


def test_a_process_that_says_otherwise_than_the_anchor_makes_the_start_unknown() -> None:
    bench = Bench()
    bench.kept.anchors[RUN] = Anchor("boot-1", 1440.0)
    bench.clocks.starts[7] = 1500.0
    assert bench.born(500.0, pid=7, engine=60.0) is None


def test_processes_are_not_looked_at_for_an_engine_elsewhere() -> None:
    bench = Bench(local=False)
    bench.clocks.starts[7] = 1.0
    assert bench.born(500.0, pid=7, engine=60.0) == pytest.approx(440.0)


@pytest.mark.parametrize("started_at", ["", "0001-01-01T00:00:00Z", "yesterday", "2026-13-01T00:00:00Z"])
def test_without_a_start_there_is_no_age(started_at: str) -> None:
    assert Bench().born(500.0, engine=60.0, run=Run(ContainerId(A), started_at)) is None


def test_without_the_engines_clock_there_is_no_age() -> None:
    bench = Bench()
    assert bench.born(500.0) is None
    bench.born(500.0, engine=60.0, run=Run(ContainerId(A), ""))
    bench.ages.engine.forget()
    assert bench.born(500.0) is None


def test_a_start_in_the_future_is_now_or_unknown() -> None:
    """A few seconds are the ordinary inaccuracy; more is a clock that was set."""
    assert Bench().born(500.0, engine=-3.0) == 500.0
    assert Bench().born(500.0, engine=-6.0) is None


def test_an_answer_that_took_long_does_not_set_the_clock() -> None:
    bench = Bench()
    bench.ages.engine.learn(NOON_SECONDS, 0.0, 30.0)
    assert bench.ages.engine.now(30.0) is None


def test_a_time_that_fits_and_one_that_does_not() -> None:
    """The Date header is cut to whole seconds, and written at any time of the call."""
    clock = Bench().ages.engine
    assert not clock.fits(NOON_SECONDS, 0.0, 0.0)
    clock.learn(NOON_SECONDS + 0.9, 100.0, 100.0)
    for said, asked, answered in ((0, 100, 100), (2, 101, 101), (0, 100, 110), (9, 100, 110), (-1, 100, 100)):
        assert clock.fits(NOON_SECONDS + said, asked, answered), (said, asked, answered)
    for said, asked, answered in ((4, 100, 100), (-3, 100, 100), (14, 100, 110), (-3600, 100, 110)):
        assert not clock.fits(NOON_SECONDS + said, asked, answered), (said, asked, answered)


def test_memory_of_starts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactor.engine.ages.REMEMBERED", 3)
    bench = Bench()
    for nth in range(5):
        assert (
            bench.born(500.0, engine=60.0, run=Run(ContainerId(A), f"2026-11-21T11:59:0{nth}Z")) is not None
        )
    assert len(bench.ages._known) == 3


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_an_age_is_never_negative_and_never_from_the_future(engine: float, at: float, ahead: float) -> None:
    born = Bench(clocks=FakeClocks(ahead)).born(at, engine=engine)
    assert born is None or born <= at
    assert born is not None or engine < -4.9


# Times as text


def test_times_of_all_engines() -> None:
    assert seconds(NOON) == NOON_SECONDS
    assert seconds("2026-11-21T12:00:00.123456789Z") == pytest.approx(NOON_SECONDS + 0.123456789, abs=1e-6)
    assert seconds("2026-11-21T12:00:00.5Z") == NOON_SECONDS + 0.5
    assert seconds("2026-11-21T13:00:00+01:00") == NOON_SECONDS
    assert seconds("2026-11-21T06:30:00.25-05:30") == NOON_SECONDS + 0.25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59x",
        "now",
        "2026-11-21",
        "٢٠٢٦-11-21T12:00:00Z",
        NOON + "\n",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert seconds(text) is None


@given(st.text())
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    assert seconds(text) is None
    assert header_seconds(text) is None or isinstance(header_seconds(text), float)


def test_a_date_header() -> None:
    assert header_seconds("Sat, 21 Nov 2026 12:00:00 GMT") == NOON_SECONDS
    for text in ("", "soon", "Sat, 99 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 999999999 12:00:00 GMT"):
        assert header_seconds(text) is None


def test_since_is_written_with_nine_digits() -> None:
    assert since(1795262400.5) == "1795262400.500000000"
    assert since(1e-7) == "0.000000100"


# What the kernel says


def test_our_own_process_began_before_now() -> None:
    clocks = KernelClocks()
    cgroup = Path("/proc/self/cgroup").read_text()
    began = clocks.process_start(os.getpid(), cgroup.strip().splitlines()[-1])
    assert began is not None
    assert 0 < began < clocks.since_boot()
    assert len(clocks.boot_id) == 36


def test_a_process_of_somebody_else_says_nothing(tmp_path: Path) -> None:
    clocks = KernelClocks(tmp_path)
    assert clocks.process_start(7, A) is None
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "stat").write_text(f"7 (a) b) R {'1 ' * 18}{100 * os.sysconf('SC_CLK_TCK')} 9 9")
    for cgroup, start in (
        ("0::/user.slice", None),
        (f"5:pids:/docker/{'b' * 64}", None),
        (f"5:pids:/docker/{A}", 100.0),
        (f"0::/system.slice/docker-{A}.scope", 100.0),
        (f"0::/../{A}", 100.0),
    ):
        (folder / "cgroup").write_text(cgroup)
        assert clocks.process_start(7, A) == start, cgroup


def test_a_stat_that_is_none_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "cgroup").write_text(A)
    for stat in ("", "7 (a) R 1", "7 (a) R " + "x " * 30):
        (tmp_path / "7" / "stat").write_text(stat)
        assert KernelClocks(tmp_path).process_start(7, A) is None


# Versions


@pytest.mark.parametrize(
    ("theirs", "oldest", "spoken"),
    [
        ("1.41", "1.12", "1.41"),
        ("1.40", "", "1.40"),
        ("1.51", "1.44", "1.51"),
        ("1.60", "1.51", "1.51"),
        ("2.0", "1.40", "1.51"),
    ],
)
def test_the_newest_version_that_both_speak(theirs: str, oldest: str, spoken: str) -> None:
    assert negotiate(theirs, oldest) == spoken


def test_versions_that_are_too_old_or_too_new() -> None:
    for theirs in ("1.39", "1.9", "0.9"):
        with pytest.raises(EngineTooOld, match="upgrade the engine"):
            negotiate(theirs, "1.12")
    for oldest in ("1.52", "2.0"):
        with pytest.raises(EngineTooNew, match="upgrade reactor"):
            negotiate("2.1", oldest)


@given(st.text(), st.text())
def test_versions_that_are_none(theirs: str, oldest: str) -> None:
    with pytest.raises(EngineSaidNonsense):
        negotiate("v" + theirs, oldest)


ENDED = "2026-11-21T12:00:40Z"


class Ends(Bench):
    """Asks for ends, too."""

    def finished(self, at: float, text: str = ENDED, *, engine: float | None = None) -> float | None:
        self.clocks.at = at
        if engine is not None:
            self.ages.engine.learn(NOON_SECONDS + engine, at, at)
        return self.ages.finished(RUN, text, at)


def test_an_end_lies_as_far_back_as_the_engine_says_and_stays_there() -> None:
    bench = Ends()
    assert bench.finished(500.0, engine=60.0) == pytest.approx(480.0)
    assert bench.finished(501.0, engine=86_400.0) == pytest.approx(480.0)
    assert bench.finished(502.0, "") is None


def test_an_end_from_before_the_engines_clock_was_set_is_unknown() -> None:
    """Or somebody could be taken for one that ended long ago, and be removed."""
    bench = Ends()
    bench.born(500.0, engine=60.0)
    assert bench.finished(510.0, "2026-11-21T12:00:05Z", engine=86_400.0) is None
    assert bench.ages.created(A, NOON, 510.0) is None
    later = "2026-11-22T12:00:05Z"
    assert bench.finished(520.0, later) == pytest.approx(515.0)
    assert bench.ages.created(A, later, 520.0) == pytest.approx(515.0)


def test_a_clock_that_was_forgotten_in_between_was_set_all_the_same() -> None:
    bench = Ends()
    bench.born(500.0, engine=60.0)
    bench.ages.engine.forget()
    assert bench.finished(505.0) is None
    assert bench.finished(510.0, engine=86_400.0) is None


def test_a_clock_that_runs_a_little_fast_is_not_set() -> None:
    bench = Ends()
    bench.born(500.0, engine=60.0)
    assert bench.finished(510.0, engine=70.4) == pytest.approx(479.6)


def test_an_end_that_does_not_fit_the_run_as_it_was_seen_is_unknown() -> None:
    """The run began at 440 and lasted 40 s by its own account; the kept start says otherwise."""
    kept = Kept()
    kept.anchors[RUN] = Anchor("boot-1", 1000.0)
    bench = Ends(kept=kept)
    assert bench.born(500.0, engine=60.0) == pytest.approx(0.0)
    assert bench.finished(500.0) is None
    assert bench.ages.disagreements == 1


def test_the_end_of_the_run_before_is_not_held_against_this_one() -> None:
    bench = Ends()
    assert bench.born(500.0, engine=60.0) == pytest.approx(440.0)
    assert bench.finished(500.0, "2026-11-21T11:59:50Z") == pytest.approx(430.0)


def test_without_the_engines_clock_an_end_is_unknown_and_can_become_known() -> None:
    bench = Ends()
    assert bench.finished(500.0) is None
    assert bench.finished(500.0, engine=60.0) == pytest.approx(480.0)


@pytest.mark.parametrize("text", ["", "nonsense", "0001-01-01T00:00:00Z", "2036-01-01T00:00:00Z"])
def test_what_is_no_end_is_unknown(text: str) -> None:
    assert Ends().finished(500.0, text, engine=60.0) is None


def test_memory_of_moments_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactor.engine.ages.REMEMBERED", 3)
    bench = Ends()
    bench.born(500.0, engine=60.0)
    for number in range(10):
        bench.ages.created(f"{number}", NOON, 500.0)
    assert len(bench.ages._told._moments) == 3


def test_a_start_that_the_engine_never_wrote_down_is_the_kernels_word() -> None:
    """It was killed in the middle of it. Another such run of the container looks the same, and is younger."""
    bench, never = Bench(), Run(ContainerId(A), "")
    bench.clocks.starts[7], bench.clocks.starts[8] = 1400.0, 1490.0
    assert bench.born(500.0, pid=7, engine=60.0, run=never) == pytest.approx(400.0)
    assert bench.born(500.0, pid=8, engine=60.0, run=never) == pytest.approx(490.0)
    assert bench.born(500.0, pid=9, engine=60.0, run=never) is None
    assert not bench.kept.anchors
