"""The life of one private container engine: start, the faults that tests need, an end without a trace.

Everything of it (socket, data root, exec root, pid file, log) lies in one temporary folder, and its
containers in one cgroup parent of the same name; nothing of the host's own engine is used or touched. Does
not belong here: where its programs come from (engine_files.py), how it is swept away (engine_traces.py), what
is said to it (engine_api.py).
"""

import atexit
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tools import engine_api
from tools.engine_cgroups import container_cgroup
from tools.engine_files import EngineFiles, engine_files
from tools.engine_guard import Guard
from tools.engine_options import APART, BRIDGED, configuration, daemon_command
from tools.engine_traces import (
    FOLDER_PREFIX,
    arguments_of,
    has_ended,
    processes,
    sweep,
    wait_ended,
    wait_suspended,
)
from tools.patience import patient
from tools.podman_files import PodmanFiles

TEST_IMAGE: Final = "busybox:test"
_READY_WITHIN: Final = patient(30.0)
_CONTAINERD_ENDS_WITHIN: Final = patient(10.0)


class EngineDidNotStartError(Exception):
    """The engine ended, or did not answer in time; the message carries the last lines of its log."""


class PrivateEngine:
    """One private dockerd, from start() to stop(), with the faults in between that tests need.

    `live_restore` lets containers outlive the daemon (from its next start on, if it is changed), `arguments`
    are more options for dockerd. A guarded engine ends with the process that made it, however that one ends;
    an unguarded one stays until stopped. With a network of its own its containers can publish ports, which
    are seen from nowhere else. ``before`` is what stands before its command instead, by its folder: a host
    that somebody else has prepared.
    """

    program = "dockerd"

    def __init__(
        self,
        *,
        live_restore: bool = False,
        guarded: bool = True,
        arguments: Sequence[str] = (),
        own_network: bool = False,
        before: Callable[[Path], Sequence[str]] | None = None,
    ) -> None:
        files = self._found()
        self._busybox = files.busybox
        # The path is short because a unix socket's may have 107 characters, those of containerd below it
        # included.
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir="/tmp"))
        self.live_restore = live_restore
        self._arguments = (*arguments, *(BRIDGED if own_network else ()))
        self._before = tuple(before(self.folder)) if before else APART if own_network else ()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._guard = Guard(self.folder) if guarded else None
        self._owner = os.getpid()
        if guarded:
            atexit.register(self._stop_at_exit)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def docker_host(self) -> str:
        """The engine's address."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def log(self) -> Path:
        """The engine's log file."""
        return self.folder / f"{self.program}.log"

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self._running().pid

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        (self.folder / "scratch").mkdir(exist_ok=True)
        self._launch()

    def restart(self) -> None:
        """Start the daemon again on the same folders, whether it was stopped in order or killed."""
        # What a killed daemon leaves is its own business at the next start, except the pid files. It takes
        # every number that is in use for its own: refuses to start, or waits in vain for a containerd that is
        # a zombie, or that is still dying of its daemon's end.
        (self.folder / "docker.pid").unlink(missing_ok=True)
        containerd = self.folder / "exec/containerd/containerd.pid"
        if containerd.is_file():
            self._forget_containerd(int(containerd.read_text()), containerd)
        self._launch()

    def stop(self) -> None:
        """End the engine and its containers at once and leave nothing behind; stopping twice is no error."""
        sweep(self.folder)
        self._reap()
        if self._guard is not None:
            self._guard.release()
        atexit.unregister(self._stop_at_exit)

    def kill9(self) -> None:
        """Kill the daemon only; shims and containers are left as they are."""
        self._running().send_signal(signal.SIGKILL)
        self._reap()

    def terminate(self) -> None:
        """End the daemon in order, as a service manager does; it stops its containers first."""
        self._running().send_signal(signal.SIGTERM)
        self._reap()

    def sigstop(self) -> None:
        """Suspend the daemon: its socket accepts, but nobody answers. Returns when it stands still."""
        self._running().send_signal(signal.SIGSTOP)
        wait_suspended(self.pid)

    def sigcont(self) -> None:
        """Let a suspended daemon go on."""
        self._running().send_signal(signal.SIGCONT)

    def wait_ready(self, within: float = _READY_WITHIN) -> None:
        """Wait until the engine answers; fail with the end of its log when it does not."""
        deadline = time.monotonic() + within
        while not engine_api.answers(self.docker_host):
            ended = self._daemon is not None and self._daemon.poll() is not None
            if ended or time.monotonic() > deadline:
                what = "ended at once" if ended else f"did not answer within {within:g} s"
                raise EngineDidNotStartError(
                    f"{self.program} {what}; the end of its log:\n{self._log_tail()}"
                )
            # Nothing tells us that a socket has begun to answer; asking costs less than the start itself.
            time.sleep(0.01)

    def import_busybox(self, reference: str = TEST_IMAGE, changes: Sequence[str] = ()) -> None:
        """Import the test image, or under another reference one with e.g. `LABEL reactor.skip=x` in it."""
        rootfs = engine_api.busybox_rootfs(self._busybox)
        engine_api.import_image(self.docker_host, rootfs, reference, changes)

    def cgroup(self, container_id: str, controller: str) -> Path:
        """Return the directory of a container in the hierarchy of this controller (v2: one for all)."""
        return container_cgroup(self.folder, container_id, controller)

    def pids(self) -> list[int]:
        """List the processes of the engine and of its containers."""
        return processes(self.folder)

    def shim_pid(self, container_id: str) -> int:
        """Return the process id of the shim that holds this container."""
        for pid in self.pids():
            arguments = arguments_of(pid)
            program = Path(arguments[0]).name if arguments else ""
            if program.startswith("containerd-shim") and container_id in arguments:
                return pid
        raise LookupError(f"no shim holds {container_id}")

    def _found(self) -> EngineFiles | PodmanFiles:
        """The programs, fetched if need be."""
        return engine_files()

    def _configured(self) -> dict[str, str]:
        """Write the configuration, and return the environment to start in."""
        files = engine_files()
        (self.folder / "daemon.json").write_text(configuration(files, self.folder, self.live_restore))
        return files.environment | {"TMPDIR": f"{self.folder}/scratch"}

    def _command(self) -> tuple[str, ...]:
        return daemon_command(engine_files(), self.folder, self._arguments)

    def _launch(self) -> None:
        environment = self._configured()
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal of the tests is not meant for the engine.
            self._daemon = subprocess.Popen(
                (*self._before, *self._command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment,
            )
        self.wait_ready()

    def _stop_at_exit(self) -> None:
        # A process that was forked off the owner takes this appointment along, but not the engine.
        if os.getpid() == self._owner:
            self.stop()

    def _forget_containerd(self, pid: int, pid_file: Path) -> None:
        """Remove its pid file when it has ended; one that dies with its daemon does so a moment after it."""
        arguments = arguments_of(pid)
        is_ours = any(f"{self.folder}/" in argument for argument in arguments)
        # One that is dying has no memory any more, and so no arguments, before it has ended.
        if is_ours or not arguments:
            wait_ended([pid], time.monotonic() + _CONTAINERD_ENDS_WITHIN)
        if has_ended(pid) or (arguments and not is_ours):
            pid_file.unlink()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._daemon is None:
            raise EngineDidNotStartError("the engine has not been started")
        return self._daemon

    def _reap(self) -> None:
        if self._daemon is not None:
            self._daemon.wait()

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])
