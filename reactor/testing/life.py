"""How runs begin and end: start, exit, OOM, restart by policy, removal.

What is asked from outside (kill, stop, pause) is in ``signals``; here is what follows by itself.
"""

from functools import partial
from typing import NoReturn

import trio

from reactor.core.container import State
from reactor.testing import health, ports
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.history import What
from reactor.testing.refusals import Refused
from reactor.testing.restarts import next_wait
from reactor.testing.tasks import Announced, Exit, Oom, Turn

KILLED = 137
INIT_LOOKS = 0.01
UNSAID = 128
"""The exit code of a start that failed before there was a process to have one."""


def begin(ground: Ground, box: Box, at: float, by: str = "operator") -> None:
    """Start a run. Refused if its program or the container that it joins is not there."""
    _refuse_bad_start(ground, box)
    box.started, box.pid = ground.clock.stamp(at), ground.new_pid()
    box.state = box.listed = State.RUNNING
    box.error, box.exit_code = "", 0
    box.oom_killed = box.dying = box.stopping = box.by_hand = False
    box.ran_before, box.resumed_at = 0.0, at
    box.over = trio.Event()
    if box.recipe.task.says:
        box.output.append(box.recipe.task.says)
    schedule(ground, box, at)
    health.begin(ground, box, at)
    ground.tell_network(box, "connect", at)
    ground.tell(box, "start", at)
    ground.note(box, What.STARTED, at, by)


def _refuse_bad_start(ground: Ground, box: Box) -> None:
    mode = box.recipe.network_mode
    if mode.startswith("container:"):
        try:
            main = ground.find(mode.removeprefix("container:"))
        except Refused as refused:
            _fail(box, refused.status, UNSAID, refused.message)
        if not main.has_process:
            _fail(box, 409, UNSAID, f"cannot join network of a non running container: {main.id}")
    if taken := ports.taken(ground, box):
        _fail(box, 500, UNSAID, taken)
    if box.recipe.task.refuses is not None and not box.recipe.traits.init:
        why = "OCI runtime create failed: executable file not found in $PATH: unknown"
        _fail(box, 400, box.recipe.task.refuses, why)


def _fail(box: Box, status: int, code: int, why: str) -> NoReturn:
    """Remember why it did not start, as an inspect shows it, and say so."""
    box.exit_code, box.error = code, why
    raise Refused(status, why)


def schedule(ground: Ground, box: Box, at: float) -> None:
    """Plan what becomes of the run by itself, counted from what it has executed so far."""
    ran = box.ran(at)
    for turn in _turns(box):
        if turn.after >= ran:
            timer = ground.timers.add(at + turn.after - ran, partial(_take_turn, ground, box, turn))
            box.turns.append(timer)


def _turns(box: Box) -> tuple[Turn, ...]:
    task = box.recipe.task
    if task.refuses is not None:
        # An init is there, and starts; that the program is not is for it to find out.
        return (Exit(INIT_LOOKS, task.refuses),)
    return task.turns(box.recipe.limits)


def _take_turn(ground: Ground, box: Box, turn: Turn, at: float) -> None:
    if box.wedged is not None:
        # The process may have ended; with its shim stuck nobody learns of it before it is freed.
        box.owed.append(partial(_take_turn, ground, box, turn))
    elif isinstance(turn, Oom):
        oom(ground, box, at, turn)
    else:
        finish(ground, box, at, turn.code, "task")


def oom(ground: Ground, box: Box, at: float, turn: Oom) -> None:
    """The kernel kills in the container; what the engine says of it, and when, the turn tells."""
    run = box.run
    ground.note(box, What.OOM, at, "oom")
    if turn.announced is Announced.BEFORE:
        announce_oom(ground, box, at)
    if turn.fatal:
        finish(ground, box, at, KILLED, "oom")
    if turn.announced is Announced.AFTER and run.id in ground.boxes:
        # The flag stays behind and marks the next run's exit, as on engines of that time.
        announce_oom(ground, box, at)


def announce_oom(ground: Ground, box: Box, at: float) -> None:
    """Tell of an OOM kill and remember it until the next exit."""
    box.oom_noted = True
    ground.tell(box, "oom", at)


def finish(ground: Ground, box: Box, at: float, code: int, by: str) -> None:
    """End the run, tell of it, and see whether the restart policy wants another."""
    if not box.has_process:
        return
    box.cancel_timers()
    box.freeze(at)
    box.exit_code, box.pid, box.finished = code, 0, ground.clock.stamp(at)
    box.oom_killed, box.oom_noted = box.oom_noted, False
    again = ground.up and not box.by_hand and box.recipe.policy.wants(code, box.restarts)
    box.restarts += again
    box.state = State.RESTARTING if again else State.EXITED
    # The event goes out before the list knows: whoever asks at once is told "running".
    ground.tell(box, "die", at, exitCode=str(code))
    ground.show(box, at, box.state)
    ground.tell_network(box, "disconnect", at)
    if box.stopping:
        ground.tell(box, "stop", at)
    ground.note(box, What.DIED, at, by, code=code)
    box.over.set()
    _end_pid_sharers(ground, box, at)
    _follow_up(ground, box, at, again=again)


def _end_pid_sharers(ground: Ground, box: Box, at: float) -> None:
    """Without its first process a PID namespace ends, and with it all who joined it."""
    for other in tuple(ground.pid_sharers):
        if other.recipe.pid_mode == f"container:{box.id}":
            finish(ground, other, at, KILLED, "kernel")


def _follow_up(ground: Ground, box: Box, at: float, *, again: bool) -> None:
    if again:
        box.wait = next_wait(box.wait, box.ran_before)
        box.timers.append(ground.timers.add(at + box.wait, partial(_restart, ground, box)))
    elif box.removing:
        start_removal(ground, box, at, box.removed_by)
    elif box.recipe.auto_remove and ground.up and not box.renewing:
        start_removal(ground, box, at, "engine")


def _restart(ground: Ground, box: Box, at: float) -> None:
    try:
        begin(ground, box, at, "policy")
    except Refused:
        # No event tells of a restart that fails; only the next look does.
        box.state = box.listed = State.EXITED


def start_removal(ground: Ground, box: Box, at: float, by: str) -> None:
    """Begin to remove what does not run; it is gone when the removal has taken its time."""
    box.removing = True
    box.state = box.listed = State.REMOVING
    if ground.removal_takes > 0:
        ground.timers.add(at + ground.removal_takes, partial(_remove, ground, box, by))
    else:
        _remove(ground, box, by, at)


def _remove(ground: Ground, box: Box, by: str, at: float) -> None:
    box.cancel_timers()
    if ground.boxes.pop(box.id, None) is None:
        return
    if box in ground.pid_sharers:
        ground.pid_sharers.remove(box)
    ground.tell(box, "destroy", at)
    ground.note(box, What.REMOVED, at, by)
    box.over.set()
    box.gone.set()
