"""The containers of one moment as columns: one for each row of the table, filled container by container.

With ten thousand of them, ten thousand records that live until all are written down would make Python look
through everything it has for garbage, and the loop would stand still for that. So each record is taken apart
at once, and only texts and numbers are kept.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from types import MappingProxyType

from reactor.core.protection import Standing
from reactor.observe.readings import ContainerReading
from reactor.observe.tally import Labels
from reactor.observe.text import plain

Number = int | float
Column = dict[Labels, Number]

OF_CONTAINER: Mapping[str, Callable[[ContainerReading], Number | None]] = MappingProxyType(
    {
        "container_threads": lambda one: one.threads,
        "container_threads_max": lambda one: one.threads_max,
        "container_memory_working_set_bytes": lambda one: one.memory,
        "container_memory_limit_bytes": lambda one: one.memory_limit,
        "container_cpu_time_seconds_total": lambda one: one.cpu,
        "container_cpu_usage": lambda one: one.cores,
        "container_cpu_limit": lambda one: one.cores_max,
        "container_uptime_seconds": lambda one: one.uptime,
        "container_zombies": lambda one: one.zombies,
        "container_layer_size_bytes": lambda one: one.layer,
        "container_restarts_total": lambda one: one.restarts,
        "container_oom_kills": lambda one: one.oom_kills,
        "container_sample_timestamp_seconds": lambda one: one.read_at,
    }
)

STATE, HEALTH, INFO = "container_state", "container_health", "reactor_container_info"
NEAR = "reactor_container_threshold_ratio"


class Crowd:
    """All containers of one moment; what is not added has no series. It does not outlive its snapshot.

    ``began`` is when each run began, 0 where that is unknown.
    """

    def __init__(self, containers: Iterable[ContainerReading] = ()) -> None:
        self.columns: dict[str, Column] = {name: {} for name in (*OF_CONTAINER, STATE, HEALTH, INFO, NEAR)}
        self.began: dict[Labels, float] = {}
        self._standings: Counter[Standing] = Counter()
        for one in containers:
            self.add(one)

    def __len__(self) -> int:
        return len(self.began)

    def add(self, one: ContainerReading) -> None:
        """Add a container; one that is there already is not added again."""
        key = (plain(one.id),)
        if key in self.began:
            # Twice the same series would make the whole scrape invalid.
            return
        self.began[key] = 0.0 if one.began is None else one.began
        self._standings[one.standing] += 1
        columns = self.columns
        for name, read in OF_CONTAINER.items():
            value = read(one)
            if value is not None and isfinite(value):
                columns[name][key] = value
        self._add_texts(key, one)

    def _add_texts(self, key: Labels, one: ContainerReading) -> None:
        """What is said by a label, of a series that is always 1; and the distances."""
        columns = self.columns
        columns[INFO][*key, plain(one.name), plain(one.image), one.standing.value, *one.labels] = 1
        if one.state:
            columns[STATE][*key, one.state] = 1
        if one.health:
            columns[HEALTH][*key, plain(one.health)] = 1
        for near in one.near:
            dry = "true" if near.dry_run else "false"
            columns[NEAR][*key, plain(near.rule), near.level, near.action, dry] = near.ratio

    def by_standing(self) -> Mapping[Labels, Number]:
        """How many there are of each standing, none included."""
        return {(standing.value,): self._standings[standing] for standing in Standing}
