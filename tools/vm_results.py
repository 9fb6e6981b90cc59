"""What the machines of `make test-v2` say of their tests: shown, kept in files, counted in a table.

Does not belong here: running a machine (vm_machine.py), and what is run there (v2.py).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.vm_guest import MARK

_DRIVER: Final = f"{MARK}driver "
_OUTCOMES: Final = ("passed", "failed", "skipped")
_HEAD: Final = ("engine", "driver", *_OUTCOMES, "not run", "seconds", "passed before")


@dataclass(slots=True)
class Row:
    """What became of the tests with one driver of cgroups on one engine.

    ``left`` are those that were chosen and did not end; None if it was never said which are chosen.
    ``before`` passed in an earlier run, which this one resumes.
    """

    engine: str
    driver: str
    counts: Counter[str] = field(default_factory=Counter)
    left: int | None = None
    before: int = 0
    seconds: float = 0.0
    begun: str = ""

    def cells(self) -> tuple[str, ...]:
        """This row of the table."""
        counts = (str(self.counts[each]) for each in _OUTCOMES)
        left = "all" if self.left is None else str(self.left)
        return self.engine, self.driver, *counts, left, f"{self.seconds:.0f}", str(self.before)


class Records:
    """What became of each test, in one file for each engine and driver; a later line is the newer one."""

    def __init__(self, folder: Path, state: str) -> None:
        self._folder, self._state = folder, state

    def file(self, engine: str, driver: str) -> Path:
        """A line is what happened, seconds, the state of the checkout, the test, and why it was skipped."""
        return self._folder / f"{engine}-{driver}.txt"

    def forget(self, engine: str, driver: str) -> None:
        """A run that resumes nothing begins with nothing."""
        self.file(engine, driver).unlink(missing_ok=True)

    def passed(self, engine: str, driver: str) -> list[str]:
        """The tests that passed, by the last word about each."""
        file = self.file(engine, driver)
        lines = [line.split("\t") for line in file.read_text().splitlines()] if file.is_file() else []
        last = {line[3]: line[0] for line in lines}
        return [test for test, outcome in last.items() if outcome == "passed"]

    def add(self, row: Row, outcome: str, seconds: str, test: str, why: str) -> None:
        """Write at once: whoever is ended in the middle resumes from here."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.file(row.engine, row.driver).open("a") as file:
            file.write(f"{outcome}\t{seconds}\t{self._state}\t{test}\t{why}\n")


@dataclass(slots=True)
class Heard:
    """What one machine says: it is shown, and what counts is kept."""

    engine: str
    records: Records
    clock: Callable[[], float] = time.monotonic
    rows: list[Row] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        """Its seconds count from now on."""
        self._began = self.clock()

    def __call__(self, line: str) -> None:
        """Take one line."""
        # What a kernel says before anything else is for its console.
        shown = line if self.rows or line.startswith(MARK) else None
        if line.startswith(_DRIVER):
            driver = line.removeprefix(_DRIVER)
            self.rows.append(Row(self.engine, driver, before=len(self.records.passed(self.engine, driver))))
        elif line.startswith(MARK) and self.rows:
            shown = self._told(self.rows[-1], line.removeprefix(MARK).split("\t"))
        if shown:
            print(f"{self.engine} {self.clock() - self._began:5.0f}s  {shown}", flush=True)

    def over(self) -> None:
        """The machine has ended; whoever it was at did not."""
        if self.rows and self.rows[-1].begun:
            self.trouble.append(f"in the middle of {self.rows[-1].begun}")

    def _told(self, row: Row, words: list[str]) -> str | None:
        """Count one line of a test, and say what is shown of it."""
        match words:
            case ["chosen", count]:
                self._hung(row)
                row.left = int(count)
                return f"{count} tests with the driver {row.driver}, {row.before} passed before"
            case ["begun", test]:
                row.begun = test
                return None
            case [outcome, seconds, test, why] if outcome in _OUTCOMES:
                return self._ended(row, outcome, seconds, test, why)
        return " ".join(words)

    def _ended(self, row: Row, outcome: str, seconds: str, test: str, why: str) -> str:
        self.records.add(row, outcome, seconds, test, why)
        row.begun = ""
        row.counts[outcome] += 1
        row.left = max((row.left or 0) - 1, 0)
        row.seconds += float(seconds)
        if outcome != "passed":
            self.trouble.append(f"{row.driver}: {outcome} {test} {why}".rstrip())
        done = row.counts.total()
        return f"{outcome} [{done}/{done + row.left}] {seconds:>5} s  {test} {why}".rstrip()

    def _hung(self, row: Row) -> None:
        """Pytest has begun anew: it was ended by a test that did not come to its end."""
        if row.begun:
            self._ended(row, "failed", "0", row.begun, "hung")


def table(rows: Iterable[Row]) -> str:
    """One line for each; what is not run was chosen, and the time was over before."""
    lines = [_HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
