"""The path by which somebody lets a container live longer. Only it and what it answers belong here."""

from collections.abc import Callable
from dataclasses import dataclass

from reactor.http.server import Answer, Handler, Request
from reactor.web.control import Kept, Told, always, answer_kept

PATH = "/v1/extend"


@dataclass(frozen=True, slots=True)
class Extension:
    """What is asked for: a container as a person names it, for how long, by whom, and why."""

    container: str
    duration: str
    who: str
    why: str


def with_extensions(otherwise: Handler, extend: Callable[[Extension], Told], kept: Kept = always) -> Handler:
    """The handler of this path, and of all others as before."""

    async def handle(request: Request) -> Answer:
        if (request.method, request.path) != ("POST", PATH):
            return await otherwise(request)
        asked = (request.query.get(each, "") for each in ("container", "for", "who", "why"))
        wanted = Extension(*asked)
        return await answer_kept(lambda: extend(wanted), kept)

    return handle
