"""The gate for rules that were never in force: how many runs they would end is counted first.

What they match is counted again whenever time goes on, so nobody is ended on old evidence.
Rules that were in force before do not come by here.
"""

from collections.abc import Sequence
from dataclasses import replace

from reactor.core.amounts import fresh_host
from reactor.core.canary import CANARY_RULE
from reactor.core.candidates import Candidate
from reactor.core.cautions import GateHeld, GateOpened
from reactor.core.draft import Draft
from reactor.core.judging import SAMPLED, fresh_sample, fresh_zombies, needs_samples, reads_zombies
from reactor.core.lasting import renewed
from reactor.core.layers import READ, layer_writes
from reactor.core.orders import is_silent
from reactor.core.restraint import Gate, Match
from reactor.core.rules import Rule
from reactor.core.sampling import tells
from reactor.core.state import Entry, Setup, State
from reactor.core.tokens import Token, parse_token, token_of
from reactor.core.topology import reach

_LONGEST = 40


def is_gated(setup: Setup, state: State, rule: Rule) -> bool:
    """Whether this rule may not decide yet. What only says something needs no gate."""
    if setup.gate.off or setup.runs_dry(rule) or rule is CANARY_RULE:
        return False
    return rule.digest not in setup.proven and rule.digest not in state.curbs.gate.opened


def gated_rules(setup: Setup, state: State) -> tuple[Rule, ...]:
    """The rules that may not decide yet."""
    return tuple(rule for rule in setup.rules.rules if is_gated(setup, state, rule))


def _countable(setup: Setup, state: State, at: float) -> tuple[Rule, ...]:
    """The gated rules that can be counted: of a host of which nothing is known, nobody knows whom it would
    cost. Such a rule waits by itself, and keeps no other one waiting. So does one that was silenced: what it
    would do is not seen then.
    """
    gated = gated_rules(setup, state)
    heard = (rule for rule in gated if not is_silent(setup.silences, rule.name, at))
    return tuple(rule for rule in heard if not _asks_host(rule) or fresh_host(setup, state, rule, at))


def _asks_host(rule: Rule) -> bool:
    return rule.when is not None and rule.when.total is not None and rule.when.total.is_left


def start_counting(state: State, at: float, *, anew: bool = False) -> State:
    """The state with the gate's count begun, by the first snapshot or by a reload."""
    gate = state.curbs.gate
    if gate.since is not None and not anew:
        return state
    gate = Gate(since=at, opened=gate.opened)
    return replace(state, curbs=replace(state.curbs, gate=gate))


def token(setup: Setup, state: State, at: float) -> Token:
    """By what the gate can be acknowledged as it stands now."""
    return token_of((rule.key for rule in _countable(setup, state, at)), state.curbs.gate.concerned)


def objection(setup: Setup, state: State, text: str, at: float) -> str:
    """Why what was read, by this token, is not what would be let through; empty if it is.

    What has come to match since then is held to the bounds of the gate, too: it would else be let
    through without anybody having read of it.
    """
    read, now = parse_token(text), token(setup, state, at)
    if read is None:
        return f"{text[:_LONGEST]!r} is no token: see reactor status for the one of what is held now"
    if read.rules != now.rules:
        return "other rules are held by now than those that were read: see reactor status again"
    if not _is_within(setup, state, now.count - read.count, 0):
        return (
            f"{read.count} containers were read, and it is about {now.count} by now: see reactor status again"
        )
    return ""


def open_gate(
    setup: Setup, state: State, at: float, by: str = "", *, unread: bool = False
) -> tuple[State, GateOpened]:
    """Let all rules through that are gated now and could be counted, for good."""
    rules, gate = _countable(setup, state, at), state.curbs.gate
    digests = frozenset(rule.digest for rule in rules)
    opened = Gate(since=gate.since, opened=gate.opened | digests)
    note = GateOpened(at, tuple(rule.name for rule in rules), digests, gate.matching, by, unread)
    return replace(state, curbs=replace(state.curbs, gate=opened)), note


def review(setup: Setup, draft: Draft, matching: Sequence[Candidate], at: float) -> bool:
    """Count what the gated rules match; True if they are let through by that."""
    gate = draft.state.curbs.gate
    mains = {entry.run.id: entry for each in matching if (entry := draft.entry(each.id)) is not None}
    along = len(reach(draft.state, mains.values())) if mains else 0
    matches = tuple(_match(draft, each) for each in matching)
    unknown = _unknown(setup, draft.state, at)
    gate = replace(gate, matches=matches, along=along, unknown=unknown)
    counting = (not gate.held or gate.waiting) and bool(_countable(setup, draft.state, at))
    if counting and _has_counted(setup, draft.state, gate, at):
        if _is_within(setup, draft.state, len(mains) + unknown, along):
            draft.state = replace(draft.state, curbs=replace(draft.state.curbs, gate=gate))
            draft.state, note = open_gate(setup, draft.state, at)
            draft.notes.append(note)
            return True
        gate = replace(gate, held=True, waiting=_is_within(setup, draft.state, len(mains), along))
    if gate.held and _is_news(setup, gate, len(mains)):
        gate = replace(gate, noted=len(mains), told=True)
        names = tuple(rule.name for rule in gated_rules(setup, draft.state))
        draft.state = replace(draft.state, curbs=replace(draft.state.curbs, gate=gate))
        shown = str(token(setup, draft.state, at))
        draft.notes.append(GateHeld(at, names, matches, along, _governed(draft.state), unknown, shown))
    draft.state = replace(draft.state, curbs=replace(draft.state.curbs, gate=gate))
    return False


def _match(draft: Draft, each: Candidate) -> Match:
    entry = draft.entry(each.id)
    name = entry.container.name if entry is not None else ""
    return Match(each.run, name, each.rule.name, each.reason)


def is_partly_seen(setup: Setup, state: State, at: float) -> bool:
    """Whether readings are still on their way after the first snapshot or a reload, gate or not.

    Then nobody knows how many match, or who of them has most: what has to look at all of them waits.
    """
    since = state.curbs.gate.since
    return since is not None and at - since < setup.gate.longest and not _all_read(setup, state, at)


def _all_read(setup: Setup, state: State, at: float) -> bool:
    wanted = (renewed(state, each) for each in state.living() if needs_samples(each))
    return all(fresh_sample(setup, each, at) is not None for each in wanted)


def _has_counted(setup: Setup, state: State, gate: Gate, at: float) -> bool:
    terms, since = setup.gate, gate.since
    if since is None or at - since < terms.shortest:
        return False
    awaited = gate.unknown or _awaits_zombies(setup, state, at)
    return not awaited or at - since >= terms.longest


def _awaits_zombies(setup: Setup, state: State, at: float) -> bool:
    """Whether a gated rule reads zombies, and no look at the processes has come in yet.

    Where they cannot be looked at, none ever comes: that is waited for, and then counts nothing.
    """
    if not any(reads_zombies(rule) for rule in gated_rules(setup, state)):
        return False
    return all(fresh_zombies(renewed(state, entry), at) is None for entry in state.living())


def _unknown(setup: Setup, state: State, at: float) -> int:
    """How many runs a gated rule may match for all that is known: nobody looked at them yet.

    Those are counted as if they matched. Were they nothing, a new rule would be let through while the
    engine is slow to tell, and would end everybody as soon as it does.
    """
    gated = frozenset(rule.key for rule in _countable(setup, state, at))
    entries = (state.entries.get(key) for key in state.unconfirmed)
    unseen = sum(entry is None or _may_run_again(entry, gated) for entry in entries)
    living = (renewed(state, each) for each in state.living() if each.governed)
    return unseen + sum(_is_unknown(setup, each, gated, at) for each in living)


def _may_run_again(entry: Entry, gated: frozenset[str]) -> bool:
    """Whether one that was over is listed as alive, and a gated rule is for it."""
    return entry.governed and not entry.alive and any(rule.key in gated for rule in entry.rules)


def _is_unknown(setup: Setup, entry: Entry, gated: frozenset[str], at: float) -> bool:
    mine = [rule for rule in entry.rules if rule.key in gated]
    if entry.unsure or not mine:
        return entry.unsure and bool(mine)
    reads = frozenset().union(*(rule.when.reads for rule in mine if rule.when is not None))
    if READ in reads and layer_writes(setup, entry, at) is None:
        return True
    if not reads & SAMPLED:
        return False
    sample = fresh_sample(setup, entry, at)
    return sample is None or not tells(sample)


def _is_within(setup: Setup, state: State, mains: int, along: int) -> bool:
    terms, total = setup.gate, mains + along
    if mains < terms.at_least:
        return True
    return total <= terms.most and total <= terms.share * _governed(state)


def _governed(state: State) -> int:
    return sum(entry.governed for entry in state.living())


def _is_news(setup: Setup, gate: Gate, mains: int) -> bool:
    """Whether the list has grown so much since it was last said that somebody has to know."""
    if not gate.noted and not mains:
        return not gate.told
    return not gate.noted or mains >= gate.noted + max(setup.gate.at_least, gate.noted // 2)
