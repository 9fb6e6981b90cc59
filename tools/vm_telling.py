"""A plugin for pytest in a machine of `make test-v2`: which tests are run, and what becomes of each.

A machine takes long, and may be ended before its tests are. Each line about a test is made for a program: the
mark, what happened, seconds, the test, and why it was skipped, with tabs between them. Does not belong here:
what becomes of the words (vm_results.py).
"""

import os
from pathlib import Path
from typing import Final

import pytest

from tools.vm_guest import DONE, ENDED, MARK, PART

_NEVER_REAL: Final = frozenset({"direct", "embedded"})
_RANK: Final = ("passed", "skipped", "failed")


def slice_of(count: int, part: str) -> tuple[int, int]:
    """The first of a part, and the first after it: `2/5` is the second of five."""
    number, _, parts = part.partition("/")
    return (int(number) - 1) * count // int(parts), int(number) * count // int(parts)


class Telling:
    """Counts nothing: it only tells, in one line for each."""

    def __init__(self, done: Path) -> None:
        self._done = done
        self._outcome, self._why, self._seconds = "passed", "", 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what is the same on every host, what is of another part, and what was done before."""
        here = [item for item in items if _kind(item) not in _NEVER_REAL]
        first, end = slice_of(len(here), os.environ.get(PART, "1/1"))
        before = set(self._done.read_text().splitlines()) if self._done.is_file() else set()
        chosen = [item for item in here[first:end] if item.nodeid not in before]
        config.hook.pytest_deselected(items=[*set(items).difference(chosen)])
        items[:] = chosen
        _tell("chosen", len(chosen))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Whoever begins is not begun again, should it end all of pytest."""
        self._outcome, self._why, self._seconds = "passed", "", 0.0
        with self._done.open("a") as done:
            done.write(f"{nodeid}\n")
        _tell("begun", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell why a test failed, at once; at the end it is told again, with all others."""
        self._seconds += report.duration
        self._outcome = max(self._outcome, report.outcome, key=_RANK.index)
        if report.skipped:
            self._why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        if report.failed:
            print(f"\n{report.nodeid}, {report.when}:\n{report.longreprtext}", flush=True)
            for title, text in report.sections:
                print(f"{title}:\n{text}", flush=True)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """One line for each test."""
        _tell(self._outcome, f"{self._seconds:.1f}", nodeid, " ".join(self._why.split()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Pytest itself says nothing about a test while it runs."""
        if report.when != "call" and report.passed:
            return None
        category = "error" if report.failed and report.when != "call" else report.outcome
        return category, "", ""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Say to the script that nobody hung."""
        self._done.with_suffix(ENDED).touch()


def pytest_configure(config: pytest.Config) -> None:
    """Take part only where a machine says which tests are done."""
    if done := os.environ.get(DONE):
        config.pluginmanager.register(Telling(Path(done)))


def _kind(item: pytest.Item) -> object:
    """On which kind of engine a contract test runs; ours in place of a real one knows no kernel."""
    return item.callspec.params.get("kind") if hasattr(item, "callspec") else None


def _tell(*words: object) -> None:
    print(f"\n{MARK}{chr(9).join(map(str, words))}", flush=True)
