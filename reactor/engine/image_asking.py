"""What an engine says of an image, where the docker SDK cannot ask it: behind a program such as ssh.

The SDK would need a second implementation of ssh, with other keys and other trust than the user's own. So it
is asked as everything else is, in the thread in which the SDK would have been.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

import trio

from reactor.http.address import Address
from reactor.http.client import Client, Response
from reactor.http.errors import HttpError


@dataclass(frozen=True, slots=True)
class ImageAsker:
    """Asks for one image at a time, and blocks."""

    address: Address
    version: str
    deadline: float

    def inspect_image(self, image: str) -> Any:
        """The engine's record. Raises what the SDK raises, or ValueError where it is no JSON."""
        from docker.errors import DockerException, NotFound  # noqa: PLC0415 - heavy, and in the thread

        path = f"/v{self.version}/images/{image}/json"
        try:
            answer: Response = trio.run(
                partial(Client(self.address).request, "GET", path, within=self.deadline)
            )
        except HttpError as error:
            raise DockerException(str(error)) from error
        if answer.status == 404:
            raise NotFound(path)
        if answer.status != 200:
            raise DockerException(f"{path}: {answer.status}")
        return json.loads(answer.body)

    def close(self) -> None:
        """Nothing stays open."""
