"""What can be true of an engine beside what ``core.ports`` already names. Each text is a sentence.

Text that came from an engine is a stranger's: ``quoted`` is the only way for it into a sentence.
"""

from reactor.core.ports import EngineError

LONGEST_QUOTE = 200


class BadEndpoint(Exception):
    """The engine that was named cannot be meant that way; the text says what to do instead."""


class EngineTooOld(EngineError):
    """The engine speaks no version of its API that is new enough for us."""


class EngineTooNew(EngineError):
    """The engine does not speak any version of its API any more that we know."""


class EngineSaidNonsense(EngineError):
    """The engine's answer has not the shape that the API promises."""


def quoted(text: str) -> str:
    """A stranger's words on one line, without control characters, and not more than 200 of them."""
    line = "".join(char if char.isprintable() else "?" for char in text[: LONGEST_QUOTE + 1])
    return line if len(line) <= LONGEST_QUOTE else line[:LONGEST_QUOTE] + "…"
