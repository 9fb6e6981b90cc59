"""``python -m bench.scrape``: what a scrape of ten thousand series costs those who wait for the loop.

The real program watches containers that are not there (``embedded``) by its fast lane, and tells how long its
loop was held at most in each second, and how long what the lane had read waited for the loop. That is asked
for while nobody scrapes, while somebody does, and once more of a monitor that writes its numbers down in the
loop itself. Figures are for people; with ``--json`` the race's table takes them, too (``--beside``).
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.embedded import cgroups, engine, program, reactor_at, until
from bench.figures import spread
from bench.programs import CHECKOUT
from bench.progress import speaker
from bench.scale import RESTS, SETTLES, address, metric, scraped
from bench.table import Row, table

SERIES = 10_000
"""How many series there are to be."""
OWN, EACH = 1_150, 14.5
"""About how many the monitor has for itself, and each container on top of that."""
STRAY = 0.2
"""By how much a run may be beside that: with more it would be a figure of something else."""
HEAD = ("written down", "series", "longest hold: p50", "most", "read → told p50", "p99", "scrape")
THREAD, INLINE = "in a thread", "in the loop"


@dataclass(frozen=True, slots=True)
class Phase:
    """One monitor, scraped or not; times in seconds.

    ``holds`` are the longest ones of each second: their median, and the longest of all. ``told`` are from the
    lane's reading until the monitor has it. ``took`` is how long a scrape took, None where there was none.
    """

    written: str
    scraped: bool
    series: int
    hold_p50: float
    hold_most: float
    told_p50: float
    told_p99: float
    readings: int
    took: float | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.scrape", description=__doc__)
    parser.add_argument("--containers", type=int, default=round((SERIES - OWN) / EACH))
    parser.add_argument("--seconds", type=float, default=20.0, help="of each phase")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two scrapes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    # Ended from outside, too, it removes what it made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="reactor-scrape-") as folder, ExitStack() as stack:
        socket = Path(folder) / "engine.sock"
        ids = stack.enter_context(engine(options.containers, socket))
        stack.enter_context(cgroups(ids, Path(folder)))
        found = [phase for how in (THREAD, INLINE) for phase in _monitor(how, socket, Path(folder), options)]
    print(json.dumps([asdict(each) for each in found]) if options.json else "\n".join(table(_rows(found))))
    said = astray(found, options.containers)
    print(*said, sep="\n", end="\n" if said else "", file=sys.stderr)
    return 1 if said else 0


def astray(found: Sequence[Phase], containers: int) -> list[str]:
    """The phases that had other series than these containers are to have, and what to do about it."""
    meant = OWN + EACH * containers
    return [
        f"scrape: {each.series:,} series of {containers:,} containers, and not about {meant:,.0f}: "
        "a container has others than it had, so put OWN and EACH right"
        for each in found
        if abs(each.series - meant) > STRAY * meant
    ]


def _monitor(how: str, socket: Path, folder: Path, options: argparse.Namespace) -> list[Phase]:
    """One monitor: quiet first, and scraped then."""
    own = folder / how.replace(" ", "-")
    own.mkdir()
    meters, log, say = own / "meters", own / "log", speaker()
    say(f"numbers written down {how}")
    configuration = own / "reactor.yaml"
    configuration.write_text("most_streams: 1\n")
    terms = ("--rules", str(CHECKOUT / "rules"), "--config", str(configuration), "--profile", "normal")
    by = ("bench.within", str(meters), *(["--inline"] if how == INLINE else []))
    with program(*reactor_at(socket, own, *terms, "--listen", "127.0.0.1:0", by=by), log=log):
        page = address(log)
        until(lambda: metric(page, "reactor_lane_runs") >= options.containers, "reading all", every=RESTS)
        time.sleep(SETTLES)
        return [_phase(how, page, meters, options, scrapes=scrapes) for scrapes in (False, True)]


def _phase(how: str, page: str, meters: Path, options: argparse.Namespace, *, scrapes: bool) -> Phase:
    series = sum(not line.startswith("#") for line in scraped(page).splitlines())
    time.sleep(2.0)
    began, took = time.monotonic(), list[float]()
    while time.monotonic() - began < options.seconds:
        due = time.monotonic() + options.every
        if scrapes:
            scraped(page)
            took.append(time.monotonic() - due + options.every)
        time.sleep(max(0.0, due - time.monotonic()))
    return phase(how, meters.read_text(), began, series, took)


def phase(how: str, lines: str, since: float, series: int, took: Sequence[float]) -> Phase:
    """What these meters say of the time since then. The last line may be half written."""
    whole = [json.loads(line) for line in lines.splitlines() if line.endswith("}")]
    own = [line for line in whole if line["at"] > since]
    holds = [line["hold"] for line in own]
    told = spread(delay for line in own for delay in line["delays"])
    return Phase(
        how,
        bool(took),
        series,
        median(holds) if holds else 0.0,
        max(holds, default=0.0),
        told.p50 if told else 0.0,
        told.p99 if told else 0.0,
        told.n if told else 0,
        median(took) if took else None,
    )


def _rows(found: Sequence[Phase]) -> list[Row]:
    rows: list[Row] = [HEAD]
    for each in found:
        how = each.written if each.scraped else f"{each.written}, nobody asks"
        times = (each.hold_p50, each.hold_most, each.told_p50, each.told_p99, each.took)
        rows.append(
            (how, f"{each.series:,}", *(f"{1e3 * t:.2f} ms" if t is not None else "-" for t in times))
        )
    return rows


if __name__ == "__main__":
    sys.exit(main())
