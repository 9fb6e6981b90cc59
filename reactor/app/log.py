"""The monitor's log: one event a line on stderr, as logfmt or JSON.

Only the form of a line belongs here. A line is one line whatever is in it: the message
and every field pass through ``plain``, since names and errors are strangers' words. Say
things with ``log.info("run ended", extra={"container": name, "rule": rule})``.
"""

import json
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from reactor.observe.text import plain

LONGEST_MESSAGE = 500
LONGEST_LINE = 2000
"""In characters. A field that has no room any more is left out, and counted in ``left_out``."""

_ROOM_FOR_LEFT_OUT = 20
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

Scalar = str | int | float | bool | None


_ENGINE: ContextVar[str] = ContextVar("reactor_engine", default="")
"""Of which engine the present task speaks. A task has the value of the one that started it; nothing else
could name it on the lines of parts that know nothing of other engines."""


@contextmanager
def speaking_of(engine: str) -> Iterator[None]:
    """Name this engine on each line of this task, and of those that it starts."""
    token = _ENGINE.set(engine)
    try:
        yield
    finally:
        _ENGINE.reset(token)


class LogFormat(StrEnum):
    """How a line is written."""

    LOGFMT = "logfmt"
    JSON = "json"


def formatter(form: LogFormat) -> "LineFormatter":
    """What writes lines like this."""
    return JsonFormatter() if form is LogFormat.JSON else LogfmtFormatter()


@contextmanager
def handled_by(handler: logging.Handler, level: int) -> Iterator[None]:
    """Give this all logs while the block runs: ours from this level on, other libraries' from WARNING on."""
    root, ours = logging.getLogger(), logging.getLogger("reactor")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    ours.setLevel(level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        ours.setLevel(before[1])


class LineFormatter(logging.Formatter):
    """Makes one line of a record: time, level, logger, message, then the ``extra`` fields as given."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one printable line."""
        parts: list[str] = []
        room = LONGEST_LINE - _ROOM_FOR_LEFT_OUT
        left_out = 0
        for key, value in _fields(record):
            part = self.pair(key, value)
            if len(part) + 1 > room:
                left_out += 1
                continue
            room -= len(part) + 1
            parts.append(part)
        if left_out:
            parts.append(self.pair("left_out", left_out))
        return self.line(parts)

    def pair(self, key: str, value: Scalar) -> str:
        """One field."""
        raise NotImplementedError

    def line(self, pairs: list[str]) -> str:
        """All fields together."""
        raise NotImplementedError


class LogfmtFormatter(LineFormatter):
    """``ts=… level=info logger=reactor.act msg="run ended" container=web-1``."""

    def pair(self, key: str, value: Scalar) -> str:
        """``key=value``, in quotes where it needs them."""
        if value is None or isinstance(value, bool):
            return f"{key}={json.dumps(value)}"
        text = str(value)
        if text and not any(char in ' ="\\' for char in text):
            return f"{key}={text}"
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'{key}="{quoted}"'

    def line(self, pairs: list[str]) -> str:
        """The fields with spaces between them."""
        return " ".join(pairs)


class JsonFormatter(LineFormatter):
    """``{"ts":"…","level":"info","logger":"reactor.act","msg":"run ended","container":"web-1"}``."""

    def pair(self, key: str, value: Scalar) -> str:
        """``"key":value``."""
        return f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False)}"

    def line(self, pairs: list[str]) -> str:
        """The fields as one object."""
        return "{" + ",".join(pairs) + "}"


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Scalar]]:
    when = datetime.fromtimestamp(record.created, tz=UTC)
    yield "ts", when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield "level", record.levelname.lower()
    yield "logger", plain(record.name)
    yield "msg", plain(_message(record), LONGEST_MESSAGE)
    taken = {"ts", "level", "logger", "msg", "left_out"}
    if _ENGINE.get() and "engine" not in vars(record):
        yield "engine", _ENGINE.get()
        taken.add("engine")
    for name, value in vars(record).items():
        if name not in _STANDARD:
            key = _key(name, taken)
            taken.add(key)
            yield key, _scalar(value)
    yield from _error(record)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # A format string and arguments that do not fit: half a message is better than none.
        return str(record.msg)


def _key(name: str, taken: set[str]) -> str:
    key = "".join(char if char.isascii() and (char.isalnum() or char in "_.-") else "_" for char in name[:50])
    while not key or key in taken:
        key += "_"
    return key


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if value.bit_length() <= 64 else f"about 2**{value.bit_length()}"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes):
        return plain(value.decode(errors="backslashreplace"))
    return plain(str(value))


def _error(record: logging.LogRecord) -> Iterator[tuple[str, Scalar]]:
    """The exception that was logged, in two fields; a traceback would be many lines and mostly ours."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return
    yield "error", plain(f"{type(error).__name__}: {error}")
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is not None:
        yield "at", plain(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
