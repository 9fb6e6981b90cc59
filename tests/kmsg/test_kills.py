"""What lines of the log say, and what strangers can make of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import ContainerId
from reactor.kmsg.kills import Killed, Named, parse_kill
from reactor.kmsg.records import parse_record
from tests.core.build import cid
from tests.kmsg.build import KERNEL, USER, killed, line, named

ONE, TWO = cid(1), cid(2)


def test_a_kill_names_its_process() -> None:
    assert parse_kill(killed(4711)) == Killed(4711, host=False)
    assert parse_kill(killed(4711, host=True)) == Killed(4711, host=True)
    assert parse_kill(killed(1, "a) b (c: Killed process 2 (")) == Killed(1, host=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sh invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "Memory cgroup out of memory: OOM victim 12 (sh) is already exiting. Skip killing the task",
        f"audit: type=1300 msg={killed(5)}",
        f"x{killed(5)}",
        killed(5).lower(),
        f" {named(f'/docker/{ONE}', 5)}",
        named(f"/docker/{ONE}", 5)[:-6],
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,task=sh,pid=5,uid=0",
    ],
)
def test_what_is_none_is_none(text: str) -> None:
    assert parse_kill(text) is None


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        (f"/docker/{ONE}", ONE),
        (f"/system.slice/docker-{ONE}.scope", ONE),
        (f"/machine.slice/libpod-{ONE}.scope/container", ONE),
        (f"/libpod_parent/libpod-{ONE}", ONE),
        (f"/a,b/jobs/{ONE}", ONE),
        (f"/docker/{ONE}/docker/{TWO}", ONE),
        (f"/docker/{ONE}/,oom_memcg=/docker/{TWO}", ONE),
        (f"/docker/{ONE}/x,task_memcg=/docker/{TWO},task=sh,pid=1,uid=0", ONE),
        (f"/machine.slice/libpod-conmon-{ONE}.scope", None),
        (f"/kubepods.slice/cri-containerd-{TWO}.scope/docker/{ONE}", None),
        (f"/{ONE[:63]}", None),
        ("/system.slice/cron.service", None),
        ("/", None),
    ],
)
@pytest.mark.parametrize("limit", [None, ""])
def test_the_first_name_with_an_id_says_whose(
    path: str, whose: ContainerId | None, limit: str | None
) -> None:
    assert parse_kill(named(path, 5, limit=limit)) == Named(5, whose)


def test_the_limit_may_be_further_up_or_down() -> None:
    """The task's cgroup counts: that is where the kill was."""
    assert parse_kill(named(f"/jobs/{ONE}", 5, limit="/jobs")) == Named(5, ONE)
    assert parse_kill(named(f"/docker/{ONE}/in/side", 5, limit=f"/docker/{ONE}/in")) == Named(5, ONE)
    assert parse_kill(named(f"/docker/{ONE}", 5, limit=f"/docker/{TWO}")) is None


WORDS = st.sampled_from(
    [
        *(f",{mark}=/docker/{TWO}" for mark in ("oom_memcg", "task_memcg")),
        f",global_oom,task_memcg=/docker/{TWO}",
        ",task=", ",pid=", ",uid=0", "7", "/", ",", "=", f"/docker/{TWO}", TWO, f"docker-{TWO}.scope", "sh",
        f",oom_memcg=/docker/{TWO},task_memcg=/docker/{TWO}",
        f",task=sh,pid=7,uid=0,task_memcg=/docker/{TWO}",
    ]
)  # fmt: skip
STRANGE = st.lists(WORDS, max_size=6).map("".join)


@given(STRANGE, STRANGE, STRANGE, st.sampled_from([None, "", "/docker", f"/docker/{ONE}"]))
def test_whatever_strangers_call_things_nobody_else_is_meant(
    inner: str, program: str, cpuset: str, limit: str | None
) -> None:
    """Cgroups within the container, its program, its cpuset (a name, so without a slash): all forged."""
    path = f"/docker/{ONE}" + (f"/{inner}" if inner else "")
    said = parse_kill(named(path, 5, program[:15], limit=limit, cpuset=cpuset.replace("/", "")))
    assert said == Named(5, ONE)


@given(st.text(max_size=300))
def test_whatever_is_written_is_read_without_harm(text: str) -> None:
    parse_kill(text)
    parse_kill(f"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,{text}")
    parse_record(text.encode(errors="replace"))


def test_only_the_kernel_speaks_in_its_name() -> None:
    """Others who may write to the log have another facility, whatever they say."""
    for priority, by_kernel in ((KERNEL, True), (3, True), (USER, False), (8, False)):
        record = parse_record(line(7, killed(5), 99, priority) + b" SUBSYSTEM=cpu\n")
        assert record is not None
        assert (record.number, record.micros, record.text) == (7, 99, killed(5))
        assert record.by_kernel is by_kernel


@pytest.mark.parametrize(
    "data", [b"", b"6,1,2,-", b"6,1;text", b"-6,1,2,-;x\n", b"6,1,x,-;x\n", b"\xff" * 40]
)
def test_no_record_is_none(data: bytes) -> None:
    assert parse_record(data) is None
