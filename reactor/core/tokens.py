"""What somebody read of the gate, as a short text that comes back with the acknowledgement.

It names the rules that were held and how many containers they would have ended by then. Whether
that is still so is found out in ``gate``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

_DIGITS = 8
_LONGEST_COUNT = 9


@dataclass(frozen=True, slots=True)
class Token:
    """``rules`` is a digest of the held rules, ``count`` how many containers were said to be concerned."""

    rules: str
    count: int

    def __str__(self) -> str:
        return f"{self.rules}-{self.count}"


def token_of(keys: Iterable[str], count: int) -> Token:
    """The token of rules with these keys."""
    text = "\n".join(sorted(keys))
    return Token(sha256(text.encode()).hexdigest()[:_DIGITS], count)


def parse_token(text: str) -> Token | None:
    """The token that was written so; None if that is no token."""
    rules, dash, count = text.strip().lower().rpartition("-")
    if not dash or len(rules) != _DIGITS or not set(rules) <= set("0123456789abcdef"):
        return None
    if not (count.isascii() and count.isdigit()) or len(count) > _LONGEST_COUNT:
        return None
    return Token(rules, int(count))
