"""The course of events: victim after victim turns bad at a moment that nobody can foresee.

What is done with a victim by a contender is the contender's business; here are the order, the
pauses, and the engine's own inspect and kill in between.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import docker

from bench.clock import now
from bench.listening import Listening
from bench.progress import Say
from bench.records import Bare, Breach
from bench.victims import THRESHOLD, Victim
from tools import engine_api

# The engine samples once a second, and one round over 100 containers takes it another quarter of a second;
# pauses that differ by two such periods spread the breaches evenly over them.
PAUSE = (0.3, 2.8)
SETTLE = (0.2, 1.5)
"""Between the breach of a bare victim and its kill, when no sample decides on the moment."""


@dataclass(frozen=True, slots=True)
class Course:
    """What every part of a run needs."""

    docker_host: str
    listening: Listening
    chance: Random
    say: Say

    def run(
        self,
        victims: Sequence[Victim],
        look: Callable[[], object],
        *,
        between: Callable[[int], object] = lambda _: None,
        pause: tuple[float, float] = PAUSE,
        within: float = 15.0,
    ) -> dict[str, Breach]:
        """Let them turn bad, each when the one before it is over.

        ``look`` is called before each of them, ``between`` with its number when it is over.
        """
        breaches: dict[str, Breach] = {}
        for number, victim in enumerate(victims):
            look()
            self._pause(pause)
            breach = breaches[victim.container] = victim.turn_bad()
            died = self.listening.wait_death(victim.container, within)
            self._tell(number + 1, len(victims), breach, died)
            between(number)
        return breaches

    def kill_at_random(self, victim: Victim) -> Bare:
        """Inspect and kill, with nothing in between, at a moment that no sample has chosen."""
        victim.turn_bad()
        self._pause(SETTLE)
        return bare_kill(self.docker_host, victim.container)

    def kill_at_sample(self, victim: Victim) -> Bare:
        """The same at the moment at which a sample of the engine shows the breach, busy as it is."""
        client = docker.APIClient(base_url=self.docker_host, timeout=30)
        try:
            frames = client.stats(victim.container, stream=True, decode=True)
            next(frames)
            victim.turn_bad()
            for frame in frames:
                if frame.get("pids_stats", {}).get("current", 0) > THRESHOLD:
                    break
            return bare_kill(self.docker_host, victim.container)
        finally:
            client.close()

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
