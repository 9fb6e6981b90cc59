"""Mains whose owner is gone: what is known of owners, and who is ended for it.

"Gone" is only what was proved: by a look of the ``owners`` room, or by two lists without a container. It has
to stay so for ``owner_grace`` without a break, and the main has to be older than the creation grace. Unknown
breaks the time and never ends anybody. Where a rule says what is done about it, that rule does, and nothing
else. How a label's value is read is in ``owners``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reactor.core.accounts import was_given
from reactor.core.container import Container
from reactor.core.deciding import begin, decide
from reactor.core.decisions import Decision
from reactor.core.draft import Draft
from reactor.core.facts import OwnersSeen, Snapshot
from reactor.core.orders import silence_of
from reactor.core.owners import Kind, Owner, Presence, read_owner
from reactor.core.protection import Policy, Standing
from reactor.core.rules import Rule, Trigger, rules_of
from reactor.core.state import Entry, OwnerKnown, Setup, State
from reactor.core.verbs import Action

RULE = "owner-gone"
"""The name of what is done about a main whose owner is gone."""
LISTS = 2
"""How many lists without a container alive prove that it is gone."""


@dataclass(frozen=True, slots=True)
class OwnerAppraisal:
    """An owner, for people: ``state`` is empty for a mere name, ``since`` for how many seconds it is so."""

    text: str
    kind: str
    state: str
    said: str
    since: float | None = None


def is_of_owners(rules: Iterable[Rule], name: str, level: str = "") -> bool:
    """Whether a decision by this rule is about an owner that is gone: it may be back by now."""
    return any(rule.on is Trigger.OWNER_GONE for rule in rules_of(rules, name, level))


def owner_of(policy: Policy, container: Container) -> Owner | None:
    """The owner that this container was given; None if it has none, or may have it from its image."""
    text = container.labels.get(policy.labels.owner)
    return read_owner(text) if text and was_given(policy, container) else None


def wanted_owners(setup: Setup, state: State) -> Mapping[str, Owner]:
    """The owners of living mains, by their text, that somebody has to look for."""
    found = (owner_of(setup.policy, entry.container) for entry in _mains(state))
    return {each.text: each for each in found if each is not None and each.kind is not Kind.NAME}


def count_owners(setup: Setup, state: State, at: float) -> Mapping[tuple[Kind, Presence], int]:
    """How many of those owners are there, gone, or unknown at this moment, by their kind."""
    wanted = wanted_owners(setup, state).values()
    return Counter((each.kind, presence(setup, state, each, at).presence) for each in wanted)


def take_owners(setup: Setup, state: State, fact: OwnersSeen) -> State:
    """The state with what was just found out of owners; those that nobody looked for are forgotten."""
    kept = {text: known for text, known in state.owners.items() if _is_container(text)}
    for text, presence in fact.seen.items():
        old = state.owners.get(text)
        kept[text] = _known(setup, old, fact.at, presence, fact.why.get(text, ""))
    return _returned(state, kept)


def count_containers(setup: Setup, state: State, snapshot: Snapshot) -> State:
    """The state with this list counted, for owners that are containers. After a gap it counts anew."""
    wanted = {text: each for text, each in wanted_owners(setup, state).items() if each.kind is Kind.CONTAINER}
    if not wanted and not any(map(_is_container, state.owners)):
        return state
    alive = {each.id for each in snapshot.containers if each.alive} | snapshot.unsure
    kept = {text: known for text, known in state.owners.items() if not _is_container(text)}
    for text, owner in wanted.items():
        kept[text] = _counted(setup, state.owners.get(text), owner, snapshot, here=owner.container in alive)
    return _returned(state, kept)


def _counted(
    setup: Setup, old: OwnerKnown | None, owner: Owner, snapshot: Snapshot, *, here: bool
) -> OwnerKnown:
    if owner.flaw or here:
        presence = Presence.UNKNOWN if owner.flaw else Presence.ALIVE
        return _known(setup, old, snapshot.at, presence, owner.flaw)
    # What happened while nobody listened is not known: the lists before that prove nothing.
    again = old is not None and not snapshot.gap and snapshot.at - old.at <= setup.owner_fresh
    lists = old.lists + 1 if again and old is not None else 1
    if lists < LISTS:
        return OwnerKnown(Presence.UNKNOWN, snapshot.at, snapshot.at, "in one list it was missing", lists)
    known = _known(setup, old, snapshot.at, Presence.GONE, f"no list of the last {lists} has it alive")
    return replace(known, lists=lists)


def _known(setup: Setup, old: OwnerKnown | None, at: float, presence: Presence, why: str) -> OwnerKnown:
    same = old is not None and old.presence is presence and at - old.at <= setup.owner_fresh
    return OwnerKnown(presence, at, old.since if same and old is not None else at, why)


def _is_container(text: str) -> bool:
    return text.startswith(f"{Kind.CONTAINER}:")


def _returned(state: State, owners: Mapping[str, OwnerKnown]) -> State:
    return replace(state, owners=owners) if owners != state.owners else state


def presence(setup: Setup, state: State, owner: Owner, at: float) -> OwnerKnown:
    """What is known of an owner at this moment; what was seen too long ago is known no more."""
    if owner.flaw:
        return OwnerKnown(Presence.UNKNOWN, at, at, owner.flaw)
    if owner.kind is Kind.CONTAINER:
        entry = state.entries.get(owner.container)
        if entry is not None and entry.alive:
            return OwnerKnown(Presence.ALIVE, at, entry.adopted_at, "")
    known = state.owners.get(owner.text)
    if known is None:
        return OwnerKnown(Presence.UNKNOWN, at, at, "nobody has looked yet")
    if at - known.at > setup.owner_fresh:
        return OwnerKnown(Presence.UNKNOWN, at, known.at, "nobody could look for it lately")
    return known


def is_gone(setup: Setup, state: State, container: Container, at: float) -> bool:
    """Whether this container has an owner, and that one has been gone for long enough."""
    owner = owner_of(setup.policy, container)
    if owner is None or owner.kind is Kind.NAME:
        return False
    return _is_over(setup, presence(setup, state, owner, at), at)


def lost_owner(setup: Setup, state: State, entry: Entry, at: float) -> OwnerKnown | None:
    """What is known of a main's owner, if that has been gone for long enough for a rule to speak of it."""
    seen = state.owners.get(entry.container.labels.get(setup.policy.labels.owner, ""))
    if seen is None or seen.presence is not Presence.GONE or entry.standing is not Standing.MAIN:
        # It is asked of every main in every second, and most owners are there.
        return None
    owner = owner_of(setup.policy, entry.container)
    if owner is None or not _is_grown(setup, entry, at):
        return None
    known = presence(setup, state, owner, at)
    return known if _is_over(setup, known, at) else None


def judge_owned(setup: Setup, draft: Draft, at: float) -> list[Decision]:
    """End the mains whose owner is gone; only say so where nobody switched it on.

    Where a rule says what is done about such a main, it is that rule's moment and nothing else.
    """
    owners = draft.state.owners
    if not owners:
        return []
    decisions = []
    for old in _mains(draft.state):
        entry = draft.entry(old.run.id) or old
        known = owners.get(entry.container.labels.get(setup.policy.labels.owner, ""))
        if known is None or (known.presence is not Presence.GONE and RULE not in entry.latched):
            continue
        owner = owner_of(setup.policy, entry.container)
        if owner is None or any(rule.on is Trigger.OWNER_GONE for rule in entry.rules):
            continue
        judged, decision = _judge(setup, draft.state, entry, owner, at)
        if judged is not entry:
            draft.changed[entry.run.id] = judged
        if decision is not None:
            decisions.append(decision)
    return decisions


def _judge(
    setup: Setup, state: State, entry: Entry, owner: Owner, at: float
) -> tuple[Entry, Decision | None]:
    known = presence(setup, state, owner, at)
    if known.presence is Presence.ALIVE and RULE in entry.latched:
        # Should it go again, that is news.
        return replace(entry, latched=entry.latched - {RULE}), None
    if not _is_due(setup, entry, known, at):
        return entry, None
    dry_run = setup.dry_run or not setup.owners_enforced
    decision = decide(
        entry,
        Action.STOP,
        RULE,
        f"its owner, a {owner.kind}, has been gone for {at - known.since:.0f} s: {known.why}",
        at,
        since=known.since,
        grace=setup.sidecar_grace,
        dry_run=dry_run,
    )
    entry = replace(entry, decided=entry.decided + 1)
    if dry_run:
        return replace(entry, latched=entry.latched | {RULE}), decision
    return begin(entry, decision), decision


def _is_due(setup: Setup, entry: Entry, known: OwnerKnown, at: float) -> bool:
    if not _is_over(setup, known, at):
        return False
    if silence_of(setup.silences, entry.run.id, RULE, at) is not None:
        return False
    if entry.unsure or entry.ending or at < entry.quiet_until or RULE in entry.latched:
        return False
    return _is_grown(setup, entry, at)


def _is_over(setup: Setup, known: OwnerKnown, at: float) -> bool:
    return known.presence is Presence.GONE and at - known.since >= setup.owner_grace


def _is_grown(setup: Setup, entry: Entry, at: float) -> bool:
    began = entry.container.created if entry.container.created is not None else entry.first_seen
    return at - began >= setup.creation_grace


def appraise_owner(setup: Setup, state: State, entry: Entry, at: float) -> OwnerAppraisal | None:
    """What is known of a container's owner, for whoever asks; None if it names none."""
    text = entry.container.labels.get(setup.policy.labels.owner)
    if not text:
        return None
    owner = owner_of(setup.policy, entry.container)
    if owner is None:
        kind = read_owner(text).kind
        return OwnerAppraisal(text, kind, "", "its image says so, or may: that ends nobody")
    if owner.kind is Kind.NAME:
        return OwnerAppraisal(text, owner.kind, "", "a name, for accounts only")
    known = presence(setup, state, owner, at)
    said = known.why or "it is there"
    ruled = any(rule.on is Trigger.OWNER_GONE for rule in entry.rules)
    if known.presence is Presence.GONE and not setup.owners_enforced and not ruled:
        said += "; this is only said, as owners are not enforced"
    return OwnerAppraisal(text, owner.kind, known.presence, said, at - known.since)


def _mains(state: State) -> list[Entry]:
    return [entry for entry in state.living() if entry.standing is Standing.MAIN]
