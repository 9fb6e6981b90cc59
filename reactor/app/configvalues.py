"""What may stand behind single keys of the configuration: from the text of a value to what it means.

Which key takes which is said in ``configtext``; values that rule files have, too, are in ``ruleset.values``.
"""

import re
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from reactor.app.settings import Profile
from reactor.core.budgets import Budget
from reactor.core.language.units import read_bytes, read_duration, say_duration
from reactor.observe.labels import BadLabels, label_keys
from reactor.owners.lease import LONGEST_TTL
from reactor.ruleset.values import checked_text, wrong
from reactor.web.listen import BadListen, parse_listen

LEAST_SIZE = 1024 * 1024
"""Bytes of recordings that are worth keeping."""
LEAST_PERIOD = 10.0
"""Seconds between two measures of a layer that a configuration may ask for."""
SHORTEST_HEARTBEAT = 5.0
"""Seconds: two looks at a file have to fit in."""
MOST_EVIDENCE = 200
MOST_ENDS = 1_000_000
"""Tokens of a budget."""
LONGEST_BUDGET = 10.0
LONGEST_WAIT = 60.0
"""Seconds for which an end of what is brought back may wait: labels say what that is, and they may lie."""
LIKE = "such as the 64 hex digits that `docker inspect -f '{{.Id}}' NAME` prints"


def _full_id(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef"):
        return value
    raise wrong(f"'{info.field_name}' takes full ids, {LIKE}: names can be given to other containers")


def _label_name(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and value.strip() == value and value and "=" not in value:
        return value
    raise wrong(f"'{info.field_name}' is the name of a label, such as com.example.job-id")


def _count(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and 0 < int(value) <= 100_000:
        return int(value)
    raise wrong(f"'{info.field_name}' is a whole number from 1 to 100000")


def _amount(value: Any, info: ValidationInfo) -> int:
    amount = read_bytes(value) if isinstance(value, str) else None
    if amount is not None and amount >= LEAST_SIZE:
        return amount
    raise wrong(f"'{info.field_name}' is an amount of bytes such as 256MiB, and at least 1MiB")


def _seldom(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and seconds >= LEAST_PERIOD:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration of at least 10s, such as 5m: it costs the engine much")


def _profile(value: Any, info: ValidationInfo) -> Profile:
    if isinstance(value, str) and value in set(Profile):
        return Profile(value)
    raise wrong(f"'{info.field_name}' is one of {', '.join(Profile)}")


def _containment(value: Any, info: ValidationInfo) -> bool:
    if isinstance(value, str) and value in {"auto", "off"}:
        return value == "auto"
    raise wrong(f"'{info.field_name}' is one of auto, off")


def _metric_labels(value: Any, info: ValidationInfo) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise wrong(f"'{info.field_name}' is a list of keys of labels, such as [team]")
    try:
        return label_keys(value)
    except BadLabels as bad:
        raise wrong(str(bad)) from None


def _listening(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name))
    try:
        if found not in {"", "off"}:
            parse_listen(found)
    except BadListen as error:
        raise wrong(str(error)) from None
    return found


def _absolute(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and value.startswith("/") and value.isprintable():
        return value
    raise wrong(f"'{info.field_name}' is the absolute path of a folder, such as /run/heartbeats")


def _patience(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and SHORTEST_HEARTBEAT <= seconds <= LONGEST_TTL:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration from 5s to 24h, such as 30s")


def _share(value: Any, info: ValidationInfo) -> float:
    found = re.fullmatch(r"([0-9]{1,3})%", value) if isinstance(value, str) else None
    if found and 0 < int(found[1]) <= 100:
        return int(found[1]) / 100
    raise wrong(f"'{info.field_name}' is a percentage from 1% to 100%")


def _rate(value: Any, info: ValidationInfo) -> Budget:
    most, _, per = value.partition(" per ") if isinstance(value, str) else ("", "", "")
    seconds = read_duration(per.strip())
    if most.isascii() and most.isdigit() and 0 < int(most) <= MOST_ENDS and seconds and seconds >= 1:
        return Budget(int(most), seconds)
    raise wrong(f"'{info.field_name}' is a count and a duration of at least 1s, such as 100 per 1m")


def _longest_wait(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and 0 < seconds <= LONGEST_WAIT:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration up to {say_duration(LONGEST_WAIT)}, such as 1m")


def _few(value: Any, info: ValidationInfo) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value) <= MOST_EVIDENCE:
        return int(value)
    raise wrong(f"'{info.field_name}' is a whole number from 0 (none) to {MOST_EVIDENCE}")


def _budget(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and 0 < seconds <= LONGEST_BUDGET:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration such as 300ms, and at most {LONGEST_BUDGET:g}s")


LabelName = Annotated[str, PlainValidator(_label_name)]
FullId = Annotated[str, PlainValidator(_full_id)]
Amount = Annotated[int, PlainValidator(_amount)]
Count = Annotated[int, PlainValidator(_count)]
Few = Annotated[int, PlainValidator(_few)]
Seldom = Annotated[float, PlainValidator(_seldom)]
Patience = Annotated[float, PlainValidator(_patience)]
LongestWait = Annotated[float, PlainValidator(_longest_wait)]
Moments = Annotated[float, PlainValidator(_budget)]
Share = Annotated[float, PlainValidator(_share)]
Rate = Annotated[Budget, PlainValidator(_rate)]
Folder = Annotated[str, PlainValidator(_absolute)]
ProfileName = Annotated[Profile, PlainValidator(_profile)]
Containment = Annotated[bool, PlainValidator(_containment)]
MetricLabels = Annotated[tuple[str, ...], PlainValidator(_metric_labels)]
Listening = Annotated[str, PlainValidator(_listening)]
