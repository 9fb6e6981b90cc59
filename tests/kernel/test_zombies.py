"""Whose zombies there are."""

from pathlib import Path

import pytest

from reactor.core.container import ContainerId
from reactor.kernel.zombies import count_zombies
from tests.core.build import cid
from tests.kernel.build import FakeProc, v1, v2

ONE, TWO, THREE = cid(1), cid(2), cid(3)


def test_on_version_2_a_zombie_keeps_its_cgroup(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.process(100, 1, v2(ONE))
    proc.zombie(101, 100, v2(ONE))
    proc.zombie(102, 100, f"0::/system.slice/docker-{ONE}.scope/inner (deleted)\n")
    proc.process(200, 1, v2(TWO))
    assert count_zombies({ONE, TWO, THREE}, tmp_path) == {ONE: 2, TWO: 0}


def test_on_version_1_a_zombie_belongs_where_its_parent_does(tmp_path: Path) -> None:
    """The kernel shows the root for it, whosever it was."""
    root = "12:pids:/\n4:memory:/\n0::/\n"
    proc = FakeProc(tmp_path)
    proc.process(100, 1, v1(ONE))
    proc.process(110, 100, v1(ONE))
    proc.zombie(111, 110, root)
    proc.zombie(112, 100, root)
    proc.process(200, 1, v1(TWO))
    proc.process(300, 1, "12:pids:/system.slice\n")
    proc.zombie(301, 300, root)
    proc.zombie(302, 1, root)
    assert count_zombies({ONE, TWO}, tmp_path) == {ONE: 2, TWO: 0}


def test_the_chain_of_parents_may_be_broken_or_run_in_a_ring(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.process(100, 1, v1(ONE))
    proc.zombie(101, 999)
    proc.zombie(102, 103)
    proc.process(103, 102)
    proc.zombie(104, 104)
    assert count_zombies({ONE}, tmp_path) == {ONE: 0}


def test_who_cannot_be_seen_is_left_out_and_has_not_none(tmp_path: Path) -> None:
    FakeProc(tmp_path).zombie(50, 1)
    assert count_zombies({ONE}, tmp_path) == {}


@pytest.mark.parametrize(
    ("cgroup", "owner"),
    [
        (f"0::/docker/{ONE}/docker/{TWO}\n", ONE),  # What is below it was named by whoever is in it.
        (f"0::/docker/{THREE}/docker/{TWO}\n", TWO),  # The outer one is another engine's.
        (f"0::/../{ONE}\n", ONE),
        (f"0::/libpod-{ONE}.scope/container\n", ONE),
        (f"1:cpu:/docker/{ONE}\n2:pids:/docker/{TWO}\n", None),  # Nobody knows.
        (f"0::/docker/{ONE[:63]}\n", None),
        (f"0::/docker/{ONE}0\n", None),
        (f"0::/docker/{ONE[:12]}\n", None),
        ("", None),
    ],
)
def test_only_a_full_id_counts_and_the_outermost_one(
    cgroup: str, owner: ContainerId | None, tmp_path: Path
) -> None:
    FakeProc(tmp_path).zombie(100, 1, cgroup)
    assert count_zombies({ONE, TWO}, tmp_path) == ({owner: 1} if owner else {})


def test_names_of_programs_are_strangers_words(tmp_path: Path) -> None:
    proc = FakeProc(tmp_path)
    proc.process(100, 1, v2(ONE), name="a) Z 1 (b")
    proc.process(101, 100, v2(ONE), name="Z")
    assert count_zombies({ONE}, tmp_path) == {ONE: 0}


def test_a_main_thread_that_ended_before_the_others_is_no_zombie(tmp_path: Path) -> None:
    FakeProc(tmp_path).process(100, 1, v2(ONE), state="Z", threads=3)
    assert count_zombies({ONE}, tmp_path) == {ONE: 0}


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    """A process can end between the list and the look."""
    proc = FakeProc(tmp_path)
    proc.process(100, 1, v2(ONE))
    (tmp_path / "101").mkdir()
    proc.write("102/stat", "102 (cut")
    proc.write("103/stat", "103 (odd) Z one 0")
    proc.write("103x/stat", "nonsense")
    (tmp_path / "104" / "stat").mkdir(parents=True)
    assert count_zombies({ONE}, tmp_path) == {ONE: 0}
