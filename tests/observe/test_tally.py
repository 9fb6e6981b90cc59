"""The tally: what it refuses, what it adds up, and that it stays small."""

from math import inf, nan

import pytest

from reactor.core.verbs import Action
from reactor.observe.table import SECONDS
from reactor.observe.tally import OVERFLOW, OVERFLOWS, NoSuchMetric, Tally, WrongLabels, WrongNumber


def test_counts_by_label() -> None:
    """Each label set on its own; flags and enums in words."""
    tally = Tally()
    labels = {"rule": "a/b", "action": Action.KILL}
    tally.count("reactor_decisions_total", dry_run=True, **labels)
    tally.count("reactor_decisions_total", 2, dry_run=True, **labels)
    tally.count("reactor_decisions_total", dry_run=False, **labels)
    assert tally.freeze().counters["reactor_decisions_total"] == {
        ("a/b", "kill", "true"): 3,
        ("a/b", "kill", "false"): 1,
    }


def test_what_has_no_labels_is_zero_from_the_start() -> None:
    """So that a rate over it is zero and not nothing."""
    counts = Tally().freeze()
    assert counts.counters["reactor_gaps_total"] == {(): 0}
    assert counts.counters["reactor_decisions_total"] == {}
    assert sum(counts.spreads["reactor_loop_lag_seconds"][()].counts) == 0


def test_counting_by_nothing_makes_the_series() -> None:
    """A rule that never matched is zero, not absent."""
    tally = Tally()
    tally.count("reactor_rule_matches_total", 0, rule="a/b")
    assert tally.freeze().counters["reactor_rule_matches_total"] == {("a/b",): 0}


def test_a_total_is_taken_over_and_never_goes_down() -> None:
    """Somebody else counts; if they begin anew, the counter holds."""
    tally = Tally()
    for total in (5, 9, 3):
        tally.reach("reactor_events_received_total", total)
    assert tally.freeze().counters["reactor_events_received_total"] == {(): 9}


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.001, 0), (0.0011, 1), (60.0, len(SECONDS) - 1), (60.1, len(SECONDS)), (-3.0, 0)],
)
def test_a_duration_falls_into_the_bucket_that_holds_it(seconds: float, bucket: int) -> None:
    """A bound belongs to its bucket; what is longer than all goes into the last."""
    tally = Tally()
    tally.observe("reactor_loop_lag_seconds", seconds)
    spread = tally.freeze().spreads["reactor_loop_lag_seconds"][()]
    assert spread.counts.index(1) == bucket
    assert spread.total == max(0.0, seconds)


def test_frozen_counts_stay_as_they_were() -> None:
    """Another thread reads them while the loop goes on counting."""
    tally = Tally()
    tally.observe("reactor_loop_lag_seconds", 1)
    frozen = tally.freeze()
    tally.count("reactor_gaps_total")
    tally.observe("reactor_loop_lag_seconds", 1)
    assert frozen.counters["reactor_gaps_total"] == {(): 0}
    assert sum(frozen.spreads["reactor_loop_lag_seconds"][()].counts) == 1


def test_the_table_is_the_law() -> None:
    """No other name, no other kind, no label more or less."""
    tally = Tally()
    with pytest.raises(NoSuchMetric, match="reactor_decision_total"):
        tally.count("reactor_decision_total")
    with pytest.raises(NoSuchMetric):
        tally.count("reactor_rules_loaded")
    with pytest.raises(NoSuchMetric):
        tally.observe("reactor_gaps_total", 1)
    with pytest.raises(WrongLabels, match="rule"):
        tally.count("reactor_rule_matches_total")
    with pytest.raises(WrongLabels):
        tally.count("reactor_gaps_total", rule="a/b")


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_what_is_no_number_is_refused(number: float) -> None:
    """It would make a series useless for ever."""
    tally = Tally()
    with pytest.raises(WrongNumber):
        tally.count("reactor_gaps_total", number)
    with pytest.raises(WrongNumber):
        tally.reach("reactor_gaps_total", number)
    with pytest.raises(WrongNumber):
        tally.observe("reactor_loop_lag_seconds", number)


def test_a_counter_is_not_counted_down() -> None:
    """Prometheus would take it for a restart."""
    with pytest.raises(WrongNumber):
        Tally().count("reactor_gaps_total", -1)


def test_label_sets_are_bounded_and_the_sum_is_kept() -> None:
    """Ten thousand names make two thousand series; the rest is counted together, and that is counted."""
    tally = Tally()
    for number in range(10_000):
        tally.count("reactor_rule_matches_total", rule=f"r/{number}")
        tally.count("reactor_rule_matches_total", rule=f"r/{number}")
    counters = tally.freeze().counters
    assert len(counters["reactor_rule_matches_total"]) == 2001
    assert sum(counters["reactor_rule_matches_total"].values()) == 20_000
    assert counters["reactor_rule_matches_total"][OVERFLOW,] == 16_000
    assert counters[OVERFLOWS] == {("reactor_rule_matches_total",): 16_000}


def test_label_values_are_cleaned_before_they_are_told_apart() -> None:
    """Two texts that would look the same in the output must not be two series there."""
    tally = Tally()
    for tail in ("\n", "\\n"):
        tally.count("reactor_rule_matches_total", rule="a" + tail)
    tally.count("reactor_rule_matches_total", rule="x" * 10_000)
    tally.count("reactor_rule_matches_total", rule="x" * 10_001)
    assert list(tally.freeze().counters["reactor_rule_matches_total"].values()) == [2, 2]
