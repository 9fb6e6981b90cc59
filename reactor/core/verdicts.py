"""Rules against one run: which of them hold, since when, and which of them decide.

Nothing here knows where facts come from. Unknown never decides: neither a missing value nor
a stale sample nor a run that could not be confirmed. Rules that are held back beyond their
own condition are only collected, for ``tick`` to decide on.
"""

from dataclasses import replace

from reactor.core.braking import goes_at_once, is_braked
from reactor.core.calm import calm_of
from reactor.core.candidates import Candidate, Judged
from reactor.core.deciding import applies, conclude, may_decide
from reactor.core.decisions import Decision
from reactor.core.gate import is_gated
from reactor.core.groups import Groups
from reactor.core.holding import Holding, held
from reactor.core.lacking import what_is_lacking
from reactor.core.notes import CannotTell, Matched, Note
from reactor.core.rules import Rule, Trigger, View
from reactor.core.state import Entry, Setup, State
from reactor.core.swift import changed
from reactor.core.topology import cascade
from reactor.core.triggers import counts, is_due, judgeable, sentence, stays_due
from reactor.core.verbs import Action
from reactor.core.views import Views


def judge(
    setup: Setup, state: State, entry: Entry, at: float, groups: Groups | None = None, *, gone: bool = False
) -> Judged:
    """Judge one entry by all of its rules at this moment.

    ``groups`` come when time goes on: then rules that are about more than one run are judged as
    well. ``gone`` tells that the container is in a later run already.
    """
    if not judgeable(setup, entry, at):
        return Judged(entry)
    hearing = _Hearing(setup, state, entry, at, groups, gone=gone)
    for rule in entry.rules:
        hearing.hear(rule)
    hearing.decide()
    return hearing.close()


_FOUND_ANEW = frozenset({Trigger.BLIND, Trigger.OWNER_GONE})
"""The triggers that are given for as long as something is so."""

_Match = tuple[Rule, View, float]
"""A rule that holds for the run, what it read, and since when it has held."""


class _Hearing:
    """One run before its rules, at one moment. It does not outlive the judgement."""

    def __init__(
        self, setup: Setup, state: State, entry: Entry, at: float, groups: Groups | None, *, gone: bool
    ) -> None:
        self._setup, self._state, self._at = setup, state, at
        self._ticking, self._gone = groups is not None, gone
        self._entry = entry
        # Most rules are about a living run and nothing else: these are judged without further ado.
        self._plain = entry.alive and not entry.earlier.disabled and not state.curbs.broken
        self._views = Views(setup, entry, at, groups)
        self._holding = dict(entry.holding)
        self._matches: list[_Match] = []
        self._open: list[Rule] = []
        self._decisions: list[Decision] = []
        self._notes: list[Note] = []
        self._candidates: list[Candidate] = []
        self._broken: list[tuple[Rule, str]] = []
        self._verdicts: list[tuple[Rule, bool | None]] = []

    def hear(self, rule: Rule) -> None:
        """Find out whether a rule holds."""
        plain = rule.on is None and not rule.waits
        if not (plain and self._plain) and not self._is_up(rule):
            return
        view = self._views.usual if plain and rule.fresh is None else self._views.for_rule(rule)
        before = self._holding.get(rule.key)
        try:
            verdict = self._verdict(rule, view)
            # What an earlier monitor's rule has said is remembered without since when it held.
            broken = verdict is False and rule.key in self._entry.latched
            if verdict or before is not None or broken:
                self._hold(rule, before, verdict)
        except Exception as error:  # noqa: BLE001  # A defect of one rule must not stop the others.
            self._broken.append((rule, said(error)))
            return
        self._verdicts.append((rule, verdict))
        if verdict is None:
            self._cannot_tell(rule, view)
        if verdict is not False:
            self._open.append(rule)
        if verdict:
            self._matches.append((rule, view, self._holding[rule.key].since))

    def _is_up(self, rule: Rule) -> bool:
        entry = self._entry
        if rule.key in entry.earlier.disabled or self._state.curbs.is_off(rule.key):
            return False
        if not counts(self._setup, entry, rule):
            if stays_due(entry, rule):
                self._open.append(rule)
            return False
        if rule.when is not None and rule.when.total is not None:
            return False
        if not self._ticking and (rule.waits or rule.on is Trigger.ORPHANED):
            # Whether a main is gone is only known when time goes on; what held then has not ceased to hold.
            self._open.append(rule)
            return False
        return True

    def _verdict(self, rule: Rule, view: View) -> bool | None:
        if rule.on is not None and not is_due(self._setup, self._state, self._entry, rule, self._at):
            return False
        return rule.when.test(view) if rule.when is not None else True

    def _hold(self, rule: Rule, before: Holding | None, verdict: bool | None) -> None:
        proof = self._at if verdict is None else self._views.proven_at(rule, verdict)
        patience = self._setup.patience_for(rule)
        now = held(before, self._at, verdict=verdict, proof=proof, keep=rule.keep, patience=patience)
        if now is None:
            self._holding.pop(rule.key, None)
            if rule.on in _FOUND_ANEW or not rule.ends:
                # The next time that it holds will be another one.
                self._entry = replace(self._entry, latched=self._entry.latched - {rule.key})
            return
        self._holding[rule.key] = now
        if verdict and (before is None or now.since != before.since):
            self._notes.append(Matched(self._at, self._entry.run, rule.name))

    def _cannot_tell(self, rule: Rule, view: View) -> None:
        entry = self._entry
        if rule.key in entry.said or not (why := what_is_lacking(rule, view)):
            return
        self._notes.append(CannotTell(self._at, entry.run, entry.container.name, rule.name, why))
        self._entry = replace(entry, said=entry.said | {rule.key})

    def decide(self) -> None:
        """Let those decide that hold long enough; the strongest comes first, so that one is enough."""
        if len(self._matches) > 1:
            self._matches.sort(key=lambda match: match[0].pace is not Action.KILL)
        for match in self._matches:
            if applies(self._setup, self._entry, match[0], self._at):
                self._decide_by(*match)

    def _decide_by(self, rule: Rule, view: View, since: float) -> None:
        setup, at = self._setup, self._at
        ready = rule.on is not None or at - since >= rule.hold
        together = rule.limit is not None or is_gated(setup, self._state, rule) or self._is_braked(rule)
        if not together and not (ready and may_decide(setup, self._entry, rule, at)):
            return
        if together and not self._ticking:
            return
        try:
            reason = self._reason(rule, view)
        except Exception as error:  # noqa: BLE001  # As above.
            self._broken.append((rule, said(error)))
            return
        over = rule.ends and rule.on is Trigger.DIE
        only_said = over and (self._gone or not cascade(self._state, self._entry))
        summary = rule.summarise(view)
        if together:
            self._candidates.append(
                Candidate(self._entry.run, rule, since, ready, reason, only_said, summary)
            )
            return
        self._entry, decision = conclude(
            setup, self._entry, rule, reason, since, at, only_said=only_said, summary=summary
        )
        self._decisions.append(decision)

    def _is_braked(self, rule: Rule) -> bool:
        """Whether budgets and breaker have to look at it; a run that is over needs no brake."""
        if self._gone or not is_braked(self._setup, rule):
            return False
        return self._ticking or not goes_at_once(self._setup, self._state, rule, self._at)

    def _reason(self, rule: Rule, view: View) -> str:
        event = sentence(self._setup, self._state, self._entry, rule, self._at)
        reason = rule.when.explain(view) if rule.when is not None else ""
        return f"{event}, {reason}" if event and reason else event or reason

    def close(self) -> Judged:
        """What came of it."""
        entry = self._entry
        due = self._still_due() if entry.due else entry.due
        if self._holding != entry.holding or due != entry.due:
            entry = changed(entry, holding=self._holding, due=due, calm=None)
        calm = None
        # A trigger that was used up just now is not given the next time: that is another verdict.
        if not (self._decisions or self._candidates or self._broken or self._gone or self._entry.due):
            calm = calm_of(self._setup, self._state, entry, self._verdicts, self._at)
        if calm != entry.calm:
            entry = changed(entry, calm=calm)
        return Judged(
            entry, tuple(self._decisions), tuple(self._notes), tuple(self._candidates), tuple(self._broken)
        )

    def _still_due(self) -> frozenset[Trigger]:
        """The triggers that wait: for a condition to become known, or for a decision to come off."""
        entry = self._entry
        waiting = {rule.on for rule in self._open if applies(self._setup, entry, rule, self._at)}
        # Whether a main is gone is found out anew each time.
        return frozenset(each for each in entry.due if each in waiting and each is not Trigger.ORPHANED)


def said(error: Exception) -> str:
    """A defect in a few words."""
    return f"{type(error).__name__}: {error}"[:200]
