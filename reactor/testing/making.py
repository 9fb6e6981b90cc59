"""How images and containers come into a world, and what they may be called.

Names, images, labels from both, and references to other containers belong here; what a
container does once it is there is in ``life``.
"""

import re
from collections.abc import Mapping
from hashlib import sha256

from reactor.testing.box import Box, Image, Recipe
from reactor.testing.ground import Ground
from reactor.testing.history import What
from reactor.testing.refusals import Refused, no_such_image

GOOD_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def add_image(ground: Ground, tag: str, labels: Mapping[str, str], command: tuple[str, ...] = ()) -> Image:
    """Put an image into the store; an older one with the same tag loses it."""
    text = "\n".join((ground.seed, tag, *(f"{key}={value}" for key, value in sorted(labels.items()))))
    found = f"sha256:{sha256(text.encode()).hexdigest()}"
    image = Image(found, tag, dict(labels), ground.clock.stamp(), command)
    ground.images[tag] = image
    return image


def find_image(ground: Ground, reference: str) -> Image:
    """Resolve a tag or an id."""
    for image in ground.images.values():
        if reference in (image.tag, image.id, image.tag.removesuffix(":latest")):
            return image
    raise no_such_image(reference)


def image_for(ground: Ground, reference: str) -> Image:
    """Resolve a tag or an id; what is not there is made up, without labels."""
    try:
        return find_image(ground, reference)
    except Refused:
        return add_image(ground, reference, {})


def shared_mode(ground: Ground, mode: str) -> str:
    """Write the full id where a name or prefix stands; a container that is not there stays as it is."""
    kind, colon, reference = mode.partition(":")
    if kind != "container" or not colon:
        return mode
    try:
        return f"container:{ground.find(reference).id}"
    except Refused:
        return mode


def place(ground: Ground, recipe: Recipe, name: str, now: float, by: str) -> Box:
    """Put a new container on the shelf and tell of it."""
    new = ground.new_id()
    wanted = free_name(ground, name) if name else f"task_{new[:8]}"
    box = Box(new, wanted, recipe, ground.clock.stamp(now))
    ground.boxes[new] = box
    if recipe.pid_mode.startswith("container:"):
        ground.pid_sharers.append(box)
    ground.tell(box, "create", now)
    ground.note(box, What.CREATED, now, by)
    return box


def rename(ground: Ground, box: Box, now: float, name: str, by: str) -> int:
    """Give a container another name."""
    try:
        wanted = free_name(ground, name)
    except Refused as refused:
        raise Refused(refused.status, f"Error when allocating new name: {refused.message}") from None
    old, box.name = box.name, wanted
    ground.tell(box, "rename", now, oldName=f"/{old}")
    ground.note(box, What.RENAMED, now, by)
    return 204


def free_name(ground: Ground, name: str) -> str:
    """Check a name: allowed characters only (64 hexadecimal digits are a name, too) and not taken."""
    if GOOD_NAME.fullmatch(name) is None:
        allowed = "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        raise Refused(400, f"Invalid container name ({name}), {allowed}")
    wanted = name.removeprefix("/")
    owner = ground.named(wanted)
    if owner is not None:
        raise Refused(
            409,
            f'Conflict. The container name "/{wanted}" is already in use by container "{owner.id}". '
            "You have to remove (or rename) that container to be able to reuse that name.",
        )
    return wanted
