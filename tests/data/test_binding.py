"""What may be bound into a container of a task, and what may not."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from reactor.core.recipes import plain_name
from reactor.data.binding import check_bind
from reactor.data.errors import DataRefused, Why
from tests.data.build import filled, home, rooted


def test_a_folder_of_the_task_a_file_and_what_is_shared(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with rooted(tmp_path / "link") as root:
        pg = filled(root, "job", "pg/wal")
        filled(root, "job", "models", shared=True)
        real = tmp_path / "data"
        for inside in (
            pg.relative_to(root.path), pg.parent.relative_to(root.path), f"tasks/{plain_name('job')}",
            "shared/models", "shared/models/kept", "shared",
        ):  # fmt: skip
            # The path that comes back has no link in it, whichever of the two was given.
            assert check_bind(root, f"{root.path}/{inside}", "job") == str(real / inside)
            assert check_bind(root, f"{real}/{inside}", "job") == str(real / inside)


@pytest.mark.parametrize(
    "source",
    ["", "tasks/x", "pg", "/", "/etc", "ROOT", "ROOT/", "ROOT/tasks", "ROOT/.reactor", "ROOT/.reactor/tasks",
     "ROOT/.reactor/lock", "ROOT/../outside", "ROOT/tasks/MINE/../OTHER", "ROOT/tasks/MINE/..", "ROOT2/tasks",
     "ROOT/tasks/OTHER", "ROOT/tasks/OTHER/pg", "ROOT/tasks/none", "ROOT/tasks/MINE/none",
     "ROOT/tasks/MINE/link", "ROOT/tasks/MINE/link/inside", "ROOT/tasks/MINE/to-file",
     "ROOT/tasks/MINE/pg/kept/below", "ROOT/other",
     "ROOT/tasks/MINE/pipe", "ROOT/tasks/MINE/device", "ROOT/tasks/MINE/up", "ROOT/tasks/MINE/a:b",
     "ROOT/tasks/MINE/new\nline", "\udcff"],
)  # fmt: skip
def test_anything_else_is_refused_by_name(tmp_path: Path, source: str) -> None:
    with rooted(tmp_path) as root:
        mine = filled(root, "mine", "pg").parent
        filled(root, "other", "pg")
        for outside in (tmp_path / "outside", tmp_path / "data2", root.path / "other"):
            (outside / "inside").mkdir(parents=True)
            (outside / "tasks").mkdir()
        (mine / "link").symlink_to(tmp_path / "outside")
        (mine / "up").symlink_to("..")
        (mine / "to-file").symlink_to("pg/kept")
        os.mkfifo(mine / "pipe")
        os.mknod(mine / "device", 0o20666, os.makedev(1, 3))
        for odd in ("a:b", "new\nline"):
            (mine / odd).mkdir()
        words = {
            "ROOT2": f"{root.path}2",
            "ROOT": str(root.path),
            "MINE": mine.name,
            "OTHER": plain_name("other"),
        }
        for word, meant in words.items():
            source = source.replace(word, meant)
        with pytest.raises(DataRefused) as refused:
            check_bind(root, source, "mine")
        assert refused.value.why is Why.BIND


def test_without_a_task_anybodys_folder_will_do(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        pg = filled(root, "other", "pg")
        assert check_bind(root, str(pg)) == str(pg)


def test_a_socket_and_what_is_mounted_there_may_be_bound(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        own = filled(root, "job", "disk").parent
        with socket.socket(socket.AF_UNIX) as door:
            place = os.open(own, os.O_PATH)
            door.bind(f"/proc/self/fd/{place}/door")
            os.close(place)
        subprocess.run(["mount", "--bind", str(home(root, "job") / "disk"), str(own / "disk")], check=True)
        try:
            for name in ("door", "disk"):
                assert check_bind(root, str(own / name), "job") == str(own / name)
        finally:
            subprocess.run(["umount", str(own / "disk")], check=True)
