"""``reactor test``: run the unit tests of rules, and say what came otherwise than expected.

What a test is, and how it is played, is in the room ``ruletest``; here are the output and the exit codes.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.configtext import SHAPE, ConfigurationText
from reactor.app.configuration import BadConfiguration, read_configuration, settings_of, together
from reactor.app.settings import Settings
from reactor.ruleset import RuleError
from reactor.ruletest import ConfigKind, Report, Terms, document, failure, headline, run_tests
from reactor.ruletest.matching import Verdict


def test(options: argparse.Namespace) -> int:
    """Carry out ``reactor test``: 0 if all passed, 1 if a test failed, 2 if the files have mistakes."""
    kind = config_kind(options.config)
    told = _Nothing() if options.json else _Lines(verbose=options.verbose)
    report = run_tests(options.paths, kind, only=options.run, on_verdict=told.verdict)
    if options.json:
        sys.stdout.write(json.dumps(document(report), indent=2, ensure_ascii=False) + "\n")
    if report.errors:
        raise Complaint(*(() if options.json else shown(report.errors)))
    told.report(report, required=options.require_tests)
    if not report.verdicts:
        raise Complaint("no test has such a name: see --run, or leave it out")
    return FOUND if report.failed or (options.require_tests and report.untested) else OK


def shown(errors: Iterable[RuleError]) -> Iterator[str]:
    """Mistakes with the line that each stands in, as ``reactor check`` shows them."""
    return (line for error in errors for line in error.lines())


def config_kind(default: Path | None = None) -> ConfigKind:
    """What may stand behind ``config:`` in a test; a test without it has this configuration."""
    try:
        settings = read_configuration(default)
    except BadConfiguration as bad:
        raise Complaint(*shown(bad.errors)) from None

    def terms(written: BaseModel | None) -> Terms:
        return _terms(settings_of(written) if isinstance(written, ConfigurationText) else settings)

    return ConfigKind(ConfigurationText, SHAPE, terms, together)


def _terms(settings: Settings) -> Terms:
    return Terms(settings.setup, settings.times.reconcile_every)


class _Nothing:
    """Says nothing: what there is to say goes out as JSON."""

    def verdict(self, verdict: Verdict) -> None:
        """Leave it to the report."""

    def report(self, report: Report, *, required: bool) -> None:
        """Leave it to the document."""


class _Lines(_Nothing):
    """Says how the tests go, as they go, and sums up."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose

    def verdict(self, verdict: Verdict) -> None:
        """One line for what passed, if these are wanted; the comparison for what did not."""
        if not verdict.passed:
            print("\n".join(failure(verdict)))
        elif self._verbose:
            print(headline(verdict))

    def report(self, report: Report, *, required: bool) -> None:
        """The rules without a test, and how many tests passed."""
        for each in report.untested:
            print(f"{each.place}: {'' if required else 'hint: '}the rule {each.name} has no test")
        passed = len(report.verdicts) - len(report.failed)
        print(f"{passed} of {len(report.verdicts)} tests passed" + _failed(len(report.failed)))


def _failed(number: int) -> str:
    return f", {number} FAILED" if number else ""
