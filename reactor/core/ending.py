"""The end of a run: what is known of how it came about.

Only the attribution is here. Who ends a run is decided in ``verdicts`` and ``orphans``.
"""

from dataclasses import replace

from reactor.core.container import State as ContainerState
from reactor.core.meant import KILLED, fits
from reactor.core.notes import Basis, Cause, Ended
from reactor.core.oomed import began_unseen
from reactor.core.rules import Trigger
from reactor.core.state import Entry

HEEDED_WITHIN = 60.0
"""Seconds after a polite signal within which an end is taken to have come of it."""


def end(entry: Entry, at: float, *, vanished: bool = False) -> tuple[Entry, Ended]:
    """The entry with its run over, and the note about it."""
    oomed = Trigger.OOM in entry.due or _oom_by_flag(entry)
    due = frozenset({Trigger.DIE, Trigger.OOM} if oomed else {Trigger.DIE})
    entry = replace(entry, ended_at=at, due=due, alone=None)
    return entry, ended_note(entry, at, vanished=vanished, again=entry.revived)


def ended_note(entry: Entry, at: float, *, vanished: bool = False, again: bool = False) -> Ended:
    """How this run ended, as far as is known by now."""
    over = _is_over(entry, vanished=vanished)
    exit_code = entry.container.exit_code if over else None
    if exit_code is None:
        exit_code = entry.last_exit
    finished_at = entry.container.finished_at if over else ""
    cause, basis = _cause(entry, exit_code, finished_at)
    return Ended(
        at=at,
        run=entry.run,
        name=entry.container.name,
        cause=cause,
        exit_code=exit_code,
        oom=was_starved(entry),
        finished_at=finished_at,
        again=again,
        died=entry.died,
        basis=basis,
    )


def _is_over(entry: Entry, *, vanished: bool) -> bool:
    """Whether the engine's record speaks of the end of this very run."""
    state = entry.container.state
    # What is about to restart counts as alive, and yet its last run has ended: with the next one gone on
    # before anybody looked again, this is the only word that there will ever be of it.
    return state is ContainerState.RESTARTING or (
        state in {ContainerState.EXITED, ContainerState.DEAD} and not vanished
    )


def has_oomed(entry: Entry) -> bool:
    """Whether a process of this run was ended since the container had no memory left.

    The engine's flag does not tell whose want it was; where the kernel said that it was the host's, it is.
    """
    by_flag = entry.container.oom_killed and not entry.old_oom and not entry.ooms_told.host
    return entry.ooms > 0 or by_flag or began_unseen(entry)


def was_starved(entry: Entry) -> bool:
    """Whether the kernel ended a process of this run for want of memory, be it the host's."""
    return has_oomed(entry) or entry.ooms_told.host


def _oom_by_flag(entry: Entry) -> bool:
    """The engine's flag counts where no event came: an instant OOM can be over before anyone listens."""
    return entry.ooms == 0 and has_oomed(entry)


def _cause(entry: Entry, exit_code: int | None, finished_at: str) -> tuple[Cause, Basis]:
    if entry.killed or (entry.meant is not None and entry.meant.ended):
        return Cause.REACTOR, Basis.CONTAINED if entry.contained else Basis.SEEN
    known = _known_cause(entry, exit_code)
    # Whatever the kernel did is known to be its doing; a signal may well have been our predecessor's.
    guessable = known not in {Cause.REACTOR, Cause.OOM}
    if guessable and fits(entry.meant, exit_code, finished_at, struck=was_struck(entry)):
        return Cause.REACTOR, Basis.INTENT
    return known, Basis.SEEN


def _known_cause(entry: Entry, exit_code: int | None) -> Cause:
    struck, ours = was_struck(entry), bool(entry.ending) and not entry.settled
    if struck and not ours:
        return Cause.ENGINE
    if was_starved(entry) and exit_code in {None, KILLED}:
        return Cause.OOM
    if ours and (struck or exit_code == KILLED):
        # Most likely ours; the outcome, which is still to come, will tell.
        return Cause.REACTOR
    return Cause.UNSEEN if exit_code is None else Cause.ITSELF


def was_struck(entry: Entry) -> bool:
    """Whether the engine told of a signal that ends, and so shortly before the end that it was that one."""
    over = entry.died if entry.died is not None else entry.ended_at
    return entry.struck is not None and (over is None or over - entry.struck <= HEEDED_WITHIN)
