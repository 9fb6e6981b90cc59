"""Whose a path is: the paths of real hosts, and those of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.paths import below, candidates, home_in, names_of, owner_of, parents_of, parse_membership
from tests.core.build import cid

ONE, TWO = cid(0xA1), cid(0xB2)
POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f2e.slice"

OURS = [
    (f"/docker/{ONE}", f"/docker/{ONE}"),
    (f"/reactor-test-ab/{ONE}", f"/reactor-test-ab/{ONE}"),
    (f"/{ONE}", f"/{ONE}"),
    (f"/system.slice/docker-{ONE}.scope", f"/system.slice/docker-{ONE}.scope"),
    (f"/ci.slice/ci-jobs.slice/docker-{ONE}.scope", f"/ci.slice/ci-jobs.slice/docker-{ONE}.scope"),
    (f"/machine.slice/libpod-{ONE}.scope", f"/machine.slice/libpod-{ONE}.scope"),
    (f"/machine.slice/libpod-{ONE}.scope/container", f"/machine.slice/libpod-{ONE}.scope"),
    (f"/libpod_parent/libpod-{ONE}", f"/libpod_parent/libpod-{ONE}"),
    (
        f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ONE}.scope/container",
        f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ONE}.scope",
    ),
    # What the container made for itself: systemd in it, an engine in it, a lie in it.
    (f"/docker/{ONE}/init.scope", f"/docker/{ONE}"),
    (f"/docker/{ONE}/docker/{TWO}", f"/docker/{ONE}"),
    (f"/docker/{ONE}/docker/{ONE}", f"/docker/{ONE}"),
    (f"/kubepods/burstable/pod1f2e/{ONE}", f"/kubepods/burstable/pod1f2e/{ONE}"),
]
NOT_OURS = [
    "/",
    "/system.slice/docker.service",
    f"/docker/{TWO}",
    f"/docker/{TWO}/docker/{ONE}",
    f"/system.slice/docker-{TWO}.scope/docker/{ONE}",
    f"/machine.slice/libpod-conmon-{ONE}.scope",
    f"{POD}/cri-containerd-{ONE}.scope",
    f"{POD}/crio-{ONE}.scope",
    f"{POD}/cri-containerd-{TWO}.scope/docker/{ONE}",
    f"/docker/{ONE[:12]}",
    f"/docker/{ONE[:63]}",
    f"/docker/{ONE}0",
    f"/docker/{ONE.upper()}",
    f"/docker/x{ONE}",
    f"/docker/{ONE} (deleted)",
    f"/system.slice/docker-{ONE}.scope.d",
    f"/../docker/{ONE}",
    f"/docker/../docker/{ONE}",
    f"/docker/{ONE}/../{ONE}",
]


@pytest.mark.parametrize(("path", "home"), OURS)
def test_a_path_that_is_the_container_s(path: str, home: str) -> None:
    assert home_in(path, ONE) == home


@pytest.mark.parametrize("path", NOT_OURS)
def test_a_path_that_is_not(path: str) -> None:
    assert home_in(path, ONE) is None


def test_an_id_in_the_parent_that_was_asked_for_is_no_owner() -> None:
    """Whoever starts siblings below their own cgroup has their id in the path of all of them."""
    path = f"/docker/{TWO}/{ONE}"
    assert home_in(path, ONE) is None
    assert home_in(path, ONE, parent=f"/docker/{TWO}") == path
    assert home_in(path, ONE, parent=f"docker/{TWO}/") == path
    assert home_in(path, TWO, parent=f"/docker/{TWO}") is None
    assert home_in(f"/docker/{TWO}/{TWO[:-1]}0/{ONE}", ONE, parent=f"/docker/{TWO}") is None


@pytest.mark.parametrize("short", ["", "a1", ONE[:12], ONE[:63], f"{ONE}0", ONE.upper(), "web"])
def test_what_is_no_full_id_is_nobody_s(short: str) -> None:
    assert home_in(f"/docker/{short}", short) is None  # type: ignore[arg-type]  # What a caller may get wrong.
    assert candidates(short) == ()  # type: ignore[arg-type]  # As above.


@given(
    st.lists(
        st.sampled_from([ONE, TWO, "docker", scope_one := f"docker-{ONE}.scope", "x", "..", ""]), max_size=6
    )
)
def test_a_home_is_always_outermost_and_bears_the_id(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    home = home_in(path, ONE)
    if home is not None:
        first = next(part for part in parts if ONE in part or TWO in part)
        assert first in (ONE, scope_one)
        assert home.endswith(first)
        assert TWO not in home
        assert path.replace("//", "/").startswith(home) or "" in parts


def test_names_are_read_back() -> None:
    assert {owner_of(name) for name in names_of(ONE)} == {ONE}
    assert owner_of(f"libpod-conmon-{ONE}.scope") is None
    assert owner_of("docker") is None


@pytest.mark.parametrize(
    ("root", "path", "seen"),
    [
        ("/", f"/docker/{ONE}", f"/docker/{ONE}"),
        (f"/docker/{TWO}", f"/docker/{TWO}/docker/{ONE}", f"/docker/{ONE}"),
        (f"/docker/{TWO}", f"/docker/{TWO}", "/"),
        (f"/docker/{TWO}", f"/docker/{TWO}x/{ONE}", None),
        (f"/docker/{TWO}", f"/docker/{ONE}", None),
        ("/../..", f"/../docker-{ONE}.scope", None),
        ("/", f"/../docker-{ONE}.scope", None),
        ("/..", "/x", None),
    ],
)
def test_a_path_is_seen_from_where_the_tree_is_mounted(root: str, path: str, seen: str | None) -> None:
    assert below(root, path) == seen


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ("/jobs", ("jobs",)),
        ("jobs/ci/", ("jobs/ci",)),
        ("a.slice", ("a.slice",)),
        ("a-b-c.slice", ("a.slice/a-b.slice/a-b-c.slice",)),
        ("a.slice/x", ("a.slice/x",)),
        ("", ()),
        ("/", ()),
        ("../x", ()),
        ("-.slice", ()),
        ("a--b.slice", ()),
    ],
)
def test_a_slice_lies_in_the_slices_that_its_name_has(parent: str, expected: tuple[str, ...]) -> None:
    assert parents_of(parent) == expected


def test_candidates_know_both_drivers_and_podman() -> None:
    found = candidates(ONE)
    assert {f"/docker/{ONE}", f"/system.slice/docker-{ONE}.scope", f"/machine.slice/libpod-{ONE}.scope"} <= {
        *found
    }
    assert all(home_in(each, ONE) == each for each in found)
    assert f"/a.slice/a-b.slice/docker-{ONE}.scope" in candidates(ONE, "a-b.slice")
    assert not any("system.slice" in each for each in candidates(ONE, "jobs"))


PODMANS = f"""\
9:name=systemd:/libpod_parent/libpod-{ONE}
8:pids:/libpod_parent/libpod-{ONE}
4:memory:/libpod_parent/libpod-{ONE}
0::/libpod_parent/libpod-{ONE}
"""
"""As podman 4.3.1 with the driver cgroupfs has it, on a host with version 1 and an empty 2 beside it."""


def test_a_podmans_home_is_its_own_and_that_of_its_conmon_is_not() -> None:
    for line in parse_membership(PODMANS):
        assert home_in(line.path, ONE) == f"/libpod_parent/libpod-{ONE}"
        assert home_in(line.path, TWO) is None
        assert home_in(f"{line.path}/libpod-{TWO}", TWO) is None
    for beside in ("/libpod_parent/conmon", f"/machine.slice/libpod-conmon-{ONE}.scope"):
        assert home_in(beside, ONE) is None


def test_membership_is_read_line_by_line() -> None:
    text = f"9:name=systemd:/\n4:cpu,cpuacct:/docker/{ONE}\n3:memory:/a:b\nrubbish\n:x:/y\n2:pids:no/slash\n"
    systemd, cpu, memory, unified = parse_membership(f"{text}0::/u\n")
    assert (systemd.name, systemd.unified) == ("systemd", False)
    assert cpu.controllers == {"cpu", "cpuacct"}
    assert memory.path == "/a:b"
    assert (unified.path, unified.unified) == ("/u", True)
