"""What was written, checked value by value, and where: the form in which files are put together.

Only the records belong here. They are made from text in ``drafting``, laid over each other in
``overlays``, and become rules in ``compiling``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reactor.ruleset.compose.models import ServiceText
from reactor.ruleset.document import Document, Path
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.models import SetText
from reactor.ruleset.places import line_and_column


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where a key and its value stand: in which file, and by which keys one comes there."""

    file: str
    document: Document
    path: Path

    def below(self, *steps: str | int) -> "Spot":
        """The spot of something inside."""
        return Spot(self.file, self.document, (*self.path, *steps))

    def at_key(self, message: str) -> RuleError:
        """A mistake in the key."""
        return self._error(self.document.key_at(self.path), message)

    def at_value(self, message: str) -> RuleError:
        """A mistake in the value."""
        return self._error(self.document.value_at(self.path), message)

    def inside(self, offset: int, message: str) -> RuleError:
        """A mistake at an offset in the value of a scalar."""
        return self._error(self.document.inside(self.path, offset), message)

    @property
    def where(self) -> str:
        """File and line of the value."""
        return self._where(self.document.value_at(self.path))

    @property
    def where_key(self) -> str:
        """File and line of the key."""
        return self._where(self.document.key_at(self.path))

    def _where(self, offset: int) -> str:
        return f"{self.file}:{line_and_column(self.document.source, offset)[0]}"

    def _error(self, offset: int, message: str) -> RuleError:
        return error_at(self.file, self.document.source, offset, message)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A value that is right for itself, and its spot. Maps are parts, lists of maps tuples of parts."""

    value: Any
    spot: Spot


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A map in a rule file. ``broken`` are keys that are there, or were meant, and are wrong."""

    spot: Spot
    given: Mapping[str, Given]
    broken: frozenset[str] = frozenset()

    def has(self, key: str) -> bool:
        """Whether the key is there, right or wrong."""
        return key in self.given or key in self.broken

    def value(self, key: str, default: Any = None) -> Any:
        """The value of a key, if it is there and right."""
        return self.given[key].value if key in self.given else default

    @property
    def name(self) -> str:
        """The value of ``name``, empty if there is none."""
        return str(self.value("name", ""))


@dataclass(frozen=True, slots=True, eq=False)
class GroupDraft:
    """A group: its own keys, and its rules."""

    part: Part
    rules: tuple[Part, ...]

    @property
    def name(self) -> str:
        """The group's name, empty if there is none."""
        return self.part.name


@dataclass(frozen=True, slots=True, eq=False)
class ServiceDraft:
    """A template, or a service of a stack; ``text`` is what is right in it, None if it is no map at all."""

    name: str
    spot: Spot
    text: ServiceText | None


@dataclass(frozen=True, slots=True, eq=False)
class SetDraft:
    """An entry of ``sidecars``; ``text`` is None if something is wrong with it."""

    spot: Spot
    text: SetText | None


@dataclass(frozen=True, slots=True, eq=False)
class FileDraft:
    """What came of one file. It is ``unread`` if nothing in it could be looked at."""

    file: str
    groups: tuple[GroupDraft, ...] = ()
    templates: tuple[ServiceDraft, ...] = ()
    sets: tuple[SetDraft, ...] = ()
    errors: tuple[RuleError, ...] = ()
    unread: bool = False
