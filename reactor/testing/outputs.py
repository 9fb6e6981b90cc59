"""What a container has written, and how an engine gives it back: in entries, in frames, or as it is.

Only the form of it belongs here; what a task writes is in ``tasks``, the calls are in ``api_containers``
and in ``direct``.
"""

import re
from dataclasses import dataclass

from reactor.testing.box import Box
from reactor.testing.refusals import Refused

LONGEST = 16 * 1024
"""An engine keeps a longer line in several entries, and counts entries when it is asked for lines."""
UNREADABLE = frozenset({"none", "syslog", "gelf", "fluentd", "awslogs", "splunk", "gcplogs", "etwlogs"})
STDOUT = 1
LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of output. ``output`` is 1, or 2 for errors."""

    text: bytes
    output: int = STDOUT


def entries(box: Box, tail: int | None) -> list[Entry]:
    """The last entries of its log, or all of them; Refused where they are kept out of reach."""
    if box.recipe.traits.log_driver in UNREADABLE:
        raise Refused(501, "configured logging driver does not support reading")
    text = b"".join(box.output)
    if box.recipe.traits.tty:
        text = text.replace(b"\n", b"\r\n")
    found = [
        Entry(line[start : start + LONGEST])
        for line in LINE.findall(text)
        for start in range(0, len(line), LONGEST)
    ]
    return found if tail is None else found[len(found) - min(tail, len(found)) :]


def framed(box: Box, found: list[Entry]) -> bytes:
    """The entries as they go over the wire."""
    if box.recipe.traits.tty:
        return b"".join(entry.text for entry in found)
    return b"".join(bytes([e.output, 0, 0, 0]) + len(e.text).to_bytes(4, "big") + e.text for e in found)
