"""Answering scrapes: what is asked for, made once for all who ask at the same time, beside the loop.

How a snapshot is written down is in ``prometheus``; HTTP is the business of ``web``.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import trio

from reactor.observe.prometheus import Format, pieces
from reactor.observe.snapshot import Capture, Told
from reactor.observe.tally import Tally

GZIP = "gzip"
_LEVEL, _WITH_HEAD = 3, 31
_OPENMETRICS = "application/openmetrics-text"
_VERSIONS = frozenset({"", "0.0.1", "1.0.0"})


@dataclass(frozen=True, slots=True)
class Page:
    """The metrics as they are sent, and what has to be said of them."""

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Shared:
    """A page that somebody has begun to make: others wait for it. It stays None if that one went away."""

    done: trio.Event = field(default_factory=trio.Event)
    page: Page | None = None


class Scraper:
    """Answers scrapes: takes hold of a moment on the loop, and writes it down in a thread.

    The thread has a limiter of its own, so that nobody who scrapes takes a thread away from
    anything else, and no number of scrapers takes more than one. Whoever comes while the same is being made
    gets what is made.
    """

    def __init__(self, capture: Capture, tally: Tally | None = None) -> None:
        self._capture = capture
        self._tally = tally or Tally()
        self._turn = trio.Lock()
        self._limiter = trio.CapacityLimiter(1)
        self._under_way: dict[tuple[Format, bool], _Shared] = {}

    async def page(self, accept: str = "", encodings: str = "") -> Page:
        """The metrics of this moment, as these two headers ask for them."""
        wanted = chosen_format(accept), takes_gzip(encodings)
        while True:
            shared = self._under_way.get(wanted)
            if shared is None:
                return await self._make(wanted[0], zipped=wanted[1])
            await shared.done.wait()
            if shared.page is not None:
                self._tally.count("reactor_scrapes_total", format="shared")
                return shared.page

    async def _make(self, style: Format, *, zipped: bool) -> Page:
        shared = self._under_way[style, zipped] = _Shared()
        try:
            async with self._turn:
                moment, began = self._capture(), perf_counter()
                shared.page = await trio.to_thread.run_sync(
                    lambda: _page(moment, style, zipped=zipped), limiter=self._limiter
                )
            self._tally.observe("reactor_rendering_duration_seconds", perf_counter() - began, export="scrape")
        finally:
            del self._under_way[style, zipped]
            shared.done.set()
        self._tally.count("reactor_scrapes_total", format=style.name.lower())
        return shared.page


def _page(moment: Callable[[], Told], style: Format, *, zipped: bool) -> Page:
    made = pieces(moment().snapshot(), style)
    headers = (("Vary", "Accept, Accept-Encoding"), *((("Content-Encoding", GZIP),) if zipped else ()))
    return Page(b"".join(_zipped(made) if zipped else made), style.value, headers)


def _zipped(made: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=_WITH_HEAD)
    for piece in made:
        yield packer.compress(piece)
    yield packer.flush()


def chosen_format(accept: str) -> Format:
    """What an ``Accept`` header would rather have; the classic text for everybody who does not say."""
    best: dict[Format, float] = {}
    for kind, terms in _weighed(accept):
        if kind == _OPENMETRICS and terms.get("version", "") in _VERSIONS:
            best[Format.OPENMETRICS] = max(_weight(terms), best.get(Format.OPENMETRICS, 0.0))
        elif kind == "text/plain":
            best[Format.TEXT] = max(_weight(terms), best.get(Format.TEXT, 0.0))
    wanted = best.get(Format.OPENMETRICS, 0.0)
    return Format.OPENMETRICS if wanted > 0 and wanted >= best.get(Format.TEXT, 0.0) else Format.TEXT


def takes_gzip(encodings: str) -> bool:
    """Whether an ``Accept-Encoding`` header allows for gzip."""
    return any(kind == GZIP and _weight(terms) > 0 for kind, terms in _weighed(encodings))


def _weighed(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in header.lower().split(","):
        kind, *terms = (each.strip() for each in part.split(";"))
        pairs = (term.partition("=") for term in terms)
        yield kind, {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _weight(terms: dict[str, str]) -> float:
    try:
        return float(terms.get("q", "1"))
    except ValueError:
        return 0.0
