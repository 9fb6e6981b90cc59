"""The table of what judging costs. How long it takes is for people, and nothing is asserted of it."""

from bench.evaluation import FOUR_MORE, OVER_TIME, PLAIN, Evaluation, lines
from tests.core.written import condition, view


def test_rules_are_twenty_and_sound() -> None:
    """What is measured is what is said to be: twenty rules that compile, of which four look back in time."""
    made = [condition(text) for text in (*PLAIN, *OVER_TIME)]
    assert len(made) == len(PLAIN) + len(FOUR_MORE) == 20
    assert sum(bool(one.windows) for one in made) == 4
    assert [one.test(view()) for one in made].count(True) == 0


def test_shares_of_a_core() -> None:
    """Ten thousand samples a second of 50 µs each are half a core."""
    head, row = lines([Evaluation("x", 50e-6, 7.6e-6)])
    assert head.startswith("judging 1,000 containers at 10 samples a second")
    assert row.split() == ["x", "50.0", "µs", "50.0%", "7.6", "µs", "7.6%"]
