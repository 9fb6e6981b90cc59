"""Which trees there are, by the mount tables of real hosts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.mounts import Layout, Mount, Trees, choose, look_for_trees, parse_mounts

V1_HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
IN_CONTAINER_V1 = """\
700 690 0:30 /docker/abc /sys/fs/cgroup/memory ro,nosuid master:11 - cgroup cgroup rw,memory
701 690 0:36 /docker/abc /sys/fs/cgroup/pids ro,nosuid master:12 - cgroup cgroup rw,pids
800 680 0:36 / /host/cgroup/pids ro - cgroup cgroup rw,pids
801 680 0:30 / /host/cgroup/memory ro - cgroup cgroup rw,memory
"""
IN_CONTAINER_V2 = """\
700 690 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate
800 680 0:26 /../.. /host/cg\\040roup ro - cgroup2 cgroup2 rw,nsdelegate
"""


def trees(text: str, *unified: str) -> Trees:
    return choose(parse_mounts(text), unified)


def test_version_1_with_version_2_beside_it() -> None:
    found = trees(V1_HYBRID)
    assert found.layout is Layout.HYBRID
    assert {name: each.point for name, each in found.by_controller.items()} == {
        "cpu": "/sys/fs/cgroup/cpu,cpuacct",
        "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
        "memory": "/sys/fs/cgroup/memory",
        "pids": "/sys/fs/cgroup/pids",
        "unified": "/sys/fs/cgroup/unified",
    }


def test_a_named_hierarchy_is_seen_and_has_nothing_to_read() -> None:
    assert [each.name for each in parse_mounts(V1_HYBRID)] == ["", "", "", "systemd", ""]


def test_version_2() -> None:
    found = trees(V2, "cpu", "memory", "pids")
    assert found.layout is Layout.V2
    assert found.of("memory") == found.of("pids") == found.unified == parse_mounts(V2)[0]
    assert found.of("freezer") is None


def test_a_controller_is_where_it_is_bound_and_not_where_it_is_only_named() -> None:
    found = trees(V1_HYBRID, "memory", "hugetlb")
    assert [each.version for name in ("memory", "hugetlb") if (each := found.of(name))] == [1, 2]


def test_version_1_alone() -> None:
    assert trees(V1_HYBRID.rpartition("41 ")[0]).layout is Layout.V1


@pytest.mark.parametrize(
    "text", ["", "rubbish\n", "1 2 3 - cgroup\n", "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"]
)
def test_nothing_to_see_is_no_tree(text: str) -> None:
    assert trees(text).layout is Layout.NONE


def test_inside_a_container_the_tree_of_the_host_is_better_than_our_own_part() -> None:
    found = trees(IN_CONTAINER_V1)
    assert {each.point for each in found.by_controller.values()} == {
        "/host/cgroup/pids",
        "/host/cgroup/memory",
    }
    assert all(each.read_only for each in found.by_controller.values())
    found = trees(IN_CONTAINER_V2, "memory", "pids")
    assert found.of("pids") == Mount("/host/cg roup", "/../..", 2, "0:26", read_only=True)


def test_our_own_part_is_what_there_is_without_the_host_s() -> None:
    found = trees("".join(IN_CONTAINER_V1.splitlines(keepends=True)[:2]))
    assert {each.root for each in found.by_controller.values()} == {"/docker/abc"}


@pytest.mark.parametrize(
    ("mount", "tree", "expected"),
    [("ro", "rw", True), ("rw", "ro", True), ("rw", "rw", False), ("rw,relatime", "rw,pids", False)],
)
def test_read_only_is_said_in_either_place(mount: str, tree: str, expected: bool) -> None:
    (found,) = parse_mounts(f"1 2 0:9 / /x {mount} - cgroup2 cgroup2 {tree}\n")
    assert found.read_only is expected


def test_of_two_views_of_as_much_the_writable_one_is_taken() -> None:
    text = "1 2 0:9 / /a ro - cgroup2 cgroup2 rw\n2 2 0:9 / /b rw - cgroup2 cgroup2 rw\n"
    assert [each.point for each in trees(text).by_controller.values()] == ["/b"]


def test_what_is_mounted_over_is_not_there() -> None:
    over = V1_HYBRID + "90 23 0:99 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    assert parse_mounts(over) == ()
    again = "1 2 0:9 / /x rw - cgroup2 cgroup2 rw\n2 1 0:9 /part /x rw - cgroup2 cgroup2 rw\n"
    assert [each.root for each in parse_mounts(again)] == ["/part"]
    beside = "1 2 0:9 / /sys/fs/cgroup2 rw - cgroup2 cgroup2 rw\n2 1 0:1 / /sys/fs/cgroup rw - tmpfs t rw\n"
    assert len(parse_mounts(beside)) == 1


def test_the_controllers_of_version_2_are_read_from_the_tree(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "cgroup.controllers").write_text("cpu memory pids\n")
    (tmp_path / "mountinfo").write_text(f"1 2 0:9 / {tree} rw - cgroup2 cgroup2 rw\n")
    assert set(look_for_trees(tmp_path / "mountinfo").by_controller) == {"cpu", "memory", "pids", "unified"}
    (tree / "cgroup.controllers").unlink()
    assert set(look_for_trees(tmp_path / "mountinfo").by_controller) == {"unified"}


def test_no_table_is_no_tree(tmp_path: Path) -> None:
    assert look_for_trees(tmp_path / "nowhere").layout is Layout.NONE


@given(st.text(alphabet="01 /:-\\a\ncgroup2rw,", max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Whatever comes out has a place, and nothing is raised."""
    assert all(each.point for each in parse_mounts(text))
