"""Verdicts for people: one line for a test, and for one that failed the times side by side."""

from collections.abc import Iterator

from reactor.core.language.printing import quoted, tame
from reactor.core.language.units import write_duration
from reactor.ruletest.matching import Row, Verdict, differences
from reactor.ruletest.models import ACTIONS
from reactor.ruletest.playing import Got
from reactor.ruletest.script import Expected

_LONGEST = 400
"""Characters of a line. Names and reasons may be anything."""
_INDENT = " " * 4


def headline(verdict: Verdict) -> str:
    """Where the test is, what it is called, and how it went."""
    case = verdict.case
    return f"{case.file}:{case.line}: {tame(case.name, _LONGEST)}: {'ok' if verdict.passed else 'FAILED'}"


def failure(verdict: Verdict) -> Iterator[str]:
    """What was expected (-) and what came (+), in the order of time; what fits stands without a sign."""
    yield headline(verdict)
    for line in _comparison(verdict):
        yield tame(line, _LONGEST)


def _comparison(verdict: Verdict) -> Iterator[str]:
    width = max((len(_time(row)) for row in verdict.rows), default=0)
    for row in verdict.rows:
        yield from _row(row, width)
    for answer in verdict.answers:
        asked = answer.asked
        at = write_duration(asked.at)
        yield f"{_INDENT}- {at}  {asked.what} for {asked.box}: {_names(asked.rules)}  (line {asked.line})"
        yield f"{_INDENT}+ {at}  {asked.what} for {asked.box}: {_names(answer.found)}"


def _row(row: Row, width: int) -> Iterator[str]:
    blank = f"{_INDENT}  {'':{width}}  "
    if row.expected is not None and row.got is not None and not row.near:
        yield f"{_INDENT}  {_time(row):>{width}}  {_said_got(row.got, brief=True)}"
        return
    if row.expected is not None:
        at = write_duration(row.expected.at)
        yield f"{_INDENT}- {at:>{width}}  {_said_expected(row.expected)}  (line {row.expected.line})"
    if row.got is not None:
        yield f"{_INDENT}+ {write_duration(row.got.at):>{width}}  {_said_got(row.got)}"
    if row.expected is not None and row.got is not None and (differs := _differs(row.expected, row.got)):
        yield f"{blank}{differs}"
    if row.expected is not None and row.why and (row.got is None or row.got.at > row.expected.at):
        yield f"{blank}at {write_duration(row.expected.at)}: {row.why}"


def _time(row: Row) -> str:
    times = [write_duration(each.at) for each in (row.expected, row.got) if each is not None]
    return max(times, key=len)


def _said_expected(one: Expected) -> str:
    by = f" by {one.rule}" if one.rule else ""
    return f"{_dry(one.action, dry=one.dry_run)} {one.box}{by}{_of(one.because_of)}{_told(one.because)}"


def _said_got(got: Got, *, brief: bool = False) -> str:
    # In a cascade the reason is that of the main, said once more.
    because = "" if brief or got.because_of else _told(got.because)
    return f"{_dry(got.action, dry=got.dry_run)} {got.box} by {got.rule}{_of(got.because_of)}{because}"


def _dry(action: str, *, dry: bool) -> str:
    return f"{action} (dry run)" if dry else action


def _of(box: str) -> str:
    return f" because of {box}" if box else ""


def _told(because: str) -> str:
    return f": {because}" if because else ""


def _differs(expected: Expected, got: Got) -> str:
    """Why the two are not the same, in words; their reasons stand there already."""
    keys = [key for key in differences(expected, got) if key != "because"]
    return "; ".join(_difference(key, expected, got) for key in keys)


def _difference(key: str, expected: Expected, got: Got) -> str:
    if key == "at":
        late = got.at - expected.at
        return f"{write_duration(abs(late))} {'later' if late > 0 else 'earlier'}"
    if key in ACTIONS:
        return f"a {got.action} and no {expected.action}"
    if key == "dry_run":
        return "it is a dry run" if got.dry_run else "it is no dry run"
    if key == "because_of":
        return f"because of {got.because_of}" if got.because_of else "not because of another's end"
    if key == "summary":
        return f"its summary is {quoted(got.summary)} and not {quoted(expected.summary)}"
    if key == "grace":
        return f"the grace is {write_duration(got.grace)} and not {write_duration(expected.grace or 0.0)}"
    return f"by the rule {got.rule}"


def _names(rules: frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "none"
