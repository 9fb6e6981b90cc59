"""Alerts as a rule file of Prometheus: YAML text, in which nobody's words can be anything but text.

Only the writing is here. Every text is put in double quotes, which JSON and YAML read alike.
"""

import json
from collections.abc import Iterable, Iterator

from reactor.alerting.alerts import Alert, LeftOut
from reactor.core.language.printing import tame
from reactor.core.language.units import write_duration

GROUP = "reactor-rules"
_HEAD = """\
# Made by "reactor alerts" out of rule files: make it again when these change, and do not edit it.
# Near is what comes before a rule acts; beyond is what it should have acted upon.
"""
_LONGEST = 200


def rule_file(alerts: Iterable[Alert | LeftOut], runbooks: str) -> str:
    """The text of a rule file; ``runbooks`` is the address before the anchor of each alert's runbook."""
    found = tuple(alerts)
    told = [line for each in found if isinstance(each, Alert) for line in _alert(each, runbooks)]
    left = [_left(each) for each in found if isinstance(each, LeftOut)]
    why = ["# These rules have no alert here:", *left] if left else []
    groups = ["groups:", f"  - name: {GROUP}", "    rules:", *told] if told else ["groups: []"]
    return _HEAD + "".join(f"{line}\n" for line in (*why, *groups))


def anchor(name: str) -> str:
    """The anchor of a runbook's heading."""
    return name.lower()


def _alert(alert: Alert, runbooks: str) -> Iterator[str]:
    yield f"      - alert: {alert.name}"
    yield f"        expr: {_quoted(alert.expr)}"
    if alert.hold:
        yield f"        for: {write_duration(alert.hold)}"
    yield "        labels:"
    for label, value in alert.labels:
        yield f"          {label}: {_quoted(value)}"
    yield "        annotations:"
    yield f"          summary: {_quoted(alert.summary)}"
    yield f"          description: {_quoted(alert.description)}"
    yield f"          runbook_url: {_quoted(f'{runbooks}#{anchor(alert.name)}')}"


def _left(left: LeftOut) -> str:
    return f"# - {tame(left.rule, _LONGEST)}: {tame(left.why, _LONGEST)}"


def _quoted(text: str) -> str:
    # Raw characters beyond ASCII, because YAML has no halves of characters; what cannot be printed is gone.
    return json.dumps(tame(text, len(text)), ensure_ascii=False)
