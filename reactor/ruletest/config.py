"""What a test knows of the configuration: its shape and what comes of it, handed in from above.

The configuration file belongs to ``app``, and so rule tests cannot import it; whoever runs
them says what may stand behind ``config:`` and how it becomes the setup of the core.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.ruleset.document import Document, Path
from reactor.ruleset.models import Shape
from reactor.ruleset.sentences import Found


@dataclass(frozen=True, slots=True)
class Terms:
    """What a configuration means for a test: the setup for some rules, and how often all is listed."""

    setup: Callable[[RuleSet], Setup] = Setup
    reconcile_every: float = 10.0


def nothing_more(document: Document, written: Any, path: Path) -> Iterable[Found]:  # noqa: ARG001 - The shape of a check.
    """No mistakes beyond those of the shape."""
    return ()


@dataclass(frozen=True, slots=True)
class ConfigKind:
    """What may stand behind ``config:``; ``check`` finds what the shape alone does not tell.

    ``terms`` says what it means, None being a test without a configuration of its own.
    """

    model: type[BaseModel]
    shape: Shape
    terms: Callable[[BaseModel | None], Terms]
    check: Callable[[Document, Any, Path], Iterable[Found]] = nothing_more
