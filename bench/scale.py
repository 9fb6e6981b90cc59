"""``python -m bench.scale 1000``: the whole program over an engine that is embedded, and so many containers.

What belongs here is the start and the idling of the real program at a scale for which no machine has the
containers: how long until it watches, what it asks the engine for that, what it holds in memory, and what
it costs while nothing happens. The engine is a process of its own (``--engine``) that counts its calls; it
samples nothing unless ``--streams`` lets reactor ask for it: where cgroups are read, no engine does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import trio

from bench.ending import end
from reactor.http.server import Answer, Request, serve
from reactor.http.server_unix import open_unix_listener
from reactor.journal.clocks import wall
from reactor.testing.api import TERMS, answer
from reactor.testing.traits import Traits
from reactor.testing.world import World

CHECKOUT = Path(__file__).resolve().parent.parent
LONGEST = 300.0


def main() -> int:
    """Measure, or be the engine."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("containers", type=int)
    parser.add_argument("--engine", type=Path, metavar="SOCKET", help="be the engine, at this socket")
    parser.add_argument("--rules", default=str(CHECKOUT / "rules"), help="the rules (default: those shipped)")
    parser.add_argument("--idle", type=float, default=20.0, help="for how many seconds it idles")
    parser.add_argument("--streams", action="store_true", help="let it read the engine's stats, too")
    options = parser.parse_args()
    if options.engine is not None:
        trio.run(_engine, options.containers, options.engine)
        return 0
    with tempfile.TemporaryDirectory(prefix="reactor-scale-") as folder:
        print(json.dumps(_measure(options, Path(folder)), indent=1))
    return 0


async def _engine(containers: int, socket: Path) -> None:
    """An engine with so many containers, and a count of the calls to it in a file beside the socket."""
    world, calls = World(epoch=wall()), Counter[str]()
    for number in range(containers):
        world.spawn(
            name=f"job-{number}",
            labels={"reactor.task": f"job-{number}"},
            memory_limit=100 << 20,
            pids_limit=256,
            cpus=1.0,
            image="runner/job:1",
            traits=Traits(init=True),
        )

    async def counted(request: Request) -> Answer:
        words = request.path.rsplit("/", 1)
        calls[words[-1] if "/containers/" in request.path else f"other {words[-1]}"] += 1
        return await answer(world, request)

    # Structural: the world lives as long as its door.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        await nursery.start(partial(serve, [await open_unix_listener(socket)], counted, terms=TERMS))
        counts = socket.with_suffix(".calls")
        while True:
            fresh = socket.with_suffix(".new")
            fresh.write_text(json.dumps(calls))
            fresh.replace(counts)
            await trio.sleep(0.2)


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    socket = folder / "engine.sock"
    with _program("bench.scale", str(options.containers), "--engine", str(socket)):
        _until(socket.with_suffix(".calls").exists)
        return _of_the_monitor(options, folder, socket)


def _of_the_monitor(options: argparse.Namespace, folder: Path, socket: Path) -> dict[str, object]:
    configuration = folder / "reactor.yaml"
    configuration.write_text(f"most_streams: {2000 if options.streams else 1}\n")
    log, began = folder / "log", time.monotonic()
    with (
        log.open("wb") as said,
        _program(
            *("reactor", "run", "--rules", options.rules, "--docker-host", f"unix://{socket}"),
            *("--config", str(configuration), "--journal", str(folder / "journal.db"), "--listen", "off"),
            # There are no cgroups of these containers to be looked for.
            *("--profile", "streams"),
            *("--control", "off", "--log-format", "json"),
            stderr=said.fileno(),
        ) as pid,
    ):
        _until(lambda: b'"reconciled"' in log.read_bytes())
        ready, started = time.monotonic() - began, _cpu(pid)
        _until(lambda: _calls(socket).get("json", 0) >= options.containers)
        time.sleep(12.0)
        settled = _cpu(pid)
        calls, before, at = _calls(socket), _cpu(pid), time.monotonic()
        time.sleep(options.idle)
        share = (_cpu(pid) - before) / (time.monotonic() - at)
        return {
            "containers": options.containers,
            "ready_s": round(ready, 2),
            "start_cpu_s": round(started, 2),
            "all_known_cpu_s": round(settled, 2),
            "calls_at_start": calls,
            "idle_share_of_a_core": round(share, 4),
            "calls_idle": {key: count - calls.get(key, 0) for key, count in _calls(socket).items()},
            "rss_mb": round(_memory(pid, "VmRSS"), 1),
            "highest_rss_mb": round(_memory(pid, "VmHWM"), 1),
        }


@contextmanager
def _program(*arguments: str, stderr: int | None = None) -> Iterator[int]:
    command = (sys.executable, "-m", *arguments)
    process = subprocess.Popen(command, cwd=CHECKOUT, stderr=stderr, start_new_session=True)
    try:
        yield process.pid
    finally:
        end(process)


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("bench.scale: it took too long")
        time.sleep(0.05)


def _calls(socket: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(socket.with_suffix(".calls").read_text())
    return found


def _cpu(pid: int) -> float:
    """Seconds of CPU time so far, of all threads, those that are over among them."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int, what: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{what}:")).split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
