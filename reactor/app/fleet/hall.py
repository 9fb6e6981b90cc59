"""What is asked of all engines together: which there are, how it stands with each, and one page of numbers.

Only answers are here; which of them are read out to whom is decided by the front.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reactor import __version__
from reactor.app.fleet.member import Stage, Standing, lacking
from reactor.http.server import Answer, Handler, Request, Response
from reactor.observe.joining import EngineNow, ProcessNumbers, joined_capture
from reactor.observe.scraping import Scraper
from reactor.observe.tally import Tally
from reactor.web.control import JSON
from reactor.web.routes import site


def rows(standings: Mapping[str, Standing]) -> list[dict[str, Any]]:
    """How it stands with each engine; keys are only ever added."""
    return [
        {
            "name": each.name,
            "stage": each.stage.value,
            "not_ready": each.why_not_ready(),
            "engine_id": each.engine_id,
            "tries": each.tries,
            "defects": each.defects,
            "containers": _containers(each),
        }
        for each in standings.values()
    ]


def _containers(each: Standing) -> int | None:
    if each.stage is not Stage.WATCHING or each.numbers is None:
        return None
    return len(each.numbers.sources.state().entries)


class Hall:
    """What is answered about all engines. ``tally`` is the process's own."""

    def __init__(self, standings: Mapping[str, Standing], tally: Tally) -> None:
        self._standings = standings
        self._scraper = Scraper(joined_capture(self._now, ProcessNumbers(tally)), tally)

    def why_not_ready(self) -> str:
        """Which engines are not watched, and why; empty if all are."""
        return lacking(self._standings)

    def by_web(self) -> Handler:
        """The pages behind the front."""
        more = {"/": {"GET": self._overview}, "/api/v1/engines": {"GET": self._told}}
        return site(self._scraper, self.why_not_ready, __version__, more=more)

    async def by_socket(self, request: Request) -> Answer:
        """The control socket, for whoever names no engine."""
        if request.path == "/-/healthy":
            return Response(200, b"Healthy.\n")
        if request.path == "/v1/status" and request.method == "GET":
            return _json(200, {"not_ready": self.why_not_ready(), "engines": rows(self._standings)})
        return await self.by_token(request)

    async def by_token(self, _: Request) -> Answer:
        """Where nothing is asked of all engines together."""
        names = ", ".join(self._standings)
        return _json(409, {"error": f"this monitor watches several engines, name one with --engine: {names}"})

    def _now(self) -> Sequence[EngineNow]:
        return [_now(each) for each in self._standings.values()]

    async def _overview(self, _: Request) -> Answer:
        return _json(200, {"engines": rows(self._standings)})

    async def _told(self, _: Request) -> Answer:
        return _json(200, {"engines": rows(self._standings)})


def _now(each: Standing) -> EngineNow:
    watched = each.numbers if each.stage is Stage.WATCHING else None
    up = watched is not None and watched.is_ready
    return EngineNow(each.name, up, each.tries, each.defects, watched.freeze if watched is not None else None)


def _json(status: int, told: Any) -> Response:
    return Response(status, json.dumps(told).encode() + b"\n", JSON)
