"""The demo's script on the embedded engine: parts enter at their moments, and the truth is watched.

What is seen here is seen inside the engine, not through the monitor, and the limits are
written down here a second time: so the demo can tell when the monitor is wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import trio

from reactor.app.demo.cast import IMAGE_LABELS, LIFETIME, Breach, Fate, Part, Role
from reactor.core.container import ContainerId
from reactor.testing.box import Box
from reactor.testing.gauge import read
from reactor.testing.history import Entry, What
from reactor.testing.tasks import MIB
from reactor.testing.world import World

LOOK_EVERY = 0.01
"""Seconds between two looks at the truth: the precision of every moment of a breach."""
MOST_PIDS, MOST_MEMORY = 200, 0.8

AFTERWARDS = 2.0
"""Seconds that are waited after the last end that has to come: for ends that must not come."""
PATIENCE = 15.0
"""Seconds that are waited for ends after everybody has entered."""


class Audience(Protocol):
    """Who is told what happens on the engine."""

    @property
    def left(self) -> bool:
        """Whether nobody looks any more."""
        ...

    def started(self, role: Role, at: float) -> None:
        """A container was started."""
        ...

    def breached(self, role: Role, breach: Breach) -> None:
        """It broke a limit for the first time."""
        ...

    def oomed(self, role: Role, at: float) -> None:
        """The kernel ended a process of it."""
        ...

    def exited(self, role: Role, at: float, code: int | None) -> None:
        """It ended by itself."""
        ...


class Play:
    """The script while it is played; ``roles`` are those who have entered."""

    def __init__(self, world: World, parts: Sequence[Part]) -> None:
        self.world = world
        self.roles: dict[ContainerId, Role] = {}
        self.began = 0.0
        self._waiting = sorted(parts, key=lambda part: (part.comes, -part.age))
        self._leaving = [part for part in parts if part.leaves is not None]
        self._told = 0

    def set_the_stage(self, audience: Audience) -> None:
        """Let those enter who are there before the monitor."""
        self.began = trio.current_time()
        for tag, labels in IMAGE_LABELS.items():
            self.world.add_image(tag, labels)
        self._let_enter(0.0)
        self.catch_up(audience)

    async def run(self, audience: Audience) -> None:
        """Let the others enter and watch, until everything has happened that has to, or patience is over.

        The script's clock begins now, when the monitor watches: a sidecar whose main has gone
        before anybody saw it would be taken for one that was created early.
        """
        opened, over = trio.current_time(), float("inf")
        while trio.current_time() < over and not audience.left:
            await trio.sleep(LOOK_EVERY)
            self._let_enter(trio.current_time() - opened)
            self._let_leave(trio.current_time() - opened)
            self.catch_up(audience)
            if over == float("inf") and not self._waiting:
                over = trio.current_time() + PATIENCE
            if not self._waiting and not any(self._owed()):
                over = min(over, trio.current_time() + AFTERWARDS)

    def catch_up(self, audience: Audience) -> None:
        """Tell what has happened on the engine by now and was not told yet."""
        self._tell_history(audience)
        self._look_for_breaches(audience)

    def named(self, name: str) -> Role | None:
        """The role of this name, if it has entered."""
        return next((role for role in self.roles.values() if role.part.name == name), None)

    def ended_at(self, name: str) -> float | None:
        """When the container of this name came to its end, however it did."""
        role = self.named(name)
        return self.world.history.died_at(role.box.id) if role else None

    def _let_enter(self, now: float) -> None:
        while self._waiting and self._waiting[0].comes <= now:
            part = self._waiting.pop(0)
            box = _enter(self.world, part, {role.part.name: role.box for role in self.roles.values()})
            self.roles[box.id] = Role(part, box)

    def _let_leave(self, now: float) -> None:
        for part in [part for part in self._leaving if part.leaves is not None and part.leaves <= now]:
            self._leaving.remove(part)
            role = self.named(part.name)
            if role is not None:
                self.world.exit(role.box)

    def _owed(self) -> Iterator[Role]:
        """Those whose end has to come and has not."""
        return (
            role for role in self.roles.values() if role.part.fate is not Fate.STAYS and role.box.has_process
        )

    def _tell_history(self, audience: Audience) -> None:
        entries = tuple(self.world.history)[self._told :]
        self._told += len(entries)
        for entry in entries:
            role = self.roles.get(entry.run.id)
            if role is not None:
                self._tell(audience, role, entry)

    def _tell(self, audience: Audience, role: Role, entry: Entry) -> None:
        match entry.what, entry.by:
            case What.STARTED, _:
                audience.started(role, entry.at)
            case What.OOM, _:
                role.breach = role.breach or Breach(entry.at, "out of memory")
                audience.oomed(role, entry.at)
            case What.DIED, "task" | "oom":
                audience.exited(role, entry.at, entry.code)

    def _look_for_breaches(self, audience: Audience) -> None:
        for role in self.roles.values():
            if role.breach is None and role.box.has_process:
                role.breach = _broken_limit(self.world, role.box, self.began)
                if role.breach is not None:
                    audience.breached(role, role.breach)


def _enter(world: World, part: Part, others: Mapping[str, Box]) -> Box:
    """Start a container, as long ago as its age says: the engine's clock is set back for the moment of it."""
    if part.age:
        world.clock.jump(-part.age)
    box = world.spawn(
        part.task,
        name=part.name,
        labels=part.labels,
        image=part.image,
        pids_limit=part.pids_limit,
        memory_limit=part.memory_limit,
        joins=others.get(part.network_of),
        restart_policy=part.restart_policy,
    )
    if part.age:
        world.clock.jump(part.age)
    return box


def _broken_limit(world: World, box: Box, began: float) -> Breach | None:
    """The limit that a container breaks now, if it breaks one."""
    reading, limit = read(world.ground, box), box.recipe.limits.memory
    usage, twelve = reading.usage, world.clock.at(box.started) + LIFETIME
    if reading.at > twelve:
        return Breach(max(twelve, began), "older than 12 hours")
    if usage is not None and usage.pids > MOST_PIDS:
        return Breach(reading.at, f"{usage.pids} processes", str(MOST_PIDS))
    if usage is not None and limit is not None and usage.memory > MOST_MEMORY * limit:
        return Breach(reading.at, f"{usage.memory / MIB:.1f} MiB", f"80% of {limit // MIB} MiB")
    return None
