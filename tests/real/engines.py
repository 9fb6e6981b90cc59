"""What is done to an engine behind its back, and seen there: a shim is suspended, processes are counted.

How the engine itself is started and killed is the business of ``PrivateEngine``.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from tests.real.truth import Truth
from tools import engine_api
from tools.private_engine import PrivateEngine


@contextmanager
def wedge(engine: PrivateEngine, container: str) -> Iterator[Callable[[], None]]:
    """Suspend the shim of a container: the engine cannot kill it, and waits. Gives the hand to let it go."""
    pid = engine.shim_pid(container)
    handle = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(handle, signal.SIGSTOP)

        def free() -> None:
            signal.pidfd_send_signal(handle, signal.SIGCONT)

        try:
            yield free
        finally:
            free()
    finally:
        os.close(handle)


@contextmanager
def outage(engine: PrivateEngine, truth: Truth) -> Iterator[None]:
    """Kill the engine, and start it again at the end of the block."""
    began = time.time_ns()
    engine.kill9()
    yield
    engine.restart()
    truth.outage(began, time.time_ns())


def hangs(engine: PrivateEngine, container: str) -> bool:
    """Whether the engine does not even answer for this container, because it is busy with it."""
    try:
        engine_api.call(engine.docker_host, "GET", f"/containers/{container}/json", timeout=0.5)
    except TimeoutError:
        return True
    return False


def processes_of(engine: PrivateEngine, container: str) -> list[str]:
    """The processes of a container by the kernel's account; none when its cgroup is gone."""
    try:
        return (engine.cgroup(container, "pids") / "cgroup.procs").read_text().split()
    except FileNotFoundError:
        return []


class Breathless:
    """An engine that is suspended: it takes requests, and answers them when it goes on."""

    def __init__(self, engine: PrivateEngine, pool: ThreadPoolExecutor) -> None:
        self._engine = engine
        self._pool = pool

    def ask_nowait(self, method: str, path: str) -> Future[bytes]:
        """Send a request; the answer comes later."""
        return self._pool.submit(engine_api.call, self._engine.docker_host, method, path, None, 60.0)


@contextmanager
def suspended(engine: PrivateEngine) -> Iterator[Breathless]:
    """Suspend the engine itself, and let it go on at the end of the block."""
    with ThreadPoolExecutor(1) as pool:
        engine.sigstop()
        try:
            yield Breathless(engine, pool)
        finally:
            engine.sigcont()
