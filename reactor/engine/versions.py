"""Which version of the API is spoken with an engine.

Every request names its version, so that an engine that is upgraded under us keeps its shapes.
"""

import re

from reactor.engine.errors import EngineSaidNonsense, EngineTooNew, EngineTooOld, quoted

Version = tuple[int, int]

OLDEST: Version = (1, 40)
"""Docker 19.03, and what podman's compatible API answers to."""

NEWEST: Version = (1, 51)
"""The newest whose shapes we know. From 1.52 on, events lose fields and streams may change their framing."""

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


def negotiate(theirs: str, their_oldest: str) -> str:
    """The newest version that both sides speak, as it stands in a path; an EngineError if there is none."""
    newest, oldest = _parsed(theirs), _parsed(their_oldest or "0.0")
    if newest < OLDEST:
        raise EngineTooOld(
            f"the engine speaks the API up to version {_text(newest)}, and {_text(OLDEST)} is needed "
            f"(Docker 19.03 or newer): upgrade the engine"
        )
    if oldest > NEWEST:
        raise EngineTooNew(
            f"the engine speaks the API from version {_text(oldest)} on, and {_text(NEWEST)} is the newest "
            f"known here: upgrade reactor"
        )
    return _text(min(newest, NEWEST))


def _parsed(text: str) -> Version:
    if not _VERSION.fullmatch(text):
        raise EngineSaidNonsense(f"the engine calls its API version {quoted(text)!r}")
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
