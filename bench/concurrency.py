"""How many kills should be under way at a time: a crowd that is decided about together, with one number
after the other.

Every time the same containers are started again, and a monitor with a rule that holds for all of them comes.
What it decided and called is read from its journal, who died when from the engine's events.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.clock import now
from bench.figures import nearest_rank
from bench.fleet import Fleet
from bench.listening import Listening
from bench.monitor import Monitor
from bench.options import Options
from bench.programs import DidNotBegin
from bench.progress import Say
from bench.records import Kill
from bench.table import Row, duration, table

RULES = "groups: [{name: bench, rules: [{name: crowd, when: age > 1s}]}]\n"
CONFIG = "gate: {{off: true}}\nbreaker: {{off: true}}\nbudgets: {{off: true}}\nat_once: {}\n"
ENDS_WITHIN = 120.0


def measure(docker_host: str, fleet: Fleet, options: Options, folder: Path, say: Say) -> list[str]:
    """The table, one line for each number."""
    fleet.create_idle(options.crowd)
    heading = ("at a time", "p50", "p90", "all over", "call p50", "call p90", "call max", "calls")
    rows: list[Row] = [heading]
    for number in options.at_once:
        say(f"{options.crowd} kills, {number} at a time")
        fleet.start_again(fleet.idle)
        rows.append(_row(number, *_round(docker_host, fleet, folder / str(number), number)))
        say(" ".join(rows[-1]))
    title = f"{options.crowd} KILLS THAT ARE DECIDED TOGETHER, from the first look to each death"
    return ["", title, *table(rows)]


def _round(docker_host: str, fleet: Fleet, folder: Path, number: int) -> tuple[list[Kill], list[float]]:
    folder.mkdir()
    with (
        Listening(docker_host) as heard,
        Monitor(docker_host, folder, RULES, CONFIG.format(number)) as monitor,
    ):
        deaths = [_death(heard, monitor, container) for container in fleet.idle]
        monitor.stop()
        return monitor.kills(), deaths


def _death(heard: Listening, monitor: Monitor, container: str) -> float:
    """When this container died; DidNotBegin if the monitor ends before it, or nobody ends it in time."""
    deadline = now() + ENDS_WITHIN
    while now() < deadline:
        died = heard.wait_death(container, 1.0)
        if died is not None:
            return died
        monitor.check()
    raise DidNotBegin(f"{container[:12]} was not ended within {ENDS_WITHIN:g} s")


def _row(number: int, kills: list[Kill], deaths: list[float]) -> Row:
    began = min(step.began for kill in kills for step in kill.steps)
    ended = sorted(died - began for died in deaths)
    calls = sorted(step.took for kill in kills for step in kill.steps if step.what == "kill")
    return (str(number), *_spread(ended), *_spread(calls), str(len(calls)))


def _spread(ordered: list[float]) -> Iterator[str]:
    for percent in (50, 90, 100):
        yield duration(nearest_rank(ordered, percent))
