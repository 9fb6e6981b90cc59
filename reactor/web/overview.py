"""The page above the pages: which engines one process watches, and how it stands with each.

A table that works without scripts, the same as text for a terminal, and as JSON. Which engines there are is
asked of the floor above; the page of one engine is at ``engines/NAME/``, and is no business of ours. Every
word in here that comes from an engine is a stranger's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from urllib.parse import quote

import msgspec

from reactor.http.server import Answer, Request, Response, sentence
from reactor.http.server_routes import Routes
from reactor.observe.text import plain
from reactor.web.control import JSON
from reactor.web.files import PAGE_HEADERS, PREFIX, TYPES, page_files
from reactor.web.routes import INDEX_TEXT

LONGEST_NAME, LONGEST_WHY = 64, 300
FRESH = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Vary", "Accept"))

# A shape and a word for each stage, as on the page of one engine; no colour says anything alone.
_CIRCLE, _SQUARE = "M8 3.2a4.8 4.8 0 1 0 .01 0z", "M2.4 2.4h11.2v11.2H2.4zM7 4.6v4.6h2V4.6zm0 5.6v1.8h2v-1.8z"
_TRIANGLE, _RING = "M8 2.6 14.2 13.2H1.8z", "M8 2.6a5.4 5.4 0 1 0 .01 0zm0 1.6a3.8 3.8 0 1 1-.01 0z"
_SIGNS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "watching": ("ok", _CIRCLE, "watched"),
        "not ready": ("near", _TRIANGLE, "not ready"),
        "starting": ("near", _RING, "starting"),
        "away": ("stuck", _SQUARE, "away"),
        "broken": ("stuck", _SQUARE, "broken"),
        "stopped": ("watched", _RING, "stopped"),
    }
)

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="static/page.css">
<script src="static/theme.js"></script>
<script type="module" src="static/overview.js"></script>
<noscript><meta http-equiv="refresh" content="10"></noscript>
</head>
<body>
<header class="top"><div class="head">
<span class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" class="logo">\
<circle cx="12" cy="12" r="10"></circle><path d="M3 13h4l2.2-6 4 11 2.3-7H21"></path></svg>\
<span>reactor</span></span>
<span class="engine">engines</span><span class="spacer"></span>
<span class="live" id="live" role="status"></span>
</div></header>
<main id="main"><h1 class="unseen">Engines</h1><section class="panel" aria-label="Engines">
<h2 id="title">{title}</h2>
<table class="grid engines"><thead><tr><th scope="col">Engine</th><th scope="col">State</th>\
<th scope="col" class="number">Containers</th><th scope="col">Version</th>\
<th scope="col">Why</th></tr></thead>
<tbody id="rows">
{rows}
</tbody></table></section></main>
<footer class="foot"><span>reactor {version}</span><span class="spacer"></span>\
<a href="api/v1/engines">JSON</a><a href="metrics">metrics</a></footer>
</body>
</html>
"""
_ROW = """\
<tr><td class="c-name"><span class="who"><a class="row" href="{path}"><bdi>{name}</bdi></a></span></td>\
<td><span class="status {shape}"><svg viewBox="0 0 16 16" class="shape {shape}" aria-hidden="true">\
<path d="{drawing}" fill-rule="evenodd"></path></svg>{word}</span></td>\
<td class="number" data-label="Containers">{containers}</td><td><bdi>{version}</bdi></td>\
<td class="c-why"><bdi>{why}</bdi></td></tr>"""


@dataclass(frozen=True, slots=True)
class EngineRow:
    """One engine: ``stage`` is where its monitor is, ``not_ready`` what is missing there, if anything is.

    ``version`` is the engine's own; ``containers`` is None where nobody knows how many there are. ``tries``
    is how often a monitor was begun, ``defects`` how often one broke.
    """

    name: str
    stage: str
    not_ready: str = ""
    version: str = ""
    containers: int | None = None
    engine_id: str = ""
    tries: int = 0
    defects: int = 0

    @property
    def path(self) -> str:
        """Where its own page is, seen from the page of all."""
        return f"engines/{quote(self.name, safe='')}/"

    @property
    def shown(self) -> str:
        """Its state in a word: one that is watched and not seen is not as well as one that is."""
        return "not ready" if self.stage == "watching" and self.not_ready else self.stage


Rows = Callable[[], Sequence[EngineRow]]


def overview(rows: Rows, version: str) -> Routes:
    """The routes of the page of all engines and of what belongs to it; ``version`` is reactor's own."""

    async def page(_: Request) -> Answer:
        return Response(200, overview_page(rows(), version), TYPES["html"], (*PAGE_HEADERS, *FRESH))

    async def text(_: Request) -> Answer:
        return sentence(200, overview_text(rows(), version), FRESH)

    async def engines(_: Request) -> Answer:
        return Response(200, overview_json(rows(), version), JSON, FRESH)

    static = {path: methods for path, methods in page_files().items() if path.startswith(PREFIX)}
    told = {"/": page, INDEX_TEXT: text, "/api/v1/engines": engines}
    return {**static, **{path: {"GET": handler} for path, handler in told.items()}}


def overview_page(rows: Sequence[EngineRow], version: str) -> bytes:
    """The page for a browser."""
    shown = "\n".join(map(_row, rows))
    return _PAGE.format(title=_title(rows), rows=shown, version=escape(version)).encode()


def overview_text(rows: Sequence[EngineRow], version: str) -> str:
    """The same for a terminal."""
    lines = [f"reactor {plain(version)}: {_title(rows)}", "", *_columns(rows), ""]
    lines += ["/engines/NAME/    one engine, in a browser or as text", "/api/v1/engines   this as JSON"]
    return "\n".join([*lines, "/metrics          all numbers, for Prometheus; each with its engine"])


def overview_json(rows: Sequence[EngineRow], version: str) -> bytes:
    """The same for programs: what is not known is null."""
    engines = [
        {
            "name": plain(row.name, LONGEST_NAME),
            "stage": row.stage,
            "not_ready": plain(row.not_ready, LONGEST_WHY),
            "engine_id": plain(row.engine_id, LONGEST_NAME),
            "version": plain(row.version, LONGEST_NAME) or None,
            "containers": row.containers,
            "tries": row.tries,
            "defects": row.defects,
            "path": f"/{row.path}",
        }
        for row in rows
    ]
    return msgspec.json.encode({"version": version, "engines": engines}) + b"\n"


def _title(rows: Sequence[EngineRow]) -> str:
    seen = sum(row.shown == "watching" for row in rows)
    return f"{seen} of {len(rows)} engines {'is' if seen == 1 else 'are'} watched"


def _row(row: EngineRow) -> str:
    shape, drawing, word = _SIGNS.get(row.shown, ("unknown", _RING, escape(plain(row.shown))))
    return _ROW.format(
        path=escape(row.path),
        name=escape(plain(row.name, LONGEST_NAME)),
        shape=shape,
        drawing=drawing,
        word=word,
        containers="\N{EN DASH}" if row.containers is None else row.containers,
        version=escape(plain(row.version, LONGEST_NAME)),
        why=escape(plain(row.not_ready, LONGEST_WHY)),
    )


def _columns(rows: Sequence[EngineRow]) -> Iterator[str]:
    names = [plain(row.name, LONGEST_NAME) for row in rows]
    widest = max(map(len, names), default=0)
    for name, row in zip(names, rows, strict=True):
        count = "?" if row.containers is None else str(row.containers)
        told = plain(row.not_ready, LONGEST_WHY) or f"{count} containers"
        yield f"{name:<{widest}}  {row.shown:<9}  {told}"
