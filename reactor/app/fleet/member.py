"""One engine of several: what it is called, how its monitor is made, and how it stands with it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.app.numbers import Numbers
from reactor.app.plan import Plan

UNLISTED = "it answers, and its containers have not been listed yet"


class Stage(StrEnum):
    """Where a monitor is."""

    STARTING = "starting"
    WATCHING = "watching"
    AWAY = "away"
    BROKEN = "broken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ready:
    """A monitor that can begin: for the engine with this id, of this version, with this journal. ``greet``
    says so."""

    engine_id: str
    plan: Plan
    version: str = ""
    journal: str = ""
    greet: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Member:
    """An engine. ``prepare`` asks it who it is and draws everything up anew, each time that it is tried: a
    journal, connections and a state of its own; what it gives lasts as long as that monitor. It raises what a
    monitor cannot begin by."""

    name: str
    prepare: Callable[[], AbstractAsyncContextManager[Ready]] = field(hash=False)


@dataclass(slots=True)
class Standing:
    """How it stands with one. ``numbers`` are those of its monitor, None before one has ever watched.
    ``begins`` tells that one is on its way, whatever became of the one before."""

    name: str
    stage: Stage = Stage.STARTING
    why: str = ""
    engine_id: str = ""
    version: str = ""
    numbers: Numbers | None = None
    tries: int = 0
    defects: int = 0
    begins: bool = False

    @property
    def watched(self) -> Numbers | None:
        """The numbers of the monitor that is at work; None where there is none."""
        return self.numbers if self.stage is Stage.WATCHING else None

    def lack(self) -> str:
        """What is missing, as a sentence; empty if nothing is."""
        watched = self.watched
        if watched is not None:
            return watched.why_not_ready()
        return UNLISTED if self.begins else self.why or self.stage.value

    def why_not_ready(self) -> str:
        """The same with the engine's name in front."""
        why = self.lack()
        return f"{self.name}: {why}" if why else ""


def lacking(standings: Mapping[str, Standing]) -> str:
    """Which engines are not watched, and why; empty if all are."""
    return "; ".join(why for each in standings.values() if (why := each.why_not_ready()))
