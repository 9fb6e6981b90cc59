"""The bytes of a recording: a magic line, then frames, each with its length and its checksum.

A frame is compressed by itself and written whole or not at all, so that a file which was cut
at any byte is good up to its last whole frame. What a frame holds is not known here.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

MAGIC_STEM = b"\x89REACTOR-RECORDING "
MAGIC = MAGIC_STEM + b"1\r\n"
"""No text begins like this, and a transfer that mends line ends or strips bits breaks it."""

MARK = b"\xf5R"
LARGEST = 64 * 1024 * 1024
"""Bytes of a frame, unpacked. Many times what a list of ten thousand containers takes."""

_LEVEL = 6
_HEAD = struct.Struct(">2sII")
_CHECK = struct.Struct(">I")
HEAD_SIZE = _HEAD.size + _CHECK.size


class Ending(StrEnum):
    """How a file came to its end, as far as frames can tell."""

    WHOLE = "whole"
    CUT = "cut"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and the place of its first byte in the file."""

    place: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Where the last whole frame ends, how the file goes on from there, and what is wrong with that."""

    place: int
    how: Ending
    why: str = ""


def to_frame(payload: bytes) -> bytes:
    """The frame of this payload."""
    packed = zlib.compress(payload, _LEVEL)
    head = _HEAD.pack(MARK, len(packed), zlib.crc32(packed))
    return head + _CHECK.pack(zlib.crc32(head)) + packed


def read_frames(file: BinaryIO, place: int = 0) -> Iterator[Frame | End]:
    """Every whole frame, and then how it ended. ``place`` is where the file stands."""
    while True:
        found = _read_one(file, place)
        if isinstance(found, End):
            yield found
            return
        size, payload = found
        yield Frame(place, payload)
        place += size


def _read_one(file: BinaryIO, place: int) -> tuple[int, bytes] | End:
    head = file.read(HEAD_SIZE)
    if not head:
        return End(place, Ending.WHOLE)
    if len(head) < HEAD_SIZE:
        return End(place, Ending.CUT)
    mark, size, check = _HEAD.unpack_from(head)
    if mark != MARK or _CHECK.unpack_from(head, _HEAD.size)[0] != zlib.crc32(head[: _HEAD.size]):
        return End(place, Ending.DAMAGED, "no frame begins here")
    if size > LARGEST:
        return End(place, Ending.DAMAGED, "this frame is too large")
    packed = file.read(size)
    if len(packed) < size:
        return End(place, Ending.CUT)
    if zlib.crc32(packed) != check:
        return End(place, Ending.DAMAGED, "the checksum of this frame is wrong")
    payload = _inflated(packed)
    if payload is None:
        return End(place, Ending.DAMAGED, "this frame cannot be unpacked")
    return HEAD_SIZE + size, payload


def _inflated(packed: bytes) -> bytes | None:
    inflate = zlib.decompressobj()
    try:
        payload = inflate.decompress(packed, LARGEST)
    except zlib.error:
        return None
    return payload if inflate.eof else None
