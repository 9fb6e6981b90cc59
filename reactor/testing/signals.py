"""What is asked of a container from outside: kill, stop, pause, unpause, removal.

The statuses are those of a real engine. Nothing here waits: who wants to wait for the end
waits for ``box.over``, and for a wedged one for ``box.wedged``.
"""

from functools import partial

from reactor.core.container import State
from reactor.testing import health
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.history import What
from reactor.testing.life import KILLED, finish, schedule, start_removal
from reactor.testing.refusals import Refused, not_running

SIGKILL, SIGTERM, SIGINT = 9, 15, 2


def kill(ground: Ground, box: Box, at: float, by: str, signal: int = SIGKILL) -> int:
    """Send a signal; 204, or 409 if the container does not run."""
    if not box.alive:
        _note_asked(ground, box, What.KILL, at, by, 409, effective=False)
        raise Refused(409, f"Cannot kill container: {box.id}: Container {box.id} is not running")
    fresh = not box.dying
    _note_asked(ground, box, What.KILL, at, by, 204, effective=fresh and signal == SIGKILL)
    if not fresh:
        return 204
    # Any signal keeps the restart policy quiet as long as the container has no stop signal of its own.
    box.by_hand = True
    if box.state is State.RESTARTING:
        _end_backoff(box)
    else:
        _send(ground, box, at, by, signal)
    return 204


def _note_asked(
    ground: Ground, box: Box, what: What, at: float, by: str, status: int, *, effective: bool
) -> None:
    ground.note(box, what, at, by, status=status, effective=effective)


def _end_backoff(box: Box) -> None:
    """Between two runs there is nobody to signal: it is exited from now on and no event says so."""
    box.cancel_timers()
    box.state = box.listed = State.EXITED
    box.over.set()


def _send(ground: Ground, box: Box, at: float, by: str, signal: int) -> None:
    ground.tell(box, "kill", at, signal=str(signal))
    task = box.recipe.task
    if signal == SIGKILL:
        box.dying = True
        _die_after(ground, box, at + ground.kill_takes, KILLED, by)
        return
    if box.state is State.PAUSED:
        # An engine of that time lets a frozen process go on, so that it can take its signal.
        unpause(ground, box, at, by)
    if signal in (SIGTERM, SIGINT) and task.polite is not None:
        _die_after(ground, box, at + task.polite, task.polite_code, by)


def _die_after(ground: Ground, box: Box, due: float, code: int, by: str) -> None:
    def die(moment: float) -> None:
        finish(ground, box, moment, code, by)

    if due <= ground.clock.now():
        die(due)
    else:
        box.timers.append(ground.timers.add(due, die))


def stop(ground: Ground, box: Box, at: float, by: str, grace: float, what: What = What.STOP) -> int:
    """Ask it to end and kill it after ``grace`` seconds (never if negative); 304 if it does not run.

    ``what`` is what was really asked for.
    """
    if not box.alive:
        _note_asked(ground, box, what, at, by, 304, effective=False)
        return 304
    _note_asked(ground, box, what, at, by, 204, effective=not (box.stopping or box.dying))
    box.by_hand = True
    if box.state is State.RESTARTING:
        _end_backoff(box)
        ground.tell(box, "stop", at)
        return 204
    if not box.stopping:
        box.stopping = True
        _send(ground, box, at, by, SIGTERM)
    if grace >= 0 and box.has_process:
        box.timers.append(ground.timers.add(at + grace, partial(_end_grace, ground, box, by)))
    return 204


def _end_grace(ground: Ground, box: Box, by: str, at: float) -> None:
    if box.has_process and not box.dying:
        _send(ground, box, at, by, SIGKILL)


def restart(ground: Ground, box: Box, at: float, by: str, grace: float) -> int:
    """The first half of a restart: it is stopped, and even ``--rm`` lets it stay; a start is to follow."""
    box.renewing = True
    return stop(ground, box, at, by, grace, What.RESTART)


def pause(ground: Ground, box: Box, at: float, by: str) -> int:
    """Freeze it: its own time stands still, the engine's does not."""
    if box.state is State.RESTARTING:
        raise Refused(409, f"Container {box.id} is restarting, wait until the container is running")
    if not box.has_process:
        raise not_running(box.id)
    if box.state is State.PAUSED:
        raise Refused(409, f"Container {box.id} is already paused")
    box.freeze(at)
    box.state = State.PAUSED
    ground.show(box, at, State.PAUSED)
    ground.tell(box, "pause", at)
    ground.note(box, What.PAUSED, at, by)
    return 204


def unpause(ground: Ground, box: Box, at: float, by: str) -> int:
    """Let it go on where it was."""
    if box.state is not State.PAUSED:
        # 500 it is: the error has no class of its own on engines of that time.
        raise Refused(500, f"Container {box.id} is not paused")
    box.resumed_at = at
    box.state = State.RUNNING
    schedule(ground, box, at)
    health.plan(ground, box, at)
    ground.show(box, at, State.RUNNING)
    ground.tell(box, "unpause", at)
    ground.note(box, What.UNPAUSED, at, by)
    return 204


def remove(ground: Ground, box: Box, at: float, by: str, *, force: bool = False) -> int:
    """Remove it; one that runs only by force, which kills it first."""
    if box.removing:
        raise Refused(409, f"removal of container {box.id} is already in progress")
    if box.alive and not force:
        how = "Unpause and then stop" if box.state is State.PAUSED else "Stop"
        raise Refused(
            409,
            f"You cannot remove a {box.state} container {box.id}. "
            f"{how} the container before attempting removal or force remove",
        )
    box.removed_by = by
    if box.alive:
        box.removing = box.has_process
        kill(ground, box, at, by)
        if box.id not in ground.boxes or box.removing:
            return 204
    start_removal(ground, box, at, by)
    return 204
