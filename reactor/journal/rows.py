"""From records to rows: one function for each thing that is written down. Intents are in ``intents``.

Only the statements and the values that go into them belong here. Every statement may be
carried out twice and leaves the same row, because after a failure nobody knows for certain
what was written. Strangers' words are cut to length and made storable: a single row that
the database refuses would stop all that come after it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from reactor.core.container import Run
from reactor.core.decisions import Decision
from reactor.core.evidence import Evidence
from reactor.core.grounds import Grounds
from reactor.core.moments import nanoseconds
from reactor.core.notes import Ended
from reactor.core.ports import Anchor
from reactor.journal import papers
from reactor.journal.memory import KnownRun
from reactor.journal.papers import storable

Value = str | int | float | None
MOST_MAINS = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One statement and its values."""

    statement: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on three clocks: our monotonic one, the wall's, and the one since boot."""

    at: float
    wall: float
    boot_id: str
    boot: float


ADOPT = (
    "INSERT INTO runs (container, started_at, name, image, standing, first_seen, mains, task)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (container, started_at) DO UPDATE SET"
    " name = excluded.name, image = excluded.image, standing = excluded.standing, over = 0,"
    " mains = CASE excluded.mains WHEN '[]' THEN mains ELSE excluded.mains END,"
    " task = CASE excluded.task WHEN '' THEN task ELSE excluded.task END"
)

KEEP = (
    "INSERT INTO runs (container, started_at, first_seen, boot_id, born) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (container, started_at) DO UPDATE SET boot_id = excluded.boot_id, born = excluded.born"
)

# A cause is only ever replaced by one that says more: by one that stands further behind in the list.
END = (
    "INSERT INTO exits (container, started_at, exit_code, cause, oom, finished_at, recorded, ended,"
    " boot_id, boot, died, basis) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (container, started_at) DO UPDATE SET"
    " exit_code = coalesce(excluded.exit_code, exit_code), oom = max(oom, excluded.oom),"
    " cause = CASE WHEN instr('unseen,itself,oom,engine,reactor', excluded.cause)"
    " > instr('unseen,itself,oom,engine,reactor', cause) THEN excluded.cause ELSE cause END,"
    " basis = CASE WHEN instr('unseen,itself,oom,engine,reactor', excluded.cause)"
    " > instr('unseen,itself,oom,engine,reactor', cause) THEN excluded.basis"
    " WHEN excluded.cause = cause AND excluded.basis <> 'intent' THEN excluded.basis ELSE basis END,"
    " died = CASE WHEN died IS NULL AND boot_id = excluded.boot_id"
    " THEN excluded.died - (excluded.boot - boot) ELSE died END,"
    " ended = CASE excluded.finished_at WHEN '' THEN ended ELSE excluded.ended END,"
    " finished_at = CASE excluded.finished_at WHEN '' THEN finished_at ELSE excluded.finished_at END"
)
CERTIFY = (
    "INSERT INTO certificates (id, wall, grounds) VALUES (?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET grounds = excluded.grounds"
)
ATTACH = (
    "INSERT INTO certificates (id, wall, processes, log) VALUES (?, ?, coalesce(?, ?), coalesce(?, ?))"
    " ON CONFLICT (id) DO UPDATE SET processes = coalesce(?, processes, excluded.processes),"
    " log = coalesce(?, log, excluded.log)"
)
FORGET_PROVEN = "DELETE FROM proven"
PROVEN = "INSERT INTO proven (proof, rule, since) VALUES (?, ?, ?)"
MARK_OVER = "UPDATE runs SET over = 1 WHERE container = ? AND started_at = ?"


def adopt(known: KnownRun, moment: Moment) -> Row:
    """A run that is followed."""
    values: tuple[Value, ...] = (
        *run_values(known.run),
        storable(known.name),
        storable(known.image),
        known.standing,
        moment.wall,
        json.dumps(sorted(known.mains)[:MOST_MAINS]),
        storable(known.task),
    )
    return Row(ADOPT, values)


def keep(run: Run, anchor: Anchor, moment: Moment) -> Row:
    """Where a run began on the boot-time clock."""
    return Row(KEEP, (*run_values(run), moment.wall, anchor.boot_id, anchor.born))


def again(known: KnownRun, moment: Moment) -> tuple[Row, ...]:
    """Everything that is known of a run, for a file that has begun anew."""
    anchored = (keep(known.run, known.anchor, moment),) if known.anchor else ()
    return (adopt(known, moment), *anchored)


def end(ended: Ended, moment: Moment) -> tuple[Row, Row]:
    """A run that is over."""
    # A number that no kernel gives, and that the database cannot hold, is no exit code.
    code = ended.exit_code if ended.exit_code is not None and abs(ended.exit_code) < 2**63 else None
    finished = nanoseconds(ended.finished_at)
    values: tuple[Value, ...] = (
        *run_values(ended.run),
        code,
        ended.cause,
        int(ended.oom),
        storable(ended.finished_at),
        moment.wall,
        # The engine's clock may be ahead of ours; nothing ended later than we know of it.
        moment.wall if finished is None else min(moment.wall, finished / 1e9),
        moment.boot_id,
        moment.boot,
        None if ended.died is None else moment.at - ended.died,
        ended.basis,
    )
    return Row(END, values), Row(MARK_OVER, run_values(ended.run))


def certify(grounds: Grounds, moment: Moment) -> Row:
    """What a decision rests on."""
    return Row(CERTIFY, (grounds.decision.id, moment.wall, papers.grounds(grounds)))


def attach(decision: Decision, evidence: Evidence, moment: Moment) -> Row:
    """What was gathered around an end. Who found nothing does not take away what another one has found."""
    seen, heard = papers.processes(decision, evidence), papers.log(decision, evidence)
    unseen, unheard = papers.unseen(decision, evidence), papers.unheard(decision, evidence)
    return Row(ATTACH, (decision.id, moment.wall, seen, unseen, heard, unheard, seen, heard))


def proven(proofs: Mapping[str, str], moment: Moment) -> tuple[Row, ...]:
    """The rules that are in force, by proof, in the place of those that were before."""
    kept = (Row(PROVEN, (storable(proof), storable(rule), moment.wall)) for proof, rule in proofs.items())
    return Row(FORGET_PROVEN, ()), *kept


def run_values(run: Run) -> tuple[str, str]:
    """What a row says of whose it is."""
    return storable(run.id), storable(run.started_at)
