"""From the checked text of a test file to the records of ``script``. Nothing is checked here."""

from collections.abc import Iterator, Mapping

from reactor.core.container import State
from reactor.core.owners import Presence
from reactor.core.rules import RuleSet
from reactor.ruleset.document import Document, Path
from reactor.ruleset.places import line_and_column
from reactor.ruletest.config import ConfigKind
from reactor.ruletest.models import (
    ACTIONS,
    BACK,
    BoxText,
    CaseText,
    ChangeText,
    ExpectText,
    FactText,
    FileText,
    HostText,
    SampledText,
    is_given,
)
from reactor.ruletest.script import (
    COURSES,
    HOST,
    Asked,
    Box,
    Case,
    Change,
    Events,
    Expected,
    HostChange,
    Moment,
    OwnersChange,
    Turn,
)
from reactor.ruletest.values import Course

AFTERWARDS = 10.0
"""Seconds that a test goes on behind the last moment that it names."""

_PLAIN = (
    "name",
    "image",
    "labels",
    "image_labels",
    "health",
    "restarts",
    "exit_code",
    "privileged",
    "init",
    "memory_limited",
    "pids_limited",
    "cpu_limited",
    "user",
    "log_driver",
    "restart_policy",
)
_TURNS = ("oom", "dies", "removed", "created", "starts", "silent")
"""In the order in which one entry of ``facts`` lets them happen."""


def build(
    name: str, document: Document, file: FileText, rules: RuleSet, kind: ConfigKind
) -> tuple[Case, ...]:
    """The tests of a file."""
    return tuple(
        _case(name, document, ("tests", number), file, test, rules, kind)
        for number, test in enumerate(file.tests)
    )


def _case(
    name: str,
    document: Document,
    path: Path,
    file: FileText,
    test: CaseText,
    rules: RuleSet,
    kind: ConfigKind,
) -> Case:
    moments = tuple(sorted((_moment(fact) for fact in test.facts), key=lambda moment: moment.at))
    expects = [
        (expect, _line(document, (*path, "expect", index))) for index, expect in enumerate(test.expect)
    ]
    return Case(
        file=name,
        line=_line(document, path),
        name=test.name,
        rules=rules,
        terms=kind.terms(test.config if test.config is not None else file.config),
        boxes=tuple(_box(key, box) for key, box in test.containers.items()),
        moments=moments,
        expected=tuple(_expected(each, line) for each, line in expects if _action(each)),
        asked=tuple(_asked(each, line) for each, line in expects if each.unknown or each.holds),
        until=test.until if test.until is not None else _end(test) + AFTERWARDS,
        host=_courses(test.host),
    )


def _line(document: Document, path: Path) -> int:
    return line_and_column(document.source, document.value_at(path))[0]


def _end(test: CaseText) -> float:
    ends = [expect.at for expect in test.expect]
    for fact in test.facts:
        changes: list[SampledText | HostText] = [*(fact.__pydantic_extra__ or {}).values(), fact.host]
        courses = [course for change in changes for course in _courses(change).values()]
        ends += [fact.at, *(fact.at + course.seconds for course in courses)]
    begun: list[SampledText | HostText] = [*test.containers.values(), test.host]
    ends += [course.seconds for each in begun for course in _courses(each).values()]
    return max(ends, default=0.0)


def _courses(text: SampledText | HostText) -> Mapping[str, Course]:
    given = {key: getattr(text, key) for key in (HOST if isinstance(text, HostText) else COURSES)}
    return {key: course for key, course in given.items() if course is not None}


def _plain(text: BoxText | ChangeText) -> Mapping[str, object]:
    given = {key: getattr(text, key) for key in _PLAIN if is_given(text, key)}
    if given.get("health"):
        given["health_check"] = given["health"] != "none"
    if given.get("health") == "none":
        given["health"] = ""
    return given


def _box(key: str, text: BoxText) -> Box:
    plain = {
        "name": key,
        "image": text.image,
        "restarts": text.restarts,
        **_plain(text),
        "ports": tuple(text.ports),
    }
    return Box(key, text.state, text.age, plain, tuple(text.joins), _courses(text))


def _moment(fact: FactText) -> Moment:
    events = (Events(up=fact.events == BACK),) if fact.events else ()
    host = (HostChange(courses),) if (courses := _courses(fact.host)) else ()
    known = {text: Presence(word) for text, word in fact.owners.items()}
    owners = (OwnersChange(known),) if known else ()
    return Moment(fact.at, (*events, *host, *owners, *_changes(fact), *_turns(fact)))


def _changes(fact: FactText) -> Iterator[Change]:
    for key, text in (fact.__pydantic_extra__ or {}).items():
        state = {"state": State(text.state)} if text.state else {}
        yield Change(key, {**_plain(text), **state}, _courses(text))


def _turns(fact: FactText) -> Iterator[Turn]:
    for what in _TURNS:
        box = getattr(fact, what)
        if box:
            yield Turn(box, what, fact.exit_code)


def _action(text: ExpectText) -> str:
    """The action that is expected; empty if something is asked."""
    return next((action for action in ACTIONS if getattr(text, action)), "")


def _expected(text: ExpectText, line: int) -> Expected:
    action = _action(text)
    return Expected(
        at=text.at,
        line=line,
        action=action,
        box=getattr(text, action),
        rule=text.rule,
        because=text.because,
        summary=text.summary,
        because_of=text.because_of,
        grace=text.grace,
        dry_run=text.dry_run,
    )


def _asked(text: ExpectText, line: int) -> Asked:
    what = "unknown" if text.unknown else "holds"
    return Asked(text.at, line, what, text.unknown or text.holds, frozenset(text.rules))
