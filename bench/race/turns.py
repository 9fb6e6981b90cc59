"""One turn of one entrant: it begins, is armed, looks while nothing happens, is attacked, and ends.

What is measured in a turn, and in which order, belongs here. Who the entrants are is in ``entrants``, how
they are attacked in ``assaults``.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench.clock import now
from bench.fleet import Fleet
from bench.progress import Say
from bench.race import calls, usage
from bench.race.assaults import Assault
from bench.race.attackers import Ending
from bench.race.entrants import ARMED_WITHIN, POLLED, Entrant, Place, Watcher, entrant, first_for
from bench.race.names import LOOP, NOBODY
from bench.race.options import Options
from bench.race.records import Arming, Attack, Found, Verdict, Window
from bench.settled import wait_settled
from tools.private_engine import PrivateEngine

SETTLES = 1.5
BEGINS_WITHIN = 20.0
POLLED_IDLE = 2


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
    assault: Assault
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
            endings = self.assault.run(name, running, watched) if attacks else []
            if attacks:
                self.found.armings.append(Arming(name, running.arming()))
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
        wait_settled(own, BEGINS_WITHIN)
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
        counted=stamps.counted,
    )
