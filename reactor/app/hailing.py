"""One question to a control socket, with the standard library's socket and no more.

For a health check that runs twice a minute for ever, and for the name of the engine behind a socket; whatever
else is asked there goes by ``asking``.
"""

import json
import socket
import time
from collections.abc import Mapping
from typing import Any

_LONGEST = 1024 * 1024


def hail(path: str, target: str, within: float) -> bytes:
    """The whole answer, within so many seconds from now in all, however slowly it comes. Raises OSError."""
    deadline = time.monotonic() + within
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(within)
        connection.connect(path)
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: reactor\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while len(answer) < _LONGEST:
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            more = connection.recv(65536)
            if not more:
                break
            answer += more
    return answer


def told(answer: bytes) -> Mapping[str, Any] | None:
    """What a good answer says; None where it is not one of a monitor."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
