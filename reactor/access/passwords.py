"""Whether a name and a password go together, at a cost that whoever guesses cannot make us pay.

bcrypt is slow on purpose: a check runs in a thread of its own, one at a time and with rests between them, so
that guessing takes a part of one processor at most. What was right is remembered, under a key that only this
process has, so that a scrape pays once. What an answer says of all that is in ``doors``.
"""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from enum import Enum
from hashlib import blake2b

import trio

from reactor.http.server_pace import Paces

MOST_REMEMBERED = 256
MOST_WAITING = 8
RESTS = 3.0
"""So many times as long as a check took, nothing is checked after it: a quarter of one processor at most."""
BURST, RATE = 10.0, 0.2
"""Attempts that may fail from one address at once, and then in a second."""
LONGEST = 72
"""Bytes of a password that bcrypt looks at."""


class Verdict(Enum):
    """What is known of a name and a password."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_OFTEN = "too often"  # this address was wrong too often of late
    TOO_BUSY = "too busy"  # too many wait for their check


class Passwords:
    """Checks them. Whoever was right once is let in at once from then on, whatever others do."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, None] = OrderedDict()
        self._failures = Paces(RATE, BURST)
        self._turn = trio.Lock()
        self._limiter = trio.CapacityLimiter(1)
        self._waiting = 0
        self._rest_until = 0.0

    async def check(self, users: Mapping[str, bytes], name: str, password: bytes, who: str) -> Verdict:
        """Whether this user has this password; ``who`` is the address that says so."""
        known = users.get(name)
        hashed = known if known is not None else decoy(users)
        mark = self._mark(name, password, hashed)
        if known is not None and mark in self._remembered:
            self._remembered.move_to_end(mark)
            return Verdict.RIGHT
        if self._waiting >= MOST_WAITING:
            return Verdict.TOO_BUSY
        if not self._failures.take(who, trio.current_time()):
            return Verdict.TOO_OFTEN
        # Somebody unknown takes as long as somebody known.
        if not await self._compare(password, hashed) or known is None:
            return Verdict.WRONG
        self._failures.give_back(who, trio.current_time())
        self._remember(mark)
        return Verdict.RIGHT

    async def _compare(self, password: bytes, hashed: bytes) -> bool:
        self._waiting += 1
        try:
            async with self._turn:
                await trio.sleep_until(self._rest_until)
                began = trio.current_time()
                try:
                    return await trio.to_thread.run_sync(
                        _compare, password, hashed, limiter=self._limiter, abandon_on_cancel=True
                    )
                finally:
                    now = trio.current_time()
                    self._rest_until = now + RESTS * (now - began)
        finally:
            self._waiting -= 1

    def _mark(self, name: str, password: bytes, hashed: bytes) -> bytes:
        # With what is in the file: a password that was changed there is not remembered. Each part has its
        # length before it, or two other parts could have the same mark.
        parts = (name.encode("utf-8", "surrogateescape"), password, hashed)
        whole = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return blake2b(whole, key=self._key, digest_size=32).digest()

    def _remember(self, mark: bytes) -> None:
        self._remembered[mark] = None
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def decoy(users: Mapping[str, bytes]) -> bytes:
    """What somebody unknown is compared with: it costs what the dearest costs, and no password makes it."""
    cost = max((int(hashed[4:6]) for hashed in users.values()), default=10)
    return b"$2b$%02d$" % cost + b"." * 53


def _compare(password: bytes, hashed: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - compiled, and needed only where there are passwords

    try:
        return bool(bcrypt.checkpw(password[:LONGEST], hashed))
    except ValueError:
        # A hash that the library does not read is made by no password, and ends nobody's monitor.
        return False
