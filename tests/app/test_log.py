"""The log: one printable line for each event, whatever is in it."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.app.log import (
    LONGEST_LINE,
    JsonFormatter,
    LineFormatter,
    LogfmtFormatter,
    LogFormat,
    formatter,
    handled_by,
)
from reactor.observe.text import LONGEST, plain

WHEN = 1_795_262_400.25  # 2026-11-21T12:00:00.250Z
FORMATTERS = [LogfmtFormatter(), JsonFormatter()]
PAIR = re.compile(r'([A-Za-z0-9_.-]+)=("(?:[^"\\]|\\["\\])*"|[^ "=\\]*)(?: |$)')

HOSTILE = [
    "two\nlines\r\nand level=error msg=fake",
    '" level=error msg="fake',
    '","level":"error","msg":"fake',
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnirts sdrawkcab",
    "half a pair \ud800",
    "\x00\x85\u2028\u2029\ufeff",
    "x" * 10_000,
    "\\" * 400,
    '"' * 400,
    "",
    " ",
    "a=b",
    "容器 🐳",
]
anything = st.text(alphabet=st.characters(codec=None), max_size=300)
values = st.one_of(
    anything, st.integers(), st.floats(), st.booleans(), st.none(), st.binary(), st.lists(anything)
)


@contextmanager
def heard(level: int, form: LogFormat = LogFormat.LOGFMT) -> Iterator[io.StringIO]:
    """What is logged in the block, as lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(form))
    with handled_by(handler, level):
        yield stream


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    """One event at a known moment."""
    made = logging.getLogger("reactor.test").makeRecord(
        "reactor.test", logging.INFO, __file__, 1, message, args, None, extra=extra
    )
    made.created = WHEN
    return made


def unquoted(line: str) -> dict[str, str]:
    """A logfmt line read back. Fails unless all of it is pairs."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(line):
        match = PAIR.match(line, at)
        assert match, f"no pair at {at}: {line[at : at + 40]!r}"
        key, value = match[1], match[2]
        assert key not in pairs
        pairs[key] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        at = match.end()
    return pairs


def test_logfmt_by_example() -> None:
    """Time in UTC with milliseconds, level, logger, message, then the fields as given."""
    event = record(
        "a run ended", container="web 1", exit_code=137, oom=True, took=0.25, none=None, empty="", eq="a=b"
    )
    assert LogfmtFormatter().format(event) == (
        'ts=2026-11-21T12:00:00.250Z level=info logger=reactor.test msg="a run ended" container="web 1" '
        'exit_code=137 oom=true took=0.25 none=null empty="" eq="a=b"'
    )


def test_json_by_example() -> None:
    """The same with its types."""
    event = record("a run ended", container="web 1", exit_code=137, oom=True, none=None, odd=float("nan"))
    assert json.loads(JsonFormatter().format(event)) == {
        "ts": "2026-11-21T12:00:00.250Z",
        "level": "info",
        "logger": "reactor.test",
        "msg": "a run ended",
        "container": "web 1",
        "exit_code": 137,
        "oom": True,
        "none": None,
        "odd": "nan",
    }


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_cannot_leave_its_place(formatter: LineFormatter, text: str) -> None:
    """As a message, as an argument and as a field: one line, printable, and it reads back as it was shown."""
    for event in (record(text), record("said %s", text), record("said", said=text)):
        line = formatter.format(event)
        assert line.isprintable()
        assert len(line) <= LONGEST_LINE
        assert line.encode()
        read: dict[str, Any] = json.loads(line) if line[0] == "{" else unquoted(line)
        assert read["level"] == "info"
        assert set(read) <= {"ts", "level", "logger", "msg", "said"}
    assert read["said"] == plain(text)
    assert len(read["said"]) <= LONGEST


@given(anything, st.dictionaries(anything, values, max_size=20), st.data())
def test_every_output_is_one_line_that_reads_back(
    message: str, fields: dict[str, object], data: st.DataObject
) -> None:
    """Any message, any field names, any values."""
    event = record(message)
    for name, value in fields.items():
        vars(event).setdefault(name, value)
    formatter = data.draw(st.sampled_from(FORMATTERS))
    line = formatter.format(event)
    assert line.isprintable()
    assert len(line) <= LONGEST_LINE
    assert line.encode()
    if formatter is FORMATTERS[0]:
        assert unquoted(line)["level"] == "info"
    else:
        read = json.loads(line, object_pairs_hook=list)
        assert len({key for key, _ in read}) == len(read)
        assert ("level", "info") in read


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_line_that_gets_too_long_leaves_fields_out_and_says_so(formatter: LineFormatter) -> None:
    """The first fields stay whole, what has no room is counted, and a short one still fits behind."""
    fields: dict[str, object] = {f"field_{number}": "y" * LONGEST for number in range(30)}
    line = formatter.format(record("too much", **fields, last=1))
    read: dict[str, Any] = json.loads(line) if line[0] == "{" else unquoted(line)
    assert len(line) <= LONGEST_LINE
    assert read["field_0"] == "y" * LONGEST
    assert int(read["left_out"]) == 30 - sum(key.startswith("field_") for key in read)
    assert int(read["last"]) == 1


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_field_cannot_pass_for_ours(formatter: LineFormatter) -> None:
    """A field that is called like one of the first four gets another name."""
    line = formatter.format(record("said", level="error", ts="never", logger="x"))
    read: dict[str, Any] = json.loads(line) if line[0] == "{" else unquoted(line)
    assert (read["level"], read["level_"], read["logger"]) == ("info", "error", "reactor.test")


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_an_exception_is_two_fields_and_no_traceback(formatter: LineFormatter) -> None:
    """What it says, and where it was raised, without a path of this machine."""
    event = record("it failed")
    try:
        int("four\nlines")
    except ValueError as error:
        event.exc_info = (ValueError, error, error.__traceback__)
    line = formatter.format(event)
    read: dict[str, Any] = json.loads(line) if line[0] == "{" else unquoted(line)
    assert read["error"].startswith("ValueError: invalid literal")
    assert re.fullmatch(r"test_log\.py:\d+", read["at"])
    assert "Traceback" not in line
    assert line.isprintable()


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_message_that_does_not_fit_its_arguments_is_still_said(formatter: LineFormatter) -> None:
    """A slip of ours in a rare branch must not cost the line."""
    assert "50% of %d" in formatter.format(record("50% of %d", "x"))


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_numbers_beyond_all_bounds_are_said_roughly(formatter: LineFormatter) -> None:
    """Python refuses to write very large integers; a log line is no place to find out."""
    assert "about 2**50001" in formatter.format(record("much", number=1 << 50_000))


@pytest.mark.parametrize(
    ("form", "start"), [(LogFormat.LOGFMT, "ts=2"), (LogFormat.JSON, '{"ts":"2')], ids=["logfmt", "json"]
)
def test_ours_and_the_warnings_of_others_are_handled(form: LogFormat, start: str) -> None:
    """Ours from the level on, libraries from WARNING on."""
    with heard(logging.INFO, form) as stream:
        logging.getLogger("reactor.act").info("ours")
        logging.getLogger("reactor.act").debug("ours, too fine")
        logging.getLogger("urllib3").info("theirs")
        logging.getLogger("urllib3").warning("theirs, and serious")
    lines = stream.getvalue().splitlines()
    assert [line.startswith(start) for line in lines] == [True, True]
    assert "ours" in lines[0]
    assert "serious" in lines[1]


def test_at_error_the_others_are_quiet_too() -> None:
    """Whoever asks for errors gets no warnings of libraries."""
    with heard(logging.ERROR) as stream:
        logging.getLogger("urllib3").warning("theirs")
        logging.getLogger("reactor.act").warning("ours")
    assert stream.getvalue() == ""


def test_at_debug_the_libraries_are_not_opened_up() -> None:
    """Debugging reactor is not debugging urllib3."""
    with heard(logging.DEBUG) as stream:
        logging.getLogger("urllib3").debug("theirs")
        logging.getLogger("reactor.act").debug("ours")
    assert stream.getvalue().count("\n") == 1


def test_whoever_comes_after_it_hears_what_they_would_have_heard() -> None:
    """A command that is quiet leaves nobody quiet behind it in the same process."""
    root, ours = logging.getLogger(), logging.getLogger("reactor")
    before = (list(root.handlers), root.level, ours.level)
    with pytest.raises(RuntimeError), heard(logging.CRITICAL):
        raise RuntimeError
    assert (list(root.handlers), root.level, ours.level) == before
