"""The log lines of decisions and of new rules, as they are printed."""

import io
import logging
from collections.abc import Iterator

import pytest

from reactor.app.log import LogfmtFormatter, handled_by
from reactor.app.telling import Teller
from reactor.core.rules import Rule
from reactor.core.state import State, Step
from reactor.ruleset import parse
from tests.app.test_log import HOSTILE, unquoted
from tests.core.build import box, story

RULES = """\
groups:
  - name: g
    rules:
      - name: r
        summary: "{name} of {image}: {pids} processes"
        when: pids > 200
"""


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as lines of logfmt."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogfmtFormatter())
    with handled_by(handler, logging.INFO):
        yield stream


def _said_of(name: str, image: str, lines: io.StringIO) -> list[str]:
    (rule,) = parse(RULES).rules
    hostile = box(1, name=name, image=image)
    told = story(rule).snapshot(0, hostile).sample(1, hostile, pids=231)
    Teller().step(Step(State(), tuple(told.decisions)))
    return lines.getvalue().splitlines()


def test_a_decision_is_told_with_the_words_of_the_rules_author(lines: io.StringIO) -> None:
    (line,) = _said_of("web", "busybox:1", lines)
    assert 'reason="pids 231 > 200" summary="web of busybox:1: 231 processes" decision=' in line


def test_a_decision_without_a_summary_has_no_such_field(lines: io.StringIO) -> None:
    rule = Rule("g/r", "r:1", when=parse(RULES).rules[0].when)
    told = story(rule).snapshot(0, box(1)).sample(1, box(1), pids=231)
    Teller().step(Step(State(), tuple(told.decisions)))
    assert "summary" not in lines.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_means_harm_stays_in_its_place(name: str, lines: io.StringIO) -> None:
    """One line, printable, and all of it pairs that nobody else wrote."""
    (line,) = _said_of(name, name, lines)
    assert line.isprintable()
    read = unquoted(line)
    assert read["level"] == "warning"
    assert read["msg"] == "a container is to be ended"
    assert read["summary"].endswith(": 231 processes") or read["summary"].endswith("…")
    assert set(read) == {
        *(
            "ts",
            "level",
            "logger",
            "msg",
            "container",
            "id",
            "action",
            "rule",
            "reason",
            "summary",
            "decision",
        )
    }
