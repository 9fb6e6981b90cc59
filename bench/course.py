"""The course of events: victim after victim turns bad at a moment that nobody can foresee.

What is done with a victim by a contender is the contender's business; here are the order, the
pauses, and the engine's own inspect and kill in between.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from bench.clock import now
from bench.listening import Listening
from bench.progress import Say
from bench.records import Bare, Breach
from bench.victims import Victim
from tools import engine_api

# The engine samples once a second, so these pauses spread the breaches over all phases of it.
PAUSE = (0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Course:
    """What every part of a run needs. ``look`` of each call is for the meter."""

    docker_host: str
    listening: Listening
    chance: Random
    say: Say

    def run(
        self,
        victims: Sequence[Victim],
        look: Callable[[], object],
        *,
        bare: Sequence[Victim] = (),
        pause: tuple[float, float] = PAUSE,
        within: float = 15.0,
    ) -> tuple[dict[str, Breach], list[Bare]]:
        """Let them turn bad, each when the one before it is over, and kill the bare ones ourselves."""
        breaches: dict[str, Breach] = {}
        killed: list[Bare] = []
        for number, victim in enumerate(victims):
            look()
            self._pause(pause)
            breach = breaches[victim.container] = victim.turn_bad()
            died = self.listening.wait_death(victim.container, within)
            self._tell(number + 1, len(victims), breach, died)
            if number < len(bare):
                look()
                killed.append(self._kill_bare(bare[number]))
        return breaches, killed

    def _kill_bare(self, victim: Victim) -> Bare:
        """Inspect and kill, with nothing in between, at a moment that no sample has chosen."""
        self._pause(PAUSE)
        victim.turn_bad()
        self._pause(PAUSE)
        return bare_kill(self.docker_host, victim.container)

    def _pause(self, between: tuple[float, float]) -> None:
        time.sleep(self.chance.uniform(*between))

    def _tell(self, number: int, of: int, breach: Breach, died: float | None) -> None:
        what = "did not die" if died is None else f"died {(died - breach.at) * 1000:.0f} ms after its breach"
        self.say(f"victim {number} of {of} {what}")


def bare_kill(docker_host: str, container: str) -> Bare:
    """The engine's own part: each call on a new connection, its answer read and not looked at."""
    began = now()
    engine_api.call(docker_host, "GET", f"/containers/{container}/json")
    inspected = now()
    engine_api.call(docker_host, "POST", f"/containers/{container}/kill?signal=KILL")
    return Bare(container, inspected - began, now() - inspected)
