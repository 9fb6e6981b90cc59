"""The first frame of a recording: who recorded what, since when, with which rules, in which words.

Only the record and its bytes belong here. The setup is packed as any record is, and can be
read when the fields are known that the header names.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.errors import Malformed, TooNew
from reactor.recording.packing import Packer
from reactor.recording.plain import from_bytes, to_bytes
from reactor.recording.unpacking import Texts, Unpacker

FORMAT = 1
"""Counted up when frames come to hold something that an older reader would take for something else."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is true of a whole recording.

    ``session`` is one life of one monitor, ``part`` counts its files from 1. ``began`` is the
    first moment on the monitor's clock, ``wall`` the same on the wall's, in seconds. ``acting``
    tells that decisions were carried out. ``kinds`` are the fields of every kind of record.
    """

    reactor: str
    session: str
    part: int
    began: float
    wall: float
    engine: EngineInfo
    kinds: list[tuple[str, list[str]]]
    setup: bytes
    acting: bool = True
    format: int = FORMAT


_DECODER = msgspec.msgpack.Decoder(Header)


def pack_setup(setup: Setup) -> bytes:
    """The setup, its rules as their texts."""
    return to_bytes(Packer().pack(setup))


def unpack_setup(header: Header, rules_of: Callable[[Texts, str], RuleSet]) -> Setup:
    """The setup that was recorded. Raises Malformed or TooNew."""
    setup = Unpacker(header.kinds, rules_of).unpack(from_bytes(header.setup))
    if not isinstance(setup, Setup):
        raise Malformed("the header holds no setup")
    return setup


def pack_header(header: Header) -> bytes:
    """The payload of the first frame."""
    return msgspec.msgpack.encode(header)


def unpack_header(payload: bytes) -> Header:
    """The header in the payload of the first frame. Raises Malformed or TooNew."""
    try:
        version = msgspec.msgpack.decode(payload, type=dict[str, msgspec.Raw]).get("format")
        if version is not None and msgspec.msgpack.decode(version, type=int) > FORMAT:
            raise TooNew("the recording has a format")
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed(f"this is no header: {error}") from None
