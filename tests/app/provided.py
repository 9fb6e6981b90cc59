"""Monitors that see to sidecars on a world in virtual time, and that can be killed at any call of theirs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import trio

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Plan
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.serving import SidecarDesk, sees_to_sidecars
from reactor.app.supervise import supervise
from reactor.core.container import Limits, State
from reactor.core.recipes import Probe, Provisions, Recipe, SidecarSet, Template, made_name
from reactor.core.rules import RuleSet
from reactor.core.selector import Selector
from reactor.core.state import Setup
from reactor.journal.journal import Journal
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Kind, Script
from reactor.testing.history import What
from reactor.testing.tasks import MIB
from reactor.testing.world import World
from tests.core.build import rules

Answer = TypeVar("Answer")
LIMITS = Limits(pids=64, memory=256 * MIB, swap=256 * MIB, cpu=1.0)
WEB = {"reactor.task": "t1", "tier": "web"}
SLOW = ("sh", "-c", "sleep 2; touch /ready; exec sleep 100000")
PROBE = Probe(("CMD", "test", "-e", "/ready"), interval=0.5, retries=20)


def template(name: str, **more: Any) -> Template:
    """A template; what is of its recipe goes there."""
    own = {key: more.pop(key) for key in tuple(more) if key in Template.__dataclass_fields__}
    recipe = Recipe("", "app:1", LIMITS, command=("serves",), stop_grace=2.0)
    return Template(name, replace(recipe, **more), **own)


DB = template("db", command=SLOW, probe=PROBE)
API = template("api", needs=("db",), needs_healthy=frozenset({"db"}))


def provisions(*templates: Template, hold: bool = False, asked: bool = False) -> Provisions:
    """One set with all of these, for whoever is of the tier ``web``."""
    names = tuple(each.name for each in templates)
    chosen = (Selector(label="tier", value="web"),) if not asked else ()
    return Provisions(templates, (SidecarSet("s", names, chosen, asked=asked, hold=hold),))


def setup(given: Provisions, rule_set: RuleSet | None = None, **more: Any) -> Setup:
    """A setup with these provisions."""
    ruled = replace(rule_set or rules(), provisions=given)
    return Setup(ruled, orphan_after=10, creation_grace=60, sidecar_grace=2, **more)


class Killed(Script):
    """Faults as usual; and from the ``nth`` counted call on, whoever calls is dead: nothing comes back.

    The last call takes effect if ``after``, and no later one does.
    """

    def __init__(self, nth: int, *, after: bool, counted: Iterable[Kind] = ()) -> None:
        super().__init__()
        self.calls = 0
        self.dead = trio.Event()
        self._nth, self._after = nth, after
        self._counted = frozenset(counted) or frozenset(Kind)

    async def run(self, kind: Kind, call: Callable[[], Awaitable[Answer]], deadline: float = 0.0) -> Answer:
        """Make a call, if there is still somebody to make it."""
        if self.dead.is_set():
            await trio.sleep_forever()
        self.calls += kind in self._counted
        if self._nth and self.calls >= self._nth and kind in self._counted:
            if self._after:
                await call()
            self.dead.set()
            await trio.sleep_forever()
        return await super().run(kind, call, deadline)


@dataclass
class Life:
    """One monitor, and the hands that it sees to sidecars with."""

    world: World
    watching: DirectEngine
    hands: DirectEngine
    desk: SidecarDesk
    numbers: Numbers
    monitor: Monitor
    stop: Callable[[], None]
    script: Killed

    def told(self, task: str = "t1") -> dict[str, dict[str, Any]]:
        """What is told of a task's sidecars, by their templates."""
        tasks = [each for each in self.desk.told()["tasks"] if each["task"] == task]
        return {each["template"]: each for found in tasks for each in found["sidecars"]}

    def states(self, task: str = "t1") -> dict[str, str]:
        """In which states they are."""
        return {name: each["state"] for name, each in self.told(task).items()}


@asynccontextmanager
async def life(
    world: World,
    folder: Path,
    given: Setup,
    *,
    script: Killed | None = None,
    data: Path | None = None,
    **changes: Any,
) -> AsyncIterator[Life]:
    """A monitor on a world that happens by itself. If its script kills it, it ends without a word."""
    journal = Journal(folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
    script = script or Killed(0, after=False)
    watching, hands = DirectEngine(world), DirectEngine(world)
    hands.script = script
    desk, stop, over = SidecarDesk(), trio.Event(), trio.Event()
    caught: list[Monitor] = []

    async def catch(monitor: Monitor, _numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        caught.append(monitor)
        task_status.started()

    services = (catch, sees_to_sidecars(Hands(hands, hands), journal, data, desk))
    base = Plan(given, watching, journal, acting_engine=hands, services=services)
    made = replace(base, **changes)
    async with trio.open_nursery() as nursery:

        async def run(task_status: trio.TaskStatus[Numbers]) -> None:
            await supervise(made, stop.wait, task_status=task_status)
            over.set()

        async def die() -> None:
            await script.dead.wait()
            nursery.cancel_scope.cancel()

        numbers = await nursery.start(run)
        nursery.start_soon(die)
        # A monitor that is killed says nothing, and whoever looks on goes on.
        yield Life(world, watching, hands, desk, numbers, caught[0], stop.set, script)
        if not script.dead.is_set():
            stop.set()
            await over.wait()
        nursery.cancel_scope.cancel()


def world_with(*images: str) -> World:
    """A world with the images that templates name here."""
    world = World()
    for image in images or ("app:1",):
        world.add_image(image, {}, ("serves",))
    return world


def main(world: World, name: str = "main", **more: Any) -> Box:
    """A main that is to have sidecars."""
    return world.spawn(**{"name": name, "labels": WEB, "pids_limit": 256, "memory_limit": 100 * MIB, **more})


def named(world: World, name: str, task: str = "t1") -> list[Box]:
    """Those that were made for a task from a template, and are there."""
    return [box for box in world.boxes if box.name == made_name(task, name)]


def alive(world: World) -> list[str]:
    """The names of all that run."""
    return sorted(box.name for box in world.boxes if box.state in {State.RUNNING, State.PAUSED})


def happened(world: World, *whats: What) -> list[tuple[str, str]]:
    """What happened, in order, by its name and the container's, shortened to the template's."""
    return [(each.what.value, each.name.rpartition("-")[2]) for each in world.history if each.what in whats]
