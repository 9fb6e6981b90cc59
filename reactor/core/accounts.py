"""Whose use is added up together, and who of them may be ended for it.

The owner label counts in full where the container was given it: whoever may create containers is
trusted to say whose they are. Where it came with an image, or may have, it is a stranger's word: it makes
that container answer for its owner's total, and costs nobody else anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reactor.core.container import Container, ContainerId
from reactor.core.protection import Policy, is_trusted
from reactor.core.restraint import Place
from reactor.core.rules import Rule, Total
from reactor.core.state import Entry

BY_IMAGE = " (by its image's word)"
"""What is said beside the total of an owner who is one for the image's word alone."""


@dataclass(frozen=True, slots=True)
class Account:
    """``members`` are added up and the ``liable`` are whom it may cost their lives, all of them if None.

    ``owner`` is empty for the whole scope; its members are left out where it is known what they use together.
    ``claimed`` tells that it is about those who are the owner's by
    their images' word alone, beside those who certainly are.
    """

    owner: str
    members: tuple[Entry, ...] = ()
    liable: frozenset[ContainerId] | None = None
    claimed: bool = False

    def is_liable(self, entry: Entry) -> bool:
        """Whether this run may be ended for what the account holds."""
        return self.liable is None or entry.run.id in self.liable

    def place(self, rule: Rule) -> Place:
        """Where what is remembered of this account and this rule is kept."""
        return Place(rule.key, self.owner, self.claimed)


def in_scope(living: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those of the living who are in any account."""
    return tuple(entry for entry in living if entry.governed)


def accounts(policy: Policy, governed: tuple[Entry, ...], total: Total) -> Iterator[Account]:
    """The accounts of a total, of the living in scope; of one owner the certain one comes first."""
    if total.whole != "owner":
        yield Account("", governed)
        return
    certain: dict[str, list[Entry]] = {}
    claimed: dict[str, list[Entry]] = {}
    for entry in governed:
        owner = entry.container.labels.get(policy.labels.owner)
        if owner:
            kind = certain if was_given(policy, entry.container) else claimed
            kind.setdefault(owner, []).append(entry)
    for owner in sorted(certain.keys() | claimed.keys()):
        given, said = tuple(certain.get(owner, ())), tuple(claimed.get(owner, ()))
        if given:
            yield Account(owner, given)
        if said:
            yield Account(owner, (*given, *said), frozenset(entry.run.id for entry in said), claimed=True)


def place_of(policy: Policy, rule: Rule, total: Total, entry: Entry) -> Place | None:
    """Where it is kept what this run may be ended for; None where it counts nowhere."""
    if total.whole != "owner":
        return Place(rule.key)
    owner = entry.container.labels.get(policy.labels.owner)
    return Place(rule.key, owner, not was_given(policy, entry.container)) if owner else None


def account_of(policy: Policy, entry: Entry) -> str:
    """To whom it is counted what is done to this run; empty if it is nobody's."""
    owner = entry.container.labels.get(policy.labels.owner)
    if not owner:
        return ""
    return owner if was_given(policy, entry.container) else owner + BY_IMAGE


def was_given(policy: Policy, container: Container) -> bool:
    """Whether the container was given its owner label, for certain: what its image says too may be its."""
    if is_trusted(policy, container):
        return True
    label, inherited = policy.labels.owner, container.image_labels
    return inherited is not None and inherited.get(label) != container.labels[label]
