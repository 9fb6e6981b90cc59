"""``reactor health``: whether the monitor's loop turns, for whoever restarts containers that are unhealthy.

It runs twice a minute for ever, beside a monitor that should cost nothing: the standard library's socket and
no more. Does not belong here: how well the monitor does (``reactor status``, the metrics). An engine that is
away is no reason to restart a monitor, and makes it unhealthy only where that is asked for.
"""

import argparse
import json
import os
import re
import socket
import time
from typing import Any

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.finding import ENVIRONMENT, find_control
from reactor.core.language.printing import tame

SCHEME = re.compile(r"[a-z]+:/")
"""How an address begins, also when it was taken for a path and has lost a slash."""
_LONGEST = 1024 * 1024
_SHOWN = 300


def health(options: argparse.Namespace) -> int:
    """Carry out ``reactor health``: exit code 0 if the loop turns (--ready: and all is seen), else 1."""
    named = str(options.control or os.environ.get(ENVIRONMENT) or "")
    if SCHEME.match(named):
        raise Complaint("reactor: health is asked at the control socket: name it with --control SOCKET")
    path = named or str(_only_socket())
    try:
        said = _ask(path, "/v1/status" if options.ready else "/-/healthy", options.within)
    except OSError as error:
        late = isinstance(error, TimeoutError)
        why = "it does not answer in time" if late else error.strerror or str(error)
        raise Complaint(f"unhealthy: {path}: {why}", code=FOUND) from None
    print(tame(_verdict(said, ready=options.ready), _SHOWN))
    return OK


def _only_socket() -> str:
    try:
        return str(find_control(os.environ))
    except Complaint as none:
        # What is asked here is a yes or a no, and whoever asks knows one code for a no.
        raise Complaint(*none.lines, code=FOUND) from None


def _ask(path: str, target: str, within: float) -> bytes:
    """The whole answer, within so many seconds from now in all, however slowly it comes."""
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


def _verdict(answer: bytes, *, ready: bool) -> str:
    """What is printed of an answer. Raises Complaint where it is no good one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise Complaint("unhealthy: what listens there does not answer like a monitor", code=FOUND)
    if ready and (why := _not_ready(body)):
        raise Complaint(f"not ready: {tame(why, _SHOWN)}", code=FOUND)
    return "ready" if ready else "healthy"


def _not_ready(body: bytes) -> str:
    try:
        told: Any = json.loads(body)
        return str(told["not_ready"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "the answer cannot be read"
