"""Whether containers that the engine cannot end slow the others down: the same containers are ended again and
again, alone and beside twice as many stuck ones as calls may be under way: all decided about together, and
the others later, when the calls for the stuck ones hang.

A container is stuck while its shim is suspended. Every time a new monitor comes, so that nothing is known of
this engine; the stuck ones are first in line.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.clock import now
from bench.figures import nearest_rank
from bench.fleet import Fleet
from bench.listening import Listening
from bench.monitor import Monitor
from bench.options import Options
from bench.programs import DidNotBegin
from bench.progress import Say
from bench.promises import Promise
from bench.table import Row, duration, table

RULES = "groups: [{{name: bench, rules: [{{name: crowd, when: age > {}}}]}}]\n"
NOBODY, EVERYBODY = RULES.format("1000h"), RULES.format("1s")
CONFIG = "gate: {{off: true}}\nbreaker: {{off: true}}\nbudgets: {{off: true}}\nat_once: {}\n"
AT_ONCE = 10
STUCK = 2 * AT_ONCE
OTHERS = (1, 10)
ENDS_WITHIN = 60.0
READY_WITHIN = 30.0
OLD_ENOUGH = 2.0
"""Seconds after which everybody is old enough for the rule, and the machine is quiet again."""
HANGING = 2.0
"""Seconds after which every call for a stuck one is under way, and hangs."""
MOST_RATIO = 2.0


@dataclass(slots=True)
class Found:
    """Seconds from the decision to the deaths of the others, in all rounds of one kind.

    ``last`` are those of each round's last one; ``ahead`` is how many stuck ones were looked at before
    the first of the others, in each round.
    """

    each: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Compared:
    """So many others, alone and beside the stuck ones."""

    others: int
    alone: Found
    beside: Found
    later: Found = field(default_factory=Found)

    @property
    def ratios(self) -> tuple[float, float]:
        """Beside over alone: of the medians of all, and of the medians of those who came last."""
        return (
            median(self.beside.each) / median(self.alone.each),
            median(self.beside.last) / median(self.alone.last),
        )


def measure(docker_host: str, fleet: Fleet, options: Options, folder: Path, say: Say) -> list[Compared]:
    """One comparison for each number of others. Rounds of both kinds alternate: the machine changes."""
    fleet.create_idle(max(OTHERS) + STUCK)
    # Of what is decided together the smallest ids are carried out first.
    everybody = sorted(fleet.idle)
    stuck, others = everybody[:STUCK], everybody[STUCK:]
    found = []
    for number in OTHERS:
        compared = Compared(number, Found(), Found())
        for turn in range(options.rounds):
            say(f"{number} of them, round {turn + 1} of {options.rounds}")
            for kind, held in ((compared.alone, ()), (compared.beside, tuple(stuck))):
                where = folder / f"{number}-{turn}-{len(held)}"
                _round(docker_host, fleet, where, others[:number], held, kind)
            where = folder / f"{number}-{turn}-later"
            _round(docker_host, fleet, where, others[:number], stuck, compared.later, later=True)
        found.append(compared)
    return found


def lines(found: Sequence[Compared]) -> list[str]:
    """The table."""
    rows: list[Row] = [("", "n", "p50", "p90", "max", "last of a round p50", "stuck ones ahead, at least")]
    for compared in found:
        for what, kind in (
            ("alone", compared.alone),
            (f"beside {STUCK} stuck", compared.beside),
            (f"later than {STUCK} stuck", compared.later),
        ):
            if not kind.each:
                continue
            rows.append((f"{compared.others} {what}", *_cells(kind)))
    title = f"ENDED ALONE AND BESIDE STUCK ONES, {AT_ONCE} AT A TIME, from the decision to each death"
    return ["", title, *table(rows)]


def judge(found: Sequence[Compared]) -> list[Promise]:
    """Under twice the usual time: of all of them, and of the last of a round."""
    return [
        Promise(
            f"{compared.others} beside {STUCK} stuck ones end in under {MOST_RATIO:g} x their usual time",
            "{:.2f} x, the last one {:.2f} x".format(*compared.ratios),
            max(compared.ratios) < MOST_RATIO,
        )
        for compared in found
    ]


def _cells(kind: Found) -> Iterator[str]:
    ordered = sorted(kind.each)
    yield str(len(ordered))
    for percent in (50, 90, 100):
        yield duration(nearest_rank(ordered, percent))
    yield duration(median(kind.last))
    yield str(min(kind.ahead))


def _round(
    docker_host: str,
    fleet: Fleet,
    folder: Path,
    others: Sequence[str],
    stuck: Sequence[str],
    found: Found,
    *,
    later: bool = False,
) -> None:
    folder.mkdir()
    fleet.start_again((*(() if later else others), *stuck))
    with ExitStack() as suspended, Listening(docker_host) as heard:
        for container in stuck:
            suspended.enter_context(_suspended(fleet.main_process(container)))
        with Monitor(docker_host, folder, NOBODY, CONFIG.format(AT_ONCE)) as monitor:
            monitor.wait_for("reactor_ready", 1, READY_WITHIN)
            time.sleep(OLD_ENOUGH)
            monitor.read_rules(EVERYBODY)
            if later:
                time.sleep(HANGING)
                fleet.start_again(others)
            deaths = [_death(heard, monitor, container) for container in others]
            if any(heard.death(container) for container in stuck):
                raise DidNotBegin("a container whose shim is suspended was ended all the same")
            suspended.close()
            for container in stuck:
                _death(heard, monitor, container)
            monitor.stop()
    kills = monitor.kills()
    looks = {kill.container: min(step.began for step in kill.steps) for kill in kills}
    # Decided about together, all count from the first of them, who comes later from its own decision.
    seen = {kill.container: kill.seen for kill in kills}
    first = min(seen.values())
    took = [died - (seen[each] if later else first) for each, died in zip(others, deaths, strict=True)]
    found.each += took
    found.last.append(max(took))
    ahead = min(looks[container] for container in others)
    found.ahead.append(sum(looks[container] < ahead for container in stuck))


def _death(heard: Listening, monitor: Monitor, container: str) -> float:
    deadline = now() + ENDS_WITHIN
    while now() < deadline:
        died = heard.wait_death(container, 1.0)
        if died is not None:
            return died
        monitor.check()
    raise DidNotBegin(f"{container[:12]} was not ended within {ENDS_WITHIN:g} s")


@contextmanager
def _suspended(main_process: int) -> Iterator[None]:
    """Suspend the shim, which is the parent of the container's main process."""
    stat = Path(f"/proc/{main_process}/stat").read_text()
    # The name, in parentheses, may hold anything.
    handle = os.pidfd_open(int(stat.rpartition(")")[2].split()[1]))
    try:
        signal.pidfd_send_signal(handle, signal.SIGSTOP)
        try:
            yield
        finally:
            signal.pidfd_send_signal(handle, signal.SIGCONT)
    finally:
        os.close(handle)
