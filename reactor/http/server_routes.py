"""From a path and a method to a handler, for servers with a handful of fixed paths.

Only the choice belongs here. HEAD is answered wherever GET is; ``server`` leaves the body out.
"""

from collections.abc import Mapping

from reactor.http.server_messages import Answer, Handler, Request, sentence

Routes = Mapping[str, Mapping[str, Handler]]
"""For each path its handlers by method. A path that ends in ``/*`` stands for all with one more part."""


def routed(routes: Routes) -> Handler:
    """Make one handler of many: 404 for an unknown path, 405 with what is allowed for a wrong method."""

    async def handle(request: Request) -> Answer:
        methods = routes.get(request.path) or routes.get(f"{request.path.rpartition('/')[0]}/*")
        if methods is None:
            return sentence(404, "There is nothing here.")
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            return sentence(405, "This path does not take this method.", [("Allow", _allowed(methods))])
        return await handler(request)

    return handle


def last_part(request: Request) -> str:
    """What stands in the place of the star."""
    return request.path.rpartition("/")[2]


def _allowed(methods: Mapping[str, Handler]) -> str:
    return ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ())}))
