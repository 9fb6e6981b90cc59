"""Who may be decided about now, and who waits: budgets and breaker, joined where time goes on.

What it takes to be a hard verdict is said here, and in what order those who wait are served. Nobody who
waits is lost: whether a rule holds is found out anew each time, and windows are fed meanwhile.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reactor.core.accounts import account_of
from reactor.core.breaker import Open, Opens, Recent, fresh, reckon
from reactor.core.budgets import Budget, BudgetTerms, has_token, is_full, take
from reactor.core.canary import CANARY_RULE
from reactor.core.candidates import Candidate
from reactor.core.cautions import BreakerClosed, BreakerOpened, BudgetBack, BudgetSpent
from reactor.core.container import ContainerId
from reactor.core.decisions import Decision
from reactor.core.draft import Draft
from reactor.core.notes import Note
from reactor.core.restraint import Brakes, Waiting
from reactor.core.returning import waits_until
from reactor.core.rules import Level, Rule, Trigger, rules_of
from reactor.core.state import Entry, Setup, State
from reactor.core.verbs import Action

HOST, HARD = "host", "hard"
OPEN = "breaker"
"""What somebody waits for who waits for no budget, but for the breaker."""
SERVICE = "service"
"""The beginning of what somebody waits for who was brought back; the rule's name comes after it."""
_HARD_READS = frozenset({"pids", "pids_limit", "memory", "memory_limit"})


def is_braked(setup: Setup, rule: Rule) -> bool:
    """Whether budgets and breaker are for this rule: it ends what is alive, and not only in words."""
    if (setup.budgets.off and setup.breaker.off and setup.comebacks.off) or rule is CANARY_RULE:
        return False
    return rule.ends and rule.on is not Trigger.DIE and not setup.runs_dry(rule)


def is_hard(rule: Rule) -> bool:
    """Whether what this rule says is a hard verdict.

    It is a level ``hard``; or it has no levels, and is about an OOM event, or reads nothing but the
    processes and the memory of one container.
    """
    if rule.level is not Level.ONLY:
        return rule.level is Level.HARD
    if rule.on is not None:
        return rule.on is Trigger.OOM
    when = rule.when
    return when is not None and when.total is None and bool(when.reads) and when.reads <= _HARD_READS


def goes_at_once(setup: Setup, state: State, rule: Rule, at: float) -> bool:
    """Whether a rule may decide without waiting until time goes on, where all are in view.

    Hard verdicts may, as long as no other one waits for a token: they would else go before it.
    """
    if not is_braked(setup, rule):
        return True
    brakes = state.curbs.brakes
    if not is_hard(rule) or HARD in brakes.short:
        return False
    return setup.budgets.off or has_token(setup.budgets.hard, brakes.buckets.get(HARD), at)


def count_in(setup: Setup, state: State, entry: Entry, decisions: Iterable[Decision], at: float) -> State:
    """The state that knows of hard verdicts about this run that went at once."""
    for decision in decisions:
        if decision.dry_run or decision.cause or not decision.ends:
            continue
        rules = rules_of(setup.rules.rules, decision.rule, decision.level)
        if not any(is_braked(setup, rule) and is_hard(rule) for rule in rules):
            continue
        brakes = state.curbs.brakes
        buckets = {**brakes.buckets, HARD: take(setup.budgets.hard, brakes.buckets.get(HARD), at)}
        matches = {**brakes.matches, decision.run.id: Recent(at, account_of(setup.policy, entry))}
        brakes = replace(brakes, buckets=buckets, matches=matches)
        state = replace(state, curbs=replace(state.curbs, brakes=brakes))
    return state


def in_turn(setup: Setup, draft: Draft, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Hard verdicts first, and of each owner one in turn: a thousand of one stand before nobody."""
    turns: Counter[tuple[bool, str]] = Counter()
    numbered: list[tuple[bool, bool, int, bool, Candidate]] = []
    for each in candidates:
        hard, whole = is_hard(each.rule), each.rule.when is not None and each.rule.when.total is not None
        turn = 0
        if is_braked(setup, each.rule):
            key = (hard, _owner(setup, draft, each.id))
            turn = turns[key]
            turns[key] += 1
        numbered.append((not hard, each.rule.pace is not Action.KILL, turn, whole, each))
    return [each[-1] for each in sorted(numbered, key=lambda one: one[:-1])]


@dataclass(slots=True)
class Braking:
    """The brakes at one moment, with all in view who match. It does not outlive the step."""

    setup: Setup
    draft: Draft
    at: float
    brakes: Brakes
    opens: Opens = field(default_factory=dict)
    waiting: dict[ContainerId, Waiting] = field(default_factory=dict)

    def lets(self, each: Candidate) -> bool:
        """Whether it may be decided about now; it draws on its budgets then."""
        if not is_braked(self.setup, each.rule):
            return True
        owner = _owner(self.setup, self.draft, each.id)
        why = self._open_for(each, owner) or self._back(each) or self._draw(each.rule, owner)
        if why:
            before = self.brakes.waiting.get(each.id)
            since = before.since if before is not None else self.at
            self.waiting[each.id] = Waiting(each.run, each.rule.key, why, since)
        return not why

    def _open_for(self, each: Candidate, owner: str) -> str:
        if is_hard(each.rule) or each.run in self.brakes.released:
            return ""
        return OPEN if "" in self.opens or (owner and owner in self.opens) else ""

    def _back(self, each: Candidate) -> str:
        """Whether an orchestrator brings back what is ended, so that the next end waits; hard ones do not."""
        entry = self.draft.entry(each.id)
        if entry is None or is_hard(each.rule):
            return ""
        waits = waits_until(self.setup, self.draft.state, entry, each.rule, self.at) is not None
        return f"{SERVICE} {each.rule.name}" if waits else ""

    def _draw(self, rule: Rule, owner: str) -> str:
        """Draw a token from each budget; which of them has none, empty if all had."""
        terms, buckets = self.setup.budgets, self.brakes.buckets
        if terms.off:
            return ""
        names = budgets_of(terms, rule, owner)
        for name, budget in names.items():
            if not has_token(budget, buckets.get(name), self.at):
                return name
        drawn = {name: take(budget, buckets.get(name), self.at) for name, budget in names.items()}
        self.brakes = replace(self.brakes, buckets={**buckets, **drawn})
        return ""

    def close(self) -> None:
        """Remember who waits, and say what is new."""
        short = Counter(each.what for each in self.waiting.values() if each.what != OPEN)
        self.draft.notes += _said(self.brakes, self.opens, short, self.at)
        buckets = {
            name: bucket
            for name, bucket in self.brakes.buckets.items()
            if not is_full(_budget(self.setup.budgets, name), bucket, self.at)
        }
        runs = frozenset(each.run for each in self.waiting.values())
        brakes = replace(
            self.brakes,
            buckets=buckets,
            opens=self.opens,
            waiting=self.waiting,
            short=dict(short),
            released=self.brakes.released & runs,
        )
        if brakes != self.draft.state.curbs.brakes:
            curbs = replace(self.draft.state.curbs, brakes=brakes)
            self.draft.state = replace(self.draft.state, curbs=curbs)


def begin(setup: Setup, draft: Draft, willing: Iterable[Candidate], at: float) -> Braking:
    """Count those who would be decided about now, and find out for whom the breaker is open."""
    brakes, terms = draft.state.curbs.brakes, setup.breaker
    if terms.off:
        return Braking(setup, draft, at, brakes)
    matches = dict(fresh(terms, brakes.matches, at))
    for each in willing:
        if is_braked(setup, each.rule) and each.run not in brakes.released and not _is_vain(draft, each.id):
            matches[each.id] = Recent(at, _owner(setup, draft, each.id))
    scope: Mapping[ContainerId, Recent] = {}
    if matches:
        living = (entry for entry in draft.living() if entry.governed)
        scope = {entry.run.id: Recent(at, account_of(setup.policy, entry)) for entry in living}
    opens = reckon(terms, brakes.opens, matches, scope, at)
    return Braking(setup, draft, at, replace(brakes, matches=matches), opens)


def release(state: State, at: float, who: str) -> tuple[State, list[Note]]:
    """Let those go who wait for the breaker now; whoever comes to match later is counted from nothing."""
    brakes = state.curbs.brakes
    going = frozenset(each.run for each in brakes.waiting.values() if each.what == OPEN)
    notes: list[Note] = [BreakerClosed(at, owner, len(going), who) for owner in sorted(brakes.opens)]
    brakes = replace(brakes, matches={}, opens={}, released=brakes.released | going)
    return replace(state, curbs=replace(state.curbs, brakes=brakes)), notes


def _said(brakes: Brakes, opens: Mapping[str, Open], short: Mapping[str, int], at: float) -> Iterable[Note]:
    for owner in sorted(opens.keys() - brakes.opens.keys()):
        yield BreakerOpened(at, owner, opens[owner].matches, opens[owner].of)
    for owner in sorted(brakes.opens.keys() - opens.keys()):
        yield BreakerClosed(at, owner, 0)
    # Of a service it is said when it is ended once more: each time that one waits would be a line in a loop.
    was = {name for name in brakes.short if not name.startswith(f"{SERVICE} ")}
    now = {name for name in short if not name.startswith(f"{SERVICE} ")}
    for name in sorted(now - was):
        yield BudgetSpent(at, name, short[name])
    for name in sorted(was - now):
        yield BudgetBack(at, name)


def budgets_of(terms: BudgetTerms, rule: Rule, owner: str) -> dict[str, Budget]:
    """The budgets that this rule draws on for a run of this owner, by their names."""
    if is_hard(rule):
        return {HARD: terms.hard}
    names = {f"rule {rule.name}": terms.rule}
    if owner:
        names[f"owner {owner}"] = terms.owner
    return {**names, HOST: terms.host}


def _budget(terms: BudgetTerms, name: str) -> Budget:
    known: dict[str, Budget] = {HARD: terms.hard, HOST: terms.host}
    return known.get(name) or (terms.rule if name.startswith("rule ") else terms.owner)


def _owner(setup: Setup, draft: Draft, key: ContainerId) -> str:
    entry: Entry | None = draft.entry(key)
    return account_of(setup.policy, entry) if entry is not None else ""


def _is_vain(draft: Draft, key: ContainerId) -> bool:
    """Whether it was tried to end it, in vain: such a one would match, and hold the breaker open, always."""
    entry = draft.entry(key)
    return entry is not None and entry.vain
