"""`python -m tools.v2`: tests on hosts with cgroups of version 2 and the systemd driver, in virtual machines.

One machine for each engine, one after the other, by software emulation: it shows that things work, never how
fast. Which tests: `tests/v2/tests.txt`. Does not belong here: how machines are made (vm_images.py) and run
(vm_machine.py).
"""

import argparse
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.engine_files import CHECKOUT
from tools.engine_packages import EngineMissingError
from tools.vm_guest import script
from tools.vm_images import prepare, write_checkout
from tools.vm_machine import VmFailedError, run
from tools.vm_packages import CACHE, RELEASES, Release, VmMissingError, say

LIST: Final = CHECKOUT / "tests/v2/tests.txt"
DRIVERS: Final = ("systemd", "cgroupfs")
# A test that hangs is told of later than usual, as everything takes longer.
_PYTEST: Final = (
    "-p", "no:cacheprovider", "-o", "faulthandler_timeout=1800", "--tb=short", "--durations=10", "-v",
)  # fmt: skip
_SUMMARY: Final = re.compile(r"=+ (.*\d+ (?:passed|failed|error|deselected).*) =+")
_RUN: Final = "run-"
_PATIENCE: Final = 6.0
_WITHIN: Final = 3600.0


@dataclass(slots=True)
class Heard:
    """What one machine says: it is passed on, and what counts is kept."""

    release: Release
    began: float = field(default_factory=time.monotonic)
    results: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        """Take one line."""
        if line.startswith("reactor-v2: driver "):
            self.results.append(line.rpartition(" ")[2])
        if (found := _SUMMARY.fullmatch(line)) is not None:
            self.results.append(found[1])
        elif line.startswith(("FAILED ", "ERROR ")):
            self.results.append(line)
        print(f"{self.release.engine} {time.monotonic() - self.began:5.0f}s  {line}", flush=True)


def listed(text: str, driver: str) -> list[str]:
    """The tests that the list names for this driver: a line is a driver, or ``both``, and a test."""
    pairs = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [what.strip() for which, what in pairs if which in {driver, "both"}]


def passes(drivers: Sequence[str], more: Sequence[str], text: str) -> list[tuple[str, list[str]]]:
    """What is run with which driver. Tests that are named in ``more`` stand in place of the list."""
    own = any(not each.startswith("-") and "tests/" in each for each in more)
    return [(driver, [*_PYTEST, *more, *([] if own else listed(text, driver))]) for driver in drivers]


def _arguments(given: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="make test-v2", description="Tests on cgroup v2.", allow_abbrev=False
    )
    engines = [release.engine for release in RELEASES]
    parser.add_argument("--engine", choices=engines, action="append", help="only this one")
    parser.add_argument("--driver", choices=DRIVERS, action="append", help="only this one")
    parser.add_argument("--within", type=float, default=_WITHIN, help="seconds that a machine may take")
    parser.add_argument("--patience", type=float, default=_PATIENCE, help="factor for the deadlines of tests")
    parser.add_argument("--prepare", action="store_true", help="make the disks, and run nothing")
    return parser.parse_known_args(given)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for one machine; what was left by those who could not remove theirs goes as well."""
    for left in CACHE.glob(f"{_RUN}*"):
        if not Path("/proc", left.name.removeprefix(_RUN)).exists():
            shutil.rmtree(left)
    folder = CACHE / f"{_RUN}{os.getpid()}"
    # Somebody else had our number once.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _test(release: Release, options: argparse.Namespace, more: Sequence[str]) -> tuple[int, list[str]]:
    heard = Heard(release)
    plan = passes(options.driver or DRIVERS, more, LIST.read_text())
    with _folder() as folder:
        checkout = write_checkout(script(plan, options.patience), folder)
        say(f"a machine with Docker {release.engine} starts ({release.name})")
        try:
            code = run(release, checkout, folder / "console", options.within, heard)
        except VmFailedError as failure:
            say(str(failure))
            code = 3
    took = time.monotonic() - heard.began
    return code, [*heard.results, f"exit code {code}, {took:.0f} s"]


def main() -> int:
    """Run all; the first exit code that is not zero."""
    # Whoever ends us ends the machine, and nothing of it stays.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    options, more = _arguments(sys.argv[1:])
    releases = [each for each in RELEASES if not options.engine or each.engine in options.engine]
    results: list[tuple[Release, int, list[str]]] = []
    try:
        for release in releases:
            prepare(release)
            if not options.prepare:
                results.append((release, *_test(release, options, more)))
    except (VmMissingError, EngineMissingError) as problem:
        say(str(problem))
        return 2
    for release, _code, lines in results:
        print(f"\nDocker {release.engine}, cgroup v2:", *lines, sep="\n  ")
    return next((code for _release, code, _lines in results if code), 0)


if __name__ == "__main__":
    sys.exit(main())
