"""Which folder may be the root of all data, and what is made in it for ourselves."""

import os
import stat
from pathlib import Path

import pytest

from reactor.core.recipes import Folder
from reactor.data.errors import DataRefused, Why
from reactor.data.mounts import Mounts
from reactor.data.preparing import prepare
from reactor.data.root import Root, fault_of
from tests.data.build import mounted


@pytest.mark.parametrize(
    "path",
    ["data", "./data", "", "/", "//data", "/var/lib/reactor/../x", "/etc", "/etc/reactor", "/usr/local/data",
     "/proc/1", "/sys/fs", "/dev/shm/data", "/boot/x", "/var", "/var/lib", "/home", "/tmp", "/a:b", "/a\nb",
     "/var/lib/docker/volumes", "/a\x1b[31m", "/\udcff"],
)  # fmt: skip
def test_no_root(path: str) -> None:
    """Nothing of the system, nothing that a bind cannot name; and nothing is made on the way."""
    with pytest.raises(DataRefused) as refused:
        Root.open(Path(path))
    assert refused.value.why is Why.ROOT


def test_a_root_that_is_meant() -> None:
    for path in ("/var/lib/reactor/data", "/srv/data", "/home/ci/data", "/etcetera", "/mnt/big disk"):
        assert fault_of(Path(path)) == ""


def test_it_is_made_for_us_alone_below_a_parent_that_is_there(tmp_path: Path) -> None:
    Root.open(tmp_path / "data").close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    with pytest.raises(DataRefused, match="cannot be made"):
        Root.open(tmp_path / "none/data")
    assert not (tmp_path / "none").exists()
    with pytest.raises(DataRefused, match="cannot be opened"):
        Root.open(tmp_path / "other", make=False)


def test_a_link_in_its_place_is_refused_and_one_above_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(DataRefused, match="is a link or no folder"):
        Root.open(tmp_path / "link")
    (tmp_path / "file").touch()
    with pytest.raises(DataRefused, match="is a link or no folder"):
        Root.open(tmp_path / "file")
    with Root.open(tmp_path / "link/data") as root:
        assert root.real == tmp_path / "real/data"


def test_a_link_that_leads_to_the_system_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr")
    with pytest.raises(DataRefused, match="belongs to the system"):
        Root.open(tmp_path / "link/lib", make=False)


def test_a_root_where_others_could_put_something_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(0o777)
    with pytest.raises(DataRefused, match="written by everybody"):
        Root.open(root)
    root.chmod(0o1777)
    Root.open(root).close()
    root.chmod(0o700)
    os.chown(root, 12345, 12345)
    with pytest.raises(DataRefused, match="belongs to user 12345"):
        Root.open(root)


@pytest.mark.parametrize("name", ["tasks", "shared", ".reactor", ".reactor/new", ".reactor/tasks"])
def test_a_link_in_the_place_of_a_folder_of_ours_is_refused(tmp_path: Path, name: str) -> None:
    """Somebody could make it before us where the root is not ours alone."""
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "data"
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).symlink_to(outside)
    with Root.open(root) as opened, pytest.raises(DataRefused, match="is a link or no folder"):
        prepare(opened, "t", [Folder("pg"), Folder("pg", shared=True)])
    assert [*outside.iterdir()] == []


def test_whoever_has_the_root_has_it_alone(tmp_path: Path) -> None:
    with Root.open(tmp_path / "data") as one, Root.open(tmp_path / "data") as other:
        with one.locked(), pytest.raises(DataRefused) as refused, other.locked(0.05):
            raise AssertionError
        assert refused.value.why is Why.BUSY
        with other.locked(0.05):
            pass


def test_a_file_system_of_its_own_lies_at_the_root_and_not_below_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (
        mounted(tmp_path / "data/tasks", "size=1m"),
        Root.open(tmp_path / "data") as root,
        pytest.raises(DataRefused, match="tasks is on another file system"),
    ):
        prepare(root, "job", [Folder("pg")])
    with mounted(tmp_path / "big disk", "size=1m") as disk, Root.open(disk / "data") as root:
        prepare(root, "job", [Folder("pg")])
        mounts = Mounts.read()
        assert mounts.below(tmp_path) == (str(disk),)
        spot = mounts.spot(str(disk / "data/tasks"))
        assert spot is not None
        assert str(spot.path) == "/data/tasks"
        assert mounts.kind(disk / "data") == "tmpfs"
