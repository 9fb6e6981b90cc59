"""A value and who gave it. Only the records are here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """Who gave a value; the first goes over those behind it."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: the level, and what it is called there (``--listen``, ``c.yaml:12``)."""

    level: Level
    name: str = ""

    def __str__(self) -> str:
        return self.name if self.level is Level.FILE else f"{self.level} {self.name}".strip()


DEFAULT = Origin(Level.DEFAULT)


def of_flag(name: str) -> Origin:
    """It was given on the command line."""
    return Origin(Level.FLAG, name)


def of_variable(name: str) -> Origin:
    """It was given in the environment."""
    return Origin(Level.ENVIRONMENT, name)


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and where it comes from."""

    value: Any
    origin: Origin
