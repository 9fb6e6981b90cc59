"""One attacker in its container: made, started, told to begin, watched to its end, removed.

Who is to end it has no part in this, and who wins is not said here.
"""

import os
import signal
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import docker
from docker.errors import APIError, NotFound

from bench.clock import now
from bench.listening import Listening
from bench.race.gone import Gone
from bench.race.kinds import IMAGE, MEMORY_LIMIT, PIDS_LIMIT, Kind
from bench.race.stamps import Page, Stamps

TAIL = 0.2
"""Seconds in which the last process of a dead container leaves."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where attacks take place. ``events`` and ``count`` are the cgroup trees that are watched."""

    api: docker.APIClient
    listening: Listening
    folder: Path
    events: Path
    count: Path


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one attack, as the attacker, the kernel and the engine say it."""

    container: str
    kind: Kind
    at_start: bool
    stamps: Stamps
    gone: float | None
    died: float | None
    oom: bool


class Attacker:
    """Made at once; leaving the ``with`` block removes it, however far it came."""

    def __init__(self, ground: Ground, kind: Kind, labels: dict[str, str], *, at_start: bool) -> None:
        self._ground, self._kind, self._at_start = ground, kind, at_start
        self._stack = ExitStack()
        name = os.urandom(6).hex()
        self._page = self._stack.enter_context(Page(ground.folder / f"stamp-{name}"))
        self._gone: Gone | None = None
        self._process: int | None = None
        self.container = self._created(labels)
        self._stack.callback(self._remove)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def lasts(self) -> bool:
        """Whether it stays in breach until somebody ends it."""
        return self._kind.lasts

    def close(self) -> None:
        """Remove it; once more is no error."""
        self._stack.close()

    def start(self) -> None:
        """Start its container; one that attacks at its start does so now."""
        if self._at_start:
            self._watch()
        self._ground.api.start(self.container)
        if not self._at_start:
            pid = int(self._ground.api.inspect_container(self.container)["State"]["Pid"])
            self._process = os.pidfd_open(pid)
            self._stack.callback(os.close, self._process)

    def attack(self) -> None:
        """Let one that waits begin."""
        if self._process is not None:
            self._watch()
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGUSR1)

    def ending(self, within: float) -> Ending:
        """Wait so long for its death, and say what became of it."""
        died = self._ground.listening.wait_death(self.container, within)
        gone = self._gone.close(TAIL if died is not None else 0.0) if self._gone is not None else None
        stamps = self._page.read()
        return Ending(self.container, self._kind, self._at_start, stamps, gone, died, self._was_oom())

    def _watch(self) -> None:
        ground = self._ground
        self._gone = Gone(
            ground.events / self.container / "cgroup.events", ground.count / self.container / "pids.current"
        )

    def _was_oom(self) -> bool:
        with suppress(NotFound):
            state: dict[str, Any] = self._ground.api.inspect_container(self.container)["State"]
            return bool(state["OOMKilled"]) or self._ground.listening.has_oom(self.container)
        return self._ground.listening.has_oom(self.container)

    def _created(self, labels: dict[str, str]) -> str:
        api = self._ground.api
        # Whatever it does, it can do no more than this.
        host = api.create_host_config(
            network_mode="none",
            mem_limit=MEMORY_LIMIT,
            memswap_limit=MEMORY_LIMIT,
            pids_limit=PIDS_LIMIT,
            binds=[f"{self._page.path}:/stamp"],
        )
        command = self._kind.command("now" if self._at_start else "wait")
        made = api.create_container(IMAGE, command, labels=labels, host_config=host)
        return str(made["Id"])

    def _remove(self) -> None:
        if self._gone is not None:
            self._gone.close()
        deadline = now() + 20
        while now() < deadline:
            try:
                self._ground.api.remove_container(self.container, force=True, v=True)
            except NotFound:
                return
            except APIError:
                # It is being ended, or removed, by somebody else at this moment.
                continue
            return
