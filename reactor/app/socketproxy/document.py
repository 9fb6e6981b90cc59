"""The table of calls for the documents: what is asked of an engine, and what each is needed for."""

from collections.abc import Iterator

from reactor.engine.asked import CALLS, Asked

_SHORT = {"id": "ID", "image id": "ID", "image": "IMAGE", "name": "NAME", "whose": "MARK"}


def table() -> str:
    """The table, in Markdown."""
    return "\n".join(("| call | for | needed for |", "|---|---|---|", *_rows())) + "\n"


def _rows() -> Iterator[str]:
    for call in CALLS:
        yield f"| `{call.method} {_target(call)}` | {call.why} | {', '.join(call.needs)} |"


def _target(call: Asked) -> str:
    target = call.target
    for part in ("id", "image id", "image", "name", "whose", "seconds", "lines", "moment"):
        target = target.replace(f"{{{part}}}", _SHORT.get(part, "N"))
    return target
