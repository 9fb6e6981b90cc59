"""The labels by which a container says what it is. Only their names and forms are here."""

from collections.abc import Mapping

TASK, SIDECAR_OF, OWNER, LIFETIME = "reactor.task", "reactor.sidecar-of", "reactor.owner", "reactor.lifetime"


def labels(*, task: str = "", sidecar_of: str = "", owner: str = "", lifetime: str = "") -> Mapping[str, str]:
    """The labels to put on a container.

    ``task`` makes it the main of that task, ``sidecar_of`` a sidecar of it. ``owner`` is whom it belongs to,
    ``lifetime`` how long it may live, such as ``2h``: that takes a rule with ``tighten: reactor.lifetime``.
    """
    given = {TASK: task, SIDECAR_OF: sidecar_of, OWNER: owner, LIFETIME: lifetime}
    for name, value in given.items():
        if value and (not value.isprintable() or value.strip() != value):
            raise ValueError(f"the value of {name} is one line without spaces around it")
    if not task and not sidecar_of:
        raise ValueError("a container has a task of its own, or is the sidecar of one")
    return {name: value for name, value in given.items() if value}
