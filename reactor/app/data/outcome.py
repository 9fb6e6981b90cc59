"""What a prune came to, or would come to, as it is shown."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from reactor.app.data import page
from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes
from reactor.data.choosing import Held
from reactor.data.listing import Entry
from reactor.data.removing import Report


@dataclass(slots=True)
class Plan:
    """What is to go, and what stays and why."""

    going: list[Entry] = field(default_factory=list)
    staying: list[tuple[Entry, str]] = field(default_factory=list)


def show(plan: Plan, report: Report, held: Held, *, dry_run: bool) -> None:
    """For people; what went wrong on stderr."""
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


def _summary(plan: Plan, report: Report, *, dry_run: bool) -> str:
    gone = plan.going if dry_run else report.removed
    amount = say_bytes(sum(entry.size for entry in gone))
    stay = len(plan.staying) + len(report.spared)
    if dry_run:
        more = "; nothing was removed: say --yes to remove them" if gone else ""
        return f"{len(gone)} would go ({amount}), {stay} stay{more}"
    return f"{len(gone)} removed ({amount}), {stay} stay"


def document(plan: Plan, report: Report, *, dry_run: bool) -> dict[str, Any]:
    """For machines; keys are only ever added."""
    return {
        "dry_run": dry_run,
        "would_go" if dry_run else "removed": page.documents(plan.going if dry_run else report.removed),
        "stays": [page.document(entry, why) for entry, why in plan.staying],
        "spared": [page.document(entry, why) for entry, why in report.spared],
        "errors": list(report.emptied.errors),
    }
