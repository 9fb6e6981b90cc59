"""The files of the status page: read once, packed once, and told apart by a digest of what is in them.

They come with the program; the page asks for nothing from anywhere else, and its policy lets it not. What
is in them is in ``static``; nothing of a request is ever a path here.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType

from reactor.http.server import Answer, Handler, Request, Response
from reactor.http.server_routes import Routes

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
INDEX = "index.html"
PREFIX = "/static/"
PAGE_HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
)
"""What a page of ours may do, and may be done with."""
_HEADERS = (
    *PAGE_HEADERS,
    ("X-Content-Type-Options", "nosniff"),
    # Always asked, and answered in a few bytes: after an upgrade nobody sees half of the page before.
    ("Cache-Control", "no-cache"),
    ("Vary", "Accept, Accept-Encoding"),
)


@dataclass(frozen=True, slots=True)
class _File:
    content_type: str
    plain: bytes
    packed: bytes
    tag: str


def page_files() -> Routes:
    """The routes of all files, and ``/`` for the page."""
    found = {
        file.name: _read(file.name, file.read_bytes())
        for file in (files("reactor.web") / "static").iterdir()
        if file.name.rpartition(".")[2] in TYPES
    }
    routes = {PREFIX + name: {"GET": _serving(file)} for name, file in found.items() if name != INDEX}
    return {"/": {"GET": _serving(found[INDEX])}, **routes}


def _read(name: str, content: bytes) -> _File:
    return _File(
        TYPES[name.rpartition(".")[2]],
        content,
        gzip.compress(content, mtime=0),
        f'"{sha256(content).hexdigest()[:20]}"',
    )


def _serving(file: _File) -> Handler:
    async def handle(request: Request) -> Answer:
        headers = [*_HEADERS, ("ETag", file.tag)]
        if file.tag in request.headers.get("if-none-match", ""):
            return Response(304, b"", file.content_type, headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(200, file.packed, file.content_type, [*headers, ("Content-Encoding", "gzip")])
        return Response(200, file.plain, file.content_type, headers)

    return handle
