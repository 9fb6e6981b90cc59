"""The cgroups of a run: the kernel's word first, the known places else, and never a stranger's name."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.cgroups.finding import Home, NotFound, find
from reactor.cgroups.mounts import Trees, choose, parse_mounts
from reactor.cgroups.surveying import survey
from tests.cgroups.build import FakeHost, HostV1, HostV2, run_of, scope
from tests.core.build import cid

ONE, TWO = run_of(0xA1), run_of(0xB2)
ALL = ("cpu", "freezer", "memory", "pids", "unified")


def parts(home: Home) -> tuple[str, ...]:
    return tuple(sorted(home.places))


def test_version_1_by_its_process(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(f"/jobs/{ONE.id}", pid=71)
    host.container(f"/jobs/{TWO.id}", pid=72)
    home = host.found(ONE, 71)
    assert (parts(home), home.by) == (ALL, "pid")
    assert {Path(each.path).name for each in home.places.values()} == {ONE.id}
    assert home.places["unified"].version == 2
    assert home.places["cpu"].path == f"{tmp_path}/cpuacct/jobs/{ONE.id}"
    assert home.parent("pids") == f"{tmp_path}/pids/jobs"


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("/system.slice/{docker}", "/system.slice/{docker}"),
        ("/system.slice/{docker}/init.scope", "/system.slice/{docker}"),
        ("/machine.slice/{libpod}/container", "/machine.slice/{libpod}"),
    ],
)
def test_version_2_by_its_process(path: str, home: str, tmp_path: Path) -> None:
    names = {"docker": scope(ONE.id), "libpod": scope(ONE.id, "libpod-")}
    host = HostV2(tmp_path)
    host.container(home.format(**names))
    host.container(path.format(**names), pid=71)
    found = host.found(ONE, 71)
    assert parts(found) == ("cpu", "memory", "pids", "unified")
    assert {each.path for each in found.places.values()} == {f"{tmp_path}/tree{home.format(**names)}"}


def test_the_process_of_another_run_proves_nothing(tmp_path: Path) -> None:
    """Its number went to a process of the neighbour, of nobody, or of the host."""
    host = HostV1(tmp_path)
    host.container(f"/jobs/{TWO.id}", pid=71)
    host.process(72, "2:pids:/user.slice\n0::/\n")
    host.container(f"/jobs/{TWO.id}/docker/{ONE.id}", pid=73)
    host.process(74, f"2:pids:/jobs/{ONE.id} (deleted)\n")
    host.process(75, f"2:pids:/jobs/{ONE.id}\n")
    for pid in (71, 72, 73, 74):
        found = host.find(ONE, pid)
        assert isinstance(found, NotFound)
        assert "does not bear its id" in found.why
    assert isinstance(host.find(ONE, 75), NotFound), "there is no such directory any more"
    assert "cannot be seen" in getattr(host.find(ONE, 76), "why", "")
    assert "names no process" in getattr(host.find(ONE, 0), "why", "")


@pytest.mark.parametrize(
    "path",
    [
        "/docker/{0}",
        "/system.slice/docker-{0}.scope",
        "/machine.slice/libpod-{0}.scope",
        "/libpod_parent/libpod-{0}",
    ],
)
@pytest.mark.parametrize("kind", [HostV1, HostV2])
def test_without_a_process_the_known_places_are_tried(
    path: str, kind: type[HostV1 | HostV2], tmp_path: Path
) -> None:
    host = kind(tmp_path)
    host.container(path.format(ONE.id))
    host.container(path.format(TWO.id))
    home = host.found(ONE)
    assert home.by == "layout"
    assert all(ONE.id in each.path for each in home.places.values())


def test_the_parent_that_was_asked_for_is_tried_and_no_other(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(f"/ci.slice/ci-jobs.slice/{scope(ONE.id)}")
    assert isinstance(host.find(ONE), NotFound)
    assert host.found(ONE, parent="ci-jobs.slice").by == "layout"
    host.container(f"/docker/{TWO.id}")
    assert isinstance(host.find(TWO, parent="ci-jobs.slice"), NotFound)


def test_two_places_for_one_container_are_none(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}")
    host.container(f"/system.slice/{scope(ONE.id)}")
    assert isinstance(host.find(ONE), NotFound)
    host.process(71, f"0::/docker/{ONE.id}\n")
    assert host.found(ONE, 71).by == "pid"


def test_what_belongs_to_somebody_else_does_not_count_by_its_name(tmp_path: Path) -> None:
    """A user may make cgroups below their own, with any name."""
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}")
    assert isinstance(host.find(ONE), Home)
    os.chown(tmp_path / f"tree/docker/{ONE.id}", 12345, -1)
    assert isinstance(host.find(ONE), NotFound)
    assert survey(host.trees()) == {}


def test_a_survey_finds_all_in_one_walk_and_none_within_another(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(f"/jobs/{ONE.id}")
    host.container(f"/jobs/{ONE.id}/docker/{TWO.id}")
    host.container(f"/kube/crio-{cid(3)}.scope/docker/{cid(4)}")
    host.container(f"/far/down/docker-{cid(5)}.scope")
    host.container(f"/here/{cid(6)}")
    host.container(f"/there/{cid(6)}")
    seen = survey(host.trees())
    assert seen == {ONE.id: f"/jobs/{ONE.id}", cid(5): f"/far/down/docker-{cid(5)}.scope"}
    home = find(host.trees(), ONE, surveyed=seen, proc=host.proc)
    assert isinstance(home, Home)
    assert parts(home) == ALL
    assert isinstance(find(host.trees(), TWO, surveyed=seen, proc=host.proc), NotFound)


def test_a_tree_with_too_many_directories_is_not_surveyed(tmp_path: Path) -> None:
    """The second of a name might be among those that were not looked at."""
    host = HostV1(tmp_path)
    host.container(f"/jobs/{ONE.id}")
    assert survey(host.trees(), most=2) == {ONE.id: f"/jobs/{ONE.id}"}
    assert survey(host.trees(), most=1) == {}


def test_processor_time_is_read_without_its_controller_on_version_2(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}", pid=71)
    trees = choose(parse_mounts("".join(host.mountinfo())), ["memory", "pids"])
    home = find(trees, ONE, 71, proc=host.proc)
    assert isinstance(home, Home)
    assert parts(home) == ("cpu", "memory", "pids", "unified")


def test_the_host_s_tree_mounted_below_another_root(tmp_path: Path) -> None:
    """We are in a container that runs an engine of its own, and see our own part as the whole."""
    outer = cid(0xFF)
    host = PartOfV2(tmp_path, f"/docker/{outer}")
    host.container(f"/docker/{ONE.id}")
    host.process(71, f"0::/docker/{outer}/docker/{ONE.id}\n")
    host.process(72, f"0::/docker/{TWO.id}\n")
    assert host.found(ONE, 71).by == "pid"
    assert isinstance(host.find(TWO, 72), NotFound)


def test_what_lies_above_our_namespace_is_found_by_its_place(tmp_path: Path) -> None:
    host = PartOfV2(tmp_path, "/../..")
    host.container(f"/system.slice/{scope(ONE.id)}")
    host.process(71, f"0::/../{scope(ONE.id)}\n")
    assert host.found(ONE, 71).by == "layout"


class PartOfV2(HostV2):
    """Version 2, of which another directory is mounted."""

    def __init__(self, path: Path, root: str) -> None:
        super().__init__(path)
        self.root = root

    def mountinfo(self) -> list[str]:
        (line,) = super().mountinfo()
        return [line.replace(" / ", f" {self.root} ", 1)]


def test_a_host_without_cgroups_says_so(tmp_path: Path) -> None:
    host = FakeHost(tmp_path)
    found = find(Trees(), ONE, 71, proc=host.proc)
    assert isinstance(found, NotFound)
    assert "no tree" in found.why
    assert survey(Trees()) == {}


def test_the_next_run_has_another_identity(tmp_path: Path) -> None:
    """The same path is another directory then."""
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}", pid=71)
    before = host.found(ONE, 71).places["pids"]
    folder = tmp_path / f"tree/docker/{ONE.id}"
    folder.rename(folder.with_name("kept"))
    host.container(f"/docker/{ONE.id}", pid=71)
    after = host.found(run_of(0xA1, 9), 71).places["pids"]
    assert after != before
    assert replace(after, identity=before.identity) == before
