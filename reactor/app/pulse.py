"""``reactor health``: whether the monitor's loop turns, for whoever restarts containers that are unhealthy.

It runs twice a minute for ever, beside a monitor that should cost nothing: the standard library's socket and
no more. Does not belong here: how well the monitor does (``reactor status``, the metrics). An engine that is
away is no reason to restart a monitor, and makes it unhealthy only where that is asked for.
"""

import argparse
import json
import os
import re
from typing import Any

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.finding import Found, where
from reactor.app.hailing import hail
from reactor.core.language.printing import tame

SCHEME = re.compile(r"[a-z]+:/")
"""How an address begins, also one that was taken for a path and has lost a slash."""
_SHOWN = 300


def health(options: argparse.Namespace) -> int:
    """Carry out ``reactor health``: exit code 0 if the loop turns (--ready: and all is seen), else 1."""
    found = _meant(options)
    path = found.named
    if SCHEME.match(path):
        raise Complaint("reactor: health is asked at the control socket: name it with --control SOCKET")
    try:
        said = hail(path, found.below + ("/v1/status" if options.ready else "/-/healthy"), options.within)
    except OSError as error:
        late = isinstance(error, TimeoutError)
        why = "it does not answer in time" if late else error.strerror or str(error)
        raise Complaint(f"unhealthy: {path}: {why}", code=FOUND) from None
    print(tame(_verdict(said, ready=options.ready), _SHOWN))
    return OK


def _meant(options: argparse.Namespace) -> Found:
    try:
        return where(options.control, getattr(options, "engine", ""), os.environ)
    except Complaint as none:
        # What is asked here is a yes or a no, and whoever asks knows one code for a no.
        raise Complaint(*none.lines, code=FOUND) from None


def _verdict(answer: bytes, *, ready: bool) -> str:
    """What is printed of an answer. Raises Complaint where it is no good one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise Complaint(f"unhealthy: {tame(_refused(body), _SHOWN)}", code=FOUND)
    if ready and (why := _not_ready(body)):
        raise Complaint(f"not ready: {tame(why, _SHOWN)}", code=FOUND)
    return "ready" if ready else "healthy"


def _refused(body: bytes) -> str:
    """Why nobody answers for an engine that is away, by whoever answers in its place."""
    try:
        told: Any = json.loads(body)
        return str(told["error"])
    except (ValueError, TypeError, KeyError):
        return "what listens there does not answer like a monitor"


def _not_ready(body: bytes) -> str:
    try:
        told: Any = json.loads(body)
        return str(told["not_ready"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "the answer cannot be read"
