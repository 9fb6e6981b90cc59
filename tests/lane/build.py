"""A lookout on a host of plain files, with a clock that stands still."""

from dataclasses import dataclass, field
from pathlib import Path

from reactor.cgroups.descriptors import Budget
from reactor.lane.lookout import Lookout
from reactor.lane.words import Arm, News, Told
from tests.cgroups.build import MIB, HostV1, run_of

PIDS = ((200, 1),)
SHARE = ((4, 5),)
LIMIT = 100 * MIB


@dataclass
class Post:
    """One lookout; ``look`` lets so many seconds pass and gives what was told."""

    host: HostV1
    now: float = 1000.0
    share: float = 1.0
    budget: Budget = field(default_factory=lambda: Budget(3000))
    lookout: Lookout = field(init=False)

    def __post_init__(self) -> None:
        self.lookout = Lookout(self.share, self.budget, lambda: self.now)

    def look(self, seconds: float = 0.005, *, unforked: bool = False) -> News:
        self.now += seconds
        return self.lookout.look(unforked=unforked)

    def run(self, number: int, **changes: int) -> None:
        """A container with a memory limit of 100 MiB."""
        self.host.container(path(number), **changes)
        self.set(number, "memory", "memory.limit_in_bytes", LIMIT)

    def arm(self, number: int, every: float = 5.0, *, fresh: bool = False, at_rest: float = 0.0) -> News:
        home = self.host.found(run_of(number))
        return self.lookout.obey([Arm(number, home, every, PIDS, (), (), SHARE, fresh, at_rest)])

    def set(self, number: int, tree: str, name: str, value: int | str) -> None:
        """Write a number where the kernel would."""
        (self.host.path / tree / path(number).strip("/") / name).write_text(f"{value}\n")

    def pids(self, number: int, value: int, peak: int | None = None) -> None:
        self.set(number, "pids", "pids.current", value)
        self.set(number, "pids", "pids.peak", value + 4 if peak is None else peak)

    def memory(self, number: int, usage: int, inactive: int = 0) -> None:
        self.set(number, "memory", "memory.usage_in_bytes", usage)
        self.set(number, "memory", "memory.stat", f"cache 1\ntotal_inactive_file {inactive}")

    def parent(self, pids: int, memory: int = 0) -> None:
        """What the parent of all containers counts."""
        self.host.write("pids/docker", {"pids.current": f"{pids}\n"})
        self.host.write("memory/docker", {"memory.usage_in_bytes": f"{memory}\n"})


def path(number: int) -> str:
    return f"/docker/{run_of(number).id}"


def post(tmp_path: Path, share: float = 1.0) -> Post:
    made = Post(HostV1(tmp_path), share=share)
    made.parent(10)
    return made


def brief(said: News) -> list[tuple[int, int | None, int | None]]:
    """Key, PIDs and MiB of what was told."""
    return [(each.key, each.pids, _mib(each)) for each in said.told]


def _mib(told: Told) -> int | None:
    return None if told.memory is None else told.memory // MIB
