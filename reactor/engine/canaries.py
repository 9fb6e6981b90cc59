"""Making canaries on an engine, and taking away what is left of them.

A canary is held on a short lead by the engine itself, whatever becomes of us: few processes, little memory
and CPU, no network, no rights, nothing to write to, and two minutes to live. When one is sent, and what comes
of it, is decided above. No image is ever pulled.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reactor.core.container import Container, ContainerId, Listed
from reactor.core.ports import EngineAnswered, NoSuchContainer
from reactor.engine import decode
from reactor.engine.aside import call
from reactor.engine.calls import DockerEngine
from reactor.engine.wire import message
from reactor.http.client import Client, Response

LABEL = "reactor.canary"
PREFIX = "reactor-canary-"
LIVES = 120
"""Seconds after which a canary that nobody ends is over by itself, and removed by the engine: longer than
anybody waits for its end, or it would be hard to say what ended it."""
PROCESSES = 40
MOST_PIDS = 64
MEMORY = 32 * 1024 * 1024
SCRIPT = f"i=0; while [ $i -lt {PROCESSES} ]; do sleep {LIVES} & i=$((i+1)); done; wait"
WITHIN = 10.0
"""Seconds for each call."""


class NoSuchImage(Exception):
    """The image is not on the engine."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """Those of one monitor, which marks them with ``whose``. All calls raise EngineError."""

    engine: DockerEngine
    client: Client
    whose: str

    @classmethod
    def on(cls, engine: DockerEngine, whose: str) -> "Canaries":
        """Canaries on this engine; nobody who acts waits for their connections."""
        return cls(engine, Client(engine.endpoint.address), whose)

    async def make(self, image: str, name: str) -> ContainerId:
        """Create one, which the engine knows from then on as one of ours. Raises NoSuchImage."""
        path = f"/containers/create?name={PREFIX}{name}"
        answer = await self._call("POST", path, written(image, self.whose))
        if answer.status == 404:
            raise NoSuchImage(message(answer.body))
        _expect(answer, 201)
        found = decode.created(answer.body)
        self.engine.canaries.add(found)
        return found

    async def start(self, canary: ContainerId) -> None:
        """Let it go."""
        _expect(await self._call("POST", f"/containers/{canary}/start"), 204)

    async def take_away(self, canary: ContainerId) -> bool:
        """Remove it, whatever it does; True once it is not there any more."""
        answer = await self._call("DELETE", f"/containers/{canary}?force=1&v=1")
        try:
            # The engine removes those that end by themselves, and says of some that it is at it.
            found = (await self.engine.inspect(canary)) if answer.status != 404 else None
        except NoSuchContainer:
            found = None
        if found is None:
            self.engine.canaries.discard(canary)
        return found is None

    async def left(self) -> tuple[ContainerId, ...]:
        """Those that an earlier monitor of this journal left: by our mark, and by all that we give them.

        A mark alone is a word, which an image can put into any container.
        """
        # The engine knows who has a label: on a large host nobody need read all of its list for this.
        sought = quote(json.dumps({"label": [f"{LABEL}={self.whose}"]}))
        answer = await self._call("GET", f"/containers/json?all=1&filters={sought}")
        _expect(answer, 200)
        rows = [row for row in decode.listed(answer.body) if self._may_be(row)]
        return tuple([row.id for row in rows if await self._is_ours(row.id)])

    def _may_be(self, row: Listed) -> bool:
        # An engine that takes no such filter lists everybody.
        return row.labels.get(LABEL) == self.whose and row.id not in self.engine.canaries

    async def _is_ours(self, listed: ContainerId) -> bool:
        try:
            found = await self.engine.inspect(listed)
        except NoSuchContainer:
            return False  # It went by itself meanwhile.
        return found.id == listed and self._looks_like_ours(found)

    def _looks_like_ours(self, found: Container) -> bool:
        given = found.image_labels is not None and LABEL not in found.image_labels
        made = found.name.startswith(PREFIX) and found.auto_remove and f"sleep {LIVES} &" in found.command
        return given and made and found.limits.pids == MOST_PIDS and found.limits.memory == MEMORY

    async def _call(self, method: str, path: str, body: bytes = b"") -> Response:
        return await call(self.engine, self.client, method, path, within=WITHIN, body=body)


def written(image: str, whose: str) -> bytes:
    """The same, as it is sent: a proxy can let through this and nothing else."""
    return msgspec.json.encode(document(image, whose))


def document(image: str, whose: str) -> dict[str, object]:
    """What the engine is told of a new canary."""
    return {
        "Image": image,
        "Entrypoint": ["/bin/sh", "-c", SCRIPT],
        "Cmd": [],
        "Labels": {LABEL: whose},
        "User": "65534:65534",
        "NetworkDisabled": True,
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            "AutoRemove": True,
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "PidsLimit": MOST_PIDS,
            "Memory": MEMORY,
            "MemorySwap": MEMORY,
            "NanoCpus": 200_000_000,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": {"Type": "none"},
            "OomScoreAdj": 1000,
        },
    }


def _expect(answer: Response, status: int) -> None:
    if answer.status != status:
        raise EngineAnswered(answer.status, message(answer.body))
