"""`python -m tools.v2`: tests on hosts with cgroups of version 2 and the systemd driver, in virtual machines.

One machine for each engine, one after the other, by software emulation: it shows that things work, never how
fast. Which tests: `tests/v2/tests.txt`. What became of each is kept, so that a run can be resumed. Does not
belong here: how machines are made (vm_images.py), run (vm_machine.py), and what they say (vm_results.py).
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
from tools.vm_commands import KINDS, command
from tools.vm_guest import done_file, script
from tools.vm_images import prepare, write_checkout
from tools.vm_machine import VmFailedError, run
from tools.vm_packages import CACHE, RELEASES, Release, VmMissingError, call, say
from tools.vm_results import Heard, Records, table

LIST: Final = CHECKOUT / "tests/v2/tests.txt"
DRIVERS: Final = ("systemd", "cgroupfs")
# What becomes of each test is told by our own plugin; pytest itself is quiet until its end.
_PYTEST: Final = (
    "-q", "-rN", "-p", "no:cacheprovider", "-p", "tools.vm_telling", "--tb=short",
    # Everything takes longer there. What hangs ends its pytest, and another one goes on behind it.
    "-o", "faulthandler_timeout=900", "-o", "faulthandler_exit_on_timeout=true", "-o", "timeout=0",
    # There is no podman in these machines.
    "-m", "not podman",
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


def _part(text: str) -> str:
    """`2/5`: the second of five."""
    number, _, parts = text.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise argparse.ArgumentTypeError(f"`{text}` is no part: the second of five is 2/5")
    return text


def _arguments(given: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="make test-v2", description="Tests on cgroup v2.", allow_abbrev=False
    )
    engines = [release.engine for release in RELEASES]
    parser.add_argument("--engine", choices=engines, action="append", help="only this one")
    parser.add_argument("--driver", choices=DRIVERS, action="append", help="only this one")
    parser.add_argument("--machine", choices=KINDS, default=KINDS[0], help="of which kind (user-mode)")
    parser.add_argument("--within", type=float, default=_WITHIN, help="seconds that a machine may take")
    parser.add_argument("--resume", action="store_true", help="leave out what passed in earlier runs")
    parser.add_argument("--part", type=_part, default="1/1", metavar="N/M", help="the Nth of M parts only")
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
    records = Records(CACHE / "results", _state())
    heard = Heard(release.engine, records)
    plan = passes(options.driver or DRIVERS, more, LIST.read_text())
    files = {"run.sh": script(plan, options.patience, options.part)}
    for driver, _given in plan:
        if not options.resume:
            records.forget(release.engine, driver)
        files[done_file(driver)] = "".join(f"{test}\n" for test in records.passed(release.engine, driver))
    with _folder() as folder:
        checkout = write_checkout(files, folder)
        say(f"a machine with Docker {release.engine} ({release.name}) starts, for {options.within:.0f} s")
        try:
            console = folder / "console"
            code = run(command(options.machine, release, checkout, console), console, options.within, heard)
        except VmFailedError as failure:
            say(str(failure))
            heard.trouble.append("the machine did not come to its end: `--resume` goes on from here")
            code = 3
    heard.over()
    return code, heard


def _state() -> str:
    """Which state of the checkout is tested, for the records."""
    changed = "+" if call(("git", "status", "--porcelain")) else ""
    return call(("git", "rev-parse", "--short", "HEAD")).strip() + changed


def _tell(results: Sequence[Heard]) -> None:
    trouble = [f"{heard.engine}: {line}" for heard in results for line in heard.trouble]
    print(
        "\ncgroup v2, in virtual machines:",
        *trouble,
        table(row for heard in results for row in heard.rows),
        sep="\n",
    )
    print(f"Each test: {CACHE.name}/results/", flush=True)


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
