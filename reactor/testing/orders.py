"""What an engine has against an order for a new container, and what it is to run.

Both fronts ask here before anything is made, in the words of whatever they were told in; names are checked
where containers are made, and what a start may run into is in ``life``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reactor.testing.box import Image
from reactor.testing.ground import Ground
from reactor.testing.making import find_image
from reactor.testing.refusals import Refused
from reactor.testing.updates import Change, refuse_bad


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for, as far as it can be refused. ``sources`` are folders that have to be there; no
    ``entrypoint`` and no ``command`` leave it to the image."""

    image: str
    limits: Change
    entrypoint: Sequence[str] | None = None
    command: Sequence[str] | None = None
    sources: Sequence[str] = ()
    network_mode: str = ""
    publishes: bool = False


def checked(ground: Ground, order: Order) -> tuple[str, ...]:
    """The words that it will run, if there is nothing against it."""
    refuse_bad(order.limits)
    for source in order.sources:
        if not ground.has_path(source):
            why = f'invalid mount config for type "bind": bind source path does not exist: {source}'
            raise Refused(400, why)
    if order.publishes and order.network_mode.startswith("container:"):
        raise Refused(400, "conflicting options: port publishing and the container type network mode")
    return _words(order, find_image(ground, order.image))


def _words(order: Order, image: Image) -> tuple[str, ...]:
    # Whoever names another program is not given the image's words for its own.
    given = tuple(order.command or ()) or (() if order.entrypoint else image.command)
    words = (*(order.entrypoint or ()), *given)
    if not words:
        raise Refused(400, "No command specified")
    return words
