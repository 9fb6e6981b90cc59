"""A report as plain values, for JSON. The keys are a promise to whoever reads them by machine."""

from typing import Any

from reactor.core.language.units import write_duration
from reactor.ruletest.matching import Row, Verdict
from reactor.ruletest.playing import Got
from reactor.ruletest.running import Report
from reactor.ruletest.script import Expected


def document(report: Report) -> dict[str, Any]:
    """The whole report."""
    return {
        "passed": len(report.verdicts) - len(report.failed),
        "failed": len(report.failed),
        "tests": [_test(verdict) for verdict in report.verdicts],
        "untested": [{"rule": each.name, "place": each.place} for each in report.untested],
        "errors": [
            {"file": each.file, "line": each.line, "column": each.column, "message": each.message}
            for each in report.errors
        ],
    }


def _test(verdict: Verdict) -> dict[str, Any]:
    case = verdict.case
    return {
        "file": case.file,
        "line": case.line,
        "name": case.name,
        "passed": verdict.passed,
        "decisions": [_row(row) for row in verdict.rows],
        "answers": [
            {
                "at": write_duration(each.asked.at),
                "line": each.asked.line,
                "asked": each.asked.what,
                "container": each.asked.box,
                "expected": sorted(each.asked.rules),
                "got": sorted(each.found),
            }
            for each in verdict.answers
        ],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "passed": row.expected is not None and row.got is not None and not row.near,
        "expected": None if row.expected is None else {**_decision(row.expected), "line": row.expected.line},
        "got": None if row.got is None else _decision(row.got),
        "why": row.why,
    }


def _decision(one: Expected | Got) -> dict[str, Any]:
    return {
        "at": write_duration(one.at),
        "action": one.action,
        "container": one.box,
        "rule": one.rule,
        "because": one.because,
        "summary": one.summary,
        "because_of": one.because_of,
        "dry_run": one.dry_run,
    }
