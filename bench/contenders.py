"""The three contenders, each on its own part of the run: started, set upon its victims, ended, summed up.

How each one works is in ``monitor``, ``consumer`` and ``poller``.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.course import Course
from bench.fleet import IN_SCOPE, OUT_OF_SCOPE, Fleet
from bench.metering import Meter
from bench.monitor import Monitor
from bench.options import Options
from bench.processes import EngineCost
from bench.programs import Program
from bench.records import Bare, Breach, Counts, Kill, Part, Passage
from bench.scaling import Loop, scaled
from bench.victims import Victim

READY_WITHIN = 180.0
BY_STREAMS = "profile: streams\n"
"""What is compared here is what follows from a sample; readings from elsewhere are the race's."""
AFTERWARDS = 2.0
"""Seconds in which a kill that was not due, or a second one, would still be seen."""
INTERVAL, SHORT_INTERVAL = 300.0, 5.0
POLLED_IDLE = 2
POLL_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Where all parts of a run take place."""

    options: Options
    fleet: Fleet
    course: Course

    def reactor(self, folder: Path) -> Part:
        """Reactor, and in between the engine's own inspect and kill."""
        fleet, course, number = self.fleet, self.course, self.options.victims
        course.say(f"reactor: starting {number} victims, and twice {number} to be killed without it")
        victims = fleet.start_victims(number, IN_SCOPE)
        bare, sampled = (fleet.start_victims(number, OUT_OF_SCOPE) for _ in range(2))
        killed: list[tuple[Bare, Bare]] = []

        def kill_bare(number: int) -> None:
            meter.look()
            killed.append((course.kill_at_random(bare[number]), course.kill_at_sample(sampled[number])))

        watched = [*fleet.idle, *_ids(victims)]
        with Monitor(course.docker_host, folder, config=BY_STREAMS) as monitor:
            monitor.wait_ready(len(watched), READY_WITHIN)
            meter = self._meter(monitor.pid, [*watched, *_ids(bare + sampled)], threads=monitor.most_threads)
            breaches = course.run(victims, meter.look, between=kill_bare)
            time.sleep(AFTERWARDS)
            cost = meter.cost()
            monitor.stop()
        passages = self._passages(breaches, monitor.kills())
        counts = self._counts(passages, _ids(bare + sampled), ours=1)
        fleet.remove(_ids(victims + bare + sampled))
        at_random, at_sample = zip(*killed, strict=True)
        return Part("reactor", len(watched), passages, counts, cost, bare=at_random, bare_at_sample=at_sample)

    def consumer(self) -> Part:
        """A thread for each container."""
        fleet, number = self.fleet, self.options.victims
        self.course.say(f"thread per container: starting {number} victims")
        victims = fleet.start_victims(number, OUT_OF_SCOPE)
        watched = [*fleet.idle, *_ids(victims)]
        with Program("bench.consumer", (self.course.docker_host,), watched) as program:
            program.wait_ready(READY_WITHIN)
            meter = self._meter(program.pid, watched)
            breaches = self.course.run(victims, meter.look)
            time.sleep(AFTERWARDS)
            cost = meter.cost()
        passages = self._passages(breaches, program.kills())
        counts = self._counts(passages, ())
        fleet.remove(_ids(victims))
        return Part("thread per container", len(watched), passages, counts, cost)

    def poller(self) -> Part:
        """The plain loop, over a part of the containers and with a shortened sleep."""
        fleet, number = self.fleet, self.options.poll_victims
        self.course.say(f"poll loop: starting {number} victims")
        victims = fleet.start_victims(number, OUT_OF_SCOPE)
        watched = [*fleet.idle[:POLLED_IDLE], *_ids(victims)]
        arguments = (self.course.docker_host, str(SHORT_INTERVAL))
        with Program("bench.poller", arguments, watched) as program:
            program.wait_ready(READY_WITHIN)
            meter = self._meter(program.pid, watched)
            breaches = self.course.run(
                victims, meter.look, pause=(0.0, 2 * SHORT_INTERVAL), within=POLL_PATIENCE
            )
            program.wait_rounds(len(program.rounds()) + 1, POLL_PATIENCE)
            cost = meter.cost()
        passages = self._passages(breaches, program.kills())
        counts = self._counts(passages, ())
        fleet.remove(_ids(victims))
        scale = scaled(passages, program.looks(), program.rounds(), self._full_loop())
        return Part("poll loop", len(watched), passages, counts, cost, scale=scale)

    def _full_loop(self) -> Loop:
        return Loop(self.options.containers, INTERVAL, SHORT_INTERVAL)

    def _meter(self, pid: int, containers: Collection[str], *, threads: int = 0) -> Meter:
        meter = Meter(pid, EngineCost(self.course.docker_host, containers), threads=threads)
        self.course.say(f"watching {self.options.seconds:g} s while nothing happens")
        meter.quiet(self.options.seconds)
        return meter

    def _passages(self, breaches: Mapping[str, Breach], kills: Sequence[Kill]) -> list[Passage]:
        # The first one counts; a second one is in the engine's own count of kills.
        first = {kill.container: kill for kill in reversed(kills)}
        return [
            Passage(container, breach, self.course.listening.death(container), first.get(container))
            for container, breach in breaches.items()
        ]

    def _counts(self, passages: Sequence[Passage], bare: Sequence[str], ours: int = 0) -> Counts:
        """What the engine says; ``ours`` is how often each of the bare ones was killed by us."""
        kills = self.course.listening.kills
        touched = {container for container in self.fleet.idle if kills(container)}
        touched |= set(self.fleet.ended_innocents())
        # What this contender has done must not be laid to the next one's charge.
        self.fleet.idle = [container for container in self.fleet.idle if container not in touched]
        return Counts(
            victims=len(passages),
            missed=sum(passage.died is None for passage in passages),
            doubled=sum(kills(passage.container) > 1 for passage in passages),
            wrong=len(touched) + sum(kills(container) != ours for container in bare),
        )


def _ids(victims: Sequence[Victim]) -> list[str]:
    return [victim.container for victim in victims]
