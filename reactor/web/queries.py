"""What somebody wants to see of the containers, as he writes it into an address.

Only the reading of a query is here, with its bounds; what comes of it is made on the floor above.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reactor.web.control import Refused

SORTS = ("distance", "name", "task", "status", "pids", "memory", "cpu", "age")
MOST, USUAL = 500, 100
LONGEST = 100
"""Characters of a filter."""
_BAD = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which containers, in which order, and how many of them behind the first ``offset``.

    ``text`` is looked for in names, images, tasks, owners and ids, ``rule`` is one that is nearest or holds.
    ``history`` tells that the last minutes of each are wanted as well.
    """

    text: str = ""
    status: frozenset[str] = frozenset()
    rule: str = ""
    sort: str = "distance"
    reverse: bool = False
    limit: int = USUAL
    offset: int = 0
    history: bool = False


def wanted(query: Mapping[str, str]) -> Wanted:
    """The query in one record. Raises Refused."""
    order = query.get("sort", "distance")
    sort = order.removeprefix("-")
    if sort not in SORTS:
        raise Refused(
            _BAD, {"error": f"'sort' is one of {', '.join(SORTS)}, with a - before it the other way"}
        )
    return Wanted(
        text=_text(query, "q").casefold(),
        status=frozenset(filter(None, _text(query, "status").split(","))),
        rule=_text(query, "rule"),
        sort=sort,
        reverse=order.startswith("-"),
        limit=number(query, "limit", USUAL, 1, MOST),
        offset=number(query, "offset", 0, 0, 1_000_000),
        history=query.get("history", "") == "yes",
    )


def number(query: Mapping[str, str], name: str, usual: int, least: int, most: int) -> int:
    """A whole number within bounds. Raises Refused."""
    written = query.get(name, str(usual))
    if not (written.isascii() and written.isdigit() and len(written) <= 7 and least <= int(written) <= most):
        raise Refused(_BAD, {"error": f"'{name}' is a whole number from {least} to {most}"})
    return int(written)


def _text(query: Mapping[str, str], name: str) -> str:
    written = query.get(name, "")
    if len(written) > LONGEST:
        raise Refused(_BAD, {"error": f"'{name}' has at most {LONGEST} characters"})
    return written.strip()
