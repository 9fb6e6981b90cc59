"""Small builders for what the race records, and one whole document."""

import math
from typing import Any

from bench.floor import Floor
from bench.machine import Machine
from bench.race.names import FAST, LOOP, NETDATA, NOBODY, NORMAL, STREAMS, THREADS
from bench.race.options import FULL
from bench.race.records import Arming, Attack, Bare, Found, Verdict, Window
from bench.race.result import Result, document

MACHINE = Machine("2026-01-02", 2, 2**34, "6.1", "20.10.24", "1.41", "1", "3.11.7", "7.2.0", 0.1)

PARTS = {
    "replay": [{"containers": 1000, "facts": 60_000, "rate": 12_000.0, "decisions": 1500, "expected": 1500}],
    "scale": [{"containers": 1000, "cpu": 0.03, "pss": 91.5}],
}


def attack(
    contender: str = NORMAL,
    kind: str = "serial fork bomb",
    *,
    at_start: bool = False,
    verdict: float | None = 0.003,
    gone: float | None = 0.04,
    died: float | None = 0.05,
    oom: bool = False,
) -> Attack:
    """An attack whose breach is at 10 s; the other moments are given as seconds after that."""
    said = None if verdict is None else Verdict("a" * 64, "pids", 10 + verdict, 10 + verdict, verified=10.06)
    ended, left = (None if each is None else 10 + each for each in (died, gone))
    return Attack(contender, kind, at_start, 9.9, 10.0, 10.01, 256, said, left, ended, oom)


def window(
    contender: str = NORMAL,
    containers: int = 100,
    *,
    cpu: float = 0.005,
    engine: float = 0.01,
    startup: float | None = 1.5,
) -> Window:
    """A window of ten seconds."""
    return Window(
        contender, containers, 10.0, startup, cpu, engine, 50_000_000, 60_000_000, 100.0, 20.0, 0.1, 5.0, 7
    )


def whole() -> dict[str, Any]:
    """The document of a run in which everybody took part."""
    windows = [
        window(NOBODY, cpu=0.0, engine=0.01, startup=None),
        window(LOOP, cpu=0.001, engine=0.03),
        window(THREADS, cpu=0.02, engine=0.2),
        window(STREAMS, cpu=0.03, engine=0.2),
        window(NORMAL),
        window(FAST, cpu=0.015),
        window(NETDATA, cpu=0.01),
    ]
    attacks = [
        attack(THREADS, verdict=0.5, gone=0.55, died=0.6),
        attack(LOOP, verdict=8.0, gone=8.1, died=8.1),
        *(attack(name) for name in (NORMAL, FAST)),
        *(attack(name, "tree fork bomb", verdict=0.005) for name in (NORMAL, FAST)),
        *(attack(name, "slow ramp", verdict=0.001) for name in (NORMAL, FAST)),
        attack(THREADS, "hog at full speed", verdict=None, oom=True),
        attack(NORMAL, "hog at full speed", verdict=0.001, gone=0.002, died=0.02),
        attack(NORMAL, "hog at full speed", at_start=True, verdict=None, oom=True),
        attack(THREADS, "5 ms transient", verdict=None, gone=None, died=None),
        attack(NORMAL, "5 ms transient", verdict=0.4),
    ]
    found = Found(windows, attacks, [Bare(NORMAL, 0.03, 0.04)], looks=[2.0, 2.0], rounds=[10.0])
    found.armings.append(Arming(NORMAL, ((0.025, 40), (0.05, 99), (0.1, 100), (math.inf, 100))))
    found.floors += [Floor("PIDs", 0.001, 0.02), Floor("memory", 0.0, 0.01)]
    found.missing["netdata"] = "no such package"
    return document(Result(MACHINE, FULL, found, found.loop(300.0, 4.0), 0.02, parts=PARTS))
