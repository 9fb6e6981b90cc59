"""The probe where little or nothing works; what works is tried on the real kernel (tests/real)."""

import os
import resource
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from reactor.cgroups.abilities import UNTRIED, Abilities, Mode, no, yes
from reactor.cgroups.ground import Ground
from reactor.cgroups.mounts import Layout, Mount, Trees
from reactor.cgroups.probing import probe
from reactor.cgroups.rights import can_read
from tests.cgroups.build import HostV1, HostV2, run_of
from tests.cgroups.test_reading import open_files

READS, WRITES = yes("it reads"), yes("it writes")


@pytest.mark.parametrize(
    ("found", "mode"),
    [
        (Abilities(), Mode.NONE),
        (Abilities(write=WRITES), Mode.NONE),
        (Abilities(read=READS), Mode.READ_ONLY),
        (Abilities(read=READS, write=no("read-only")), Mode.READ_ONLY),
        (Abilities(read=READS, write=WRITES), Mode.WRITE),
        (Abilities(read=no("not all"), write=WRITES, pids_events=WRITES), Mode.NONE),
    ],
)
def test_the_mode_follows_from_reading_and_writing_alone(found: Abilities, mode: Mode) -> None:
    assert found.mode is mode


def test_every_ability_is_told_by_name() -> None:
    lines = dict(Abilities(read=READS).lines())
    assert lines["read"] is READS
    assert lines["memory threshold"] is UNTRIED
    assert "layout" not in lines
    assert len(lines) == 13


def test_nothing_is_there(tmp_path: Path) -> None:
    found = probe(Trees())
    assert (found.layout, found.mode) == (Layout.NONE, Mode.NONE)
    assert "no tree" in found.read.why
    assert found.read.grant
    assert found.pidfd is not UNTRIED


def test_a_tree_of_plain_files_takes_no_process_and_is_left_clean(tmp_path: Path) -> None:
    """Directories can be made in it, and nothing more: no is said with its reason, and nothing is left."""
    host, before = HostV2(tmp_path), open_files()
    host.container(f"/docker/{run_of(1).id}")
    as_it_was = tree(tmp_path)
    trees = host.trees()
    began = time.monotonic()
    found = probe(trees)
    assert time.monotonic() - began < 10
    assert found.read.works
    assert not found.write.works
    assert "cgroup.procs" in found.write.why
    assert found.mode is Mode.READ_ONLY
    for each in (found.pids_events, found.memory_events, found.cgroup_kill, found.cgroup_events):
        assert (each.works, each.why.startswith("not to be tried")) == (False, True)
        assert each.grant
    assert tree(tmp_path) - as_it_was == {"tree/cgroup.controllers", "tree/cgroup.procs", "proc/mountinfo"}
    assert open_files() == before


def tree(path: Path) -> set[str]:
    return {
        str(each.relative_to(path)) for each in path.rglob("*") if each.name != "mountinfo" or each.is_file()
    }


def test_a_tree_that_is_mounted_read_only_is_not_written_to(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(f"/docker/{run_of(1).id}")
    trees = host.trees()
    sealed = {name: Mount(each.point, each.root, each.version, read_only=True)
              for name, each in trees.by_controller.items()}  # fmt: skip
    before = tree(tmp_path)
    found = probe(Trees(sealed))
    assert "mounted read-only" in found.write.why
    assert "writable" in found.write.grant
    assert found.mode is Mode.READ_ONLY
    assert tree(tmp_path) == before


@pytest.mark.parametrize(("files", "whole"), [({}, True), ({"cgroup.type": "domain\n"}, False)])
def test_only_our_own_part_of_the_tree_is_not_enough(
    files: dict[str, str], whole: bool, tmp_path: Path
) -> None:
    """Every cgroup but the root has a type. With containers in it, a part will do."""
    host = HostV2(tmp_path)
    trees = host.trees()
    host.write("tree", files)
    assert can_read(trees).works is whole
    host.container(f"/docker/{run_of(1).id}")
    assert can_read(trees).works


def test_what_a_killed_monitor_left_is_removed(tmp_path: Path) -> None:
    """A process of this number is none; the next is our own parent, which lives."""
    host = HostV2(tmp_path)
    mount = host.trees().of("pids")
    assert mount is not None
    left, lives, other = (
        tmp_path / f"tree/reactor-probe-{each}" for each in ("4999999-1", f"{os.getppid()}-1", "x")
    )
    for each in (left, lives, other):
        each.mkdir()
    with Ground() as ground, pytest.raises(OSError, match=r"cgroup\.procs"):
        ground.folder(mount)
    assert (left.exists(), lives.exists(), other.exists()) == (False, True, True)
    assert {each.name for each in (tmp_path / "tree").glob("reactor-*")} == {lives.name, other.name}


def break_off(ground: Ground) -> None:
    """Something goes wrong in the midst of a trial."""
    with ground:
        assert ground.tell("fork") == "done"
        raise RuntimeError


def test_the_ground_is_left_clean_by_an_error_in_the_midst_of_it() -> None:
    before = open_files()
    ground = Ground()
    with pytest.raises(RuntimeError):
        break_off(ground)
    pid = ground.pid
    assert not os.path.exists(f"/proc/{pid}")
    assert open_files() == before


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    host = HostV2(tmp_path)
    trees, before = host.trees(), open_files()
    as_it_was = tree(tmp_path)
    found = probe(trees)
    assert found.read.works
    assert not found.write.works
    assert "No such file" in found.write.why
    assert str(tmp_path / "nowhere") in found.cgroup_kill.grant
    assert all(each is not UNTRIED for _, each in found.lines())
    assert tree(tmp_path) == as_it_was
    assert open_files() == before


def test_a_process_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It hangs from its first moment on."""
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 1000\n")
    silent.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(silent))
    began = time.monotonic()
    found = probe(HostV2(tmp_path).trees())
    assert time.monotonic() - began < 10
    assert not found.write.works


def test_it_works_with_a_thousand_descriptors_open() -> None:
    """Some calls know no number above 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(1100):
            stack.enter_context(Path(os.devnull).open("rb"))
        with Ground() as ground:
            assert ground.tell("fork") == "done"
