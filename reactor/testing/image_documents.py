"""Images as JSON documents, as an engine of API 1.41 writes them."""

from typing import Any

from reactor.testing.blanks import CONFIG
from reactor.testing.box import Image
from reactor.testing.clock import SECOND, written

Document = dict[str, Any]


def image_row(image: Image) -> Document:
    """One row of the list of images."""
    return {
        "Containers": -1,
        "Created": image.created // SECOND,
        "Id": image.id,
        "Labels": dict(image.labels) or None,
        "ParentId": "",
        "RepoDigests": None,
        "RepoTags": [image.tag],
        "SharedSize": -1,
        "Size": 1_984_132,
        "VirtualSize": 1_984_132,
    }


def image_document(image: Image) -> Document:
    """The inspect document of an image."""
    return {
        "Id": image.id,
        "RepoTags": [image.tag],
        "RepoDigests": [],
        "Parent": "",
        "Created": written(image.created),
        "Config": CONFIG | {"Labels": dict(image.labels) or None, "Cmd": list(image.command) or None},
        "Architecture": "amd64",
        "Os": "linux",
        "Size": 1_984_132,
        "VirtualSize": 1_984_132,
    }
