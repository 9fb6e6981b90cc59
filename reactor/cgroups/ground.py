"""The ground on which the probe tries things: cgroups of its own, and one process of its own in them.

Both are gone when the block ends, however it ends; what a monitor that was killed in the midst of it left is
removed by the next one. Nothing else is touched, and nothing here waits longer than it says.
"""

import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from reactor.cgroups.mounts import Mount

PATIENCE: Final = 0.5
"""Seconds that anything is waited for."""
_NAME: Final = "reactor-probe-"
_LEFT = re.compile(rf"{_NAME}(\d+)-\d+")
_PROGRAM: Final = """
import os, sys
held = []
for line in iter(sys.stdin.readline, ""):
    word, _, rest = line.strip().partition(" ")
    said = "done"
    try:
        if word == "fork":
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
        elif word == "grow":
            held.append(b"x" * int(rest))
    except OSError as trouble:
        said = os.strerror(trouble.errno)
    print(said, flush=True)
"""


class Ground:
    """A process that does as it is told, and a cgroup for it in each tree that is asked for."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._child = subprocess.Popen(  # noqa: S603 - Our own interpreter, with our own text.
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
            # It has to be up before it is moved, or its start is charged to where it goes.
            self.tell("hello")
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._leave()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def folder(self, mount: Mount) -> str:
        """Our own cgroup in this tree, with the process in it; made when it is first asked for."""
        found = self._folders.get(mount.point)
        if found is None:
            _remove_left(mount.point)
            # In another process namespace there may be one with our number.
            found = f"{mount.point}/{_NAME}{os.getpid()}-{time.monotonic_ns()}"
            os.mkdir(found)
            self._folders[mount.point] = found
            write(f"{found}/cgroup.procs", str(self.pid))
        return found

    def tell(self, order: str) -> str:
        """Have the process do something; what it says, empty if it says nothing in time."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return ""
        stdin.write(f"{order}\n".encode())
        # The first answer takes as long as an interpreter takes to start.
        seconds = 10 * PATIENCE if order == "hello" else PATIENCE
        ready = readable(stdout.fileno(), seconds)
        return os.read(stdout.fileno(), 1024).decode(errors="replace").strip() if ready else ""

    def ended(self) -> bool:
        """Whether the process is over, after waiting for it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
            return True
        return False

    def end(self) -> bool:
        """End the process; whether it is over."""
        self._process.kill()
        return self.ended()

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise OSError("there is no process to try it on")
        return self._child

    def _leave(self) -> None:
        child = self._child
        if child is not None:
            child.kill()
            with suppress(subprocess.TimeoutExpired):
                child.wait(4 * PATIENCE)
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        for folder in self._folders.values():
            _remove(folder)


def readable(file: int, seconds: float) -> bool:
    """Whether there is something to read, after waiting for it. ``select`` knows no number above 1023."""
    waiting = select.poll()
    waiting.register(file, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def write(path: str, text: str) -> None:
    """Write to a file of a cgroup, in one piece."""
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def read(path: str) -> bytes:
    """Read a file of a cgroup."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


def _remove(folder: str) -> None:
    deadline = time.monotonic() + 4 * PATIENCE
    while True:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:
            # The kernel lets go of a process some time after it has ended.
            if time.monotonic() > deadline:
                return
            time.sleep(PATIENCE / 100)
        else:
            return


def _remove_left(point: str) -> None:
    """Remove what is left of monitors that are no more. A cgroup with a process in it cannot be removed."""
    for name in os.listdir(point):
        left = _LEFT.fullmatch(name)
        if left is not None and (int(left[1]) == os.getpid() or not os.path.exists(f"/proc/{left[1]}")):
            with suppress(OSError):
                os.rmdir(f"{point}/{name}")
