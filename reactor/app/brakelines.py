"""What is printed of the brakes of a monitor: its hold, its breakers, its budgets and its silences."""

from collections.abc import Iterator, Mapping
from typing import Any

from reactor.core.language.units import say_duration

Told = Mapping[str, Any]


def silences(told: Told) -> Iterator[str]:
    """A line for each."""
    for each in told.get("silences", ()):
        what = f"{each['name']} ({each['container'][:12]})" if each["container"] else f"rule {each['rule']}"
        left = say_duration(round(each["left"]))
        yield f"silence {each['id']}: {what}, {left} more, by {each['who']}: {each['why']}"


def braked(told: Told) -> Iterator[str]:
    """What brakes, in the status of a monitor."""
    if hold := told.get("hold"):
        left = "until reactor resume" if hold["left"] is None else f"{say_duration(round(hold['left']))} more"
        why = f": {hold['why']}" if hold["why"] else ""
        yield f"HELD by {hold['who']}{why}; nothing is done, {left}"
    for each in told.get("breakers", ()):
        whose = f"for owner {each['owner']}" if each["owner"] else "for all"
        yield (
            f"the breaker is open {whose}: {each['matches']} of {each['of']} match, only hard verdicts go; "
            "to let them act: reactor resume --breaker; else mend the rules, or reactor hold"
        )
    for name, count in told.get("budgets", {}).items():
        kind, _, rule = name.partition(" ")
        if kind == "service":
            yield f"{count} wait since what rule {rule} ends is brought back"
        else:
            yield f"{count} wait for a token of the budget: {name}"
    for each in told.get("services", ()):
        yield (
            f"{each['by']} brought service {each['service']} back {each['times']} times in "
            f"{say_duration(max(1, round(each['within'])))}, by rule {each['rule']}: {each['remedy']}"
        )
    yield from silences(told)
