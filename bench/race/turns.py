"""One turn of one entrant: it begins, is armed, looks while nothing happens, is attacked, and ends.

What is measured in a turn, and in which order, belongs here. Who the entrants are is in ``entrants``, what an
attacker does in ``attackers``.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

from bench.clock import now
from bench.fleet import Fleet
from bench.progress import Say
from bench.race import calls, usage
from bench.race.attackers import Attacker, Ending, Ground
from bench.race.entrants import LOOP, NOBODY, POLLED, SCOPE, Entrant, Place, Watcher, entrant, first_for
from bench.race.kinds import KINDS, TRANSIENT, Kind
from bench.race.options import Options
from bench.race.records import Attack, Bare, Loop, Verdict, Window
from tools import engine_api
from tools.private_engine import PrivateEngine

ARMED_WITHIN = 120.0
SETTLES = 1.5
POLLED_IDLE = 2
PAUSE = (0.1, 1.2)
"""Before each attack; it differs by more than the engine's period of one second."""
PATIENCE, POLL_PATIENCE = 8.0, 90.0
TRANSIENT_PATIENCE = 2.5
"""After so long nobody who reads the engine's stats learns any more of what is over."""


@dataclass(slots=True)
class Found:
    """All that was taken down so far."""

    windows: list[Window] = field(default_factory=list)
    attacks: list[Attack] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    innocents: int = 0

    def loop(self, interval: float, short: float) -> Loop:
        """What is known of the poll loop."""
        return Loop(interval, short, tuple(self.looks), tuple(self.rounds))


@dataclass(frozen=True, slots=True)
class Begun:
    """How long an entrant took until it watched everybody, and how many calls to the engine."""

    took: float
    calls: int


@dataclass(frozen=True, slots=True)
class Turns:
    """What every turn needs; what is found goes to ``found``."""

    options: Options
    engine: PrivateEngine
    fleet: Fleet
    ground: Ground
    chance: Random
    say: Say
    found: Found

    def take(self, name: str, place: Place, *, attacks: bool) -> None:
        """One turn. Raises DidNotBegin, NotHere."""
        polled = self.fleet.start_plain(POLLED_IDLE, {POLLED: "idle"}) if attacks and name == LOOP else []
        with ExitStack() as stack:
            with calls.told(self.engine):
                before, began = calls.counted(self.engine), now()
                running = stack.enter_context(entrant(name, place, attacked=bool(polled)))
                watched = len(polled or self.fleet.idle)
                running.wait_armed(watched, ARMED_WITHIN)
                begun = Begun(now() - began, calls.counted(self.engine) - before)
                if not polled:
                    self.found.windows.append(self._window(name, running, begun))
                    self._tell(self.found.windows[-1])
            endings = self._attacks(name, running, watched) if attacks else []
            verdicts = running.finish()
            if isinstance(running, Watcher) and name == LOOP:
                self.found.looks += running.looks()
                self.found.rounds += [each.ended - each.began for each in running.rounds()]
        self.found.attacks += [_attack(name, ending, verdicts) for ending in endings]
        self.fleet.remove(polled)
        self._lose_innocents()

    def _window(self, name: str, running: Entrant, begun: Begun) -> Window:
        time.sleep(SETTLES)
        engine = usage.of_engine(self.engine.pids())
        own = usage.with_children(running.pid) if running.pid else []
        readings, asked = running.readings(), calls.counted(self.engine)
        before, began = (usage.used(own), usage.used(engine)), now()
        time.sleep(self.options.seconds)
        after, seconds = (usage.used(own), usage.used(engine)), now() - began
        mine, theirs = (usage.since(one, other) for one, other in zip(before, after, strict=True))
        pss, rss = usage.memory(own)
        return Window(
            contender=name,
            containers=len(self.fleet.idle),
            seconds=seconds,
            startup=None if name == NOBODY else begun.took,
            first_calls=begun.calls,
            cpu=mine.cpu / seconds,
            engine_cpu=theirs.cpu / seconds,
            pss=pss,
            rss=rss,
            wakeups=mine.wakeups / seconds,
            engine_wakeups=theirs.wakeups / seconds,
            calls=(calls.counted(self.engine) - asked) / seconds,
            readings=_rate(readings, running.readings()),
        )

    def _attacks(self, name: str, running: Entrant, watched: int) -> list[Ending]:
        """All attacks of this turn, in an order and at moments that nobody can foresee."""
        planned = [*_plan(self.options, name)]
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
            bare_after = _spread_over(len(attackers), self.options.bare)
            endings = []
            for number, (kind, attacker, at_start) in enumerate(attackers):
                endings.append(self._one(kind, attacker, at_start=at_start))
                self._tell_attack(name, number + 1, len(attackers), endings[-1])
                if number in bare_after:
                    self.found.bare.append(self._bare(name))
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
        engine_api.call(self.engine.docker_host, "POST", f"/containers/{container}/kill?signal=KILL")
        returned = now()
        died = self.ground.listening.wait_death(container, PATIENCE)
        self.fleet.remove([container])
        return Bare(name, returned - began, None if died is None else died - began)

    def _lose_innocents(self) -> None:
        """Count those idle ones that are not what they were, and replace them."""
        ended = self.fleet.ended_innocents()
        self.found.innocents += len(ended)
        if ended:
            self.fleet.remove(ended)
            self.fleet.idle = [each for each in self.fleet.idle if each not in ended]
            self.fleet.start_idle(len(ended))

    def _tell(self, window: Window) -> None:
        cpu = f"{100 * window.cpu:.2f} % of a core, the engine {100 * window.engine_cpu:.1f} %"
        self.say(f"  {window.contender}, {window.containers} containers: {cpu}")

    def _tell_attack(self, name: str, number: int, of: int, ending: Ending) -> None:
        breach, died = ending.stamps.breach, ending.died
        what = (
            "no breach" if breach is None else "lives" if died is None else f"{(died - breach) * 1e3:.0f} ms"
        )
        oom = ", the kernel was faster" if ending.oom else ""
        where = "at its start" if ending.at_start else "running"
        self.say(f"  {name} {number}/{of}: {ending.kind.name}, {where}: breach to die {what}{oom}")


def _plan(options: Options, name: str) -> Iterator[tuple[Kind, bool]]:
    for kind, number in zip(KINDS, options.mix[name], strict=True):
        for each in range(number):
            yield kind, bool(each % 2)


def _spread_over(number: int, some: int) -> set[int]:
    """After which of so many a few others come."""
    return {(each + 1) * number // (some + 1) for each in range(some)}


def _rate(first: tuple[float, float] | None, last: tuple[float, float] | None) -> float | None:
    if first is None or last is None or last[0] <= first[0]:
        return None
    return (last[1] - first[1]) / (last[0] - first[0])


def _attack(name: str, ending: Ending, verdicts: Sequence[Verdict]) -> Attack:
    stamps = ending.stamps
    return Attack(
        contender=name,
        kind=ending.kind.name,
        at_start=ending.at_start,
        began=stamps.begun,
        breach=stamps.breach,
        last=stamps.last,
        amount=stamps.amount,
        verdict=first_for(verdicts, ending.container, ending.kind.breaks),
        gone=ending.gone,
        died=ending.died,
        oom=ending.oom,
    )
