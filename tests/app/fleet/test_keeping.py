"""Several engines in one process, in virtual time: whatever befalls one, the others are guarded as before."""

import logging
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.fleet.keeping import Fleet
from reactor.app.fleet.member import UNLISTED, Member, Ready, Stage, Standing, lacking
from reactor.app.log import JsonFormatter
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.core.facts import Held, Ordered
from reactor.core.orders import Hold
from reactor.core.ports import EngineUnreachable
from reactor.testing.box import Box
from reactor.testing.direct import BY
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import plan, task


class Engine:
    """A world as a member; ``mishap`` is what befalls whoever prepares a monitor for it."""

    def __init__(self, name: str, folder: Path, engine_id: str = "", seed: str = "") -> None:
        self.name, self.world = name, World(seed=seed or name)
        self._folder, self._id = folder / name, engine_id or (name if seed else "")
        self.mishap: Callable[[], object] = lambda: None
        self.monitors: list[Monitor] = []
        self.greeted: list[str] = []
        self.on_greeting: Callable[[], None] = lambda: None
        self.journal = ""
        self.service_breaks = trio.Event()

    def member(self) -> Member:
        return Member(self.name, self.prepare)

    @asynccontextmanager
    async def prepare(self) -> AsyncIterator[Ready]:
        await trio.sleep(0.01)
        waits = self.mishap()
        if isinstance(waits, float):
            await trio.sleep(waits)
        self._folder.mkdir(exist_ok=True)
        whose = self.world.ground.seed
        made = plan(self.world, self._folder, services=(self._service,), whose=whose)

        def greet() -> None:
            self.greeted.append(whose)
            self.on_greeting()

        yield Ready(self._id or whose, made, journal=self.journal, greet=greet)

    async def _service(self, monitor: Monitor, _: Numbers, task_status: trio.TaskStatus[None]) -> None:
        self.monitors.append(monitor)
        task_status.started()
        await self.service_breaks.wait()
        self.service_breaks = trio.Event()
        raise RuntimeError("this is broken")

    def ended(self) -> list[str]:
        return [entry.name for entry in self.world.history.effective(BY)]


def away() -> object:
    raise EngineUnreachable("nobody listens")


@dataclass
class Running:
    fleet: Fleet
    stop: Callable[[], None]
    over: trio.Event


@asynccontextmanager
async def running(*engines: Engine) -> AsyncIterator[Running]:
    standings = {each.name: Standing(each.name) for each in engines}
    fleet, stop, over = Fleet([each.member() for each in engines], standings), trio.Event(), trio.Event()
    async with trio.open_nursery() as nursery:
        for each in engines:
            await nursery.start(each.world.run)

        async def run() -> None:
            await fleet.run(stop.wait)
            over.set()

        nursery.start_soon(run)
        await trio.sleep(5)
        yield Running(fleet, stop.set, over)
        stop.set()
        await over.wait()
        nursery.cancel_scope.cancel()


def storm(engine: Engine, name: str) -> Box:
    box = task(engine.world, name)
    task(engine.world, f"{name}-near")
    engine.world.use(box, Usage(pids=201))
    return box


async def test_each_violator_is_ended_on_its_own_engine(autojump_clock: MockClock, tmp_path: Path) -> None:
    engines = [Engine(name, tmp_path) for name in ("one", "two", "three")]
    async with running(*engines) as now:
        assert lacking(now.fleet.standings) == ""
        for each in engines:
            storm(each, f"bad-of-{each.name}")
        await trio.sleep(10)
        for each in engines:
            assert each.ended() == [f"bad-of-{each.name}"]
            assert each.world.history.repeated(BY) == []


@pytest.mark.parametrize("what", ["away", "hangs", "breaks"])
async def test_whatever_befalls_one_on_the_other_a_violator_is_ended_in_time(
    what: str, autojump_clock: MockClock, tmp_path: Path
) -> None:
    other = Engine("other", tmp_path)

    def mishap() -> object:
        if what == "breaks":
            raise RuntimeError("a defect")
        return away() if what == "away" else 1e6

    other.mishap = mishap
    engine = Engine("one", tmp_path)
    async with running(engine, other) as now:
        began = trio.current_time()
        box = storm(engine, "bad")
        await trio.sleep(30)
        died = engine.world.history.died_at(box.id)
        assert engine.ended() == ["bad"]
        assert died is not None
        assert died - began <= 1.0
        assert lacking(now.fleet.standings).startswith("other: ")
        assert other.ended() == []


async def test_one_that_was_away_is_taken_up_when_it_is_there(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    one, other = Engine("one", tmp_path), Engine("other", tmp_path)
    other.mishap = away
    storm(other, "bad")
    async with running(one, other) as now:
        await trio.sleep(100)
        assert now.fleet.standings["other"].stage is Stage.AWAY
        assert other.ended() == []
        other.mishap = lambda: None
        await trio.sleep(32)
        assert lacking(now.fleet.standings) == ""
        assert other.ended() == ["bad"]


async def test_what_kept_an_engine_away_is_not_said_of_one_that_hangs_in_its_place(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """It answers by then: whoever looks for the reason is not to look where there is none any more."""
    one = Engine("one", tmp_path)
    one.mishap = away
    async with running(one) as now:
        said: list[str] = []
        one.on_greeting = lambda: said.append(lacking(now.fleet.standings))
        said.append(lacking(now.fleet.standings))
        one.mishap = lambda: None
        await trio.sleep(32)
        assert lacking(now.fleet.standings) == ""
        assert said == ["one: nobody listens", f"one: {UNLISTED}"]


async def test_a_defect_in_one_tree_is_said_and_the_tree_begins_again(
    autojump_clock: MockClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = Engine("one", tmp_path), Engine("other", tmp_path)
    async with running(one, other) as now:
        before = one.monitors[:]
        other.service_breaks.set()
        storm(one, "bad")
        await trio.sleep(0.5)
        assert now.fleet.standings["other"].stage is Stage.BROKEN
        assert "RuntimeError: this is broken" in lacking(now.fleet.standings)
        await trio.sleep(10)
        assert lacking(now.fleet.standings) == ""
        assert now.fleet.standings["other"].defects == 1
        storm(other, "worse")
        await trio.sleep(10)
        assert (one.ended(), other.ended()) == (["bad"], ["worse"])
        assert one.monitors == before
    assert [each.message for each in caplog.records if each.levelno == logging.ERROR] == [
        "the monitor of this engine broke, and begins again"
    ]


async def test_of_a_monitor_that_broke_nothing_stays_in_memory(
    autojump_clock: MockClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is known when all is set aside for the collector stays for ever, unless it is looked for."""
    # A record would keep the error, and all that led to it.
    caplog.set_level(logging.CRITICAL, "reactor.app")
    one, other = Engine("one", tmp_path), Engine("other", tmp_path)
    async with running(one, other):
        gone = []
        for _ in range(3):
            gone.append(weakref.ref(other.monitors.pop()))
            other.service_breaks.set()
            await trio.sleep(10)
        assert [each() for each in gone] == [None, None, None]
        assert len(other.monitors) == 1


async def test_the_same_engine_behind_two_addresses_is_watched_once(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    one, again = Engine("one", tmp_path, "same-id"), Engine("again", tmp_path, "same-id")
    again.mishap = lambda: 1.0
    async with running(one, again) as now:
        assert now.fleet.standings["one"].stage is Stage.WATCHING
        assert "is the same engine, or has the same journal, as one" in lacking(now.fleet.standings)
        assert again.monitors == []
        assert again.greeted == [], "nobody is told that it is watched"


async def test_one_journal_behind_two_paths_is_one_monitors(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    one, again = Engine("one", tmp_path), Engine("again", tmp_path)
    one.journal = again.journal = "/the/same.db"
    again.mishap = lambda: 1.0
    async with running(one, again) as now:
        await trio.sleep(60)
        assert now.fleet.standings["again"].stage is Stage.AWAY
        assert again.monitors == []


async def test_an_engine_that_calls_itself_another_ones_name_does_not_take_its_place(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """What it says must not leave another engine without a monitor, also when that is away just then."""
    one, liar = Engine("one", tmp_path), Engine("liar", tmp_path)
    async with running(one, liar) as now:
        one.mishap = away
        one.service_breaks.set()
        await trio.sleep(5)
        assert now.fleet.standings["one"].stage is Stage.AWAY
        liar.world.ground.seed = "one"
        liar.world.events.end_all("clean")
        await trio.sleep(60)
        one.mishap = lambda: None
        storm(one, "bad")
        await trio.sleep(40)
        assert now.fleet.standings["liar"].stage is Stage.AWAY
        assert one.ended() == ["bad"]


async def test_an_address_that_comes_to_lead_to_another_ones_engine_is_not_watched_twice(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """A name is moved, or a socket: what answers there from then on has a monitor already."""
    one, moves = Engine("one", tmp_path), Engine("moves", tmp_path)
    async with running(one, moves) as now:
        moves.world.ground.seed = "one"
        moves.world.events.end_all("clean")
        await trio.sleep(10)
        assert now.fleet.standings["moves"].stage is Stage.AWAY
        assert "the same engine, or has the same journal, as one" in lacking(now.fleet.standings)
        assert now.fleet.standings["one"].stage is Stage.WATCHING
        storm(moves, "bad")
        await trio.sleep(30)
        assert moves.ended() == []


async def test_an_engine_that_is_made_anew_is_watched_as_another_one(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """The same host, with nothing of what it had: its journal is not that of the one before."""
    one = Engine("one", tmp_path)
    async with running(one) as now:
        one.world.ground.seed = "anew"
        one.world.events.end_all("clean")
        storm(one, "bad")
        await trio.sleep(10)
        standing = now.fleet.standings["one"]
        assert (standing.stage, standing.engine_id, standing.defects) == (Stage.WATCHING, "anew", 0)
        assert one.ended() == ["bad"]


async def test_a_hold_on_one_holds_no_other(autojump_clock: MockClock, tmp_path: Path) -> None:
    one, other = Engine("one", tmp_path), Engine("other", tmp_path)
    async with running(one, other):
        one.monitors[0].feed(Held(trio.current_time(), Hold("h", 0.0, "me", "", None)))
        storm(one, "held")
        storm(other, "bad")
        await trio.sleep(10)
        assert (one.ended(), other.ended()) == ([], ["bad"])


async def test_a_stop_waits_for_no_engine_that_was_never_there(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    one, other = Engine("one", tmp_path), Engine("other", tmp_path)
    other.mishap = lambda: 1e6
    async with running(one, other) as now:
        began = trio.current_time()
        now.stop()
        await now.over.wait()
        assert trio.current_time() - began < 1


async def test_each_line_of_the_log_names_the_engine(
    autojump_clock: MockClock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    # A line is made where it is said: the engine is the one of that task. The handler is one for all tests.
    monkeypatch.setattr(caplog.handler, "emit", lambda record: lines.append(JsonFormatter().format(record)))
    other = Engine("other", tmp_path)
    other.mishap = away
    async with running(Engine("one", tmp_path), other):
        pass
    assert any('"engine":"other"' in line and "is not watched" in line for line in lines)


async def test_the_same_id_on_two_engines_is_never_mixed_up(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    one, other = (Engine(name, tmp_path, seed="the same") for name in ("one", "other"))
    here, there = task(one.world, "box"), task(other.world, "box")
    assert here.id == there.id
    async with running(one, other):
        entry = one.monitors[0].state.entries.get(here.id)
        assert entry is not None
        run = entry.run
        one.monitors[0].feed(Ordered(trio.current_time(), run, "me", "", cascade=False))
        await trio.sleep(30)
        assert (one.ended(), other.ended()) == (["box"], [])
        assert there.alive
        other.world.use(there, Usage(pids=201))
        await trio.sleep(5)
        assert (one.ended(), other.ended()) == (["box"], ["box"])
        assert one.world.history.repeated(BY) == []
