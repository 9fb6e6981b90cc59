"""Labels of containers as labels of metrics: only those that were asked for, and only so many values.

A label is a stranger's text, and anybody can make up a new one for each container. So there is a list of
keys, and each key has a bound on how many values of it are told apart.
"""

import re
from collections.abc import Iterable, Mapping

from reactor.observe.text import plain

MOST_KEYS = 10
MOST_VALUES = 200
"""So many values of one label are told apart in one snapshot; all others are shown as OTHER."""
LONGEST_VALUE = 100
OTHER = "overflow"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}")


class BadLabels(ValueError):
    """These keys cannot be shown; the text says which, and what would be right."""


def label_keys(given: Iterable[str]) -> tuple[str, ...]:
    """The keys that are to be shown, as they were given. Raises BadLabels."""
    keys = tuple(dict.fromkeys(key.strip() for key in given if key.strip()))
    names: dict[str, str] = {}
    for key in keys:
        if not _KEY.fullmatch(key):
            raise BadLabels(f"{key[:40]!r} is no key of a label; such as team, or com.docker.compose.project")
        other = names.setdefault(re.sub("[^A-Za-z0-9_]", "_", key), key)
        if other != key:
            raise BadLabels(f"{other} and {key} would be the same label in Prometheus: leave one of them out")
    if len(keys) > MOST_KEYS:
        raise BadLabels(f"{len(keys)} labels are more than the {MOST_KEYS} that can be shown")
    return keys


class Shown:
    """The labels that are shown in one snapshot; it does not outlive it."""

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        self.keys = keys
        self._seen: tuple[set[str], ...] = tuple(set() for _ in keys)

    def values(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The values of one container in the order of the keys, empty where it has none."""
        if not self.keys:
            return ()
        return tuple(
            self._value(labels.get(key, ""), seen) for key, seen in zip(self.keys, self._seen, strict=True)
        )

    def _value(self, text: str, seen: set[str]) -> str:
        value = plain(text, LONGEST_VALUE)
        if value in seen or not value:
            return value
        if len(seen) >= MOST_VALUES:
            return OTHER
        seen.add(value)
        return value
