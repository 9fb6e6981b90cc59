"""Figures that were measured before: by an earlier run, and by other benches that go into the same table.

Other benches need not know this one: whatever is a name with a number somewhere in what they wrote as JSON is
shown below the name of the file. Only reading files belongs here.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MOST = 80
FORMAT = 1
"""Of a document of the race: another number for another shape."""


class CannotBeRead(Exception):
    """A file that was named is not there, or is not JSON."""


def read(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Each file's name, and its figures in order."""
    return [{"name": file.stem, "figures": dict(list(figures(_json(file)))[:MOST])} for file in files]


def document(file: Path) -> dict[str, Any]:
    """What an earlier run of the race wrote."""
    found = _json(file)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CannotBeRead(f"{file} was not written by this bench, or by another version of it")
    return found


def figures(found: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers in a document, each with the names that lead to it."""
    if isinstance(found, bool) or found is None:
        return
    if isinstance(found, int | float):
        yield name, found
    elif isinstance(found, dict):
        for key, value in found.items():
            yield from figures(value, f"{name}, {key}" if name else str(key))
    elif isinstance(found, list):
        for number, value in enumerate(found):
            # A row is known by what it says of itself in words or by its number of containers.
            yield from figures(value, ", ".join(filter(None, (name, _called(value) or str(number)))))


def _called(row: Any) -> str:
    if not isinstance(row, dict):
        return ""
    words = [value for value in row.values() if isinstance(value, str)]
    size = row.get("containers")
    return ", ".join([*words, *([f"{size} containers"] if isinstance(size, int) else [])])


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except OSError as error:
        raise CannotBeRead(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise CannotBeRead(f"{file} is not JSON: {error}") from None
