"""Where a slip may lie: never on what a container's end takes along."""

from pathlib import Path

import pytest

from reactor.journal.shelter import slip_folder

HOST, CONTAINER = "mnt:[4026531841]", "mnt:[4026533104]"
FIRST, OTHER = "pid:[4026531836]", "pid:[4026533106]"
LINE = "24 1 0:21 {root} {point} rw,nosuid - {kind} {kind} rw\n"


class Machine:
    """A place, and what the kernel says of it."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.place = folder / "proc", folder / "shm"
        self.place.mkdir()
        (self.proc / "self/ns").mkdir(parents=True)
        self.mounts = [("/", "/", "ext4")]
        self.sees(HOST, FIRST)

    def sees(self, mounts: str, processes: str) -> None:
        for name, link in (("mnt", mounts), ("pid", processes)):
            (self.proc / "self/ns" / name).unlink(missing_ok=True)
            (self.proc / "self/ns" / name).symlink_to(link)

    def mount(self, root: str = "/", kind: str = "tmpfs") -> None:
        self.mounts.append((root, str(self.place), kind))

    def found(self) -> Path | None:
        lines = (LINE.format(root=root, point=point, kind=kind) for root, point, kind in self.mounts)
        (self.proc / "self/mountinfo").write_text("".join(lines))
        return slip_folder((self.place,), self.proc)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_memory_of_the_host_will_do_and_no_disk(machine: Machine) -> None:
    assert machine.found() is None
    machine.mount()
    assert machine.found() == machine.place
    machine.mount(kind="ext4")
    assert machine.found() is None, "what is mounted over it counts"


def test_memory_of_a_container_ends_with_it(machine: Machine) -> None:
    machine.sees(CONTAINER, OTHER)
    machine.mount()
    assert machine.found() is None
    machine.sees(CONTAINER, FIRST)
    assert machine.found() is None, "the host's processes are seen, and not its mounts"


def test_a_folder_out_of_the_hosts_memory_outlives_a_container(machine: Machine) -> None:
    machine.sees(CONTAINER, OTHER)
    machine.mount(root="/reactor")
    assert machine.found() == machine.place


def test_the_same_memory_that_the_hosts_first_process_has_will_do(machine: Machine, tmp_path: Path) -> None:
    """A service with mounts of its own, or a container that was given the host's."""
    machine.sees(CONTAINER, FIRST)
    machine.mount()
    theirs = tmp_path / f"proc/1/root{machine.place}"
    theirs.mkdir(parents=True)
    assert theirs.stat().st_dev == machine.place.stat().st_dev
    assert machine.found() == machine.place
    machine.sees(CONTAINER, OTHER)
    assert machine.found() is None, "it is another first process"


def test_nothing_is_known_of_mounts_that_cannot_be_read(machine: Machine) -> None:
    assert slip_folder((machine.place,), machine.proc / "nowhere") is None
