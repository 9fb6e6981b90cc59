"""``reactor top``: from flags to a frame, a document, or a screen that goes on.

Only the command is here; the first answer is waited for before anything is drawn, so that a mistake is one
sentence.
"""

import argparse
import io
import json
import sys
from dataclasses import asdict

import trio
from rich.console import Console

from reactor.app.complaint import OK, Complaint
from reactor.app.top.frame import Sheet, frame
from reactor.app.top.screen import Screen, is_rich
from reactor.app.top.source import Source, source_of
from reactor.app.top.view import View

ROWS = 200
"""Of a frame that is printed once so many containers are shown at most."""


def top(options: argparse.Namespace) -> int:
    """Carry out ``reactor top``."""
    source = source_of(options)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name may be in any writing; a terminal that cannot show it is no reason to end.
        sys.stdout.reconfigure(errors="replace")
    once = options.once or options.json
    if not once and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Complaint("reactor: this is no terminal: --once prints one frame, --json a document")
    try:
        trio.run(_run, source, options)
    except* Complaint as group:
        raise group.exceptions[0] from None  # Of several one is enough to mend.
    return OK


async def _run(source: Source, options: argparse.Namespace) -> None:
    view, console = View(), Console(highlight=False, markup=False, emoji=False)
    look = await source.look(view.query)
    if options.json:
        json.dump(asdict(look), sys.stdout, indent=2)
        print()
    elif options.once:
        console.print(frame(look, view, Sheet(console.width, ROWS, is_rich(console), keys=False)))
    else:
        await Screen(source, console, look).run()
