"""Our own container is found in the kernel's tables, and nowhere else."""

import os
import socket
from pathlib import Path

import pytest

from reactor.app.complaint import Complaint
from reactor.app.hosted import beside_us, refuse_unknown_self
from reactor.app.identity import Whereabouts, find_own_container, whereabouts
from reactor.app.places import default_journal, shipped_rules
from reactor.app.settings import Settings
from reactor.core.container import ContainerId
from reactor.core.protection import Policy
from reactor.http.address import Address

ID = "0123456789abcdef" * 4
OTHER = "fedcba9876543210" * 4
MOUNT = f"612 600 254:1 /var/lib/docker/containers/{ID}/hostname /etc/hostname rw - ext4 /dev/vda rw"
PODMAN = f"/var/lib/containers/storage/overlay-containers/{ID}/userdata/hosts"
SEEN_ELSEWHERE = "\n".join(
    (
        # What a host sees of a container with a shared /dev/shm; and the same below somebody's /host.
        f"90 25 0:50 / /var/lib/docker/containers/{OTHER}/mounts/shm rw - tmpfs shm rw",
        f"91 25 0:50 / /host/var/lib/docker/containers/{OTHER}/mounts/shm rw - tmpfs shm rw",
        f"92 25 254:1 /var/lib/docker/containers/{OTHER}/hostname /host/etc/hostname rw - ext4 /dev/vda rw",
        f"93 25 254:1 /srv/containers/{OTHER}/hosts /etc/hosts.d/hosts rw - ext4 /dev/vda rw",
    )
)


@pytest.mark.parametrize(
    ("mountinfo", "cgroup", "found"),
    [
        ("", "", None),
        (MOUNT, "0::/\n", ID),
        (f"612 600 254:1 {PODMAN} /etc/hosts rw - ext4 /dev/vda rw", "0::/\n", ID),
        (f"{SEEN_ELSEWHERE}\n{MOUNT}", "0::/\n", ID),
        (SEEN_ELSEWHERE, "0::/init.scope\n", None),
        ("", f"11:pids:/docker/{ID}\n0::/\n", ID),
        ("", f"0::/system.slice/docker-{ID}.scope\n", ID),
        ("", f"0::/machine.slice/libpod-{ID}.scope/container\n", ID),
        (MOUNT.replace(ID, OTHER), f"11:pids:/docker/{ID}\n", ID),
        ("612 600 0:1 / /etc/hostname rw - tmpfs tmpfs rw", "0::/user.slice/user-0.slice\n", None),
        (f"612 600 0:1 /home/{ID} /etc/hostname rw - tmpfs tmpfs rw", "", None),
    ],
)
def test_own_container(mountinfo: str, cgroup: str, found: str | None) -> None:
    assert whereabouts(mountinfo, cgroup).own == found


def test_a_container_within_a_container_is_both() -> None:
    """To end the outer one ends us."""
    found = whereabouts("", f"11:pids:/docker/{OTHER}/docker/{ID}\n1:name=systemd:/\n")
    assert found == Whereabouts(ContainerId(ID), sure=True, around=frozenset({ContainerId(OTHER)}))


def test_the_files_of_a_shared_network_are_no_certain_sign() -> None:
    assert not whereabouts(MOUNT, "0::/\n").sure
    assert whereabouts(MOUNT, f"0::/docker/{ID}\n").sure


def test_outside_of_a_container_there_is_none() -> None:
    assert find_own_container() is None


@pytest.fixture
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container, and nothing says in which."""
    monkeypatch.setattr("reactor.app.hosted.in_container", lambda: True)


@pytest.mark.usefixtures("somewhere")
def test_a_monitor_that_does_not_know_itself_does_not_begin(tmp_path: Path) -> None:
    """Unless it ends nobody, or somebody says who it is."""
    nobody, far = Address.unix(str(tmp_path / "nobody.sock")), Address.tcp("127.0.0.1", 1)
    for engine in (nobody, far):
        with pytest.raises(Complaint, match="--cgroupns host"):
            refuse_unknown_self(Settings(), engine)
        refuse_unknown_self(Settings(dry_run=True), engine)
        refuse_unknown_self(Settings(policy=Policy(protected_ids=frozenset({ContainerId(ID)}))), engine)


@pytest.mark.usefixtures("somewhere")
def test_an_engine_that_has_our_root_does_not_run_us(tmp_path: Path) -> None:
    """Docker in Docker: the monitor stands beside the inner engine, in no container of that one."""
    path = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        refuse_unknown_self(Settings(), Address.unix(str(path)))
        # The same number, and another process: what is compared is what the kernel says of the two.
        (tmp_path / "self/root").mkdir(parents=True)
        assert not beside_us(Address.unix(str(path)), tmp_path), "of the other nothing is known"
        (tmp_path / f"{os.getpid()}/root").mkdir(parents=True)
        assert not beside_us(Address.unix(str(path)), tmp_path), "another root"


def test_the_journal_is_one_file_for_each_engine() -> None:
    assert str(default_journal("AB:CD/..", {}, root=True)) == "/var/lib/reactor/AB-CD---.db"
    assert str(default_journal("X", {"XDG_STATE_HOME": "/s"}, root=False)) == "/s/reactor/X.db"
    assert str(default_journal("X", {"HOME": "/h"}, root=False)) == "/h/.local/state/reactor/X.db"


def test_the_shipped_rules_are_there() -> None:
    assert (shipped_rules() / "safety.yaml").is_file()
