"""Figures of other benches that are shown in the same table: what they wrote as JSON.

They need not know this one: whatever is a name with a number somewhere in their file is shown below the
name of the file. Only reading them belongs here.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

MOST = 80


class CannotBeRead(Exception):
    """A file that was named is not there, or is not JSON."""


def read(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Each file's name, and its figures in order."""
    return [{"name": file.stem, "figures": dict(list(figures(_json(file)))[:MOST])} for file in files]


def figures(document: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All numbers in a document, each with the names that lead to it."""
    if isinstance(document, bool) or document is None:
        return
    if isinstance(document, int | float):
        yield name, document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield from figures(value, f"{name}, {key}" if name else str(key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
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
