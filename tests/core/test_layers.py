"""Measures of the writable layer: who is measured, how long that is evidence, and what rules make of it."""

from dataclasses import replace

from reactor.core.cautions import GateHeld, GateOpened
from reactor.core.facts import LayerSized
from reactor.core.judging import needs_samples, view_of
from reactor.core.layers import wanted_layers
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule
from reactor.core.selector import Selector
from tests.core.build import Story, anew, box, cid, over, story
from tests.core.written import MIB, condition

HEAVY = Rule("g/heavy", "f:1", when=condition("layer_writes > 50MiB"), digest="h1")


def measure(told: Story, at: float, n: int, size: int, second: int = 0) -> Story:
    run = anew(box(n), second, 0).run
    return told.tell(LayerSized(at, run, size))


def layer(told: Story, at: float, n: int = 1) -> int | None:
    return view_of(told.setup, told.entry(n), at).layer_writes


def test_one_byte_more_is_too_much_and_the_neighbour_at_the_limit_stays() -> None:
    told = story(HEAVY).see(0, box(1), box(2), box(3, labels={})).tick(1)
    assert told.at() == [], "before the first measure nothing is known"
    measure(told, 2, 2, 50 * MIB)
    measure(told, 2, 3, 900 * MIB)
    measure(told, 2, 1, 50 * MIB + 1)
    told.tick(3)
    assert told.at() == [(1, 2)]
    assert told.decisions[0].reason == "layer_writes just over 50 MiB > 50MiB"


def test_only_the_governed_are_measured_and_only_if_a_rule_asks() -> None:
    boxes = (
        box(1),
        box(2, labels={}),
        box(3, labels={"reactor.task": "t3", "reactor.skip": ""}),
        over(box(4)),
    )
    told = story(HEAVY).see(0, *boxes)
    assert {run.id for run in wanted_layers(told.setup, told.state)} == {cid(1)}
    assert not needs_samples(told.entry(1)), "no stream is opened for it"
    other = Rule("g/pids", "f:2", when=condition("pids > 50"))
    told = story(other).see(0, *boxes)
    assert wanted_layers(told.setup, told.state) == frozenset()


def test_where_the_rule_selects_only_the_selected_are_measured() -> None:
    some = replace(HEAVY, select=(Selector(name="c2"),))
    told = story(some).see(0, box(1), box(2), box(3))
    assert {run.id for run in wanted_layers(told.setup, told.state)} == {cid(2)}


def test_a_measure_is_evidence_for_two_periods_and_a_half() -> None:
    told = measure(story(HEAVY, layer_every=300.0).see(0, box(1)), 10, 1, 7)
    assert [layer(told, at) for at in (10, 310, 760, 760.5)] == [7, 7, 7, None]


def test_a_rule_that_waits_for_evidence_begins_anew_after_it_ran_out() -> None:
    told = story(replace(HEAVY, hold=800.0), layer_every=300.0).see(0, box(1))
    measure(told, 0, 1, 60 * MIB)
    for at in range(1, 2000):
        told.tick(at)
        if at in (1000, 1300, 1600):
            measure(told, at, 1, 60 * MIB)
    assert told.at() == [(1, 1800)]


def test_the_layer_outlives_the_run() -> None:
    told = measure(story(HEAVY).see(0, box(1)), 1, 1, 7)
    told.see(2, over(box(1))).see(3, anew(box(1), 5, 3))
    assert layer(told, 4) == 7
    measure(told, 5, 1, 9)
    assert layer(told, 6) == 7, "a measure that was asked for in the run before comes too late"
    measure(told, 6, 1, 9, second=5)
    assert layer(told, 6) == 9


def test_nonsense_and_what_comes_late_says_nothing() -> None:
    told = measure(story(HEAVY).see(0, box(1)), 5, 1, 7)
    measure(told, 4, 1, 8)
    measure(told, 6, 1, -1)
    measure(told, 6, 9, 8)
    assert layer(told, 6) == 7
    measure(told.see(7, over(box(1))), 8, 1, 60 * MIB)
    assert told.at() == []


def test_who_was_not_measured_counts_for_the_gate_as_if_it_matched() -> None:
    """Else a new rule would be let through before the first measure, and end everybody after it."""
    told = story(HEAVY, gate=GateTerms()).snapshot(0, *(box(n) for n in range(1, 11)))
    for at in range(1, 60):
        told.tick(at)
    assert (len(told.said(GateHeld)), told.live()) == (1, [])
    for n in range(1, 11):
        measure(told, 60, n, 60 * MIB if n < 4 else 0)
    told.tick(61)
    assert (len(told.said(GateOpened)), sorted(told.live())) == (1, [1, 2, 3])
