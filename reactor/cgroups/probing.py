"""The start-up probe: what really works here, tried one by one, never told from a version.

It takes about half a second, most of it waiting in vain for what does not work, and is for a thread of its
own: a call of the kernel can take long on a troubled machine. How each thing is tried is in ``trials`` and
``rights``.
"""

import os
import sys
from collections.abc import Callable
from functools import partial

from reactor.cgroups import rights, trials
from reactor.cgroups.abilities import Abilities, Ability, no
from reactor.cgroups.ground import Ground
from reactor.cgroups.mounts import Trees

_GRANTS = {
    "write": trials.READ_WRITE,
    "pids_events": trials.READ_WRITE,
    "memory_events": trials.READ_WRITE,
    "memory_threshold": trials.READ_WRITE,
    "cgroup_kill": trials.READ_WRITE,
    "cgroup_events": trials.READ_WRITE,
    "priority": "CAP_SYS_NICE",
    "realtime": "CAP_SYS_NICE",
    "kernel_log": "/dev/kmsg and CAP_SYSLOG",
    # Debian's kernels have a 3, with which they want the other one.
    "fork_events": "CAP_PERFMON (CAP_SYS_ADMIN where kernel.perf_event_paranoid is above 2), "
    "and the host's /sys/kernel/tracing or CAP_SYS_ADMIN",
}


def probe(trees: Trees) -> Abilities:
    """Try everything. It never raises for what does not work: each ability says so for itself."""
    found = {
        "read": _tried("read", partial(rights.can_read, trees)),
        "host_pids": _tried("host_pids", rights.host_pids),
        "kernel_log": _tried("kernel_log", rights.kernel_log),
        "fork_events": _tried("fork_events", rights.fork_events),
    }
    try:
        with Ground() as ground:
            found |= _on_ground(ground, trees)
    except OSError as trouble:
        grant = f"let user {os.geteuid()} run {sys.executable or 'the Python interpreter'}"
        missing = no(f"no process could be started to try it on: {_said(trouble)}", grant)
        found = dict.fromkeys(_GRANTS, missing) | {"pidfd": missing} | found
    return Abilities(layout=trees.layout, **found)


def _on_ground(ground: Ground, trees: Trees) -> dict[str, Ability]:
    found = {
        "pidfd": _tried("pidfd", partial(rights.pidfd, ground)),
        "priority": _tried("priority", partial(rights.priority, ground)),
        "realtime": _tried("realtime", partial(rights.realtime, ground)),
        "write": _tried("write", partial(trials.can_write, ground, trees)),
    }
    rest = {
        "pids_events": trials.pids_events,
        "memory_threshold": trials.memory_threshold,
        "memory_events": trials.memory_events,
    }
    if not found["write"].works:
        # What is tried by writing cannot be tried: that it does not work either is not known.
        untried = no(f"not to be tried: {found['write'].why}", trials.READ_WRITE)
        return found | dict.fromkeys((*rest, "cgroup_kill", "cgroup_events"), untried)
    found |= {name: _tried(name, partial(trial, ground, trees)) for name, trial in rest.items()}
    return found | _endings(ground, trees)


def _endings(ground: Ground, trees: Trees) -> dict[str, Ability]:
    try:
        kill, events = trials.endings(ground, trees)
    except OSError as trouble:
        kill = events = no(_said(trouble), trials.READ_WRITE)
    return {"cgroup_kill": kill, "cgroup_events": events}


def _tried(name: str, trial: Callable[[], Ability]) -> Ability:
    try:
        return trial()
    except OSError as trouble:
        return no(_said(trouble), _GRANTS.get(name, ""))


def _said(trouble: OSError) -> str:
    text = trouble.strerror or str(trouble)
    place = f" ({trouble.filename})" if isinstance(trouble.filename, str) else ""
    return f"{text}{place}" if trouble.errno is None else f"{text}{place}, as user {os.geteuid()}"
