"""``reactor data``: the command, and the list. Removing is in ``pruning``."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from reactor.app.complaint import OK, Complaint
from reactor.app.data import page
from reactor.app.data.flags import PRUNE
from reactor.app.data.pruning import looking, prune
from reactor.app.invocation import read_settings
from reactor.app.progress import Progress
from reactor.core.language.printing import tame
from reactor.data.errors import DataRefused
from reactor.data.leaving import TOPS, left_aside, thrown_away
from reactor.data.listing import listed
from reactor.data.root import LEAVING, OWN, Root

NO_ROOT = (
    "reactor: no root of data folders is named",
    "Name one: 'data: {root: /var/lib/reactor/data}' in the file of --config, or --root PATH",
)


def data(options: argparse.Namespace) -> int:
    """Carry out ``reactor data``."""
    _refuse_flags(options)
    settings = read_settings(options)
    path = options.root or settings.data
    if path is None:
        raise Complaint(*NO_ROOT)
    with _complaints(), Root.open(path, make=False) as root:
        return prune(options, settings, root) if options.what == PRUNE else _list(options, root)


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
    entries = listed(root, tell=lambda name, found: looking(progress, name, found))
    progress.clear()
    remarks = [*_remarks(root)]
    if options.json:
        page.dump({"root": str(root.path), "folders": page.documents(entries), "remarks": remarks})
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
