"""Why a rule cannot be judged for a run, where that will not pass: what it is asked for has no limit."""

from collections.abc import Mapping

from reactor.core.rules import Rule, View

LIMITS = frozenset({"memory_limit", "pids_limit"})
"""The fields that a run without such a limit will never have."""


def what_is_lacking(rule: Rule, view: View) -> str:
    """A sentence, or nothing if it may only be a matter of time."""
    if rule.when is None:
        return ""
    lacking = sorted(name for name in rule.when.reads & LIMITS if has_no_limit(view, name))
    return " and ".join(f"it has no {name.replace('_', ' ')}" for name in lacking)


def has_no_limit(view: View, name: str) -> bool:
    """Whether it is known that there is none: by a reading, or before that by the engine's word."""
    fields: Mapping[str, tuple[int | None, int | None, bool | None]] = {
        "pids_limit": (view.pids, view.pids_limit, view.pids_limited),
        "memory_limit": (view.memory, view.memory_limit, view.memory_limited),
    }
    value, limit, limited = fields.get(name, (None, None, None))
    return limit is None and (value is not None or limited is False)
