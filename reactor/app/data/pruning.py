"""``reactor data prune``: who uses what is asked, what may go is chosen, and that goes, if it was said to.

What may go is decided in ``data``, and how a folder is removed; who uses what is asked in ``holding``.
"""

import argparse
import os
import time
from contextlib import suppress
from ipaddress import ip_address

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.data import page
from reactor.app.data.holding import Asking
from reactor.app.data.outcome import Plan, document, show
from reactor.app.invocation import find_endpoint
from reactor.app.progress import Progress
from reactor.app.settings import Settings
from reactor.core.language.printing import tame
from reactor.core.recipes import plain_name
from reactor.data.choosing import Held, Wanted, stays, user_of
from reactor.data.emptying import Emptied
from reactor.data.listing import look, names
from reactor.data.mounts import Mounts
from reactor.data.removing import Report, remove
from reactor.data.root import SHARED, TASKS, Root
from reactor.data.walking import Bounds, Measured
from reactor.engine.endpoint import Endpoint

_GLANCE = Bounds(entries=1)


def prune(options: argparse.Namespace, settings: Settings, root: Root) -> int:
    """Carry out ``reactor data prune``."""
    wanted = Wanted(options.older_than, tuple(options.task), tuple(options.shared))
    _refuse_missing(root, wanted)
    progress = Progress()
    asking = _asking(options, settings, root, progress)
    held = asking.held()
    plan = _planned(root, wanted, held, progress)
    report = Report()
    if options.yes:
        report = remove(root, plan.going, asking.held, lambda done: _removing(progress, done))
    progress.clear()
    if options.json:
        page.dump(document(plan, report, dry_run=not options.yes))
    else:
        show(plan, report, held, dry_run=not options.yes)
    return FOUND if report.spared or report.emptied.errors else OK


def _asking(options: argparse.Namespace, settings: Settings, root: Root, progress: Progress) -> Asking:
    endpoint = find_endpoint(options, os.environ)
    if not _is_here(endpoint):
        raise Complaint(
            f"reactor: the engine at {endpoint.host} may be on another host, which binds folders of its own",
            "Nothing was removed. Prune on the engine's host: --docker-host unix:///var/run/docker.sock",
        )
    own = settings.policy.own
    despite = {*options.despite, *([own] if own is not None else [])}

    def tell(asked: int, everybody: int) -> None:
        if progress.is_due:
            progress.tell(f"asking the engine who uses what: {asked} of {everybody}")

    return Asking(endpoint, settings.policy.labels, root, despite, tell)


def _is_here(endpoint: Endpoint) -> bool:
    """Whether paths mean the same to the engine as to us, as far as its address tells."""
    address = endpoint.address
    if address.local or address.host == "localhost":
        return True
    with suppress(ValueError):
        return ip_address(address.host).is_loopback
    return False


def _refuse_missing(root: Root, wanted: Wanted) -> None:
    there = {*names(root)}
    missing = [f"no task {task!r}" for task in wanted.tasks if (TASKS, plain_name(task)) not in there]
    missing += [f"nothing shared named {name!r}" for name in wanted.shared if (SHARED, name) not in there]
    if missing:
        said = tame(f"reactor: {'; '.join(missing)} has a folder below {root.path}", 600)
        raise Complaint(said, "See what there is: reactor data list", code=FOUND)


def _planned(root: Root, wanted: Wanted, held: Held, progress: Progress) -> Plan:
    plan, mounts = Plan(), Mounts.read()
    for top, name in names(root):
        if not wanted.means(top, name):
            continue
        glance = look(root, top, name, _GLANCE)
        # Who is in use need not be looked through for how old he is.
        if glance.which is not None and (who := user_of(root, glance, held, mounts)):
            plan.staying.append((glance, f"in use by {who}"))
            continue
        entry = look(root, top, name, Bounds(), lambda name, found: looking(progress, name, found))
        why = stays(root, entry, wanted, held, mounts, time.time())
        if why:
            plan.staying.append((entry, why))
        else:
            plan.going.append(entry)
    return plan


def looking(progress: Progress, name: str, found: Measured) -> None:
    """Tell how far a look is."""
    if progress.is_due:
        progress.tell(f"looking through {tame(name, 60)}: {found.entries} files")


def _removing(progress: Progress, done: Emptied) -> None:
    if progress.is_due:
        progress.tell(f"removed {done.files} files in {done.folders} folders")
