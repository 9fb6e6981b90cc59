"""``python -m bench.hurry``: where the time goes from a reading that breaks a rule to the last process gone.

A monitor without an engine (the core, the journal on a real disk, those who act) is told of "containers":
cgroups made for it, each with so many processes in a process namespace of their own. One after the other is
reported to have too many PIDs. What is ours (reading, verdict, intent, signal) and what is the kernel's (from
the signal to the last process gone) are told apart; a crowd decided about in one turn shows what a decision
costs. All moments are of the monotonic clock. As root, on a host with a tree of version 2.
"""

import argparse
import cProfile
import json
import logging
import os
import pstats
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import trio

from bench.figures import nearest_rank
from bench.programs import DidNotBegin
from bench.race.gone import Gone
from bench.table import Row, duration, table
from reactor.act.workers import Workers
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.monitor import Monitor
from reactor.app.rulefiles import load_rules
from reactor.app.wanting import Wanted
from reactor.containment import striking
from reactor.containment.handles import Handle
from reactor.core.container import Container, ContainerId, Listed, Run, State
from reactor.core.facts import Sample, Snapshot
from reactor.core.ports import Contained, EngineAnswered
from reactor.core.state import Setup
from reactor.journal.journal import Journal
from reactor.journal.shelter import slip_folder
from reactor.observe.tally import Tally
from reactor.streams.scheduler import TrioScheduler

RULES = "groups: [{name: bench, rules: [{name: pids, when: pids > 200, contain: true}]}]\n"
INSIDE = "from bench.hurry import inside; inside()"
BREED = """
import ctypes, os, sys
from pathlib import Path
cgroup, number = Path(sys.argv[1]), int(sys.argv[2])
if ctypes.CDLL(None, use_errno=True).unshare(0x20000000):
    raise OSError(ctypes.get_errno(), "no process namespace")
init = os.fork()
if init == 0:
    (cgroup / "cgroup.procs").write_text("0")
    many = f"i=1; while [ $i -lt {number} ]; do sleep 1000 & i=$((i+1)); done; wait"
    os.execv("/bin/sh", ["sh", "-c", many])
print(init, flush=True)
os.waitpid(init, 0)
"""
"""In a process of its own: begin the first one of a namespace, and wait for its end as a shim does."""
ROOT = Path("/sys/fs/cgroup/unified")
FILLED_WITHIN = 20.0
PAUSE = 0.05
STAGES = (
    "reading → verdict",
    "→ direct end begins",
    "→ signalled",
    "→ last one gone",
    "all of it",
    "loop held",
)


def main() -> int:
    """Measure, and show it."""
    options = _parse()
    if options.crowd:
        return _crowd(options)
    found = {
        (number, how): _measured(options, number, how)
        for number in options.processes
        for how in ("cgroup", "init")
    }
    rows: list[Row] = [("processes, ended by", "n", *STAGES)]
    for (number, how), stamps in found.items():
        parts = [sorted(part) for part in zip(*map(_parts, stamps), strict=True)]
        told = [f"{duration(median(part))} / {duration(nearest_rank(part, 99))}" for part in parts]
        rows.append((f"{number}, {how}", str(len(stamps)), *told))
    print(*table(rows), sep="\n")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hurry", description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 256], help="in each container")
    parser.add_argument("--rounds", type=int, default=30, help="how many of each kind")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder on the disk of the journal")
    parser.add_argument("--no-slips", action="store_true", help="without a memory file system for intents")
    parser.add_argument(
        "--busy", type=int, default=0, help="so many processes that take processor time beside"
    )
    parser.add_argument(
        "--crowd", type=int, default=0, help="so many decided about in one turn, without processes"
    )
    parser.add_argument("--profile", action="store_true", help="of the crowd: where the time went")
    return parser.parse_args()


def _parts(stamps: dict[str, float]) -> tuple[float, ...]:
    fed, put, begun, done, gone = (stamps[each] for each in ("fed", "put", "begun", "done", "gone"))
    return put - fed, begun - put, done - begun, gone - done, gone - fed, stamps["back"] - fed


def _measured(options: argparse.Namespace, number: int, how: str) -> list[dict[str, float]]:
    found = []
    with _busy(options.busy), tempfile.TemporaryDirectory(dir=options.folder) as folder:
        monitor = subprocess.Popen(
            (sys.executable, "-c", INSIDE, folder, str(int(options.no_slips))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for turn in range(options.rounds):
                with _prey(f"reactor-hurry-{os.getpid()}-{turn}", number) as (cgroup, init):
                    found.append(_one(monitor, cgroup, init, how, turn))
        finally:
            # It ends with what it reads; nothing of it stays behind then.
            monitor.communicate(timeout=FILLED_WITHIN)
    return found


def _one(monitor: "subprocess.Popen[str]", cgroup: Path, init: int, how: str, turn: int) -> dict[str, float]:
    if monitor.stdin is None or monitor.stdout is None:
        raise DidNotBegin("there is no way to talk to the monitor")
    gone = Gone(cgroup / "cgroup.events", cgroup / "cgroup.events")
    time.sleep(0.02)
    print(json.dumps([str(cgroup), init, how, turn]), file=monitor.stdin, flush=True)
    stamps: dict[str, float] = json.loads(monitor.stdout.readline())
    at = gone.close(10)
    if at is None:
        raise DidNotBegin("somebody is left")
    return {**stamps, "gone": at}


@contextmanager
def _busy(number: int) -> Iterator[None]:
    spinning = [subprocess.Popen((sys.executable, "-c", "while True: pass")) for _ in range(number)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


@contextmanager
def _prey(name: str, number: int) -> Iterator[tuple[Path, int]]:
    """A cgroup with so many processes, in a process namespace of their own whose first one is known."""
    cgroup = ROOT / name
    cgroup.mkdir()
    helper = subprocess.Popen(
        (sys.executable, "-c", BREED, str(cgroup), str(number)),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        init = int(helper.stdout.readline()) if helper.stdout is not None else 0
        deadline = time.monotonic() + FILLED_WITHIN
        while len((cgroup / "cgroup.procs").read_text().split()) < number:
            if time.monotonic() > deadline:
                raise DidNotBegin("they do not all begin")
            time.sleep(0.01)
        yield cgroup, init
    finally:
        with suppress(OSError):
            (cgroup / "cgroup.kill").write_text("1")
        helper.wait()
        for _ in range(100):
            with suppress(OSError):
                cgroup.rmdir()
                break
            time.sleep(0.01)


class _Ends:
    """The port ``Containment`` over handles made by hand, with its moments on record."""

    def __init__(self) -> None:
        self.handles: dict[Run, Handle] = {}
        self.begun = self.done = 0.0

    def contain(self, run: Run, container: Container | None, *, recorded: bool = True) -> Contained:  # noqa: ARG002 - The port's.
        """End it."""
        self.begun = time.monotonic()
        contained = striking.end(self.handles[run]) if run in self.handles else Contained("none", ended=True)
        self.done = time.monotonic()
        if not contained.ended:
            raise DidNotBegin(f"not ended: {contained.why}")
        return contained

    async def wait_over(self, run: Run) -> None:  # noqa: ARG002 - As above.
        """Nobody is asked afterwards."""
        await trio.lowlevel.checkpoint()

    def thaw(self, run: Run) -> str:  # noqa: ARG002 - As above.
        """Nobody is frozen."""
        return ""


class _Engine:
    """Says of everybody that it runs, and of a kill that there was nothing to kill. It has its moments."""

    def __init__(self) -> None:
        self.containers: dict[ContainerId, Container] = {}
        self.asked: list[float] = []

    async def inspect(self, container: ContainerId) -> Container:
        """As it was put in, but over."""
        self.asked.append(time.monotonic())
        await trio.sleep(0.001)
        return self.containers[container]

    async def kill(self, container: ContainerId) -> int:  # noqa: ARG002 - As above.
        """It is over by then."""
        await trio.sleep(0.001)
        raise EngineAnswered(409, "it is not running")

    async def list(self) -> Sequence[Listed]:
        """Nobody."""
        return []


class _Rig:
    """A monitor without an engine."""

    def __init__(self, folder: Path, nursery: trio.Nursery, *, slips: bool) -> None:
        rules = folder / "rules.yaml"
        rules.write_text(RULES)
        self.ends, self.engine = _Ends(), _Engine()
        self.scheduler = TrioScheduler()
        self.journal = Journal(folder / "journal.db", slips=slip_folder() if slips else None)
        self.monitor = Monitor(Setup(load_rules([rules])), self.scheduler, self.journal, Tally())
        self.workers = Workers(
            self.engine,  # type: ignore[arg-type]  # what is not asked here is not there
            self.journal,
            self.monitor.allows,
            nursery,
            self.monitor.report,
            jitter=lambda: 0.5,
            containment=self.ends,
            known=self.monitor.known,
        )
        self.puts: list[float] = []
        self._nursery = nursery

    async def start(self) -> None:
        """Until it watches."""
        await self._nursery.start(self.journal.run)
        await self._nursery.start(self.scheduler.run)
        self.workers.start()

        def put(decision: Any) -> None:
            self.puts.append(time.monotonic())
            self.workers.put(decision)

        nothing: Any = lambda *_: None  # noqa: E731 - for whoever wants to know
        self.monitor.begin(put, Wanted(nothing, nothing, nothing), nothing)

    def see(self, containers: Sequence[Container]) -> None:
        """These are there, and nobody else."""
        now = trio.current_time()
        self.engine.containers.update({each.id: each for each in containers})
        self.monitor.feed(Snapshot(now, now, 1, tuple(containers)))

    def break_limit(self, run: Run) -> None:
        """A reading of one that has too many PIDs."""
        self.monitor.feed(Sample(trio.current_time(), run, pids=231, pids_limit=256))


def _container(number: int, pid: int = 0) -> Container:
    run = Run(ContainerId(f"{number:064x}"), "2026-01-01T00:00:00.000000000Z")
    return Container(
        run, f"c{number}", "i", State.RUNNING, labels={"reactor.task": str(number)}, pid=pid, own_pids=True
    )


def inside() -> None:
    """In a process of its own: the monitor, told of one container after the other."""
    with Path("/dev/null").open("wb") as null, logging_to(null.fileno(), LogFormat.LOGFMT, logging.INFO):
        trio.run(_inside, Path(sys.argv[1]), sys.argv[2] == "0")


async def _inside(folder: Path, slips: bool) -> None:
    async with trio.open_nursery() as nursery:
        rig = _Rig(folder, nursery, slips=slips)
        await rig.start()
        async for line in _lines():
            cgroup, init, how, number = json.loads(line)
            print(json.dumps(await _strike(rig, Path(cgroup), init, how, number)), flush=True)
        nursery.cancel_scope.cancel()


async def _lines() -> Any:
    while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        yield line


async def _strike(rig: _Rig, cgroup: Path, init: int, how: str, number: int) -> dict[str, float]:
    container = _container(number, init)
    handle = Handle(
        container.run,
        unified=os.open(cgroup, os.O_RDONLY | os.O_DIRECTORY) if how == "cgroup" else -1,
        init=os.pidfd_open(init),
        ends_all=how == "init",
    )
    rig.ends.handles[container.run] = handle
    rig.see([container])
    await trio.sleep(PAUSE)
    rig.puts.clear()
    fed = time.monotonic()
    rig.break_limit(container.run)
    back = time.monotonic()
    over = Container(container.run, container.name, "i", State.EXITED, labels=container.labels)
    rig.engine.containers[container.id] = over
    await rig.workers.wait_empty()
    handle.close()
    return {"fed": fed, "put": rig.puts[0], "begun": rig.ends.begun, "done": rig.ends.done, "back": back}


def _crowd(options: argparse.Namespace) -> int:
    """What a decision costs until the engine is asked: so many in one turn, without any processes."""
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        Path("/dev/null").open("wb") as null,
        logging_to(null.fileno(), LogFormat.LOGFMT, logging.INFO),
    ):
        trio.run(_crowds, Path(folder), options)
    return 0


async def _crowds(folder: Path, options: argparse.Namespace) -> None:
    async with trio.open_nursery() as nursery:
        rig = _Rig(folder, nursery, slips=not options.no_slips)
        await rig.start()
        for turn in range(options.rounds):
            await _one_crowd(rig, options, turn)
        nursery.cancel_scope.cancel()


async def _one_crowd(rig: _Rig, options: argparse.Namespace, turn: int) -> None:
    crowd = [_container(turn * options.crowd + each) for each in range(options.crowd)]
    rig.see(crowd)
    await trio.sleep(0.3)
    for each in crowd:
        rig.engine.containers[each.id] = Container(each.run, each.name, "i", State.EXITED)
    rig.engine.asked.clear()
    profile = cProfile.Profile(time.thread_time)
    if options.profile:
        profile.enable()
    began, spent = time.monotonic(), time.thread_time()
    for each in crowd:
        rig.break_limit(each.run)
    fed = time.monotonic() - began
    await rig.workers.wait_empty()
    all_over, spent = time.monotonic() - began, time.thread_time() - spent
    profile.disable()
    asked = [at - began for at in rig.engine.asked]
    print(
        f"{options.crowd} told in {duration(fed)}; the last asked about after {duration(asked[-1])}, "
        f"all over after {duration(all_over)}; {duration(spent / options.crowd)} of processor time each"
    )
    if options.profile and turn == options.rounds - 1:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(90)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
