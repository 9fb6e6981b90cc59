"""The part of the configuration that is about canaries. Shape and meaning only."""

from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from reactor.app.canaryflags import LATEST, LONGEST, SOONEST
from reactor.app.settings import CanaryTerms
from reactor.core.language.units import read_duration
from reactor.ruleset.models import Glob, Strict
from reactor.ruleset.values import wrong

NO_IMAGE = (
    "reactor: a canary needs an image with /bin/sh and sleep that is on the engine already; none is pulled",
    "Name one: docker pull busybox, then --canary-image busybox; or 'image' of 'canary' in the configuration",
)


def _every(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and SOONEST <= seconds <= LATEST:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration from 10s to 24h, such as 5m")


def _within(value: Any, info: ValidationInfo) -> float:
    seconds = read_duration(value) if isinstance(value, str) else None
    if seconds is not None and 0 < seconds <= LONGEST:
        return seconds
    raise wrong(f"'{info.field_name}' is a duration of at most 60s, such as 10s")


class CanaryText(Strict):
    """``canary``: how often one is sent, of which image, and how soon it has to be over."""

    every: Annotated[float, PlainValidator(_every)]
    image: Glob
    within: Annotated[float, PlainValidator(_within)] = 10.0


def canary_terms(written: CanaryText | None) -> CanaryTerms | None:
    """What it means."""
    return CanaryTerms(written.every, written.image, written.within) if written is not None else None
