"""The values of a container in a test: how they are written, and how they go over time.

A value is a quantity, ``unknown``, ``none`` where there is no limit, or a way from one quantity
to another: ``from 10 to 300 in 60s``. Only text to value belongs here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from reactor.core.language.problems import did_you_mean
from reactor.core.language.units import exact, read_bytes, read_duration
from reactor.ruleset.values import wrong

_WAY = re.compile(r"from\s+(\S+)\s+to\s+(\S+)\s+in\s+(\S+)")
_CORES = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,6})?")
_LARGEST = 2**63 - 1
CORE = 1_000_000
"""The parts that a processor core is counted in."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a number goes from the moment at which it was written; None is unknown; ``endless`` is no limit."""

    begin: int | None
    end: int | None = None
    seconds: float = 0.0
    endless: bool = False

    def after(self, seconds: float) -> int | None:
        """The value so many seconds later; what lies between whole numbers is rounded down."""
        if self.begin is None or self.end is None or seconds <= 0:
            return self.begin
        if seconds >= self.seconds:
            return self.end
        share = exact(seconds) / exact(self.seconds)
        return self.begin + int((Fraction(self.end - self.begin) * share).__floor__())


def _read_count(text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) <= 19
    return int(text) if plain and int(text) <= _LARGEST else None


def _course(value: Any, info: ValidationInfo, read: Callable[[str], int | None], like: str) -> Course:
    if not isinstance(value, str):
        raise wrong(f"'{info.field_name}' is {like}")
    if value == "none" and str(info.field_name).endswith("_limit"):
        return Course(None, endless=True)
    if value == "unknown":
        return Course(None)
    way = _WAY.fullmatch(value.strip())
    if way is None:
        amount = read(value)
        if amount is None:
            raise wrong(f"'{info.field_name}' is {like}")
        return Course(amount)
    begin, end, seconds = read(way[1]), read(way[2]), read_duration(way[3])
    if begin is None or end is None or not seconds:
        raise wrong(f"this way is not written as it should be: '{info.field_name}' is {like}")
    return Course(begin, end, seconds)


def limited(course: Course) -> bool | None:
    """Whether there is such a limit, as an inspect would say it; None is unknown."""
    return False if course.endless else None if course.begin is None else True


def _count_course(value: Any, info: ValidationInfo) -> Course:
    return _course(value, info, _read_count, "a count such as 200, or unknown, or from 10 to 300 in 60s")


def _read_cores(text: str) -> int | None:
    found = _CORES.fullmatch(text)
    return None if found is None else int(Fraction(text) * CORE)


def _cores_course(value: Any, info: ValidationInfo) -> Course:
    return _course(
        value, info, _read_cores, "a number of cores such as 1.5, or unknown, or from 0.1 to 4 in 60s"
    )


def _bytes_course(value: Any, info: ValidationInfo) -> Course:
    return _course(
        value, info, read_bytes, "a size such as 512MiB, or unknown, or from 100MiB to 1GiB in 60s"
    )


def _whole(value: Any, info: ValidationInfo) -> int:
    number = _read_count(value) if isinstance(value, str) else None
    if number is None:
        raise wrong(f"'{info.field_name}' is a whole number, such as 3")
    return number


def _whole_or_unknown(value: Any, info: ValidationInfo) -> int | None:
    return None if value == "unknown" else _whole(value, info)


def _duration_or_unknown(value: Any, info: ValidationInfo) -> float | None:
    if value == "unknown":
        return None
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is None:
        raise wrong(f"'{info.field_name}' is a duration such as 11h59m59s, or unknown")
    return seconds


def _flag_or_unknown(value: Any, info: ValidationInfo) -> bool | None:
    if value == "unknown":
        return None
    if not isinstance(value, bool):
        raise wrong(f"'{info.field_name}' is true, false or unknown")
    return value


def _labels(value: Any, info: ValidationInfo) -> dict[str, str]:
    if not isinstance(value, dict):
        raise wrong(f"'{info.field_name}' is a map, as in {{team: ml}}")
    return {key: _label(key, written) for key, written in value.items()}


def _label(key: str, written: Any) -> str:
    if isinstance(written, bool):
        return "true" if written else "false"
    if written is not None and not isinstance(written, str):
        raise wrong(f"the label {key} has one text as its value")
    return written or ""


def one_of(*words: str, remedy: str = "") -> PlainValidator:
    """A validator for a fixed vocabulary; ``remedy`` is said of whatever is not in it."""

    def check(value: Any, info: ValidationInfo) -> str:
        if value not in words:
            raise wrong(f"'{info.field_name}' is not '{value}': {remedy or did_you_mean(str(value), words)}")
        return str(value)

    return PlainValidator(check)


CountCourse = Annotated[Course | None, PlainValidator(_count_course)]
CoresCourse = Annotated[Course | None, PlainValidator(_cores_course)]
BytesCourse = Annotated[Course | None, PlainValidator(_bytes_course)]
Whole = Annotated[int, PlainValidator(_whole)]
WholeOrUnknown = Annotated[int | None, PlainValidator(_whole_or_unknown)]
Age = Annotated[float | None, PlainValidator(_duration_or_unknown)]
Flag = Annotated[bool | None, PlainValidator(_flag_or_unknown)]
Labels = Annotated[dict[str, str], PlainValidator(_labels)]
