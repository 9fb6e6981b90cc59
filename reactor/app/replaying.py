"""``reactor replay``: recorded facts once more through rules, and what comes of it.

From the command line to replays and to the exit code; how it looks is in ``replay_page``.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reactor.app.complaint import FOUND, OK, USAGE, Complaint
from reactor.app.progress import Progress
from reactor.app.replay_page import write_differences, write_replay
from reactor.app.replay_story import Told, document
from reactor.app.rulefiles import load_rules
from reactor.app.sessions import Session, Survey, Unreadable, open_sessions
from reactor.core.language.units import read_duration
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.errors import RecordingError
from reactor.recording.replaying import Replay, difference, with_rules
from reactor.recording.unpacking import Texts
from reactor.ruleset import BadRules, parse_all


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for. None for ``new`` are the recorded rules, for ``old`` no comparison."""

    new: RuleSet | None
    old: RuleSet | None
    until: float
    until_wall: float


def replay(options: argparse.Namespace) -> int:
    """Carry out ``reactor replay``."""
    if options.exit_code and not options.compare:
        raise Complaint(
            "reactor: --exit-code says whether two rule sets differ: name the old one with --compare"
        )
    wishes = _wishes(options)
    try:
        sessions = open_sessions(options.recordings, _recorded_rules)
        told = [_replayed(session, wishes, Progress()) for session in sessions]
    except Unreadable as error:
        raise Complaint(*error.lines) from None
    except RecordingError as error:
        raise Complaint(str(error)) from None
    if options.json:
        print(json.dumps(document(told), indent=2))
    else:
        for one in told:
            (write_differences if wishes.old is not None else write_replay)(one, sys.stdout)
    for remark in [remark for one in told for remark in one.session.remarks()]:
        print(remark, file=sys.stderr)
    return _exit_code(told, differences_count=options.exit_code)


def _wishes(options: argparse.Namespace) -> Wishes:
    until, wall = _until(options.until)
    new = load_rules(options.rules) if options.rules else None
    old = load_rules(options.compare) if options.compare else None
    return Wishes(new, old, until, wall)


def _until(text: str | None) -> tuple[float, float]:
    """How far into a recording, and until which moment on the wall's clock."""
    if text is None:
        return math.inf, math.inf
    seconds = read_duration(text)
    if seconds is not None:
        return seconds, math.inf
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Complaint(
            f"reactor: --until {text}: this is neither a duration such as 90s nor a moment "
            "such as 2026-11-21T07:30:00Z"
        ) from None
    return math.inf, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _recorded_rules(texts: Texts, version: str) -> RuleSet:
    """The rules that a recording keeps as text."""
    if not texts:
        raise RecordingError(
            f"the texts of its rules (version {version or 'unknown'}) are not in it: name --rules"
        )
    try:
        return parse_all(texts)
    except BadRules as bad:
        why = "its rules cannot be read by this reactor (name --rules)"
        raise RecordingError("\n".join([why, *(f"  {error}" for error in bad.errors)])) from None


def _no_rules(texts: Texts, version: str) -> RuleSet:
    """The recorded rules where others are in force: only their version is of interest."""
    return RuleSet((), version, texts)


def _replayed(session: Session, wishes: Wishes, progress: Progress) -> Told:
    session.until, session.until_wall = wishes.until, wishes.until_wall
    recorded = _setup(session, needed=wishes.new is None)
    survey = Survey()
    for each in session.items(_teller(progress, "reading", session)):
        survey.take(each)
    live = frozenset(decision.id for decision in survey.decisions)
    armed = wishes.new is not None or wishes.old is not None
    new_setup = with_rules(recorded, wishes.new or recorded.rules) if armed else recorded
    new = Replay(new_setup, live, fixed=armed)
    old = Replay(with_rules(recorded, wishes.old), live, fixed=True) if wishes.old is not None else None
    for each in session.items(_teller(progress, "replaying", session)):
        new.take(each)
        if old is not None:
            old.take(each)
    progress.clear()
    return Told(
        session,
        survey,
        recorded.rules.version,
        new_setup,
        tuple(new.verdicts),
        old=wishes.old,
        difference=difference(old.verdicts, new.verdicts) if old is not None else None,
        as_recorded=not armed,
    )


def _setup(session: Session, *, needed: bool) -> Setup:
    for part in session.parts:
        part.rules_of = _recorded_rules if needed else _no_rules
    return session.setup()


def _teller(progress: Progress, what: str, session: Session) -> Callable[[int, int], None]:
    def tell(read: int, facts: int) -> None:
        if progress.is_due:
            progress.tell(f"{what} {100 * read // max(1, session.size)} % ({facts:,} facts)")

    return tell


def _exit_code(told: list[Told], *, differences_count: bool) -> int:
    if any(one.session.is_damaged for one in told):
        return USAGE
    if differences_count and any(one.difference for one in told):
        return FOUND
    return OK
