"""What is asked of all engines together: which there are, how it stands with each, and one page of numbers.

Only the joining of what is known to those who show it is here; who may ask is decided by the front.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reactor import __version__
from reactor.app.fleet.member import Standing, lacking
from reactor.http.server import Answer, Handler, Request, Response
from reactor.observe.joining import EngineNow, ProcessNumbers, joined_capture
from reactor.observe.scraping import Scraper
from reactor.observe.tally import Tally
from reactor.web.control import JSON
from reactor.web.overview import EngineRow, overview
from reactor.web.routes import site


class Hall:
    """What is answered about all engines. ``tally`` is the process's own."""

    def __init__(self, standings: Mapping[str, Standing], tally: Tally) -> None:
        self._standings = standings
        self._scraper = Scraper(joined_capture(self._now, ProcessNumbers(tally)), tally)

    def by_web(self) -> Handler:
        """The pages behind the front."""
        return site(self._scraper, self._why_not_ready, __version__, more=overview(self._rows, __version__))

    async def by_socket(self, request: Request) -> Answer:
        """The control socket, for whoever names no engine."""
        if request.path == "/-/healthy":
            return Response(200, b"Healthy.\n")
        if (request.method, request.path) == ("GET", "/v1/status"):
            engines = [{"name": each.name, "not_ready": each.lack()} for each in self._all()]
            return _json(200, {"not_ready": self._why_not_ready(), "engines": engines})
        return await self.by_token(request)

    async def by_token(self, _: Request) -> Answer:
        """Where nothing is asked of all engines together."""
        names = ", ".join(self._standings)
        return _json(409, {"error": f"this monitor watches several engines, name one with --engine: {names}"})

    def _all(self) -> list[Standing]:
        return [*self._standings.values()]

    def _why_not_ready(self) -> str:
        return lacking(self._standings)

    def _now(self) -> Sequence[EngineNow]:
        return [_now(each) for each in self._all()]

    def _rows(self) -> Sequence[EngineRow]:
        return [_row(each) for each in self._all()]


def _now(each: Standing) -> EngineNow:
    watched = each.watched
    up = watched is not None and watched.is_ready
    return EngineNow(each.name, up, each.tries, each.defects, watched.freeze if watched is not None else None)


def _row(each: Standing) -> EngineRow:
    watched = each.watched
    known = len(watched.sources.state().entries) if watched is not None else None
    return EngineRow(
        each.name,
        each.stage.value,
        not_ready=each.lack(),
        engine_id=each.engine_id,
        version=each.version,
        containers=known,
        tries=each.tries,
        defects=each.defects,
    )


def _json(status: int, told: Any) -> Response:
    return Response(status, json.dumps(told).encode() + b"\n", JSON)
