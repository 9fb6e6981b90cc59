"""``python -m bench.scale 1000 10000``: the whole program over so many containers that are not there.

What belongs here is the start and the idling of the real program, with its fast lane, at a scale for which no
machine has the containers: how long until it watches them, what it asks the engine for that, what both
processes hold in memory and how many descriptors, what they cost while nothing happens. The engine and the
cgroups are those of ``embedded``. With ``--streams`` no cgroups are read, and no more than one stream.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.embedded import TookTooLong, calls, cgroups, engine, program, reactor_at, runs, until
from bench.monitor import listening_at
from bench.programs import CHECKOUT
from bench.progress import speaker
from bench.race import usage
from bench.settled import wait_settled

SETTLES = 15.0
"""Seconds after the last one was taken up: the gate's count, and the second list, are over by then."""
BEGINS_WITHIN = 600.0
"""Seconds from then on until the lane's helpers have asked the kernel for all that it is to tell of."""
RESTS = 2.0
"""Seconds between two questions to the monitor while it starts: each costs it something."""
SPARINGLY = 10.0
"""So much longer than the last answer took is the rest after it, at least: with many it is a long page."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What was found. CPU is a share of a core, memory in MB, both of monitor and lane together; the
    lane's part is beside it.

    ``ready`` is seconds until the first picture was complete, ``watched`` until all were read by the lane.
    """

    containers: int
    ready: float
    watched: float | None
    start_cpu: float
    calls_at_start: dict[str, int]
    calls_idle: dict[str, int]
    cpu: float
    lane_cpu: float
    wakeups: float
    pss: float
    rss: float
    lane_pss: float
    descriptors: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure each number of containers, and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("containers", type=int, nargs="+")
    parser.add_argument("--rules", default=str(CHECKOUT / "rules"), help="the rules (default: those shipped)")
    parser.add_argument("--profile", choices=["normal", "fast"], default="normal")
    parser.add_argument("--idle", type=float, default=20.0, help="for how many seconds it idles")
    parser.add_argument("--streams", action="store_true", help="read no cgroups")
    parser.add_argument("--keep", type=Path, help="keep its log in this folder")
    options = parser.parse_args(arguments)
    # Ended from outside, too, it removes what it made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say = speaker()
    for number in options.containers:
        say(f"{number} containers")
        with tempfile.TemporaryDirectory(prefix="reactor-scale-") as folder:
            try:
                print(json.dumps(asdict(_measure(options, number, options.keep or Path(folder)))), flush=True)
            except TookTooLong as why:
                print(f"scale: {number} containers: {why}", file=sys.stderr)
                return 1
    return 0


def _measure(options: argparse.Namespace, number: int, folder: Path) -> Scale:
    socket, log = folder / "engine.sock", folder / f"log-{number}"
    configuration = folder / "reactor.yaml"
    configuration.write_text("most_streams: 1\n")
    with ExitStack() as stack:
        ids = stack.enter_context(engine(number, socket))
        if not options.streams:
            stack.enter_context(cgroups(ids, folder))
        words = reactor_at(
            *(socket, folder, "--rules", options.rules, "--config", str(configuration)),
            *("--profile", "streams" if options.streams else options.profile, "--listen", "127.0.0.1:0"),
        )
        began = time.monotonic()
        pid = stack.enter_context(program(*words, log=log))
        until(lambda: runs(pid, log) and b'"reconciled"' in log.read_bytes(), "the first picture")
        ready = time.monotonic() - began
        until(lambda: runs(pid, log) and calls(socket).get("json", 0) >= number, "looking at each of them")
        watched = None if options.streams else _watched(pid, log, number, began)
        time.sleep(SETTLES)
        if not wait_settled(usage.with_children(pid), BEGINS_WITHIN):
            print(f"scale: {number} containers: it has not begun in full", file=sys.stderr)
        return _idle(number, pid, socket, options.idle, (ready, watched))


def _watched(pid: int, log: Path, number: int, began: float) -> float:
    page, asked, took = address(log), began, 0.0

    def is_read() -> bool:
        nonlocal asked, took
        runs(pid, log)
        if time.monotonic() < asked + took * (1 + SPARINGLY):
            return False
        asked = time.monotonic()
        is_so = metric(page, "reactor_lane_runs") >= number
        took = time.monotonic() - asked
        return is_so

    until(is_read, "reading all of them", every=RESTS)
    return time.monotonic() - began


def _idle(number: int, pid: int, socket: Path, idle: float, times: tuple[float, float | None]) -> Scale:
    own = usage.with_children(pid)
    start = sum(each.cpu for each in usage.used(own).values())
    before, lane_before = usage.used(own), usage.used(own[1:])
    asked, began = calls(socket), time.monotonic()
    time.sleep(idle)
    used, seconds = usage.since(before, usage.used(own)), time.monotonic() - began
    of_lane = usage.since(lane_before, usage.used(own[1:]))
    (pss, rss), (lane, _) = usage.memory(own), usage.memory(own[1:])
    return Scale(
        containers=number,
        ready=round(times[0], 2),
        watched=None if times[1] is None else round(times[1], 2),
        start_cpu=round(start, 2),
        calls_at_start=asked,
        calls_idle={key: count - asked.get(key, 0) for key, count in calls(socket).items()},
        cpu=round(used.cpu / seconds, 5),
        lane_cpu=round(of_lane.cpu / seconds, 5),
        wakeups=round(used.wakeups / seconds, 1),
        pss=round(pss / 1e6, 1),
        rss=round(rss / 1e6, 1),
        lane_pss=round(lane / 1e6, 1),
        descriptors=sum(map(_descriptors, own)),
    )


def _descriptors(pid: int) -> int:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0


def address(log: Path) -> str:
    """Where it listens, by its own log. Waits for it to say so."""
    found: list[str] = []

    def is_said() -> bool:
        said = listening_at(log.read_text(errors="replace"))
        found.extend([said] if said is not None else [])
        return bool(found)

    until(is_said, "its address")
    return found[0]


def metric(page: str, name: str) -> float:
    """One of its metrics without labels; 0 while it cannot be had."""
    with suppress(OSError):
        lines = (line for line in scraped(page).splitlines() if line.startswith(f"{name} "))
        return next((float(line.split()[1]) for line in lines), 0.0)
    return 0.0


def scraped(page: str) -> str:
    """What ``/metrics`` says."""
    with urllib.request.urlopen(f"{page}/metrics", timeout=60) as answer:  # noqa: S310 - Our own monitor's.
        text: str = answer.read().decode()
        return text


if __name__ == "__main__":
    sys.exit(main())
