"""Exceptions to a rule: who is exempt from it, and by which of its exemptions.

Exempt from one rule is not exempt from all: ``protection`` says who is never touched at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from reactor.core.container import Container
from reactor.core.protection import Policy, exempting_labels
from reactor.core.rules import Exemption, Rule

LABEL = "label."


@dataclass(frozen=True, slots=True)
class Exempted:
    """By which exemption of a rule a run is exempt, and by which of its patterns."""

    by: str
    fields: tuple[str, ...]
    patterns: tuple[str, ...]


def exempted(policy: Policy, rule: Rule, container: Container) -> Exempted | None:
    """What exempts this container from the rule. Labels that came with its image exempt nobody."""
    if not rule.exempt:
        return None
    labels = exempting_labels(policy, container)
    for exemption in rule.exempt:
        values = tuple(_value(container, labels, field) for field in exemption.fields)
        for patterns in exemption.values:
            if _matches(exemption, values, patterns):
                return Exempted(exemption.name, exemption.fields, patterns)
    return None


def _matches(exemption: Exemption, values: tuple[str | None, ...], patterns: tuple[str, ...]) -> bool:
    # Without fields, or with some of them left open, an exemption would be one for everybody.
    if not exemption.fields or len(patterns) != len(values):
        return False
    pairs = zip(values, patterns, strict=True)
    return all(value is not None and fnmatchcase(value, pattern) for value, pattern in pairs)


def _value(container: Container, labels: Mapping[str, str], field: str) -> str | None:
    if field.startswith(LABEL):
        return labels.get(field.removeprefix(LABEL))
    known = {
        "name": container.name,
        "image": container.image,
        "state": container.state.value,
        "user": container.user,
    }
    return known.get(field)
