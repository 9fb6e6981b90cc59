"""JSON of many things, made while the loop goes round, so that the whole of it need not be made at once."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from reactor.app.page.slices import Slices

_FEW = 16
"""So many are encoded at once: some hundredths of a millisecond."""


async def array(things: Iterable[Any], slices: Slices) -> msgspec.Raw:
    """A list of them."""
    encode = msgspec.json.encode
    return msgspec.Raw(b"[" + b",".join(await _parts(map(encode, things), slices)) + b"]")


async def table(things: Mapping[str, Any], slices: Slices) -> msgspec.Raw:
    """A map of them by their names."""
    encode = msgspec.json.encode
    parts = (encode(name) + b":" + encode(thing) for name, thing in things.items())
    return msgspec.Raw(b"{" + b",".join(await _parts(parts, slices)) + b"}")


async def _parts(encoded: Iterable[bytes], slices: Slices) -> list[bytes]:
    found = []
    for part in encoded:
        found.append(part)
        if not len(found) % _FEW and slices.over:
            await slices.pause()
    return found
