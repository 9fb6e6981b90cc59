"""Counts the calls that a contender makes to the engine, by the engine's own log.

The engine tells of each call when it is asked to be talkative, which it can be asked while it runs. It is
asked for the time in which nothing happens, and not while attacks are answered. Only this belongs here.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.private_engine import PrivateEngine

CALL = b"Calling "
TAKES_EFFECT = 0.3
"""Seconds for the engine to read its configuration again."""


@contextmanager
def told(engine: PrivateEngine) -> Iterator[None]:
    """Within this, calls are counted."""
    configuration = engine.folder / "daemon.json"
    said = json.loads(configuration.read_text())
    try:
        _tell(configuration, said | {"debug": True}, engine.pid)
        yield
    finally:
        _tell(configuration, said | {"debug": False}, engine.pid)


def counted(engine: PrivateEngine) -> int:
    """Calls until now."""
    return engine.log.read_bytes().count(CALL)


def _tell(configuration: Path, what: dict[str, object], pid: int) -> None:
    configuration.write_text(json.dumps(what))
    os.kill(pid, signal.SIGHUP)
    time.sleep(TAKES_EFFECT)
