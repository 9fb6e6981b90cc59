"""What no race can show and is in the same table: measured by benches of their own, each a program.

Ten thousand containers do not run here, a recording has no rivals, and a scrape of so many series is asked of
a monitor with meters inside. Which programs these are, for how long they may go on, and how their figures are
shown belongs here. One that fails is missing, and spoils nothing else.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

from bench.ending import bound, end
from bench.programs import CHECKOUT
from bench.progress import Say
from bench.table import Row

Json = dict[str, Any]
PARTS: Final = {
    "replay": ("bench.replay", "--json"),
    "scale": ("bench.scale", "1000", "10000"),
    "scrape": ("bench.scrape", "--json"),
}
SMALL: Final = {
    "replay": ("bench.replay", "--json", "--containers", "200", "--seconds", "20"),
    "scale": ("bench.scale", "200", "--idle", "5"),
    "scrape": ("bench.scrape", "--json", "--containers", "100", "--seconds", "5"),
}
WITHIN: Final = 480.0
"""Seconds for each, at the most."""
COLUMNS: Final = {
    "scale": ("containers", "ready", "watched", "cpu", "lane_cpu", "wakeups", "pss", "rss", "descriptors"),
    "replay": ("containers", "facts", "rate", "decisions", "expected"),
    "scrape": ("written", "scraped", "series", "hold_p50", "hold_most", "told_p50", "told_p99", "took"),
}
TITLES: Final = {
    "scale": "Containers that are not there, on cgroups that are: idling (seconds, shares of a core, MB)",
    "replay": "A recording, from its bytes to the decisions",
    "scrape": "A scrape: longest hold of the loop, and what the lane read until the monitor has it (seconds)",
}


def measured(say: Say, missing: dict[str, str], *, small: bool) -> Json:
    """What they found, by name; who found nothing is put down as missing."""
    found: Json = {}
    for name, words in (SMALL if small else PARTS).items():
        say(f"{name}: {' '.join(words)}")
        rows, why = _run(words)
        if rows:
            found[name] = rows
        if why:
            missing[name] = why
    return found


def _run(words: tuple[str, ...]) -> tuple[list[Json], str]:
    command = bound((sys.executable, "-m", *words))
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, start_new_session=True)
    try:
        said, _ = process.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        end(process)
        said, _ = process.communicate()
        return rows_in(said.decode()), f"it was not over after {WITHIN:.0f} s"
    finally:
        end(process)
    why = f"it ended with {process.returncode}" if process.returncode else ""
    return rows_in(said.decode()), why


def rows_in(said: str) -> list[Json]:
    """The rows in what a program wrote: one document a line, or a list of them."""
    rows: list[Json] = []
    for line in said.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        rows += found if isinstance(found, list) else [found] if isinstance(found, dict) else []
    return rows


def sections(document: Json) -> Iterator[tuple[str, list[Row]]]:
    """One for each that found something."""
    for name, rows in document["parts"].items():
        columns = COLUMNS[name]
        head: Row = tuple(column.replace("_", " ") for column in columns)
        yield TITLES[name], [head, *(tuple(_shown(row.get(each)) for each in columns) for row in rows)]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}" if value < 1000 else f"{value:,.0f}"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
