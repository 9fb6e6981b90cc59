"""Of which service a container is: what an orchestrator writes on the containers that it brings back.

Only the reading is here. The labels are strangers' words, which a plain ``docker run`` can say as well: what
may follow from them is in ``comebacks``, and it is bounded there. What came with an image, or may have, is
not read at all, and what does not look as the orchestrator writes it is no service.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from reactor.core.container import Container
from reactor.core.rules import Rule, Trigger

_SWARM = "com.docker.swarm."
_NOMAD = "com.hashicorp.nomad."
_COMPOSE = "com.docker.compose."
_LONGEST = 128
_ID = re.compile(r"[0-9a-z]{25}")
# What an orchestrator takes for a name; nothing of it means anything to a shell, so that a remedy can be
# pasted as it stands.
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{_LONGEST - 1}}}")


class Service(NamedTuple):
    """``kind`` is the orchestrator, ``key`` what it knows the service by, ``name`` what people call it."""

    kind: str
    key: str
    name: str


def service_of(container: Container) -> Service | None:
    """The service that it was given to; None where it is of none, or where that is not certain."""
    inherited = container.image_labels
    if inherited is None:
        return None
    given = {key: value for key, value in container.labels.items() if inherited.get(key) != value}
    return next((found for read in _READERS if (found := read(given)) is not None), None)


def remedy(service: Service, rule: Rule) -> str:
    """What a person can do, since to end it once more changes nothing."""
    name = service.name
    if service.kind == "Swarm":
        return f"docker service scale {name}=0, or {_update(rule, name)}"
    if service.kind == "Nomad":
        return f"nomad job stop {service.key.partition('/')[0]}, or mend the job"
    return (
        f"docker compose -p {service.key.partition('/')[0]} stop {service.key.partition('/')[2]}, or mend it"
    )


def _update(rule: Rule, name: str) -> str:
    reads = rule.when.reads if rule.when is not None else frozenset[str]()
    if "pids" in reads:
        return f"docker service update --limit-pids N {name}"
    if "memory" in reads or rule.on is Trigger.OOM:
        return f"docker service update --limit-memory SIZE {name}"
    return f"mend it with docker service update {name}"


def _swarm(given: Mapping[str, str]) -> Service | None:
    key, name = given.get(f"{_SWARM}service.id", ""), given.get(f"{_SWARM}service.name", "")
    # Without a task it is not a task: the agent writes all three.
    if not _ID.fullmatch(key) or not _ID.fullmatch(given.get(f"{_SWARM}task.id", "")):
        return None
    return Service("Swarm", key, name if _NAME.fullmatch(name) else key)


def _nomad(given: Mapping[str, str]) -> Service | None:
    job, task = given.get(f"{_NOMAD}job_name", ""), given.get(f"{_NOMAD}task_name", "")
    if not _NAME.fullmatch(job) or not _NAME.fullmatch(task):
        return None
    return Service("Nomad", f"{job}/{task}", f"{job}/{task}")


def _compose(given: Mapping[str, str]) -> Service | None:
    project, name = given.get(f"{_COMPOSE}project", ""), given.get(f"{_COMPOSE}service", "")
    # What somebody runs once is not brought back: the next one is another person's wish.
    if given.get(f"{_COMPOSE}oneoff", "").lower() == "true":
        return None
    if not _NAME.fullmatch(project) or not _NAME.fullmatch(name):
        return None
    return Service("Compose", f"{project}/{name}", f"{project}/{name}")


_READERS: tuple[Callable[[Mapping[str, str]], Service | None], ...] = (_swarm, _nomad, _compose)
