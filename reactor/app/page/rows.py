"""One container as a row of the list: plain values, strangers' words made fit to be shown.

Only the record and its making are here; which rows somebody sees is in ``listing``. None is unknown, and
never zero. All amounts are in seconds, bytes and cores.
"""

from enum import StrEnum

import msgspec

from reactor.app.page.nearest import Measures, Nearest, Stands
from reactor.core.container import ContainerId
from reactor.core.gate import is_gated
from reactor.core.judging import fresh_sample, needs_samples, view_of
from reactor.core.lasting import renewed
from reactor.core.obeying import is_held
from reactor.core.orders import silence_of
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State
from reactor.observe.text import plain

NEAR = 0.8
"""From this share of a bound on a container is called near it."""
LONGEST_NAME, LONGEST_IMAGE = 120, 160


class Status(StrEnum):
    """How a container stands, the worst first."""

    STUCK = "stuck"  # the engine does not get it ended
    ENDING = "ending"  # a decision about it is being carried out
    BREACHING = "breaching"  # a rule that acts holds
    HELD = "held"  # a rule holds and something holds it back: --dry-run, a hold, a gate, a silence
    UNKNOWN = "unknown"  # readings are needed and there is none that counts
    NEAR = "near"  # near the bound of a rule
    OK = "ok"
    SKIPPED = "skipped"
    PROTECTED = "protected"
    WATCHED = "watched"  # out of scope


ORDER = {status.value: number for number, status in enumerate(Status)}
_ACUTE, _CALM = ORDER[Status.HELD], ORDER[Status.OK]
_SPARED = {
    Standing.WATCHED: Status.WATCHED,
    Standing.SKIPPED: Status.SKIPPED,
    Standing.PROTECTED: Status.PROTECTED,
}


class Row(msgspec.Struct, frozen=True, gc=False):
    """One living container. ``since`` is for how many seconds the first rule that acts has held.

    No dataclass: ten thousand of these are made at a time, and the collector need not look at them.
    """

    id: ContainerId
    name: str
    image: str
    state: str
    standing: str
    status: str
    task: str
    owner: str
    age: float | None
    pids: int | None
    pids_limit: int | None
    memory: int | None
    memory_limit: int | None
    cpu: float | None
    sample_age: float | None
    restarts: int | None
    nearest: Nearest | None
    holds: tuple[str, ...]
    since: float | None
    ending: str


def row_of(setup: Setup, state: State, entry: Entry, at: float, measures: Measures) -> tuple[Row, Stands]:
    """A row of this moment, and how its rules stand."""
    entry = renewed(state, entry)
    container, sample, view = entry.container, fresh_sample(setup, entry, at), view_of(setup, entry, at)
    stands = measures.stands(entry, view) if entry.governed and not entry.unsure else _NOBODY
    row = Row(
        id=container.id,
        name=plain(container.name, LONGEST_NAME),
        image=plain(container.image, LONGEST_IMAGE),
        state=plain(container.state, 20),
        standing=entry.standing.value,
        status=_status(setup, state, entry, stands, at, seen=sample is not None).value,
        task=plain(entry.task or entry.serves, LONGEST_NAME),
        owner=plain(entry.own.get(setup.policy.labels.owner, ""), LONGEST_NAME),
        age=None if container.born is None else max(0.0, at - container.born),
        pids=sample.pids if sample else None,
        pids_limit=sample.pids_limit if sample else container.pids_limit,
        memory=sample.memory if sample else None,
        memory_limit=sample.memory_limit if sample else container.memory_limit,
        cpu=entry.cores if sample else None,
        sample_age=None if entry.sample is None else max(0.0, at - entry.sample.at),
        restarts=container.restarts,
        nearest=stands.nearest,
        holds=tuple(rule.name for rule in stands.holding),
        since=_since(entry, stands, at),
        ending=entry.ending,
    )
    return row, stands


_NOBODY = Stands(None, (), ())


def nearness(row: Row) -> float:
    """What rows are sorted by, the least first: what is being ended, breaches or is held; then by the share
    of the nearest bound, what only says so behind what acts; then those that nothing is done about."""
    order = ORDER[row.status]
    group = order if order <= _ACUTE else _ACUTE + 1 if order <= _CALM else order
    near = row.nearest
    if near is None:
        return group + 0.5
    part = near.share / (1.0 + near.share)
    return group + (0.4 * (1.0 - part) if not near.dry_run else 0.4 + 0.1 * (1.0 - part))


def words_of(row: Row) -> str:
    """What a filter looks at, in small letters."""
    return f"{row.name}\n{row.image}\n{row.task}\n{row.owner}\n{row.id}".casefold()


def _status(setup: Setup, state: State, entry: Entry, stands: Stands, at: float, *, seen: bool) -> Status:
    if entry.standing in _SPARED:
        return _SPARED[entry.standing]
    if entry.ending:
        return Status.STUCK if entry.vain else Status.ENDING
    if live := [rule for rule in stands.holding if not rule.dry_run]:
        held = all(_is_held_back(setup, state, entry, rule, at) for rule in live)
        return Status.HELD if held else Status.BREACHING
    if entry.unsure or (not seen and needs_samples(entry)):
        return Status.UNKNOWN
    nearest = stands.nearest
    if nearest is not None and not nearest.dry_run and nearest.share >= NEAR:
        return Status.NEAR
    return Status.OK


def _is_held_back(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> bool:
    curbs = state.curbs
    # A monitor that only says what it would do shows how its rules stand all the same: that is its use.
    if setup.dry_run or is_held(state, at) or entry.run.id in curbs.brakes.waiting:
        return True
    if rule.key in entry.latched or rule.key in curbs.limited or is_gated(setup, state, rule):
        return True
    silences = curbs.orders.silences if curbs.orders is not None else ()
    return silence_of(silences, entry.run.id, rule.name, at) is not None


def _since(entry: Entry, stands: Stands, at: float) -> float | None:
    live = [rule.key for rule in stands.holding if not rule.dry_run]
    began = [entry.holding[key].since for key in live if key in entry.holding]
    return at - min(began) if began else None
