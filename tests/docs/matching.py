"""Whether what a command says is what the page shows, as far as it can be the same twice.

Never the same are ids, moments and addresses; they may be any. ``…`` stands for anything within a line, and
in a line of its own for any lines. Spaces count as one. Where a page says that numbers vary, all of them
may.
"""

import re
from typing import Final

_VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "MOMENT"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), "ID"),
)
_UNIT: Final = r"(?:[KMGT]i?B|B|ms|us|s|m|h|d)\b"
_NUMBER: Final = re.compile(rf"(?<![\w.-])[-+]?\d[\d.,]*(?:%| ?{_UNIT})?(?: \d[\d.]* ?{_UNIT})*")
_ENGINES_OWN: Final = re.compile(r"^WARNING: IPv4 forwarding is disabled.*\n", re.MULTILINE)


def agrees(shown: list[str], said: str, *, numbers_vary: bool = False) -> bool:
    """Whether this output is the one that is shown."""
    lines = "\n".join(shown).rstrip().splitlines()
    pattern = "".join(_pattern(line, numbers_vary=numbers_vary) for line in lines)
    return re.fullmatch(pattern, tidied(said, numbers_vary=numbers_vary)) is not None


def appears(shown: list[str], said: str) -> bool:
    """Whether each of the lines has come, in this order, whatever else came."""
    pattern = "".join(rf"(?:.*\n)*?{_pattern(line, numbers_vary=True)}" for line in shown)
    return re.match(pattern, tidied(said, numbers_vary=True)) is not None


def tidied(said: str, *, numbers_vary: bool = False) -> str:
    """Output as it is compared."""
    lines = _ENGINES_OWN.sub("", said).splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    return "".join(f"{_plain(line, numbers_vary=numbers_vary)}\n" for line in lines)


def _pattern(line: str, *, numbers_vary: bool) -> str:
    plain = _plain(line, numbers_vary=numbers_vary)
    if plain == "…":
        return r"(?:.*\n)*?"
    return "[^\n]*".join(re.escape(part) for part in plain.split("…")) + "\n"


def _plain(line: str, *, numbers_vary: bool) -> str:
    for varying, word in _VARYING:
        line = varying.sub(word, line)
    if numbers_vary:
        line = _NUMBER.sub("N", line)
    return " ".join(line.split())
