"""What the doctor looks at: a list of small functions, each of which says what it found.

A check-up changes nothing and leaves nothing behind. How the findings are shown is in ``doctor``.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from reactor.app.calling import missing_means
from reactor.app.complaint import Complaint
from reactor.app.configuration import BadConfiguration, read_configuration
from reactor.app.patient import Finding, Patient, Verdict
from reactor.app.places import default_journal
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Profile
from reactor.app.webcheck import web_access
from reactor.cgroups.abilities import Ability, Mode
from reactor.core.container import ContainerId
from reactor.core.ports import EngineError, EngineForbids
from reactor.kernel.memory import why_not_ours

CLOCKS_APART = 2.0
"""Seconds between two clocks that nobody need know of."""
LEAST_ROOM = 64 * 1024 * 1024
"""Bytes on the disk of the journal."""
_NO_SUCH = 404

Checkup = Callable[[Patient], Iterator[Finding]]


def checkups() -> tuple[Checkup, ...]:
    """All of them, in the order in which they are shown."""
    first = (engine, rights, clock, configuration, rules, journal, web_access)
    return (*first, cgroups, fast_lane, containment, kernel_log)


def engine(patient: Patient) -> Iterator[Finding]:
    """Whether there is one, and whether we speak its language."""
    try:
        where = patient.endpoint.host
        info = patient.ask(lambda asked: asked.identify())
    except Complaint as complaint:
        yield _failed("engine", complaint.lines[0].removeprefix("reactor: "), " ".join(complaint.lines[1:]))
        return
    except EngineError as error:
        remedy = "see that it runs, and that this user may use its socket (root, or the group of the socket)"
        yield _failed("engine", str(error), remedy)
        return
    yield _ok("engine", f"version {info.version}, API {info.api_version}, at {where}")
    for warning in info.warnings:
        yield _degraded("engine", warning)


def rights(patient: Patient) -> Iterator[Finding]:
    """Whether it lets us look, and whether it would let us end something."""
    if patient.engine is None:
        return
    try:
        seen = patient.ask(lambda asked: asked.list())
        # Nobody has this id: whoever may kill is told so, and whoever may not is refused.
        nobody = ContainerId(secrets.token_hex(32))
        status = patient.ask(lambda asked: asked.kill(nobody))
    except EngineForbids as error:
        remedy = (
            "let the socket's proxy pass what docs/how-it-works.md lists, POST /containers/ID/kill among it"
        )
        yield _failed("rights", str(error), remedy)
        return
    except EngineError as error:
        yield _failed("rights", str(error))
        return
    if status == _NO_SUCH:
        yield _ok("rights", f"containers are listed ({len(seen)}), and kills are let through")
    else:
        yield _degraded("rights", f"whether kills are let through is not known: the answer was {status}")


def clock(patient: Patient) -> Iterator[Finding]:
    """How far the engine's clock is from ours."""
    if patient.engine is None:
        return
    began = time.time()
    apart = patient.ask(lambda asked: asked.identify()).now - (began + time.time()) / 2
    said = f"the engine's is {abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} ours"
    if abs(apart) <= CLOCKS_APART:
        yield _ok("clock", said)
    else:
        lost = "ages are right all the same, and times in log and journal do not fit the engine's"
        yield _degraded("clock", f"{said}: {lost}", "set both by NTP")


def configuration(patient: Patient) -> Iterator[Finding]:
    """Whether it can be read."""
    path: Path | None = patient.options.config
    try:
        read_configuration(path)
    except BadConfiguration as bad:
        for error in bad.errors:
            yield _failed("configuration", str(error))
    else:
        yield _ok("configuration", f"{path} is valid" if path else "none is named: the defaults are in force")


def rules(patient: Patient) -> Iterator[Finding]:
    """Whether they can be put in force, and have all that they call."""
    try:
        loaded = load_rules(patient.options.rules)
    except Complaint as complaint:
        for line in complaint.lines:
            if not line.startswith(" "):
                yield _failed("rules", line, "see: reactor check")
        return
    missing = [*missing_means(loaded, patient.settings.means)]
    for each in missing:
        yield _failed("rules", str(each))
    if not missing:
        whose = "" if patient.options.rules else " (the shipped ones)"
        yield _ok("rules", f"{len(loaded.rules)} are valid{whose}, version {loaded.version}")


def journal(patient: Patient) -> Iterator[Finding]:
    """Whether it could be written, and has room. Nothing is made: a monitor may be writing it."""
    path = patient.settings.journal
    if path is None and patient.engine is None:
        path = default_journal("engine")
    path = path or default_journal(patient.engine.id if patient.engine is not None else "engine")
    place = path if path.exists() else path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    remedy = "give this user the right to write there, or choose another file with --journal"
    is_place = place == path or place.is_dir()
    if (
        not is_place
        or not os.access(place, os.W_OK)
        or (path.exists() and not os.access(path.parent, os.W_OK))
    ):
        yield _failed("journal", f"{path} cannot be written", remedy)
        return
    about = os.statvfs(place)
    room = about.f_bavail * about.f_frsize
    if room < LEAST_ROOM:
        lost = "when it is full, acting goes on and is not on record"
        yield _degraded("journal", f"{room >> 20} MiB are left for {path}: {lost}", "make room on that disk")
    else:
        yield _ok("journal", f"{path} can be written, {room >> 20} MiB are left")


def cgroups(patient: Patient) -> Iterator[Finding]:
    """In which way the kernel's accounts can be used, and what each thing lacks."""
    found = patient.abilities
    said = f"version {found.layout.value}, mode {found.mode.value}: {found.read.why}"
    if found.mode is Mode.WRITE:
        yield _ok("cgroups", said)
    elif found.mode is Mode.READ_ONLY:
        lost = "containment by cgroup.kill is lost, and that the kernel itself tells of thresholds"
        yield _degraded("cgroups", f"{said}; {lost}: {found.write.why}", _grant(found.write))
    else:
        lost = (
            "readings come once a second from the engine, which costs it a fifth of a percent of a core each"
        )
        yield _degraded("cgroups", f"{said}; {lost}", _grant(found.read))
    for name, lost in _LOST.items():
        ability: Ability = getattr(found, name)
        if not ability.works:
            yield _degraded(name.replace("_", " "), f"{ability.why}; {lost}", _grant(ability))
    told = [name for name, each in found.lines() if each.works and name in _TOLD]
    if found.write.works:
        yield _ok("kernel tells", ", ".join(told) or "nothing by itself: all is looked at in turn")


_LOST = {
    "host_pids": "who is in which container cannot be proved by its processes",
    "priority": "an attack that takes all processors delays the look at it",
    "fork_events": "forks are found by looking at a steady rate, which costs up to a percent of a core more",
}
"""What is lost where one of these does not work; the others have a check-up of their own."""
_TOLD = frozenset({"pids events", "memory events", "memory threshold", "cgroup events", "fork events"})


def fast_lane(patient: Patient) -> Iterator[Finding]:
    """Whether it can be used, and whether it is asked for."""
    profile, usable = patient.settings.profile, patient.abilities.mode is not Mode.NONE
    why = _why_not_here(patient)
    if not usable or why:
        said = "it cannot be used" + (f": {why}" if why else ", without cgroups to read")
        if profile is Profile.STREAMS:
            yield _ok("fast lane", f"{said}, and is not asked for (profile {profile.value})")
        else:
            lost = "the engine's streams are read instead, once a second"
            yield _degraded("fast lane", f"{said}; {lost} (profile {profile.value})")
    elif profile is Profile.STREAMS:
        said = "it can be used and is not asked for: readings come once a second (profile streams)"
        yield _degraded("fast lane", said, "reactor run --profile normal")
    else:
        yield _ok("fast lane", f"profile {profile.value}")


def containment(patient: Patient) -> Iterator[Finding]:
    """Whether a container could be ended directly, before the engine has come to it."""
    found, why = patient.abilities, _why_not_here(patient)
    means = []
    if found.cgroup_kill.works and found.write.works:
        means.append("cgroup.kill")
    if found.pidfd.works and found.host_pids.works:
        means.append("a descriptor of its first process")
    if means and not why:
        yield _ok("containment", f"possible by {' and by '.join(means)}")
        return
    lost = "an end takes as long as the engine takes"
    grants = [each.grant for each in (found.cgroup_kill, found.pidfd, found.host_pids) if each.grant]
    said = (
        why or f"{found.cgroup_kill.why}; {found.pidfd.why if not found.pidfd.works else found.host_pids.why}"
    )
    remedy = "" if why else "; ".join(dict.fromkeys(grants))
    yield _degraded("containment", f"not possible: {said}; {lost}", remedy)


def kernel_log(patient: Patient) -> Iterator[Finding]:
    """Whether OOM kills are known without the engine's help."""
    found, why = patient.abilities, _why_not_here(patient)
    if why:
        yield _degraded("kernel log", f"OOM kills are known from the engine's events alone: {why}")
    elif found.kernel_log.works and found.host_pids.works:
        yield _ok("kernel log", "OOM kills are read from it, also those of which the engine does not tell")
    elif found.kernel_log.works:
        lost = (
            "of many OOM kills at once the log names ten in five seconds; the others are left to the engine"
        )
        yield _degraded("kernel log", f"{found.host_pids.why}: {lost}", _grant(found.host_pids))
    else:
        lost = "OOM kills of who is dead at once are known only if the engine tells of them"
        yield _degraded("kernel log", f"{found.kernel_log.why}: {lost}", _grant(found.kernel_log))


def _why_not_here(patient: Patient) -> str:
    """Why nothing of this kernel is the engine's; empty if it is, or there is no engine to ask."""
    info = patient.engine
    return why_not_ours(info, patient.settings.proc) if info is not None else ""


def _grant(ability: Ability) -> str:
    return f"to be granted: {ability.grant}" if ability.grant else ""


def _ok(name: str, said: str) -> Finding:
    return Finding(name, Verdict.OK, said)


def _degraded(name: str, said: str, remedy: str = "") -> Finding:
    return Finding(name, Verdict.DEGRADED, said, remedy)


def _failed(name: str, said: str, remedy: str = "") -> Finding:
    return Finding(name, Verdict.FAILED, said, remedy)
