"""What sending all signals by OTLP has in common: who we are, and why it did not work.

Importing this module costs a fifth of a second, so only a push that is wanted does it, and in its thread.
"""

import logging
from collections.abc import Mapping
from threading import get_ident
from typing import Self

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

TROUBLES = (ImportError, RuntimeError, ValueError, OSError)
"""What an exporter raises when a variable says what it cannot follow."""
DEEPEST = 20
"""How many errors within errors are looked through for the first of them."""


class Words(logging.Filter):
    """Keeps to itself what the exporter logs of one send: it returns only that it failed, and logs why.

    The exporter logs each attempt. Ours is one line when it begins and one when it is over. Only the thread
    that sends is listened to, and for as long as it does: one that a stop left behind still keeps quiet.
    """

    def __init__(self, logger: str) -> None:
        super().__init__()
        self._logger = logging.getLogger(logger)
        self._thread, self._cause, self._first = 0, "", ""

    def __enter__(self) -> Self:
        self._thread, self._cause, self._first = get_ident(), "", ""
        # In front of the library's own filter, which leaves out what was said a moment ago.
        self._logger.filters.insert(0, self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing of this send gets through."""
        if record.thread != self._thread:
            return True
        # The last words are that it was tried often enough; what went wrong is in those before.
        self._first = self._first or record.getMessage()
        self._cause = self._cause or _cause(record)
        return False

    def why(self) -> str:
        """What went wrong at first, as the system calls it where it does; there may be no words at all."""
        return self._cause or self._first or "the exporter does not say why"


def _cause(record: logging.LogRecord) -> str:
    """The innermost error that this line tells of. Those around it show an address, and what is in it."""
    told = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    error = next((each for each in (raised, *told) if isinstance(each, BaseException)), None)
    for _ in range(DEEPEST):
        error = (error.__cause__ or error.__context__ or error) if error is not None else None
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) if error is not None else ""


def resource_of(identity: Mapping[str, str]) -> Resource:
    """Who we are. The environment's own attributes win: whoever runs many monitors names them there."""
    return Resource(dict(identity)).merge(OTELResourceDetector().detect())
