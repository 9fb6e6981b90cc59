"""An operator's program: begun with its arguments, never through a shell, and ended when its time is over.

What it is told stands in its environment, as text of one line; a stranger's words are among that, and
it is for the program to treat them as words.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import trio

from reactor.core.decisions import Decision
from reactor.observe.text import plain

HEARD = 4096
"""How many bytes of its output are kept: the last ones."""
LAST_WAIT = 1.0
"""Seconds for one that was killed to be over. It may not be ours to kill, or wait for a disk that hangs: the
kill of a container does not wait for that."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "DOCKER_HOST")

NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def environment(
    decision: Decision, ours: Mapping[str, str], told: Mapping[str, str] = NOTHING_MORE
) -> dict[str, str]:
    """What a program finds in its environment. What it is ``told`` goes over ours."""
    return {name: ours[name] for name in _PASSED_ON if name in ours} | {
        "REACTOR_DECISION": decision.id,
        "REACTOR_CONTAINER": decision.run.id,
        "REACTOR_STARTED_AT": plain(decision.run.started_at),
        "REACTOR_NAME": plain(decision.name),
        "REACTOR_RULE": plain(decision.rule),
        "REACTOR_ACTION": decision.action,
        "REACTOR_REASON": plain(decision.reason, 500),
        **told,
    }


async def run_program(arguments: Sequence[str], known: Mapping[str, str]) -> str:
    """Run it to its end; what went wrong, empty for nothing. Cancelled, it and its children are killed.

    One that took other rights, by ``sudo`` for instance, may not be ours to kill: it is left to itself.
    """
    try:
        # A session of its own, so that what it started can be ended with it.
        process = await trio.lowlevel.open_process(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(known),
            start_new_session=True,
        )
    except OSError as error:
        return f"it cannot be started: {error.strerror}"
    _take_its_turn(process.pid)
    _go_before_us(process.pid)
    try:
        heard = await _listen(process)
        status = await process.wait()
    finally:
        _end(process)
        with trio.move_on_after(LAST_WAIT, shield=True):
            await process.wait()
    if status == 0:
        return ""
    last = heard.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"it ended with {status}" + (f": {plain(last)}" if last else "")


def _take_its_turn(pid: int) -> None:
    """We go before others, and what we start does not: it has as much time as its work needs."""
    try:
        if os.getpriority(os.PRIO_PROCESS, pid) < 0:
            os.setpriority(os.PRIO_PROCESS, pid, 0)
    except OSError:
        # It is over already, or took other rights.
        return


def _go_before_us(pid: int) -> None:
    """We outlive others where memory is short, and what we start does not."""
    score = Path(f"/proc/{pid}/oom_score_adj")
    with suppress(OSError, ValueError):
        if int(score.read_text()) < 0:
            score.write_text("0")


async def _listen(process: trio.Process) -> bytes:
    """Its output, to the end of it; only the last part is kept."""
    heard = b""
    if process.stdout is None:
        return heard
    async for piece in process.stdout:
        heard = (heard + piece)[-HEARD:]
    return heard


def _end(process: trio.Process) -> None:
    try:
        # Its own group, by the id that is its own until it was waited for.
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
