"""What the doctor looks at in the kernel: what it lets us see, and do, without the engine.

Each says what is lost where something does not work, and what would have to be granted.
"""

from collections.abc import Iterator

from reactor.app.patient import Finding, Patient, degraded, ok
from reactor.app.settings import Profile
from reactor.cgroups.abilities import Ability, Mode
from reactor.journal.shelter import slip_folder, slips_below
from reactor.kernel.memory import why_not_ours


def cgroups(patient: Patient) -> Iterator[Finding]:
    """In which way the kernel's accounts can be used, and what each thing lacks."""
    found = patient.abilities
    said = f"version {found.layout.value}, mode {found.mode.value}: {found.read.why}"
    if found.mode is Mode.WRITE:
        yield ok("cgroups", said)
    elif found.mode is Mode.READ_ONLY:
        lost = "containment by cgroup.kill is lost, and that the kernel itself tells of thresholds"
        yield degraded("cgroups", f"{said}; {lost}: {found.write.why}", _grant(found.write))
    else:
        lost = (
            "readings come once a second from the engine, which costs it a fifth of a percent of a core each"
        )
        yield degraded("cgroups", f"{said}; {lost}", _grant(found.read))
    for name, lost in _LOST.items():
        ability: Ability = getattr(found, name)
        if not ability.works:
            yield degraded(name.replace("_", " "), f"{ability.why}; {lost}", _grant(ability))
    told = [name for name, each in found.lines() if each.works and name in _TOLD]
    if found.write.works:
        yield ok("kernel tells", ", ".join(told) or "nothing by itself: all is looked at in turn")


_LOST = {
    "host_pids": "who is in which container cannot be proved by its processes",
    "priority": "an attack that takes all processors delays the look at it",
    "realtime": "an attack that takes all processors delays what is done about it by some milliseconds",
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
            yield ok("fast lane", f"{said}, and is not asked for (profile {profile.value})")
        else:
            lost = "the engine's streams are read instead, once a second"
            yield degraded("fast lane", f"{said}; {lost} (profile {profile.value})")
    elif profile is Profile.STREAMS:
        said = "it can be used and is not asked for: readings come once a second (profile streams)"
        yield degraded("fast lane", said, "reactor run --profile normal")
    else:
        yield ok("fast lane", f"profile {profile.value}")


def containment(patient: Patient) -> Iterator[Finding]:
    """Whether a container could be ended directly, before the engine has come to it."""
    found, why = patient.abilities, _why_not_here(patient)
    means = []
    if found.cgroup_kill.works and found.write.works:
        means.append("cgroup.kill")
    if found.pidfd.works and found.host_pids.works:
        means.append("a descriptor of its first process")
    if means and not why:
        yield ok("containment", f"possible by {' and by '.join(means)}")
        return
    lost = "an end takes as long as the engine takes"
    grants = [each.grant for each in (found.cgroup_kill, found.pidfd, found.host_pids) if each.grant]
    said = (
        why or f"{found.cgroup_kill.why}; {found.pidfd.why if not found.pidfd.works else found.host_pids.why}"
    )
    remedy = "" if why else "; ".join(dict.fromkeys(grants))
    yield degraded("containment", f"not possible: {said}; {lost}", remedy)


def slip(patient: Patient) -> Iterator[Finding]:
    """Whether the intent of a direct end has a place that no disk delays. Nothing is made."""
    folder = slip_folder()
    if patient.settings.acting().strict:
        yield ok("slip", "none is used: who is strict acts on nothing that is not in the journal")
    elif not patient.settings.containment or patient.settings.dry_run:
        yield ok("slip", "none is needed: nobody is ended directly")
    elif folder is None:
        lost = "direct ends wait for the journal's disk, 100 ms at most"
        remedy = "in a container: mount a folder of the host's memory, -v /run/reactor:/run/reactor"
        yield degraded("slip", f"there is no memory here that outlives the monitor: {lost}", remedy)
    else:
        yield ok("slip", f"intents of direct ends go to memory first: {slips_below(folder)}")


def kernel_log(patient: Patient) -> Iterator[Finding]:
    """Whether OOM kills are known without the engine's help."""
    found, why = patient.abilities, _why_not_here(patient)
    if why:
        yield degraded("kernel log", f"OOM kills are known from the engine's events alone: {why}")
    elif found.kernel_log.works and found.host_pids.works:
        yield ok("kernel log", "OOM kills are read from it, also those of which the engine does not tell")
    elif found.kernel_log.works:
        lost = (
            "of many OOM kills at once the log names ten in five seconds; the others are left to the engine"
        )
        yield degraded("kernel log", f"{found.host_pids.why}: {lost}", _grant(found.host_pids))
    else:
        lost = "OOM kills of who is dead at once are known only if the engine tells of them"
        yield degraded("kernel log", f"{found.kernel_log.why}: {lost}", _grant(found.kernel_log))


def _why_not_here(patient: Patient) -> str:
    """Why nothing of this kernel is the engine's; empty if it is, or there is no engine to ask."""
    info = patient.engine
    if info is None or patient.elsewhere:
        return patient.elsewhere
    return why_not_ours(info, patient.settings.proc)


def _grant(ability: Ability) -> str:
    return f"to be granted: {ability.grant}" if ability.grant else ""
