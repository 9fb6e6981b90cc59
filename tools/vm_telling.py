"""A plugin for pytest in a machine of `make test-v2`: a failure is told when it happens.

A machine takes long, and may be ended before its tests are. Does not belong here: what becomes of the words
(vm_results.py).
"""

import pytest


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell why a test failed, at once; at the end it is told again, with all others."""
    if report.failed:
        print(f"\n{report.nodeid}, {report.when}:\n{report.longreprtext}", flush=True)
        for title, text in report.sections:
            print(f"{title}:\n{text}", flush=True)
