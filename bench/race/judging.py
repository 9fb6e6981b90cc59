"""The rule of the contenders that read the engine's stats: the same two limits that reactor's rules have."""

from collections.abc import Mapping
from typing import Any, Final

from bench.race.kinds import MEMORY_SHARE, PIDS_THRESHOLD

INACTIVE: Final = ("total_inactive_file", "inactive_file")
LABEL: Final = "reactor.task"


def broken(frame: Mapping[str, Any]) -> str | None:
    """Which rule a stats frame breaks, if any; memory is the working set, as ``docker stats`` shows it."""
    if frame.get("pids_stats", {}).get("current", 0) > PIDS_THRESHOLD:
        return "pids"
    memory = frame.get("memory_stats", {})
    usage, limit = memory.get("usage"), memory.get("limit")
    if not usage or not limit:
        return None
    details = memory.get("stats", {})
    cache = next((details[name] for name in INACTIVE if name in details), 0)
    return "memory" if 100 * (usage - cache) > MEMORY_SHARE * limit else None
