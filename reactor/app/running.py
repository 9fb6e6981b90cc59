"""``reactor run``: from flags and files to monitors that run, and every way in which they cannot begin.

Whatever a user can mend becomes a Complaint here. What runs then is in ``alone``, or in the ``fleet`` where
several engines are meant.
"""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence

import trio

from reactor.app.alone import watch_one
from reactor.app.beginning import Wanted
from reactor.app.complaint import OK, Complaint
from reactor.app.engines import Meant, engines_meant
from reactor.app.fleet.watching import watch_several
from reactor.app.garbage import set_aside_the_program
from reactor.app.invocation import check_means, effective, leaves
from reactor.app.levels.merging import merged
from reactor.app.levels.outside import fill_in
from reactor.app.levels.strangers import warn_of_unknown
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Profile
from reactor.app.survival import outlive_others
from reactor.app.systemd.notifying import Notifier, take_notifier
from reactor.app.territory import TerritoryTaken
from reactor.app.urgency import go_first
from reactor.core.ports import EngineError
from reactor.core.rules import RuleSet
from reactor.http.server_listeners import CannotListen
from reactor.journal.errors import JournalError
from reactor.observe.otel import BadSetting
from reactor.web.listen import BadListen


def run(options: argparse.Namespace) -> int:
    """Carry out ``reactor run``; returns when it was told to stop."""
    fill_in(options, os.environ)
    level = getattr(logging, options.log_level.upper())
    with logging_to(sys.stderr.fileno(), LogFormat(options.log_format), level):
        warn_of_unknown(os.environ)
        notifier = take_notifier(os.environ)
        found = merged(options, os.environ)
        rules = load_rules(options.rules)
        check_means(rules, effective(found))
        engines = engines_meant(options, os.environ, found)
        if engines:
            _watch(engines, rules, options, notifier)
            return OK
    from reactor.app.demo.command import demo  # noqa: PLC0415 - heavy, and seldom needed

    print("No engine is named and none is at /var/run/docker.sock: here is the demo.", flush=True)
    options.json = False
    return demo(options)


def _watch(engines: Sequence[Meant], rules: RuleSet, options: argparse.Namespace, notifier: Notifier) -> None:
    outlive_others()
    if any(engine.settings.profile is not Profile.STREAMS for engine in engines):
        go_first()
    set_aside_the_program()
    # Whoever asks for the rules to be read again while they are read for the first time must not end us.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        trio.run(_run, engines, rules, options, notifier)
    except* (EngineError, JournalError, TerritoryTaken, CannotListen, BadListen, BadSetting) as group:
        raise Complaint(*(f"reactor: {error}" for error in leaves(group))) from None


async def _run(
    engines: Sequence[Meant], rules: RuleSet, options: argparse.Namespace, notifier: Notifier
) -> None:
    if any(engine.name for engine in engines):
        await watch_several(engines, rules, options.rules, notifier)
        return
    (only,) = engines
    await watch_one(Wanted(only.endpoint, only.settings, rules, options.rules), notifier)
