"""What sending all signals by OTLP has in common: who we are, and why it did not work.

Importing this module costs a fifth of a second, so only a push that is wanted does it, and in its thread.
"""

import logging
from collections.abc import Mapping

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

TROUBLES = (ImportError, RuntimeError, ValueError, OSError)
"""What an exporter raises when a variable says what it cannot follow."""


class LastWords(logging.Filter):
    """Keeps the exporter's last message to itself: it returns only that it failed, and logs why.

    The exporter logs each attempt. Ours is one line when it begins and one when it is over.
    """

    def __init__(self, logger: str) -> None:
        super().__init__()
        self.text = ""
        self._logger = logging.getLogger(logger)
        self._logger.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Nothing gets through."""
        self.text = record.getMessage()
        return False

    def why(self) -> str:
        """The last words; there may be none."""
        return self.text or "the exporter does not say why"

    def leave(self) -> None:
        """Let the exporter speak for itself again."""
        self._logger.removeFilter(self)


def resource_of(identity: Mapping[str, str]) -> Resource:
    """Who we are. The environment's own attributes win: whoever runs many monitors names them there."""
    return Resource(dict(identity)).merge(OTELResourceDetector().detect())
