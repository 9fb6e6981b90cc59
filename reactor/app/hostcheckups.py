"""What the doctor looks at around a monitor: its port, other monitors, what keeps it alive.

A monitor may be running while the doctor looks: what that one has is not taken, and not missing. Nothing here
takes a lock or stays.
"""

from collections.abc import Iterator
from pathlib import Path

import trio

from reactor.app.identity import find_own_container
from reactor.app.others import container_of, holder_of, listener_of, unit_of
from reactor.app.patient import Finding, Patient, degraded, failed, ok
from reactor.app.places import control_folder, default_control, default_journal
from reactor.app.survival import SCORE, may_outlive_others, score_of
from reactor.app.territory import territory_lock
from reactor.http.server_listeners import AddressTaken, CannotListen
from reactor.journal.lock import lock_path
from reactor.web.listen import DEFAULT, BadListen, open_listeners, parse_listen

PROC = Path("/proc")
_LIMITS = {
    "memory": "boot the engine's host with cgroup_enable=memory",
    "swap": "boot the engine's host with swapaccount=1; until then containers can swap beyond their memory",
    "pids": "the engine's host needs a kernel with CONFIG_CGROUP_PIDS, and the controller mounted",
    "cpu": "the engine's host needs a kernel with CONFIG_CFS_BANDWIDTH",
}
"""What would mend it, by what cannot be limited."""


def limits(patient: Patient) -> Iterator[Finding]:
    """Whether the engine can give containers the limits that they lack."""
    if patient.engine is None:
        return
    missing = patient.engine.cannot_limit
    if not missing:
        yield ok("limits", "the engine can limit memory, swap, PIDs and CPU time")
    for each in missing:
        lost = f"the engine cannot limit {each}: whoever lacks that limit is not given it, nor measured by it"
        yield degraded("limits", lost, _LIMITS[each])


def port(patient: Patient) -> Iterator[Finding]:
    """Whether the address is free, or the monitor's own. It is opened for a moment, and closed."""
    text = patient.settings.listen or DEFAULT
    if text == "off":
        yield ok("port", "none is wanted: there is no page, and there are no metrics")
        return
    try:
        trio.run(_open_and_close, text)
    except AddressTaken as taken:
        running = running_monitor(patient)
        if running is not None:
            yield ok("port", f"{text} is taken, as it is while a monitor runs (process {running})")
        else:
            what, _, otherwise = str(taken).partition("; ")
            yield failed("port", what, f"end that program, or {otherwise}")
    except (BadListen, CannotListen) as error:
        yield failed("port", str(error))
    else:
        yield ok("port", f"{text} is free")


async def _open_and_close(text: str) -> None:
    for listener in await open_listeners(parse_listen(text)):
        await listener.aclose()


def monitors(patient: Patient) -> Iterator[Finding]:
    """Who else there is: with this journal, at this control socket, or in charge of this scope."""
    running = running_monitor(patient)
    if running is not None:
        yield ok("monitors", f"one runs with this journal: process {running}; a second would not begin")
    listening = _listening(patient)
    if listening is not None and listening != running:
        who = f"process {listening}" if listening else "a process that cannot be seen from here"
        remedy = "stop it, or give one of them another --control"
        yield degraded("monitors", f"another one answers at {_control(patient)} ({who})", remedy)
    acting = _acting(patient)
    if acting is not None and acting != running:
        said = f"another one acts on this engine with this scope (process {acting}): a second would not begin"
        yield failed("monitors", said, "stop it, run one of them dry, or give one of them another scope")
    if running is None and listening is None and acting is None:
        yield ok("monitors", "none runs with this journal, control socket or scope")


def oom_score(patient: Patient) -> Iterator[Finding]:
    """Whether the kernel would end the monitor before those whom it is to end."""
    running = running_monitor(patient)
    name = "oom score"
    score = score_of(PROC / str(running) / "oom_score_adj") if running is not None else score_of()
    remedy = f"OOMScoreAdjust={SCORE} in its unit, --oom-score-adj {SCORE} for its container"
    whose = f"that of the monitor (process {running})" if running is not None else "that of one from here"
    if score is None:
        yield degraded(name, "it cannot be known whether the kernel would end the monitor first", remedy)
    elif score < 0:
        yield ok(name, f"{whose} is {score}: where memory is short, others are ended before it")
    elif running is None and may_outlive_others():
        yield ok(name, f"it is {score}, and reactor run may lower its own, to {SCORE}")
    else:
        lost = "where memory is short the kernel may end the monitor before those who took it"
        why = "" if running is not None else ", and lowering it is not permitted"
        yield degraded(name, f"{whose} is {score}{why}: {lost}", remedy)


def surroundings(patient: Patient) -> Iterator[Finding]:
    """Who starts the monitor again when it is gone."""
    running = running_monitor(patient)
    if running is None:
        own = find_own_container()
        where = f"from the container {own[:12]}" if own else "from the host"
        yield ok("runs", f"no monitor is seen {where}; docs/services.md has ways to have one kept up")
        return
    container, unit = container_of(running), unit_of(running)
    if container is not None:
        yield ok("runs", f"the monitor is in the container {container[:12]}: its restart policy keeps it up")
    elif unit:
        yield ok("runs", f"the monitor is the unit {unit}: systemd keeps it up")
    else:
        lost = "the monitor was started by hand: when it is gone, nobody starts it again"
        yield degraded("runs", lost, "run it as a service: docs/services.md")


def running_monitor(patient: Patient) -> int | None:
    """The process of the monitor that has this journal, as the kernel knows it; None if none is seen."""
    path = patient.settings.journal
    if path is None and patient.engine is not None:
        path = default_journal(patient.engine.id)
    return holder_of(lock_path(path)) if path is not None else None


def _control(patient: Patient) -> Path | None:
    named = patient.settings.control
    if named == "off" or (not named and patient.engine is None):
        return None
    return Path(named) if named else default_control(patient.engine.id if patient.engine is not None else "")


def _listening(patient: Patient) -> int | None:
    where = _control(patient)
    return listener_of(where) if where is not None else None


def _acting(patient: Patient) -> int | None:
    if patient.engine is None:
        return None
    return holder_of(territory_lock(control_folder(), patient.engine.id, patient.settings.policy))
