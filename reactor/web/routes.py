"""Which path answers what.

Only the answers belong here: whether the monitor is ready is asked of the floor above, the
numbers come from ``observe``. All of it is safe to read for everybody who can connect, and
none of it can be told to do anything.
"""

from collections.abc import Callable, Sequence

import trio

from reactor.http.server import Answer, Handler, Request, Response, Security, Terms, sentence, serve
from reactor.http.server_routes import Routes, routed
from reactor.observe.scraping import Scraper
from reactor.observe.text import plain
from reactor.web.control import NO_ROUTES

LONGEST_REASON = 500

# Few, small and short requests: whoever wants more than this is not a scraper and not a person.
TERMS = Terms(body=64 * 1024, connections=64, each=48, streams=32, each_streams=16)

_INDEX = """\
reactor {version}: watches containers and ends what breaks the rules.

{more}/metrics     all numbers, for Prometheus
/-/healthy   200 while the monitor's loop turns
/-/ready     200 once everything has been listed and events come in; else 503 and why not
"""

_PAGE = """\
/            in a browser: containers, rules, decisions, health
/api/v1/...  the same as JSON
"""

# Nothing here is worth keeping, and nothing may be taken for another type than it says.
_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))

INDEX_TEXT = "/index.txt"
"""What is told at ``/`` to those who are no browsers, where that is not the usual."""

NotReady = Callable[[], str]
"""Says why the monitor is not ready, in a sentence; empty when it is."""


def site(
    scraper: Scraper,
    not_ready: NotReady,
    version: str,
    remark: Callable[[], str] = lambda: "",
    more: Routes = NO_ROUTES,
) -> Handler:
    """The handler of all paths; others are 404, other methods than GET and HEAD 405.

    ``remark`` is what should be known of a monitor that is ready. ``more`` is answered, too; a page at ``/``
    among it is for browsers, and the text at ``/index.txt`` for all others.
    """
    page, words = more.get("/", {}).get("GET"), more.get(INDEX_TEXT, {}).get("GET")
    text = _INDEX.format(version=version, more=_PAGE if page is not None else "").rstrip()

    async def index(request: Request) -> Answer:
        if page is not None and "text/html" in request.headers.get("accept", ""):
            return await page(request)
        return sentence(200, text, _HEADERS) if words is None else await words(request)

    async def metrics(request: Request) -> Answer:
        asked = request.headers.get("accept", ""), request.headers.get("accept-encoding", "")
        found = await scraper.page(*asked)
        return Response(200, found.body, found.content_type, (*_HEADERS, *found.headers))

    async def healthy(_: Request) -> Answer:
        # Whoever reads this had an answer from the loop: there is nothing else to ask.
        return sentence(200, "Healthy.", _HEADERS)

    async def ready(_: Request) -> Answer:
        reason = plain(not_ready(), LONGEST_REASON)
        if reason:
            return sentence(503, f"Not ready: {reason}", _HEADERS)
        known = plain(remark(), LONGEST_REASON)
        return sentence(200, f"Ready; {known}." if known else "Ready.", _HEADERS)

    handlers = {"/": index, "/metrics": metrics, "/-/healthy": healthy, "/-/ready": ready}
    return routed({**more, **{path: {"GET": handler} for path, handler in handlers.items()}})


async def serve_web(
    listeners: Sequence[trio.SocketListener],
    handler: Handler,
    *,
    security: Security | None = None,
    monitors: int = 1,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer for so many monitors on these listeners for ever; started as soon as they accept."""
    terms = TERMS.shared_by(monitors)
    await serve(listeners, handler, terms=terms, security=security, task_status=task_status)
