"""Plain values (numbers, texts, lists) to bytes and back, every one of them exactly.

What records are made of is in ``packing`` and ``unpacking``.
"""

from typing import Any

import msgspec

from reactor.recording.errors import Malformed

BIG_INT, BROKEN_TEXT = 1, 2
"""The codes of what msgpack has no room for: larger integers, and texts that are no Unicode."""

_ENCODER = msgspec.msgpack.Encoder()


def to_bytes(plain: Any) -> bytes:
    """Plain values as msgpack; what msgpack has no room for is put into its extensions."""
    try:
        return _ENCODER.encode(plain)
    except (OverflowError, UnicodeEncodeError):
        return _ENCODER.encode(_extended(plain))


def _extended(plain: Any) -> Any:
    if isinstance(plain, list | tuple):
        return [_extended(each) for each in plain]
    if isinstance(plain, int) and not -(2**63) <= plain < 2**64:
        return msgspec.msgpack.Ext(BIG_INT, f"{plain:x}".encode())
    if isinstance(plain, str) and any("\ud800" <= char <= "\udfff" for char in plain):
        return msgspec.msgpack.Ext(BROKEN_TEXT, plain.encode("utf-8", "surrogatepass"))
    return plain


def _extension(code: int, data: memoryview) -> Any:
    raw = bytes(data)
    if code == BIG_INT:
        return int(raw, 16)
    if code == BROKEN_TEXT:
        return raw.decode("utf-8", "surrogatepass")
    raise ValueError(f"extension {code}")


_DECODER = msgspec.msgpack.Decoder(ext_hook=_extension)


def from_bytes(data: bytes) -> Any:
    """Plain values from msgpack. Raises Malformed."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(f"this is no msgpack: {error}") from None
