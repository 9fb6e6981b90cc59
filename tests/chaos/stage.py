"""Puts the members of a wave on the engine and takes them away again, however often the engine dies.

Only making, starting and removing belongs here. Plain HTTP, nothing of the product. What was begun when the
engine died is asked about and finished when it is back; so a container may be started twice, and every run is
judged for itself.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.chaos.cast import Member
from tools import engine_api
from tools.private_engine import TEST_IMAGE

Answer = TypeVar("Answer")
AT_ONCE = 4
SURE_WITHIN = 90.0
PAUSE = 0.1
OVER = frozenset({"exited", "dead"})
TROUBLE = (OSError, http.client.HTTPException)


class NotPossible(Exception):
    """The engine does not do what the stage needs, however often it is asked."""


class Refused(NotPossible):
    """The engine answers, and refuses this."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A container that plays a member."""

    id: str
    name: str
    member: Member


class Stage:
    """One engine, and whoever was put on it."""

    def __init__(self, docker_host: str) -> None:
        self._host = docker_host
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self.subjects: list[Subject] = []
        self.refused: list[str] = []
        """What could not be started: an engine that dies in a start may never be able to do it again."""

    def close(self) -> None:
        """Try nothing again from now on."""
        self._closing.set()

    def play(self, parts: Sequence[Sequence[Member]]) -> None:
        """Start all parts, a few at once, and return when all have been started and all heirs have come."""
        with ThreadPoolExecutor(AT_ONCE) as starters, ThreadPoolExecutor(16) as heirs:
            begun = [starters.submit(self._start_part, part) for part in parts]
            succeeding = [
                heirs.submit(self._succeed, member, container)
                for later in begun
                for member, container in later.result()
            ]
            for each in succeeding:
                each.result()

    def clear(self) -> None:
        """Remove all: whoever serves another one goes first, so that nobody is left behind."""
        subjects, self.subjects = self.subjects, []
        sidecars = [subject for subject in subjects if "reactor.sidecar-of" in subject.member.labels]
        joined = [subject for subject in subjects if subject.member.joins]
        others = [subject for subject in subjects if subject not in sidecars and subject not in joined]
        for each in (joined, sidecars, others):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._take_away, each))

    def inspect(self, container: str) -> Mapping[str, Any]:
        """The ``State`` of a container; empty if it is gone."""
        found = self._surely(lambda: self._ask("GET", f"/containers/{container}/json", missing={}))
        state: Mapping[str, Any] = found.get("State", {}) if found else {}
        return state

    # Starting

    def _start_part(self, part: Sequence[Member]) -> list[tuple[Member, str]]:
        ids: dict[str, str] = {}
        for member in part:
            ids[member.name] = self._make(member, ids)
            if self._start(ids[member.name]) and member.paused:
                self._surely(lambda: self._pause(ids[member.name]))  # noqa: B023 - Called at once.
        return [(member, ids[member.name]) for member in part if member.heirs]

    def _make(self, member: Member, ids: Mapping[str, str]) -> str:
        host = {"NetworkMode": "none", **member.host}
        if member.joins:
            host["NetworkMode"] = f"container:{ids[member.joins]}"
        wanted = {
            "Image": TEST_IMAGE,
            "Cmd": list(member.command),
            "Labels": dict(member.labels),
            "HostConfig": host,
        }
        container = self._surely(lambda: self._create(member.name, json.dumps(wanted).encode()))
        with self._guard:
            self.subjects.append(Subject(container, member.name, member))
        return container

    def _create(self, name: str, wanted: bytes) -> str:
        try:
            made = self._ask("POST", f"/containers/create?name={name}", wanted)
        except engine_api.EngineCallError as refusal:
            if refusal.status != 409:
                raise
            # It was made when the engine died, and nobody heard of it.
            made = self._ask("GET", f"/containers/{name}/json")
        container: str = made["Id"]
        return container

    def _start(self, container: str) -> bool:
        try:
            self._surely(lambda: self._ask("POST", f"/containers/{container}/start"))
        except Refused as refusal:
            # The engine died in the middle of this, or whose network it was to join has been ended.
            with self._guard:
                self.refused.append(str(refusal))
            return False
        return True

    def _pause(self, container: str) -> None:
        with suppress(engine_api.EngineCallError):
            self._ask("POST", f"/containers/{container}/pause")

    # One name, one after the other

    def _succeed(self, member: Member, container: str) -> None:
        for _ in range(member.heirs):
            self._wait_over(container)
            self._remove(container, force=False)
            container = self._make(member, {})
            self._start(container)

    def _wait_over(self, container: str) -> None:
        deadline = time.monotonic() + SURE_WITHIN
        while self.inspect(container).get("Status", "dead") not in OVER and time.monotonic() < deadline:
            time.sleep(PAUSE)

    # Asking

    def _take_away(self, subject: Subject) -> None:
        # The engine itself is swept away in the end; the next wave has other names.
        with suppress(NotPossible):
            self._remove(subject.id)

    def _remove(self, container: str, *, force: bool = True) -> None:
        path = f"/containers/{container}?v=1&force={int(force)}"
        self._surely(lambda: self._ask("DELETE", path, missing={}))

    def _surely(self, call: Callable[[], Answer], within: float = SURE_WITHIN) -> Answer:
        """Call until it is done. What the engine refuses for good it refuses three times."""
        deadline, refused = time.monotonic() + within, 0
        while True:
            try:
                return call()
            except TROUBLE as error:
                problem: Exception = error
            except engine_api.EngineCallError as error:
                problem, refused = error, refused + 1
            if refused > 3:
                raise Refused(str(problem)) from problem
            if time.monotonic() > deadline or self._closing.is_set():
                raise NotPossible(str(problem)) from problem
            time.sleep(PAUSE)

    def _ask(self, method: str, path: str, body: bytes | None = None, missing: Any = None) -> Any:
        try:
            said = engine_api.call(self._host, method, path, body, timeout=60.0)
        except engine_api.EngineCallError as refusal:
            if refusal.status == 304:
                return None  # It was started when the engine died, and nobody heard of it.
            if refusal.status == 404 and missing is not None:
                return missing
            raise
        return json.loads(said) if said else None
