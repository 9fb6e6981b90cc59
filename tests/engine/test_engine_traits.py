"""What an inspect says besides run, state and limits: what is read, and what stays unknown."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import Container, ContainerId, State
from reactor.engine.decode import Context, container, inspected, layer_size, listed
from reactor.engine.errors import EngineSaidNonsense
from tests.engine.payloads import IMAGE, A, B, inspect

STATUSES = [state.value for state in State]


def read(body: dict[str, Any]) -> Container:
    """The record of an inspect's body."""
    return container(inspected(json.dumps(body).encode()), Context())


def ailing(status: str = "unhealthy", streak: Any = 3, **changes: Any) -> dict[str, Any]:
    """An inspect with the finding of a health check in it."""
    return inspect(**{"state__Health": {"Status": status, "FailingStreak": streak, "Log": []}, **changes})


def test_what_20_10_writes() -> None:
    found = read(
        inspect(
            RestartCount=4,
            host__Privileged=True,
            host__Init=True,
            host__LogConfig={"Type": "journald", "Config": {}},
            config__User="1000:1000",
            network__Ports={"8080/tcp": [{"HostIp": "::", "HostPort": "32768"}], "53/udp": None},
        )
    )
    assert (found.restarts, found.privileged, found.init) == (4, True, True)
    assert (found.user, found.log_driver, found.ports) == ("1000:1000", "journald", ("8080/tcp",))


def test_what_it_leaves_out() -> None:
    """Without a word about init, the engine's own default counts, and only the engine knows it."""
    found = read(inspect())
    assert (found.restarts, found.privileged, found.init, found.health) == (0, False, None, "")
    assert (found.user, found.log_driver, found.ports) == ("", "json-file", ())
    found = read({"Id": A, "State": {"Status": "running"}})
    assert (found.restarts, found.privileged, found.init, found.health) == (None, None, None, "")
    assert (found.user, found.log_driver, found.ports) == ("", "", ())


BOUND = [{"HostIp": "127.0.0.1", "HostPort": "5353"}]
GARBAGE: list[Any] = [None, "x", 1.5, [], [1], {}, {"Type": 5}, {"Status": [1]}, -1, True, {"Ports": 7}]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize(
    "name",
    [
        "RestartCount",
        "NetworkSettings",
        "state__Health",
        "host__Privileged",
        "host__Init",
        "host__LogConfig",
        "host__PortBindings",
        "config__User",
        "config__Healthcheck",
    ],
)
def test_garbage_in_one_field_is_unknown_and_spoils_nothing_else(name: str, garbage: Any) -> None:
    told: dict[str, Any] = {
        "RestartCount": 4,
        "host__Init": False,
        "config__User": "7",
        "host__PortBindings": {"80/tcp": BOUND},
    }
    told |= {"host__NetworkMode": "bridge", "NetworkSettings": {"Ports": {"80/tcp": BOUND}}}
    whole, found = read(ailing(**told)), read(ailing(**{**told, name: garbage}))
    field = {
        "RestartCount": "restarts",
        "NetworkSettings": "ports",
        "host__LogConfig": "log_driver",
        "host__PortBindings": "ports",
        "config__Healthcheck": "health",
        "config__User": "user",
    }.get(name, name.rpartition("__")[2].lower())
    unknown = {
        "restarts": None,
        "privileged": None,
        "init": None,
        "ports": (),
        "log_driver": "",
        "health": "",
    }
    names = [*unknown, "user", "run", "state", "memory_limit", "labels"]
    for each in names:
        if each != field:
            assert getattr(found, each) == getattr(whole, each), each
    if name == "config__User":
        assert found.user == (garbage if garbage == "x" else "")
    elif garbage is True and name in {"host__Privileged", "host__Init"}:
        assert getattr(found, field) is True
    elif field in {"ports", "health"}:
        # The other place where it stands, or the usual number of retries, still counts.
        assert getattr(found, field) in {unknown[field], getattr(whole, field)}
    else:
        assert getattr(found, field) == unknown[field]


@pytest.mark.parametrize("status", ["starting", "healthy", "unhealthy"])
def test_health(status: str) -> None:
    assert read(ailing(status)).health == status


@pytest.mark.parametrize("status", ["none", "", "stopped", "Healthy", "unhealthy ", "reset"])
def test_other_words_are_no_finding(status: str) -> None:
    assert read(ailing(status)).health == ""


@pytest.mark.parametrize("status", [word for word in STATUSES if word != "running"])
def test_what_does_not_run_has_no_health(status: str) -> None:
    """Docker calls it unhealthy as soon as it is paused or over."""
    assert read(ailing(state__Status=status)).health == ""


@pytest.mark.parametrize(
    ("streak", "check", "health"),
    [
        (0, {"Retries": 3}, ""),
        (2, {"Retries": 3}, ""),
        (3, {"Retries": 3}, "unhealthy"),
        (1, {"Retries": 1}, "unhealthy"),
        (2, {"Retries": 0}, ""),
        (3, {}, "unhealthy"),
        (2, None, ""),
        (None, {"Retries": 3}, "unhealthy"),
        (9, {"Retries": -5}, "unhealthy"),
    ],
)
def test_unhealthy_without_the_failures_for_it_is_no_finding(streak: Any, check: Any, health: str) -> None:
    """After a pause Docker says unhealthy until a probe succeeds, and nothing has failed."""
    assert read(ailing(streak=streak, config__Healthcheck=check)).health == health


@pytest.mark.parametrize("mode", ["bridge", "default", "own-network"])
def test_ports_that_it_publishes_when_it_runs_count_while_it_does_not(mode: str) -> None:
    wished = {"8080/tcp": [{"HostIp": "", "HostPort": ""}], "53/udp": BOUND, "443/tcp": [], "80/tcp": None}
    body = inspect(host__NetworkMode=mode, host__PortBindings=wished, network__Ports={"9000/sctp": BOUND})
    assert read(body).ports == ("53/udp", "8080/tcp", "9000/sctp")


@pytest.mark.parametrize("mode", ["none", "host", f"container:{B}"])
def test_without_a_network_of_its_own_it_publishes_nothing(mode: str) -> None:
    assert read(inspect(host__NetworkMode=mode, host__PortBindings={"22/tcp": BOUND})).ports == ()


def test_only_ports_are_ports_and_the_lowest_are_kept() -> None:
    many = {f"{port}/tcp": BOUND for port in range(60000, 100, -1)}
    odd = {"x": BOUND, "22": BOUND, "22/tcp\n": BOUND, "-1/tcp": BOUND, "22/icmp": BOUND, "123456/tcp": BOUND}
    found = read(inspect(network__Ports={**many, **odd, "9/udp": BOUND}))
    assert found.ports[:3] == ("9/udp", "101/tcp", "102/tcp")
    assert len(found.ports) == 100


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Up 5 seconds (healthy)", "healthy"),
        ("Up About a minute (unhealthy)", "unhealthy"),
        ("Up Less than a second (health: starting)", "starting"),
        ("Up 5 seconds (Paused)", ""),
        ("Up 5 seconds", ""),
        ("Exited (137) 2 hours ago", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_the_list_gives_a_hint_of_the_health(text: Any, hint: str) -> None:
    row = {"Id": A, "Names": ["/a"], "Image": "i", "ImageID": IMAGE, "State": "running", "Status": text}
    assert listed(json.dumps([row]).encode())[0].health == hint


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
names = st.sampled_from(
    [
        "RestartCount",
        "NetworkSettings",
        "network__Ports",
        "state__Health",
        "host__Privileged",
        "host__Init",
        "host__LogConfig",
        "host__PortBindings",
        "config__User",
        "config__Healthcheck",
    ]
)
keys = st.sampled_from(["Status", "FailingStreak", "Type", "Ports", "80/tcp", "x/tcp", "Retries"])
shaped = st.dictionaries(keys, anything | st.dictionaries(keys, anything))


@given(st.dictionaries(names, anything | shaped))
def test_no_garbage_in_these_fields_breaks_anything(changes: dict[str, Any]) -> None:
    """Whatever stands there, the container is seen, and what is said of it has its type."""
    found = read(inspect(**dict(sorted(changes.items(), reverse=True))))
    assert (found.id, found.state, found.pids_limit) == (A, State.RUNNING, 50)
    assert found.restarts is None or found.restarts >= 0
    assert found.health in {"", "starting", "healthy", "unhealthy"}
    assert {type(found.privileged), type(found.init)} <= {bool, type(None)}
    assert isinstance(found.user, str)
    assert isinstance(found.log_driver, str)
    assert all(port.partition("/")[2] in {"tcp", "udp", "sctp"} for port in found.ports)


@given(st.data())
def test_no_damage_to_a_full_answer_breaks_anything(data: st.DataObject) -> None:
    """A byte is replaced, or the end is cut off: nonsense, or a container, and nothing else."""
    full = ailing(host__Init=True, network__Ports={"80/tcp": BOUND}, config__Healthcheck={"Retries": 1})
    whole = json.dumps(full).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    for body in (whole[:at], whole[:at] + data.draw(st.binary(min_size=1, max_size=1)) + whole[at + 1 :]):
        try:
            found = container(inspected(body), Context())
        except EngineSaidNonsense:
            continue
        assert found.health in {"", "starting", "healthy", "unhealthy"}


@pytest.mark.parametrize(
    ("changes", "memory", "pids"),
    [
        ({}, True, True),
        ({"host__Memory": 0, "host__PidsLimit": 0}, False, False),
        # Docker writes null or -1 where nothing was asked for, kernels a number that is no limit.
        ({"host__Memory": 2**63 - 1, "host__PidsLimit": None}, True, False),
        ({"host__Memory": 2**63, "host__PidsLimit": -1}, False, False),
        ({"HostConfig": {}}, None, None),
        ({"HostConfig": None}, None, None),
    ],
)
def test_no_limit_and_one_that_was_not_read_are_two_things(
    changes: dict[str, Any], memory: bool | None, pids: bool | None
) -> None:
    found = read(inspect(**changes))
    assert (found.memory_limited, found.pids_limited) == (memory, pids)
    assert (found.memory_limit is not None, found.pids_limit is not None) == (memory is True, pids is True)


@pytest.mark.parametrize(
    ("nano", "quota", "limited"),
    [
        (500_000_000, 0, True),
        (0, 50_000, True),
        (0, 0, False),
        (0, -1, False),
        (None, 0, None),
        (0, "x", None),
        ([], 50_000, True),
    ],
)
def test_processor_time_is_limited_in_one_way_or_the_other(
    nano: Any, quota: Any, limited: bool | None
) -> None:
    assert read(inspect(host__NanoCpus=nano, host__CpuQuota=quota)).cpu_limited is limited


def test_an_engine_that_says_nothing_of_processor_time() -> None:
    assert read(inspect()).cpu_limited is None


PROBE = {"Test": ["CMD-SHELL", "true"]}


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ({}, False),
        ({"config__Healthcheck": None}, False),
        ({"config__Healthcheck": PROBE}, True),
        # NONE switches the image's own off; without a test nothing is ever probed.
        ({"config__Healthcheck": {"Test": ["NONE"]}}, False),
        ({"config__Healthcheck": {"Test": [], "Retries": 3}}, False),
        ({"config__Healthcheck": {"Test": "true"}}, None),
        ({"Config": None}, None),
        # An engine that does not tell of the check can tell of its finding.
        ({"state__Health": {"Status": "starting"}}, True),
        ({"state__Health": {"Status": "none"}}, False),
        ({"state__Health": {"Status": ""}}, False),
    ],
)
def test_whether_health_is_checked(changes: dict[str, Any], there: bool | None) -> None:
    assert read(inspect(**changes)).health_check is there


@pytest.mark.parametrize(
    ("body", "size"),
    [
        ({"Id": A, "SizeRw": 5, "SizeRootFs": 9}, 5),
        ({"Id": A, "SizeRw": 0}, 0),
        ({"Id": A}, None),
        # Docker writes -1 where its walk came to nothing.
        ({"Id": A, "SizeRw": -1}, None),
        ({"Id": A, "SizeRw": None}, None),
        ({"Id": A, "SizeRw": "5"}, None),
        ({"Id": B, "SizeRw": 5}, None),
    ],
)
def test_the_size_of_a_layer(body: dict[str, Any], size: int | None) -> None:
    assert layer_size(json.dumps(body).encode(), ContainerId(A)) == size


def test_what_it_runs_and_where_mounts_are_is_read_for_the_record_and_cut() -> None:
    mounts = [{"Source": "/secret", "Destination": f"/{n:03}"} for n in range(30)]
    body = inspect() | {"Path": "sh", "Args": ["-c", "x" * 9999], "Mounts": mounts}
    found = read(body)
    assert found.command == "sh -c " + "x" * 194
    assert found.mounts == tuple(f"/{n:03}" for n in range(20))
    for garbage in GARBAGE:
        odd = read(inspect() | {"Path": garbage, "Args": garbage, "Mounts": garbage})
        assert isinstance(odd.command, str)
        assert odd.mounts == ()
