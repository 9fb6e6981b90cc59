"""Who may be touched: scope, skip and protection, from what an operator configured.

What a container says about itself, by labels, can only make its treatment stricter, and
what came with its image says nothing at all. Edges between containers are in ``topology``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from reactor.core.container import NOTHING, Container, ContainerId, Listed
from reactor.core.selector import Selector


class Standing(StrEnum):
    """What may be done to a container."""

    MAIN = "main"  # in scope: a configured selector names it
    SIDECAR = "sidecar"  # in scope: joined to one that is
    WATCHED = "watched"  # out of scope: only looked at
    SKIPPED = "skipped"  # carries the skip label
    CANARY = "canary"  # sent out by ourselves to be ended; under one rule of its own
    PROTECTED = "protected"  # ours, our proxy's, another monitor's, or protected by the configuration


GOVERNED = frozenset({Standing.MAIN, Standing.SIDECAR})


@dataclass(frozen=True, slots=True)
class LabelNames:
    """The labels that are read. An existing runner's own labels can be named instead of ours."""

    task: str = "reactor.task"
    sidecar_of: str = "reactor.sidecar-of"
    skip: str = "reactor.skip"
    owner: str = "reactor.owner"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator configured about scope and protection.

    ``scope`` empty means: whatever carries the task label. ``trusted_images`` are globs for
    images whose own labels count as if the container had been given them.
    ``protected_ids`` are our socket proxy and other monitors; ``own`` is the container that we run in, which
    is another one after each upgrade.
    """

    labels: LabelNames = LabelNames()
    scope: tuple[Selector, ...] = ()
    protect: tuple[Selector, ...] = ()
    protected_ids: frozenset[ContainerId] = frozenset()
    trusted_images: tuple[str, ...] = ()
    own: ContainerId | None = None
    selectors: tuple[Selector, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "selectors", self.scope or (Selector(label=self.labels.task),))


def own_labels(policy: Policy, container: Container) -> Mapping[str, str]:
    """The labels that the container was given, without those that came with its image.

    When the image cannot be read, all count: here they can only create scope and edges of
    the container itself, which makes its treatment stricter.
    """
    inherited = container.image_labels
    if not inherited or is_trusted(policy, container):
        return container.labels
    return {key: value for key, value in container.labels.items() if inherited.get(key) != value}


def exempting_labels(policy: Policy, container: Container) -> Mapping[str, str]:
    """The labels that may exempt a container: none of its image's, and none if the image is unreadable.

    While an image is only slow, all are believed: to spare somebody for a while can be made up for.
    """
    if is_trusted(policy, container):
        return container.labels
    if container.image_labels is None:
        return container.labels if container.image_awaited else NOTHING
    return {key: value for key, value in container.labels.items() if key not in container.image_labels}


def is_trusted(policy: Policy, container: Container) -> bool:
    """Whether its image's labels count as if it had been given them."""
    return any(fnmatchcase(container.image, image) for image in policy.trusted_images)


def is_exempt(policy: Policy, container: Container) -> Standing | None:
    """PROTECTED or SKIPPED where that holds, else None."""
    if container.id in policy.protected_ids or container.id == policy.own:
        return Standing.PROTECTED
    exempting = exempting_labels(policy, container)
    if any(selector.matches(container, exempting) for selector in policy.protect):
        return Standing.PROTECTED
    return Standing.SKIPPED if policy.labels.skip in exempting else None


def claims_exemption_in_vain(policy: Policy, container: Container) -> bool:
    """Whether it carries the skip label and is not exempt because the label is its image's, or may be."""
    return policy.labels.skip in container.labels and is_exempt(policy, container) is None


def is_main(policy: Policy, container: Container) -> bool:
    """Whether a configured selector names it."""
    labels = own_labels(policy, container)
    return any(selector.matches(container, labels) for selector in policy.selectors)


def may_be_governed(policy: Policy, row: Listed) -> bool:
    """Whether a container that could not be inspected may be in scope, for all that the list says of it.

    A row shows the image's labels among the others, so that these can only be too many. What it does
    not show is whether another container's PID or IPC namespace is shared and no network.
    """
    if row.id in policy.protected_ids or row.id == policy.own:
        return False
    if row.joined or policy.labels.sidecar_of in row.labels:
        return True
    return any(selector.matches(row, row.labels) for selector in policy.selectors)
