"""A terminal in which the commands of one page are run, one after the other, as its reader would.

It is a shell in namespaces of its own: a network of nothing but loopback, empty folders in the place of
``/run`` and ``/var/lib``, and, where the page needs an engine, a private one at ``/run/docker.sock``. So
the commands are run as they stand there, with the usual places and ports, and nothing of the machine is
touched. Whatever goes on in another terminal ends with this one.
"""

import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.docs.pages import ROOT
from tests.real.waiting import until
from tests.tooling.patience import patient

LONGEST: Final = 40.0
"""Seconds that one command may take."""
_ENDING: Final = 30.0
_GIVEN: Final = ("rules", "grafana", "docs/examples")
"""What a reader has: the page's folder is a checkout, as far as commands need one."""
_SETTING: Final = """\
{python} -c {loopback} || exit 9
mount -t tmpfs none {places}; mkdir {places}/run {places}/lib
touch {places}/run/docker.sock
[ -z {socket} ] || mount --bind {socket} {places}/run/docker.sock || exit 9
[ -n {socket} ] || rm {places}/run/docker.sock
mount --rbind {places}/run /run && mount --bind {places}/lib /var/lib || exit 9
"""
_LOOPBACK: Final = """\
import fcntl, socket, struct
up = struct.pack("16sh14x", b"lo", 1)
fcntl.ioctl(socket.socket(), 0x8914, up)
"""
"""What ``ip link set lo up`` does, where nobody has installed that."""


class Terminal:
    """A shell that keeps its folder and its variables from one command to the next."""

    def __init__(self, socket: str = "", programs: tuple[Path, ...] = ()) -> None:
        # Not below pytest's own: what is bound into containers, and sockets, want a short and open path.
        self.folder = Path(tempfile.mkdtemp(prefix="reactor-page-"))
        self._places = Path(tempfile.mkdtemp(prefix="reactor-places-"))
        self._said = b""
        for name in _GIVEN:
            shutil.copytree(ROOT / name, self.folder / name)
        apart = ("unshare", "--mount", "--net", "--propagation", "private")
        user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
        self._shell = subprocess.Popen(
            (*apart, *user, "bash", "--norc"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=_environment(programs),
            start_new_session=True,
        )
        setting = _SETTING.format(
            places=self._places,
            socket=shlex.quote(socket),
            python=shlex.quote(sys.executable),
            loopback=shlex.quote(_LOOPBACK),
        )
        _, code = self.run(setting)
        assert code == 0, f"no namespaces for a terminal: {self._said.decode(errors='replace')}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._end()
        for folder in (self.folder, self._places):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, command: str) -> tuple[str, int]:
        """Run one command; what it said, and its exit code."""
        mark = f"done-{uuid.uuid4().hex}"
        self._tell(f"eval {shlex.quote(command)} </dev/null; code=$?; echo; echo {mark} $code\n")
        said = self._read(f"\n{mark} ".encode(), command)
        said, _, rest = said.partition(f"\n{mark} ".encode())
        return said.decode(errors="replace"), int(rest)

    def begin(self, command: str) -> Path:
        """Begin a command in another terminal; the file that has what it says."""
        said = self.folder / f".{uuid.uuid4().hex[:8]}.said"
        said.touch()
        _, code = self.run(f"{command} >{said} 2>&1 &")
        assert code == 0
        return said

    def _tell(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text.encode())
        self._shell.stdin.flush()

    def _read(self, mark: bytes, command: str) -> bytes:
        """Everything up to the line with the mark."""
        assert self._shell.stdout is not None
        deadline = time.monotonic() + patient(LONGEST)
        said = b""
        while not (mark in said and said.endswith(b"\n")):
            ready, _, _ = select.select([self._shell.stdout], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, (
                f"{command}: not over within {patient(LONGEST):g} s; so far: {said.decode(errors='replace')}"
            )
            part = os.read(self._shell.stdout.fileno(), 65536)
            self._said = said = said + part
            assert part, f"{command}: the terminal is gone: {said.decode(errors='replace')}"
        return said

    def _end(self) -> None:
        """End the shell and whatever it began, by their session."""
        group = self._shell.pid
        _signal(group, signal.SIGTERM)
        self._shell.stdin.close() if self._shell.stdin else None
        try:
            until(lambda: not _alive(group, self._shell), _ENDING, "what the page began ends")
        finally:
            _signal(group, signal.SIGKILL)
            self._shell.wait()
            self._shell.stdout.close() if self._shell.stdout else None


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _alive(group: int, shell: "subprocess.Popen[bytes]") -> bool:
    shell.poll()
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _environment(programs: tuple[Path, ...]) -> dict[str, str]:
    """The program of this checkout first, then what the page needs, then what is everywhere."""
    folders = [Path(sys.executable).parent, *programs]
    path = os.pathsep.join([*map(str, folders), "/usr/sbin:/usr/bin:/sbin:/bin"])
    return {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "80",
        "CHECKOUT": str(ROOT),
    }
