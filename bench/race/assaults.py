"""All attacks of one turn, in an order and at moments that nobody can foresee, and bare kills in between.

What one attacker does is in ``attackers``; what its enemy said of it is put to it in ``turns``.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from bench.clock import now
from bench.fleet import Fleet
from bench.floor import PROGRAM, SHAPES, Floor, once
from bench.progress import Say
from bench.race.attackers import Attacker, Ending, Ground
from bench.race.entrants import ARMED_WITHIN, POLLED, SCOPE, Entrant
from bench.race.kinds import KINDS, TRANSIENT, Kind
from bench.race.names import LOOP
from bench.race.options import Options
from bench.race.records import Bare, Found
from tools import engine_api

PAUSE = (0.1, 1.2)
"""Before each attack; it differs by more than the engine's period of one second."""
PATIENCE, POLL_PATIENCE = 8.0, 90.0
TRANSIENT_PATIENCE = 2.5
"""After so long nobody who reads the engine's stats learns any more of what is over."""


@dataclass(frozen=True, slots=True)
class Assault:
    """What attacks need; bare kills go to ``found``."""

    options: Options
    docker_host: str
    fleet: Fleet
    ground: Ground
    chance: Random
    say: Say
    found: Found

    def run(self, name: str, running: Entrant, watched: int) -> list[Ending]:
        """All attacks of one turn."""
        planned = [*plan(self.options, name)]
        self.chance.shuffle(planned)
        labels = {SCOPE: "attack", POLLED: "attack"}
        with ExitStack() as stack:
            attackers = [
                (kind, stack.enter_context(Attacker(self.ground, kind, labels, at_start=at_start)), at_start)
                for kind, at_start in planned
            ]
            waiting = [attacker for _, attacker, at_start in attackers if not at_start]
            for attacker in waiting:
                attacker.start()
            if name == LOOP:
                return self._all_at_once([attacker for _, attacker, _ in attackers], waiting)
            running.wait_armed(watched + len(waiting), ARMED_WITHIN)
            bare_after = spread_over(len(attackers), self.options.bare)
            endings = []
            for number, (kind, attacker, at_start) in enumerate(attackers):
                endings.append(self._one(kind, attacker, at_start=at_start))
                self._tell_attack(name, number + 1, len(attackers), endings[-1])
                if number in bare_after:
                    self.found.bare.append(self._bare(name))
                    self.found.floors += self._floors()
            return endings

    def _one(self, kind: Kind, attacker: Attacker, *, at_start: bool) -> Ending:
        time.sleep(self.chance.uniform(*PAUSE))
        if at_start:
            attacker.start()
        else:
            attacker.attack()
        ending = attacker.ending(TRANSIENT_PATIENCE if kind is TRANSIENT else PATIENCE)
        # It must not be found by whoever comes later, and the engine is to be quiet again.
        attacker.close()
        return ending

    def _all_at_once(self, attackers: Sequence[Attacker], waiting: Sequence[Attacker]) -> list[Ending]:
        """For the poll loop, that needs minutes: within one of its rounds, and then a long wait for all."""
        for attacker in attackers:
            time.sleep(self.chance.uniform(*PAUSE))
            if attacker in waiting:
                attacker.attack()
            else:
                attacker.start()
        deadline = now() + POLL_PATIENCE
        # The loop has been round once more by then.
        least = now() + 4 * len(attackers) + 10
        for attacker in attackers:
            if attacker.lasts:
                attacker.ending(max(0.0, deadline - now()))
        time.sleep(max(0.0, min(least, deadline) - now()))
        return [attacker.ending(0.0) for attacker in attackers]

    def _bare(self, name: str) -> Bare:
        """Kill an idle container that nobody cares for, by the engine alone."""
        (container,) = self.fleet.start_plain(1)
        time.sleep(self.chance.uniform(*PAUSE))
        began = now()
        engine_api.call(self.docker_host, "POST", f"/containers/{container}/kill?signal=KILL")
        returned = now()
        died = self.ground.listening.wait_death(container, PATIENCE)
        self.fleet.remove([container])
        return Bare(name, returned - began, None if died is None else died - began)

    def _floors(self) -> list[Floor]:
        """What an end takes the kernel alone, right now."""
        program = self.ground.folder / PROGRAM
        found = [once(program, shape, *size) for shape, size in SHAPES.items()]
        return [floor for floor in found if floor is not None]

    def _tell_attack(self, name: str, number: int, of: int, ending: Ending) -> None:
        breach, died = ending.stamps.breach, ending.died
        what = (
            "no breach" if breach is None else "lives" if died is None else f"{(died - breach) * 1e3:.0f} ms"
        )
        oom = ", the kernel was faster" if ending.oom else ""
        where = "at its start" if ending.at_start else "running"
        self.say(f"  {name} {number}/{of}: {ending.kind.name}, {where}: breach to die {what}{oom}")


def plan(options: Options, name: str) -> Iterator[tuple[Kind, bool]]:
    """Each attack of a turn, and whether it comes at its container's start: half of each kind."""
    for kind, number in zip(KINDS, options.mix[name], strict=True):
        for each in range(number):
            yield kind, bool(each % 2)


def spread_over(number: int, some: int) -> set[int]:
    """After which of so many a few others come."""
    return {(each + 1) * number // (some + 1) for each in range(some)}
