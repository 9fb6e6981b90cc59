"""One engine of several: what it is called, how its monitor is made, and how it stands with it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.app.numbers import Numbers
from reactor.app.plan import Plan


class Stage(StrEnum):
    """Where a monitor is."""

    STARTING = "starting"
    WATCHING = "watching"
    AWAY = "away"
    BROKEN = "broken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Ready:
    """A monitor that can begin: for the engine with this id."""

    engine_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Member:
    """An engine. ``prepare`` asks it who it is and draws everything up anew, each time that it is tried: a
    journal, connections and a state of its own; what it gives lasts as long as that monitor. It raises what a
    monitor cannot begin by."""

    name: str
    prepare: Callable[[], AbstractAsyncContextManager[Ready]] = field(hash=False)


@dataclass(slots=True)
class Standing:
    """How it stands with one. ``numbers`` are those of its monitor, None before one has ever watched."""

    name: str
    stage: Stage = Stage.STARTING
    why: str = ""
    engine_id: str = ""
    numbers: Numbers | None = None
    tries: int = 0
    defects: int = 0

    def why_not_ready(self) -> str:
        """What is missing, as a sentence with the engine's name; empty if nothing is."""
        if self.stage is not Stage.WATCHING or self.numbers is None:
            return f"{self.name}: {self.why or self.stage}"
        why = self.numbers.why_not_ready()
        return f"{self.name}: {why}" if why else ""


def lacking(standings: Mapping[str, Standing]) -> str:
    """Which engines are not watched, and why; empty if all are."""
    return "; ".join(why for each in standings.values() if (why := each.why_not_ready()))
