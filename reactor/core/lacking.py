"""Why a rule cannot be judged for a run, where that will not pass: what it is asked for has no limit."""

from collections.abc import Mapping

from reactor.core.rules import Rule, View


def what_is_lacking(rule: Rule, view: View) -> str:
    """A sentence, or nothing if it may only be a matter of time."""
    if rule.when is None or not rule.when.relative:
        return ""
    lacking = sorted(name for name in rule.when.relative if _has_no_limit(view, name))
    return " and ".join(f"it has no {name} limit" for name in lacking)


def _has_no_limit(view: View, name: str) -> bool:
    limits: Mapping[str, tuple[int | None, int | None]] = {
        "pids": (view.pids, view.pids_limit),
        "memory": (view.memory, view.memory_limit),
    }
    value, limit = limits.get(name, (None, None))
    return value is not None and limit is None
