"""``python -m bench.idle``: what the whole program costs while nothing happens, monitor and fast lane.

What belongs here is ``reactor run`` over an embedded engine whose containers have cgroups of their own in the
trees of this machine, so that all is as with a real engine but for the containers' being empty. Beside the
shares of a core it counts what woke whom, since that is what idling costs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from bench.ending import end
from bench.lane import Place, Usage
from bench.table import table
from reactor.cgroups.mounts import look_for_trees
from reactor.core.container import ContainerId, Run
from reactor.http.server import serve
from reactor.http.server_unix import open_unix_listener
from reactor.journal.clocks import wall
from reactor.kernel.memory import read_memory
from reactor.testing.api import TERMS, answer
from reactor.testing.box import Box
from reactor.testing.traits import Traits
from reactor.testing.world import World

CHECKOUT = Path(__file__).resolve().parent.parent
LONGEST = 120.0
PROFILES = ("normal", "fast", "streams")


@dataclass(frozen=True, slots=True)
class Idle:
    """Shares of a core, and how often each woke in a second."""

    profile: str
    monitor: float
    monitor_wakes: float
    lane: float
    lane_wakes: float


def main() -> int:
    """Measure, or be the engine."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--members", type=int, default=100, help="containers that are watched")
    parser.add_argument("--profile", choices=PROFILES, nargs="+", default=["normal", "fast"])
    parser.add_argument("--settle", type=float, default=20.0, help="seconds before it is measured")
    parser.add_argument("--seconds", type=float, default=20.0, help="for how long it is")
    parser.add_argument("--rules", default=str(CHECKOUT / "rules"), help="the rules (default: those shipped)")
    parser.add_argument("--listen", default="off", help="where its metrics are to be had")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--engine", type=Path, metavar="SOCKET", help="be the engine, at this socket")
    options = parser.parse_args()
    if options.engine is not None:
        trio.run(_engine, options.members, options.engine)
        return 0
    found = [measure(options, profile) for profile in options.profile]
    if options.json:
        print(json.dumps([{name: getattr(each, name) for name in each.__slots__} for each in found]))
    else:
        head = ["idle", "monitor, % of a core", "wakes/s", "fast lane, %", "wakes/s", "together, %"]
        print(*table([head, *map(_row, found)]), sep="\n")
    return 0


def measure(options: argparse.Namespace, profile: str) -> Idle:
    """Start everything, wait until it is at rest, and look at it for a while."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reactor-bench-idle-")))
        socket, log = folder / "engine.sock", folder / "log"
        members = ("--members", str(options.members))
        stack.enter_context(_program("bench.idle", "--engine", str(socket), *members))
        place = _place(folder, socket.with_suffix(".boxes"))
        stack.callback(place.remove)
        place.make()
        stack.callback(place.empty)
        for run, member in zip(place.runs, place.pids, strict=True):
            place.put(run, member)
        pid = stack.enter_context(
            _program(
                *("reactor", "run", "--rules", options.rules, "--docker-host", f"unix://{socket}"),
                *("--journal", str(folder / "journal.db"), "--profile", profile),
                *("--listen", options.listen, "--control", "off"),
                log=log,
            )
        )
        _until(lambda: "reconciled" in log.read_text(errors="replace"), log)
        time.sleep(options.settle)
        lane = _child(pid)
        used = [Usage(each) for each in (pid, lane) if each]
        time.sleep(options.seconds)
        rates = [each.rates() for each in used]
        return Idle(profile, *rates[0], *(rates[1] if lane else (0.0, 0.0)))


def _world(members: int) -> tuple[World, list[Box]]:
    """An engine on this very host, whose members have somebody real in them: so there is a reading."""
    world, host = World(epoch=wall()), read_memory()
    world.ground.host_kernel = Path("/proc/sys/kernel/osrelease").read_text().strip()
    world.ground.host_memory = host.total if host is not None else 0
    boxes = [
        world.spawn(
            name=f"job-{number}",
            labels={"reactor.task": f"job-{number}"},
            memory_limit=100 << 20,
            pids_limit=256,
            cpus=1.0,
            image="runner/job:1",
            traits=Traits(init=True),
        )
        for number in range(members)
    ]
    for box in boxes:
        box.pid = subprocess.Popen(("sleep", "infinity")).pid
    return world, boxes


async def _engine(members: int, socket: Path) -> None:
    world, boxes = _world(members)
    # Structural: the world lives as long as its door.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        listener = await open_unix_listener(socket)
        await nursery.start(partial(serve, [listener], partial(answer, world), terms=TERMS))
        fresh = socket.with_suffix(".new")
        fresh.write_text(json.dumps([(box.id, box.pid) for box in boxes]))
        fresh.replace(socket.with_suffix(".boxes"))


def _place(folder: Path, boxes: Path) -> Place:
    _until(boxes.exists, None)
    ids = json.loads(boxes.read_text())
    runs = [Run(ContainerId(key), "") for key, _ in ids]
    return Place(look_for_trees(), folder, runs, [pid for _, pid in ids])


def _child(pid: int) -> int:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            if b"reactor.lane" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    return 0


@contextmanager
def _program(*arguments: str, log: Path | None = None) -> Iterator[int]:
    with (log or Path("/dev/null")).open("wb") as said:
        command = (sys.executable, "-m", *arguments)
        process = subprocess.Popen(command, cwd=CHECKOUT, stderr=said, start_new_session=True)
    try:
        yield process.pid
    finally:
        end(process)


def _until(is_so: Callable[[], bool], log: Path | None) -> None:
    deadline = time.monotonic() + LONGEST
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench.idle: it took too long\n{log.read_text()[-2000:] if log else ''}")
        time.sleep(0.05)


def _row(found: Idle) -> list[str]:
    numbers = (
        100 * found.monitor, found.monitor_wakes, 100 * found.lane, found.lane_wakes,
        100 * (found.monitor + found.lane),
    )  # fmt: skip
    return [found.profile, *(f"{each:.2f}" for each in numbers)]


if __name__ == "__main__":
    sys.exit(main())
