"""The canary in virtual time: ended by its own rule and no other, counted if it is not, in nobody's way."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.aviary import PATIENCE, Aviary
from reactor.app.canary import whose
from reactor.app.canaryflags import LONGEST, _pace
from reactor.app.complaint import Complaint
from reactor.app.configuration import BadConfiguration, parse_configuration
from reactor.app.invocation import read_settings
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.options import parser
from reactor.app.settings import CanaryTerms
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.container import Container, ContainerId
from reactor.core.facts import Held, Resumed
from reactor.core.orders import Hold
from reactor.core.restraint import GateTerms
from reactor.core.rules import Order, Rule, RuleSet
from reactor.engine.canaries import LABEL, LIVES, WITHIN, NoSuchImage
from reactor.journal.journal import Journal
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Delay, Kind
from reactor.testing.outage import free, wedge
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, Running, running, task
from tests.core.written import condition

TERMS = CanaryTerms(60.0, "busybox", 10.0)
ARMED = replace(
    SETUP,
    gate=GateTerms(),
    budgets=BudgetTerms(hard=Budget(1, 3600.0)),
    breaker=BreakerTerms(at_least=1, share=0.01),
)
"""With brakes that one end of anybody's would set off."""


class Knowing(DirectEngine):
    """An engine that knows the canaries that were made on it."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.canaries: set[ContainerId] = set()

    async def inspect(self, container: ContainerId) -> Container:
        """As usual; ours are marked."""
        found = await super().inspect(container)
        return replace(found, canary=True) if found.id in self.canaries else found


@dataclass
class WorldsCage:
    """Canaries of a world; they have so many processes as soon as they live."""

    world: World
    engine: Knowing
    pids: int = 41
    no_image: bool = False
    making: float = 0.0
    answering: float = 0.0
    made: list[Box] = field(default_factory=list)

    async def make(self, image: str, name: str) -> ContainerId:
        if self.no_image:
            raise NoSuchImage(image)
        assert not [each for each in self.made if each in self.world.boxes], "one at a time"
        box = self.world.create(name=f"reactor-canary-{name}", labels={LABEL: "ours"}, auto_remove=True)
        self.made.append(box)
        self.engine.canaries.add(box.id)
        await trio.sleep(self.making)
        return box.id

    async def start(self, canary: ContainerId) -> None:
        box = self.world.find(canary)
        self.world.start(box)
        self.world.use(box, Usage(pids=self.pids))
        await trio.sleep(self.answering)

    async def take_away(self, canary: ContainerId) -> bool:
        found = [each for each in self.world.boxes if each.id == canary]
        if found and found[0].wedged is None:
            self.world.remove(found[0], force=True)
        return not [each for each in self.world.boxes if each.id == canary]

    async def left(self) -> tuple[ContainerId, ...]:
        return ()


@dataclass
class Scene:
    """A monitor that sends canaries."""

    monitor: Running
    cage: WorldsCage
    inside: Monitor

    def counted(self) -> dict[str, float]:
        """What the books say, results and reasons."""
        counters = self.monitor.numbers.capture().counts.counters
        found = {key[0]: count for key, count in counters["reactor_canary_runs_total"].items()}
        return {key: count for key, count in {
            **found, **{f"for {k[0]}": n for k, n in counters["reactor_canary_failures_total"].items()}
        }.items() if count}  # fmt: skip

    def is_decided(self, box: Box) -> bool:
        """Whether it is decided that this one is to go."""
        entry = self.inside.state.entries.get(box.id)
        return entry is not None and bool(entry.ending)


@asynccontextmanager
async def scene(
    world: World, folder: Path, terms: CanaryTerms = TERMS, **changes: object
) -> AsyncIterator[Scene]:
    """A monitor with all brakes armed, and its canaries."""
    engine = Knowing(world)
    cage, inside = WorldsCage(world, engine), list[Monitor]()

    async def serve(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        aviary = Aviary(terms, cage, monitor, numbers.canary)
        monitor.also_tell(aviary)
        inside.append(monitor)
        task_status.started()
        await aviary.run()

    given = {"setup": ARMED, "engine": engine, "services": (serve,), **changes}
    async with running(world, folder, **given) as monitor:
        yield Scene(monitor, cage, inside[0])


async def test_it_is_ended_in_time_and_nobody_beside_it(autojump_clock: MockClock, tmp_path: Path) -> None:
    """Not who calls himself one, nor who has as many processes; and it takes nothing of anybody's budget."""
    world = World()
    world.use(task(world, "task-with-as-many"), Usage(pids=41))
    world.use(world.spawn(name="reactor-canary-forged", labels={LABEL: "ours"}), Usage(pids=41))
    async with scene(world, tmp_path) as there:
        await trio.sleep(5 * 60 - 1)
        ended = there.monitor.ended()
        assert ended == [each.name for each in there.cage.made]
        assert len(ended) == 5
        assert there.counted() == {"ended": 5}
        captured = there.monitor.numbers.capture()
        spread = captured.counts.spreads["reactor_canary_duration_seconds"][()]
        assert 0 < spread.total <= 5 * 2.0
        brakes = there.inside.state.curbs.brakes
        assert (brakes.matches, brakes.buckets, brakes.opens, brakes.waiting) == ({}, {}, {}, {})
        counted = captured.counts.counters["reactor_kills_total"]
        assert {labels[0]: count for labels, count in counted.items() if count} == {"canary": 5}
        assert not any(captured.counts.counters["reactor_exits_total"].values())


async def test_one_that_cannot_be_ended_is_counted_and_delays_nobody(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    # Together with a canary the innocent one would have too many.
    whole = Rule("g/total", "f:1", when=condition("scope.pids > 60"), victims=Order("pids"))
    setup = replace(ARMED, rules=RuleSet((*ARMED.rules.rules, whole)), gate=GateTerms(off=True))
    innocent = task(world, "innocent")
    world.use(innocent, Usage(pids=41))
    async with scene(world, tmp_path, setup=setup) as there:
        await trio.sleep(55)
        there.cage.pids = 1
        await trio.sleep(10)
        (stuck,) = [each for each in world.boxes if each.alive and each is not innocent]
        wedge(stuck)
        world.use(stuck, Usage(pids=41))
        await trio.sleep(2)
        entry = there.inside.state.entries.get(stuck.id)
        assert entry is not None
        assert (entry.governed, [rule.name for rule in entry.rules]) == (False, ["canary"])
        await trio.sleep(5)
        assert innocent.alive
        bad = task(world, "bad")
        world.use(bad, Usage(pids=201))
        await trio.sleep(5)
        assert not bad.alive
        await trio.sleep(115)
        # While it is there no other one is sent, and each time that is a failure of its own.
        assert len(there.cage.made) == 2
        assert there.counted() == {"ended": 1, "failed": 3, "for unended": 1, "for left": 2}
        free(stuck, trio.current_time())
        there.cage.pids = 41
        await trio.sleep(120)
        assert there.counted()["ended"] >= 2


@pytest.mark.parametrize(
    ("what", "why"), [("blind", "undecided"), ("elsewhere", "elsewhere"), ("image", "image")]
)
async def test_what_went_wrong_is_counted_by_its_reason(
    what: str, why: str, autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    async with scene(world, tmp_path) as there:
        await trio.sleep(30)
        there.cage.pids = 1
        there.cage.no_image = what == "image"
        await trio.sleep(35)
        if what == "elsewhere":
            world.kill(there.cage.made[-1])
        await trio.sleep(50)
        assert there.counted() == {"ended": 1, "failed": 1, f"for {why}": 1}
        assert not [each for each in world.boxes if each.alive]


async def test_one_that_is_over_before_the_engine_says_that_it_began_was_ended(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """A busy engine answers late, and the fast lane waits for no answer."""
    async with scene(World(), tmp_path) as there:
        there.cage.answering = 5.0
        await trio.sleep(5 * 60 - 1)
        assert there.counted() == {"ended": 5}
        spread = there.monitor.numbers.capture().counts.spreads["reactor_canary_duration_seconds"][()]
        assert 0 < spread.total <= 5 * 2.0


async def test_one_that_is_ended_at_last_is_late(autojump_clock: MockClock, tmp_path: Path) -> None:
    """Also behind the longest time that one may have: then it still lives, by far."""
    async with scene(World(), tmp_path, terms=replace(TERMS, within=LONGEST)) as there:
        await trio.sleep(30)
        there.cage.pids = 1
        await trio.sleep(30 + LONGEST + 5)
        there.monitor.world.use(there.cage.made[-1], Usage(pids=41))
        await trio.sleep(10)
        assert there.counted() == {"ended": 1, "late": 1, "for late": 1}
    assert LONGEST + PATIENCE + WITHIN < LIVES


@pytest.mark.parametrize("when", ["made", "undecided", "decided"])
async def test_a_hold_while_one_is_out_is_no_failure(
    when: str, autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Nobody may end it then: it is taken away, nothing is said of lateness, and afterwards they go on."""
    async with scene(World(), tmp_path) as there:
        await trio.sleep(30)
        there.cage.pids = 1 if when == "undecided" else 41
        there.cage.making = 4.0 if when == "made" else 0.0
        if when == "decided":
            # The hold comes while it is looked at once more before it is ended.
            there.monitor.engine.script.always(Kind.INSPECT, Delay(2.0))
        await trio.sleep(30)
        while when == "decided" and not there.is_decided(there.cage.made[-1]):  # noqa: ASYNC110 - no event tells.
            await trio.sleep(0.1)
        await trio.sleep(1)
        there.inside.feed(Held(trio.current_time(), Hold("h", trio.current_time(), "ada", "")))
        there.cage.pids = 41
        await trio.sleep(60)
        assert there.counted() == ({"ended": 1} if when == "made" else {"ended": 1, "held": 1})
        assert not [each for each in there.monitor.world.boxes if each.alive]
        there.inside.feed(Resumed(trio.current_time(), "ada"))
        await trio.sleep(70)
        assert there.counted()["ended"] >= 2


async def test_no_two_monitors_have_the_same_canaries(tmp_path: Path) -> None:
    """Not at the same path, as in two containers, nor with a copied journal; a restart changes nothing."""
    here = tmp_path / "journal"

    async def begin(folder: Path) -> str:
        folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - nobody waits in this test.
        async with trio.open_nursery() as nursery:
            await nursery.start(Journal(folder / "journal.db").run)
            nursery.cancel_scope.cancel()
        return whose("engine", folder / "journal.db")

    first = await begin(here)
    assert await begin(here) == first
    assert whose("another", here / "journal.db") != first
    here.rename(tmp_path / "elsewhere")
    second = await begin(here)
    assert whose("engine", tmp_path / "elsewhere/journal.db") == first
    shutil.copytree(here, tmp_path / "copy")
    nowhere = tmp_path / "nowhere/journal.db"
    drawn = {whose("engine", nowhere) for _ in range(2)}
    assert len({first, second, await begin(tmp_path / "copy"), *drawn}) == 5


async def test_none_is_sent_that_would_not_be_ended(autojump_clock: MockClock, tmp_path: Path) -> None:
    """While an operator holds the monitor, or while it runs dry, there is nobody to end one."""
    world = World()
    async with scene(world, tmp_path) as there:
        await trio.sleep(30)
        there.inside.feed(Held(trio.current_time(), Hold("h", trio.current_time(), "ada", "")))
        assert there.monitor.numbers.canary.standing().excused is None
        await trio.sleep(150)
        assert len(there.cage.made) == 1
        assert there.monitor.numbers.canary.standing().excused is not None
    async with scene(World(), tmp_path / "dry", setup=replace(SETUP, dry_run=True)) as there:
        await trio.sleep(150)
        assert there.cage.made == []


def test_flags_and_configuration() -> None:
    terms = parse_configuration("canary: {every: 5m, image: busybox:1.36, within: 3s}", "c.yaml").canary
    assert terms == CanaryTerms(300.0, "busybox:1.36", 3.0)
    with pytest.raises(BadConfiguration) as bad:
        parse_configuration("canary: {every: 1s, within: 2m}", "c.yaml")
    assert [str(each).split(": ", 1)[1][:45] for each in bad.value.errors] == [
        "'canary' needs the key 'image'",
        "'every' is a duration from 10s to 24h, such a",
        "'within' is a duration of at most 60s, such a",
    ]
    flags = parser().parse_args(["run", "--canary", "every=30s,within=5s", "--canary-image", "alpine"])
    assert read_settings(flags, {}).canary == CanaryTerms(30.0, "alpine", 5.0)
    image_alone = parser().parse_args(["run", "--canary-image", "alpine"])
    assert read_settings(image_alone, {}).canary is None
    with pytest.raises(Complaint, match="none is pulled"):
        read_settings(parser().parse_args(["run", "--canary", "every=5m"]), {})
    for text in ("5m", "every=1s", "every=5m,what=1", "every=5m,within=2m"):
        with pytest.raises(Exception, match="write every=5m"):
            _pace(text)
