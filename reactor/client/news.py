"""One entry of the news, as a record. Only the record and its making are here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of one decision.

    ``status`` is ``cancelled``, ``failed`` or ``completed``, empty while the run goes on, and
    ``status_reason`` a sentence for people. ``root`` is the decision that a cascade began with. ``told`` is
    the whole entry.
    """

    cursor: str
    id: str
    container: str
    name: str
    task: str
    action: str
    rule: str
    status: str
    status_reason: str
    exit_code: int | None
    root: str
    dry_run: bool
    told: Mapping[str, Any] = field(repr=False, compare=False)


def decision(told: Mapping[str, Any]) -> Decision:
    """The record of an entry; a newer monitor may tell more."""
    return Decision(
        cursor=str(told["cursor"]),
        id=str(told["id"]),
        container=str(told["container"]),
        name=str(told["name"]),
        task=str(told["task"]),
        action=str(told["action"]),
        rule=str(told["rule"]),
        status=str(told["status"]),
        status_reason=str(told["status_reason"]),
        exit_code=told["exit_code"],
        root=str(told["root"]),
        dry_run=bool(told["dry_run"]),
        told=told,
    )
