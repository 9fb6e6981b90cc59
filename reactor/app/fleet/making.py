"""How the monitor of one engine of several is made, each time that it begins: with a wing, and no sockets.

What it is made of is the same as for an engine alone (``beginning``).
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import trio

from reactor.app.beginning import Around, Known, Wanted, get_to_know, greet, plan_for
from reactor.app.control import Rereading
from reactor.app.fleet.member import Ready
from reactor.app.fleet.room import streams_of_each
from reactor.app.fleet.wing import PREFIX, Wing
from reactor.app.hangups import Hangups
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Plan
from reactor.app.systemd.reporting import Reporter
from reactor.app.systemd.subject import SeveralMonitors


@dataclass(frozen=True, slots=True)
class Shop:
    """Makes the monitors of one engine, one after the other. ``shown`` is whether there is a web at all,
    ``engines`` how many share the process."""

    name: str
    wanted: Wanted
    wing: Wing
    hangups: Hangups
    subject: SeveralMonitors
    reporter: Reporter
    shown: bool
    engines: int = 1

    @asynccontextmanager
    async def prepare(self) -> AsyncIterator[Ready]:
        """Ask the engine who it is, and have everything ready for its monitor as long as that lives."""
        # An engine that was away when the rules were read again is not to begin by those from before.
        begun = self.hangups.begin(self.name)
        known = await get_to_know(replace(self.wanted, rules=begun.rules))
        around = Around(
            self.wing,
            self.wing.exports if self.shown else lambda _: (),
            Rereading(
                # Until it watches it does not follow, which can take long.
                partial(self.hangups.follow, heard=begun.heard),
                self.reporter.reloading,
                partial(self.hangups.put_in_force, self.name),
            ),
            last=(self._watched,),
        )
        plan = self._one_of_several(plan_for(known, around), known)
        greeting = partial(greet, known, f"{PREFIX}{self.name}/" if self.shown else "")
        with self.wing.occupied():
            yield Ready(known.info.id, plan, known.info.version, _file(known), greeting)

    def _one_of_several(self, plan: Plan, known: Known) -> Plan:
        """The plan with what follows from there being others."""
        most, containment = streams_of_each(self.engines), plan.containment
        # Programs have to know which engine is meant, and where the docker command finds it.
        told = {"REACTOR_ENGINE": self.name, "DOCKER_HOST": self.wanted.endpoint.host}
        return replace(
            plan,
            # Two of one process must not come to act on one engine when an address moves.
            whose=known.info.id,
            means=replace(plan.means, told=told),
            most_streams=plan.most_streams if most is None else min(plan.most_streams, most),
            containment=replace(containment, sharers=self.engines) if containment is not None else None,
        )

    async def _watched(self, monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        with self.subject.watching(self.name, monitor, numbers):
            task_status.started()
            await trio.sleep_forever()


def _file(known: Known) -> str:
    """The journal, as whoever has it by another path would call it, too."""
    return os.path.realpath(known.journal)
