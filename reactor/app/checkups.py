"""What the doctor looks at: a list of small functions, each of which says what it found.

A check-up changes nothing and leaves nothing behind. Those of the kernel are in ``kernelcheckups``, those of
what is around a monitor in ``hostcheckups``; how the findings are shown is in ``doctor``.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator

from reactor.app.calling import missing_means
from reactor.app.complaint import Complaint
from reactor.app.data.checkup import data_folders
from reactor.app.hostcheckups import limits, monitors, oom_score, port, surroundings
from reactor.app.kernelcheckups import cgroups, containment, fast_lane, kernel_log, slip
from reactor.app.levels.given import Level
from reactor.app.levels.merging import merged
from reactor.app.levels.strangers import unknown
from reactor.app.patient import Finding, Patient, degraded, failed, ok
from reactor.app.places import default_journal
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Profile
from reactor.app.shortcomings import elsewhere
from reactor.app.webcheck import web_access
from reactor.cgroups.abilities import Mode
from reactor.core.capabilities import harms
from reactor.core.container import ContainerId
from reactor.core.ports import EngineError, EngineForbids

CLOCKS_APART = 2.0
"""Seconds between two clocks that nobody need know of."""
LEAST_ROOM = 64 * 1024 * 1024
"""Bytes on the disk of the journal."""
_NO_SUCH = 404

Checkup = Callable[[Patient], Iterator[Finding]]


def checkups() -> tuple[Checkup, ...]:
    """All of them, in the order in which they are shown."""
    first = (engine, rights, clock, limits, configuration, losses, rules, journal, data_folders, port)
    kernel = (cgroups, fast_lane, containment, slip, kernel_log)
    return (*first, web_access, *kernel, monitors, oom_score, surroundings)


def engine(patient: Patient) -> Iterator[Finding]:
    """Whether there is one, and whether we speak its language."""
    try:
        where = patient.endpoint.host
        info = patient.ask(lambda asked: asked.identify())
    except Complaint as complaint:
        yield failed("engine", complaint.lines[0].removeprefix("reactor: "), " ".join(complaint.lines[1:]))
        return
    except EngineError as error:
        remedy = "see that it runs, and that this user may use its socket (root, or the group of the socket)"
        yield failed("engine", str(error), remedy)
        return
    yield ok("engine", f"version {info.version}, API {info.api_version}, at {where}")
    for warning in info.warnings:
        yield degraded("engine", warning)


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
            "let the socket's proxy pass what `reactor proxy-config` writes, or run dry: it only observes"
        )
        yield failed("rights", str(error), remedy)
        return
    except EngineError as error:
        yield failed("rights", str(error))
        return
    if status == _NO_SUCH:
        yield ok("rights", f"containers are listed ({len(seen)}), and kills are let through")
    else:
        yield degraded("rights", f"whether kills are let through is not known: the answer was {status}")


def clock(patient: Patient) -> Iterator[Finding]:
    """How far the engine's clock is from ours."""
    if patient.engine is None:
        return
    began = time.time()
    apart = patient.ask(lambda asked: asked.identify()).now - (began + time.time()) / 2
    said = f"the engine's is {abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} ours"
    if abs(apart) <= CLOCKS_APART:
        yield ok("clock", said)
    else:
        lost = "ages are right all the same, and times in log and journal do not fit the engine's"
        yield degraded("clock", f"{said}: {lost}", "set both by NTP")


def configuration(patient: Patient) -> Iterator[Finding]:
    """Whether file, environment and flags can be read together, and mean what they look like."""
    try:
        found = merged(patient.options, os.environ)
    except Complaint as complaint:
        yield from (failed("configuration", line) for line in complaint.lines)
        return
    path = patient.options.config
    said = f"{path} is valid" if path else "no file is named"
    over = sum(each.level in {Level.FLAG, Level.ENVIRONMENT} for each in found.origins.values())
    yield ok("configuration", f"{said}; {over} settings from flags and environment: reactor config")
    for sentence in unknown(os.environ):
        yield degraded("environment", sentence)


def rules(patient: Patient) -> Iterator[Finding]:
    """Whether they can be put in force, and have all that they call."""
    try:
        loaded = load_rules(patient.options.rules)
    except Complaint as complaint:
        for line in complaint.lines:
            if not line.startswith(" "):
                yield failed("rules", line, "see: reactor check")
        return
    missing = [*missing_means(loaded, patient.settings.means)]
    for each in missing:
        yield failed("rules", str(each))
    if not missing:
        whose = "" if patient.options.rules else " (the shipped ones)"
        yield ok("rules", f"{len(loaded.rules)} are valid{whose}, version {loaded.version}")


def losses(patient: Patient) -> Iterator[Finding]:
    """The rules that need what this engine cannot do, unless the kernel makes up for it."""
    info = patient.engine
    if info is None or not info.can.missing():
        return
    try:
        loaded = load_rules(patient.options.rules)
    except Complaint:
        return  # Said where the rules are looked at.
    found = patient.abilities
    lane = patient.settings.profile is not Profile.STREAMS and found.mode is not Mode.NONE
    ooms = found.kernel_log.works or found.mode is not Mode.NONE
    beside = elsewhere(info, patient.settings.proc, ooms=ooms, readings=lane)
    for harm in harms(loaded.rules, info.can, beside):
        said = f"{harm.place}: {harm.rule}: {harm.meaning}"
        yield ok("rules", said) if harm.covered else degraded("rules", said)


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
        yield failed("journal", f"{path} cannot be written", remedy)
        return
    about = os.statvfs(place)
    room = about.f_bavail * about.f_frsize
    if room < LEAST_ROOM:
        lost = "when it is full, acting goes on and is not on record"
        yield degraded("journal", f"{room >> 20} MiB are left for {path}: {lost}", "make room on that disk")
    else:
        yield ok("journal", f"{path} can be written, {room >> 20} MiB are left")


OF_ENGINES: frozenset[Checkup] = frozenset(
    (engine, rights, clock, limits, losses, journal, fast_lane, containment, slip, kernel_log, monitors)
)
"""Those about one engine, and a monitor of it; the others are about the host, or about all engines."""
