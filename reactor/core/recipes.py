"""What a container is made of when it is made here: templates as they are written, and recipes.

Records, and the names and labels that a made container is known by, belong here. How a template is
written and read is a matter of ``ruleset``, in which order sidecars are made is planned elsewhere in the
core, and the words that an engine wants are in ``engine``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from reactor.core.container import Limits, nothing
from reactor.core.selector import Selector

TEMPLATE_LABEL = "reactor.template"
"""The template that a sidecar was made from; in a stack, the service."""
DIGEST_LABEL = "reactor.template-hash"
"""The digest of the recipe that it was made from: another one is another container."""
STACK_LABEL = "reactor.stack"
"""The stack that it belongs to, where it belongs to one."""
SIDECARS_LABEL = "reactor.sidecars"
"""By which a main asks for templates, as in ``postgres,redis``."""

_PLAIN = re.compile(r"[^a-zA-Z0-9_.-]+")
_LONGEST = 40


class OnFailure(StrEnum):
    """What becomes of the task when a sidecar cannot be made, or does not get ready."""

    RETRY = "retry"  # taken away, and made again after a growing pause
    END = "end"  # the task is ended, with what was made for it
    IGNORE = "ignore"  # the task goes on without it


@dataclass(frozen=True, slots=True)
class Probe:
    """A health check. ``test`` is as engines want it (``CMD``, ``CMD-SHELL``, ``NONE``), times in seconds."""

    test: tuple[str, ...]
    interval: float = 30.0
    timeout: float = 30.0
    start_period: float = 0.0
    retries: int = 3


@dataclass(frozen=True, slots=True)
class Bind:
    """A folder of the host, as it is seen inside. ``source`` is an absolute path when it is in a recipe."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Port:
    """A port that is published. ``host`` is 0 where the engine chooses one."""

    inside: int
    host: int = 0
    protocol: str = "tcp"
    address: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Folder:
    """A data folder below the root: made if it is not there, and never taken away with a container.

    ``path`` is relative, ``shared`` tells that it is not one task's own. Where it is there already its owner
    and mode are left as they are.
    """

    path: str
    owner: int = 0
    group: int = 0
    mode: int = 0o700
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that an engine is told of a container; the same recipe is the same container.

    Limits are always there: nothing is made without them. ``command`` and ``entrypoint`` are None where the
    image's own count. ``network_mode`` may name a container as in ``container:ID``.
    """

    name: str
    image: str
    limits: Limits
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=nothing)
    labels: Mapping[str, str] = field(default_factory=nothing)
    binds: tuple[Bind, ...] = ()
    ports: tuple[Port, ...] = ()
    probe: Probe | None = None
    user: str = ""
    working_dir: str = ""
    network_mode: str = ""
    init: bool = True
    stop_grace: float | None = None
    restart: str = "no"
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A service as it is written, its variables not yet filled in. ``place`` is ``file:line``.

    ``recipe`` holds texts with ``${REACTOR_TASK}`` and the like in them, and no name. ``needs`` are the
    templates that have to be up first; ``needs_healthy`` those of them that have to be healthy, too.
    ``ready_within`` is how many seconds it may take until it is. ``recipe.network_mode`` may be ``main`` (the
    namespace of the task's main) or ``service:NAME``; NAME is among the ``needs`` then.
    """

    name: str
    recipe: Recipe
    place: str = ""
    needs: tuple[str, ...] = ()
    needs_healthy: frozenset[str] = frozenset()
    folders: tuple[Folder, ...] = ()
    on_failure: OnFailure = OnFailure.RETRY
    ready_within: float = 60.0


@dataclass(frozen=True, slots=True)
class SidecarSet:
    """Which mains get which templates, in this order. ``asked`` tells that a main's label has to name them.

    ``hold`` tells that the main is paused until all are ready.
    """

    name: str
    templates: tuple[str, ...]
    select: tuple[Selector, ...] = ()
    asked: bool = False
    hold: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Provisions:
    """All templates and sets of the rule files in force."""

    templates: tuple[Template, ...] = ()
    sets: tuple[SidecarSet, ...] = ()


NO_PROVISIONS = Provisions()


@dataclass(frozen=True, slots=True)
class StackFile:
    """What stands in a stack's file: its services, each after those that it needs.

    ``name`` is empty where the file does not say one. ``tasks`` are the services that stand for themselves;
    ``sidecar_of`` says of every other whose sidecar it is. ``remarks`` are sentences, each with a place,
    about what is passed over.
    """

    name: str
    services: tuple[Template, ...]
    tasks: frozenset[str] = frozenset()
    sidecar_of: Mapping[str, str] = field(default_factory=nothing)
    remarks: tuple[str, ...] = ()


def plain_name(text: str) -> str:
    """A stranger's word as one component of a path or of a name: readable, safe, and nobody else's."""
    mark = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_PLAIN.sub('-', text)[:_LONGEST].strip('-.') or 'task'}-{mark}"


def made_name(task: str, template: str) -> str:
    """The name of the one container that is made for a task from a template: two cannot be there at once."""
    return f"{plain_name(task)}-{template}"
