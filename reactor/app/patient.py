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
from reactor.app.engines import Meant, engines_meant
from reactor.app.invocation import read_settings
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
    """One line: what was looked at, how it is, and what would mend it. ``engine``: of which of several."""

    name: str
    verdict: Verdict
    said: str
    remedy: str = ""
    engine: str = ""

    @property
    def title(self) -> str:
        """What was looked at, and of which engine, where there are several."""
        return f"{self.engine}: {self.name}" if self.engine else self.name


@dataclass
class Patient:
    """What check-ups look at; each part is found out once, when it is asked for first.

    One of several engines has a patient of its own: ``meant`` is the engine, ``host`` the patient for all.
    """

    options: argparse.Namespace
    trees: Trees = field(default_factory=look_for_trees)
    meant: Meant | None = None
    host: "Patient | None" = None

    def __post_init__(self) -> None:
        """What the environment says counts for us as for the monitor."""
        with suppress(Complaint):  # Said when the configuration is looked at.
            fill_in(self.options, os.environ)

    @cached_property
    def engines(self) -> tuple["Patient", ...]:
        """A patient for each engine that has a name; otherwise this one is all there is."""
        try:
            meant = engines_meant(self.options, os.environ)
        except Complaint:
            return (self,)
        if len(meant) == 1 and not meant[0].name:
            self.meant = meant[0]
            return (self,)
        return tuple(Patient(self.options, self.trees, each, self) for each in meant)

    @cached_property
    def spokesman(self) -> "Patient":
        """Who is looked at for what all have in common: the first of several whose engine answers."""
        several = self.engines
        if len(several) == 1:
            return several[0]
        return next((each for each in several if each.engine is not None), several[0])

    @property
    def name(self) -> str:
        """What the engine is called; empty where there is one without a name."""
        return self.meant.name if self.meant is not None else ""

    @cached_property
    def settings(self) -> Settings:
        """The configuration; the default one if it cannot be read, which is a finding of its own."""
        if self.meant is not None:
            return self.meant.settings
        try:
            return read_settings(self.options)
        except Complaint:
            return Settings()

    @cached_property
    def endpoint(self) -> Endpoint:
        """Where the engine is. Raises Complaint."""
        if self.meant is None:
            (self.meant,) = engines_meant(self.options, os.environ)
        return self.meant.endpoint

    @property
    def elsewhere(self) -> str:
        """Why the engine is not taken to be on this host, as far as its address tells; empty if it may be."""
        try:
            address = self.endpoint.address
        except Complaint:
            return ""
        if address.program:
            return "the engine is behind ssh"
        if self.name and not address.path:
            return "of several engines only those at a socket of this machine are taken to be on it"
        return ""

    @cached_property
    def engine(self) -> EngineInfo | None:
        """Who the engine is, None if it does not answer."""
        try:
            return self.ask(lambda engine: engine.identify())
        except (Complaint, EngineError):
            return None

    @cached_property
    def abilities(self) -> Abilities:
        """What the kernel lets us do, tried; it is the same for all engines."""
        return probe_alone(self.trees) if self.host is None else self.host.abilities

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
