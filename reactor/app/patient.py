"""Whom the doctor looks at: the engine, the configuration and the host, each asked once and when needed.

What is made of them is in ``checkups``.
"""

import argparse
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

import trio

from reactor.app.complaint import Complaint
from reactor.app.invocation import find_endpoint, read_settings
from reactor.app.levels.outside import fill_in
from reactor.app.probing import probe_alone
from reactor.app.settings import Settings
from reactor.cgroups.abilities import Abilities
from reactor.cgroups.mounts import Trees, look_for_trees
from reactor.core.ports import EngineError, EngineInfo
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint

Answer = TypeVar("Answer")

_PATIENCE = 20.0


class Verdict(StrEnum):
    """How it is: as it should be, with something lost, or not at all."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what would mend it."""

    name: str
    verdict: Verdict
    said: str
    remedy: str = ""


@dataclass
class Patient:
    """What check-ups look at; each part is found out once, when it is asked for first."""

    options: argparse.Namespace
    trees: Trees = field(default_factory=look_for_trees)

    def __post_init__(self) -> None:
        """What the environment says counts for us as for the monitor."""
        with suppress(Complaint):  # Said when the configuration is looked at.
            fill_in(self.options, os.environ)

    @cached_property
    def settings(self) -> Settings:
        """The configuration; the default one if it cannot be read, which is a finding of its own."""
        try:
            return read_settings(self.options)
        except Complaint:
            return Settings()

    @cached_property
    def endpoint(self) -> Endpoint:
        """Where the engine is. Raises Complaint."""
        found = find_endpoint(self.options, os.environ)
        if found is None:
            raise Complaint("no engine is named, and there is none at the default place")
        return found

    @cached_property
    def engine(self) -> EngineInfo | None:
        """Who the engine is, None if it does not answer."""
        try:
            return self.ask(lambda engine: engine.identify())
        except (Complaint, EngineError):
            return None

    @cached_property
    def abilities(self) -> Abilities:
        """What the kernel lets us do, tried."""
        return probe_alone(self.trees)

    def ask(self, question: Callable[[DockerEngine], Awaitable[Answer]]) -> Answer:
        """Ask the engine one thing. Raises Complaint or EngineError."""
        engine = DockerEngine(self.endpoint)

        async def answer() -> Answer:
            with trio.fail_after(_PATIENCE):
                return await question(engine)

        return trio.run(answer)


def ok(name: str, said: str) -> Finding:
    """All is well with it."""
    return Finding(name, Verdict.OK, said)


def degraded(name: str, said: str, remedy: str = "") -> Finding:
    """It goes, and something is lost."""
    return Finding(name, Verdict.DEGRADED, said, remedy)


def failed(name: str, said: str, remedy: str = "") -> Finding:
    """It does not go."""
    return Finding(name, Verdict.FAILED, said, remedy)
