"""A stack: what its file asks for, and which of the containers that are there belong to it.

Records and recognition belong here: what is to be done is planned in ``stackplans``, and how a file is
written is a matter of ``ruleset``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reactor.core.container import Container, ContainerId, State
from reactor.core.recipes import DIGEST_LABEL, STACK_LABEL, TEMPLATE_LABEL, Folder, Recipe


@dataclass(frozen=True, slots=True)
class Service:
    """One service, with all variables filled in.

    ``task`` is the id of the task that it is, or, where it ``serves`` another service, of that one's.
    ``joins`` is the service whose network it shares. ``place`` is where it stands in the file.
    """

    name: str
    recipe: Recipe
    digest: str
    task: str
    serves: str = ""
    needs: tuple[str, ...] = ()
    needs_healthy: frozenset[str] = frozenset()
    joins: str = ""
    folders: tuple[Folder, ...] = ()
    ready_within: float = 60.0
    place: str = ""

    @property
    def before(self) -> tuple[str, ...]:
        """The services that come before it."""
        return (*self.needs, self.joins) if self.joins and self.joins not in self.needs else self.needs


@dataclass(frozen=True, slots=True)
class Stack:
    """All services of a file, in the order in which they are written."""

    name: str
    services: tuple[Service, ...]

    def __getitem__(self, name: str) -> Service:
        return next(each for each in self.services if each.name == name)


@dataclass(frozen=True, slots=True)
class Present:
    """A container of this stack that is there. ``born`` is None where that is not known for certain."""

    id: ContainerId
    name: str
    service: str
    digest: str
    state: State
    health: str = ""
    image_id: str = ""
    joins: frozenset[ContainerId] = frozenset()
    born: float | None = None
    exit_code: int | None = None
    probed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found of a stack: its own by service, and strangers that have one of its names.

    ``unsure`` are the names of those whose image cannot be read: nobody can tell whose labels they have.
    """

    own: Mapping[str, Present] = field(default_factory=dict)
    strangers: Mapping[str, ContainerId] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()

    def orphans(self, stack: Stack) -> tuple[Present, ...]:
        """Its own whose service does not stand in the file any more."""
        known = {each.name for each in stack.services}
        return tuple(each for name, each in sorted(self.own.items()) if name not in known)


def container_name(stack: str, service: str) -> str:
    """The name of a service's one container, which is also the id of its task."""
    return f"{stack}-{service}"


def labels_of(stack: str, service: str, digest: str) -> Mapping[str, str]:
    """By which a container is known as a stack's own."""
    return {STACK_LABEL: stack, TEMPLATE_LABEL: service, DIGEST_LABEL: digest}


def recognise(stack: str, names: Iterable[str], containers: Iterable[Container]) -> Seen:
    """Sort what is there: ours are those with the labels *and* the name, and labels of an image are nobody's.

    ``names`` are those that the stack's containers are to have.
    """
    wanted, own, strangers = frozenset(names), dict[str, Present](), dict[str, ContainerId]()
    unsure: set[str] = set()
    for each in containers:
        service = _service_of(stack, each)
        if service is not None:
            own[service] = present(each, service)
        elif each.name in wanted:
            strangers[each.name] = each.id
            if each.image_labels is None and each.labels.get(STACK_LABEL) == stack:
                unsure.add(each.name)
    return Seen(own, strangers, frozenset(unsure))


def _service_of(stack: str, container: Container) -> str | None:
    """The service that it was made for in this stack, None if it was not made by us."""
    image = container.image_labels
    if image is None:
        return None  # Whose labels these are cannot be told.
    own = {key: value for key, value in container.labels.items() if image.get(key) != value}
    service = own.get(TEMPLATE_LABEL)
    if not service or own.get(STACK_LABEL) != stack or not own.get(DIGEST_LABEL):
        return None
    return service if container.name == container_name(stack, service) else None


def present(container: Container, service: str) -> Present:
    """What counts of a container that was made for a service."""
    return Present(
        id=container.id,
        name=container.name,
        service=service,
        digest=container.labels.get(DIGEST_LABEL, ""),
        state=container.state,
        health=container.health,
        image_id=container.image_id,
        joins=container.joins,
        born=container.born,
        exit_code=container.exit_code,
        probed=bool(container.health_check),
    )


def ordered(services: Sequence[Service]) -> tuple[Service, ...]:
    """Each after those that it needs, else as written; what is in a circle comes last, as written."""
    left, known, done = list(services), {each.name for each in services}, dict[str, Service]()
    while left:
        able = [each for each in left if all(one in done or one not in known for one in each.before)]
        chosen = able[0] if able else left[0]
        done[chosen.name] = chosen
        left.remove(chosen)
    return tuple(done.values())


def circle(services: Sequence[Service]) -> tuple[str, ...]:
    """Services that need each other, so that none of them can be first; empty if there are none."""
    left, known = list(services), {each.name for each in services}
    while left:
        waiting = {each.name for each in left}
        stuck = [each for each in left if any(one in waiting for one in each.before if one in known)]
        if len(stuck) == len(left):
            return tuple(each.name for each in stuck)
        left = stuck
    return ()
