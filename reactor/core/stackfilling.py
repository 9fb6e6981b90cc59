"""From the file of a stack to the services that are made of it: who is which task, and where data lies.

Only filling in belongs here; how a file is written is a matter of ``ruleset``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from reactor.core.protection import LabelNames
from reactor.core.recipes import DIGEST_LABEL, STACK_LABEL, StackFile, Template
from reactor.core.stacks import Service, Stack, container_name
from reactor.core.templating import MAIN, SERVICE, Filling, folders_for, render

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the data of a task lies, and what all share; and by which labels a monitor knows a task."""

    data_of: Callable[[str], str]
    shared: str
    names: LabelNames


def plain_stack_name(text: str) -> str:
    """A folder's name as the name of a stack, as Compose makes it; empty if nothing is left of it."""
    return _NOT_IN_NAMES.sub("", text.lower()).lstrip("_-")[:40]


def filled(name: str, file: StackFile, ground: Ground) -> Stack:
    """The stack called so that this file asks for. Raises CannotRender."""
    return Stack(name, tuple(_service(name, file, each, ground) for each in file.services))


def _service(stack: str, file: StackFile, template: Template, ground: Ground) -> Service:
    serves = file.sidecar_of.get(template.name, "")
    task = container_name(stack, serves or template.name)
    filling = Filling(
        task=task,
        # Whoever brings it up, it is the same stack.
        owner=stack,
        data=ground.data_of(task),
        shared=ground.shared,
        # Names stand for the containers, which change: whoever joins another one is planned by that.
        main_id=serves,
        ids={each.name: each.name for each in file.services},
        names=ground.names,
        sidecar=bool(serves),
        name=container_name(stack, template.name),
        labels={STACK_LABEL: stack},
    )
    recipe = render(template, filling)
    return Service(
        name=template.name,
        recipe=recipe,
        digest=recipe.labels[DIGEST_LABEL],
        task=task,
        serves=serves,
        needs=template.needs,
        needs_healthy=template.needs_healthy,
        joins=_joined(template.recipe.network_mode, serves),
        folders=folders_for(template, filling),
        ready_within=template.ready_within,
        place=template.place,
    )


def _joined(mode: str, serves: str) -> str:
    if mode == MAIN:
        return serves
    return mode.removeprefix(SERVICE) if mode.startswith(SERVICE) else ""
