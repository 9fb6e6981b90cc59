"""The kernel's own notifications of memory: on this machine's kernel where it has them, else refused."""

import os
import select
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.cgroups.descriptors import CgroupGone
from reactor.cgroups.notifying import hang
from tests.cgroups.build import MIB, HostV1, HostV2, run_of
from tests.cgroups.test_reading import open_files

PATH = f"/docker/{run_of(1).id}"


def test_what_is_not_to_be_had_is_refused_and_leaves_nothing_open(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(PATH)
    place = host.found(run_of(1)).places["memory"]
    before = open_files()
    with pytest.raises(FileNotFoundError):
        hang(place, [MIB])
    assert open_files() == before


def test_each_number_is_a_whole_page_and_not_too_soon(tmp_path: Path) -> None:
    """What the kernel is told: our event, its file of usage, and the number."""
    host = HostV1(tmp_path)
    host.container(PATH)
    folder = tmp_path / f"memory{PATH}"
    (folder / "cgroup.event_control").write_text("")
    bell = hang(host.found(run_of(1)).places["memory"], [80 * MIB + 1])
    event, _, number = (folder / "cgroup.event_control").read_text().split()
    assert (int(event), int(number)) == (bell, 80 * MIB + os.sysconf("SC_PAGE_SIZE"))
    os.close(bell)


@pytest.mark.parametrize("kind", [HostV1, HostV2])
def test_another_cgroup_at_the_same_path_gets_no_bell(
    tmp_path: Path, kind: Callable[[Path], HostV1 | HostV2]
) -> None:
    host = kind(tmp_path)
    host.container(PATH)
    place = host.found(run_of(1)).places["memory"]
    before = open_files()
    device, inode = place.identity
    with pytest.raises(CgroupGone):
        hang(replace(place, identity=(device, inode + 1)), [MIB])
    with pytest.raises(CgroupGone):
        hang(replace(place, inside=f"{place.inside}x"), [MIB])
    assert open_files() == before


def test_version_2_has_a_file_for_it(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(PATH)
    bell = hang(host.found(run_of(1)).places["memory"], [MIB])
    assert b"oom_kill" in os.pread(bell, 1024, 0)
    with select.epoll() as events, pytest.raises(PermissionError):
        # A plain file tells nothing; nor would a kernel that does not notify.
        events.register(bell, select.EPOLLPRI)
    os.close(bell)
