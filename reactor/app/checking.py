"""``reactor check``: read rule files and a configuration, and say what is wrong and where.

What is wrong is found by ``ruleset`` and ``configuration``; here it is put on the screen, or into JSON.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.configuration import BadConfiguration, read_configuration
from reactor.app.counts import Count, document, lines_of
from reactor.app.front import web_over
from reactor.app.settings import Settings
from reactor.app.webcheck import WebReport, examine_web
from reactor.core.language.printing import tame
from reactor.core.recipes import NO_PROVISIONS, Provisions, SidecarSet, Template
from reactor.core.rules import Level, Rule
from reactor.ruleset import BadRules, Examined, RuleError, examine

LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. ``examined`` is None if the rules cannot be put in force, or none were named.

    ``strict`` has warnings count as mistakes. ``web`` is None where there is no web configuration.
    """

    mistakes: tuple[RuleError, ...]
    examined: Examined | None
    strict: bool = False
    web: WebReport | None = None

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        return not self.mistakes and not (self.strict and self.warnings)

    @property
    def warnings(self) -> tuple[RuleError, ...]:
        """What is allowed and probably not meant."""
        return self.examined.warnings if self.examined else ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, none if anything is wrong."""
        return self.examined.rules.rules if self.examined and not self.mistakes else ()

    @property
    def provisions(self) -> Provisions:
        """The templates and sets, none if anything is wrong."""
        return self.examined.rules.provisions if self.examined and not self.mistakes else NO_PROVISIONS


def check(options: argparse.Namespace) -> int:
    """Carry out ``reactor check``: exit code 0 if all is well, 1 if there are mistakes."""
    report = replace(_report(options), strict=options.strict)
    counts = _counts(options, report)
    if options.json:
        print(json.dumps({**_document(report), **_counts_document(counts)}, indent=2))
    else:
        _show(report)
        for line in lines_of(counts):
            print(tame(line, LONGEST_LINE))
    return OK if report.passed else FOUND


def _report(options: argparse.Namespace) -> Report:
    mistakes: list[RuleError] = []
    examined: Examined | None = None
    settings = Settings()
    if not (options.paths or options.config or options.web_config_file):
        raise Complaint(
            "reactor check: nothing is named: name a PATH of rules, --config FILE or --web.config.file FILE"
        )
    try:
        examined = examine(options.paths) if options.paths else None
    except BadRules as bad:
        mistakes += bad.errors
    try:
        settings = read_configuration(options.config)
    except BadConfiguration as bad:
        mistakes += bad.errors
    web = _web(settings, options)
    return Report((*mistakes, *(web.mistakes if web is not None else ())), examined, web=web)


def _web(settings: Settings, options: argparse.Namespace) -> WebReport | None:
    settings = replace(settings, web=web_over(settings.web, options))
    return examine_web(settings) if settings.web.config_file is not None or settings.web.orders else None


def _counts(options: argparse.Namespace, report: Report) -> "tuple[Count, ...] | None":
    if not options.against or report.mistakes or report.examined is None:
        return None
    from reactor.app.against import count_against  # noqa: PLC0415 - heavy, and seldom asked for

    return count_against(options, report.examined.rules)


def _counts_document(counts: "tuple[Count, ...] | None") -> dict[str, Any]:
    return {} if counts is None else {"against": [document(each) for each in counts]}


def _show(report: Report) -> None:
    for mistake in report.mistakes:
        print(*mistake.lines(), sep="\n", file=sys.stderr)
    for warning in report.warnings:
        print(*_as_warning(warning), sep="\n", file=sys.stderr)
    for rule in report.rules:
        print(f"{rule.place}: {_said(rule)}")
    for line in _said_of(report.provisions):
        print(tame(line, LONGEST_LINE))
    if report.web is not None and not report.mistakes:
        for line in report.web.lines():
            print(tame(line, LONGEST_LINE))
    print(_summary(report), file=sys.stdout if report.passed else sys.stderr)


def _as_warning(warning: RuleError) -> tuple[str, ...]:
    place = f"{warning.file}:{warning.line}:{warning.column}"
    return (f"{place}: warning: {warning.sentence}", *warning.shown)


def _said(rule: Rule) -> str:
    level = "" if rule.level is Level.ONLY else f" ({rule.level})"
    parts = [f"on {rule.on}"] if rule.on is not None else []
    parts += [rule.when.text] if rule.when is not None else []
    return f"{rule.name}{level}: {', '.join(parts)}{' (dry run)' if rule.dry_run else ''}"


def _said_of(provisions: Provisions) -> Iterator[str]:
    for template in provisions.templates:
        yield f"{template.place}: template {template.name}: {template.recipe.image}"
    for each in provisions.sets:
        whom = "tasks that ask for them" if each.asked else "tasks that it selects"
        yield f"{each.place}: sidecars {each.name}: {', '.join(each.templates)} for {whom}"


def _summary(report: Report) -> str:
    if report.mistakes:
        files = len({mistake.file for mistake in report.mistakes})
        return f"{_counted(len(report.mistakes), 'mistake')} in {_counted(files, 'file')}"
    warned = f", {_counted(len(report.warnings), 'warning')}" if report.warnings else ": all is well"
    warned += "" if report.passed else ": with --strict a warning fails the check"
    if report.examined is None:
        return f"no rules were named{warned}"
    version, files = report.examined.rules.version, report.examined.files
    found = [_counted(len(report.rules), "rule")] if report.rules or not report.provisions.templates else []
    if report.provisions.templates:
        found.append(_counted(len(report.provisions.templates), "template"))
    return f"{', '.join(found)} in {_counted(files, 'file')}, version {version}{warned}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _document(report: Report) -> dict[str, Any]:
    """What a machine may read; keys are only ever added."""
    return {
        "ok": report.passed,
        "version": report.examined.rules.version if report.examined and not report.mistakes else None,
        "mistakes": list(_listed(report.mistakes)),
        "warnings": list(_listed(report.warnings)),
        "rules": [_rule(rule) for rule in report.rules],
        "templates": [_template(template) for template in report.provisions.templates],
        "sidecars": [_set(each) for each in report.provisions.sets],
        **({"web": report.web.document()} if report.web is not None else {}),
    }


def _listed(errors: Sequence[RuleError]) -> Iterator[dict[str, Any]]:
    for error in errors:
        place = {"file": error.file, "line": error.line, "column": error.column}
        yield {**place, "message": error.sentence}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "level": rule.level,
        "place": rule.place,
        "digest": rule.digest,
        "when": rule.when.text if rule.when is not None else None,
        "on": rule.on,
        "for": rule.hold,
        "then": rule.action,
        "severity": rule.severity,
        "team": rule.team,
        "summary": rule.summary,
        "dry_run": rule.dry_run,
    }


def _template(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "place": template.place,
        "image": template.recipe.image,
        "needs": list(template.needs),
        "on_failure": template.on_failure,
    }


def _set(each: SidecarSet) -> dict[str, Any]:
    return {
        "name": each.name,
        "place": each.place,
        "templates": list(each.templates),
        "asked": each.asked,
        "hold": each.hold,
    }
