"""Victims that need no adding up anew: the shortcut is held against adding up for each of them."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.candidates import Candidate
from reactor.core.deciding import conclude, may_decide
from reactor.core.draft import Draft
from reactor.core.rules import Level, Rule
from reactor.core.verbs import Action
from reactor.core.whole import Taken, is_still_needed, take_victims
from tests.core.build import Story, box, story, total_over

FIRST = Rule("g/first", "f:1", when=total_over(100))
SECOND = Rule("g/second", "f:2", when=total_over(150))
OWNED = Rule("g/owned", "f:3", when=total_over(100, whole="owner"))


def candidate(rule: Rule, n: int) -> Candidate:
    return Candidate(box(n).run, rule, since=0.0, ready=True, reason="")


def test_one_after_the_other_is_next() -> None:
    """Whoever stands before one may have been decided about, or not; nobody who stands behind him."""
    one, two, three = (candidate(FIRST, n) for n in (3, 1, 2))
    taken = Taken([one, two, three])
    assert taken.is_next(one)
    taken.decided(one, ends=True)
    assert taken.is_next(three)
    taken.decided(three, ends=True)
    assert not taken.is_next(two)
    assert not taken.is_next(candidate(FIRST, 9)), "nobody took this one"


def test_another_rule_that_ended_somebody_has_all_others_added_up() -> None:
    mine, other, own = candidate(FIRST, 1), candidate(SECOND, 2), candidate(Rule("g/own", "f:4"), 3)
    for each in (other, own):
        taken = Taken([mine, other])
        taken.decided(each, ends=False)
        assert taken.is_next(mine), "what was only said ends nobody"
        taken.decided(each, ends=True)
        assert not taken.is_next(mine)


def test_totals_of_owners_are_always_added_up() -> None:
    """One may be in the account of another, too."""
    each = candidate(OWNED, 1)
    assert not Taken([each]).is_next(each)
    assert not Taken([]).is_next(candidate(Rule("g/own", "f:4"), 1))


_ACTIONS = st.sampled_from([Action.KILL, Action.STOP, Action.NOTICE])


@st.composite
def totals(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Two or three rules about the whole, some of which run dry, or only say something."""
    bounds = draw(st.lists(st.integers(0, 300), min_size=2, max_size=3))
    return tuple(
        Rule(
            f"g/{number}",
            "f:1",
            when=total_over(bound),
            action=draw(_ACTIONS),
            dry_run=draw(st.booleans()),
            level=draw(st.sampled_from([Level.ONLY, Level.HARD])),
        )
        for number, bound in enumerate(bounds)
    )


def _told(made: tuple[Rule, ...], values: list[int], sidecars: set[int]) -> Story:
    told = story(*made)
    for n, value in enumerate(values, start=1):
        labels = {"reactor.sidecar-of": "t1"} if n in sidecars else {"reactor.task": f"t{n}"}
        told.see(0.5, box(n, labels=labels)).sample(1.0, box(n), pids=value)
    return told


@settings(max_examples=80, deadline=None)
@given(totals(), st.lists(st.integers(0, 90), min_size=2, max_size=8), st.sets(st.integers(2, 8)), st.data())
def test_who_is_next_is_still_needed(
    made: tuple[Rule, ...], values: list[int], sidecars: set[int], data: st.DataObject
) -> None:
    """In whatever order they come, and whoever of them has to wait."""
    told = _told(made, values, sidecars)
    draft = Draft(replace(told.state))
    victims = take_victims(told.setup, draft, 2.0)
    taken = Taken(victims)
    for each in data.draw(st.permutations(victims)):
        entry = draft.entry(each.id)
        assert entry is not None
        if not may_decide(told.setup, entry, each.rule, 2.0) or data.draw(st.integers(0, 4)) == 0:
            continue
        needed = is_still_needed(told.setup, draft, each, 2.0)
        if taken.is_next(each):
            assert needed
        if not needed:
            continue
        draft.changed[each.id], decision = conclude(told.setup, entry, each.rule, "", 1.0, 2.0)
        taken.decided(each, ends=not decision.dry_run and decision.ends)
