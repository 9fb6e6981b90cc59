"""The views of one run at one moment: what each of its rules may read, and how old that is.

Rules differ in how old a sample may be for them, and few of them read what is known of a task.
"""

from dataclasses import replace

from reactor.core.groups import Groups
from reactor.core.judging import SAMPLED, view_of
from reactor.core.rules import GROUPED, Rule, View
from reactor.core.state import Entry, Setup


class Views:
    """Makes each view once. It does not outlive the judgement of its run."""

    __slots__ = ("_at", "_entry", "_groups", "_of_age", "_setup", "usual")

    def __init__(self, setup: Setup, entry: Entry, at: float, groups: Groups | None) -> None:
        self._setup, self._entry, self._at, self._groups = setup, entry, at, groups
        self.usual = view_of(setup, entry, at)
        self._of_age: dict[float, View] = {}

    def for_rule(self, rule: Rule) -> View:
        """What this rule may read."""
        view = self.usual if rule.fresh is None else self._fresh(rule.fresh)
        if rule.waits and self._groups is not None and rule.when is not None and rule.when.reads & GROUPED:
            pids, memory = self._groups.sums(self._entry, self._setup.fresh_for(rule))
            return replace(view, group_pids=pids, group_memory=memory)
        return view

    def proven_at(self, rule: Rule, verdict: bool) -> float:
        """Up to when the evidence for this verdict reaches: where samples decide, to the oldest of them."""
        condition = rule.when
        if condition is None or not condition.reads & SAMPLED:
            return self._at
        # An age or a label may have said it all: then it does not matter how old the samples are.
        if not condition.reads <= SAMPLED and condition.test(self._blind()) is verdict:
            return self._at
        sample = self._entry.sample
        oldest = sample.at if sample is not None else None
        if self._groups is not None and condition.reads & GROUPED:
            oldest = self._groups.oldest(self._entry)
        return self._at if oldest is None else oldest

    def _blind(self) -> View:
        return view_of(self._setup, replace(self._entry, sample=None), self._at)

    def _fresh(self, age: float) -> View:
        if age not in self._of_age:
            self._of_age[age] = view_of(replace(self._setup, stale_after=age), self._entry, self._at)
        return self._of_age[age]
