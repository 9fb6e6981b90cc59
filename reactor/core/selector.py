"""Which containers somebody means: by label, name, image or Compose project.

Only the record and its comparison belong here. Whose labels count is said in ``protection``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reactor.core.container import Container, Listed

COMPOSE_PROJECT = "com.docker.compose.project"


@dataclass(frozen=True, slots=True)
class Selector:
    """Names containers; every part that is given must match. Parts other than ``label`` are globs.

    ``value`` is a glob for the label's value, or None for any value.
    """

    label: str = ""
    value: str | None = None
    name: str = ""
    image: str = ""
    project: str = ""

    def matches(self, container: Container | Listed, labels: Mapping[str, str]) -> bool:
        """Whether the container is named. ``labels`` are those that count: never the image's own."""
        if self.label and self.label not in labels:
            return False
        if self.label and self.value is not None and not fnmatchcase(labels[self.label], self.value):
            return False
        if self.name and not fnmatchcase(container.name, self.name):
            return False
        if self.image and not fnmatchcase(container.image, self.image):
            return False
        return not self.project or fnmatchcase(labels.get(COMPOSE_PROJECT, ""), self.project)
