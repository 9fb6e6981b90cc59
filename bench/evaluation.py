"""What judging costs, without an engine: 1,000 containers, 20 rules, 10 samples a second of each.

``python -m bench.evaluation`` prints it by itself. The samples go through the same step as those of an
engine; no rule ever matches, which is what judging mostly finds. Figures are for people: no promise hangs
on them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.table import Row, table
from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.facts import Sample, Seen
from reactor.core.judging import view_of
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Entry, Setup
from reactor.core.state import State as CoreState
from reactor.core.step import step
from reactor.ruleset.expressions import Language

CONTAINERS, A_SECOND, ROUNDS = 1_000, 10, 30
PLAIN = (
    "pids > 20000",
    "pids > 90%",
    "pids > 20000 && age < 10m",
    "memory > 80%",
    "memory > 8GiB",
    "memory_limit - memory < 1MiB",
    "age > 12h",
    "cpu > 3.5",
    "restarts > 50",
    "oom_kills > 3",
    'state == "paused" && age > 7d',
    'health == "unhealthy" && age > 1h',
    'name.startsWith("ci-") && age > 2h',
    'name.matches(r"^tmp-[0-9]+$") && age > 1h',
    'labels["team"] in ["ml", "vision"] && age > 24h',
    'labels[?"tier"].orValue("") == "trial" && age > 1h',
)
OVER_TIME = (
    "rate(pids, 5s) > 5000",
    "max(memory, 1m) > 90%",
    "time_to(memory, memory_limit) < 10s",
    "changes(restarts, 10m) > 5",
)
FOUR_MORE = ("privileged", 'user == "0"', "size(ports) > 90", 'image.contains(":dev") && age > 1h')


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Seconds for one sample: through the whole step, and for the conditions alone."""

    name: str
    whole: float
    conditions: float


def measure() -> tuple[Evaluation, ...]:
    """With rules that look back in time and without, when everything changes and when one field does."""
    return (
        _measured("20 rules, 4 of them over time; every field changes", PLAIN + OVER_TIME, _all_new),
        _measured("the same; only pids changes", PLAIN + OVER_TIME, _only_pids),
        _measured("20 rules, none over time; every field changes", PLAIN + FOUR_MORE, _all_new),
        _measured("the same; only pids changes", PLAIN + FOUR_MORE, _only_pids),
        _measured("no rules: keeping the samples alone", (), _all_new),
    )


def lines(found: Sequence[Evaluation]) -> list[str]:
    """The figures as a table."""
    head = f"judging {CONTAINERS:,} containers at {A_SECOND} samples a second"
    return table([(head, "a sample", "of a core", "conditions alone", "of a core"), *map(_row, found)])


def _row(one: Evaluation) -> Row:
    parts: list[str] = [one.name]
    for seconds in (one.whole, one.conditions):
        parts += [f"{seconds * 1e6:.1f} µs", f"{seconds * CONTAINERS * A_SECOND:.1%}"]
    return parts


def _measured(name: str, texts: Sequence[str], sample: Callable[[Run, int], Sample]) -> Evaluation:
    language = Language()
    rules = (
        Rule(f"g/r{number}", "bench", when=language.condition(text)) for number, text in enumerate(texts)
    )
    setup, state, runs = Setup(RuleSet(tuple(rules))), CoreState(), []
    for container in _fleet():
        state = step(setup, state, Seen(0.0, container)).state
        runs.append(container.run)
    began = time.process_time()
    for number in range(ROUNDS):
        for run in runs:
            state = step(setup, state, sample(run, number)).state
    whole = (time.process_time() - began) / (ROUNDS * len(runs))
    return Evaluation(name, whole, _conditions(setup, list(state.living())))


def _conditions(setup: Setup, entries: Sequence[Entry]) -> float:
    views = [view_of(setup, entry, ROUNDS / A_SECOND) for entry in entries]
    tests = [rule.when.test for rule in setup.rules.rules if rule.when is not None]
    began = time.process_time()
    for view in views:
        for test in tests:
            test(view)
    return (time.process_time() - began) / len(views)


def _fleet() -> Iterator[Container]:
    for number in range(CONTAINERS):
        # Ids of an engine differ from their first digit on.
        key = ContainerId(f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" * 4)
        labels = {"reactor.task": f"t{number}", "team": "web"}
        run = Run(key, "2026-01-01T00:00:00Z")
        yield Container(
            run, f"c{number}", "app:1", State.RUNNING, labels=labels, born=0.0, created=0.0, restarts=0
        )


def _all_new(run: Run, number: int) -> Sample:
    at = 1 + number / A_SECOND
    return Sample(at, run, 50 + number, 1_000, 10**8 + number, 10**9, number / 20)


def _only_pids(run: Run, number: int) -> Sample:
    at = 1 + number / A_SECOND
    return Sample(at, run, 50 + number, 1_000, 10**8, 10**9, 1.0)


if __name__ == "__main__":
    print("\n".join(lines(measure())))
