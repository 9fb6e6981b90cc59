"""``reactor data``: what it is asked, in which order things are done, and what came of it.

What may go is decided in ``data``, who uses what is asked in ``holding``, and shown is it in ``page``.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.data import page
from reactor.app.data.flags import PRUNE
from reactor.app.data.holding import Asking
from reactor.app.invocation import find_endpoint, read_settings
from reactor.app.progress import Progress
from reactor.app.settings import Settings
from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes
from reactor.core.recipes import plain_name
from reactor.data.choosing import Held, Wanted, stays, user_of
from reactor.data.emptying import Emptied
from reactor.data.errors import DataRefused
from reactor.data.leaving import TOPS, left_aside, thrown_away
from reactor.data.listing import Entry, listed, look, names
from reactor.data.mounts import Mounts
from reactor.data.removing import Report, remove
from reactor.data.root import LEAVING, OWN, SHARED, TASKS, Root
from reactor.data.walking import Bounds, Measured

NO_ROOT = (
    "reactor: no root of data folders is named",
    "Name one: 'data: {root: /var/lib/reactor/data}' in the file of --config, or --root PATH",
)
_GLANCE = Bounds(entries=1)


def data(options: argparse.Namespace) -> int:
    """Carry out ``reactor data``."""
    _refuse_flags(options)
    settings = read_settings(options)
    path = options.root or settings.data
    if path is None:
        raise Complaint(*NO_ROOT)
    with _complaints(), Root.open(path, make=False) as root:
        return _prune(options, settings, root) if options.what == PRUNE else _list(options, root)


def _refuse_flags(options: argparse.Namespace) -> None:
    given = options.older_than or options.task or options.shared or options.despite or options.yes
    if options.what == PRUNE and options.older_than is None:
        raise Complaint("reactor data prune: say how old: --older-than 30d")
    if options.what != PRUNE and given:
        raise Complaint("reactor data: these flags are for 'reactor data prune'; a list takes --json")


@contextmanager
def _complaints() -> Iterator[None]:
    try:
        yield
    except DataRefused as refused:
        raise Complaint(f"reactor: {tame(str(refused), 600)}") from None


def _list(options: argparse.Namespace, root: Root) -> int:
    progress = Progress()
    entries = listed(root, tell=lambda name, found: _looking(progress, name, found))
    progress.clear()
    remarks = [*_remarks(root)]
    if options.json:
        _dump({"root": str(root.path), "folders": page.documents(entries), "remarks": remarks})
        return OK
    if entries:
        print("\n".join(page.table(entries)))
    else:
        print(f"there are no data folders below {root.path}", file=sys.stderr)
    for remark in remarks:
        print(remark, file=sys.stderr)
    return OK


def _remarks(root: Root) -> Iterator[str]:
    """What a prune that was cut short left behind."""
    for top in TOPS:
        for name in left_aside(root, top):
            where = f"{root.path}/{OWN}/{LEAVING}/{top}/{name}"
            yield tame(f"{top}/{name} was set aside by a prune that did not end; it is kept at {where}", 600)
    if waiting := thrown_away(root):
        yield f"{waiting} removed folders are still on the disk; the next 'reactor data prune --yes' goes on"


@dataclass(slots=True)
class _Plan:
    """What is to go, and what stays and why."""

    going: list[Entry] = field(default_factory=list)
    staying: list[tuple[Entry, str]] = field(default_factory=list)


def _prune(options: argparse.Namespace, settings: Settings, root: Root) -> int:
    wanted = Wanted(options.older_than, tuple(options.task), tuple(options.shared))
    _refuse_missing(root, wanted)
    progress = Progress()
    asking = _asking(options, settings, root, progress)
    held = asking.held()
    plan = _plan(root, wanted, held, progress)
    report = Report()
    if options.yes:
        report = remove(root, plan.going, asking.held, lambda done: _removing(progress, done))
    progress.clear()
    if options.json:
        _dump(_document(plan, report, dry_run=not options.yes))
    else:
        _show(plan, report, held, dry_run=not options.yes)
    return FOUND if report.spared or report.emptied.errors else OK


def _asking(options: argparse.Namespace, settings: Settings, root: Root, progress: Progress) -> Asking:
    endpoint = find_endpoint(options, os.environ)
    if endpoint is None:
        raise Complaint("reactor: no engine is named, and none is at the default socket")
    own = settings.policy.own
    despite = {*options.despite, *([own] if own is not None else [])}

    def tell(asked: int, everybody: int) -> None:
        if progress.is_due:
            progress.tell(f"asking the engine who uses what: {asked} of {everybody}")

    return Asking(endpoint, settings.policy.labels, root, despite, tell)


def _refuse_missing(root: Root, wanted: Wanted) -> None:
    there = {*names(root)}
    missing = [f"no task {task!r}" for task in wanted.tasks if (TASKS, plain_name(task)) not in there]
    missing += [f"nothing shared named {name!r}" for name in wanted.shared if (SHARED, name) not in there]
    if missing:
        said = tame(f"reactor: {'; '.join(missing)} has a folder below {root.path}", 600)
        raise Complaint(said, "See what there is: reactor data list", code=FOUND)


def _plan(root: Root, wanted: Wanted, held: Held, progress: Progress) -> _Plan:
    plan, mounts = _Plan(), Mounts.read()
    for top, name in names(root):
        if not wanted.means(top, name):
            continue
        glance = look(root, top, name, _GLANCE)
        # Who is in use need not be looked through for how old he is.
        if glance.which is not None and (who := user_of(root, glance, held, mounts)):
            plan.staying.append((glance, f"in use by {who}"))
            continue
        entry = look(root, top, name, Bounds(), lambda name, found: _looking(progress, name, found))
        why = stays(root, entry, wanted, held, mounts, time.time())
        if why:
            plan.staying.append((entry, why))
        else:
            plan.going.append(entry)
    return plan


def _looking(progress: Progress, name: str, found: Measured) -> None:
    if progress.is_due:
        progress.tell(f"looking through {tame(name, 60)}: {found.entries} files")


def _removing(progress: Progress, done: Emptied) -> None:
    if progress.is_due:
        progress.tell(f"removed {done.files} files in {done.folders} folders")


def _show(plan: _Plan, report: Report, held: Held, *, dry_run: bool) -> None:
    now = time.time()
    for entry, why in plan.staying:
        print(f"stays          {page.line(entry, why)}")
    for entry in plan.going if dry_run else report.removed:
        told = page.line(entry, f"last changed or wanted {page.ago(entry, now, held)}")
        print(f"{'would go' if dry_run else 'removed':<15}{told}")
    for entry, why in report.spared:
        print(f"stays after all  {page.line(entry, why)}", file=sys.stderr)
    for error in report.emptied.errors:
        print(tame(error, 600), file=sys.stderr)
    print(_summary(plan, report, dry_run=dry_run))


def _summary(plan: _Plan, report: Report, *, dry_run: bool) -> str:
    gone = plan.going if dry_run else report.removed
    amount = say_bytes(sum(entry.size for entry in gone))
    stay = len(plan.staying) + len(report.spared)
    if dry_run:
        more = "; nothing was removed: say --yes to remove them" if gone else ""
        return f"{len(gone)} would go ({amount}), {stay} stay{more}"
    return f"{len(gone)} removed ({amount}), {stay} stay"


def _document(plan: _Plan, report: Report, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "would_go" if dry_run else "removed": page.documents(plan.going if dry_run else report.removed),
        "stays": [page.document(entry, why) for entry, why in plan.staying],
        "spared": [page.document(entry, why) for entry, why in report.spared],
        "errors": list(report.emptied.errors),
    }


def _dump(told: dict[str, Any]) -> None:
    json.dump(told, sys.stdout, indent=2)
    print()
