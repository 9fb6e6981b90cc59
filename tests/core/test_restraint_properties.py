"""Whatever comes in: restraint holds back whom it should, and nobody else notices it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.cautions import GateHeld, GateOpened, RuleHeld
from reactor.core.container import Run
from reactor.core.decisions import Decision
from reactor.core.facts import Fact, Happened, Happening, Reloaded, Sample, Seen
from reactor.core.restraint import GateTerms
from reactor.core.rules import Level, Rule, RuleSet, Trigger
from reactor.core.state import Setup
from reactor.core.verbs import Action
from tests.core.build import Story, box, pids_over, total_over
from tests.core.test_step_properties import BASE, World, moves

Script = list[tuple[str, int, int, object]]
NEVER = GateTerms(shortest=1e12, longest=1e12)


def _rules() -> RuleSet:
    """Rules of every sort, made anew with each call and each time the same."""
    return RuleSet(
        (
            Rule(
                "g/soft",
                "f",
                pids_over(150),
                action=Action.STOP,
                level=Level.SOFT,
                digest="1",
                hold=1,
                keep=2,
            ),
            Rule("g/soft", "f", pids_over(250), level=Level.HARD, digest="2"),
            Rule("g/limited", "f", pids_over(120), digest="3", limit=2, cooldown=9),
            Rule("g/total", "f", total_over(330), digest="4"),
            Rule("g/oom", "f", on=Trigger.OOM, digest="5"),
            Rule("g/die", "f", on=Trigger.DIE, digest="6", dry_run=True),
            Rule("g/loop", "f", on=Trigger.CRASH_LOOP, digest="7"),
            Rule("g/start", "f", pids_over(50), on=Trigger.START, digest="8", limit=1),
            Rule("g/orphaned", "f", on=Trigger.ORPHANED, action=Action.STOP, digest="9"),
        )
    )


def _setup(rules: RuleSet, **more: object) -> Setup:
    """With crash loops that come about in a story of these few moments."""
    return Setup(rules, crash_ends=2, crash_within=200, **more)  # type: ignore[arg-type]  # As in build.


ALL = frozenset(rule.digest for rule in _rules().rules)


def _play(script: Script, setup: Setup, between: Callable[[Story, World, int], None] | None = None) -> Story:
    told, world = Story(setup), World()
    for number, (kind, n, value, result) in enumerate(script):
        if between is not None:
            between(told, world, number)
        fact = world.fact(kind, n, value, told, result)  # type: ignore[arg-type]  # As it was drawn.
        if fact is not None:
            told.tell(fact)
    return told


@given(moves())
@settings(max_examples=60, deadline=None)
def test_proven_rules_behave_as_if_there_were_no_gate(script: Script) -> None:
    without = _play(script, _setup(_rules()))
    behind = _play(script, _setup(_rules(), gate=GateTerms(at_least=0, most=0), proven=ALL))
    assert behind.decisions == without.decisions
    assert [note for note in behind.notes if isinstance(note, GateHeld | GateOpened)] == []
    assert behind.notes == without.notes


@given(moves())
@settings(max_examples=60, deadline=None)
def test_rules_at_the_gate_change_nothing_for_the_proven_ones(script: Script) -> None:
    new = [replace(rule, name=f"{rule.name}-new", digest=f"new-{rule.digest}") for rule in _rules().rules]
    # A rule about orphans takes the place of the usual one, at the gate or not: it stays away here.
    old = [rule for rule in _rules().rules if rule.on is not Trigger.ORPHANED]
    fresh = [rule for rule in new if rule.on is not Trigger.ORPHANED and not rule.dry_run]
    alone = _play(script, _setup(RuleSet(tuple(old))))
    beside = _play(script, _setup(RuleSet((*fresh, *old)), gate=NEVER, proven=ALL))
    assert beside.decisions == alone.decisions


@given(moves(), st.sets(st.integers(0, 80)))
@settings(max_examples=60, deadline=None)
def test_a_reload_of_the_same_rules_changes_no_decision(script: Script, when: set[int]) -> None:
    def reload(told: Story, world: World, number: int) -> None:
        if number in when:
            told.setup = replace(told.setup, rules=_rules())
            told.tell(Reloaded(world.at))

    setup = _setup(_rules(), gate=GateTerms(), proven=ALL)
    assert _play(script, setup, reload).decisions == _play(script, setup).decisions


@given(moves())
@settings(max_examples=60, deadline=None)
def test_nobody_is_ended_by_a_gated_rule(script: Script) -> None:
    told = _play(script, _setup(_rules(), gate=NEVER))
    assert [decision for decision in told.decisions if not decision.dry_run] == []


@given(moves())
@settings(max_examples=60, deadline=None)
def test_a_run_is_stopped_once_and_killed_once_while_nothing_fails(script: Script) -> None:
    told = _play([move for move in script if move[0] != "outcome"], _setup(_rules()))
    live = [decision for decision in told.decisions if not decision.dry_run]
    assert all(count == 1 for count in Counter((d.run, d.action) for d in live).values())
    first: dict[Run, Decision] = {}
    for decision in live:
        # What follows a first decision is a hard level's kill after a stop, and nothing else.
        before = first.setdefault(decision.run, decision)
        assert before is decision or (before.action, decision.action) == (Action.STOP, Action.KILL)
    assert len({decision.id for decision in told.decisions}) == len(told.decisions)


@given(moves())
@settings(max_examples=60, deadline=None)
def test_a_limited_rule_never_ends_more_than_its_limit_within_ten_seconds(script: Script) -> None:
    told = _play(script, _setup(_rules()))
    mine = [decision for decision in told.decisions if decision.rule == "g/limited"]
    for decision in mine:
        near = [each for each in mine if 0 <= each.at - decision.at < 10]
        assert len({each.run.id for each in near}) <= 2


# The order of what comes at one moment

BOXES = [*(box(n) for n in range(1, 7)), *(box(n, labels={"reactor.sidecar-of": "t1"}) for n in (7, 8))]
_happens = st.tuples(st.sampled_from(["pids", "oom", "sick", "well"]), st.integers(0, 400))
_moments = st.lists(st.dictionaries(st.integers(0, len(BOXES) - 1), _happens, max_size=8), max_size=12)


def _fact(n: int, what: str, value: int, at: float) -> Fact:
    match what:
        case "pids":
            return Sample(at, BOXES[n].run, pids=value)
        case "oom":
            return Happened(at, Happening.OOM, BOXES[n].id, BASE + int(at * 1e9))
        case _:
            return Seen(at, replace(BOXES[n], health="unhealthy" if what == "sick" else "healthy"))


def _tell(
    moments: list[dict[int, tuple[str, int]]], order: Callable[[list[int]], list[int]], setup: Setup
) -> set[Decision]:
    told = Story(setup).snapshot(0, *BOXES)
    reported = 0
    for number, moment in enumerate(moments, start=1):
        facts = {n: _fact(n, *happens, float(number)) for n, happens in moment.items()}
        told.tell(*(facts[n] for n in order(sorted(facts))))
        told.tick(number + 0.5)
        for decision in sorted(told.decisions[reported:], key=lambda each: each.id):
            if not decision.dry_run:
                told.outcome(number + 0.75, decision)
        reported = len(told.decisions)
    return set(told.tick(len(moments) + 1.5).decisions)


@given(moments=_moments, chance=st.randoms(use_true_random=False), gated=st.booleans())
@settings(max_examples=100, deadline=None)
def test_the_order_of_what_comes_at_one_moment_changes_nothing(
    moments: list[dict[int, tuple[str, int]]], chance: Random, *, gated: bool
) -> None:
    rules = (*_rules().rules, Rule("g/sick", "f", on=Trigger.UNHEALTHY, digest="10"))
    setup = _setup(RuleSet(rules), gate=GateTerms(off=not gated))

    def shuffled(numbers: list[int]) -> list[int]:
        chance.shuffle(numbers)
        return numbers

    assert _tell(moments, shuffled, setup) == _tell(moments, list, setup)


def test_the_rules_of_this_page_do_decide() -> None:
    """A property about decisions proves nothing where there are none."""
    told = Story(_setup(_rules())).snapshot(0, *BOXES)
    told.sample(1, BOXES[0], pids=130).sample(1, BOXES[1], pids=300).oom(1.1, 3)
    told.sample(1, BOXES[3], pids=160).tick(1.5)
    told.sample(2.5, BOXES[3], pids=160)
    assert {decision.rule for decision in told.decisions} == {"g/oom", "g/soft"}
    assert len(told.said(RuleHeld)) == 1
