"""What engines are called: names that are given, and those that are made of addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.app.enginenames import LONGEST_NAME, Asked, asked, default_name, is_name, names_of

VALID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
hosts = st.one_of(
    st.text(max_size=200),
    st.builds("{}://{}".format, st.sampled_from(["unix", "tcp", "ssh", "fd"]), st.text(max_size=200)),
    st.sampled_from(
        ["unix:///run/docker.sock", "unix:///a/docker.sock", "tcp://h:1", "tcp://h:2", "ssh://h"]
    ),
)
names = st.from_regex(VALID, fullmatch=True)


@pytest.mark.parametrize(
    ("text", "name", "host"),
    [
        ("unix:///run/docker.sock", "", "unix:///run/docker.sock"),
        ("build=unix:///run/docker.sock", "build", "unix:///run/docker.sock"),
        ("b.1_x-y=ssh://me@far:22", "b.1_x-y", "ssh://me@far:22"),
        ("a=tcp://h:1?b=c", "a", "tcp://h:1?b=c"),
        ("tcp://h:1?b=c", "", "tcp://h:1?b=c"),
        ("unix:///a=b.sock", "", "unix:///a=b.sock"),
        ("/run/a=b.sock", "", "/run/a=b.sock"),
        ("h:1=x", "", "h:1=x"),
        ("build", "", "build"),
        ("", "", ""),
    ],
)
def test_a_name_stands_before_the_first_equals_and_is_no_part_of_an_address(
    text: str, name: str, host: str
) -> None:
    assert asked(text) == Asked(host, name)


@pytest.mark.parametrize("name", ["", "Build", "-b", ".b", "_b", "b c", "bü", "b\n", "b" * 64, "b@c", "."])
def test_a_name_that_cannot_be_one_is_refused_with_one_that_can(name: str) -> None:
    with pytest.raises(
        ValueError, match="cannot be the name of an engine: a name is at most 63 of a-z"
    ) as told:
        asked(f"{name}=unix:///a")
    assert is_name(str(told.value).rpartition("such as ")[2])


@pytest.mark.parametrize("name", ["b", "0", "b" * 63, "b.", "b..c", "1.2.3.4"])
def test_a_name_that_is_just_one_is_taken(name: str) -> None:
    assert asked(f"{name}=unix:///a").name == name


@pytest.mark.parametrize("text", ["build=", "build=  "])
def test_a_name_without_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no address behind build="):
        asked(text)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("unix:///var/run/docker.sock", "local"),
        ("unix:///run/docker.sock", "local"),
        ("unix://", "local"),
        ("unix:///run/user/1000/docker.sock", "docker"),
        ("unix:///run/podman/podman.sock", "podman"),
        ("unix:///run/engines/Build-A.sock", "build-a"),
        ("tcp://build.example.org:2376", "build.example.org"),
        ("tcp://10.0.0.7:2375", "10.0.0.7"),
        ("tcp://[fe80::1]:2375", "fe80-1"),
        ("ssh://me@far.example.org:2222", "far.example.org"),
        ("tcp://[", "engine"),
        ("unix:///run/...", "engine"),
    ],
)
def test_the_default_name_is_made_of_the_address(host: str, name: str) -> None:
    assert default_name(host) == name


@given(hosts)
def test_a_default_name_is_always_one(host: str) -> None:
    assert VALID.fullmatch(default_name(host))


def test_a_password_is_in_no_default_name_and_in_no_text_of_what_was_asked() -> None:
    assert default_name("tcp://me:hunter2@far:1") == "far"
    assert "hunter2" not in repr(asked("a=tcp://me:hunter2@far:1"))


@given(st.text(max_size=80))
def test_whatever_is_written_is_a_host_or_a_name_with_a_host_or_refused(text: str) -> None:
    try:
        found = asked(text)
    except ValueError:
        assert "=" in text
        return
    assert text == (f"{found.name}={found.host}" if found.name else found.host)
    assert not found.name or VALID.fullmatch(found.name)


@given(names, hosts)
def test_a_name_and_an_address_are_told_apart_again(name: str, host: str) -> None:
    if host.strip():
        assert asked(f"{name}={host}") == Asked(host, name)


@given(st.lists(hosts, min_size=2, max_size=12))
def test_of_several_each_has_a_name_of_its_own_and_keeps_it_when_another_joins(several: list[str]) -> None:
    found = names_of([Asked(each) for each in several])
    assert len({*found}) == len(several)
    assert all(VALID.fullmatch(each) for each in found)
    assert names_of([*(Asked(each) for each in several), Asked("tcp://new:1")])[:-1] == found
    assert names_of([Asked(each) for each in several]) == found


@given(st.lists(st.tuples(hosts, names | st.just("")), min_size=2, max_size=12))
def test_names_that_were_given_are_kept_and_others_go_round_them(several: list[tuple[str, str]]) -> None:
    found = names_of([Asked(host, name) for host, name in several])
    chosen = [name for _, name in several if name]
    made = [one for one, (_, name) in zip(found, several, strict=True) if not name]
    assert [one for one, (_, name) in zip(found, several, strict=True) if name] == chosen
    assert len({*made}) == len(made)
    assert not {*made} & {*chosen}


def test_the_second_of_two_alike_has_a_number() -> None:
    alike = [Asked(f"unix:///{each}/docker.sock") for each in "abc"]
    assert names_of(alike) == ("docker", "docker-2", "docker-3")
    assert names_of([*alike, Asked("tcp://h:1", "docker-2")]) == (
        "docker",
        "docker-3",
        "docker-4",
        "docker-2",
    )
    long = f"tcp://{'h' * 70}:1"
    assert [len(each) for each in names_of([Asked(long), Asked(long)])] == [LONGEST_NAME, LONGEST_NAME]


def test_one_that_nobody_named_needs_no_name() -> None:
    assert names_of([Asked("tcp://h:1")]) == ("",)
    assert names_of([Asked("tcp://h:1", "build")]) == ("build",)
