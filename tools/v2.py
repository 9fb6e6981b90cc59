"""`python -m tools.v2`: tests on hosts with cgroups of version 2 and the systemd driver, in virtual machines.

One machine for each engine, one after the other, by software emulation: it shows that things work, never how
fast. Which tests: `tests/v2/tests.txt`. Does not belong here: how machines are made (vm_images.py), run
(vm_machine.py), and what they say (vm_results.py).
"""

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.engine_files import CHECKOUT
from tools.engine_packages import EngineMissingError
from tools.vm_guest import script
from tools.vm_images import prepare, write_checkout
from tools.vm_machine import VmFailedError, run
from tools.vm_packages import CACHE, RELEASES, Release, VmMissingError, say
from tools.vm_results import Heard, table

LIST: Final = CHECKOUT / "tests/v2/tests.txt"
DRIVERS: Final = ("systemd", "cgroupfs")
# A test that hangs is told of later than usual, as everything takes longer.
_PYTEST: Final = (
    "-p", "no:cacheprovider", "-p", "tools.vm_telling", "-o", "faulthandler_timeout=1800", "--tb=short",
    # There is no podman in these machines.
    "--durations=10", "-v", "-m", "not podman",
)  # fmt: skip
_RUN: Final = "run-"
_WITHIN: Final = 7200.0


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
    parser.add_argument("--patience", type=float, help="factor for deadlines (measured there)")
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


def _test(release: Release, options: argparse.Namespace, more: Sequence[str]) -> tuple[int, Heard]:
    heard = Heard(release.engine)
    plan = passes(options.driver or DRIVERS, more, LIST.read_text())
    with _folder() as folder:
        checkout = write_checkout(script(plan, options.patience), folder)
        say(f"a machine with Docker {release.engine} starts ({release.name})")
        try:
            code = run(release, checkout, folder / "console", options.within, heard)
        except VmFailedError as failure:
            say(str(failure))
            heard.trouble.append("the machine did not come to its end")
            code = 3
    return code, heard


def _tell(results: Sequence[Heard]) -> None:
    trouble = [f"{heard.engine}: {line}" for heard in results for line in heard.trouble]
    print("\ncgroup v2, emulated:", *trouble, table(row for heard in results for row in heard.rows), sep="\n")


def main() -> int:
    """Run all; the first exit code that is not zero."""
    # Whoever ends us ends the machine, and nothing of it stays.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    options, more = _arguments(sys.argv[1:])
    releases = [each for each in RELEASES if not options.engine or each.engine in options.engine]
    results: list[tuple[int, Heard]] = []
    try:
        for release in releases:
            prepare(release)
            if not options.prepare:
                results.append(_test(release, options, more))
    except (VmMissingError, EngineMissingError) as problem:
        say(str(problem))
        return 2
    if results:
        _tell([heard for _code, heard in results])
    return next((code for code, _heard in results if code), 0)


if __name__ == "__main__":
    sys.exit(main())
