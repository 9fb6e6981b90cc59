"""Quantities as people write and read them: ``12h``, ``8GiB``, ``80%``; ``12h 3m``, ``914 MiB``.

Only text to value and value to text belong here. Reading is exact (fractions, no rounding on
the way); what is printed for a literal reads back as the same value.
"""

import math
import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

_DURATION_UNITS = {
    "w": Fraction(604_800),
    "d": Fraction(86_400),
    "h": Fraction(3_600),
    "m": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 1_000),
}
_BYTE_UNITS = {
    "PiB": 1024**5,
    "PB": 1000**5,
    "TiB": 1024**4,
    "TB": 1000**4,
    "GiB": 1024**3,
    "GB": 1000**3,
    "MiB": 1024**2,
    "MB": 1000**2,
    "KiB": 1024,
    "kB": 1000,
    "B": 1,
}
_SAID_UNITS = tuple(sorted((size, unit) for unit, size in _BYTE_UNITS.items() if unit == "B" or "i" in unit))
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[wdhms])")
_WHOLE_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_BYTES = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kKMGTP]i?B|B)")
_MOST_DECIMALS = 3
"""Nobody reads more behind a point."""
_LONGEST = 32
"""Characters in a quantity. Nobody needs more, and it bounds the numbers that come out."""
_MANY_HOURS = 72 * 3_600
"""From here on people think in days."""


def read_duration(text: str) -> float | None:
    """Seconds from ``12h``, ``1h30m``, ``1.5h``, ``500ms`` or ``7d``; None if it is no duration.

    The units fall from left to right, each at most once: ``30m1h`` is more likely a slip.
    """
    if len(text) > _LONGEST or not _WHOLE_DURATION.fullmatch(text):
        return None
    parts = _PART.findall(text)
    sizes = [_DURATION_UNITS[unit] for _, unit in parts]
    if any(later >= sooner for sooner, later in pairwise(sizes)):
        return None
    return float(sum(Fraction(number) * _DURATION_UNITS[unit] for number, unit in parts))


def read_bytes(text: str) -> int | None:
    """Bytes from ``8GiB``, ``1.5GiB``, ``200MB``, ``1kB`` or ``17B``; None if it is no amount of bytes."""
    found = _BYTES.fullmatch(text) if len(text) <= _LONGEST else None
    if not found or found[2] not in _BYTE_UNITS:
        return None
    return round(Fraction(found[1]) * _BYTE_UNITS[found[2]])


def exact(number: float) -> Fraction:
    """The decimal number that was written, not its binary neighbour: 0.1 is a tenth."""
    return Fraction(repr(number))


def write_duration(seconds: float) -> str:
    """Seconds as a literal, such as ``1h30m``."""
    whole = exact(seconds) * 1000
    if whole.denominator != 1:
        return f"{Decimal(repr(seconds)):f}s"
    days = whole.numerator % 86_400_000 == 0
    return "".join(_split(whole.numerator, days=days)) or "0s"


def write_bytes(amount: int) -> str:
    """Bytes as a literal, such as ``8GiB``, in the largest unit that divides them."""
    fits = (unit for unit, size in _BYTE_UNITS.items() if amount and amount % size == 0)
    unit = next(fits, "B")
    return f"{amount // _BYTE_UNITS[unit]}{unit}"


def write_number(number: float) -> str:
    """A number as a literal that reads back as the same."""
    return repr(number)


def write_percent(hundredths: float) -> str:
    """A percentage as a literal, such as ``80%`` or ``99.5%``."""
    return f"{Decimal(repr(hundredths)):f}%"


def say_duration(seconds: float, finer: int = 0) -> str:
    """A duration for people: its two largest units, ``12h 3m``; ``finer`` adds as many more."""
    if seconds == math.inf:
        return "never"
    if not math.isfinite(seconds):
        return str(seconds)
    sign = "-" if seconds < 0 else ""
    parts = _split(int(exact(abs(seconds)) * 1000), days=abs(seconds) >= _MANY_HOURS)
    return sign + (" ".join(parts[: 2 + finer]) or "0s")


def say_bytes(amount: float, finer: int = 0) -> str:
    """An amount of bytes for people: about three digits, ``914 MiB``; ``finer`` adds as many more."""
    if not math.isfinite(amount):
        return str(amount)
    at = max((at for at, (size, _) in enumerate(_SAID_UNITS) if abs(amount) >= size), default=0)
    said = _in_unit(amount, _SAID_UNITS[at][0], finer)
    if said.lstrip("-") == "1024" and at + 1 < len(_SAID_UNITS):
        # It was rounded up to the next unit: 1024 MiB and 1 GiB must not look like two amounts.
        at, said = at + 1, said.replace("1024", "1")
    return f"{said} {_SAID_UNITS[at][1]}"


def _in_unit(amount: float, size: int, finer: int) -> str:
    share = amount / size
    decimals = max(0, 3 - len(str(abs(int(share))))) if size > 1 else 0
    return _trimmed(share, min(decimals + finer, _MOST_DECIMALS))


def say_number(number: float, finer: int = 0) -> str:
    """A number for people; whole numbers in full, others with two decimals; ``finer`` adds more."""
    if isinstance(number, int):
        return str(number)
    return _trimmed(number, min(2 + finer, _MOST_DECIMALS))


def say_percent(part: float, whole: float, finer: int = 0) -> str:
    """A share for people, with one decimal: ``91.4%``; ``finer`` adds more."""
    return f"{100 * part / whole:.{min(1 + finer, _MOST_DECIMALS)}f}%"


def _split(milliseconds: int, *, days: bool) -> list[str]:
    """``1d``, ``2h``, ``3m``, ``4s``, ``5ms``, without those that are zero."""
    parts = []
    for unit in ("d", "h", "m", "s", "ms")[0 if days else 1 :]:
        number, milliseconds = divmod(milliseconds, int(_DURATION_UNITS[unit] * 1000))
        parts += [f"{number}{unit}"] if number else []
    return parts


def _trimmed(number: float, decimals: int) -> str:
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
