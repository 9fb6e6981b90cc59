"""How containers and rules are named in the fields of a line."""

from collections.abc import Sequence
from typing import Any

MOST_RULES = 10
"""How many rules a line names."""
ROOM_FOR_RULES = 180
"""Characters for their names: what is longer than a field may be is cut by the log, and the count with it."""


def who(name: str, container: str) -> dict[str, Any]:
    """The fields of a container: its name, and the beginning of its id."""
    return {"container": name, "id": container[:12]}


def some(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are: a line of the log has an end."""
    named: list[str] = []
    for name in names[:MOST_RULES]:
        if named and len(", ".join([*named, name])) > ROOM_FOR_RULES:
            break
        named.append(name)
    rest = len(names) - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest else "")
