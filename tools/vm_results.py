"""What the machines of `make test-v2` say of their tests: passed on as it comes, counted, shown in one table.

Does not belong here: running a machine (vm_machine.py), and what is run there (v2.py).
"""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

_DRIVER: Final = "reactor-v2: driver "
_SUMMARY: Final = re.compile(r"=+ (.*\d+ (?:passed|failed|error|deselected).*) in ([\d.]+)s.* =+")
_COUNT: Final = re.compile(r"(\d+) (\w+)")
_OF_ONE: Final = re.compile(r"(?:.*::\S.*)? ?(PASSED|FAILED|ERROR) +\[ *\d+%\]")
_HEAD: Final = ("engine", "driver", "passed", "failed", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of the tests with one driver of cgroups on one engine.

    ``failed`` counts errors beside a test as well. Unless the tests ``ended``, both are so far.
    """

    engine: str
    driver: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    ended: bool = False


@dataclass(slots=True)
class Heard:
    """What one machine says: it is passed on, and what counts is kept."""

    engine: str
    clock: Callable[[], float] = time.monotonic
    rows: list[Row] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        """Its seconds count from now on."""
        self._began = self.clock()

    def __call__(self, line: str) -> None:
        """Take one line."""
        if line.startswith(_DRIVER):
            self.rows.append(Row(self.engine, line.removeprefix(_DRIVER)))
        elif line.startswith(("FAILED ", "ERROR ")):
            self.trouble.append(line)
        elif self.rows:
            self.rows[-1] = _counted(self.rows[-1], line)
        print(f"{self.engine} {self.clock() - self._began:5.0f}s  {line}", flush=True)


def _counted(row: Row, line: str) -> Row:
    if (one := _OF_ONE.fullmatch(line)) is not None:
        passed = one[1] == "PASSED"
        return replace(row, passed=row.passed + passed, failed=row.failed + (not passed))
    if (found := _SUMMARY.fullmatch(line)) is None:
        return row
    counts = {what.rstrip("s"): int(count) for count, what in _COUNT.findall(found[1])}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return replace(row, passed=counts.get("passed", 0), failed=failed, seconds=float(found[2]), ended=True)


def table(rows: Iterable[Row]) -> str:
    """One line for each. Who did not come to the end has no seconds."""
    lines = [_HEAD]
    for row in rows:
        seconds = f"{row.seconds:.0f}" if row.ended else "not ended"
        lines.append((row.engine, row.driver, str(row.passed), str(row.failed), seconds))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
