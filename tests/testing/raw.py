"""Bare calls to an engine's API on a unix socket, and the shape of what comes back."""

import json
import re
import socket
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

HEX = re.compile(r"[0-9a-f]{64}")


class _Connection(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(30)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Said:
    """What an engine answered."""

    status: int
    kind: str
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def told(self) -> tuple[int, str, str]:
        """Status, content type and words, without what differs from run to run."""
        words = json.loads(self.body).get("message", "") if self.status >= 400 else ""
        return self.status, self.kind, HEX.sub("ID", words)


class Raw:
    """Makes bare calls to one engine; blocking, for a thread."""

    def __init__(self, path: str) -> None:
        self._path = path

    def call(self, method: str, path: str, body: Any = None) -> Said:
        """Make one call on a connection of its own."""
        connection = _Connection(self._path)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            answer = connection.getresponse()
            return Said(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        finally:
            connection.close()

    def lines(self, path: str, count: int) -> list[Any]:
        """Read the first objects of a stream."""
        connection = _Connection(self._path)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return [json.loads(answer.readline()) for _ in range(count)]
        finally:
            connection.close()


def strays(ours: Any, real: Any, at: str = "") -> list[str]:
    """Where our document has a field that the real one has not, or one of another type."""
    if isinstance(ours, dict) and isinstance(real, dict):
        found = [f"{at}.{key} is not there" for key in ours.keys() - real.keys()]
        for key in ours.keys() & real.keys():
            found += strays(ours[key], real[key], f"{at}.{key}")
        return found
    if isinstance(ours, list) and isinstance(real, list):
        return [s for mine, theirs in zip(ours, real, strict=False) for s in strays(mine, theirs, f"{at}[]")]
    # Null stands for anything that is empty.
    if ours is None or real is None or type(ours) is type(real):
        return []
    return [f"{at} is a {type(ours).__name__}, not a {type(real).__name__}"]
