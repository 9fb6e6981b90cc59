"""What engines are called: the names that people give them, and default ones made of addresses.

A name stands in the paths of pages, in labels of metrics and in names of files: so it is a short word of
small letters, digits and a few signs, whoever made it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import urlsplit

LONGEST_NAME = 63
LOCAL = "local"
"""The default name of the engine at the default socket."""
MADE_OF = "a name is at most 63 of a-z, 0-9, '_', '.' and '-', and begins with a letter or a digit"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_DEFAULT_SOCKETS = frozenset({"", "/var/run/docker.sock", "/run/docker.sock"})
_LAST_RESORT = "engine"


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine as it was written: where it is, and what it is called, empty where nobody said."""

    host: str = field(repr=False)  # A password may stand in it, however wrong that is.
    name: str = ""


def is_name(text: str) -> bool:
    """Whether an engine may be called so."""
    return _NAME.fullmatch(text) is not None


def asked(text: str) -> Asked:
    """``URL`` or ``NAME=URL``. Raises ValueError with a sentence.

    A URL may have '=' in it: what stands before is a name only where it is no part of one.
    """
    name, equals, host = text.partition("=")
    if not equals or ":" in name or "/" in name:
        return Asked(text)
    if not is_name(name):
        raise ValueError(f"{name!r} cannot be the name of an engine: {MADE_OF}, such as {fit(name)}")
    if not host.strip():
        raise ValueError(f"there is no address behind {name}=: write it as {name}=unix:///run/docker.sock")
    return Asked(host, name)


def names_of(engines: Sequence[Asked]) -> tuple[str, ...]:
    """What they are called. One that nobody named needs no name; of several each has one of its own.

    Names that were given are kept, also where they are the same: that is for others to refuse.
    """
    if len(engines) == 1:
        return (engines[0].name,)
    taken, found = {each.name for each in engines}, []
    for each in engines:
        name = each.name or next(name for name in _candidates(default_name(each.host)) if name not in taken)
        taken.add(name)
        found.append(name)
    return tuple(found)


def default_name(host: str) -> str:
    """The name of an engine that nobody named: its host, or what its socket is called."""
    scheme, _, rest = host.strip().partition("://")
    if scheme == "unix":
        return LOCAL if rest in _DEFAULT_SOCKETS else fit(PurePosixPath(rest).stem)
    try:
        return fit(urlsplit(host.strip()).hostname or "")
    except ValueError:
        return _LAST_RESORT


def fit(text: str) -> str:
    """The name that is nearest to a text."""
    fit = re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).lstrip("_.-")[:LONGEST_NAME].rstrip("_.-")
    return fit or _LAST_RESORT


def _candidates(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        ending = f"-{number}"
        yield f"{name[: LONGEST_NAME - len(ending)]}{ending}"
