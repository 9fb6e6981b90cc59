"""A monitor that is recorded, in virtual time: the replay decides what the monitor decided, to the byte."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.app import recorder as recorder_module
from reactor.app.monitor import Monitor
from reactor.app.recorder import Recorder
from reactor.app.replay_story import canonical
from reactor.app.sessions import Session, Survey, open_sessions
from reactor.core.decisions import Decision
from reactor.core.facts import Acted, Happened, Seen, Snapshot, Tick
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.state import Setup, Step
from reactor.recording.errors import NotRecordable
from reactor.recording.places import Limits, place_of
from reactor.recording.reading import Recorded
from reactor.recording.replaying import Replay, difference, with_rules
from reactor.recording.unpacking import Texts
from reactor.testing.tasks import MIB, Usage
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, Running, running, task
from tests.core.build import age_over, box, memory_over, pids_over
from tests.recording.build import ENGINE, place


def rule_set(pids: int = 200, lifetime: float = 40.0) -> RuleSet:
    return RuleSet(
        (
            Rule("safety/lifetime", "f:1", when=age_over(lifetime), select=()),
            Rule("safety/pids", "f:2", when=pids_over(pids)),
            Rule("safety/memory", "f:3", when=memory_over(80)),
            Rule("safety/oom", "f:4", on=Trigger.OOM),
        ),
        "v1",
    )


LIVE = replace(SETUP, rules=rule_set())


@dataclass
class Live:
    """What the monitor decided, taken from its own steps."""

    decisions: list[Decision]

    def step(self, step: Step) -> None:
        self.decisions += step.decisions

    def outcome(self, outcome: object) -> None:
        """Not of interest."""


@asynccontextmanager
async def recorded(
    world: World, folder: Path, to: Path, *, setup: Setup = LIVE, room: int = 20_000
) -> AsyncIterator[tuple[Running, Live, Recorder]]:
    live = Live([])
    recorder = Recorder(place(to), ENGINE, room=room, inline=True)
    async with running(world, folder, setup=setup, observers=(live,), recorder=recorder) as monitor:
        yield monitor, live, recorder


def with_setup(rules: RuleSet) -> Callable[[Texts, str], RuleSet]:
    return lambda _texts, _version: rules


def session_of(path: Path, rules: RuleSet | None = None) -> Session:
    (session,) = open_sessions([path], with_setup(rules or rule_set()))
    return session


def replayed(session: Session, setup: Setup | None = None) -> Replay:
    survey = Survey()
    for each in session.items():
        survey.take(each)
    replay = Replay(setup or session.setup(), frozenset(decision.id for decision in survey.decisions))
    for each in session.items():
        replay.take(each)
    return replay


def decided(replay: Replay) -> list[Decision]:
    return [verdict.decision for verdict in replay.verdicts]


async def storms_and_all(world: World, monitor: Running) -> None:
    """Storms, a ramp, an OOM, lifetimes, sidecars, an orphan, an outage; and innocents beside them."""
    storm, again = task(world, "storm"), task(world, "again", restart_policy="always")
    main = task(world, "main", labels={"reactor.task": "m"})
    task(world, "side", labels={"reactor.sidecar-of": "m"})
    joined = world.spawn(name="joined", joins=main)
    world.spawn(name="chained", joins=joined)
    lonely = task(world, "lonely", labels={"reactor.task": "l"})
    task(world, "left-behind", labels={"reactor.sidecar-of": "l"})
    calm, near = task(world, "calm"), task(world, "near")
    world.use(calm, Usage(pids=150, memory=70 * MIB))
    world.use(near, Usage(pids=200, memory=80 * MIB))
    await trio.sleep(3)
    world.use(storm, Usage(pids=250))
    world.oom(main, fatal=False)
    await trio.sleep(3)
    world.use(again, Usage(memory=90 * MIB))
    world.exit(lonely, 0)
    await trio.sleep(4)
    world.use(again, None)
    world.start(again)
    world.restart(calm)
    monitor.engine.end_events()
    await trio.sleep(27)
    world.crash()
    await trio.sleep(5)
    world.boot()
    world.start(near)
    await trio.sleep(60)
    assert monitor.ended()


async def test_the_replay_decides_what_the_monitor_decided_byte_for_byte(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, live, recorder):
        await storms_and_all(world, monitor)
    session = session_of(tmp_path / "r")
    assert len({decision.rule for decision in live.decisions}) >= 5, "all rules and the orphans"
    assert any(decision.cause for decision in live.decisions), "and a cascade"
    survey = Survey()
    for each in session.items():
        survey.take(each)
    assert canonical(survey.decisions) == canonical(live.decisions)
    assert canonical(decided(replayed(session))) == canonical(live.decisions)
    assert session.remarks() == []
    assert recorder.statistics().facts == survey.facts
    assert survey.lost == 0


async def test_facts_are_recorded_as_the_core_gets_them(autojump_clock: MockClock, tmp_path: Path) -> None:
    """Ticks are among them, and repeats are not."""
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, _recorder):
        await storms_and_all(world, monitor)
        numbers = monitor.numbers.capture()
        assert numbers.counts.counters["reactor_events_repeated_total"][()] > 0
        assert numbers.readings.recording_healthy is True
        assert numbers.counts.counters["reactor_recording_facts_total"][()] > 100
    facts = [each.fact for each in session_of(tmp_path / "r").items()]
    assert {type(fact) for fact in facts} >= {Tick, Happened, Seen, Snapshot, Acted}
    happened = [(fact.what, fact.id, fact.time_nano) for fact in facts if isinstance(fact, Happened)]
    assert len(happened) == len(set(happened))
    assert [fact.at for fact in facts] == sorted(fact.at for fact in facts)


async def test_one_threshold_more_adds_exactly_one_container(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """An innocent stands between the old threshold and the new one, and another just below."""
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, _recorder):
        bad, between, below = task(world, "bad"), task(world, "between"), task(world, "below")
        world.use(between, Usage(pids=180))
        world.use(below, Usage(pids=170))
        await trio.sleep(3)
        world.use(bad, Usage(pids=250))
        await trio.sleep(10)
        assert monitor.ended() == ["bad"]
    session = session_of(tmp_path / "r")
    old, new = (replayed(session, with_rules(LIVE, rule_set(pids=each))) for each in (200, 170))
    found = difference(old.verdicts, new.verdicts)
    assert [verdict.decision.name for verdict in found.added] == ["between"]
    assert (found.gone, found.earlier, found.later) == ((), (), ())
    back = difference(new.verdicts, old.verdicts)
    assert [verdict.decision.name for verdict in back.gone] == ["between"]
    assert not difference(new.verdicts, new.verdicts)


async def test_what_would_have_been_ended_takes_its_sidecars_with_it(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The recording knows nothing of that end, so it is assumed; the neighbour's sidecar stays."""
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, _recorder):
        main = task(world, "main", labels={"reactor.task": "m"})
        task(world, "side", labels={"reactor.sidecar-of": "m"})
        task(world, "other", labels={"reactor.task": "o"})
        task(world, "other-side", labels={"reactor.sidecar-of": "o"})
        await trio.sleep(3)
        world.use(main, Usage(pids=150))
        await trio.sleep(10)
        assert monitor.ended() == []
    session = session_of(tmp_path / "r")
    replay = replayed(session, with_rules(LIVE, rule_set(pids=149)))
    assert [decision.name for decision in decided(replay)] == ["main", "side"]


async def test_an_end_that_the_new_rules_did_not_decide_takes_nobody_with_it(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, _recorder):
        main = task(world, "main", labels={"reactor.task": "m"})
        task(world, "side", labels={"reactor.sidecar-of": "m"})
        await trio.sleep(3)
        world.use(main, Usage(pids=250))
        await trio.sleep(3)
        assert monitor.ended() == ["main", "side"]
    session = session_of(tmp_path / "r")
    assert decided(replayed(session, with_rules(LIVE, rule_set(pids=255)))) == []


async def test_earlier_and_later_are_told_apart(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, _recorder):
        task(world, "old")
        await trio.sleep(60)
        assert monitor.ended() == ["old"]
    session = session_of(tmp_path / "r")
    young, usual, never = (
        replayed(session, with_rules(LIVE, rule_set(lifetime=each))).verdicts for each in (20, 40, 400)
    )
    assert [len(each) for each in (young, usual, never)] == [1, 1, 0]
    (pair,) = difference(usual, young).earlier
    assert pair[0].decision.at - pair[1].decision.at == pytest.approx(20, abs=1)
    assert [new.decision.name for _, new in difference(young, usual).later] == ["old"]


async def test_a_dry_run_can_be_replayed_as_it_was_and_armed(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    dry = replace(LIVE, dry_run=True)
    async with recorded(world, tmp_path, tmp_path / "r", setup=dry) as (monitor, live, _recorder):
        main = task(world, "main", labels={"reactor.task": "m"})
        task(world, "side", labels={"reactor.sidecar-of": "m"})
        world.use(main, Usage(pids=250))
        await trio.sleep(10)
        assert monitor.ended() == []
    session = session_of(tmp_path / "r")
    assert canonical(decided(replayed(session))) == canonical(live.decisions)
    armed = replayed(session, with_rules(session.setup(), rule_set()))
    assert [decision.name for decision in decided(armed)] == ["main", "side"]


# Trouble


class Disk:
    """Makes the writing of recordings fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.error: Exception | None = error
        self.tries = 0
        real = recorder_module._written

        def written(*given: Any) -> None:
            self.tries += 1
            if self.error is not None:
                given[0].failed += len(given[1])
                given[0].lose(len(given[1]))
                raise self.error
            real(*given)

        monkeypatch.setattr(recorder_module, "_written", written)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(28, "No space left on device"), "the disk is full"),
        (NotRecordable("odd"), "odd"),
        (RuntimeError("a defect"), "a defect"),
    ],
)
async def test_a_recording_that_fails_costs_no_kill_and_is_said_once(
    autojump_clock: MockClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    why: str,
) -> None:
    disk = Disk(monkeypatch, error)
    world = World()
    with caplog.at_level(logging.WARNING, "reactor.recording"):
        async with recorded(world, tmp_path, tmp_path / "r") as (monitor, _live, recorder):
            bad = task(world, "bad")
            task(world, "good")
            await trio.sleep(3)
            world.use(bad, Usage(pids=250))
            await trio.sleep(10)
            assert monitor.ended() == ["bad"]
            assert disk.tries > 5
            assert monitor.numbers.capture().readings.recording_healthy is False
            assert recorder.statistics().dropped > 10
            disk.error = None
            await trio.sleep(3)
            assert monitor.numbers.capture().readings.recording_healthy is True
    said = [record.message for record in caplog.records if record.name == "reactor.recording"]
    assert said == ["nothing can be recorded; the monitor goes on without it", "the recording goes on"]
    (failed, _) = (record for record in caplog.records if record.name == "reactor.recording")
    assert vars(failed)["why"] == why
    assert "name another place with --record" in vars(failed)["remedy"]
    survey = Survey()
    for each in session_of(tmp_path / "r").items():
        survey.take(each)
    assert survey.lost == recorder.statistics().dropped


async def test_a_queue_that_is_full_drops_and_says_so(
    autojump_clock: MockClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    async with recorded(world, tmp_path, tmp_path / "r", room=5) as (monitor, _live, recorder):
        bad = [task(world, f"bad-{n}") for n in range(10)]
        await trio.sleep(3)
        for each in bad:
            world.use(each, Usage(pids=250))
        await trio.sleep(5)
        assert len(monitor.ended()) == 10
    assert recorder.statistics().dropped > 10
    assert "the recording does not keep up; facts were dropped" in caplog.messages
    survey = Survey()
    for recorded_one in session_of(tmp_path / "r").items():
        survey.take(recorded_one)
    assert survey.lost == recorder.statistics().dropped
    assert survey.facts == recorder.statistics().facts


async def test_a_folder_is_gone_through_file_by_file(autojump_clock: MockClock, tmp_path: Path) -> None:
    """A minute is the shortest part; the replay of all parts is as live, and one that is missing is named."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    world = World()
    live = Live([])
    where = place_of(str(folder), Limits(keep=1.0))
    recorder = Recorder(where, ENGINE, inline=True)
    slow = replace(LIVE, rules=rule_set(lifetime=150))
    made = {"setup": slow, "observers": (live,), "recorder": recorder}
    async with running(world, tmp_path, **made) as monitor:
        task(world, "old")
        task(world, "old-2", labels={"reactor.task": "t2"})
        await trio.sleep(200)
        assert sorted(monitor.ended()) == ["old", "old-2"]
    session = session_of(folder, rule_set(lifetime=150))
    assert [part.header.part for part in session.parts] == [1, 2, 3, 4]
    assert canonical(decided(replayed(session))) == canonical(live.decisions)
    assert session.remarks() == []
    session.parts[0].path.unlink()
    rest = session_of(folder, rule_set(lifetime=150))
    assert len(decided(replayed(rest))) == 2, "the first list tells what there is"
    session.parts[2].path.unlink()
    rest = session_of(folder, rule_set(lifetime=150))
    assert decided(replayed(rest)) == []
    assert [said.split(": ", 1)[1] for said in rest.remarks()] == [
        "part 2: what was known before it is missing here",
        "there is no part between 2 and 4",
    ]


async def test_other_rules_that_come_into_force_meanwhile_are_in_force_in_the_replay(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The one that only the new rules end is ended after them; fixed rules know nothing of the reload."""
    world, monitors = World(), list[Monitor]()

    async def hold(monitor: Monitor, _numbers: object, task_status: trio.TaskStatus[None]) -> None:
        monitors.append(monitor)
        task_status.started()
        await trio.sleep_forever()

    live = Live([])
    recorder = Recorder(place(tmp_path / "r"), ENGINE, inline=True)
    made = {"setup": LIVE, "observers": (live,), "recorder": recorder, "services": (hold,)}
    async with running(world, tmp_path, **made) as monitor:
        between, near = task(world, "between"), task(world, "near")
        world.use(between, Usage(pids=180))
        world.use(near, Usage(pids=150))
        await trio.sleep(5)
        assert monitor.ended() == []
        monitors[0].reload(replace(LIVE, rules=rule_set(pids=150)))
        await trio.sleep(5)
        world.use(task(world, "late"), Usage(pids=180))
        await trio.sleep(5)
        assert monitor.ended() == ["between", "late"]
    versions = {"v1": rule_set(), "v2": rule_set(pids=150)}
    rules_of = iter(versions.values())
    (session,) = open_sessions([tmp_path / "r"], lambda _texts, _version: next(rules_of))
    replay = Replay(session.setup(), frozenset(decision.id for decision in live.decisions))
    for each in session.items():
        replay.take(each)
    assert canonical(decided(replay)) == canonical(live.decisions)
    assert len(live.decisions) == 2
    rules_of = iter(versions.values())
    (same,) = open_sessions([tmp_path / "r"], lambda _texts, _version: next(rules_of))
    same.setup()
    survey = Survey()
    fixed = Replay(with_rules(LIVE, rule_set()), frozenset(), fixed=True)
    for each in same.items():
        fixed.take(each)
    for each in session_of(tmp_path / "r").items():
        survey.take(each)
    assert survey.reloads == 1
    assert fixed.verdicts == []


def test_after_a_gap_of_unknown_length_nothing_is_known() -> None:
    """What was alive before it may be long gone: it is not decided about until a list shows it."""
    replay = Replay(LIVE, frozenset())
    replay.take(Recorded(Snapshot(1.0, 0.9, 1, (box(1),)), (), 0.0))
    assert replay.state.snapshots == 1
    replay.take(Recorded(Tick(50.0), (), 0.0, lost=3))
    assert replay.state.snapshots == 1
    replay.take(Recorded(Tick(99.0), (), 0.0, anew=True))
    assert replay.state.snapshots == 0
