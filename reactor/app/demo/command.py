"""``reactor demo``: the real monitor on an embedded engine, before everybody's eyes.

Here are its beginning and its end: what was asked for, a folder for socket and journal that
is gone afterwards, signals, and the exit code. What is played is in ``stage``.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.demo.cast import cast
from reactor.app.demo.page import Page
from reactor.app.demo.stage import play_on_socket, rule_files
from reactor.app.demo.summary import write_summary
from reactor.app.demo.verdict import Summary
from reactor.app.levels.outside import fill_in
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.places import shipped_rules
from reactor.app.rulefiles import load_rules
from reactor.core.rules import RuleSet

QUIET = "error"
"""The log's level where nobody asked for another: what it would say is on the page."""
LONGEST_FOLDER = 80
"""Bytes. A socket's path has at most 107, and its name is in this folder."""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for. ``pace`` stretches the script's pauses."""

    rules: list[Path] | None
    json: bool
    pace: float
    keep: bool
    log_format: LogFormat
    log_level: int

    @classmethod
    def of(cls, options: argparse.Namespace) -> "Wishes":
        """From the options of ``demo``, or of a ``run`` that found no engine."""
        # What is the default for a run is too much for a demo.
        calm = options.command != "demo" and options.log_level == "info"
        return cls(
            rules=options.rules,
            json=getattr(options, "json", False),
            pace=1 / getattr(options, "speed", 1.0),
            keep=getattr(options, "keep", False),
            log_format=LogFormat(options.log_format),
            log_level=logging.getLevelName((QUIET if calm else options.log_level).upper()),
        )


def demo(options: argparse.Namespace) -> int:
    """Show the demo; 0 if everything went as it has to, 1 if not, 128 and the number after a signal."""
    # Only the flags: what is set for a host's monitor is not meant for a story.
    fill_in(options, {})
    wishes = Wishes.of(options)
    # The other shipped rules only say what they would do; a story with them would be about too much.
    rules = load_rules(wishes.rules or [shipped_rules() / "safety.yaml"])
    page = Page(None if wishes.json else sys.stdout)
    with logging_to(sys.stderr.fileno(), wishes.log_format, wishes.log_level):
        ending = trio.run(_show, wishes, rules, page)
    if isinstance(ending, signal.Signals):
        page.write(f"Stopped by {ending.name} before the end.")
        return 128 + ending
    if page.left:
        _let_stdout_go()
        return 128 + signal.SIGPIPE
    if wishes.json:
        sys.stdout.write(json.dumps(ending.document(), indent=2) + "\n")
    else:
        write_summary(page, ending, _pointers(rules, Path(sys.argv[0])))
        if wishes.rules and not ending.ok:
            page.write("The script was written for the shipped rules; other rules end others.")
    return OK if ending.ok else FOUND


async def _show(wishes: Wishes, rules: RuleSet, page: Page) -> Summary | signal.Signals:
    """Play until the end or a signal; whatever comes first, nothing stays behind."""
    wanted = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    endings: list[Summary | signal.Signals] = []
    # The folder is made when signals are already waited for, and gone before they are not any more.
    with trio.open_signal_receiver(*wanted) as signals, _folder(page, keep=wishes.keep) as folder:

        async def wait_for_signal() -> None:
            async for number in signals:
                endings.append(signal.Signals(number))
                nursery.cancel_scope.cancel()

        # Structural: the play and the wait for a signal end together.
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait_for_signal)
            endings.append(await play_on_socket(cast(wishes.pace), rules, folder, page))
            nursery.cancel_scope.cancel()
    return endings[0]


@contextmanager
def _folder(page: Page, *, keep: bool) -> Iterator[Path]:
    """A new folder that nobody else can look into, removed in the end unless it is to be kept."""
    folder = _make_folder()
    try:
        yield folder
    finally:
        if keep:
            page.write(f"The journal is kept, as you asked: {folder / 'journal.db'}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> Path:
    try:
        usual = tempfile.gettempdir()
        short = usual if len(os.fsencode(usual)) < LONGEST_FOLDER else "/tmp"  # noqa: S108 - mkdtemp makes it private.
        return Path(tempfile.mkdtemp(prefix="reactor-demo-", dir=short))
    except OSError as error:
        reason = error.strerror or error
        remedy = "name one that can be written in TMPDIR"
        raise Complaint(f"reactor: there is no temporary folder for the demo: {reason}; {remedy}") from None


def _pointers(rules: RuleSet, program: Path) -> tuple[tuple[str, str], ...]:
    """Where to go from here, by the name under which the program was called."""
    command = "python -m reactor" if program.name == "__main__.py" else str(program)
    return (
        ("README.md", "how to put reactor beside a Docker engine"),
        (rule_files(rules), "the rules that were in force here"),
        (f"{command} run --dry-run", "says what it would end on your engine, and ends nothing"),
    )


def _let_stdout_go() -> None:
    """Nobody reads any more; without this, Python would complain about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
