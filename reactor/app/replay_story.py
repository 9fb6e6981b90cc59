"""What one replay came to, as a record and as a JSON document. What people see is in ``replay_page``."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import msgspec

from reactor.app.sessions import Session, Survey
from reactor.core.decisions import Decision
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.replaying import Difference, Verdict, first_ends

FIELDS = tuple(each.name for each in fields(Decision))
"""The fields of a decision."""
_LAST = 253_402_300_800.0
"""The end of the year 9999, where calendars end, in seconds."""


@dataclass(frozen=True, slots=True)
class Told:
    """One session, replayed. ``as_recorded`` tells that it was with the rules that were in force then."""

    session: Session
    survey: Survey
    recorded_rules: str
    setup: Setup
    verdicts: tuple[Verdict, ...]
    old: RuleSet | None
    difference: Difference | None
    as_recorded: bool

    @property
    def is_as_live(self) -> bool:
        """Whether the replay decided what was decided then, byte for byte."""
        # An older recording lacks what was added to decisions later: there is nothing to compare that with.
        recorded = dict(self.session.header.kinds).get("Decision", ())
        known = [name for name in FIELDS if name in recorded]
        now = canonical([each.decision for each in self.verdicts], known)
        return now == canonical(self.survey.decisions, known)

    @property
    def ended_by(self) -> dict[str, int]:
        """How many runs each rule would have ended, the most first."""
        found = Counter(each.decision.rule for each in first_ends(self.verdicts).values())
        return dict(found.most_common())

    @property
    def only_said(self) -> int:
        """Decisions of what runs dry."""
        return sum(each.decision.dry_run for each in self.verdicts)

    def into(self, verdict: Verdict) -> float:
        """Seconds from the first fact to this decision."""
        return verdict.decision.at - self.survey.began


def canonical(decisions: Sequence[Decision], named: Sequence[str] = FIELDS) -> bytes:
    """Decisions as bytes, every field or those that are named, so that two replays can be compared."""
    return msgspec.msgpack.encode([[getattr(each, name) for name in named] for each in decisions])


def clock(wall: float) -> str:
    """A moment on the wall's clock, in UTC; a question mark for what is none."""
    if not 0 <= wall < _LAST:
        return "?"
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document(told: Sequence[Told]) -> dict[str, Any]:
    """All sessions, for machines."""
    return {"sessions": [_session(one) for one in told]}


def _session(told: Told) -> dict[str, Any]:
    header, survey = told.session.header, told.survey
    found: dict[str, Any] = {
        "session": header.session,
        "files": [str(part.path) for part in told.session.parts],
        "remarks": told.session.remarks(),
        "damaged": told.session.is_damaged,
        "recorded_by": header.reactor,
        "acting": header.acting,
        "engine": {"id": header.engine.id, "name": header.engine.name, "version": header.engine.version},
        "began": clock(survey.wall),
        "seconds": round(survey.seconds, 6),
        "facts": survey.facts,
        "lost": survey.lost,
        "containers": len(survey.ids),
        "sampled": len(survey.sampled),
        "rules": {"recorded": told.recorded_rules, "replayed": told.setup.rules.version},
        "reloads": survey.reloads,
        "ended_by": told.ended_by,
    }
    if told.difference is not None and told.old is not None:
        found["rules"]["compared_with"] = told.old.version
        found["difference"] = _difference(told, told.difference)
        return found
    if told.as_recorded:
        found["as_live"] = told.is_as_live
    found["decisions"] = [_verdict(told, each) for each in told.verdicts]
    return found


def _difference(told: Told, found: Difference) -> dict[str, Any]:
    pairs = {"earlier": found.earlier, "later": found.later}
    return {
        "added": [_verdict(told, each) for each in found.added],
        "gone": [_verdict(told, each) for each in found.gone],
        **{
            name: [{"old": _verdict(told, old), "new": _verdict(told, new)} for old, new in each]
            for name, each in pairs.items()
        },
    }


def _verdict(told: Told, verdict: Verdict) -> dict[str, Any]:
    decision = verdict.decision
    return {
        "at": clock(verdict.wall),
        "into": round(told.into(verdict), 6),
        "container": decision.name,
        "id": decision.run.id,
        "started_at": decision.run.started_at,
        "action": decision.action.value,
        "rule": decision.rule,
        "reason": decision.reason,
        "summary": decision.summary,
        "dry_run": decision.dry_run,
        "cause": decision.cause,
        "decision": decision.id,
    }
