"""An engine that is embedded, with thousands of containers that are not there, and cgroups made for them.

No machine of two cores runs ten thousand containers; what reactor does about so many can be measured all the
same. The engine is a process of its own (``python -m bench.embedded N SOCKET``), which counts its calls. The
cgroups are the kernel's own, where engines put theirs, with one process in each that does nothing, as in most
containers nothing happens most of the time. Starting and ending those two, and the monitor, belongs here.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import trio

from bench.ending import bound, end
from bench.programs import CHECKOUT
from bench.race.kinds import compiled
from reactor.cgroups.files import NAME, What
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.http.server import Answer, Request, serve
from reactor.http.server_unix import open_unix_listener
from reactor.journal.clocks import wall
from reactor.testing.api import TERMS, answer
from reactor.testing.traits import Traits
from reactor.testing.world import World

LONGEST = 600.0
GONE_WITHIN = 20.0
MEMORY, PIDS = 100 << 20, 256
PARENT = "docker"


class TookTooLong(Exception):
    """Something did not come about, or not in time; the text says what."""


def main(arguments: Sequence[str]) -> int:
    """Be the engine."""
    trio.run(_engine, int(arguments[0]), Path(arguments[1]))
    return 0


async def _engine(containers: int, socket: Path) -> None:
    """An engine with so many containers; its calls are counted in a file beside the socket."""
    world, calls = World(epoch=wall()), Counter[str]()
    ids = [_spawned(world, number) for number in range(containers)]
    socket.with_suffix(".ids").write_text("\n".join(ids))

    async def counted(request: Request) -> Answer:
        words = request.path.rsplit("/", 1)
        calls[words[-1] if "/containers/" in request.path else f"other {words[-1]}"] += 1
        return await answer(world, request)

    # Structural: the world lives as long as its door.
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.run)
        await nursery.start(partial(serve, [await open_unix_listener(socket)], counted, terms=TERMS))
        counts, fresh = socket.with_suffix(".calls"), socket.with_suffix(".new")
        while True:
            fresh.write_text(json.dumps(calls))
            fresh.replace(counts)
            await trio.sleep(0.2)


def _spawned(world: World, number: int) -> str:
    made = world.spawn(
        name=f"job-{number}",
        labels={"reactor.task": f"job-{number}"},
        memory_limit=MEMORY,
        pids_limit=PIDS,
        cpus=1.0,
        image="runner/job:1",
        traits=Traits(init=True),
    )
    return made.id


@contextmanager
def engine(containers: int, socket: Path) -> Iterator[list[str]]:
    """The engine as a process; the ids of its containers."""
    with program("bench.embedded", str(containers), str(socket)):
        until(socket.with_suffix(".calls").exists, "the engine")
        yield socket.with_suffix(".ids").read_text().split()


@contextmanager
def cgroups(ids: Sequence[str], work: Path) -> Iterator[None]:
    """The cgroups of these containers in all trees that reactor reads, with limits, and a process in each.

    Needs root and a C compiler; ``work`` is for what that makes.
    """
    trees = look_for_trees()
    parts = ("pids", "memory", "cpuacct")
    roots = {Path(mount.point) / PARENT for each in parts if (mount := trees.of(each)) is not None}
    try:
        for container in ids:
            for root in roots:
                # One that was killed could not remove its own, and ours have the same names each time.
                (root / container).mkdir(parents=True, exist_ok=True)
            _limit(trees, "pids", container, What.PIDS_LIMIT, PIDS)
            _limit(trees, "memory", container, What.MEMORY_LIMIT, MEMORY)
        with _inhabited(roots, ids, work):
            yield
    finally:
        for root in roots:
            for container in ids:
                _remove(root / container)
            with suppress(OSError):
                # Not ours alone: whoever else has containers here keeps it.
                root.rmdir()


@contextmanager
def _inhabited(roots: Iterable[Path], ids: Sequence[str], work: Path) -> Iterator[None]:
    (made,) = compiled(work, ("idle",))
    lines = (" ".join(str(root / each / "cgroup.procs") for root in roots) for each in ids)
    process = subprocess.Popen((made,), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        if process.stdin is None or process.stdout is None:
            raise TookTooLong("the idle processes have no pipes")
        process.stdin.write("\n".join(lines).encode())
        process.stdin.close()
        process.stdout.readline()
        yield
    finally:
        # All of them end with it.
        process.kill()
        process.wait()


def _remove(folder: Path) -> None:
    """Right after the last process is gone, the kernel may still say that it is busy."""
    deadline = time.monotonic() + GONE_WITHIN
    while time.monotonic() < deadline:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)


def _limit(trees: Trees, part: str, container: str, what: What, value: int) -> None:
    mount = trees.of(part)
    if mount is not None:
        (Path(mount.point) / PARENT / container / NAME[mount.version][what]).write_text(str(value))


def reactor_at(socket: Path, folder: Path, *words: str, by: Sequence[str] = ("reactor",)) -> Sequence[str]:
    """The words that start a monitor of this engine; ``by`` is the module that runs it, and its own words."""
    return (
        *(*by, "run", "--docker-host", f"unix://{socket}", "--journal", str(folder / "journal.db")),
        *("--control", "off", "--log-format", "json", *words),
    )


@contextmanager
def program(module: str, *arguments: str, log: Path | None = None) -> Iterator[int]:
    """A module, run as a process; its process id."""
    command = bound((sys.executable, "-m", module, *arguments))
    with (log or Path(os.devnull)).open("wb") as said:
        stderr = said.fileno() if log is not None else None
        process = subprocess.Popen(command, cwd=CHECKOUT, stderr=stderr, start_new_session=True)
    try:
        yield process.pid
    finally:
        end(process)


def until(is_so: Callable[[], bool], what: str, within: float = LONGEST, every: float = 0.05) -> None:
    """Wait for it. Raises TookTooLong."""
    deadline = time.monotonic() + within
    while not is_so():
        if time.monotonic() > deadline:
            raise TookTooLong(f"{what} took longer than {within:.0f} s")
        time.sleep(every)


def runs(pid: int, log: Path) -> bool:
    """True; who waits for a process that has ended would wait for long. Raises TookTooLong."""
    if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise TookTooLong(f"the monitor ended; the end of its log:\n{tail}")
    return True


def calls(socket: Path) -> dict[str, int]:
    """The calls to the engine until now."""
    found: dict[str, int] = json.loads(socket.with_suffix(".calls").read_text())
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
