"""Which journal is meant by whoever looks back.

Only finding the file belongs here; reading it is the business of ``journal``.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.places import default_journal, find_journals
from reactor.journal.errors import JournalError

ENVIRONMENT = "REACTOR_JOURNAL"


def find_journal(
    named: Path | None, environ: Mapping[str, str] = os.environ, *, root: bool | None = None
) -> Path:
    """The journal that was named, else the only one there is. Raises Complaint."""
    if named is not None:
        return named
    if environ.get(ENVIRONMENT):
        return Path(environ[ENVIRONMENT])
    found = find_journals(environ, root=root)
    if len(found) == 1:
        return found[0]
    folder = default_journal("", environ, root=root).parent
    if not found:
        raise Complaint(
            f"reactor: no journal is found in {folder}",
            "A monitor writes one: reactor run; or name one with --journal, as the configuration does",
        )
    raise Complaint(
        f"reactor: there are {len(found)} journals in {folder}: name one with --journal",
        *(f"  {path}" for path in found),
    )


@contextmanager
def complaints() -> Iterator[None]:
    """What is wrong with a journal, said to the user."""
    try:
        yield
    except JournalError as error:
        raise Complaint(f"reactor: {error}") from None
