"""What we made ourselves beside a task: how such a container is known, and who of a task's goes next.

It is known by its name and by labels of its own, all of them together, and by nothing that an image or a
stranger could give it. What is to be made is said in ``provisions``, how it is taken along with its main
in ``following``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reactor.core.container import Container
from reactor.core.protection import Policy
from reactor.core.recipes import DIGEST_LABEL, TEMPLATE_LABEL, made_name
from reactor.core.state import Entry, Setup, State


@dataclass(frozen=True, slots=True)
class Made:
    """For which task a sidecar was made, from which template, by which digest."""

    task: str
    template: str
    digest: str


def made_of(policy: Policy, container: Container) -> Made | None:
    """What was made here, or None. While its image cannot be read nobody knows whose its labels are."""
    labels = container.labels
    template = labels.get(TEMPLATE_LABEL)
    if not template or container.image_labels is None:
        return None
    task, digest = labels.get(policy.labels.sidecar_of, ""), labels.get(DIGEST_LABEL, "")
    if not task or not digest or container.name != made_name(task, template):
        return None
    own = (TEMPLATE_LABEL, DIGEST_LABEL, policy.labels.sidecar_of)
    if any(container.image_labels.get(key) == labels[key] for key in own):
        return None
    return Made(task, template, digest)


def may_be_made(policy: Policy, container: Container) -> bool:
    """Whether it looks like one, and its image cannot be read: it is neither made again nor touched."""
    labels = container.labels
    task, template = labels.get(policy.labels.sidecar_of, ""), labels.get(TEMPLATE_LABEL, "")
    return container.image_labels is None and bool(template) and container.name == made_name(task, template)


def grace_of(setup: Setup, entry: Entry) -> float:
    """For how many seconds a sidecar may end by itself: what its template says, else the usual time."""
    made = made_of(setup.policy, entry.container) if entry.serves else None
    templates = setup.rules.provisions.templates if made is not None else ()
    given = (each.recipe.stop_grace for each in templates if made is not None and each.name == made.template)
    grace = next(given, None)
    return setup.sidecar_grace if grace is None else grace


def started(entry: Entry) -> tuple[float, str]:
    """By which those of a task are put in the order of their start."""
    born, created = entry.container.born, entry.container.created
    moment = born if born is not None else created
    return (moment if moment is not None else float("inf"), entry.run.id)


def living_made(policy: Policy, state: State) -> Mapping[str, Sequence[Entry]]:
    """The living sidecars that were made here, by their task, the last started first."""
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in state.living():
        made = made_of(policy, entry.container) if entry.serves else None
        if made is not None and entry.is_sidecar:
            found[made.task].append(entry)
    return {task: sorted(each, key=started, reverse=True) for task, each in found.items()}


def waits_for_others(entry: Entry, together: Iterable[Entry]) -> bool:
    """Whether others of its task, which were started later, have to be over before it is to go.

    Whoever does not end, whatever is done, is not waited for.
    """
    later = [each for each in together if each.run != entry.run and started(each) > started(entry)]
    is_one = any(each.run == entry.run for each in together)
    return is_one and any(not (each.vain or each.unsure) for each in later)
