"""Our own container is found in the kernel's tables, and nowhere else."""

import pytest

from reactor.app.identity import find_own_container, own_container
from reactor.app.places import default_journal, shipped_rules

ID = "0123456789abcdef" * 4
MOUNT = f"612 600 254:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/vda rw"


@pytest.mark.parametrize(
    ("mountinfo", "cgroup", "found"),
    [
        ("", "", None),
        (MOUNT, "0::/\n", ID),
        ("", f"11:pids:/docker/{ID}\n0::/\n", ID),
        ("", f"0::/system.slice/docker-{ID}.scope\n", ID),
        ("612 600 0:1 / /etc/hostname rw - tmpfs tmpfs rw", "0::/user.slice/user-0.slice\n", None),
        (f"612 600 0:1 /home/{ID} /etc/hostname rw - tmpfs tmpfs rw", "", None),
    ],
)
def test_own_container(mountinfo: str, cgroup: str, found: str | None) -> None:
    assert own_container(mountinfo, cgroup) == found


def test_outside_of_a_container_there_is_none() -> None:
    assert find_own_container() is None


def test_the_journal_is_one_file_for_each_engine() -> None:
    assert str(default_journal("AB:CD/..", {}, root=True)) == "/var/lib/reactor/AB-CD---.db"
    assert str(default_journal("X", {"XDG_STATE_HOME": "/s"}, root=False)) == "/s/reactor/X.db"
    assert str(default_journal("X", {"HOME": "/h"}, root=False)) == "/h/.local/state/reactor/X.db"


def test_the_shipped_rules_are_there() -> None:
    assert (shipped_rules() / "safety.yaml").is_file()
