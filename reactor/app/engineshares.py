"""What several engines of one monitor must not share, and what each has for itself in its place.

Two monitors for one engine would both act on it, and two that write one journal would each take the other's
runs for their own: such a thing is refused here, with what to write in its place.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from reactor.app.complaint import Complaint
from reactor.app.levels.merging import Merged
from reactor.app.settings import Settings
from reactor.engine.endpoint import Endpoint
from reactor.recording.places import Folder

_EACH = "Leave it out, and each has one at a default place; or name one in each entry of 'engines'"
_ALONE = "Leave it out here, and run a monitor of its own for the engine on this host: docs/engines.md"


def distinct(names: Sequence[str], endpoints: Sequence[Endpoint]) -> None:
    """Raises Complaint where two have one name, or two are the same engine."""
    known: dict[tuple[str, ...], str] = {}
    for number, (name, endpoint) in enumerate(zip(names, endpoints, strict=True)):
        if name in names[:number]:
            raise Complaint(f"reactor: there are two engines named '{name}': choose another name for one")
        first = known.setdefault(_identity(endpoint), name)
        if first != name:
            said = f"{first} and {name} are one engine, at {endpoint.host}"
            raise Complaint(f"reactor: {said}: two monitors would both act on it", "Name it once")


def _identity(endpoint: Endpoint) -> tuple[str, ...]:
    """What is the same for two addresses of one engine, as far as addresses tell."""
    address = endpoint.address
    # /var/run is a link to /run; and two users of one host may have an engine each.
    return (os.path.realpath(address.path),) if address.path else (str(address), *address.program)


def apart(names: Sequence[str], settings: Sequence[Settings], found: Merged) -> list[Settings]:
    """The settings of each, with places of their own. Raises Complaint where two would share one."""
    if len(names) == 1:
        return [*settings]
    if settings[0].data is not None:
        place = found.origin(("data", "root"))
        said = f"data folders ({place}) lie on the host of one engine, and here are several"
        raise Complaint(f"reactor: {said}: {', '.join(names)}", _ALONE)
    _no_journal_twice(names, settings, found)
    return [_recording(name, each, found) for name, each in zip(names, settings, strict=True)]


def _no_journal_twice(names: Sequence[str], settings: Sequence[Settings], found: Merged) -> None:
    usual, users = found.written.journal.path, dict[str, list[str]]()
    for name, each in zip(names, settings, strict=True):
        if each.journal is not None:
            users.setdefault(os.path.abspath(each.journal), []).append(name)
    for path, whose in users.items():
        if len(whose) > 1:
            is_usual = usual and os.path.abspath(usual) == path
            by = f" ({found.origin(('journal', 'path'))})" if is_usual else ""
            said = f"{path}{by} would be the journal of {' and '.join(whose)}: each needs its own"
            raise Complaint(f"reactor: {said}", _EACH)


def _recording(name: str, settings: Settings, found: Merged) -> Settings:
    """A folder of recordings has one for each engine below it; a file cannot be divided."""
    place = settings.recording_place()
    if place is None:
        return settings
    if not isinstance(place, Folder):
        by = found.origin(("record", "folder"))
        raise Complaint(
            f"reactor: {place.path} ({by}) is one file, and there are several engines to record",
            f"Name a folder, with a / at its end: each engine has its own below it, {place.path}/{name}/",
        )
    below = place.path / name
    named = f"{below}{os.sep}" if settings.record_named else ""
    return replace(settings, record=below, record_named=named)
